//! Splitting of text and identifiers into words.

use std::ops::Range;

/// Maximum length in bytes of a word that is looked up; longer ones have no class.
const LONGEST: usize = 72;

/// Minimum length of a run of hex digits that counts as an id, not a word.
const LONG_HEX: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum LetterClass {
    Lower,
    Upper,
    Digit,
    /// Letter of a script without blanks between words.
    Wide,
    Break,
}

/// Kind of every byte.
const LETTERS: [LetterClass; 256] = {
    let mut letters = [LetterClass::Break; 256];
    let mut b = 0u8;
    loop {
        letters[b as usize] = match b {
            0xe3..=0xed => LetterClass::Wide,
            b'a'..=b'z' | 0x80.. => LetterClass::Lower,
            b'A'..=b'Z' => LetterClass::Upper,
            b'0'..=b'9' => LetterClass::Digit,
            _ => LetterClass::Break,
        };
        if b == u8::MAX {
            break letters;
        }
        b += 1;
    }
};

fn letter_class(b: u8) -> LetterClass {
    LETTERS[usize::from(b)]
}

/// Calls `then` with every word of `text` in lower case. Identifiers are split into their parts: `githubPAT`,
/// `GH_TOKEN2`, `X-Api-Key`, `HTTPToken`. A digit after a letter belongs to the word (`sha1`), and a long run of
/// hex digits is no word. Two parts that `is_name` knows together are one word: `NetBox`.
pub(crate) fn for_each_word(
    text: &[u8],
    is_name: impl Fn(&[u8]) -> bool,
    mut then: impl FnMut(&[u8]),
) {
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if letter_class(first) == LetterClass::Break {
            rest = after;
            continue;
        }
        if first.is_ascii_hexdigit() {
            let hex = rest.iter().take_while(|b| b.is_ascii_hexdigit()).count();
            if hex >= LONG_HEX {
                rest = &rest[hex..];
                continue;
            }
        }
        // Most words are plain ones, which need no split.
        let plain = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
        let end = rest[plain..]
            .iter()
            .position(|b| letter_class(*b) == LetterClass::Break)
            .map_or(rest.len(), |n| plain + n);
        if end > plain {
            for_each_part(&rest[..end], &is_name, &mut then);
        } else if (2..=LONGEST).contains(&plain) {
            then(&rest[..plain]);
        }
        rest = &rest[end..];
    }
}

/// Calls `then` with every word of a run of letters and digits.
fn for_each_part(run: &[u8], is_name: impl Fn(&[u8]) -> bool, mut then: impl FnMut(&[u8])) {
    let mut word = [0u8; LONGEST];
    let mut len = 0;
    let mut flush = |word: &mut [u8; LONGEST], len: &mut usize| {
        if (2..=LONGEST).contains(len) {
            lower_letters(&mut word[..*len]);
            then(&word[..*len]);
        }
        *len = 0;
    };
    let mut before = LetterClass::Break;
    let mut skipped = 0;
    for (i, &b) in run.iter().enumerate() {
        // Punctuation of scripts without blanks, such as `。`, ends a word; so does the maximum length.
        if b == 0xe3 && run.get(i + 1) == Some(&0x80) {
            skipped = 3;
        }
        if skipped > 0 || (len >= LONGEST && matches!(b, 0xe0..=0xed)) {
            flush(&mut word, &mut len);
        }
        if skipped > 0 {
            skipped -= 1;
            before = LetterClass::Break;
            continue;
        }
        let kind = match letter_class(b) {
            _ if before == LetterClass::Wide && matches!(b, 0x80..=0xbf) => LetterClass::Wide,
            kind => kind,
        };
        let next = run
            .get(i + 1)
            .map_or(LetterClass::Break, |&b| letter_class(b));
        let cut = match (before, kind) {
            (LetterClass::Lower | LetterClass::Digit, LetterClass::Upper)
            | (LetterClass::Digit, LetterClass::Lower) => true,
            (LetterClass::Wide, kind) | (kind, LetterClass::Wide) => kind != LetterClass::Wide,
            (LetterClass::Upper, LetterClass::Upper) => next == LetterClass::Lower,
            _ => false,
        };
        let goes_on = || {
            kind == LetterClass::Upper
                && len <= LONGEST
                && (ends_before_capital(run, i)
                    || is_name_with_next(&word[..len], &run[i..], &is_name))
        };
        if cut && !goes_on() {
            flush(&mut word, &mut len);
        }
        if len < LONGEST {
            word[len] = b;
        }
        len += 1;
        before = kind;
    }
    flush(&mut word, &mut len);
}

/// Returns true if a name that contains a capital has it at `at`, whatever ending a language adds to the name.
fn ends_before_capital(run: &[u8], at: usize) -> bool {
    let (before, after) = (&run[..at], &run[at + 1..]);
    let git = [&b"ub"[..], b"ab"].iter().any(|n| after.starts_with(n));
    before.ends_with(b"Git") && git || before.ends_with(b"Bit") && after.starts_with(b"ucket")
}

/// Returns true if `is_name` knows a part of an identifier joined to the next one, which `rest` begins with, in lower case.
fn is_name_with_next(part: &[u8], rest: &[u8], is_name: impl Fn(&[u8]) -> bool) -> bool {
    let capitals = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let small = rest[capitals..]
        .iter()
        .take_while(|b| b.is_ascii_lowercase());
    // In `CIToken` the last capital begins the next part.
    let len = match (capitals, small.count()) {
        (1, small) => 1 + small,
        (capitals, 0) => capitals,
        (capitals, _) => capitals - 1,
    };
    let mut joined = [0u8; LONGEST];
    let end = part.len() + len;
    if end > LONGEST {
        return false;
    }
    joined[..part.len()].copy_from_slice(part);
    joined[part.len()..end].copy_from_slice(&rest[..len]);
    joined[..end].make_ascii_lowercase();
    is_name(&joined[..end])
}

/// Puts letters into lower case: those of ASCII, and of Latin, Greek and Cyrillic those of two bytes whose lower case has
/// the same first byte or the next one.
pub(crate) fn lower_letters(text: &mut [u8]) {
    text.make_ascii_lowercase();
    if text.is_ascii() {
        return;
    }
    for i in 1..text.len() {
        let lower = match (text[i - 1], text[i]) {
            (0xc3, b @ (0x80..=0x96 | 0x98..=0x9e)) => (0xc3, b + 0x20),
            (0xce, b @ 0x91..=0x9f) => (0xce, b + 0x20),
            (0xce, b @ 0xa0..=0xa9) => (0xcf, b - 0x20),
            (0xd0, b @ 0x80..=0x8f) => (0xd1, b + 0x10),
            (0xd0, b @ 0x90..=0x9f) => (0xd0, b + 0x20),
            (0xd0, b @ 0xa0..=0xaf) => (0xd1, b - 0x20),
            other => other,
        };
        (text[i - 1], text[i]) = lower;
    }
}

/// Returns this part of a text without the rest of a word that its start cuts in two.
pub(crate) fn without_cut_words(text: &[u8], part: &Range<usize>) -> Range<usize> {
    let mut start = part.start;
    while start < part.end && is_inside_word(text, start) {
        start += 1;
    }
    start..part.end
}

/// Returns `true` if a word surely continues at `at`, since there is no cut between small letters.
pub(crate) fn is_inside_word(text: &[u8], at: usize) -> bool {
    let small = |i: usize| text.get(i).is_some_and(u8::is_ascii_lowercase);
    at > 0 && small(at - 1) && small(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    fn words(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        let is_name = |word: &[u8]| word == b"netbox" || word == b"circleci";
        for_each_word(text.as_bytes(), is_name, |w| {
            out.push(String::from_utf8_lossy(w).into_owned());
        });
        out
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(words("githubPAT"), ["github", "pat"]);
        assert_eq!(words("GH_TOK"), ["gh", "tok"]);
        assert_eq!(words("hubot-github-token"), ["hubot", "github", "token"]);
        assert_eq!(words("HTTPToken2"), ["http", "token2"]);
        assert_eq!(words("X-Api-Key: sha1"), ["api", "key", "sha1"]);
        assert_eq!(words("令牌 токен"), ["令牌", "токен"]);
        assert_eq!(words("GitHubのトークンx"), ["github", "のトークン"]);
        assert_eq!(words("GitHubToken GitHuba"), ["github", "token", "githuba"]);
        assert_eq!(words("myNetBoxToken"), ["my", "netbox", "token"]);
        assert_eq!(words("CircleCIToken"), ["circleci", "token"]);
        assert_eq!(
            words("a 0123456789abcdef0123456789abcdef01234567 b"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_long_word_is_skipped_whole() {
        assert_eq!(words(&format!("{} ok", "x".repeat(90))), ["ok"]);
        assert_eq!(words(&format!("X{}Box ok", "x".repeat(90))), ["box", "ok"]);
    }

    #[test]
    fn plain_words_are_read_as_all_others_are() {
        let mut mint = Mint::new(23);
        for round in 0..2000 {
            let text = mint.text("abcdefgtokenAZGitHub019_ .:é令".as_bytes(), 1 + round % 90);
            let (mut quick, mut obvious) = (Vec::new(), Vec::new());
            for_each_word(&text, |_| false, |w| quick.push(w.to_vec()));
            for run in text.split(|b| letter_class(*b) == LetterClass::Break) {
                let hex = run.iter().take_while(|b| b.is_ascii_hexdigit()).count();
                let skip = if hex >= LONG_HEX { hex } else { 0 };
                for_each_part(&run[skip..], |_| false, |w| obvious.push(w.to_vec()));
            }
            assert_eq!(quick, obvious, "{text:?}");
        }
    }
}
