//! UTF-16 text, with or without a byte order mark, in whole files and inside compiled ones.

use std::ops::Range;

use super::Decoded;
use crate::detect::runs::{self, is_word};
use crate::finding::Layer;

/// How much text around a run is decoded with it, in bytes.
const CONTEXT: usize = 8 * 1024;

/// Appends the neighbourhood of every long run of word characters in UTF-16.
pub(super) fn regions(text: &[u8], out: &mut Vec<Decoded>) {
    let Some(first) = memchr::memchr(0, text) else {
        return;
    };
    let mut pending: Option<(Range<usize>, bool)> = None;
    let mut stretch = Stretch::default();
    for run in long_runs(text, first.saturating_sub(1)) {
        if !stretch.holds(&run) {
            stretch = orient(text, &run);
        }
        let little = stretch.little;
        let run = if little {
            run
        } else {
            run.start - 1..run.end - 1
        };
        let floor = run.start.saturating_sub(CONTEXT);
        let start = floor + (floor + run.start) % 2;
        let end = (run.end + CONTEXT).min(text.len());
        let near = start..end - (end - start) % 2;
        match &mut pending {
            Some((last, order))
                if *order == little
                    && last.end >= near.start
                    && (last.start + near.start) % 2 == 0 =>
            {
                last.end = near.end;
            }
            _ => out.extend(
                pending
                    .replace((near, little))
                    .map(|(r, o)| decode(text, r, o)),
            ),
        }
    }
    out.extend(pending.map(|(r, o)| decode(text, r, o)));
}

/// Whether a character that `wanted` accepts stands at `at`, its low byte first if `little`.
fn unit(text: &[u8], at: usize, little: bool, wanted: fn(u8) -> bool) -> bool {
    match text.get(at..at + 2) {
        Some(&[low, high]) if little => high == 0 && wanted(low),
        Some(&[high, low]) => high == 0 && wanted(low),
        _ => false,
    }
}

/// The run of accepted characters that holds the one at `at`.
fn extent(text: &[u8], at: usize, little: bool, wanted: fn(u8) -> bool) -> Range<usize> {
    let (mut start, mut end) = (at, at);
    while start >= 2 && unit(text, start - 2, little, wanted) {
        start -= 2;
    }
    while unit(text, end, little, wanted) {
        end += 2;
    }
    start..end
}

/// The byte ranges of long runs of word characters, from `from` on, all read with the low byte first.
///
/// Big-endian text reads so too, one byte on; it may lose a character to that.
fn long_runs(text: &[u8], from: usize) -> impl Iterator<Item = Range<usize>> {
    // As long as the larger piece of a token that something cuts.
    const SHORTEST: usize = 2 * (runs::MIN_SHORTER - 1);
    // Every run of that many bytes covers a place that is looked at, at either parity.
    const STRIDE: usize = SHORTEST - 2;
    let mut at = from;
    std::iter::from_fn(move || {
        while at + 1 < text.len() {
            let here = [at, at + 1]
                .into_iter()
                .find(|&h| unit(text, h, true, is_word));
            let Some(inside) = here else {
                at += STRIDE;
                continue;
            };
            let run = extent(text, inside, true, is_word);
            at = run.end.max(at + 1);
            if run.len() >= SHORTEST {
                return Some(run);
            }
        }
        None
    })
}

/// Plain text of one byte order around a run that was read with the low byte first.
#[derive(Default)]
struct Stretch {
    range: Range<usize>,
    parity: usize,
    little: bool,
}

impl Stretch {
    /// Whether `run` goes on with the same text, so that its byte order is known.
    fn holds(&self, run: &Range<usize>) -> bool {
        self.range.contains(&run.start) && run.start % 2 == self.parity
    }
}

/// The byte order of a run that was read with the low byte first: the order in which more of the text around it is
/// plain, or in a file of such text that in which characters begin at even places.
fn orient(text: &[u8], run: &Range<usize>) -> Stretch {
    // Far enough to meet what is not plain, or to call it a tie; the same way for both orders.
    let from = run.start.saturating_sub(CONTEXT / 8);
    let to = text.len().min(run.end + CONTEXT / 8);
    let plain: fn(u8) -> bool = |b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let low_first = extent(&text[from..to], run.start - from, true, plain);
    let low_first = from + low_first.start..from + low_first.end;
    let high_first = match run.start.checked_sub(1) {
        Some(start) => {
            let from = from.saturating_sub(1);
            let to = if to == text.len() { to } else { to - 1 };
            let high_first = extent(&text[from..to], start - from, false, plain);
            from + high_first.start..from + high_first.end
        }
        None => 0..0,
    };
    // Where both read the same, the file's mark tells, or that a long text is a file of its own.
    let is_file = text.starts_with(b"\xfe\xff") || low_first.len() >= CONTEXT / 8;
    let tie = high_first.len() == low_first.len();
    let little = !(high_first.len() > low_first.len() || tie && is_file && run.start % 2 == 1);
    Stretch {
        range: if little { low_first } else { high_first },
        parity: run.start % 2,
        little,
    }
}

fn decode(text: &[u8], range: Range<usize>, little: bool) -> Decoded {
    let unit = |pair: &[u8; 2]| {
        if little {
            u16::from_le_bytes(*pair)
        } else {
            u16::from_be_bytes(*pair)
        }
    };
    let ascii = |pair: &[u8; 2]| u8::try_from(unit(pair)).ok().filter(u8::is_ascii);
    let layer = if little {
        Layer::Utf16le
    } else {
        Layer::Utf16be
    };
    let (mut units, _) = text[range.clone()].as_chunks::<2>();
    let mut encoded = range.start;
    let mut out = Decoded::new(layer, range);
    while let Some(first) = units.first() {
        let taken = if let Some(byte) = ascii(first) {
            // The rest of the stretch goes on in the steps of its first character.
            out.push_step(&[byte], encoded, 2);
            let before = out.bytes.len();
            out.bytes.extend(units[1..].iter().map_while(ascii));
            1 + out.bytes.len() - before
        } else {
            let next = char::decode_utf16(units.iter().take(2).map(unit)).next();
            let c = next.and_then(Result::ok);
            let len = c.map_or(1, char::len_utf16);
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            out.push_step(c.encode_utf8(&mut [0; 4]).as_bytes(), encoded, 2 * len);
            len
        };
        encoded += 2 * taken;
        units = &units[taken..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;
    use crate::rule::Shape;

    fn encode(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| {
                if little {
                    u.to_le_bytes()
                } else {
                    u.to_be_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn a_token_is_found_in_either_byte_order_at_either_parity_and_its_place_is_right() {
        let mut mint = Mint::new(3);
        for little in [true, false] {
            for lead in 0..4 {
                let token = String::from_utf8(mint.token(Shape::Ghp)).unwrap();
                let mut text = vec![0xff; lead];
                let before = encode("令牌 = \"🔑", little);
                text.extend(&before);
                text.extend(encode(&token, little));
                text.extend(encode("\"\r\n", little));
                let mut found = Vec::new();
                regions(&text, &mut found);
                let (region, at) = found
                    .iter()
                    .find_map(|r| {
                        memchr::memmem::find(&r.bytes, token.as_bytes()).map(|at| (r, at))
                    })
                    .expect("decoded");
                let start = lead + before.len();
                assert_eq!(region.outer(&(at..at + 40)), start..start + 80);
            }
        }
    }

    #[test]
    fn text_without_zero_bytes_and_zero_bytes_without_text_have_no_regions() {
        for text in [vec![b'a'; 5000], vec![0; 5000], vec![]] {
            let mut found = Vec::new();
            regions(&text, &mut found);
            assert!(found.is_empty());
        }
    }
}
