//! Long runs of word characters (`[0-9A-Za-z_]`): the only places where a token can be.

use std::ops::Range;

/// The shortest run that can hold a token or the encoded form of one.
pub const MIN: usize = 40;

/// Whether `byte` is a word character.
#[must_use]
#[inline]
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Appends every maximal run of at least [`MIN`] word characters in `text`, in order.
pub fn find(text: &[u8], out: &mut Vec<Range<usize>>) {
    // A run of MIN characters that starts at `start` or later covers the byte at `start + MIN - 1` or ends
    // beyond it; so look there, go back to the nearest byte that is no word character, and start again behind it.
    let mut start = 0;
    while let Some(window) = text.get(start..start + MIN) {
        if let Some(last) = window.iter().rposition(|&b| !is_word(b)) {
            start += last + 1;
            continue;
        }
        let end = text[start + MIN..]
            .iter()
            .position(|&b| !is_word(b))
            .map_or(text.len(), |n| start + MIN + n);
        out.push(start..end);
        start = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;

    fn naive(text: &[u8]) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let len = text[at..].iter().take_while(|&&b| is_word(b)).count();
            if len >= MIN {
                out.push(at..at + len);
            }
            at += len + 1;
        }
        out
    }

    #[test]
    fn the_skipping_search_finds_what_the_plain_one_finds() {
        let mut mint = Mint::new(1);
        for round in 0..3000 {
            let len = mint.below(400);
            // Mostly word characters, so that runs around the minimum are common.
            let odds = 2 + round % 90;
            let text: Vec<u8> = (0..len)
                .map(|_| if mint.below(odds) == 0 { b' ' } else { b'a' })
                .collect();
            let mut found = Vec::new();
            find(&text, &mut found);
            assert_eq!(found, naive(&text), "{}", String::from_utf8_lossy(&text));
        }
    }
}
