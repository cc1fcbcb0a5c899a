//! Jupyter notebooks: the source and the outputs of the cells, whose lines are strings in JSON.

use std::sync::Arc;

use super::tracked::{ByteParser, TrackedOutput, visit_whole_text};
use crate::container::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use crate::span::DocumentPlace;

/// Maximum number of objects and arrays inside each other.
const MOST_DEPTH: usize = 100;

/// Maximum length in bytes of a key that is compared.
const MOST_KEY: usize = 64;

/// Reader of notebooks.
pub(super) struct NotebookReader;

impl ContainerReader for NotebookReader {
    fn is_single(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        visit_whole_text(input, NotebookParser::default(), visitor);
        Ok(())
    }
}

/// Returns true if a file begins like a notebook: an object that begins with its cells, or names its format early.
pub(super) fn is_notebook(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"{") else {
        return false;
    };
    let rest = rest.trim_ascii_start();
    rest.starts_with(b"\"cells\"")
        || rest.starts_with(b"\"nbformat") && memchr::memmem::find(rest, b"metadata").is_some()
        || rest.starts_with(b"\"metadata\"") && memchr::memmem::find(rest, b"nbformat").is_some()
}

/// Object or array that is open.
#[derive(Debug)]
enum JsonFrame {
    /// Object, with the key of the value that is read.
    Object(Vec<u8>),
    /// Array, with the index of the element that is read.
    Array(u64),
}

/// Parser of the JSON of a notebook.
#[derive(Debug, Default)]
struct NotebookParser {
    frames: Vec<JsonFrame>,
    /// Number of objects and arrays too deep to be kept.
    deeper: usize,
    string: Option<JsonString>,
    /// Key of the next value.
    is_key: bool,
    /// Cell, its part and the line in it that were written last.
    last: Option<(NotebookPart, u64)>,
    /// True if the last byte that was written ends a line.
    is_line_end: bool,
    /// Cell that was written last, and its place.
    cell: Option<(u64, Arc<DocumentPlace>)>,
}

/// String that is read.
#[derive(Debug)]
struct JsonString {
    is_key: bool,
    is_shown: bool,
    /// Offset of the escape that is read, and its characters.
    escape: Option<(u64, Vec<u8>)>,
}

/// Part of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NotebookPart {
    cell: u64,
    /// Number of the output; `None` for the source.
    output: Option<u64>,
}

impl NotebookParser {
    /// Returns the place of a line. The places of a cell share that of the cell.
    fn place_of(&mut self, part: NotebookPart, line: u64) -> DocumentPlace {
        let cell = match &self.cell {
            Some((number, place)) if *number == part.cell => Arc::clone(place),
            _ => Arc::new(DocumentPlace::of_number("cell", part.cell)),
        };
        self.cell = Some((part.cell, Arc::clone(&cell)));
        match part.output {
            Some(output) => DocumentPlace::number_in(&cell, "output", output),
            None => DocumentPlace::number_in(&cell, "line", line),
        }
    }

    /// Returns the part of a cell that the value here belongs to.
    fn find_part(&self) -> Option<NotebookPart> {
        let of_cells = |f: &JsonFrame| matches!(f, JsonFrame::Object(key) if key == b"cells");
        let at = self.frames.iter().rposition(of_cells)?;
        let [JsonFrame::Array(cell), JsonFrame::Object(part), rest @ ..] = &self.frames[at + 1..]
        else {
            return None;
        };
        let output = match (part.as_slice(), rest) {
            (b"source" | b"input", _) => None,
            (b"outputs", [JsonFrame::Array(output), rest @ ..]) => {
                let image = |f: &JsonFrame| matches!(f, JsonFrame::Object(key) if key.starts_with(b"image/"));
                if rest.iter().any(image) {
                    return None;
                }
                Some(output + 1)
            }
            _ => return None,
        };
        Some(NotebookPart {
            cell: cell + 1,
            output,
        })
    }

    fn begin_string(&mut self, out: &mut TrackedOutput<'_>) {
        let is_key = std::mem::take(&mut self.is_key);
        let part = if is_key || self.deeper > 0 {
            None
        } else {
            self.find_part()
        };
        if let Some(part) = part {
            let goes_on = self
                .last
                .filter(|(last, _)| *last == part && !self.is_first_element());
            let line = goes_on.map_or(1, |(_, line)| line);
            self.last = Some((part, line));
            out.set_place(Some(self.place_of(part, line)));
        }
        if is_key && let Some(JsonFrame::Object(key)) = self.frames.last_mut() {
            key.clear();
        }
        self.string = Some(JsonString {
            is_key,
            is_shown: part.is_some(),
            escape: None,
        });
    }

    fn is_first_element(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(JsonFrame::Array(0) | JsonFrame::Object(_))
        )
    }

    /// Ends a text: the next value is another one.
    fn end_text(&mut self, at: u64, out: &mut TrackedOutput<'_>) {
        if self.last.is_some() && !std::mem::replace(&mut self.is_line_end, true) {
            out.push_char('\n', at);
        }
    }

    fn take_character(&mut self, byte: u8, at: u64, out: &mut TrackedOutput<'_>) {
        let Some(string) = &mut self.string else {
            return;
        };
        if let Some((start, escape)) = &mut string.escape {
            escape.push(byte);
            let is_whole = escape[0] != b'u' || escape.len() == 5;
            if is_whole {
                let (start, character) = (*start, decode_escape(escape));
                string.escape = None;
                if string.is_shown {
                    self.write_character(character, start, out);
                }
            }
            return;
        }
        match byte {
            b'"' => self.string = None,
            b'\\' => string.escape = Some((at, Vec::new())),
            _ if string.is_key => {
                if let Some(JsonFrame::Object(key)) = self.frames.last_mut()
                    && key.len() < MOST_KEY
                {
                    key.push(byte);
                }
            }
            _ if string.is_shown => {
                out.push_byte(byte, at);
                self.is_line_end = false;
            }
            _ => {}
        }
    }

    fn write_character(&mut self, character: char, at: u64, out: &mut TrackedOutput<'_>) {
        out.push_char(character, at);
        self.is_line_end = character == '\n';
        if let Some((part, line)) = &mut self.last
            && character == '\n'
        {
            *line += 1;
            let (part, line) = (*part, *line);
            out.set_place(Some(self.place_of(part, line)));
        }
    }

    fn open_frame(&mut self, frame: JsonFrame) {
        if self.frames.len() < MOST_DEPTH {
            self.frames.push(frame);
        } else {
            self.deeper += 1;
        }
    }

    fn close_frame(&mut self) {
        match self.deeper.checked_sub(1) {
            Some(deeper) => self.deeper = deeper,
            None => _ = self.frames.pop(),
        }
    }
}

/// Returns the character of an escape without its backslash.
fn decode_escape(escape: &[u8]) -> char {
    match escape {
        [b'n', ..] => '\n',
        [b't', ..] => '\t',
        [b'r', ..] => '\r',
        [b'b' | b'f', ..] => ' ',
        [b'u', digits @ ..] => {
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            let code = u32::from_str_radix(digits, 16).ok();
            code.and_then(char::from_u32).unwrap_or('\u{fffd}')
        }
        [other, ..] => char::from(*other),
        [] => '\u{fffd}',
    }
}

impl ByteParser for NotebookParser {
    fn take_byte(&mut self, byte: u8, at: u64, out: &mut TrackedOutput<'_>) {
        if self.string.is_some() {
            return self.take_character(byte, at, out);
        }
        match byte {
            b'"' => {
                if self.is_first_element() && !self.is_key {
                    self.end_text(at, out);
                }
                self.begin_string(out);
            }
            b'{' => {
                self.open_frame(JsonFrame::Object(Vec::new()));
                self.is_key = self.deeper == 0;
            }
            b'[' => {
                self.open_frame(JsonFrame::Array(0));
                self.is_key = false;
            }
            b'}' | b']' => {
                self.close_frame();
                self.end_text(at, out);
                self.is_key = false;
            }
            b',' if self.deeper == 0 => match self.frames.last_mut() {
                Some(JsonFrame::Array(index)) => *index += 1,
                Some(JsonFrame::Object(_)) => self.is_key = true,
                None => {}
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::container::document::tracked::TrackedText;
    use crate::span::PlaceList;

    fn read(text: &str) -> (String, Vec<String>) {
        let places = PlaceList::default();
        let mut input = TrackedText::new(text.as_bytes(), NotebookParser::default(), &places);
        let mut out = String::new();
        input.read_to_string(&mut out).unwrap();
        let starts = places.with_starts(|starts| {
            let place = |start: &crate::span::PlaceStart| start.place.as_ref()?.to_string().into();
            starts.starts.iter().filter_map(place).collect()
        });
        (out, starts)
    }

    #[test]
    fn lines_of_cells_are_joined_and_named() {
        let (text, mut places) = read(
            r#"{"cells": [{"source": "one"}, {"cell_type": "code", "source": ["a\n", "b = \"\u0041\"\n", "c"],
            "outputs": [{"text": ["o1\n", "o2"]}, {"data": {"image/png": "xxx", "text/plain": "o3"}}]}],
            "metadata": {"source": "no"}}"#,
        );
        assert_eq!(text, "one\na\nb = \"A\"\nc\no1\no2\no3\n");
        places.dedup();
        assert_eq!(
            places,
            [
                "cell 1 line 1",
                "cell 2 line 1",
                "cell 2 line 2",
                "cell 2 line 3",
                "cell 2 output 1",
                "cell 2 output 2"
            ]
        );
    }

    #[test]
    fn notebooks_are_told_from_other_json() {
        for head in [
            "{\n \"cells\": [\n",
            "{\"nbformat\":4,\"nbformat_minor\":0,\"metadata\":{",
            "{\n \"metadata\": {\n  \"name\": \"\"\n },\n \"nbformat\": 3,",
        ] {
            assert!(is_notebook(head.as_bytes()), "{head}");
        }
        for head in [
            "",
            "{",
            "{}",
            "{\"a\": \"cells\"}",
            "[\"cells\"]",
            "{\"metadata\": 1}",
        ] {
            assert!(!is_notebook(head.as_bytes()), "{head}");
        }
    }
}
