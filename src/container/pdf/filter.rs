//! Filters of streams in PDF documents.

use std::io::{self, Cursor, Read};

use flate2::read::ZlibDecoder;

use super::super::member::ContainerProblem;
use super::object::{PdfDictionary, PdfObject, decode_hex};

/// Maximum length in bytes of a stream under a filter that is decoded as a whole.
const MOST_HELD: u64 = 8 << 20;

/// Names of the filters of pixels.
const PIXELS: [&[u8]; 6] = [
    b"DCTDecode",
    b"DCT",
    b"JPXDecode",
    b"CCITTFaxDecode",
    b"CCF",
    b"JBIG2Decode",
];

/// Returns the content of a stream without its filters. Filters of pixels are left.
///
/// # Errors
/// When the stream has a filter that is not known or is too long to decode.
pub(super) fn open_filters<'r>(
    dictionary: &PdfDictionary,
    data: Box<dyn Read + 'r>,
) -> Result<Box<dyn Read + 'r>, ContainerProblem> {
    let mut data = data;
    for name in filter_names(dictionary) {
        if PIXELS.contains(&name) {
            return Ok(data);
        }
        data = match name {
            b"FlateDecode" | b"Fl" => Box::new(ZlibDecoder::new(data)),
            b"ASCIIHexDecode" | b"AHx" => decode_held(data, |held| {
                let end = memchr::memchr(b'>', held).unwrap_or(held.len());
                decode_hex(&held[..end])
            })?,
            b"ASCII85Decode" | b"A85" => decode_held(data, decode_ascii85)?,
            b"RunLengthDecode" | b"RL" => decode_held(data, decode_runs)?,
            b"LZWDecode" | b"LZW" => decode_held(data, decode_lzw)?,
            other => {
                let name = String::from_utf8_lossy(&other[..other.len().min(40)]);
                let name = name.chars().filter(|c| !c.is_control()).collect();
                return Err(ContainerProblem::UnknownMethod(name));
            }
        };
    }
    Ok(data)
}

/// Returns the names of the filters, in the order in which they are removed.
pub(super) fn filter_names(dictionary: &PdfDictionary) -> Vec<&[u8]> {
    let filter = dictionary.get(b"Filter").or_else(|| dictionary.get(b"F"));
    let items = filter.map(PdfObject::items).unwrap_or_default();
    items
        .iter()
        .filter_map(PdfObject::as_name)
        .take(16)
        .collect()
}

/// Decodes a whole stream in memory.
fn decode_held<'r>(
    data: Box<dyn Read + 'r>,
    decode: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<Box<dyn Read + 'r>, ContainerProblem> {
    let mut held = Vec::new();
    // Of a damaged stream, what there is can be decoded all the same.
    let _ = data.take(MOST_HELD + 1).read_to_end(&mut held);
    if held.len() as u64 > MOST_HELD {
        return Err(ContainerProblem::UnknownMethod(
            "a method that takes more than 8 MiB".to_owned(),
        ));
    }
    Ok(Box::new(Cursor::new(decode(&held))))
}

/// Decodes groups of five digits to the base 85.
fn decode_ascii85(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut group, mut count) = (0u32, 0);
    for &byte in text {
        match byte {
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                count += 1;
            }
            b'z' if count == 0 => out.extend([0; 4]),
            b'~' => break,
            _ => continue,
        }
        if count == 5 {
            out.extend(group.to_be_bytes());
            (group, count) = (0, 0);
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        out.extend(&group.to_be_bytes()[..count - 1]);
    }
    out
}

/// Decodes runs: a length and bytes, or a count and one byte.
fn decode_runs(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((&length, behind)) = rest.split_first() {
        let length = usize::from(length);
        if length == 128 {
            break;
        }
        if length < 128 {
            let (copied, behind) = behind.split_at(behind.len().min(length + 1));
            out.extend_from_slice(copied);
            rest = behind;
        } else {
            let Some((&byte, behind)) = behind.split_first() else {
                break;
            };
            out.extend(std::iter::repeat_n(byte, 257 - length));
            rest = behind;
        }
    }
    out
}

/// Decodes LZW as PDF uses it: codes of 9 to 12 bits, which get longer one code early.
fn decode_lzw(bytes: &[u8]) -> Vec<u8> {
    const CLEAR: usize = 256;
    const END: usize = 257;
    let mut out: Vec<u8> = Vec::new();
    // Place of the text of each code in `out`, from 258 on.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut last: Option<(usize, usize)> = None;
    let (mut bits, mut count) = (0u32, 0u32);
    for &byte in bytes {
        bits = bits << 8 | u32::from(byte);
        count += 8;
        let width = match table.len() + 258 {
            ..511 => 9,
            511..1023 => 10,
            1023..2047 => 11,
            _ => 12,
        };
        if count < width {
            continue;
        }
        count -= width;
        let code = (bits >> count) as usize;
        bits &= (1 << count) - 1;
        if code == END || out.len() as u64 > 4 * MOST_HELD {
            break;
        }
        if code == CLEAR {
            table.clear();
            last = None;
            continue;
        }
        let start = out.len();
        let known = code.checked_sub(258).map(|at| table.get(at).copied());
        if let Some((from, to)) = last
            && table.len() < 4096 - 258
        {
            table.push((from, to + 1));
        }
        match known {
            None => out.push(u8::try_from(code).unwrap_or_default()),
            Some(Some((from, to))) => out.extend_from_within(from..to),
            // The code that is made by this one: the last text and its first byte.
            Some(None) => match last {
                Some((from, to)) => {
                    out.extend_from_within(from..to);
                    out.push(out[from]);
                }
                None => break,
            },
        }
        last = Some((start, out.len()));
    }
    out
}

/// Reads a content into memory, to `most` bytes.
///
/// # Errors
/// The problem of the content besides what was read before it.
pub(super) fn read_held(data: &mut dyn Read, most: u64) -> (Vec<u8>, Option<ContainerProblem>) {
    let mut held = Vec::new();
    let read: io::Result<usize> = data.take(most + 1).read_to_end(&mut held);
    let problem = match read {
        Err(error) => Some(ContainerProblem::from_error(&error)),
        Ok(_) if held.len() as u64 > most => {
            held.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            Some(ContainerProblem::damaged(format!(
                "a stream of text has more than {} MiB",
                most >> 20
            )))
        }
        Ok(_) => None,
    };
    (held, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_under_each_filter_are_decoded() {
        assert_eq!(decode_ascii85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(decode_ascii85(b"z87cUR!~>"), b"\0\0\0\0Hell");
        assert_eq!(decode_runs(b"\x02abc\xfed\x80x"), b"abcddd");
        // The example of the specification.
        let lzw = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(decode_lzw(&lzw), [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
    }

    #[test]
    fn any_bytes_are_decoded_in_bounded_memory() {
        for seed in 0..64u32 {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            let bytes: Vec<u8> = (0..3000).map(|_| next()).collect();
            for decode in [decode_ascii85, decode_runs, decode_lzw] {
                assert!(decode(&bytes).len() < 16 << 20);
            }
        }
    }
}
