//! Decoder of UTF-32 text, with or without a byte order mark, in whole files and in programs (`wchar_t` on Unix).

use std::ops::Range;

use super::Decoded;
use crate::detect::runs::{self, is_word};
use crate::finding::Layer;
use crate::span::Charset;

/// Length of a character, in bytes.
const UNIT: usize = 4;

/// Number of bytes decoded around a run, on either side.
const CONTEXT: usize = 16 * 1024;

/// Minimum length of a run, in characters: that of the larger of the two pieces of a cut token.
const SHORTEST: usize = runs::MIN_SHORTER - 1;

/// Distance in bytes of the places that are examined: each run of [`SHORTEST`] characters has one with two of them.
const STEP: usize = (SHORTEST - 3) * UNIT;

/// Appends the surroundings of every long run of word characters in UTF-32.
pub(super) fn regions(text: &[u8], out: &mut Vec<Decoded>) {
    let mut pending: Option<(Range<usize>, Charset)> = None;
    long_runs(text, |run| {
        let charset = byte_order(text, &run);
        let start = match charset {
            Charset::Utf32le => run.start,
            _ => run.start - (UNIT - 1),
        };
        let end = start + run.len();
        let near = start
            .saturating_sub(CONTEXT / UNIT * UNIT)
            .max(start % UNIT)
            ..end + (text.len() - end).min(CONTEXT) / UNIT * UNIT;
        match &mut pending {
            Some((last, same))
                if *same == charset
                    && last.end >= near.start
                    && near.start % UNIT == last.start % UNIT =>
            {
                last.end = near.end;
            }
            _ => {
                let done = pending.replace((near, charset));
                out.extend(done.map(|(range, charset)| decode(text, range, charset)));
            }
        }
    });
    out.extend(pending.map(|(range, charset)| decode(text, range, charset)));
}

/// Returns true if there is a word character at `at`, read with the low byte first.
fn is_unit(text: &[u8], at: usize) -> bool {
    matches!(text.get(at..at + UNIT), Some([byte, 0, 0, 0]) if is_word(*byte))
}

/// Passes the byte range of every maximal run of at least [`SHORTEST`] word characters to `take`, all read with the low
/// byte first. Big-endian text is read in this way three bytes further on, and may lose its last character.
fn long_runs(text: &[u8], mut take: impl FnMut(Range<usize>)) {
    let mut at = 0;
    while at + 2 * UNIT <= text.len() {
        // Of eight bytes within a run, two that are four apart are characters.
        let first = (at..at + UNIT).find(|&i| text[i] != 0);
        at += STEP;
        let Some(mut start) = first.filter(|&i| is_word(text[i]) && is_unit(text, i)) else {
            continue;
        };
        let mut end = start;
        while start >= UNIT && is_unit(text, start - UNIT) {
            start -= UNIT;
        }
        while is_unit(text, end) {
            end += UNIT;
        }
        if end - start >= SHORTEST * UNIT {
            take(start..end);
        }
        at = at.max(end);
    }
}

/// Returns the byte order of a run that was read with the low byte first: the one in which more of the text before it
/// is valid, or in which characters begin at multiples of four.
fn byte_order(text: &[u8], run: &Range<usize>) -> Charset {
    let floor = run.start.saturating_sub(CONTEXT / UNIT);
    let low_first = run.start - Charset::Utf32le.text_start(text, floor, run.start);
    let Some(start) = run.start.checked_sub(UNIT - 1) else {
        return Charset::Utf32le;
    };
    if text[start..run.start] != [0; UNIT - 1] {
        return Charset::Utf32le;
    }
    let floor = floor.min(start);
    let high_first = start - Charset::Utf32be.text_start(text, floor, start);
    // One more character may be any byte between zeros.
    let is_high_first = if high_first.abs_diff(low_first) > UNIT {
        high_first > low_first
    } else {
        start.is_multiple_of(UNIT)
    };
    if is_high_first {
        Charset::Utf32be
    } else {
        Charset::Utf32le
    }
}

fn decode(text: &[u8], range: Range<usize>, charset: Charset) -> Decoded {
    let little = charset == Charset::Utf32le;
    let layer = if little {
        Layer::Utf32le
    } else {
        Layer::Utf32be
    };
    let mut out = Decoded::new(layer, range);
    let (units, _) = text[out.range].as_chunks::<UNIT>();
    let mut encoded = out.range.start;
    for unit in units {
        let number = if little {
            u32::from_le_bytes(*unit)
        } else {
            u32::from_be_bytes(*unit)
        };
        let c = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.push_step(c.encode_utf8(&mut [0; 4]).as_bytes(), encoded, UNIT);
        encoded += UNIT;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    fn encode(text: &str, little: bool) -> Vec<u8> {
        let bytes = |c: char| match little {
            true => u32::from(c).to_le_bytes(),
            false => u32::from(c).to_be_bytes(),
        };
        text.chars().flat_map(bytes).collect()
    }

    #[test]
    fn a_token_is_found_in_either_byte_order_wherever_it_stands_and_its_place_is_right() {
        let mut mint = Mint::new(3);
        for little in [true, false] {
            for lead in 0..9 {
                for before in ["令牌 = \"🔑", "", "T="] {
                    let token = String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
                    let head = [vec![0xff; lead], encode(before, little)].concat();
                    let text =
                        [&head[..], &encode(&token, little), &encode("\"\n", little)].concat();
                    let mut found = Vec::new();
                    regions(&text, &mut found);
                    let found = found.iter().find_map(|r| {
                        let at = memchr::memmem::find(&r.bytes, token.as_bytes())?;
                        Some(r.outer_range((at..at + 40).into()))
                    });
                    let start = found.expect("found").start;
                    // If the order is undecided, zeros count to the next character or the one before.
                    let is_near = start.abs_diff(head.len()) == 3 && lead % UNIT != 0;
                    assert!(start == head.len() || is_near, "{little} {lead} {before}");
                }
            }
        }
    }

    #[test]
    fn long_runs_are_those_that_are_seen_a_character_at_a_time() {
        let mut mint = Mint::new(5);
        let mut count = 0;
        for _ in 0..3000 {
            let mut text = Vec::new();
            for _ in 0..mint.random_below(12) {
                let len = mint.random_below(45);
                let word = String::from_utf8(mint.random_base62(len)).unwrap();
                text.extend(match mint.random_below(6) {
                    0 => mint.random_bytes(len / 8),
                    1 => vec![0; len / 8],
                    2 => word.into_bytes(),
                    order => encode(&word, order > 3),
                });
            }
            // Surroundings in both orders may begin anywhere.
            let mut decoded = Vec::new();
            regions(&text, &mut decoded);
            assert!(decoded.iter().all(|region| region.range.end <= text.len()));
            let mut found = Vec::new();
            long_runs(&text, |run| found.push(run));
            let starts = (0..text.len()).filter(|&at| at < UNIT || !is_unit(&text, at - UNIT));
            let runs = starts.map(|start| {
                let len = (start..)
                    .step_by(UNIT)
                    .take_while(|&at| is_unit(&text, at))
                    .count();
                start..start + UNIT * len
            });
            let plain: Vec<_> = runs.filter(|r| r.len() >= SHORTEST * UNIT).collect();
            assert_eq!(found, plain, "{text:?}");
            count += found.len();
        }
        assert!(count > 3000, "{count}");
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
