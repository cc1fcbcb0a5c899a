//! Search for pairs of neighbouring bytes, by vectors that the compiler makes.

use std::ops::Range;

/// Number of bytes that are examined at once.
const AT_ONCE: usize = 32;

/// Returns true if `is_wanted` is true for a byte of `range`, given the byte before it. May also return true for some
/// bytes before the range, or if there are none. `is_wanted` should have no branches.
#[inline]
pub(in crate::detect) fn may_have_pair(
    text: &[u8],
    range: Range<usize>,
    is_wanted: impl Fn(u8, u8) -> bool,
) -> bool {
    #[cfg(target_arch = "x86_64")]
    if super::may_use_avx2() {
        // SAFETY: the processor has AVX2.
        return unsafe { search_by_avx2(text, range, is_wanted) };
    }
    search_blocks(text, range, is_wanted)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn search_by_avx2(text: &[u8], range: Range<usize>, is_wanted: impl Fn(u8, u8) -> bool) -> bool {
    search_blocks(text, range, is_wanted)
}

/// Searches as many whole blocks as the range needs. The compiler makes vectors of it, of the instructions of its caller.
#[inline(always)]
fn search_blocks(text: &[u8], range: Range<usize>, is_wanted: impl Fn(u8, u8) -> bool) -> bool {
    let len = range.len().next_multiple_of(AT_ONCE);
    let Some(before) = range.end.checked_sub(len + 1) else {
        return true;
    };
    let (firsts, _) = text[before..range.end - 1].as_chunks::<AT_ONCE>();
    let (seconds, _) = text[before + 1..range.end].as_chunks::<AT_ONCE>();
    let is_in = |(firsts, seconds): (&[u8; AT_ONCE], &[u8; AT_ONCE])| {
        let pairs = firsts.iter().zip(seconds);
        let any = pairs.fold(0, |any, (a, b)| any | u8::from(is_wanted(*a, *b)));
        any != 0
    };
    firsts.iter().zip(seconds).any(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_pair_is_found_wherever_it_is() {
        let mut mint = Mint::new(98);
        let (mut found, mut missed) = (0, 0);
        for _ in 0..super::super::tests::ROUNDS {
            let len = 1 + mint.random_below(200);
            let mut text = vec![b'-'; len];
            text[mint.random_below(len)] = b'a';
            text[mint.random_below(len)] = b'b';
            let start = mint.random_below(len);
            let range = start..start + mint.random_below(len - start + 1);
            let is_wanted = |before, byte| (before == b'a') & (byte == b'b');
            let is_near = |at: usize| at > 0 && is_wanted(text[at - 1], text[at]);
            let whole = range.len().next_multiple_of(AT_ONCE);
            let searched = range.end.checked_sub(whole).filter(|from| *from > 0);
            let expected = searched.is_none_or(|from| (from..range.end).any(is_near));
            assert!(expected || !range.clone().any(is_near));
            assert_eq!(may_have_pair(&text, range.clone(), is_wanted), expected);
            assert_eq!(search_blocks(&text, range, is_wanted), expected);
            found += usize::from(searched.is_some() && expected);
            missed += usize::from(!expected);
        }
        assert!(cfg!(miri) || found > 0 && missed > 0, "{found} {missed}");
    }
}
