//! Allow comments: `tokensweep:allow` on the line of a finding or alone on the line before,
//! `tokensweep:off` and `tokensweep:on` around a region. They count in any comment syntax, because only
//! the words are checked. With [`Comments::Compat`] the comments of other scanners count as well.

use memchr::memmem;

use crate::span::{Span, lines_near};

/// Selection of the comments that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Comments {
    /// No comments.
    #[default]
    Ignored,
    /// Comments of this program.
    Own,
    /// Comments of this program and of other scanners.
    Compat,
}

/// Content of a comment: the rules that it is for (all if none is named), and the place of its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowComment {
    rules: Vec<String>,
    /// Byte range of the reason in the text. Empty if none is given.
    pub reason: Span,
    /// Offset of the comment's words.
    pub at: usize,
}

impl AllowComment {
    /// Returns true if the comment applies to findings of this rule.
    #[must_use]
    pub(crate) fn covers_rule(&self, rule_id: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|id| id == rule_id)
    }
}

/// Lines that a comment applies to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CommentReach {
    /// The line of the comment.
    Line,
    /// The next line.
    Next,
    /// The line of the comment, or the next one if nothing else is on it.
    LineOrNext,
}

pub(super) const OWN: (&str, CommentReach) = ("tokensweep:allow", CommentReach::LineOrNext);

/// Comments of gitleaks, betterleaks, TruffleHog, Kingfisher, ggshield, detect-secrets and secretlint.
pub(super) const OTHERS: [(&str, CommentReach); 15] = [
    ("gitleaks:allow", CommentReach::Line),
    ("betterleaks:allow", CommentReach::Line),
    ("trufflehog:ignore", CommentReach::Line),
    ("kingfisher:ignore", CommentReach::LineOrNext),
    ("kingfisher:allow", CommentReach::LineOrNext),
    ("ggignore", CommentReach::Line),
    ("pragma: allowlist secret", CommentReach::Line),
    ("pragma:allowlist secret", CommentReach::Line),
    ("pragma: whitelist secret", CommentReach::Line),
    ("pragma:whitelist secret", CommentReach::Line),
    ("pragma: allowlist nextline secret", CommentReach::Next),
    ("pragma:allowlist nextline secret", CommentReach::Next),
    ("pragma: whitelist nextline secret", CommentReach::Next),
    ("secretlint-disable-line", CommentReach::Line),
    ("secretlint-disable-next-line", CommentReach::Next),
];

/// Maximum distance, in bytes, of a comment from a finding on its line: a line may be a whole minified file.
const REACH: usize = 2048;

/// Returns the comment that accepts `place` under this rule, on its line or the line before.
#[must_use]
pub(crate) fn find_beside(
    text: &[u8],
    place: Span,
    rule_id: &str,
    which: Comments,
) -> Option<AllowComment> {
    let own = (which != Comments::Ignored).then_some(OWN);
    let others = OTHERS.iter().filter(|_| which == Comments::Compat);
    let line = lines_near(text, place, REACH);
    let before = line_before(text, line.start);
    own.iter().chain(others).find_map(|(words, reach)| {
        let here = (*reach != CommentReach::Next).then_some(line);
        let above = before.filter(|_| *reach != CommentReach::Line);
        let note = here
            .and_then(|line| find_comment(text, line, words))
            .or_else(|| {
                let note = find_comment(text, above?, words)?;
                let alone =
                    *reach == CommentReach::Next || is_alone_on_line(&text[above?.start..note.at]);
                alone.then_some(note)
            });
        note.filter(|n| n.covers_rule(rule_id))
    })
}

fn line_before(text: &[u8], line_start: usize) -> Option<Span> {
    let (before, _) = text.split_at(line_start);
    let rest = before.strip_suffix(b"\n").unwrap_or(before);
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    (rest.len() < before.len()).then(|| lines_near(text, (rest.len()..rest.len()).into(), REACH))
}

/// Returns true if only comment signs precede a comment's words.
fn is_alone_on_line(before: &[u8]) -> bool {
    let word = before.trim_ascii();
    !word.iter().any(u8::is_ascii_alphanumeric)
        || word.eq_ignore_ascii_case(b"rem")
        || word == b"dnl"
}

/// Finds the comment with these words in a part of the text.
fn find_comment(text: &[u8], part: Span, words: &str) -> Option<AllowComment> {
    memmem::find_iter(&text[part], words)
        .map(|at| part.start + at)
        .find(|&at| is_whole(text, at, words))
        .map(|at| parse_comment(text, at, at + words.len(), part.end))
}

/// Returns true if the words are not part of longer ones.
fn is_whole(text: &[u8], at: usize, words: &str) -> bool {
    let goes_on =
        |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || b"_-".contains(b));
    let before = at.checked_sub(1).and_then(|i| text.get(i));
    !goes_on(before) && !goes_on(text.get(at + words.len()))
}

/// Reads `(rule, rule) reason` after a comment's words.
fn parse_comment(text: &[u8], at: usize, end_of_words: usize, end: usize) -> AllowComment {
    let rest = &text[end_of_words..end];
    let (rules, skipped) = match rest.strip_prefix(b"(") {
        Some(list) => {
            let len = list.iter().position(|&b| b == b')').unwrap_or(list.len());
            let names = String::from_utf8_lossy(&list[..len]);
            let names = names.split(',').map(|n| n.trim().to_owned());
            (names.collect(), (len + 2).min(rest.len()))
        }
        None => (Vec::new(), 0),
    };
    AllowComment {
        rules,
        reason: reason_range(text, (end_of_words + skipped..end).into()),
        at,
    }
}

/// Returns the words of a reason, without the punctuation before it and the signs that close the comment.
fn reason_range(text: &[u8], part: Span) -> Span {
    let mut end = part.end;
    for close in ["*/", "-->", "%>", "#}", "*)", "]]"] {
        if let Some(at) = memmem::find(&text[part.start..end], close.as_bytes()) {
            end = part.start + at;
        }
    }
    let blank = |b: &u8| b.is_ascii_whitespace() || b":-,;\"'".contains(b);
    let start = text[part.start..end]
        .iter()
        .position(|b| !blank(b))
        .map_or(end, |n| part.start + n);
    let last = text[start..end].iter().rposition(|b| !blank(b));
    (start..last.map_or(start, |n| start + n + 1)).into()
}

/// Place where a region begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RegionMark {
    at: usize,
    /// `Some` at the beginning of a region.
    off: Option<AllowComment>,
}

/// Regions of a text that comments switch off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Regions {
    switches: Vec<RegionMark>,
    /// Comment of an earlier text whose region continues into this one.
    open: Option<AllowComment>,
}

/// Common beginning of each tool's words, then the words that begin a region and those that end one. All windows of
/// large files are searched for the common beginning.
const REGION_WORDS: [(&str, &str, &str, Comments); 2] = [
    (
        "tokensweep:o",
        "tokensweep:off",
        "tokensweep:on",
        Comments::Own,
    ),
    (
        "secretlint-",
        "secretlint-disable",
        "secretlint-enable",
        Comments::Compat,
    ),
];

impl Regions {
    /// Finds the regions of a text. `open` is the region that continues from the text before it.
    #[must_use]
    pub(crate) fn find_regions(text: &[u8], which: Comments, open: Option<AllowComment>) -> Self {
        let mut switches = Vec::new();
        for (head, begin, end, needs) in REGION_WORDS {
            if which != Comments::Compat && which != needs {
                continue;
            }
            for at in memmem::find_iter(text, head) {
                for (words, off) in [(begin, true), (end, false)] {
                    if !text[at..].starts_with(words.as_bytes()) || !is_whole(text, at, words) {
                        continue;
                    }
                    let line_end = memchr::memchr(b'\n', &text[at..text.len().min(at + REACH)]);
                    let end = line_end.map_or(text.len().min(at + REACH), |n| at + n);
                    let note = off.then(|| parse_comment(text, at, at + words.len(), end));
                    switches.push(RegionMark { at, off: note });
                }
            }
        }
        switches.sort_by_key(|s| s.at);
        Regions { switches, open }
    }

    /// Returns the comment that switches off a place. A region of an earlier text has no readable reason here.
    #[must_use]
    pub(crate) fn comment_at(&self, place: usize) -> Option<&AllowComment> {
        match self.switches.partition_point(|s| s.at <= place) {
            0 => self.open.as_ref(),
            n => self.switches[n - 1].off.as_ref(),
        }
    }

    /// Returns the region that continues into the next text, without its reason.
    #[must_use]
    pub(crate) fn open_region_at(&self, at: usize) -> Option<AllowComment> {
        self.comment_at(at).map(|note| AllowComment {
            rules: note.rules.clone(),
            reason: (0..0).into(),
            at: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "SECRETSECRET";

    fn beside_in(text: &str, which: Comments) -> Option<String> {
        let at = text.find(SECRET).unwrap();
        let place = at..at + SECRET.len();
        let note = find_beside(text.as_bytes(), place.into(), "github-pat", which)?;
        Some(text[note.reason].to_owned())
    }

    #[test]
    fn a_comment_on_the_line_in_any_syntax() {
        for (text, reason) in [
            ("k = 'SECRETSECRET' # tokensweep:allow", ""),
            (
                "k = 'SECRETSECRET' // tokensweep:allow used in docs\nx",
                "used in docs",
            ),
            (
                "/* tokensweep:allow: a dummy */ k = SECRETSECRET",
                "a dummy",
            ),
            (
                "<k>SECRETSECRET</k> <!-- tokensweep:allow(github-pat) it is dead -->",
                "it is dead",
            ),
            (
                "k: SECRETSECRET  # tokensweep:allow(npm-access-token, github-pat) - test\r\n",
                "test",
            ),
            (
                "{\"k\": \"SECRETSECRET\", \"_\": \"tokensweep:allow test\"}",
                "test\"}",
            ),
        ] {
            assert_eq!(
                beside_in(text, Comments::Own).as_deref(),
                Some(reason),
                "{text}"
            );
            assert_eq!(beside_in(text, Comments::Ignored), None, "{text}");
        }
    }

    #[test]
    fn alone_on_the_line_before_but_not_behind_other_code() {
        assert!(beside_in("# tokensweep:allow\nk = SECRETSECRET", Comments::Own).is_some());
        assert!(beside_in("  <!-- tokensweep:allow -->\r\nSECRETSECRET", Comments::Own).is_some());
        assert!(beside_in("REM tokensweep:allow\nset k=SECRETSECRET", Comments::Own).is_some());
        for not in [
            "other = 1 # tokensweep:allow\nk = SECRETSECRET",
            "# tokensweep:allow\n\nk = SECRETSECRET",
            "k = SECRETSECRET\n# tokensweep:allow",
            "k = SECRETSECRET # tokensweep:allowed",
            "k = SECRETSECRET # xtokensweep:allow",
            "k = SECRETSECRET # tokensweep:allow(npm-access-token)",
            "k = SECRETSECRET # tokensweep: allow",
        ] {
            assert_eq!(beside_in(not, Comments::Compat), None, "{not}");
        }
    }

    #[test]
    fn the_comments_of_others_count_when_asked_for() {
        for text in [
            "SECRETSECRET # gitleaks:allow",
            "SECRETSECRET // trufflehog:ignore",
            "SECRETSECRET # kingfisher:ignore",
            "SECRETSECRET # ggignore",
            "SECRETSECRET  # pragma: allowlist secret",
            "# pragma: allowlist nextline secret\nSECRETSECRET",
            "SECRETSECRET // secretlint-disable-line",
            "x(); // secretlint-disable-next-line\nSECRETSECRET",
        ] {
            assert!(beside_in(text, Comments::Compat).is_some(), "{text}");
            assert_eq!(beside_in(text, Comments::Own), None, "{text}");
        }
    }

    #[test]
    fn a_region_is_off_from_its_comment_to_the_next() {
        let text =
            b"a\n# tokensweep:off(github-pat) dummies\nb\n# tokensweep:on\nc\n// tokensweep:off\nd";
        let regions = Regions::find_regions(text, Comments::Own, None);
        let at = |c| regions.comment_at(text.iter().position(|b| *b == c).unwrap());
        assert!(at(b'a').is_none());
        let end = text.len();
        let note = regions
            .comment_at(memmem::find(text, b"\nb\n").unwrap() + 1)
            .unwrap();
        assert_eq!(&text[note.reason], b"dummies");
        assert!(note.covers_rule("github-pat") && !note.covers_rule("x"));
        assert!(
            regions
                .comment_at(memmem::find(text, b"\nc\n").unwrap())
                .is_none()
        );
        let open = regions.open_region_at(end).unwrap();
        assert!(
            Regions::find_regions(b"e", Comments::Own, Some(open))
                .comment_at(0)
                .is_some()
        );
        assert!(
            Regions::find_regions(text, Comments::Ignored, None)
                .comment_at(end)
                .is_none()
        );
    }

    #[test]
    fn other_regions_count_when_asked_for() {
        let text =
            b"/* secretlint-disable */ x /* secretlint-enable */ y // secretlint-disable-line";
        let regions = Regions::find_regions(text, Comments::Compat, None);
        assert!(regions.comment_at(25).is_some());
        assert!(regions.comment_at(text.len()).is_none());
        assert!(
            Regions::find_regions(text, Comments::Own, None)
                .comment_at(25)
                .is_none()
        );
    }
}
