//! Names and values that are two lists of the same order: `user, token = "bot", "value"`, `my ($u, $t) = qw(bot value)`,
//! `read -r user token <<< "bot value"`.

use std::ops::Range;

use super::reader::{SlotReader, is_word_byte};
use crate::span::line_start;

/// Operators between the two lists.
const OPERATORS: [&[u8]; 4] = [b"<<<", b" := ", b" = ", b" <- "];

/// Words and marks before the first value of a list.
const LIST_STARTS: [&[u8]; 6] = [b"qw(", b"qw/", b"(", b"[", b"{", b"%w["];

impl SlotReader<'_> {
    /// Returns the name at the place of the value in a list of names on the same line.
    pub(crate) fn parallel_name(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let line = line_start(self.text, self.floor, value.start);
        let head = &self.text[line..value.start];
        // Most lines have no list.
        memchr::memchr2(b',', b'<', head)?;
        let (operator, at) = OPERATORS
            .iter()
            .find_map(|o| memchr::memmem::find(head, o).map(|at| (o, at)))?;
        let values = head[at + operator.len()..].trim_ascii_start();
        let start = LIST_STARTS.iter().find(|s| values.starts_with(s));
        let values = start.map_or(values, |s| &values[s.len()..]);
        let commas = count_commas(values)?;
        let by_blanks = operator.starts_with(b"<") && operator.len() == 3
            || start.is_some_and(|s| s.starts_with(b"qw") || s.starts_with(b"%w"));
        let index = if by_blanks {
            let words = values.split(u8::is_ascii_whitespace);
            let has_text = |w: &&[u8]| w.iter().any(|b| is_word_byte(*b));
            words.filter(has_text).count()
        } else {
            commas
        };
        let names = find_names(&head[..at], *operator == b"<<<");
        let name = names.get(index).filter(|_| names.len() > 1)?;
        Some(line + name.start..line + name.end)
    }
}

/// Returns the number of commas outside brackets; `None` if a bracket stays open or a statement ends.
fn count_commas(values: &[u8]) -> Option<usize> {
    let (mut depth, mut commas) = (0usize, 0);
    for b in values {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => commas += 1,
            b'=' | b';' => return None,
            _ => {}
        }
    }
    (depth == 0).then_some(commas)
}

/// Returns the names of the left side; `by_blanks` for those of the shell's `read`. Empty if it is not a list of names.
fn find_names(left: &[u8], by_blanks: bool) -> Vec<Range<usize>> {
    let from = if by_blanks {
        match memchr::memmem::rfind(left, b"read ") {
            Some(at) => at + 5,
            None => return Vec::new(),
        }
    } else {
        // A declaration may precede the names: `const [a, b]`, `my ($a, $b)`.
        let open = memchr::memchr3(b'(', b'[', b'{', left);
        let closed = left.iter().any(|b| matches!(b, b')' | b']' | b'}'));
        match open {
            // A call that goes on behind the operator: `install("o/r", ref = "value")`.
            Some(_) if !closed => return Vec::new(),
            open => open.map_or(0, |at| at + 1),
        }
    };
    let mut names = Vec::new();
    let mut at = from;
    let separates = |b: &u8| {
        if by_blanks {
            b.is_ascii_whitespace()
        } else {
            *b == b','
        }
    };
    for part in left[from..].split(separates) {
        let range = at..at + part.len();
        at = range.end + 1;
        let part = part.trim_ascii();
        if part.is_empty() || part.starts_with(b"-") {
            continue;
        }
        // The identifier at the end of the part, without a declaration before it and a bracket behind it.
        let body = &left[range.clone()];
        let len = body
            .iter()
            .rposition(|b| is_word_byte(*b))
            .map_or(0, |n| n + 1);
        let word = body[..len].iter().rev().take_while(|b| is_word_byte(**b));
        let start = range.start + len - word.count();
        names.push(start..range.start + len);
    }
    names
}
