//! Layout of a file, by its first bytes: what a change of its length, or of any byte, would break.

use crate::container::recognise_container;
use crate::span::Charset;

/// Returns the kind of a file, by its first bytes, if it contains checksums over its content.
pub(super) fn checksummed_kind(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 3] = [
        (b"PACK\0\0\0", "a git pack"),
        (b"DIRC\0\0\0", "a git index"),
        (b"wOF2", "a font"),
    ];
    if let Some(form) = recognise_container(head).filter(|form| form.is_sealed) {
        return Some(form.name);
    }
    KINDS
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, kind)| *kind)
}

/// Returns true if no byte of such a file may move, because places in it are known by their offset.
pub(super) fn has_fixed_layout(head: &[u8]) -> bool {
    if head.starts_with(b"%PDF-") {
        return true;
    }
    // UTF-16 text in a script with one byte a character has its zeros at every second byte.
    let (even, odd): (Vec<usize>, Vec<usize>) =
        memchr::memchr_iter(0, head).partition(|at| at % 2 == 0);
    let (few, many) = (even.len().min(odd.len()), even.len().max(odd.len()));
    let wide = many * 4 >= head.len() && few * 20 <= many;
    many > 0 && Charset::of_file(head) == Charset::Utf8 && !wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_files_are_fixed_and_text_is_not_in_either_width() {
        let wide = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>()
        };
        assert!(!has_fixed_layout(b"plain text"));
        assert!(!has_fixed_layout(b""));
        assert!(!has_fixed_layout(&wide("plain text")));
        assert!(!has_fixed_layout(&wide("\u{feff}令牌")));
        let wider = |c: char| u32::from(c).to_be_bytes();
        assert!(!has_fixed_layout(
            &"plain text".chars().flat_map(wider).collect::<Vec<u8>>()
        ));
        assert!(has_fixed_layout(
            b"\x7fELF\x02\x01\x01\0\0\0 some text to be found here"
        ));
        assert!(has_fixed_layout(b"%PDF-1.4\n"));
    }

    #[test]
    fn files_with_checksums_are_known_by_their_head() {
        assert_eq!(checksummed_kind(b"PK\x03\x04rest"), Some("a zip archive"));
        assert_eq!(checksummed_kind(b"PKnot"), None);
        assert_eq!(checksummed_kind(b""), None);
    }
}
