//! Detection of long runs of word characters (`[0-9A-Za-z_]`), the only places of tokens.

use std::ops::Range;

use super::simd::{self, BLOCK};

pub(crate) use super::bytes::{ControlBytes, is_control, is_word};

/// Length in bytes of the shortest run that can contain a token or the encoded form of one.
pub(crate) const MIN: usize = 40;

/// Minimum length in bytes of the runs that [`for_each_shorter`] finds.
pub(crate) const MIN_SHORTER: usize = 20;

/// Number of blocks that are classified before their runs are computed. They fit into the processor's fastest cache,
/// and neither loop needs the registers of the other.
const AT_ONCE: usize = 64;

/// Appends every maximal run of at least `MIN` word characters in `text`, in order.
pub fn find(text: &[u8], out: &mut Vec<Range<usize>>) -> ControlBytes {
    sweep_blocks::<MIN>(text, |breaks| breaks, |run| out.push(run))
}

/// Passes every maximal run of at least [`MIN_SHORTER`] word characters to `take`, in order. Every third line of code
/// has one, so `take` should discard most of them at once.
#[inline]
pub(crate) fn for_each_shorter(text: &[u8], take: impl FnMut(Range<usize>)) -> ControlBytes {
    sweep_blocks::<MIN_SHORTER>(text, |breaks| breaks, take)
}

/// Passes every maximal stretch of more than `SHORTEST` bytes to `take` in which word characters and others alternate,
/// in order. Each run of word characters in UTF-16 is in one.
pub(super) fn for_each_alternating<const SHORTEST: usize>(
    text: &[u8],
    mut take: impl FnMut(Range<usize>),
) {
    let mut last = text.first().is_some_and(|b| !is_word(*b));
    // A byte of the same class as the byte before it begins another stretch, together with that byte.
    let alike = |breaks: u64| {
        let before = breaks << 1 | u64::from(last);
        last = breaks >> (BLOCK - 1) != 0;
        !(breaks ^ before)
    };
    sweep_blocks::<SHORTEST>(text, alike, |rest| take(rest.start - 1..rest.end));
}

/// Passes every maximal run of at least `SHORTEST` bytes without a break to `take`. `breaks` maps the bits of the bytes
/// that are no word characters to the bits of the breaks, block by block.
#[inline]
fn sweep_blocks<const SHORTEST: usize>(
    text: &[u8],
    mut breaks: impl FnMut(u64) -> u64,
    mut take: impl FnMut(Range<usize>),
) -> ControlBytes {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut seen = ControlBytes::default();
    let mut sweep = BlockSweep::new();
    for blocks in blocks.chunks(AT_ONCE) {
        let masks = sweep.next_masks(blocks.len());
        seen.add(simd::find_breaks(blocks, masks));
        masks.iter_mut().for_each(|mask| *mask = breaks(*mask));
        sweep.take_runs::<SHORTEST>(blocks.len(), &mut take);
    }
    // Bytes after the text count as a break, but must not count as a zero byte.
    let mut last = [b' '; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let masks = sweep.next_masks(1);
    seen.add(simd::find_breaks(&[last], masks));
    let behind = !0 << rest.len();
    masks
        .iter_mut()
        .for_each(|mask| *mask = breaks(*mask) | behind);
    sweep.take_runs::<SHORTEST>(1, &mut take);
    seen
}

/// Breaks in the blocks that are examined together, and what is known of the blocks before them.
struct BlockSweep {
    /// Breaks of the block before these, and of each of these.
    masks: [u64; 1 + AT_ONCE],
    /// Offset of the first of these blocks.
    at: usize,
    /// Start of a long run that reaches up to them.
    open: Option<usize>,
}

impl BlockSweep {
    fn new() -> BlockSweep {
        BlockSweep {
            // Nothing before the text belongs to a run.
            masks: [!0; 1 + AT_ONCE],
            at: 0,
            open: None,
        }
    }

    /// Returns the place for the breaks of the next `count` blocks.
    fn next_masks(&mut self, count: usize) -> &mut [u64] {
        &mut self.masks[1..=count]
    }

    /// Passes the long runs that end in the next `count` blocks to `take`, and continues after these blocks.
    #[inline(always)]
    fn take_runs<const SHORTEST: usize>(
        &mut self,
        count: usize,
        take: &mut impl FnMut(Range<usize>),
    ) {
        let mut long = [0; AT_ONCE];
        let long = &mut long[..count];
        const { assert!(AT_ONCE <= u64::BITS as usize) };
        let mut marked = simd::mark_long_runs::<SHORTEST>(&self.masks[..=count], long);
        let at = self.at;
        let breaks = &self.masks[1..=count];
        if let Some(start) = self.open
            && let Some(end) = first_break(breaks, 0)
        {
            take(start..at + end);
            self.open = None;
        }
        while marked != 0 {
            let block = marked.trailing_zeros() as usize;
            marked &= marked - 1;
            let mut bits = long[block];
            while bits != 0 {
                let behind = block * BLOCK + bits.trailing_zeros() as usize + 1;
                bits &= bits - 1;
                let start = at + behind - SHORTEST;
                match first_break(breaks, behind) {
                    Some(end) => take(start..at + end),
                    None => self.open = Some(start),
                }
            }
        }
        self.masks[0] = self.masks[count];
        self.at += count * BLOCK;
    }
}

/// Returns the place of the first break from `from` on.
#[inline(always)]
fn first_break(breaks: &[u64], from: usize) -> Option<usize> {
    let mut block = from / BLOCK;
    let mut bits = breaks.get(block)? & (!0 << (from % BLOCK));
    while bits == 0 {
        block += 1;
        bits = *breaks.get(block)?;
    }
    Some(block * BLOCK + bits.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    /// Finds runs in the simplest way, one byte at a time.
    fn naive(text: &[u8], shortest: usize) -> (Vec<Range<usize>>, ControlBytes) {
        let mut out = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let len = text[at..].iter().take_while(|&&b| is_word(b)).count();
            if len >= shortest {
                out.push(at..at + len);
            }
            at += len + 1;
        }
        let seen = ControlBytes {
            zeros: text.contains(&0),
            controls: text.iter().any(|b| is_control(*b)),
        };
        (out, seen)
    }

    fn check_one<const SHORTEST: usize>(text: &[u8]) {
        let mut out = Vec::new();
        let seen = sweep_blocks::<SHORTEST>(text, |breaks| breaks, |run| out.push(run));
        assert_eq!((out, seen), naive(text, SHORTEST), "{SHORTEST}: {text:?}");
    }

    fn check(text: &[u8]) {
        check_one::<1>(text);
        check_one::<MIN_SHORTER>(text);
        check_one::<MIN>(text);
        check_one::<63>(text);
    }

    /// Number of rounds. Miri runs the same tests, some hundred times slower.
    const ROUNDS: usize = if cfg!(miri) { 8 } else { 1000 };

    /// Length in bytes of a text longer than what is classified at once.
    const LONG: usize = if cfg!(miri) { 6_000 } else { 20_000 };

    #[test]
    fn runs_of_every_length_are_found_at_every_place() {
        let step = if cfg!(miri) { 65 } else { 1 };
        for lead in (0..130).step_by(step) {
            for len in (0..140).step_by(step).chain([19, 20, 40, 64]) {
                for tail in [0, 1, 63, 64, 65] {
                    let mut text = vec![b' '; lead];
                    text.extend(vec![b'a'; len]);
                    text.extend(vec![b'-'; tail]);
                    check(&text);
                }
            }
        }
    }

    #[test]
    fn random_texts_have_the_same_runs_at_every_alignment() {
        let mut mint = Mint::new(1);
        for round in 0..ROUNDS {
            // Some texts are longer than what is classified at once.
            let longest = if round % 10 == 1 { LONG } else { 600 };
            let len = mint.random_below(longest);
            // From breaks everywhere to hardly any, so that runs around the minimum are common.
            let odds = 1 + round % 150;
            let text: Vec<u8> = (0..len)
                .map(|_| match mint.random_below(odds) {
                    0 => mint.random_bytes(1)[0],
                    _ => b"aZ_09"[mint.random_below(5)],
                })
                .collect();
            check(&text[mint.random_below(65).min(len)..]);
            check(&mint.random_bytes(len));
        }
    }

    /// Finds the stretches one byte at a time.
    fn plain_alternating(text: &[u8], longer_than: usize) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut start = 0;
        for end in 1..=text.len() {
            if end == text.len() || is_word(text[end]) == is_word(text[end - 1]) {
                out.push(start..end);
                start = end;
            }
        }
        out.retain(|stretch| stretch.len() > longer_than);
        out
    }

    #[test]
    fn stretches_in_which_words_and_others_take_turns_are_found_at_every_place() {
        let mut mint = Mint::new(2);
        for round in 0..ROUNDS {
            let odds = 2 + round % 100;
            let len = mint.random_below(500);
            let mut text = Vec::new();
            while text.len() < len {
                text.extend(match mint.random_below(odds) {
                    0 => mint.random_bytes(1),
                    _ => vec![b'a', 0],
                });
            }
            let text = &text[mint.random_below(65).min(text.len())..];
            let mut out = Vec::new();
            for_each_alternating::<37>(text, |stretch| out.push(stretch));
            assert_eq!(out, plain_alternating(text, 37), "{text:?}");
        }
    }

    #[test]
    fn what_no_text_has_is_seen_wherever_it_stands() {
        for len in [1, 63, 64, 65, 200, BLOCK * AT_ONCE + 1] {
            for at in (0..len).step_by(1 + len / if cfg!(miri) { 3 } else { 200 }) {
                for byte in [0, 8, 14, 31] {
                    let mut text = vec![b'.'; len];
                    text[at] = byte;
                    check_one::<MIN>(&text);
                }
            }
        }
    }
}
