//! JSON lines: one object a line, each line a row.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use super::choice::{ColumnChoice, describe_absent};
use super::json::{FieldKind, FoundField, find_fields};
use super::json_string::{decode_string, encode_edits};
use super::place::ColumnPlace;
use super::visitor::{ValueEdit, ValueVisitor, cannot_write};
use crate::message::{count_noun, describe_io_error};

/// Maximum length of a line in bytes, as it is held in memory.
const MOST_LINE: usize = 64 << 20;

/// Number of lines whose keys are kept, for the sentence on an absent column.
const KEYED: u64 = 1000;

/// Number of damaged lines that are described one by one.
const DESCRIBED: u64 = 10;

/// Byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reading of JSON lines, and the copy of them.
pub(super) struct LineCopier<'c> {
    columns: &'c ColumnChoice,
    visitor: &'c mut dyn ValueVisitor,
    copy: Option<&'c mut dyn Write>,
    /// Number of the line that is read.
    row: u64,
    /// Number of lines that were not read as rows.
    damaged: u64,
    /// True for each column that a row has.
    is_seen: Vec<bool>,
    /// First value of each column that is no text: its row and kind, and the number of such values.
    others: Vec<Option<(u64, &'static str, u64)>>,
    keys: BTreeSet<String>,
}

impl<'c> LineCopier<'c> {
    pub(super) fn new(
        columns: &'c ColumnChoice,
        visitor: &'c mut dyn ValueVisitor,
        copy: Option<&'c mut dyn Write>,
    ) -> Self {
        LineCopier {
            columns,
            visitor,
            copy,
            row: 0,
            damaged: 0,
            is_seen: vec![false; columns.names().len()],
            others: vec![None; columns.names().len()],
            keys: BTreeSet::new(),
        }
    }

    /// Reads all lines of `input`.
    ///
    /// # Errors
    /// Returns the reason why the rest was not read, or not written.
    pub(super) fn read_lines(&mut self, input: &mut impl BufRead) -> Result<(), String> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let is_whole = match read_line(input, &mut line) {
                Ok(is_whole) => is_whole,
                Err(error) => {
                    return Err(format!(
                        "{}; only its first {} rows were read",
                        describe_io_error(&error),
                        self.row
                    ));
                }
            };
            if line.is_empty() && is_whole {
                return Ok(());
            }
            self.row += 1;
            if !is_whole {
                let most = MOST_LINE >> 20;
                self.note_damaged(&format!("has more than {most} MiB; its rest was not read"));
            }
            self.take_line(&line, is_whole)?;
        }
    }

    /// Describes what was not read. Call it at the end.
    ///
    /// # Errors
    /// Returns the reason why a column was not read.
    pub(super) fn finish(self) -> Result<(), String> {
        if let Some(more) = self.damaged.checked_sub(DESCRIBED).filter(|&n| n > 0) {
            self.visitor
                .note_unread(format!("{more} more lines are damaged"));
        }
        let names = self.columns.names().iter();
        let mut absent = Vec::new();
        for ((name, is_seen), other) in names.zip(&self.is_seen).zip(&self.others) {
            if !is_seen && self.row > self.damaged {
                absent.push(describe_absent(name, &self.keys));
            }
            if let Some((row, kind, count)) = other {
                let hint = match *kind {
                    "an object" => "; name a field in it, as in `--column meta.text`",
                    _ => "",
                };
                let more = match count - 1 {
                    0 => String::new(),
                    more => format!(" and in {}", count_noun(more, "other")),
                };
                self.visitor.note_unread(format!(
                    "the column `{name}` is {kind}, not a text, in row {row}{more}{hint}"
                ));
            }
        }
        if absent.is_empty() {
            return Ok(());
        }
        Err(absent.join("; "))
    }

    fn note_damaged(&mut self, reason: &str) {
        self.damaged += 1;
        if self.damaged <= DESCRIBED {
            let text = format!("row {} {reason}", self.row);
            self.visitor.note_unread(text);
        }
    }

    fn take_line(&mut self, line: &[u8], is_whole: bool) -> Result<(), String> {
        let start = if self.row == 1 && line.starts_with(MARK) {
            MARK.len()
        } else {
            0
        };
        let row = &line[start..];
        if row.trim_ascii().is_empty() {
            return self.write(line);
        }
        let wants_keys = self.row <= KEYED && self.is_seen.contains(&false);
        let found = if is_whole {
            find_fields(row, self.columns.names(), wants_keys)
        } else {
            Err(String::new())
        };
        match found {
            Ok((found, keys)) => {
                self.keys.extend(keys);
                self.take_fields(line, start, &found)
            }
            Err(reason) => {
                if is_whole {
                    self.note_damaged(&format!("{reason}; it was scanned as a text"));
                }
                let place = ColumnPlace {
                    row: self.row,
                    column: 0,
                    name: None,
                    items: &[],
                };
                self.visit(&place, row)?;
                self.write(line)
            }
        }
    }

    fn take_fields(
        &mut self,
        line: &[u8],
        start: usize,
        found: &[FoundField],
    ) -> Result<(), String> {
        let mut edits: Vec<ValueEdit> = Vec::new();
        for field in found {
            self.is_seen[field.column] = true;
            match field.kind {
                FieldKind::Null => {}
                FieldKind::Other(kind) => {
                    let other = &mut self.others[field.column];
                    let (.., count) = other.get_or_insert((self.row, kind, 0));
                    *count += 1;
                }
                FieldKind::Text => {
                    let range = start + field.range.start..start + field.range.end;
                    let raw = &line[range.clone()];
                    let place = ColumnPlace {
                        row: self.row,
                        column: field.column,
                        name: self.columns.names().get(field.column).map(String::as_str),
                        items: &field.items,
                    };
                    let changed = self.visit(&place, &decode_string(raw))?;
                    let encoded = encode_edits(raw, &changed).into_iter();
                    edits.extend(encoded.map(|(edit, text)| {
                        (range.start + edit.start..range.start + edit.end, text)
                    }));
                }
            }
        }
        if edits.is_empty() {
            return self.write(line);
        }
        // Two chosen columns may be one field.
        edits.sort_by_key(|(range, _)| range.start);
        let mut at = 0;
        for (range, text) in edits {
            if range.start >= at {
                self.write(&line[at..range.start])?;
                self.write(&text)?;
                at = range.end;
            }
        }
        self.write(&line[at..])
    }

    fn visit(&mut self, place: &ColumnPlace<'_>, value: &[u8]) -> Result<Vec<ValueEdit>, String> {
        self.visitor.count_value(value.len());
        if !self.visitor.suspects_value(value) {
            return Ok(Vec::new());
        }
        self.visitor.visit_value(place, value)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        match &mut self.copy {
            Some(copy) => copy.write_all(bytes).map_err(|e| cannot_write(&e)),
            None => Ok(()),
        }
    }
}

/// Reads a line with its end into `line`, or nothing at the end of the input. Returns false for a line that is too long
/// to be held, whose rest is passed over.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut is_whole = true;
    loop {
        let bytes = match input.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = memchr::memchr(b'\n', bytes);
        let count = end.map_or(bytes.len(), |at| at + 1);
        let room = MOST_LINE.saturating_sub(line.len());
        line.extend_from_slice(&bytes[..count.min(room)]);
        is_whole &= count <= room;
        input.consume(count);
        if end.is_some() || count == 0 {
            return Ok(is_whole);
        }
    }
}
