//! Lines that a report shows, cut to a window. All secrets are masked here, before any other code gets the lines.

use std::ops::Range;

use super::secret::Secret;
use crate::span::Span;
use crate::steps::add_steps;

/// One line of source, safe to print except for its control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SnippetLine {
    /// Number of the line in the file, 1-based.
    pub number: u64,
    /// Text, secrets masked, cut to a window around the finding.
    pub text: String,
    /// Byte range in `text` of the finding's masked secret.
    pub highlight: Option<Span>,
}

/// Line of a finding, with all secrets in it masked.
///
/// ```
#[doc = include_str!("example.txt")]
/// let snippet = &finding.snippet;
/// assert_eq!(snippet.text(), "GITHUB_TOKEN=ghp_0123…pbCX");
/// assert_eq!(&snippet.text()[snippet.highlight().unwrap()], "ghp_0123…pbCX");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The line; none for a finding without a text.
    pub(crate) lines: Vec<SnippetLine>,
}

/// Number of bytes of a line that are shown on either side of a finding.
const WINDOW: usize = 100;

impl Snippet {
    /// Returns the text of the line, secrets masked, cut to a window around the finding. It may contain control
    /// characters.
    #[must_use]
    pub fn text(&self) -> &str {
        self.lines.first().map_or("", |line| &line.text)
    }

    /// Returns the byte range of the finding's masked secret in the text.
    #[must_use]
    pub fn highlight(&self) -> Option<Range<usize>> {
        let line = self.lines.first()?;
        line.highlight.map(Span::offsets)
    }

    /// Creates the line `line` (number `number`) of `text` around `secret`. Masks all of `others` as well, and any
    /// continuation of them or of the secret.
    ///
    /// All ranges are byte offsets into `text`. `others` may be unsorted, overlap `secret` or be elsewhere.
    #[must_use]
    pub(crate) fn from_line(
        text: &[u8],
        line: impl Into<Span>,
        number: u64,
        secret: impl Into<Span>,
        others: &[Span],
    ) -> Snippet {
        let (line, secret) = (line.into(), secret.into());
        // A secret that continues over further lines is shown to its end, so that none of it stays unmasked.
        let line = Span::from(line.start.min(secret.start)..line.end.max(secret.end));
        // A byte order mark is not part of the text.
        let marked = text[line].starts_with("\u{feff}".as_bytes());
        let start = (line.start + if marked { 3 } else { 0 }).min(secret.start);
        let line = Span::from(start..line.end);
        let from = cut_left(
            text,
            line.start.max(secret.start.saturating_sub(WINDOW)),
            line.start,
        );
        let to = cut_right(text, line.end.min(secret.end + WINDOW), line.end);
        add_steps(others.len());
        let window = Span::from(from..to);
        let mut out = SnippetLine {
            number,
            ..SnippetLine::default()
        };
        if from > line.start {
            out.text.push_str(ELLIPSIS);
        }
        let mut at = from;
        let places = others.iter().copied().chain([secret]);
        for cover in covers(text, window, places) {
            push_text(&mut out.text, &text[at..cover.range.start.max(at)]);
            let highlight = cover.push_mask(text, Some(secret), &mut out.text);
            out.highlight = out.highlight.or(highlight);
            at = cover.range.end;
        }
        push_text(&mut out.text, &text[at.min(to)..to]);
        if to < line.end && !out.text.ends_with(ELLIPSIS) {
            out.text.push_str(ELLIPSIS);
        }
        out.text.shrink_to_fit();
        Snippet { lines: vec![out] }
    }
}

/// Returns the text with all of `places`, and their possible continuations, masked.
#[must_use]
pub(crate) fn mask_places(text: &str, places: &[Span]) -> String {
    with_replaced(text, mask_spans(text.as_bytes(), places))
}

/// Returns the text with an ellipsis in place of all of `places` and their possible continuations.
#[must_use]
pub(super) fn hide_places(text: &str, places: &[Span]) -> String {
    let bytes = text.as_bytes();
    let spans = covers(bytes, (0..bytes.len()).into(), places.iter().copied()).into_iter();
    with_replaced(text, spans.map(|span| (span.range, ELLIPSIS.to_owned())))
}

/// Returns the parts of the text that contain `places` and their possible continuations, in order, and the mask of each.
pub(crate) fn mask_spans(text: &[u8], places: &[Span]) -> impl Iterator<Item = (Span, String)> {
    let spans = covers(text, (0..text.len()).into(), places.iter().copied()).into_iter();
    spans.map(|span| {
        let mut mask = String::new();
        span.push_mask(text, None, &mut mask);
        (span.range, mask)
    })
}

/// Returns the text with these parts replaced.
fn with_replaced(text: &str, spans: impl Iterator<Item = (Span, String)>) -> String {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut at = 0;
    for (range, mask) in spans {
        out.push_str(&String::from_utf8_lossy(&bytes[at..range.start.max(at)]));
        out.push_str(&mask);
        at = range.end;
    }
    out.push_str(&String::from_utf8_lossy(&bytes[at..]));
    out
}

const ELLIPSIS: &str = "…";

/// Part of a text that is masked as a whole.
struct MaskedSpan {
    range: Span,
    /// Place of the only finding in it, if one finding fills it.
    only: Option<Span>,
}

impl MaskedSpan {
    /// Appends the replacement of this part. Returns the place of the mask of `secret`, if it is inside.
    fn push_mask(&self, text: &[u8], secret: Option<Span>, out: &mut String) -> Option<Span> {
        let secret = secret.filter(|place| self.range.encloses(*place));
        let Some(shown) = secret.or(self.only) else {
            out.push_str(ELLIPSIS);
            return None;
        };
        if self.range.start < shown.start && !out.ends_with(ELLIPSIS) {
            out.push_str(ELLIPSIS);
        }
        let begin = out.len();
        let mask = Secret::new(&text[shown]).masked();
        // The ends of a finding in another charset, or over several lines, are not text.
        let is_text = !mask.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER);
        out.push_str(if is_text { &mask } else { ELLIPSIS });
        let mask = Span::from(begin..out.len());
        if shown.end < self.range.end && !out.ends_with(ELLIPSIS) {
            out.push_str(ELLIPSIS);
        }
        secret.map(|_| mask)
    }
}

/// Returns what is masked within `window`, in order: the union of all places and their possible continuations.
fn covers(text: &[u8], window: Span, places: impl Iterator<Item = Span>) -> Vec<MaskedSpan> {
    let inside = places.filter(|p| p.end > window.start && p.start < window.end);
    let mut places: Vec<Span> = inside.collect();
    places.sort_by_key(|p| (p.start, std::cmp::Reverse(p.end)));
    let mut ends: Vec<usize> = places.iter().map(|p| p.end).collect();
    ends.sort_unstable();
    let mut out: Vec<MaskedSpan> = Vec::new();
    for place in &places {
        // A continuation that reaches another place ends there.
        let floor = ends[..ends.partition_point(|end| *end <= place.start)]
            .last()
            .copied();
        let next = places.partition_point(|p| p.start < place.end);
        let ceiling = places.get(next).map(|p| p.start);
        let before = continued_len(text[floor.unwrap_or(0)..place.start].iter().rev(), true);
        let is_apart = before < SHORTEST_BEFORE && floor != Some(place.start - before);
        let start = place.start - if is_apart { 0 } else { before };
        let behind = &text[place.end..ceiling.unwrap_or(text.len())];
        let end = place.end + continued_len(behind.iter(), false);
        let wider = start < place.start || end > place.end;
        match out.last_mut() {
            Some(last) if start <= last.range.end => {
                if last.only != Some(*place) || wider {
                    last.only = None;
                }
                last.range.start = last.range.start.min(start);
                last.range.end = last.range.end.max(end);
            }
            _ => out.push(MaskedSpan {
                range: (start..end).into(),
                only: (!wider).then_some(*place),
            }),
        }
    }
    out
}

/// Length from which a word may be a part of a secret even with a few signs between it and the finding.
const TELLING: usize = 12;

/// Length below which text before a secret may be the end of an escape: `\n`, `\u003d`, `%3D`, a colour's `1m`.
const SHORTEST_BEFORE: usize = 6;

/// Maximum length, in bytes, of the text between two parts of one secret.
const LONGEST_JOINT: usize = 6;

/// Maximum distance, in bytes, of the search for the rest of a secret.
const FURTHEST: usize = 512;

/// Number of consecutive escapes that are encoded text. One or two are signs between words.
const ENCODED: usize = 3;

/// Returns the number of bytes, from a border of a place on, that may be the rest of the secret: the rest of the word,
/// consecutive escapes, and long words with digits that are joined to it by a few signs (`.`, `"+"`). `bytes` are read
/// away from the place, which with `backwards` is to the left.
fn continued_len<'t>(bytes: impl Iterator<Item = &'t u8>, backwards: bool) -> usize {
    let near: Vec<u8> = bytes.take(FURTHEST).copied().collect();
    let count =
        |from: usize, is: fn(&u8) -> bool| near[from..].iter().take_while(|byte| is(byte)).count();
    let mut done = 0;
    loop {
        let encoded = escapes_len(&near[done..], backwards);
        let more = encoded + count(done + encoded, is_word);
        if more > 0 {
            done += more;
            continue;
        }
        let joint = count(done, |b| b.is_ascii_graphic() && !is_word(b) || *b == b' ');
        let joint = joint.min(LONGEST_JOINT);
        let behind = done + joint;
        let word = count(behind, is_word);
        let has_digit = near[behind..behind + word].iter().any(u8::is_ascii_digit);
        let is_blank = near[done..behind].iter().all(|b| *b == b' ');
        if is_blank || word < TELLING || !has_digit {
            return done;
        }
        done = behind + word;
    }
}

fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

/// Returns the length of consecutive escapes, read away from a place, if there are at least [`ENCODED`].
fn escapes_len(near: &[u8], backwards: bool) -> usize {
    let (mut len, mut escapes) = (0, 0);
    while let Some(more) = escape_len(&near[len..], backwards) {
        len += more;
        escapes += 1;
    }
    if escapes < ENCODED { 0 } else { len }
}

/// Returns the length of the escape (`%67`, `\u0067` or `\x67`) at the beginning of `near`.
fn escape_len(near: &[u8], backwards: bool) -> Option<usize> {
    let forms: [(&[u8], usize); 3] = [(b"%", 2), (b"\\u", 4), (b"\\x", 2)];
    let fits = |(head, digits): &(&[u8], usize)| {
        let Some(escape) = near.get(..head.len() + digits) else {
            return false;
        };
        if backwards {
            let (number, sign) = escape.split_at(*digits);
            number.iter().all(u8::is_ascii_hexdigit) && sign.iter().rev().eq(*head)
        } else {
            let number = escape.strip_prefix(*head);
            number.is_some_and(|number| number.iter().all(u8::is_ascii_hexdigit))
        }
    };
    let form = forms.into_iter().find(fits);
    form.map(|(head, digits)| head.len() + digits)
}

/// Appends the valid text in `bytes`. Each sequence of other bytes becomes one replacement character.
fn push_text(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_character(out, c);
        }
        if !chunk.invalid().is_empty() {
            push_character(out, char::REPLACEMENT_CHARACTER);
        }
    }
}

fn push_character(out: &mut String, c: char) {
    let goes_on = out.ends_with(char::REPLACEMENT_CHARACTER);
    match c {
        '\0' | char::REPLACEMENT_CHARACTER if goes_on => {}
        '\0' => out.push(char::REPLACEMENT_CHARACTER),
        // A single one may come from a terminal.
        '\x01'..='\x08' | '\x0e'..='\x1a' | '\x1c'..='\x1f' if goes_on => {}
        c => out.push(c),
    }
}

/// Moves a cut forward to the next character border.
fn cut_left(text: &[u8], at: usize, line_start: usize) -> usize {
    if at == line_start {
        return at;
    }
    (at..text.len().min(at + 4))
        .find(|&i| text[i] & 0xc0 != 0x80)
        .unwrap_or(at)
}

/// Moves a cut back to the last character border.
fn cut_right(text: &[u8], at: usize, line_end: usize) -> usize {
    if at == line_end {
        return at;
    }
    (at.saturating_sub(3)..=at)
        .rev()
        .find(|&i| text[i] & 0xc0 != 0x80)
        .unwrap_or(at)
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "places, some of them a single one"
)]
mod tests {
    use std::ops::Range;

    use super::*;

    fn spans(ranges: &[Range<usize>]) -> Vec<Span> {
        ranges.iter().cloned().map(Span::from).collect()
    }

    fn shown(text: &[u8], secret: Range<usize>, others: &[Range<usize>]) -> String {
        let snippet = Snippet::from_line(text, 0..text.len(), 1, secret, &spans(others));
        let line = &snippet.lines[0];
        let marked = line.highlight.unwrap();
        let (before, rest) = line.text.split_at(marked.start);
        let (marked, behind) = rest.split_at(marked.len());
        format!("{before}[{marked}]{behind}")
    }

    #[test]
    fn every_secret_on_the_line_is_masked_and_ours_is_marked() {
        let text = b"a=one_abcdefghijklmnopqrstuvwxyz b=two_abcdefghijklmnopqrstuvwxyz!";
        let snippet = Snippet::from_line(text, 0..text.len(), 3, 35..65, &spans(&[2..32, 35..65]));
        let line = &snippet.lines[0];
        assert_eq!(line.text, "a=one_abcd…wxyz b=two_abcd…wxyz!");
        assert_eq!(&line.text[line.highlight.unwrap()], "two_abcd…wxyz");
        assert_eq!(line.number, 3);
    }

    #[test]
    fn what_overlaps_touches_or_goes_on_is_masked_with_the_secret() {
        let text = [&b"a="[..], &b"0123456789".repeat(8), b" b"].concat();
        for others in [&[20..82][..], &[2..82], &[2..30, 20..82], &[30..82], &[]] {
            assert_eq!(
                shown(&text, 2..42, others),
                "a=[0123…6789]… b",
                "{others:?}"
            );
        }
        assert_eq!(shown(&text, 42..82, &[2..42]), "a=…[0123…6789] b");
        // A wider secret around the finding is hidden completely.
        let two = [
            &b"x="[..],
            &b"abcdefgh01".repeat(4),
            b" y=",
            &b"0123456789".repeat(4),
        ]
        .concat();
        assert_eq!(shown(&two, 45..85, &[2..30]), "x=… y=[0123…6789]");
    }

    #[test]
    fn pieces_that_signs_join_are_masked_and_the_words_around_are_not() {
        let piece = "abcdefgh0123456789";
        let text = format!("f(\"{piece}\" + \"{piece}\", 'name') # a_longer_name.of_something");
        assert_eq!(
            shown(text.as_bytes(), 3..21, &[]),
            "f(\"[…]\", 'name') # a_longer_name.of_something"
        );
        assert_eq!(
            shown(text.as_bytes(), 26..44, &[]),
            "f(\"…[…]\", 'name') # a_longer_name.of_something"
        );
    }

    #[test]
    fn escapes_in_a_row_go_on_and_one_by_itself_is_a_sign() {
        let secret = "0123456789".repeat(4);
        for escape in ["%67", "\\u0067", "\\x67"] {
            let four = escape.repeat(4);
            let text = format!("t={four}{secret}{four}, {escape}x");
            let place = 2 + four.len()..2 + four.len() + 40;
            let shown = shown(text.as_bytes(), place, &[]);
            assert_eq!(shown, format!("t=…[0123…6789]…, {escape}x"));
        }
        let text = format!("t\\u003d{secret}\\u0026x=y");
        let shown = shown(text.as_bytes(), 7..47, &[]);
        assert_eq!(shown, "t\\u003d[0123…6789]\\u0026x=y");
    }

    #[test]
    fn long_lines_are_cut_at_character_borders() {
        let text = format!("{}{}{}", "é".repeat(100), "x".repeat(40), "ü".repeat(100));
        let secret = 200..240;
        let snippet = Snippet::from_line(text.as_bytes(), 0..text.len(), 1, secret, &[]);
        let shown = &snippet.lines[0].text;
        assert!(!shown.contains('\u{fffd}'), "{shown}");
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.len() < 300, "{shown}");
    }

    #[test]
    fn a_neighbour_that_reaches_over_the_window_stays_masked() {
        let text = [b"n".repeat(200), b" ".to_vec(), b"s".repeat(40)].concat();
        let snippet = Snippet::from_line(
            &text,
            0..text.len(),
            1,
            201..241,
            &spans(&[0..200, 201..241]),
        );
        assert_eq!(snippet.lines[0].text, "…nnnn…nnnn ssss…ssss");
    }

    #[test]
    fn what_is_no_text_is_one_sign_and_colours_stay() {
        let text =
            b"\x7fELF\x00\x01\x00\xff\xfe\x1b[1m0123456789012345678901234567890123456789\0\0x\0y";
        let secret = 13..53;
        assert_eq!(
            shown(text, secret, &[]),
            "\x7fELF\u{fffd}\x1b[1m[0123…6789]\u{fffd}x\u{fffd}y"
        );
    }
}
