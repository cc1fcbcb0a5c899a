//! Regular expressions of user rules: limited in size, compiled only when they are searched for, and checked
//! for mistakes that would make a rule silently find nothing or everything.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};
use regex_syntax::utf8::Utf8Sequences;

use super::outline::{has_word, match_outlines, show_outline};

/// Maximum memory in bytes of one compiled expression. The time of a search grows with it.
const SIZE_LIMIT: usize = 1 << 20;

/// Name of the group that contains the secret.
pub(crate) const SECRET_GROUP: &str = "secret";

/// Mistake in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    /// Byte offset of the mistake in the expression, if known.
    pub at: Option<usize>,
    /// Description of the mistake, with the correct form.
    pub message: String,
}

fn expression_error(at: Option<usize>, message: impl Into<String>) -> ExpressionError {
    ExpressionError {
        at,
        message: message.into(),
    }
}

/// Compiles an expression that [`check`] has accepted. Takes many times as long as parsing it.
#[must_use]
pub(crate) fn compile_regex(source: &str) -> Option<Regex> {
    // The size was checked when the rule was loaded.
    build(source, usize::MAX).ok()
}

fn build(source: &str, size_limit: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).size_limit(size_limit).build()
}

/// Checks that an expression can be compiled within [`SIZE_LIMIT`]. Compiles it only if it may be too
/// large.
fn check_size(source: &str, hir: &Hir) -> Result<(), ExpressionError> {
    if max_memory(hir) <= SIZE_LIMIT {
        return Ok(());
    }
    build(source, SIZE_LIMIT).map(drop).map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => expression_error(
            None,
            format!(
                "the expression takes more than {} KiB when compiled; write smaller repetitions, \
                 or (?-u) to leave out Unicode classes",
                SIZE_LIMIT >> 10
            ),
        ),
        other => expression_error(None, other.to_string()),
    })
}

/// Returns an upper bound of the memory, in bytes, of the compiled expression.
fn max_memory(hir: &Hir) -> usize {
    /// Memory that every expression needs.
    const FRAME: usize = 4096;
    part_memory(hir).saturating_add(FRAME)
}

/// Returns the memory in bytes of a part: its states, multiplied by its repetitions.
fn part_memory(hir: &Hir) -> usize {
    const STATE: usize = 64;
    let all = |subs: &[Hir]| {
        subs.iter().map(part_memory).fold(4 * STATE, |sum, sub| {
            sum.saturating_add(sub).saturating_add(STATE)
        })
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => STATE * (1 + literal.0.len()),
        HirKind::Class(class) => STATE * (2 + max_transitions(class)),
        HirKind::Capture(capture) => {
            let name = capture.name.as_ref().map_or(0, |name| name.len());
            part_memory(&capture.sub).saturating_add(4 * STATE + 4 * name)
        }
        HirKind::Repetition(r) => {
            let times = r.max.unwrap_or(r.min).max(r.min).saturating_add(1);
            part_memory(&r.sub)
                .saturating_add(4 * STATE)
                .saturating_mul(times as usize)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => all(subs),
    }
}

/// Returns an upper bound of the number of transitions through a class, byte by byte.
fn max_transitions(class: &Class) -> usize {
    /// Number of ranges above which splitting them into bytes costs too much.
    const MANY: usize = 64;
    /// Upper bound for one range: sequences of up to four bytes, few of each length.
    const OF_ONE: usize = 4 * 16;
    match class {
        Class::Bytes(class) => class.ranges().len(),
        Class::Unicode(class) if class.is_ascii() => class.ranges().len(),
        Class::Unicode(class) if class.ranges().len() > MANY => OF_ONE * class.ranges().len(),
        Class::Unicode(class) => class
            .iter()
            .flat_map(|range| Utf8Sequences::new(range.start(), range.end()))
            .map(|sequence| sequence.len())
            .sum(),
    }
}

/// Returns all mistakes in an expression and its keywords. A keyword's mistake has its index.
#[must_use]
pub(crate) fn check(
    source: &str,
    keywords: &[&str],
) -> (Vec<ExpressionError>, Vec<(usize, String)>) {
    let hir = match parse(source) {
        Ok(hir) => hir,
        Err(error) => return (vec![error], Vec::new()),
    };
    let mut wrong = Vec::new();
    if hir.properties().minimum_len() == Some(0) {
        wrong.push(expression_error(
            Some(0),
            "the expression matches the empty string; write + for *, or {1,} for {0,}",
        ));
    } else if let Some(group) = find_group(&hir, SECRET_GROUP)
        && group.properties().minimum_len() == Some(0)
    {
        wrong.push(expression_error(
            source.find("<secret>"),
            "the group `secret` can be empty; write + for *, or {1,} for {0,}",
        ));
    }
    if wrong.is_empty() {
        wrong.extend(check_size(source, &hir).err());
    }
    let keywords = check_keywords(&hir, keywords, &mut wrong);
    (wrong, keywords)
}

/// Parses an expression without compiling it.
pub(crate) fn parse(source: &str) -> Result<Hir, ExpressionError> {
    let parsed = regex_syntax::ParserBuilder::new()
        .utf8(false)
        .build()
        .parse(source);
    parsed.map_err(|e| match e {
        regex_syntax::Error::Parse(e) => {
            expression_error(Some(e.span().start.offset), format!("{}", e.kind()))
        }
        regex_syntax::Error::Translate(e) => {
            expression_error(Some(e.span().start.offset), format!("{}", e.kind()))
        }
        other => expression_error(None, other.to_string()),
    })
}

fn find_group<'h>(hir: &'h Hir, name: &str) -> Option<&'h Hir> {
    match hir.kind() {
        HirKind::Capture(c) if c.name.as_deref() == Some(name) => Some(&c.sub),
        HirKind::Capture(c) => find_group(&c.sub, name),
        HirKind::Repetition(r) => find_group(&r.sub, name),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().find_map(|sub| find_group(sub, name))
        }
        _ => None,
    }
}

/// Checks that every match contains one of the keywords, and that every keyword can occur in a match.
fn check_keywords(
    hir: &Hir,
    keywords: &[&str],
    wrong: &mut Vec<ExpressionError>,
) -> Vec<(usize, String)> {
    let mut mistakes = Vec::new();
    for (i, word) in keywords.iter().enumerate() {
        if word.is_empty() || !word.is_ascii() {
            mistakes.push((
                i,
                "a keyword is at least one ASCII character; leave `keywords` out to search everywhere"
                    .to_owned(),
            ));
        }
    }
    if keywords.is_empty() || !mistakes.is_empty() {
        return mistakes;
    }
    let Some(outlines) = match_outlines(hir) else {
        return mistakes;
    };
    let folded: Vec<Vec<u8>> = keywords
        .iter()
        .map(|w| w.to_ascii_lowercase().into_bytes())
        .collect();
    for (i, word) in folded.iter().enumerate() {
        if !outlines.iter().any(|o| has_word(o, word)) {
            mistakes.push((
                i,
                format!(
                    "the keyword `{}` does not stand in the expression, so it would keep the rule from running; \
                     write a part of the expression that every match holds",
                    keywords[i]
                ),
            ));
        }
    }
    let lost = outlines
        .iter()
        .find(|o| !folded.iter().any(|w| has_word(o, w)));
    if let Some(lost) = lost.filter(|_| mistakes.is_empty()) {
        wrong.push(expression_error(
            Some(0),
            format!(
                "the expression also matches text without any of the keywords (such as `{}`), which would be \
                 missed; add a keyword for it, or leave `keywords` out",
                show_outline(lost)
            ),
        ));
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(source: &str, keywords: &[&str]) -> String {
        let (errors, mistakes) = check(source, keywords);
        let errors = errors.iter().map(|e| format!("{:?} {}", e.at, e.message));
        let mistakes = mistakes.iter().map(|(i, m)| format!("#{i} {m}"));
        errors.chain(mistakes).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_bad_expression_is_wrong_at_a_place() {
        assert_eq!(wrong("ab[c", &[]), "Some(2) unclosed character class");
        assert_eq!(wrong("a(b", &[]), "Some(1) unclosed group");
        assert!(wrong("(?<=a)b", &[]).contains("look-behind"));
        assert!(wrong(r"(a)\1", &[]).contains("backreferences"));
        assert!(wrong(r"(\w{900}){900}", &[]).contains("more than 1024 KiB"));
    }

    #[test]
    fn what_is_thought_small_enough_is() {
        let parts = [
            "a",
            "acme_",
            "[0-9a-f]",
            "[a-zé]",
            ".",
            r"\w",
            r"\s",
            r"\d",
            r"(?-u:\w)",
            "(?i:key)",
            "(?<x>a|bc)",
            "(?:foo|bar|)",
            "[^\"]",
            r"\b",
            "$",
            "(?s:.)",
            "(?-u:[^a])",
        ];
        let mut mint = crate::token::Mint::new(6);
        let (mut small, mut large) = (0, 0);
        for _ in 0..400 {
            let mut source = String::new();
            for group in 0..1 + mint.random_below(4) {
                let part =
                    parts[mint.random_below(parts.len())].replace("<x>", &format!("<x{group}>"));
                let least = mint.random_below(40);
                let most = least + mint.random_below(60);
                match mint.random_below(4) {
                    0 => source += &part,
                    1 => source += &format!("(?:{part}x?){{{least},}}"),
                    2 => source += &format!("(?:(?:{part}){{{least},{most}}}-){{1,9}}"),
                    _ => source += &format!("(?:{part}){{{least},{most}}}|"),
                }
            }
            let most = max_memory(&parse(&source).unwrap());
            if most > SIZE_LIMIT {
                large += 1;
                continue;
            }
            small += 1;
            let built = build(&source, most);
            assert!(built.is_ok(), "{source} takes more than {most} bytes");
        }
        assert!(small > 100 && large > 20, "{small} {large}");
    }

    #[test]
    fn what_only_looks_large_is_accepted() {
        let source = r"\w{9}";
        assert!(max_memory(&parse(source).unwrap()) > SIZE_LIMIT);
        assert_eq!(wrong(source, &[]), "");
    }

    #[test]
    fn what_can_be_empty_is_refused() {
        assert!(wrong("a*", &[]).contains("the empty string"));
        assert!(wrong("key=(?<secret>[a-z]*)", &[]).contains("`secret` can be empty"));
        assert_eq!(wrong("key=(?<secret>[a-z]+)", &[]), "");
    }

    #[test]
    fn keywords_stand_in_every_match_or_are_refused() {
        assert_eq!(wrong("acme_[a-z]{9}", &["acme_"]), "");
        assert_eq!(
            wrong(
                "(?i)ask[_-]?key=[a-z]{9}",
                &["askkey", "ASK_KEY", "ask-key"]
            ),
            ""
        );
        assert_eq!(wrong("(?:foo|bar)x+", &["foo", "bar"]), "");
        assert_eq!(wrong("(?:foo|bar){2,3}", &["foo", "bar"]), "");
        assert!(
            wrong("acme_[a-z]{9}", &["acne"]).contains("`acne` does not stand in the expression")
        );
        assert!(wrong("(?:foo|bar)x", &["foo"]).contains("(such as `barx`)"));
        assert!(wrong("(?:foo_)?[a-z]{9}", &["foo_"]).contains("without any of the keywords"));
        assert!(wrong("x+", &[""]).contains("at least one ASCII character"));
    }

    #[test]
    fn what_the_check_accepts_the_keywords_never_lose() {
        // Every match of an accepted expression contains a keyword, tested on generated matches.
        let mut mint = crate::token::Mint::new(5);
        let sources = [
            (
                "(?i)acme[-_ ]?(?:key|token)[=:]+[a-f]{2}",
                &["acme"][..],
                &["acme", "ACMe", "-", "key", "ToKeN", "=", ":", "af", "b"][..],
            ),
            (
                "(?:ab|cd)+x{2,5}[0-9]{3}",
                &["ab", "cd"],
                &["ab", "cd", "x", "xx", "123", "4"],
            ),
            (
                "q(?:ab){2,4}z",
                &["abz", "qab"],
                &["q", "qab", "ab", "abab", "z"],
            ),
        ];
        for (source, keywords, pieces) in sources {
            assert_eq!(wrong(source, keywords), "", "{source}");
            let regex = compile_regex(source).unwrap();
            let mut seen = 0;
            for _ in 0..20_000 {
                let count = 2 + mint.random_below(6);
                let text: String = (0..count)
                    .map(|_| pieces[mint.random_below(pieces.len())])
                    .collect();
                if let Some(found) = regex.find(text.as_bytes()) {
                    seen += 1;
                    let lower = found.as_bytes().to_ascii_lowercase();
                    assert!(
                        keywords.iter().any(|w| has_word(&lower, w.as_bytes())),
                        "{source}: {text}"
                    );
                }
            }
            assert!(seen > 20, "{source}: {seen}");
        }
    }
}
