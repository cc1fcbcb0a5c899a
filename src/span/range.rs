//! Byte range of a text as a `Copy` type, as most ranges are passed on several times.

use std::ops::{Index, Range};

/// Byte range of a text: the bytes from `start` up to, but not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// Returns the number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Returns true if there is no byte in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Returns true if the byte at `at` is in it.
    #[must_use]
    pub fn contains(self, at: usize) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// Returns true if no byte of `other` is outside of it.
    #[must_use]
    pub fn encloses(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Returns the offsets, for a loop over them.
    #[must_use]
    pub fn offsets(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Span {
        Span {
            start: range.start,
            end: range.end,
        }
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Range<usize> {
        span.start..span.end
    }
}

impl From<Span> for (usize, usize) {
    fn from(span: Span) -> (usize, usize) {
        (span.start, span.end)
    }
}

impl PartialEq<Range<usize>> for Span {
    fn eq(&self, range: &Range<usize>) -> bool {
        (self.start, self.end) == (range.start, range.end)
    }
}

impl Index<Span> for [u8] {
    type Output = [u8];

    fn index(&self, span: Span) -> &[u8] {
        &self[span.start..span.end]
    }
}

impl Index<Span> for str {
    type Output = str;

    fn index(&self, span: Span) -> &str {
        &self[span.start..span.end]
    }
}

impl Index<Span> for String {
    type Output = str;

    fn index(&self, span: Span) -> &str {
        &self.as_str()[span]
    }
}

impl Index<Span> for Vec<u8> {
    type Output = [u8];

    fn index(&self, span: Span) -> &[u8] {
        &self.as_slice()[span]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_the_range_of_the_same_offsets() {
        for (start, end) in [(0, 0), (2, 5), (3, 3), (0, 6)] {
            let span = Span::from(start..end);
            assert_eq!(span, start..end);
            assert_eq!(Range::from(span), start..end);
            assert_eq!(<(usize, usize)>::from(span), (start, end));
            assert_eq!((span.len(), span.is_empty()), (end - start, start == end));
            assert_eq!("sample"[span], "sample"[start..end]);
            assert_eq!(b"sample"[span], b"sample"[start..end]);
            for at in 0..8 {
                assert_eq!(span.contains(at), (start..end).contains(&at));
                assert_eq!(span.encloses(Span::from(at..at)), start <= at && at <= end);
            }
        }
    }
}
