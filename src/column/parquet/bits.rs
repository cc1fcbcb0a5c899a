//! Numbers in few bits: the hybrid of runs and packed groups, and differences in packed blocks.

use std::io;

use super::compact::decode_zigzag;

/// Returns the error of a page that ends too early.
pub(super) fn cut_page() -> io::Error {
    io::Error::other("a page ends too early")
}

/// Takes a number of seven bits a byte from the front of `bytes`.
fn take_varint(bytes: &mut &[u8]) -> io::Result<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or_else(cut_page)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Ok(number);
        }
    }
    Err(io::Error::other("a number in a page is too long"))
}

/// Returns the number of `width` bits, at most 57, that starts at this bit; bits behind the end are 0.
fn read_bits(bytes: &[u8], bit: usize, width: u32) -> u64 {
    let mut window = [0; 8];
    let rest = bytes.get(bit / 8..).unwrap_or_default();
    let len = rest.len().min(8);
    window[..len].copy_from_slice(&rest[..len]);
    (u64::from_le_bytes(window) >> (bit % 8)) & ((1 << width) - 1)
}

/// Numbers as runs of one number and groups of eight packed ones.
#[derive(Clone, Debug)]
pub(super) struct HybridNumbers<'p> {
    rest: &'p [u8],
    width: u32,
    run: HybridRun<'p>,
}

#[derive(Clone, Debug)]
enum HybridRun<'p> {
    Same {
        value: u64,
        left: u64,
    },
    Packed {
        bytes: &'p [u8],
        bit: usize,
        left: u64,
    },
}

impl<'p> HybridNumbers<'p> {
    /// Returns the numbers of `width` bits in these bytes.
    pub(super) fn new(bytes: &'p [u8], width: u32) -> io::Result<Self> {
        if width > 32 {
            return Err(io::Error::other("a page has numbers of more than 32 bits"));
        }
        Ok(HybridNumbers {
            rest: bytes,
            width,
            run: HybridRun::Same { value: 0, left: 0 },
        })
    }

    /// Takes the next number.
    pub(super) fn take_next(&mut self) -> io::Result<u64> {
        loop {
            match &mut self.run {
                HybridRun::Same {
                    value,
                    left: left @ 1..,
                } => {
                    *left -= 1;
                    return Ok(*value);
                }
                HybridRun::Packed {
                    bytes,
                    bit,
                    left: left @ 1..,
                } => {
                    let number = read_bits(bytes, *bit, self.width);
                    *left -= 1;
                    *bit += self.width as usize;
                    return Ok(number);
                }
                _ => self.begin_run()?,
            }
        }
    }

    fn begin_run(&mut self) -> io::Result<()> {
        let head = take_varint(&mut self.rest)?;
        if head & 1 == 0 {
            let len = self.width.div_ceil(8) as usize;
            let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(cut_page)?;
            self.rest = rest;
            let value = read_bits(bytes, 0, self.width);
            let left = head >> 1;
            self.run = HybridRun::Same { value, left };
            return Ok(());
        }
        let groups = head >> 1;
        let len = groups.saturating_mul(u64::from(self.width));
        // The last group may be cut where its numbers are not used.
        let len = usize::try_from(len)
            .unwrap_or(usize::MAX)
            .min(self.rest.len());
        let (bytes, rest) = self.rest.split_at(len);
        self.rest = rest;
        let held = match self.width {
            0 => u64::MAX,
            width => len as u64 * 8 / u64::from(width),
        };
        let left = groups.saturating_mul(8).min(held);
        if left == 0 {
            return Err(cut_page());
        }
        self.run = HybridRun::Packed {
            bytes,
            bit: 0,
            left,
        };
        Ok(())
    }
}

/// Reads the numbers, at most `most`, that are stored as packed differences at the front of `bytes`, and returns them
/// with the rest.
pub(super) fn read_differences(mut bytes: &[u8], most: usize) -> io::Result<(Vec<i64>, &[u8])> {
    let block = take_varint(&mut bytes)?;
    let count = take_varint(&mut bytes)?;
    let total = take_varint(&mut bytes)?;
    let first = decode_zigzag(take_varint(&mut bytes)?);
    let each = block.checked_div(count).unwrap_or(0);
    let is_valid = block.is_multiple_of(128) && each > 0 && each.is_multiple_of(32);
    if !is_valid || total > most as u64 {
        return Err(io::Error::other(
            "the differences in a page are stated wrongly",
        ));
    }
    let (each, total) = (
        usize::try_from(each).unwrap_or(usize::MAX),
        usize::try_from(total).unwrap_or(usize::MAX),
    );
    let mut numbers = Vec::new();
    if total > 0 {
        numbers.push(first);
    }
    let mut last = first;
    while numbers.len() < total {
        let least = decode_zigzag(take_varint(&mut bytes)?);
        let widths = usize::try_from(count).unwrap_or(usize::MAX);
        let (widths, rest) = bytes.split_at_checked(widths).ok_or_else(cut_page)?;
        bytes = rest;
        for width in widths {
            if numbers.len() >= total {
                break;
            }
            if *width > 57 {
                return Err(io::Error::other("the differences in a page are too large"));
            }
            let len = (each / 8).saturating_mul(usize::from(*width));
            let packed;
            (packed, bytes) = bytes.split_at(len.min(bytes.len()));
            for number in 0..each.min(total - numbers.len()) {
                let bit = number * usize::from(*width);
                if bit + usize::from(*width) > packed.len() * 8 {
                    return Err(cut_page());
                }
                let more = read_bits(packed, bit, u32::from(*width));
                last = last.wrapping_add(least).wrapping_add(more.cast_signed());
                numbers.push(last);
            }
        }
    }
    Ok((numbers, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_groups_are_read_one_after_the_other() {
        // Three times 5, then the numbers from 0 to 7 in three bits (the example of the specification), then 1.
        let bytes = [0x06, 0x05, 0x03, 0x88, 0xc6, 0xfa, 0x02, 0x01];
        let mut numbers = HybridNumbers::new(&bytes, 3).unwrap();
        let read: Vec<u64> = (0..12).map(|_| numbers.take_next().unwrap()).collect();
        assert_eq!(read, [5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7, 1]);
        assert!(numbers.take_next().is_err());
        let mut nothing = HybridNumbers::new(&[0x03], 0).unwrap();
        assert_eq!(nothing.take_next().unwrap(), 0);
    }

    #[test]
    fn differences_are_read_as_in_the_specification() {
        // 1, 2, 3, 4, 5: the differences are all 1, in no bits.
        let bytes = [0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0, 0, 0, b'r'];
        let (numbers, rest) = read_differences(&bytes, 10).unwrap();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        assert_eq!(rest, b"r");
        // 7, 5, 3, 1, 2, 3, 4, 5: the least difference is -2, the others take two bits.
        let mut bytes = vec![0x80, 0x01, 0x04, 0x08, 0x0e, 0x03, 2, 0, 0, 0, 0xc0, 0x3f];
        bytes.extend([0; 6]);
        let (numbers, rest) = read_differences(&bytes, 10).unwrap();
        assert_eq!(numbers, [7, 5, 3, 1, 2, 3, 4, 5]);
        assert_eq!(rest, b"");
        assert!(read_differences(&bytes, 7).is_err());
        assert!(read_differences(&bytes[..8], 10).is_err());
    }
}
