//! Line of source with marks under the secret in it, cut to the columns of the terminal.

use super::escape_control;
use super::terminal::{display_width, wrap_text};
use crate::finding::SnippetLine;

/// Line in three parts: text before the secret, the secret's mask, and text after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) before: String,
    pub(super) secret: String,
    pub(super) behind: String,
}

/// Minimum number of columns that are shown around a secret, however narrow the terminal is.
const LEAST: usize = 12;

const ELLIPSIS: char = '…';

impl Excerpt {
    /// Cuts the line to at most `columns`, starting with the text that is farthest from the secret. `secret` replaces
    /// the mask if given.
    pub(super) fn of(line: &SnippetLine, secret: Option<&str>, columns: usize) -> Excerpt {
        let marked = line.highlight.unwrap_or_default();
        let before = escape_control(&line.text[..marked.start]);
        let secret = escape_control(secret.unwrap_or(&line.text[marked])).into_owned();
        let behind = escape_control(&line.text[marked.end..]);
        let room = columns.saturating_sub(display_width(&secret)).max(LEAST);
        // Each side may use what the other leaves of its half.
        let left = room - display_width(&behind).min(room / 2);
        let before = cut_left(&before, left);
        let behind = cut_right(&behind, room - display_width(&before).min(room));
        Excerpt {
            before,
            secret,
            behind,
        }
    }

    /// Returns the marks under the secret with the reason after them, or below them if the line has no room for it.
    pub(super) fn marks(&self, reason: &str, columns: usize) -> (usize, String, Vec<String>) {
        let indent = display_width(&self.before);
        let marks = "^".repeat(display_width(&self.secret).max(1));
        let reason = escape_control(reason);
        if reason.is_empty() {
            return (indent, marks, Vec::new());
        }
        if indent + marks.len() + 1 + display_width(&reason) <= columns {
            return (indent, marks, vec![format!(" {reason}")]);
        }
        let mut lines = vec![String::new()];
        lines.extend(wrap_text(&reason, columns));
        (indent, marks, lines)
    }
}

/// Returns the end of `text` in at most `columns`.
fn cut_left(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let borders = text.char_indices().map(|(at, _)| at);
    let at = borders
        .skip(1)
        .find(|at| display_width(&text[*at..]) < columns);
    let rest = &text[at.unwrap_or(text.len())..];
    format!("{ELLIPSIS}{}", rest.trim_start_matches(ELLIPSIS))
}

/// Returns the beginning of `text` in at most `columns`.
fn cut_right(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let mut borders = text.char_indices().map(|(at, _)| at).rev();
    let at = borders.find(|at| display_width(&text[..*at]) < columns);
    let rest = &text[..at.unwrap_or(0)];
    format!("{}{ELLIPSIS}", rest.trim_end_matches(ELLIPSIS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(before: &str, behind: &str) -> SnippetLine {
        let text = format!("{before}ghp_abcd…wxyz{behind}");
        SnippetLine {
            number: 1,
            highlight: Some((before.len()..text.len() - behind.len()).into()),
            text,
        }
    }

    #[test]
    fn a_line_fits_the_columns_and_the_marks_stand_under_the_secret() {
        let texts = [
            "",
            "x",
            "TOKEN = ",
            "令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌 = ",
            "\t\te\u{301}e\u{301}\u{1b}[1m\u{202e}",
            &"a long line, ".repeat(9),
            &"🔑".repeat(60),
        ];
        for before in texts {
            for behind in texts {
                for columns in 25..140 {
                    let line = line(before, behind);
                    let excerpt = Excerpt::of(&line, None, columns);
                    let Excerpt {
                        before,
                        secret,
                        behind,
                    } = &excerpt;
                    let shown = format!("{before}{secret}{behind}");
                    assert!(display_width(&shown) <= columns, "{columns}: {shown}");
                    let (indent, marks, reason) = excerpt.marks("a reason of many words", columns);
                    assert_eq!(
                        (indent, marks.len()),
                        (display_width(before), 13),
                        "{shown}"
                    );
                    assert!(
                        reason[1..]
                            .iter()
                            .all(|line| display_width(line) <= columns)
                    );
                    let whole = escape_control(&line.text);
                    if display_width(&whole) <= columns {
                        assert_eq!(shown, whole);
                    } else {
                        assert!(display_width(&shown) + 3 >= columns, "{columns}: {shown}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_side_that_is_longer_is_cut() {
        let long = "0123456789".repeat(10);
        let excerpt = Excerpt::of(&line("T=", &long), None, 40);
        assert_eq!(
            (excerpt.before.as_str(), display_width(&excerpt.behind)),
            ("T=", 25)
        );
        let excerpt = Excerpt::of(&line(&long, " # end"), None, 40);
        assert_eq!(
            (display_width(&excerpt.before), excerpt.behind.as_str()),
            (21, " # end")
        );
        let excerpt = Excerpt::of(&line(&long, &long), Some("the secret itself"), 40);
        assert_eq!(
            (
                display_width(&excerpt.before),
                display_width(&excerpt.behind)
            ),
            (12, 11)
        );
    }
}
