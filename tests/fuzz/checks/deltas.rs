//! Git deltas: what they were made of comes out, and a damaged one is refused.

use super::Decisions;
use patch::{apply_patch, result_size};

#[path = "../../../src/patch.rs"]
mod patch;

/// Largest result in bytes that a check lets a damaged delta claim.
const MOST: u64 = 1 << 24;

/// Applies a delta that is composed of commands, and one of any bytes.
pub(crate) fn check(input: &[u8]) {
    let mut decisions = Decisions::new(input);
    let base = decisions.below(256);
    let base: Vec<u8> = decisions.raw(base).repeat(1 + decisions.below(3) * 150);
    if decisions.below(2) == 0 {
        check_composed(&base, &mut decisions);
    } else {
        let left = decisions.raw(usize::MAX);
        check_any(&base, left);
        let mut headed = size(base.len());
        headed.extend(left);
        check_any(&base, &headed);
    }
}

fn check_any(base: &[u8], delta: &[u8]) {
    let claimed = result_size(delta);
    if claimed.is_some_and(|size| size > MOST && usize::try_from(size).is_ok_and(|s| s < 1 << 50)) {
        return;
    }
    let mut out = b"left over".to_vec();
    if apply_patch(base, delta, &mut out).is_some() {
        assert_eq!(claimed, Some(out.len() as u64));
    }
}

/// Writes commands and computes their result beside them; then damages the delta.
fn check_composed(base: &[u8], decisions: &mut Decisions<'_>) {
    let (mut commands, mut wanted) = (Vec::<u8>::new(), Vec::<u8>::new());
    let mut ends = Vec::new();
    while !decisions.is_empty() {
        if decisions.below(2) == 0 || base.is_empty() {
            let new = decisions.below(127);
            let new = decisions.raw(1 + new);
            if let Ok(len @ 1..) = u8::try_from(new.len()) {
                commands.push(len);
                commands.extend(new);
                wanted.extend(new);
            }
        } else {
            let number = |d: &mut Decisions<'_>| d.below(256) << 8 | d.below(256);
            let offset = number(decisions) % base.len();
            let len = 1 + number(decisions) % (base.len() - offset);
            copy(offset, len, &mut commands);
            wanted.extend(&base[offset..offset + len]);
        }
        ends.push(commands.len());
    }
    let delta = [size(base.len()), size(wanted.len()), commands].concat();
    let mut out = b"left over".to_vec();
    assert_eq!(apply_patch(base, &delta, &mut out), Some(()));
    assert_eq!(out, wanted);
    // A part of a delta, and one of another base, give nothing.
    if !wanted.is_empty() {
        let cut = wanted.len() % delta.len();
        assert_eq!(apply_patch(base, &delta[..cut], &mut out), None);
    }
    assert_eq!(
        apply_patch(&base[base.len().min(1)..], &delta, &mut out),
        base.is_empty().then_some(())
    );
}

/// Returns a size in groups of seven bits.
fn size(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// Appends a command that copies `len` bytes from `offset` on; bytes of zero are left out, as git does.
fn copy(offset: usize, len: usize, out: &mut Vec<u8>) {
    let command = out.len();
    out.push(0x80);
    let len = if len == 0x1_0000 { 0 } else { len };
    let parts = (0..4)
        .map(|i| offset >> (8 * i))
        .chain((0..3).map(|i| len >> (8 * i)));
    for (bit, part) in parts.enumerate() {
        let byte = part.to_le_bytes()[0];
        if byte != 0 {
            out[command] |= 1 << bit;
            out.push(byte);
        }
    }
}
