//! Fields of one JSON value, in one pass without a tree.

use super::json_string::decode_string;
use std::borrow::Cow;
use std::ops::Range;

/// Maximum number of objects and arrays inside each other.
const MOST_DEPTH: usize = 128;

/// Value of a chosen field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// String.
    Text,
    /// Null.
    Null,
    /// Any other value, by its name with the article.
    Other(&'static str),
}

/// Chosen field that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundField {
    /// Number of the column in the choice.
    pub column: usize,
    /// Kind of the value.
    pub kind: FieldKind,
    /// Range of the value in the line; of a string without its quotes.
    pub range: Range<usize>,
    /// Numbers of the elements of the arrays around it, 1-based, outermost first.
    pub items: Vec<u64>,
}

/// Column that is looked for below a value, and the rest of its name; empty if the value is the column.
#[derive(Clone, Copy, Debug)]
struct Target<'c> {
    column: usize,
    rest: &'c str,
}

/// Parser of one line.
pub(super) struct JsonLine<'l> {
    bytes: &'l [u8],
    at: usize,
    depth: usize,
    items: Vec<u64>,
    found: Vec<FoundField>,
    /// Keys of the outermost object, if they are wanted.
    keys: Option<Vec<String>>,
}

/// Returns the chosen fields of a line that is one JSON object, and with the flag the keys of the object.
///
/// # Errors
/// Returns the reason why the line is no such object.
pub(super) fn find_fields(
    line: &[u8],
    columns: &[String],
    wants_keys: bool,
) -> Result<(Vec<FoundField>, Vec<String>), String> {
    let mut parser = JsonLine {
        bytes: line,
        at: 0,
        depth: 0,
        items: Vec::new(),
        found: Vec::new(),
        keys: wants_keys.then(Vec::new),
    };
    let targets = columns.iter().enumerate();
    let targets: Vec<Target<'_>> = targets
        .map(|(column, name)| Target { column, rest: name })
        .collect();
    parser.skip_blanks();
    if parser.peek() != Some(b'{') {
        return Err("is no JSON object".to_owned());
    }
    parser.read_value(&targets)?;
    parser.skip_blanks();
    if parser.at < line.len() {
        return Err(parser.unexpected());
    }
    Ok((parser.found, parser.keys.unwrap_or_default()))
}

impl JsonLine<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn unexpected(&self) -> String {
        let at = self.at + 1;
        match self.peek() {
            None => "is no JSON: it ends too early".to_owned(),
            Some(_) => format!("is no JSON from its byte {at} on"),
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), String> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a value; `targets` are looked for in it.
    fn read_value(&mut self, targets: &[Target<'_>]) -> Result<(), String> {
        self.skip_blanks();
        match self.peek() {
            Some(b'"') => {
                let range = self.read_string()?;
                self.note_found(targets, FieldKind::Text, range);
                Ok(())
            }
            Some(b'{') => {
                self.note_found(targets, FieldKind::Other("an object"), self.at..self.at);
                self.read_nested(targets, Self::read_object)
            }
            Some(b'[') => self.read_nested(targets, Self::read_array),
            _ => self.read_literal(targets),
        }
    }

    fn note_found(&mut self, targets: &[Target<'_>], kind: FieldKind, range: Range<usize>) {
        for target in targets.iter().filter(|target| target.rest.is_empty()) {
            self.found.push(FoundField {
                column: target.column,
                kind,
                range: range.clone(),
                items: self.items.clone(),
            });
        }
    }

    fn read_nested(
        &mut self,
        targets: &[Target<'_>],
        read: fn(&mut Self, &[Target<'_>]) -> Result<(), String>,
    ) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(format!(
                "has more than {MOST_DEPTH} objects and arrays inside each other"
            ));
        }
        self.at += 1;
        read(self, targets)?;
        self.depth -= 1;
        Ok(())
    }

    fn read_object(&mut self, targets: &[Target<'_>]) -> Result<(), String> {
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip_blanks();
            let key = self.read_string()?;
            self.skip_blanks();
            self.take(b':')?;
            let inner = self.find_targets(key, targets);
            self.read_value(&inner)?;
            self.skip_blanks();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            return self.take(b'}');
        }
    }

    /// Returns the targets in the value of a key. A name with a dot may also be one key.
    fn find_targets<'c>(&mut self, key: Range<usize>, targets: &[Target<'c>]) -> Vec<Target<'c>> {
        let wants_key = self.depth == 1 && self.keys.is_some();
        if targets.is_empty() && !wants_key {
            return Vec::new();
        }
        let key: Cow<'_, [u8]> = decode_string(&self.bytes[key]);
        if wants_key && let Some(keys) = &mut self.keys {
            keys.push(String::from_utf8_lossy(&key).into_owned());
        }
        let below = |target: &Target<'c>| {
            let rest = target.rest.as_bytes().strip_prefix(&*key)?;
            let rest = match rest {
                [] if !target.rest.is_empty() => rest,
                [b'.', rest @ ..] if !rest.is_empty() => rest,
                _ => return None,
            };
            let rest = target.rest.get(target.rest.len() - rest.len()..)?;
            Some(Target { rest, ..*target })
        };
        targets.iter().filter_map(below).collect()
    }

    fn read_array(&mut self, targets: &[Target<'_>]) -> Result<(), String> {
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        self.items.push(0);
        loop {
            if let Some(item) = self.items.last_mut() {
                *item += 1;
            }
            self.read_value(targets)?;
            self.skip_blanks();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.items.pop();
            return self.take(b']');
        }
    }

    /// Reads a string and returns its range without the quotes.
    fn read_string(&mut self) -> Result<Range<usize>, String> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(more) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.bytes.len();
                return Err(self.unexpected());
            };
            self.at += more;
            if self.peek() == Some(b'"') {
                self.at += 1;
                return Ok(start..self.at - 1);
            }
            self.at += 2;
        }
    }

    /// Reads a number, a truth value or null.
    fn read_literal(&mut self, targets: &[Target<'_>]) -> Result<(), String> {
        let start = self.at;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        let kind = match &self.bytes[start..self.at] {
            b"null" => FieldKind::Null,
            b"true" | b"false" => FieldKind::Other("a truth value"),
            [b'0'..=b'9' | b'-', ..] | b"NaN" | b"Infinity" => FieldKind::Other("a number"),
            _ => {
                self.at = start;
                return Err(self.unexpected());
            }
        };
        self.note_found(targets, kind, start..self.at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(line: &str, columns: &[&str]) -> Result<Vec<String>, String> {
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let (found, _) = find_fields(line.as_bytes(), &columns, false)?;
        let show = |field: FoundField| {
            let text = &line[field.range];
            format!("{} {:?} {text} {:?}", field.column, field.kind, field.items)
        };
        Ok(found.into_iter().map(show).collect())
    }

    #[test]
    fn fields_are_found_by_their_names_at_every_depth() {
        let line = r#" {"a": "one", "b": {"a": "no", "c": "two", "c": 3}, "b.c": "dots", "l": ["x", {"t": "y"}, [null, "z"]], "é": "\u00e9"} "#;
        let found = find(line, &["a", "b.c", "l", "l.t", "é", "none"]).unwrap();
        assert_eq!(
            found,
            [
                "0 Text one []",
                "1 Text two []",
                "1 Other(\"a number\") 3 []",
                "1 Text dots []",
                "2 Text x [1]",
                "2 Other(\"an object\")  [2]",
                "3 Text y [2]",
                "2 Null null [3, 1]",
                "2 Text z [3, 2]",
                "4 Text \\u00e9 []",
            ]
        );
        let keys = find_fields(br#"{"x": {"y": 1}, "\u007a": 2}"#, &[], true).unwrap();
        assert_eq!(keys.1, ["x", "z"]);
    }

    #[test]
    fn what_is_no_object_is_refused_with_the_byte() {
        for (line, wanted) in [
            ("[1]", "is no JSON object"),
            ("", "is no JSON object"),
            ("{\"a\": \"b", "is no JSON: it ends too early"),
            ("{\"a\" 1}", "is no JSON from its byte 6 on"),
            ("{\"a\": nul}", "is no JSON from its byte 7 on"),
            ("{\"a\": 1} x", "is no JSON from its byte 10 on"),
            ("{\"a\": 1,}", "is no JSON from its byte 9 on"),
            ("{\"a\": \"\\", "is no JSON: it ends too early"),
        ] {
            assert_eq!(find(line, &["a"]), Err(wanted.to_owned()), "{line}");
        }
        let deep = format!("{{\"a\": {}", "[".repeat(200));
        assert!(find(&deep, &["a"]).unwrap_err().contains("more than 128"));
    }
}
