//! Detection of fallback values, which replace a missing variable, option or setting.
//!
//! | text before the value | name |
//! |---|---|
//! | `t = os.getenv("GITHUB_TOKEN") or ` | `t = os.getenv("GITHUB_TOKEN")` |
//! | `const t = process.env.GITHUB_TOKEN ?? ` | `const t = process.env.GITHUB_TOKEN` |
//! | `t = env["GH_PAT"] if ci else ` | `t = env["GH_PAT"] if ci` |
//! | `getenv("GITHUB_TOKEN")).orElse(` | `GITHUB_TOKEN` |

use std::ops::Range;

use super::name_kinds::last_member;
use super::reader::{LONGEST_KEY, SlotReader, is_word_byte};
use crate::judge::vocabulary::lists;
use crate::span::line_start;

/// Operators whose right side replaces a missing left side.
const OPERATORS: [&[u8]; 7] = [b"||", b"??", b"?:", b"//", b" or", b" else", b" orelse"];

/// Returns `true` if a callee returns its argument when there is no other value.
pub(crate) fn is_fallback(callee: &[u8]) -> bool {
    lists().fallback_methods.contains(last_member(callee))
}

/// Returns `true` if a callee returns its last argument when the first has no value: `cmp.Or(a, b)`.
pub(crate) fn is_choice(callee: &[u8]) -> bool {
    let name = last_member(callee);
    let start = memchr::memrchr2(b':', b'>', name).map_or(0, |at| at + 1);
    lists().fallback_calls.contains_any_case(&name[start..])
}

impl SlotReader<'_> {
    /// Returns the expression that the value replaces in a call of [`is_choice`]: the arguments before it.
    pub(crate) fn chosen_before(&self, open: usize, value: &Range<usize>) -> Option<Range<usize>> {
        let end = self.skip_spaces(self.open(value.start, value.end));
        let comma = self
            .byte(end)
            .filter(|b| *b == b',')
            .map(|_| self.skip_spaces(end - 1))?;
        (open < comma && comma - open <= LONGEST_KEY).then_some(open..comma)
    }

    /// Returns the statement that the value is the fallback of, if a fallback operator ends at `at`.
    pub(crate) fn default_of(&self, at: usize) -> Option<Range<usize>> {
        let end = self.skip_blanks(at);
        // Each operator ends in one of these bytes.
        if !matches!(
            self.byte(end),
            Some(b'|' | b'?' | b':' | b'/' | b'r' | b'e')
        ) {
            return None;
        }
        let operator = OPERATORS.iter().find(|o| self.ends_with(end, o))?;
        let end = self.skip_spaces(end - operator.len());
        let last = self.byte(end)?;
        // `//` also begins a comment and occurs in URLs.
        let is_comment = *operator == b"//"
            && !self.text[line_start(self.text, self.floor, end)..end].contains(&b'$');
        let is_expression =
            !is_comment && (is_word_byte(last) || matches!(last, b')' | b']' | b'}'));
        let from = self.floor.max(end.saturating_sub(LONGEST_KEY));
        let line = line_start(self.text, from, end);
        let start = line + statement_start(&self.text[line..end]);
        (is_expression && start < end).then_some(start..end)
    }

    /// Returns the offset of the call that takes a closure whose arguments are unused: `or_else(|_| value)`.
    pub(crate) fn closure_start(&self, at: usize) -> Option<usize> {
        let end = self.skip_blanks(at);
        let from = self.floor.max(end.saturating_sub(12));
        let head = &self.text[from..end];
        let open = match head {
            [.., b'|'] => memchr::memrchr(b'|', &head[..head.len() - 1])?,
            [.., b'-' | b'=', b'>'] => {
                memchr::memrchr(b'(', head.strip_suffix(b"->")?.trim_ascii_end())?
            }
            [.., b'{'] => head.len() - 1,
            _ => return None,
        };
        let call = self.skip_blanks(from + open);
        matches!(self.byte(call), Some(b'(')).then(|| call - 1)
    }
}

/// Returns the offset of the last statement, field or argument of a line. Brackets are kept whole.
fn statement_start(line: &[u8]) -> usize {
    let mut depth = 0usize;
    for (i, b) in line.iter().enumerate().rev() {
        match b {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            b'(' | b'[' | b'{' | b';' | b',' if depth == 0 => {
                let rest = &line[i + 1..];
                return i + 1 + rest.len() - rest.trim_ascii_start().len();
            }
            _ => {}
        }
    }
    line.len() - line.trim_ascii_start().len()
}
