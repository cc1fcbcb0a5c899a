//! Word lists that distinguish slots, and the characters of names.

use std::ops::Range;

pub(super) fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

pub(super) fn is_key_byte(b: u8) -> bool {
    is_word_byte(b)
        || matches!(
            b,
            b'.' | b'-' | b'$' | b'/' | b'@' | b':' | b'[' | b']' | b'"' | b'\'' | b'!' | b'\\'
        )
}

/// Returns `true` for a UTF-8 sign such as a tick, an arrow, a bullet or an emoji.
pub(super) fn is_symbol(text: &[u8]) -> bool {
    matches!(text, [0xe2, _, _, ..] | [0xf0, 0x9f, _, _, ..])
        && !text.iter().any(u8::is_ascii_alphanumeric)
}

pub(super) fn is_long_hex(text: &[u8]) -> bool {
    text.len() >= 16 && text.iter().all(u8::is_ascii_hexdigit)
}

/// Returns `true` for a name that only announces a value.
pub(super) fn is_generic(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 27] = [
        b"value",
        b"plaintext_value",
        b"secret_value",
        b"--value",
        b"val",
        b"v",
        b"content",
        b"contents",
        b"default",
        b"data",
        b"text",
        b"string",
        b"code",
        b"pre",
        b"td",
        b"th",
        b"span",
        b"b",
        b"i",
        b"em",
        b"strong",
        b"tt",
        b"kbd",
        b"p",
        b"li",
        b"dd",
        b"property",
    ];
    // `ParameterValue`, `variable_value`, `setting-value`.
    let tail = &name[name.len() - name.len().min(5)..];
    tail.eq_ignore_ascii_case(b"value") || NAMES.iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// Returns `true` if a callee sets the value of a name that a call before it gives: `.name("X").value("value")`.
pub(super) fn is_setter(callee: &[u8]) -> bool {
    const NAMES: [&[u8]; 3] = [b".value", b".withValue", b".setValue"];
    NAMES.contains(&callee)
}

/// Returns `true` for a word that joins a name to its value in prose.
pub(super) fn is_copula(word: &[u8]) -> bool {
    const WORDS: [&str; 20] = [
        "is", "was", "are", "equals", "be", "use", "using", "ist", "lautet", "est", "es", "é", "è",
        "是", "为", "は", "to", "called", "named", "как",
    ];
    WORDS
        .iter()
        .any(|w| word.eq_ignore_ascii_case(w.as_bytes()))
}

/// Words that a cited change follows, regardless of the words before them.
pub(super) const CITING: &[&str] = &[
    "since",
    "until",
    "reverts",
    "revert",
    "introduced",
    "bisected",
    "onto",
    "by",
    "in",
    "at",
    "from",
    "seit",
    "desde",
    "depuis",
    "до",
    "с",
    "в",
    "od",
    "vanaf",
    "sedan",
    "via",
    "upto",
];

/// Words that a cited change follows only if one of [`VERBS`] precedes them.
pub(super) const CITING_AFTER_VERB: &[&str] = &[
    "to", "with", "is", "was", "as", "of", "after", "before", "up",
];

pub(super) const VERBS: &[&str] = &[
    "bisected",
    "bisects",
    "back",
    "reset",
    "rebased",
    "moved",
    "updated",
    "update",
    "bumped",
    "bump",
    "upgraded",
    "rolled",
    "reverted",
    "pinned",
    "up",
    "down",
    "downgraded",
    "traced",
    "narrowed",
    "commit",
    "culprit",
    "fixed",
    "broken",
    "merged",
    "backported",
    "synced",
    "points",
    "pointing",
    "checked",
    "as",
    "revision",
];

/// Words about the search for a change, at any distance before it.
pub(super) const SEARCHING: &[&str] = &[
    "bisect",
    "bisected",
    "bisects",
    "bisecting",
    "traced",
    "tracked",
    "narrowed",
    "pinpointed",
    "regression",
    "regressed",
];

/// Words about the move of a dependency to another version, at any distance before it.
pub(super) const MOVING: &[&str] = &[
    "bump", "bumps", "bumped", "bumping", "roll", "rolls", "rolled", "pin", "pins", "pinned",
];

/// Words that begin the head of a function.
pub(super) const KEYWORDS: [&[u8]; 8] = [
    b"def self.",
    b"def ",
    b"function ",
    b"fn ",
    b"func ",
    b"fun ",
    b"sub ",
    b"defn ",
];

/// Returns `true` if a word returns or prints the expression after it.
pub(super) fn is_emitter(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] = [
        b"return", b"echo", b"printf", b"print", b"puts", b"yield", b"give", b"Return",
    ];
    WORDS.contains(&word)
}

/// Returns `true` if a function's name means more than that something is exported.
pub(super) fn is_telling(name: &[u8]) -> bool {
    name.len() > 2
        && ![
            &b"exports"[..],
            b"module.exports",
            b"function",
            b"default",
            b"lambda",
        ]
        .contains(&name)
        && memchr::memmem::find(name, b"xport").is_none()
}

pub(super) fn is_type(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 10] = [
        b"str",
        b"String",
        b"string",
        b"&str",
        b"&'static",
        b"char",
        b"text",
        b"var",
        b"const",
        b"let",
    ];
    NAMES.contains(&name)
}

/// Returns `true` for the name of a header that services define themselves. GitHub reads credentials from
/// `Authorization` alone.
pub(super) fn is_own_header(name: &[u8]) -> bool {
    let quoted = |b: &u8| matches!(b, b'"' | b'\'' | b'[' | b']' | b'`' | b' ' | b'-');
    let last = name
        .rsplit(|b| matches!(b, b'"' | b'\'' | b'[' | b'.'))
        .find(|part| !part.iter().all(quoted))
        .unwrap_or_default();
    let starts = |what: &[u8]| {
        last.get(..what.len())
            .is_some_and(|l| l.eq_ignore_ascii_case(what))
    };
    starts(b"x-") || last.eq_ignore_ascii_case(b"private-token")
}

/// Words of an answer that contains a requested value; they name nothing.
const HANDING: [&str; 48] = [
    "ours",
    "mine",
    "a",
    "answer",
    "here",
    "you",
    "go",
    "are",
    "it",
    "is",
    "its",
    "it's",
    "this",
    "that",
    "use",
    "try",
    "take",
    "one",
    "sure",
    "ok",
    "okay",
    "yes",
    "yep",
    "yeah",
    "oh",
    "hi",
    "hey",
    "done",
    "sent",
    "got",
    "copy",
    "paste",
    "the",
    "following",
    "there",
    "hier",
    "bitte",
    "voici",
    "voilà",
    "aqui",
    "aquí",
    "ecco",
    "вот",
    "держи",
    "again",
    "now",
    "and",
    "so",
];

/// Returns `true` if all words of a phrase only hand a value over.
pub(in crate::judge) fn is_handover_phrase(phrase: &[u8]) -> bool {
    let mut words = phrase
        .split(|b| !is_word_byte(*b) && *b != b'\'')
        .filter(|w| !w.is_empty())
        .peekable();
    words.peek().is_some()
        && words.all(|w| HANDING.iter().any(|h| w.eq_ignore_ascii_case(h.as_bytes())))
}

/// Returns `true` if a callee sets the return value of a call before it, in a test.
pub(super) fn is_answer(callee: &[u8]) -> bool {
    const NAMES: [&[u8]; 15] = [
        b"and_return",
        b"returns",
        b"thenReturn",
        b"thenAnswer",
        b"willReturn",
        b"doReturn",
        b"mockReturnValue",
        b"mockReturnValueOnce",
        b"mockResolvedValue",
        b"mockResolvedValueOnce",
        b"resolves",
        b"return_value",
        b"Return",
        b"Returns",
        b"ReturnsAsync",
    ];
    let from = memchr::memrchr(b'.', callee).map_or(0, |i| i + 1);
    NAMES.contains(&&callee[from..])
}

/// Returns the value of `key`, `name`, `id`, `label` or `field`, or of a name that ends in one of them
/// (`ParameterKey`, `option_name`), in the content of an element or object.
pub(super) fn name_attribute(inside: &[u8]) -> Option<Range<usize>> {
    const NAMES: [&[u8]; 7] = [
        b"key",
        b"name",
        b"id",
        b"label",
        b"field",
        b"title",
        b"variable",
    ];
    let lower = inside.to_ascii_lowercase();
    NAMES.iter().find_map(|name| {
        let begins = |at: usize| {
            let before = at.checked_sub(1).map(|i| inside[i]);
            before.is_none_or(|b| !is_word_byte(b) || b == b'_') || inside[at].is_ascii_uppercase()
        };
        memchr::memmem::rfind_iter(&lower, name)
            .filter(|at| begins(*at))
            .find_map(|at| field_value(inside, at + name.len()))
    })
}

/// Returns the value of the field whose name ends at `at`, without a call around it: `Name: aws.String("X")`.
fn field_value(inside: &[u8], at: usize) -> Option<Range<usize>> {
    let quote = |b: &&u8| matches!(b, b'"' | b'\'' | b' ' | b'\\');
    let joint = at + inside[at..].iter().take_while(quote).count();
    if !matches!(inside.get(joint), Some(b'=' | b':')) {
        return None;
    }
    let opens = |b: &&u8| quote(b) || **b == b'>';
    let start = joint + 1 + inside[joint + 1..].iter().take_while(opens).count();
    let part = |b: &&u8| is_word_byte(**b) || matches!(b, b'-' | b'.' | b' ' | b':' | b'/');
    let len = |from: usize| inside[from..].iter().take_while(part).count();
    let end = start + len(start);
    let wrapped = inside[end..].starts_with(b"(\"") || inside[end..].starts_with(b"('");
    let start = if wrapped { end + 2 } else { start };
    (len(start) > 0).then(|| start..start + len(start))
}
