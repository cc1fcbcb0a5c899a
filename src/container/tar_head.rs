//! Recognition of tar archives by their first header.

/// Returns true if a file begins like a tar archive without a mark: the rest of its first header is empty, and the
/// checksum is right. No text has a zero at the end of the block.
pub(super) fn is_old_tar(head: &[u8]) -> bool {
    let is_empty = |at: &usize| head.get(*at) == Some(&0);
    [511, 257, 345].iter().all(is_empty) && head.first() != Some(&0) && is_tar_header(head)
}

/// Returns true if a block is the header of a member of a tar archive: its checksum is right.
pub(super) fn is_tar_header(block: &[u8]) -> bool {
    let Some(header) = block.first_chunk::<512>() else {
        return false;
    };
    let own = 148..156;
    let text = header[own.clone()].trim_ascii_end();
    let text = text.split(|b| *b == 0).next().unwrap_or_default();
    let stated = std::str::from_utf8(text.trim_ascii()).ok();
    let stated = stated.and_then(|text| i64::from_str_radix(text, 8).ok());
    let byte = |(at, b): (usize, &u8)| if own.contains(&at) { b' ' } else { *b };
    let bytes = || header.iter().enumerate().map(byte);
    let unsigned: i64 = bytes().map(i64::from).sum();
    // Some old programs add signed bytes.
    let signed: i64 = bytes().map(|b| i64::from(b.cast_signed())).sum();
    stated == Some(unsigned) || stated == Some(signed)
}
