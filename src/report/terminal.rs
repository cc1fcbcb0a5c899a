//! Terminal output: escaping of unsafe characters, colours, and line breaks between words.

use std::borrow::Cow;
use std::fmt;

use anstyle::AnsiColor;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

/// Use of colours and escapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// True if escape sequences may be written.
    pub colour: bool,
    /// True if places are links.
    pub links: bool,
}

/// A text in a colour, if colours are on.
pub(super) struct Painted<'a> {
    text: &'a str,
    style: anstyle::Style,
}

impl Style {
    pub(super) fn error(self, text: &str) -> Painted<'_> {
        self.paint(text, AnsiColor::Red.on_default().bold())
    }

    pub(super) fn warning(self, text: &str) -> Painted<'_> {
        self.paint(text, AnsiColor::Yellow.on_default().bold())
    }

    pub(super) fn strong(self, text: &str) -> Painted<'_> {
        self.paint(text, anstyle::Style::new().bold())
    }

    pub(super) fn frame(self, text: &str) -> Painted<'_> {
        self.paint(text, AnsiColor::Blue.on_default().bold())
    }

    /// Returns the text as a link to `address`, if links are on. The address must be percent-encoded.
    pub(super) fn link<'t>(self, text: &'t str, address: Option<&str>) -> Cow<'t, str> {
        match address {
            Some(address) if self.links => {
                Cow::Owned(format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"))
            }
            _ => Cow::Borrowed(text),
        }
    }

    fn paint(self, text: &str, style: anstyle::Style) -> Painted<'_> {
        let style = if self.colour {
            style
        } else {
            anstyle::Style::new()
        };
        Painted { text, style }
    }
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Painted { text, style } = self;
        write!(f, "{style}{text}{style:#}")
    }
}

/// Escapes all characters in text from a scanned file or its name that could move the cursor, change
/// colours, reverse the reading direction or hide characters. A tab becomes a space.
#[must_use]
pub(crate) fn escape_control(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe_char) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_unsafe_char(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn is_unsafe_char(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns the width of a text in columns: two for a wide character, none for a combining mark.
pub(super) fn display_width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Breaks the text between words into lines of at most `columns`. A longer word gets a line of its own.
#[must_use]
pub(crate) fn wrap_text(text: &str, columns: usize) -> Vec<String> {
    let options = Options::new(columns)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines = textwrap::wrap(text, options);
    lines.into_iter().map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_between_words_and_never_within() {
        assert_eq!(wrap_text("", 5), [""]);
        assert_eq!(wrap_text("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrap_text("令牌 令牌 x", 6), ["令牌", "令牌 x"]);
        assert_eq!(
            wrap_text("see https://a.example now", 8),
            ["see", "https://a.example", "now"]
        );
        assert_eq!(
            wrap_text("a github-user-to-server token", 10),
            ["a", "github-user-to-server", "token"]
        );
    }

    #[test]
    fn escapes_colour_and_clipboard_sequences() {
        assert_eq!(
            escape_control("a\x1b]52;c;eA==\x07b"),
            "a\\u{1b}]52;c;eA==\\u{7}b"
        );
    }

    #[test]
    fn escapes_bidi_and_zero_width_characters() {
        assert_eq!(
            escape_control("a\u{202e}b\u{200b}c"),
            "a\\u{202e}b\\u{200b}c"
        );
    }

    #[test]
    fn leaves_ordinary_text_of_any_script_alone() {
        assert!(matches!(escape_control("héllo 令牌 🔑"), Cow::Borrowed(_)));
    }
}
