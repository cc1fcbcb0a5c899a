//! Edits of a byte stream: applying them while it is read, and merging two lists.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;

/// Replacement of bytes in a file.
///
/// ```
/// use tokensweep::Edit;
///
/// let edit = Edit { range: 4..7, text: b"xyz".to_vec() };
/// let mut text = b"key=abc".to_vec();
/// text.splice(edit.range.start as usize..edit.range.end as usize, edit.text);
/// assert_eq!(text, b"key=xyz");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Byte range before the edit.
    pub range: Range<u64>,
    /// New bytes.
    pub text: Vec<u8>,
}

/// Sorts edits and keeps the first of those that overlap. Returns true if any was dropped.
pub(super) fn settle(edits: &mut Vec<Edit>) -> bool {
    edits.sort_by_key(|e| (e.range.start, std::cmp::Reverse(e.range.end)));
    let before = edits.len();
    let mut free = 0;
    edits.retain(|edit| {
        let keep = edit.range.start >= free;
        if keep {
            free = edit.range.end;
        }
        keep
    });
    edits.len() < before
}

/// Reader that returns the bytes of `inner` with edits applied. The edits are in order and do not overlap.
#[derive(Debug)]
pub struct Edited<'e, R> {
    inner: R,
    edits: &'e [Edit],
    /// Offset in the bytes of `inner`.
    at: u64,
    /// Rest of the current replacement.
    pending: &'e [u8],
}

impl<'e, R: Read> Edited<'e, R> {
    /// Creates a reader of `inner` with `edits` applied.
    pub fn new(inner: R, edits: &'e [Edit]) -> Self {
        Edited {
            inner,
            edits,
            at: 0,
            pending: &[],
        }
    }

    /// Skips the bytes up to `end`.
    fn skip_to(&mut self, end: u64) -> io::Result<()> {
        let gap = end - self.at;
        let skipped = io::copy(&mut self.inner.by_ref().take(gap), &mut io::sink())?;
        self.at = end;
        if skipped < gap {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

impl<R: Read> Read for Edited<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if out.is_empty() {
                return Ok(0);
            }
            if !self.pending.is_empty() {
                let n = self.pending.len().min(out.len());
                out[..n].copy_from_slice(&self.pending[..n]);
                self.pending = &self.pending[n..];
                return Ok(n);
            }
            let room = match self.edits.split_first() {
                Some((edit, rest)) if edit.range.start == self.at => {
                    self.skip_to(edit.range.end)?;
                    self.pending = &edit.text;
                    self.edits = rest;
                    continue;
                }
                Some((edit, _)) => {
                    usize::try_from(edit.range.start - self.at).unwrap_or(usize::MAX)
                }
                None => usize::MAX,
            };
            let len = out.len().min(room);
            let n = self.inner.read(&mut out[..len])?;
            self.at += n as u64;
            if n == 0 && !self.edits.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            return Ok(n);
        }
    }
}

/// Merges `first` and then `second` into one list. The places of `second` are in the text after `first`.
pub(super) fn compose_edits(first: &[Edit], second: &[Edit]) -> Vec<Edit> {
    let mut text = EditedPieces::after(first);
    let mut out = EditBuilder::default();
    let mut at = 0;
    for edit in second {
        text.pass_over(edit.range.start - at, true, &mut out);
        text.pass_over(edit.range.end - edit.range.start, false, &mut out);
        out.insert_text(&edit.text);
        at = edit.range.end;
    }
    text.pass_over(u64::MAX, true, &mut out);
    out.finish()
}

/// Text with edits, as a sequence of its parts.
struct EditedPieces<'e>(VecDeque<EditedPiece<'e>>);

enum EditedPiece<'e> {
    Kept(Range<u64>),
    Gone(Range<u64>),
    New(&'e [u8]),
}

impl<'e> EditedPieces<'e> {
    /// Creates the text after `edits`. The part after the last edit has no end.
    fn after(edits: &'e [Edit]) -> Self {
        let mut pieces = VecDeque::new();
        let mut at = 0;
        for edit in edits {
            pieces.push_back(EditedPiece::Kept(at..edit.range.start));
            pieces.push_back(EditedPiece::Gone(edit.range.clone()));
            pieces.push_back(EditedPiece::New(&edit.text));
            at = edit.range.end;
        }
        pieces.push_back(EditedPiece::Kept(at..u64::MAX));
        EditedPieces(pieces)
    }

    /// Advances by `len` bytes, which are kept or dropped.
    fn pass_over(&mut self, mut len: u64, stay: bool, out: &mut EditBuilder) {
        while len > 0 {
            let Some(piece) = self.0.pop_front() else {
                return;
            };
            match piece {
                EditedPiece::Gone(range) => out.delete_range(range),
                EditedPiece::Kept(range) => {
                    let cut = range.start + len.min(range.end - range.start);
                    len -= cut - range.start;
                    if cut < range.end {
                        self.0.push_front(EditedPiece::Kept(cut..range.end));
                    }
                    if stay {
                        out.keep_range(range.start..cut);
                    } else {
                        out.delete_range(range.start..cut);
                    }
                }
                EditedPiece::New(bytes) => {
                    let cut = bytes.len().min(usize::try_from(len).unwrap_or(usize::MAX));
                    len -= cut as u64;
                    if cut < bytes.len() {
                        self.0.push_front(EditedPiece::New(&bytes[cut..]));
                    }
                    if stay {
                        out.insert_text(&bytes[..cut]);
                    }
                }
            }
        }
    }
}

/// Collects kept, dropped and new bytes into edits.
#[derive(Default)]
struct EditBuilder {
    done: Vec<Edit>,
    open: Option<Edit>,
    at: u64,
}

impl EditBuilder {
    fn keep_range(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.done.extend(self.open.take());
            self.at = range.end;
        }
    }

    fn delete_range(&mut self, range: Range<u64>) {
        self.open().range.end = range.end;
        self.at = range.end;
    }

    fn insert_text(&mut self, text: &[u8]) {
        self.open().text.extend_from_slice(text);
    }

    fn open(&mut self) -> &mut Edit {
        let at = self.at;
        self.open.get_or_insert_with(|| Edit {
            range: at..at,
            text: Vec::new(),
        })
    }

    fn finish(mut self) -> Vec<Edit> {
        self.done.extend(self.open.take());
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{
        ProptestConfig, Strategy, prop, prop_assert, prop_assert_eq, proptest,
    };

    use super::*;

    fn apply(text: &[u8], edits: &[Edit]) -> Vec<u8> {
        let mut out = text.to_vec();
        for edit in edits.iter().rev() {
            let range = usize::try_from(edit.range.start).unwrap()
                ..usize::try_from(edit.range.end).unwrap();
            out.splice(range, edit.text.iter().copied());
        }
        out
    }

    /// Distance of an edit to the one before, bytes that it deletes, and bytes that it inserts.
    type Step = (usize, usize, Vec<u8>);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = (
            0..6usize,
            1..9usize,
            prop::collection::vec(b'a'..=b'z', 0..12),
        );
        prop::collection::vec(step, 0..12)
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(b'A'..=b'Z', 0..80)
    }

    /// Returns these edits as far as they are in a text of `len` bytes.
    fn edits_within(len: usize, steps: Vec<Step>) -> Vec<Edit> {
        let mut at = 0;
        let place = |(gap, deleted, text): Step| {
            let start = at + gap;
            at = start + deleted;
            let range = start as u64..at.min(len) as u64;
            (start < len).then_some(Edit { range, text })
        };
        steps.into_iter().map_while(place).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn reading_with_edits_is_splicing_them_in(text in text(), steps in steps()) {
            let edits = edits_within(text.len(), steps);
            let mut read = Vec::new();
            Edited::new(&text[..], &edits).read_to_end(&mut read).unwrap();
            prop_assert_eq!(read, apply(&text, &edits));
        }

        #[test]
        fn two_lists_make_one(text in text(), first in steps(), second in steps()) {
            let first = edits_within(text.len(), first);
            let between = apply(&text, &first);
            let second = edits_within(between.len(), second);
            let both = compose_edits(&first, &second);
            prop_assert_eq!(apply(&text, &both), apply(&between, &second));
            let in_order = both.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start);
            prop_assert!(in_order, "{:?}", both);
        }
    }

    #[test]
    fn a_text_that_has_become_shorter_is_an_error() {
        let edits = [Edit {
            range: 4..8,
            text: b"x".to_vec(),
        }];
        for len in [0, 3, 4, 7] {
            let text = vec![b'a'; len];
            let read = Edited::new(&text[..], &edits).read_to_end(&mut Vec::new());
            assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn of_edits_that_overlap_the_first_and_longest_stays() {
        let edit = |range: Range<u64>| Edit {
            range,
            text: Vec::new(),
        };
        let mut edits = vec![edit(5..9), edit(0..3), edit(0..6), edit(9..10)];
        assert!(settle(&mut edits));
        assert_eq!(edits, [edit(0..6), edit(9..10)]);
        assert!(!settle(&mut edits));
    }
}
