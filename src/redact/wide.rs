//! Text at the end of a stream in UTF-16 or UTF-32, read as bytes: a token in it may be cut like any other.

use std::ops::Range;

/// Number of bytes at the end of a stream that are read. Longer than any token.
const FURTHEST: usize = 16 * 1024;

/// Minimum number of characters that show that a text is wide: the prefix of a token.
const FEWEST: usize = 4;

/// ASCII characters of several bytes each at the end of a text.
#[derive(Debug)]
pub(super) struct WideTail {
    /// Characters, one byte each.
    pub(super) text: Vec<u8>,
    /// Offset of the first character in the wide text.
    start: usize,
    /// Offset of the end of the wide text. Less than a character may be after the last one.
    end: usize,
    /// Number of bytes of a character.
    width: usize,
    /// Index of the byte of a character that is not zero.
    index: usize,
}

impl WideTail {
    /// Reads the end of `wide`, if it is wide text. The byte order and the place of the first character do not matter.
    pub(super) fn read(wide: &[u8]) -> Option<WideTail> {
        let last = &wide[wide.len().saturating_sub(FEWEST)..];
        memchr::memchr(0, last)?;
        let forms = [(2, 0), (2, 1), (4, 0), (4, 3)];
        let tails = forms.iter().flat_map(|(width, index)| {
            (0..*width).map(|cut| WideTail::read_form(wide, *width, *index, cut))
        });
        let longest = tails.max_by_key(|tail| tail.text.len())?;
        (longest.text.len() >= FEWEST).then_some(longest)
    }

    /// Reads characters of one form back from the end, after which `cut` bytes of the next one are left.
    fn read_form(wide: &[u8], width: usize, index: usize, cut: usize) -> WideTail {
        let whole = &wide[..wide.len().saturating_sub(cut)];
        let near = whole.len().min(FURTHEST / width * width);
        let units = whole[whole.len() - near..].rchunks_exact(width);
        let ascii = |unit: &[u8]| {
            let zeros = unit.iter().filter(|b| **b == 0).count();
            (zeros == width - 1 && unit[index].is_ascii()).then_some(unit[index])
        };
        let mut text: Vec<u8> = units.map_while(ascii).take_while(|b| *b != 0).collect();
        text.reverse();
        WideTail {
            start: whole.len() - text.len() * width,
            end: wide.len(),
            text,
            width,
            index,
        }
    }

    /// Returns the place in the wide text of a range of characters. A range to the last one includes what is there of
    /// the next.
    pub(super) fn wide_range(&self, range: &Range<usize>) -> Range<usize> {
        let at = |at: usize| self.start + at * self.width;
        let end = if range.end == self.text.len() {
            self.end
        } else {
            at(range.end)
        };
        at(range.start)..end
    }

    /// Returns a text that covers `range` of the wide text.
    pub(super) fn widen(&self, text: &[u8], range: &Range<usize>) -> Vec<u8> {
        let mut out = vec![0; range.len()];
        for (unit, byte) in out.chunks_exact_mut(self.width).zip(text) {
            unit[self.index] = *byte;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    fn widen(text: &str, width: usize, is_little: bool) -> Vec<u8> {
        let unit = |c: char| {
            let number = u32::from(c);
            match is_little {
                true => number.to_le_bytes()[..width].to_vec(),
                false => number.to_be_bytes()[4 - width..].to_vec(),
            }
        };
        text.chars().flat_map(unit).collect()
    }

    #[test]
    fn the_characters_of_every_form_are_read_wherever_the_text_is_cut() {
        let mut mint = Mint::new(21);
        for round in 0..200 {
            let word = String::from_utf8(mint.random_base62(6 + round % 40)).unwrap();
            for (width, is_little) in [(2, true), (2, false), (4, true), (4, false)] {
                let before = mint.random_below(4);
                let all = [
                    &b"\xff".repeat(before)[..],
                    &widen(&format!("\u{20ac}{word}"), width, is_little),
                ]
                .concat();
                for cut in 0..width {
                    let wide = &all[..all.len() - cut];
                    let tail = WideTail::read(wide).unwrap();
                    // The first character, or the last that is cut, may be lost: both readings fit.
                    let read = std::str::from_utf8(&tail.text).unwrap();
                    let at = word.find(read).unwrap();
                    assert!(read.len() + 1 >= word.len(), "{width} {is_little} {cut}");
                    let range = tail.wide_range(&(2..read.len()));
                    assert_eq!(range.end, wide.len());
                    let third = all.len() - (word.len() - at - 2) * width;
                    assert!(range.start.abs_diff(third) < width);
                    assert_eq!(tail.widen(b"ab", &range).len(), range.len());
                }
            }
        }
    }

    #[test]
    fn other_bytes_are_not_wide_text() {
        for text in [
            &b""[..],
            b"ghp_",
            b"\0\0\0\0\0\0\0\0",
            b"a\0b\0c\0",
            b"\0ghp_abc",
        ] {
            assert!(WideTail::read(text).is_none(), "{text:?}");
        }
    }
}
