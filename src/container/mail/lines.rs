//! Lines of a mail, with the ends of its parts and messages.

use std::io::{self, BufRead, BufReader, Read};

use super::super::member::ContainerInput;

/// Maximum length in bytes of a piece of a line. A longer line is read in pieces.
const MOST_LINE: u64 = 64 << 10;

/// Maximum depth of parts inside each other.
pub(super) const MOST_DEPTH: usize = 64;

/// Start of the line before each message of a mailbox.
const FROM: &[u8] = b"From ";

/// Lines of a file of mails.
pub(super) struct MailLines<'l> {
    input: BufReader<&'l mut dyn ContainerInput>,
    /// Line that was read last, with its end.
    line: Vec<u8>,
    /// True if `line` is still to be taken.
    is_pending: bool,
    /// True if `line` goes on where the piece before it ended.
    is_piece: bool,
    /// True if the file is a mailbox, whose messages each follow a line that begins with [`FROM`].
    is_mailbox: bool,
    /// True at the start of a file and behind an empty line, where a message may begin.
    is_behind_gap: bool,
    /// Lines that end the parts around this one, the innermost last.
    boundaries: Vec<Vec<u8>>,
}

/// Returns true for the line before a message of a mailbox, which ends with a date. A sentence may begin alike.
fn is_message_start(line: &[u8]) -> bool {
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    let mut words = line
        .rsplit(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    // The time zone may follow the year.
    line.starts_with(FROM) && words.by_ref().take(2).any(is_year)
}

/// Kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineKind {
    Text,
    /// Boundary with its number among those that are open, and true if it ends the last part.
    Boundary(usize, bool),
    Message,
}

impl<'l> MailLines<'l> {
    pub(super) fn new(input: &'l mut dyn ContainerInput) -> Self {
        MailLines {
            input: BufReader::with_capacity(1 << 16, input),
            line: Vec::new(),
            is_pending: false,
            is_piece: false,
            is_mailbox: false,
            is_behind_gap: true,
            boundaries: Vec::new(),
        }
    }

    /// Adds the boundary of a part that has parts; false if there are too many.
    pub(super) fn push_boundary(&mut self, boundary: Vec<u8>) -> bool {
        self.boundaries.push(boundary);
        self.boundaries.len() <= MOST_DEPTH
    }

    /// Goes to the next message; false at the end of the file.
    pub(super) fn start_message(&mut self) -> io::Result<bool> {
        self.boundaries.clear();
        let is_first = !self.is_mailbox && !self.is_pending && self.line.is_empty();
        loop {
            if !self.fill_line()? {
                return Ok(false);
            }
            if is_first && !is_message_start(&self.line) {
                return Ok(true);
            }
            self.is_mailbox |= is_first;
            self.is_pending = false;
            if self.is_mailbox && self.kind() == LineKind::Message {
                return Ok(true);
            }
        }
    }

    /// Goes to the next part of the message; false if it has no more.
    pub(super) fn start_part(&mut self) -> io::Result<bool> {
        loop {
            if !self.fill_line()? {
                return Ok(false);
            }
            match self.kind() {
                LineKind::Message => return Ok(false),
                LineKind::Boundary(number, is_last) => {
                    self.is_pending = false;
                    self.boundaries.truncate(number + usize::from(!is_last));
                    if !is_last {
                        return Ok(true);
                    }
                }
                LineKind::Text => self.is_pending = false,
            }
        }
    }

    /// Returns the next line of the part, or a piece of it; `None` at the end of the part.
    pub(super) fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        if !self.fill_line()? || self.kind() != LineKind::Text {
            return Ok(None);
        }
        self.is_pending = false;
        Ok(Some(&self.line))
    }

    /// Reads a line unless there is one; false at the end of the file.
    fn fill_line(&mut self) -> io::Result<bool> {
        if self.is_pending {
            return Ok(true);
        }
        self.is_piece = !self.line.is_empty() && !self.line.ends_with(b"\n");
        self.is_behind_gap = self.line.trim_ascii().is_empty() && !self.is_piece;
        self.line.clear();
        let mut piece = (&mut self.input).take(MOST_LINE);
        piece.read_until(b'\n', &mut self.line)?;
        self.is_pending = !self.line.is_empty();
        Ok(self.is_pending)
    }

    fn kind(&self) -> LineKind {
        if self.is_piece {
            return LineKind::Text;
        }
        if self.is_mailbox && self.is_behind_gap && is_message_start(&self.line) {
            return LineKind::Message;
        }
        let Some(rest) = self.line.strip_prefix(b"--") else {
            return LineKind::Text;
        };
        let rest = rest.trim_ascii_end();
        for (number, boundary) in self.boundaries.iter().enumerate().rev() {
            match rest.strip_prefix(&boundary[..]) {
                Some(b"") => return LineKind::Boundary(number, false),
                Some(b"--") => return LineKind::Boundary(number, true),
                _ => {}
            }
        }
        LineKind::Text
    }
}
