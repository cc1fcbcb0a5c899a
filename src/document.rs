//! TOML files that people write, read with places: every mistake is said with its line and column and with
//! what to write instead. Rule files, configuration and baselines are all read through this.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::date::Date;
use crate::span::Position;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as the user named it.
    pub file: String,
    /// Where, if not the file as a whole.
    pub at: Option<Position>,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Mistake {
    /// A mistake that concerns a file as a whole.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Mistake {
            file: file.to_owned(),
            at: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Position { line, column }) => {
                write!(f, "{}:{line}:{column}: {}", self.file, self.message)
            }
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// All that is wrong with a file, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Mistakes(vec![mistake])
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.0.iter().enumerate() {
            let line_break = if i == 0 { "" } else { "\n" };
            write!(f, "{line_break}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// A parsed file. Reading its tables gathers mistakes instead of stopping at the first one.
#[derive(Debug)]
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'t> Document<'t> {
    /// Parses a file's bytes.
    ///
    /// # Errors
    /// When they are not UTF-8 or not TOML.
    pub fn parse(file: &'t str, bytes: &'t [u8]) -> Result<Self, Mistakes> {
        let text = utf8(file, bytes)?;
        if let Some(at) = conflict(text) {
            let message = "git has left conflict markers here; keep the lines of both sides without the markers";
            return Err(Mistake {
                file: file.to_owned(),
                at: Some(place(text, at)),
                message: message.to_owned(),
            }
            .into());
        }
        match DeTable::parse(text) {
            Ok(root) => Ok(Document {
                file,
                text,
                root,
                mistakes: RefCell::default(),
            }),
            Err(error) => Err(Mistake {
                file: file.to_owned(),
                at: error
                    .span()
                    .map(|s| place(text, s.start.min(s.end.saturating_sub(1)))),
                message: format!("this is not TOML: {}", error.message().replace('\n', "; ")),
            }
            .into()),
        }
    }

    /// The file's own table.
    #[must_use]
    pub fn root(&self) -> Table<'_> {
        Table {
            document: self,
            table: self.root.get_ref(),
            span: 0..0,
        }
    }

    /// Whether the file says nothing: it is empty or all comments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.get_ref().is_empty()
    }

    /// Notes a mistake at a place.
    pub fn mistake(&self, at: usize, message: impl Into<String>) {
        self.mistakes.borrow_mut().push(Mistake {
            file: self.file.to_owned(),
            at: Some(place(self.text, at)),
            message: message.into(),
        });
    }

    /// `value`, if nothing was wrong with the file.
    ///
    /// # Errors
    /// With every mistake that was noted, in the file's order.
    pub fn finish<T>(self, value: T) -> Result<T, Mistakes> {
        let mut mistakes = self.mistakes.into_inner();
        if mistakes.is_empty() {
            return Ok(value);
        }
        mistakes.sort_by_key(|m| m.at);
        mistakes.dedup();
        Err(Mistakes(mistakes))
    }

    /// Line and column of a byte of the file.
    #[must_use]
    pub fn position(&self, at: usize) -> Position {
        place(self.text, at)
    }
}

/// Where git has marked a conflict, if it has.
fn conflict(text: &str) -> Option<usize> {
    const MARK: &str = "<<<<<<< ";
    if text.starts_with(MARK) {
        return Some(0);
    }
    text.find("\n<<<<<<< ").map(|at| at + 1)
}

fn place(text: &str, at: usize) -> Position {
    Position::START.after(&text.as_bytes()[..at.min(text.len())])
}

/// The text of a file, or where and why it is none.
fn utf8<'t>(file: &str, bytes: &'t [u8]) -> Result<&'t str, Mistake> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Mistake::of_file(
            file,
            "the file is UTF-16; save it as UTF-8",
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = error.valid_up_to();
        Mistake {
            file: file.to_owned(),
            at: Some(Position::START.after(&bytes[..good])),
            message: format!(
                "the byte 0x{:02x} is not UTF-8; save the file as UTF-8",
                bytes[good]
            ),
        }
    })
}

/// A table of a file.
#[derive(Clone, Debug)]
pub struct Table<'d> {
    document: &'d Document<'d>,
    table: &'d DeTable<'d>,
    span: Range<usize>,
}

/// A string of a file, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Text<'d> {
    document: &'d Document<'d>,
    /// The string.
    pub value: &'d str,
    start: usize,
    end: usize,
}

impl Text<'_> {
    /// Notes that something is wrong with this string.
    pub fn mistake(&self, message: impl Into<String>) {
        self.document.mistake(self.start, message);
    }

    /// Notes that something is wrong at byte `at` of this string.
    pub fn mistake_at(&self, at: usize, message: impl Into<String>) {
        self.document.mistake(self.byte(at), message);
    }

    /// Where byte `at` of the string stands in the file. Where escapes make that hard to say, the string's start.
    fn byte(&self, at: usize) -> usize {
        let written = &self.document.text[self.start..self.end];
        match written.find(self.value) {
            Some(quotes) if !self.value.is_empty() => self.start + quotes + at,
            _ => self.start,
        }
    }
}

impl<'d> Table<'d> {
    /// Notes that something is wrong with this table as a whole.
    pub fn mistake(&self, message: impl Into<String>) {
        self.document.mistake(self.span.start, message);
    }

    /// The line that the table starts on.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.document.position(self.span.start).line
    }

    /// Notes every key that is not one of `known`. `what` is what the table describes, as in "a rule".
    pub fn only(&self, what: &str, known: &[&str]) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let hint = suggest(name, known);
                self.document.mistake(
                    key.span().start,
                    format!("{what} has no key `{name}`; {hint}"),
                );
            }
        }
    }

    /// The keys of the table.
    pub fn keys(&self) -> impl Iterator<Item = &'d str> {
        self.table.iter().map(|(key, _)| &**key.get_ref())
    }

    /// The line that the value of this key starts on.
    #[must_use]
    pub fn line_of(&self, key: &str) -> u64 {
        let at = self.table.get(key).map_or(0, |v| v.span().start);
        self.document.position(at).line
    }

    /// Whether the value of this key is a whole number.
    #[must_use]
    pub fn is_number(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|v| v.get_ref().is_integer())
    }

    /// Whether the table has this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes that something is wrong with the value of this key.
    pub fn mistake_in(&self, key: &str, message: impl Into<String>) {
        let at = self
            .table
            .get(key)
            .map_or(self.span.start, |v| v.span().start);
        self.document.mistake(at, message);
    }

    /// A string.
    #[must_use]
    pub fn string(&self, key: &str) -> Option<Text<'d>> {
        let value = self.table.get(key)?;
        let text = self.text(value);
        if text.is_none() {
            self.wrong(key, value, &format!("a string; write {key} = \"…\""));
        }
        text
    }

    /// A string that must be there and must say something.
    #[must_use]
    pub fn need(&self, what: &str, key: &str) -> Option<Text<'d>> {
        if !self.has(key) {
            self.mistake(format!("{what} needs a `{key}`; add {key} = \"…\""));
            return None;
        }
        let text = self.string(key)?;
        if text.value.trim().is_empty() {
            text.mistake(format!("`{key}` is empty; write {key} = \"…\""));
            return None;
        }
        Some(text)
    }

    /// A list of strings; empty if it is not there.
    #[must_use]
    pub fn strings(&self, key: &str) -> Vec<Text<'d>> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let texts = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| self.text(item))
                .collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.wrong(
                key,
                value,
                &format!("a list of strings; write {key} = [\"…\"]"),
            );
            Vec::new()
        })
    }

    /// A truth value.
    #[must_use]
    pub fn boolean(&self, key: &str) -> Option<bool> {
        let value = self.table.get(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong(key, value, &format!("true or false; write {key} = true"));
        }
        found
    }

    /// A number from 0 on.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        let value = self.table.get(key)?;
        let found = value
            .get_ref()
            .as_integer()
            .and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        if found.is_none() {
            self.wrong(key, value, &format!("a number from 0 on; write {key} = 1"));
        }
        found
    }

    /// One of a few words.
    #[must_use]
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.string(key)?;
        let found = choices.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            text.mistake(format!(
                "`{key}` cannot be `{}`; {}",
                text.value,
                suggest(text.value, &names)
            ));
        }
        found.map(|(_, choice)| *choice)
    }

    /// The table under this key.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<Table<'d>> {
        let value = self.table.get(key)?;
        let table = self.as_table(value);
        if table.is_none() {
            self.wrong(key, value, &format!("a table; write [{key}]"));
        }
        table
    }

    /// The tables of the array under this key; empty if it is not there.
    #[must_use]
    pub fn tables(&self, key: &str) -> Vec<Table<'d>> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let tables = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| self.as_table(item))
                .collect::<Option<Vec<_>>>()
        });
        tables.unwrap_or_else(|| {
            self.wrong(
                key,
                value,
                "a list of tables; write its header in double brackets, [[…]]",
            );
            Vec::new()
        })
    }

    /// The tables under every key of this one.
    #[must_use]
    pub fn tables_by_key(&self) -> Vec<(&'d str, Table<'d>)> {
        let mut out = Vec::new();
        for (key, value) in self.table {
            match self.as_table(value) {
                Some(table) => out.push((&**key.get_ref(), table)),
                None => self.wrong(key.get_ref(), value, "a table; write it as { … }"),
            }
        }
        out
    }

    /// A date, as TOML has it or as a string.
    #[must_use]
    pub fn date(&self, key: &str) -> Option<Date> {
        let value = self.table.get(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let date = text.parse().ok();
        if date.is_none() {
            self.mistake_in(key, format!("`{key}` is no date; write {key} = 2026-12-31"));
        }
        date
    }

    fn text(&self, value: &'d Spanned<DeValue<'d>>) -> Option<Text<'d>> {
        let span = value.span();
        value.get_ref().as_str().map(|text| Text {
            document: self.document,
            value: text,
            start: span.start,
            end: span.end,
        })
    }

    fn as_table(&self, value: &'d Spanned<DeValue<'d>>) -> Option<Table<'d>> {
        value.get_ref().as_table().map(|table| Table {
            document: self.document,
            table,
            span: value.span(),
        })
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let is = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "a truth value",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.document.mistake(
            value.span().start,
            format!("`{key}` is {is} but must be {wanted}"),
        );
    }
}

/// A string as TOML writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// "did you mean …?" if one of `known` is close to `word`, else the whole list.
#[must_use]
pub fn suggest(word: &str, known: &[&str]) -> String {
    let lower = word.to_lowercase().replace('_', "-");
    let nearest = known
        .iter()
        .map(|k| (distance(&lower, &k.to_lowercase()), distance(word, k), k))
        .min();
    match nearest {
        Some((steps, _, name)) if steps <= 1 + name.len() / 4 => format!("did you mean `{name}`?"),
        _ => format!("write one of: {}", known.join(", ")),
    }
}

/// How many characters must be inserted, left out, changed or swapped with their neighbour to turn one word into another.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_mistake(text: &[u8]) -> String {
        Document::parse("f.toml", text).unwrap_err().to_string()
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
        let document = Document::parse("f.toml", text).unwrap();
        let root = document.root();
        root.only("a rule", &["title", "keywords", "severity"]);
        assert!(
            root.choice("severity", &[("error", 1), ("note", 2)])
                .is_none()
        );
        assert!(root.string("title").is_none());
        assert!(root.strings("keywords").is_empty());
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
        let document = Document::parse("f", text.as_bytes()).unwrap();
        for (key, at) in [("a", 1), ("b", 1), ("c", 2)] {
            document.root().string(key).unwrap().mistake_at(at, key);
        }
        assert_eq!(
            document.finish(()).unwrap_err().to_string(),
            "f:1:7: a\nf:2:5: b\nf:5:1: c"
        );
    }

    #[test]
    fn a_suggestion_is_near_or_it_is_the_list() {
        let known = ["severity", "regex", "id"];
        assert_eq!(suggest("regexp", &known), "did you mean `regex`?");
        assert_eq!(suggest("sevreity", &known), "did you mean `severity`?");
        assert_eq!(
            suggest("colour", &known),
            "write one of: severity, regex, id"
        );
        assert_eq!(distance("abc", "acb"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
