//! Underscores at which the prefix of a token may end that a line end cuts: the first look for the beginning of one.

use std::ops::Range;

use crate::detect::bytes::is_word;
use crate::detect::{forms, simd};
use crate::steps::add_steps;

/// Maximum length of the end of an escape that a word may begin with, and of the rest of a prefix after it, in bytes.
const LONGEST_ESCAPED: usize = 20;

/// Maximum number of bytes before a line that are searched for the line before it.
pub(super) const WIDEST: usize = 1024;

/// Maximum number of bytes before a run that are examined without a look where its lines begin.
const WIDEST_UNEXAMINED: usize = 256;

/// Maximum number of underscores of a line that are examined.
const MOST_UNDERSCORES: usize = 32;

/// Last underscore before a run at which the prefix of a token may end. Nearly every part of a text is examined once at
/// most, for runs in order: in base64 every run is random, and no underscore is near; in code many are, and hardly one
/// ends a prefix.
#[derive(Debug, Default)]
pub(crate) struct UnderscoreCache {
    /// End of the text whose underscores were examined.
    examined: usize,
    last: Option<usize>,
}

impl UnderscoreCache {
    /// Returns true if an underscore that may end a prefix is at the head of a random run, on its line or on the line
    /// before. The runs are passed in order.
    pub(super) fn has_prefix_end(&mut self, text: &[u8], run: &Range<usize>) -> bool {
        if self.examined + WIDEST_UNEXAMINED < run.start {
            // What is before these lines is of no use to later runs either.
            let from = start_of_line_before(text, run.start);
            self.examined = self.examined.max(from);
        }
        let to = end_of_prefix(run);
        if let Some(at) = last_prefix_end(text, self.examined.min(to)..to) {
            self.last = Some(at);
        }
        self.examined = to;
        self.last.is_some_and(|at| {
            at + 2 * WIDEST >= run.start && at >= start_of_line_before(text, run.start)
        })
    }
}

/// Returns the last underscore in `range` at which a prefix may end.
fn last_prefix_end(text: &[u8], range: Range<usize>) -> Option<usize> {
    add_steps(range.len());
    if !may_have_prefix_end(text, &range) {
        return None;
    }
    let from = range.start;
    let mut underscores = memchr::memrchr_iter(b'_', &text[range]).map(|at| from + at);
    underscores.find(|at| {
        may_follow_prefix_letter(text, *at) && may_end_prefix(text, &word_at(text, 0, *at))
    })
}

/// Returns true unless it is sure that [`may_follow_prefix_letter`] returns false for each underscore in `range`: before
/// it is a capital, a digit or another underscore, and no head of an escape is near. This is so between most names of
/// capitals.
fn may_have_prefix_end(text: &[u8], range: &Range<usize>) -> bool {
    let near = range.start.saturating_sub(FURTHEST_ESCAPE)..range.end;
    simd::may_have_pair(text, near, |before, byte| {
        (byte == b'_') & !is_capital(before) | forms::ends_escape_head(byte)
    })
}

/// Returns true for capitals, digits and the underscore.
const fn is_capital(byte: u8) -> bool {
    byte.is_ascii_digit() | byte.is_ascii_uppercase() | (byte == b'_')
}

/// Use of a byte before the underscore of a prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BeforeUnderscore {
    /// No prefix ends so.
    Nothing,
    /// It is the last letter of a prefix, or the rest of the prefix is in another line.
    Prefix,
    /// It may be the end of an escape, with the rest of the prefix in another line.
    Escape,
}

static BEFORE_UNDERSCORE: [BeforeUnderscore; 256] = {
    let mut table = [BeforeUnderscore::Prefix; 256];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'p' | b'o' | b'u' | b's' | b'r' | b'm' | b't' => BeforeUnderscore::Prefix,
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'n' | b'v' | b'K' => {
                BeforeUnderscore::Escape
            }
            _ if is_word(byte) => BeforeUnderscore::Nothing,
            _ => BeforeUnderscore::Prefix,
        };
        byte += 1;
    }
    table
};

/// Lengths of the ends of escapes that a word may begin with, but `m`, `r` and `t`, which prefixes end with too.
const ESCAPE_ENDS: [usize; 6] = [1, 2, 3, 4, 5, 9];

/// Distance in bytes from an underscore to the head of an escape that ends before it.
const FURTHEST_ESCAPE: usize = 10;

/// Returns true if the byte before the underscore at `at` may be before that of a prefix. This discards most underscores
/// of names.
#[inline]
fn may_follow_prefix_letter(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return true;
    };
    match BEFORE_UNDERSCORE[usize::from(text[before])] {
        BeforeUnderscore::Prefix => true,
        BeforeUnderscore::Escape => ESCAPE_ENDS
            .iter()
            .any(|len| before >= *len && forms::ends_escape_head(text[before - len])),
        // A length of 80 bytes is a `P` in the marshal format of Python.
        BeforeUnderscore::Nothing => text[..at].ends_with(b"Pghr_"),
    }
}

/// Returns the end of the head of a run in which a prefix of a token may end.
pub(super) fn end_of_prefix(run: &Range<usize>) -> usize {
    run.end.min(run.start + LONGEST_ESCAPED)
}

/// Returns the start of the line before that of `at`, as far as it is near.
pub(super) fn start_of_line_before(text: &[u8], at: usize) -> usize {
    let mut end = at;
    for _ in 0..2 {
        let floor = end.saturating_sub(WIDEST);
        add_steps(end - floor);
        match memchr::memrchr(b'\n', &text[floor..end]) {
            Some(line_end) => end = floor + line_end,
            None => return floor,
        }
    }
    end
}

/// Returns the parts of words before an underscore in `range` that may be the end of a prefix.
pub(super) fn prefix_ends(text: &[u8], range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let from = range.start;
    add_steps(range.len());
    let underscores = memchr::memrchr_iter(b'_', &text[range]).take(MOST_UNDERSCORES);
    let heads = underscores.map(move |at| word_at(text, 0, from + at));
    heads.filter(move |head| may_end_prefix(text, head))
}

/// Returns true if `head`, the part of a word before an underscore, may be a prefix of a token or the last characters of
/// one.
fn may_end_prefix(text: &[u8], head: &Range<usize>) -> bool {
    match text[head.clone()] {
        [] | [b'p' | b'o' | b'u' | b's' | b'r' | b'm' | b't'] => return true,
        [b'h', b'p' | b'o' | b'u' | b's' | b'r'] | [b'p', b'm'] | [b'a', b't'] => return true,
        [b'g', b'h', _] | [b'n', b'p', b'm'] | [.., b'p', b'a', b't'] => return true,
        _ => {}
    }
    let is_escaped = head.start > 0 && forms::ends_escape_head(text[head.start - 1]);
    (is_escaped || matches!(text[head.start], b'_' | b'P')) && head.len() <= LONGEST_ESCAPED
}

/// Returns the word of `text` that ends at `end` and does not begin before `floor`.
pub(super) fn word_at(text: &[u8], floor: usize, end: usize) -> Range<usize> {
    let near = &text[floor.max(end.saturating_sub(WIDEST))..end];
    let len = near.iter().rev().take_while(|b| is_word(**b)).count();
    end - len..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn only_ranges_without_the_end_of_a_prefix_are_passed_over() {
        let mut mint = Mint::new(97);
        let (mut passed, mut ends) = (0, 0);
        for round in 0..20_000 {
            let len = 1 + mint.random_below(300);
            let mut text = mint.text(b"ABCXYZ059__ ", len);
            // A few other bytes, such as letters of prefixes and heads of escapes.
            for _ in 0..round % 3 {
                let at = mint.random_below(len);
                text[at] = mint.text(b"pousrmtghn \n\\%=[;x\xe9", 1)[0];
            }
            let start = mint.random_below(len);
            let range = start..start + mint.random_below(len - start + 1);
            let found = range
                .clone()
                .any(|at| text[at] == b'_' && may_follow_prefix_letter(&text, at));
            let is_passed = !may_have_prefix_end(&text, &range);
            assert!(!(found && is_passed), "{range:?} {}", text.escape_ascii());
            passed += usize::from(is_passed);
            ends += usize::from(found);
        }
        assert!(passed > 1000 && ends > 1000, "{passed} {ends}");
    }
}
