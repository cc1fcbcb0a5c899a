//! Detection of asar archives, which begin with lengths.

/// Number of bytes in front of the directory: four lengths.
pub(super) const LENGTHS: usize = 16;

/// Returns true if a file begins like an asar archive, whose first length has been recognised: the other lengths fit
/// into each other, and a JSON object follows.
pub(super) fn is_asar(head: &[u8]) -> bool {
    let [_, outer, inner, text] = read_lengths(head).unwrap_or_default();
    outer.checked_sub(4) == Some(inner)
        && inner
            .checked_sub(4)
            .is_some_and(|most| most.saturating_sub(3) <= text && text <= most)
        && head.get(LENGTHS) == Some(&b'{')
}

/// Returns the lengths in front of the directory: of a length, of the directory with its own length twice, and of its text.
pub(super) fn read_lengths(head: &[u8]) -> Option<[u32; 4]> {
    let (lengths, _) = head.get(..LENGTHS)?.as_chunks::<4>();
    let &[first, outer, inner, text] = lengths else {
        return None;
    };
    Some([first, outer, inner, text].map(u32::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_begins_with_lengths_that_fit_into_each_other() {
        let head = |lengths: [u32; 4], text: &[u8]| {
            let mut head = lengths.map(u32::to_le_bytes).concat();
            head.extend(text);
            head
        };
        assert!(is_asar(&head([4, 24, 20, 14], b"{\"files\":{}}  ")));
        assert!(!is_asar(&head([4, 24, 21, 14], b"{\"files\":{}}  ")));
        assert!(!is_asar(&head([4, 24, 20, 10], b"{\"files\":{}}  ")));
        assert!(!is_asar(&head([4, 24, 20, 14], b"words")));
        assert!(!is_asar(b"\x04\0\0\0"));
    }
}
