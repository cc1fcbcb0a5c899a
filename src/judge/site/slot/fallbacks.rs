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
        // The mark of a type that may be missing: `as String? ?: "value"`.
        let end = end - usize::from(*operator == b"?:" && self.byte(end) == Some(b'?'));
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

    /// Returns the name of the setting that the statement of a string reads, if the string replaces it when it is
    /// missing, whatever stands between the two: `unwrap_or_else(|_| "value")`, `?: run { "value" }`, `with _ -> "value"`.
    pub(crate) fn setting_read_before(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let open = self.open(value.start, value.end);
        if open == value.start {
            return None;
        }
        let head = &self.text[self.floor..open];
        let name = last_setting(head)?;
        let opened = matches!(head[..name.start], [.., b'(' | b'[' | b'{' | b'"' | b'\'']);
        let between = &head[name.end..];
        let calls_choice = || self.call_is_choice(self.floor + name.start);
        let name = self.floor + name.start..self.floor + name.end;
        (joins_fallback(between, opened) || calls_choice() && joins_fallback(between, true))
            .then_some(name)
    }

    /// Returns true if the call around the reader of a setting at `at` returns its last argument if there is no other.
    fn call_is_choice(&self, at: usize) -> bool {
        let line = line_start(self.text, self.floor, at);
        let head = &self.text[line..at];
        memchr::memchr(b'(', head).is_some_and(|open| {
            is_choice(&self.text[self.key(line + open)])
                || is_choice(
                    head[open + 1..]
                        .split(|b| *b == b' ')
                        .next()
                        .unwrap_or_default(),
                )
        })
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

/// Returns the name of the setting that is read last in the paragraph at the end of `head`.
fn last_setting(head: &[u8]) -> Option<Range<usize>> {
    let from = memchr::memmem::rfind(head, b"\n\n").map_or(0, |at| at + 2);
    let lower = head[from..].to_ascii_lowercase();
    lists()
        .setting_readers
        .iter()
        .flat_map(|mark| {
            memchr::memmem::find_iter(&lower, mark).map(move |at| from + at + mark.len())
        })
        .filter_map(|end| setting_at(head, end))
        .max_by_key(|name| name.start)
}

/// Returns the name of the setting behind a word that reads settings and ends at `at`.
fn setting_at(head: &[u8], at: usize) -> Option<Range<usize>> {
    // `EnvironmentVariable` is another word.
    if is_word_byte(head[at - 1]) && head.get(at).is_none_or(|b| is_word_byte(*b)) {
        return None;
    }
    let skip = head[at..].iter().take_while(|b| !is_word_byte(**b));
    let start = at + skip.count().min(LONGEST_JOINT);
    let part = |b: &&u8| is_word_byte(**b) || matches!(b, b'-' | b'.');
    let len = head[start..].iter().take_while(part).count();
    (len > 0).then_some(start..start + len)
}

/// Maximum number of marks between the word that reads a setting and its name: `["`, `("`, `", "`.
const LONGEST_JOINT: usize = 4;

/// Returns true if the text between the name of a setting and a string goes on with the same expression: no argument of
/// another call, no other statement and no other name or string. Comments do not count.
fn joins_fallback(between: &[u8], opened: bool) -> bool {
    let (mut depth, mut lowest, mut quotes) = (0i32, 0i32, 0usize);
    let lines = between.split(|b| *b == b'\n');
    let code: Vec<u8> = lines
        .flat_map(|line| &line[..memchr::memmem::find(line, b"//").unwrap_or(line.len())])
        .copied()
        .collect();
    for (i, b) in code.iter().enumerate() {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'"' | b'\'' => quotes += 1,
            b';' | b'+' | b'%' => return false,
            b',' if !opened || lowest < 0 => return false,
            b'=' if matches!(code.get(i + 1), Some(b'=')) => return false,
            _ => {}
        }
        lowest = lowest.min(depth);
    }
    let words = code.split(|b| !is_word_byte(*b)).filter(|w| !w.is_empty());
    quotes <= 1 && words.count() <= MOST_WORDS && !names_string(&code)
}

/// Returns true if the text before a string gives it a name of its own, or to a call that is no fallback:
/// `sha = "value"`, `.commit("value"`.
fn names_string(before: &[u8]) -> bool {
    let (head, is_call) = match before.trim_ascii_end() {
        [.., b'?', b':'] | [.., b'=', b'>'] => return false,
        [head @ .., b'=' | b':'] => (head, false),
        [head @ .., b'('] => (head, true),
        _ => return false,
    };
    let head = head.trim_ascii_end();
    let part = |b: &&u8| is_word_byte(**b) || is_call && matches!(b, b':' | b'.');
    let word = &head[head.len() - head.iter().rev().take_while(part).count()..];
    if is_call {
        let wraps =
            lists().wrappers.contains(word) || lists().wrapper_endings.suffix_of(word).is_some();
        return !word.is_empty() && !is_fallback(word) && !is_choice(word) && !wraps;
    }
    !lists().generic_names.contains_any_case(word)
}

/// Maximum number of words between a setting and the value that replaces it.
const MOST_WORDS: usize = 8;

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
