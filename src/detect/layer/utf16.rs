//! Decoder of UTF-16 text, with or without a byte order mark, in whole files and inside compiled ones.

use std::ops::Range;

use super::Decoded;
use crate::detect::runs::{self, is_word};
use crate::finding::Layer;
use crate::steps::add_steps;

/// Number of bytes decoded around a run, on either side.
const CONTEXT: usize = 8 * 1024;

/// Minimum length of a run, in characters: that of the larger of the two pieces of a cut token.
const SHORTEST: usize = runs::MIN_SHORTER - 1;

/// Appends the surroundings of every long run of word characters in UTF-16.
pub(super) fn regions(text: &[u8], out: &mut Vec<Decoded>) {
    let mut pending: Option<(Range<usize>, bool)> = None;
    let mut stretch = Utf16Region::default();
    find_long_runs(text, |run| {
        if !stretch.contains_run(&run) {
            stretch = find_byte_order(text, &run);
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
    });
    out.extend(pending.map(|(r, o)| decode(text, r, o)));
}

/// Returns the number that two bytes encode.
fn number<const LITTLE: bool>(unit: [u8; 2]) -> u16 {
    if LITTLE {
        u16::from_le_bytes(unit)
    } else {
        u16::from_be_bytes(unit)
    }
}

/// Passes the byte ranges of long runs of word characters to `take`, all read with the low byte first.
///
/// Big-endian text is read in this way one byte further on, and may lose a character.
fn find_long_runs(text: &[u8], mut take: impl FnMut(Range<usize>)) {
    runs::for_each_alternating::<{ 2 * SHORTEST - 1 }>(text, |stretch| {
        let first = stretch.start + usize::from(!is_word(text[stretch.start]));
        let (units, _) = text[first..stretch.end].as_chunks::<2>();
        // The bytes between the word characters need not be zero.
        let mut at = first;
        for run in units.split(|[_, high]| *high != 0) {
            let end = at + 2 * run.len();
            if run.len() >= SHORTEST {
                take(at..end);
            }
            at = end + 2;
        }
    });
}

/// Plain text of one byte order around a run that was read with the low byte first.
#[derive(Default)]
struct Utf16Region {
    range: Range<usize>,
    parity: usize,
    little: bool,
}

impl Utf16Region {
    /// Returns true if `run` continues the same text, so that its byte order is known.
    fn contains_run(&self, run: &Range<usize>) -> bool {
        self.range.contains(&run.start) && run.start % 2 == self.parity
    }
}

/// Returns the byte order of a run that was read with the low byte first: the order in which more of the text around it
/// is plain, or, in a file of such text, the one in which characters begin at even places.
fn find_byte_order(text: &[u8], run: &Range<usize>) -> Utf16Region {
    // The distance is enough to reach text that is not plain, or to call it a tie; it is equal for both orders.
    let from = run.start.saturating_sub(CONTEXT / 8);
    let to = text.len().min(run.end + CONTEXT / 8);
    let low_first = plain_text_around::<true>(&text[from..to], run.start - from);
    let low_first = from + low_first.start..from + low_first.end;
    let high_first = match run.start.checked_sub(1) {
        Some(start) => {
            let from = from.saturating_sub(1);
            let to = if to == text.len() { to } else { to - 1 };
            let high_first = plain_text_around::<false>(&text[from..to], start - from);
            from + high_first.start..from + high_first.end
        }
        None => 0..0,
    };
    // If both read the same, the byte order mark decides, or the length: a long text is a file of its own.
    let is_file = text.starts_with(b"\xfe\xff") || low_first.len() >= CONTEXT / 8;
    let tie = high_first.len() == low_first.len();
    let little = !(high_first.len() > low_first.len() || tie && is_file && run.start % 2 == 1);
    Utf16Region {
        range: if little { low_first } else { high_first },
        parity: run.start % 2,
        little,
    }
}

/// Returns the plain text around `at`, whose characters begin an even number of bytes from there.
fn plain_text_around<const LITTLE: bool>(text: &[u8], at: usize) -> Range<usize> {
    const AT_ONCE: usize = 32;
    // There are no branches, so that the compiler vectorises the check.
    let is_plain = |unit: &[u8; 2]| {
        let c = number::<LITTLE>(*unit);
        (c.wrapping_sub(0x20) < 0x5f) | (c == 9) | (c == 10) | (c == 13)
    };
    let all_plain = |units: &&[[u8; 2]; AT_ONCE]| {
        let others = |seen, unit| seen | u16::from(!is_plain(unit));
        units.iter().fold(0, others) == 0
    };
    let (before, behind) = text.split_at(at);
    let (_, before) = before.as_rchunks::<2>();
    let (rest, blocks) = before.as_rchunks();
    let whole = blocks.iter().rev().take_while(all_plain).count();
    let rest = &before[..rest.len() + AT_ONCE * (blocks.len() - whole)];
    let left = AT_ONCE * whole + rest.iter().rev().take_while(|unit| is_plain(unit)).count();

    let (behind, _) = behind.as_chunks::<2>();
    let (blocks, _) = behind.as_chunks();
    let whole = AT_ONCE * blocks.iter().take_while(all_plain).count();
    let rest = &behind[whole..];
    let right = whole + rest.iter().take_while(|unit| is_plain(unit)).count();
    add_steps(2 * (left + right));
    at - 2 * left..at + 2 * right
}

/// Decodes `range` of `text`, whose first character begins at the start of the range.
pub(super) fn decode(text: &[u8], range: Range<usize>, little: bool) -> Decoded {
    if little {
        decode_ordered::<true>(text, Decoded::new(Layer::Utf16le, range))
    } else {
        decode_ordered::<false>(text, Decoded::new(Layer::Utf16be, range))
    }
}

fn decode_ordered<const LITTLE: bool>(text: &[u8], mut out: Decoded) -> Decoded {
    let (mut units, _) = text[out.range].as_chunks::<2>();
    let mut encoded = out.range.start;
    out.bytes.reserve(units.len());
    while let Some(first) = units.first() {
        let taken = if let Some(byte) = ascii_unit::<LITTLE>(first) {
            // The rest of the stretch continues in the steps of its first character.
            out.push_step(&[byte], encoded, 2);
            1 + push_ascii::<LITTLE>(&units[1..], &mut out.bytes)
        } else {
            let pair = units.iter().take(2).copied();
            let next = char::decode_utf16(pair.map(number::<LITTLE>)).next();
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

fn ascii_unit<const LITTLE: bool>(unit: &[u8; 2]) -> Option<u8> {
    let byte = u8::try_from(number::<LITTLE>(*unit)).ok();
    byte.filter(u8::is_ascii)
}

/// Appends the ASCII characters that `units` begin with, and returns their number.
fn push_ascii<const LITTLE: bool>(units: &[[u8; 2]], out: &mut Vec<u8>) -> usize {
    const AT_ONCE: usize = 32;
    let before = out.len();
    let (blocks, _) = units.as_chunks::<AT_ONCE>();
    for block in blocks {
        let mut characters = [0; AT_ONCE];
        let mut seen = 0;
        for (character, unit) in characters.iter_mut().zip(block) {
            let number = number::<LITTLE>(*unit);
            seen |= number;
            *character = number.to_le_bytes()[0];
        }
        if seen > 0x7f {
            break;
        }
        out.extend_from_slice(&characters);
    }
    let rest = &units[out.len() - before..];
    out.extend(rest.iter().map_while(ascii_unit::<LITTLE>));
    out.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

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
                let token = String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
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
                assert_eq!(region.outer_range((at..at + 40).into()), start..start + 80);
            }
        }
    }

    /// Returns words in either byte order, of every length around the minimum, among bytes of all kinds.
    fn mixture(mint: &mut Mint) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..mint.random_below(12) {
            let len = mint.random_below(60);
            let word = String::from_utf8(mint.random_base62(len)).unwrap();
            let little = mint.random_below(2) == 0;
            text.extend(match mint.random_below(8) {
                0 => mint.random_bytes(len / 8),
                1 => vec![0; len / 8],
                2 => word.into_bytes(),
                3 => encode("é🔑\r\n~", little),
                4 => encode(&word, little)
                    .into_iter()
                    .map(|b| b.max(b' '))
                    .collect(),
                _ => encode(&word, little),
            });
        }
        text
    }

    /// Finds the long runs one character at a time.
    fn plain_long_runs(text: &[u8]) -> Vec<Range<usize>> {
        let unit = |at: usize| at + 1 < text.len() && is_word(text[at]) && text[at + 1] == 0;
        let mut out = Vec::new();
        for start in 0..text.len() {
            let len = (start..).step_by(2).take_while(|at| unit(*at)).count();
            if len >= SHORTEST && (start < 2 || !unit(start - 2)) {
                out.push(start..start + 2 * len);
            }
        }
        out
    }

    #[test]
    fn long_runs_are_those_that_are_seen_a_character_at_a_time() {
        let mut mint = Mint::new(5);
        let mut count = 0;
        for _ in 0..3000 {
            let text = mixture(&mut mint);
            let mut found = Vec::new();
            find_long_runs(&text, |run| found.push(run));
            assert_eq!(found, plain_long_runs(&text), "{text:?}");
            count += found.len();
        }
        assert!(count > 3000, "{count}");
    }

    #[test]
    fn plain_text_reaches_as_far_as_it_does_a_character_at_a_time() {
        fn check<const LITTLE: bool>(text: &[u8], at: usize) {
            let plain = |at: usize| {
                let unit = text.get(at..at + 2).map(|u| number::<LITTLE>([u[0], u[1]]));
                matches!(unit, Some(0x20..0x7f | 9 | 10 | 13))
            };
            let (mut start, mut end) = (at, at);
            while start >= 2 && plain(start - 2) {
                start -= 2;
            }
            while plain(end) {
                end += 2;
            }
            assert_eq!(
                plain_text_around::<LITTLE>(text, at),
                start..end,
                "{text:?}"
            );
        }
        let mut mint = Mint::new(6);
        for _ in 0..3000 {
            let text = mixture(&mut mint);
            let at = mint.random_below(text.len() + 1);
            check::<true>(&text, at);
            check::<false>(&text, at);
        }
    }

    #[test]
    fn blocks_are_decoded_as_single_characters_are() {
        let mut mint = Mint::new(7);
        for _ in 0..3000 {
            let text = mixture(&mut mint);
            for little in [true, false] {
                let units = text.chunks_exact(2).map(|u| match little {
                    true => u16::from_le_bytes([u[0], u[1]]),
                    false => u16::from_be_bytes([u[0], u[1]]),
                });
                let units: Vec<u16> = units.collect();
                let decoded = decode(&text, 0..text.len(), little);
                assert_eq!(decoded.bytes, String::from_utf16_lossy(&units).into_bytes());
                let end = decoded.bytes.len();
                assert_eq!(decoded.outer_range((0..end).into()), 0..text.len() / 2 * 2);
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
