//! Application of git deltas.

/// Applies a git delta to `base`; `None` if it does not fit.
pub(crate) fn apply_patch(base: &[u8], delta: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut delta = delta;
    if read_size(&mut delta)? != base.len() as u64 {
        return None;
    }
    let length = read_size(&mut delta)?;
    let length = usize::try_from(length).ok()?;
    out.clear();
    // A length that no memory holds is a damaged delta.
    out.try_reserve(length).ok()?;
    while let Some((&command, rest)) = delta.split_first() {
        delta = rest;
        if command & 0x80 == 0 {
            let (bytes, rest) = delta.split_at_checked(usize::from(command))?;
            if bytes.is_empty() {
                return None;
            }
            out.extend_from_slice(bytes);
            delta = rest;
        } else {
            let mut number = |from: u8, count: u8| {
                (0..count).try_fold(0usize, |sum, byte| {
                    if command >> (from + byte) & 1 == 0 {
                        return Some(sum);
                    }
                    let (&value, rest) = delta.split_first()?;
                    delta = rest;
                    Some(sum | usize::from(value) << (8 * byte))
                })
            };
            let offset = number(0, 4)?;
            let count = match number(4, 3)? {
                0 => 0x1_0000,
                n => n,
            };
            out.extend_from_slice(base.get(offset..offset.checked_add(count)?)?);
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(())
}

/// Returns the size in bytes of the result of `delta`.
pub(crate) fn result_size(mut delta: &[u8]) -> Option<u64> {
    read_size(&mut delta)?;
    read_size(&mut delta)
}

/// Reads a size in groups of seven bits, the lowest first.
fn read_size(delta: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = delta.split_first()?;
        *delta = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"left over".to_vec();
        apply_patch(base, delta, &mut out).map(|()| out)
    }

    #[test]
    fn a_delta_copies_and_inserts() {
        // 5 bytes become 8: copy 3 from 1, insert "xy", copy 3 from 0.
        let delta = [5, 8, 0x91, 1, 3, 2, b'x', b'y', 0x90, 3];
        assert_eq!(patched(b"abcde", &delta).unwrap(), b"bcdxyabc");
    }

    #[test]
    fn a_copy_of_no_length_is_64_kib() {
        let base = vec![7; 0x1_0000];
        let delta = [0x80, 0x80, 4, 0x80, 0x80, 4, 0x80];
        assert_eq!(patched(&base, &delta).unwrap(), base);
    }

    #[test]
    fn damaged_deltas_are_refused() {
        let sound = [5, 8, 0x91, 1, 3, 2, b'x', b'y', 0x90, 3];
        for cut in 0..sound.len() {
            assert_eq!(patched(b"abcde", &sound[..cut]), None, "cut at {cut}");
        }
        assert_eq!(patched(b"abcd", &sound), None, "another base");
        assert_eq!(patched(b"abcde", &[5, 8, 0]), None, "a reserved command");
        assert_eq!(
            patched(b"abcde", &[5, 3, 0x91, 4, 3]),
            None,
            "past the base"
        );
        assert_eq!(patched(b"", &[0xff; 20]), None, "a size without end");
    }
}
