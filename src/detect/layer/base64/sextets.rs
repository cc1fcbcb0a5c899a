//! Alphabets of base64: values of characters, and of groups of characters.

use crate::detect::bytes::leading_len;
use crate::detect::simd;

/// Returns the value of a base64 character of either alphabet.
#[inline]
pub(super) fn sextet_value(byte: u8) -> Option<u8> {
    let value = SEXTETS[usize::from(byte)];
    (value < 64).then_some(value)
}

/// Value in [`SEXTETS`] of a byte that is no base64 character.
const OUTSIDE: u8 = 64;

/// Values of the base64 characters of either alphabet.
const SEXTETS: [u8; 256] = {
    let mut table = [OUTSIDE; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0u8;
    while value < 64 {
        table[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// Values of the characters of a group of four, each shifted to its place in the 24 bits of the group. A bit
/// above them marks a byte that is no base64 character.
static PLACED: [[u32; 256]; 4] = {
    let mut placed = [[1 << 24; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let mut place = 0;
        while place < 4 {
            if SEXTETS[byte] < OUTSIDE {
                placed[place][byte] = (SEXTETS[byte] as u32) << (18 - 6 * place);
            }
            place += 1;
        }
        byte += 1;
    }
    placed
};

/// Returns the three bytes that four base64 characters encode.
#[inline]
pub(super) fn decode_four([a, b, c, d]: [u8; 4]) -> Option<[u8; 3]> {
    let at = |place: usize, byte: u8| PLACED[place][usize::from(byte)];
    let bits = at(0, a) | at(1, b) | at(2, c) | at(3, d);
    let [0, bytes @ ..] = bits.to_be_bytes() else {
        return None;
    };
    Some(bytes)
}

/// Decodes the `blocks` of sixteen groups before the first one with a character that is none of base64; with `only_text`,
/// before the first one that encodes a byte which is not plain text. Appends the bytes to `out` and returns the number
/// of blocks.
pub(super) fn decode_blocks(blocks: &[[u8; 64]], only_text: bool, out: &mut Vec<u8>) -> usize {
    simd::decode_blocks(blocks, only_text, out)
        .unwrap_or_else(|| decode_each_block(blocks, only_text, out))
}

/// Portable version of [`decode_blocks`].
fn decode_each_block(blocks: &[[u8; 64]], only_text: bool, out: &mut Vec<u8>) -> usize {
    let mut decoded = [0; 48];
    for (done, groups) in blocks.iter().enumerate() {
        if !decode_sixteen(groups, &mut decoded) || only_text && !is_text_block(&decoded) {
            return done;
        }
        out.extend_from_slice(&decoded);
    }
    blocks.len()
}

/// Decodes sixteen groups to `out`. Returns false if one of the characters is none of base64.
///
/// A function of its own: what the compiler made of it inside its callers differed by half from build to build.
#[inline(never)]
fn decode_sixteen(groups: &[u8; 64], out: &mut [u8; 48]) -> bool {
    let mut outside = 0;
    for ([a, b, c, d], out) in groups.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
        let at = |place: usize, byte: u8| PLACED[place][usize::from(byte)];
        let bits = at(0, *a) | at(1, *b) | at(2, *c) | at(3, *d);
        let [above, bytes @ ..] = bits.to_be_bytes();
        outside |= above;
        *out = bytes;
    }
    outside == 0
}

/// Returns true if `byte` is one of plain text.
#[inline]
pub(super) fn is_text_byte(byte: u8) -> bool {
    let is_blank = (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
    is_blank | (byte.wrapping_sub(b' ') <= b'~' - b' ')
}

/// Returns true if all bytes of a decoded block are plain text. There is no branch, so that the compiler makes vectors
/// of it; a function of its own for the reason of [`decode_sixteen`].
#[inline(never)]
fn is_text_block(block: &[u8; 48]) -> bool {
    block
        .iter()
        .fold(true, |is_text, byte| is_text & is_text_byte(*byte))
}

/// Returns the number of base64 characters that `text` begins with.
#[inline]
pub(super) fn leading_base64_len(text: &[u8]) -> usize {
    // Mostly there are none.
    if text.first().is_none_or(|b| sextet_value(*b).is_none()) {
        return 0;
    }
    leading_len(text, |b| {
        (b | 0x20).wrapping_sub(b'a') < 26
            || b.wrapping_sub(b'0') < 10
            || matches!(b, b'+' | b'/' | b'-' | b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn blocks_are_read_as_single_characters_are() {
        let mut mint = Mint::new(13);
        for byte in 0..=255u8 {
            let mut text = [b'a'; 100];
            text[mint.random_below(100)] = byte;
            let one_by_one = text
                .iter()
                .take_while(|b| sextet_value(**b).is_some())
                .count();
            assert_eq!(leading_base64_len(&text), one_by_one, "{byte}");
        }
        for _ in 0..2000 {
            let mut groups = [0; 64];
            groups.copy_from_slice(
                &data_encoding::BASE64
                    .encode(&mint.random_bytes(48))
                    .into_bytes(),
            );
            if mint.random_below(2) == 0 {
                groups[mint.random_below(64)] = mint.random_bytes(1)[0];
            }
            let quads = groups.as_chunks::<4>().0.iter();
            let one_by_one: Option<Vec<[u8; 3]>> = quads.map(|q| decode_four(*q)).collect();
            let mut block = [0; 48];
            let together = decode_sixteen(&groups, &mut block).then(|| block.to_vec());
            assert_eq!(together, one_by_one.map(|q| q.concat()));
            for only_text in [false, true] {
                let (mut chosen, mut portable) = (Vec::new(), Vec::new());
                let blocks = [*b"QUJD".repeat(16).first_chunk().unwrap(), groups];
                let done = decode_blocks(&blocks, only_text, &mut chosen);
                assert_eq!(done, decode_each_block(&blocks, only_text, &mut portable));
                assert_eq!(chosen, portable);
            }
        }
    }

    #[test]
    fn a_block_is_text_if_every_byte_of_it_is() {
        for byte in 0..=255u8 {
            for place in [0, 1, 31, 32, 47] {
                let mut block = [b'a'; 48];
                block[place] = byte;
                assert_eq!(is_text_block(&block), is_text_byte(byte), "{byte}");
            }
        }
    }
}
