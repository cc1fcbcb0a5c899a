//! The lines that a report shows: cut to a window, every secret in them masked before anything else sees them.

use std::ops::Range;

use super::secret::Secret;

/// One line of source, safe to print but for its control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnippetLine {
    /// The line's number in the file, from 1.
    pub number: u64,
    /// The text, secrets masked, cut to a window around the finding.
    pub text: String,
    /// Where in `text` the finding's masked secret stands (bytes).
    pub highlight: Option<Range<usize>>,
}

/// The lines of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The lines, top to bottom.
    pub lines: Vec<SnippetLine>,
}

/// How many bytes of a line are shown on either side of a finding.
const WINDOW: usize = 60;

impl Snippet {
    /// The line `line` (number `number`) of `text` around `secret`, with every range of `others` masked as well.
    ///
    /// All ranges are byte offsets into `text`; `others` may be unsorted, overlap `secret` or lie elsewhere.
    #[must_use]
    pub fn of_line(
        text: &[u8],
        line: Range<usize>,
        number: u64,
        secret: Range<usize>,
        others: &[Range<usize>],
    ) -> Snippet {
        // A secret that goes on over further lines is shown to its end, so that nothing of it stays unmasked.
        let line = line.start.min(secret.start)..line.end.max(secret.end);
        let from = cut_left(
            text,
            line.start.max(secret.start.saturating_sub(WINDOW)),
            line.start,
        );
        let to = cut_right(text, line.end.min(secret.end + WINDOW), line.end);
        let mut spans: Vec<Range<usize>> = others
            .iter()
            .filter(|o| o.end > from && o.start < to && !overlaps(o, &secret))
            .cloned()
            .collect();
        spans.push(secret.clone());
        spans.sort_by_key(|s| s.start);
        let mut out = SnippetLine {
            number,
            ..SnippetLine::default()
        };
        if from > line.start {
            out.text.push('…');
        }
        let mut at = from;
        for span in spans {
            if span.start > at {
                push_text(&mut out.text, &text[at..span.start]);
            }
            if span.end <= at {
                continue;
            }
            let begin = out.text.len();
            out.text
                .push_str(&Secret::new(&text[span.clone()]).masked());
            if span == secret {
                out.highlight = Some(begin..out.text.len());
            }
            at = span.end;
        }
        if at < to {
            push_text(&mut out.text, &text[at..to]);
        }
        if to < line.end {
            out.text.push('…');
        }
        Snippet { lines: vec![out] }
    }
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn push_text(out: &mut String, bytes: &[u8]) {
    out.push_str(&String::from_utf8_lossy(bytes));
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
mod tests {
    use super::*;

    #[test]
    fn every_secret_on_the_line_is_masked_and_ours_is_marked() {
        let text = b"a=one_abcdefghijklmnopqrstuvwxyz b=two_abcdefghijklmnopqrstuvwxyz!";
        let snippet = Snippet::of_line(text, 0..text.len(), 3, 35..65, &[2..32, 35..65]);
        let line = &snippet.lines[0];
        assert_eq!(line.text, "a=one_abcd…wxyz b=two_abcd…wxyz!");
        assert_eq!(&line.text[line.highlight.clone().unwrap()], "two_abcd…wxyz");
        assert_eq!(line.number, 3);
    }

    #[test]
    fn long_lines_are_cut_at_character_borders() {
        let text = format!("{}{}{}", "é".repeat(100), "x".repeat(40), "ü".repeat(100));
        let secret = 200..240;
        let snippet = Snippet::of_line(text.as_bytes(), 0..text.len(), 1, secret, &[]);
        let shown = &snippet.lines[0].text;
        assert!(!shown.contains('\u{fffd}'), "{shown}");
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.len() < 300, "{shown}");
    }

    #[test]
    fn a_neighbour_that_reaches_over_the_window_stays_masked() {
        let text = [b"n".repeat(200), b" ".to_vec(), b"s".repeat(40)].concat();
        let snippet = Snippet::of_line(&text, 0..text.len(), 1, 201..241, &[0..200, 201..241]);
        assert_eq!(snippet.lines[0].text, "…nnnn…nnnn ssss…ssss");
    }
}
