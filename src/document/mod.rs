//! TOML files that people write, parsed with places: every mistake has its line and column and a
//! correction. Rule files, configuration and baselines are all read with this module.

mod diagnostic;
mod table;
mod text;
mod words;

use toml::Spanned;
use toml::de::DeTable;

use crate::span::Position;

pub use diagnostic::{Diagnostic, Diagnostics};
pub(crate) use table::{Table, TextValue};
use text::{DocumentText, position_in};
pub(crate) use words::{suggest_known, toml_quote};

/// Parsed file. Reading its tables collects mistakes instead of stopping at the first one.
#[derive(Debug)]
pub(crate) struct TomlDocument<'t> {
    text: DocumentText<'t>,
    root: Spanned<DeTable<'t>>,
}

impl<'t> TomlDocument<'t> {
    /// Parses a file's bytes.
    ///
    /// # Errors
    /// Fails if the bytes are not UTF-8 or not TOML.
    pub(crate) fn parse(file: &'t str, bytes: &'t [u8]) -> Result<Self, Diagnostics> {
        let text = check_utf8(file, bytes)?;
        if let Some(at) = find_conflict_marker(text) {
            let message = "git has left conflict markers here; keep the lines of both sides without the markers";
            return Err(Diagnostic {
                file: file.to_owned(),
                at: Some(position_in(text, at)),
                message: message.to_owned(),
            }
            .into());
        }
        match DeTable::parse(text) {
            Ok(root) => Ok(TomlDocument {
                text: DocumentText::new(file, text),
                root,
            }),
            Err(error) => Err(Diagnostic {
                file: file.to_owned(),
                at: error
                    .span()
                    .map(|s| position_in(text, s.start.min(s.end.saturating_sub(1)))),
                message: format!("this is not TOML: {}", error.message().replace('\n', "; ")),
            }
            .into()),
        }
    }

    /// Returns the top-level table of the file.
    #[must_use]
    pub(crate) fn root(&self) -> Table<'_> {
        Table {
            text: &self.text,
            table: self.root.get_ref(),
            span: 0..0,
        }
    }

    /// Returns true if the file is empty or contains only comments.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.root.get_ref().is_empty()
    }

    /// Returns `value` if the file has no mistakes.
    ///
    /// # Errors
    /// Returns every mistake that was noted, in the file's order.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Diagnostics> {
        let mut mistakes = self.text.into_mistakes();
        if mistakes.is_empty() {
            return Ok(value);
        }
        mistakes.sort_by_key(|m| m.at);
        mistakes.dedup();
        Err(Diagnostics(mistakes))
    }
}

/// Returns the offset of the first conflict marker of git, if there is one.
fn find_conflict_marker(text: &str) -> Option<usize> {
    const MARK: &str = "<<<<<<< ";
    if text.starts_with(MARK) {
        return Some(0);
    }
    text.find("\n<<<<<<< ").map(|at| at + 1)
}

/// Returns the text of a file, or the place and reason if it is not UTF-8.
fn check_utf8<'t>(file: &str, bytes: &'t [u8]) -> Result<&'t str, Diagnostic> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Diagnostic::for_file(
            file,
            "the file is UTF-16; save it as UTF-8",
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = error.valid_up_to();
        Diagnostic {
            file: file.to_owned(),
            at: Some(Position::START.after(&bytes[..good])),
            message: format!(
                "the byte 0x{:02x} is not UTF-8; save the file as UTF-8",
                bytes[good]
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_mistake(text: &[u8]) -> String {
        TomlDocument::parse("f.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_toml_is_said_with_its_place() {
        assert_eq!(
            first_mistake(b"a = 1\nb = \xff"),
            "f.toml:2:5: the byte 0xff is not UTF-8; save the file as UTF-8"
        );
        assert_eq!(
            first_mistake(b"\xff\xfea\0"),
            "f.toml: the file is UTF-16; save it as UTF-8"
        );
        let open = first_mistake(b"a = 1\nb = \"x\n");
        assert!(open.starts_with("f.toml:2:"), "{open}");
        let twice = first_mistake(b"a = 1\na = 2\n");
        assert!(
            twice.starts_with("f.toml:2:1: this is not TOML: duplicate key"),
            "{twice}"
        );
    }

    #[test]
    fn every_mistake_is_gathered_in_the_order_of_the_file() {
        let text = b"title = 3\nkeywords = \"x\"\nseverty = \"error\"\nseverity = \"eror\"\n";
        let document = TomlDocument::parse("f.toml", text).unwrap();
        let root = document.root();
        root.only("a rule", &["title", "keywords", "severity"]);
        assert!(
            root.choice_value("severity", &[("error", 1), ("note", 2)])
                .is_none()
        );
        assert!(root.string_value("title").is_none());
        assert!(root.string_list("keywords").is_empty());
        assert_eq!(
            document.finish(()).unwrap_err().to_string(),
            "f.toml:1:9: `title` is a whole number but must be a string; write title = \"…\"\n\
             f.toml:2:12: `keywords` is a string but must be a list of strings; write keywords = [\"…\"]\n\
             f.toml:3:1: a rule has no key `severty`; did you mean `severity`?\n\
             f.toml:4:12: `severity` cannot be `eror`; did you mean `error`?"
        );
    }

    #[test]
    fn a_place_inside_a_string_is_a_place_in_the_file() {
        let text = "a = 'x[y'\nb = \"x\\\\[y\"\nc = '''\nx\n[y'''\n";
        let document = TomlDocument::parse("f", text.as_bytes()).unwrap();
        for (key, at) in [("a", 1), ("b", 1), ("c", 2)] {
            document
                .root()
                .string_value(key)
                .unwrap()
                .report_mistake_at(at, key);
        }
        assert_eq!(
            document.finish(()).unwrap_err().to_string(),
            "f:1:7: a\nf:2:5: b\nf:5:1: c"
        );
    }
}
