//! Recognition of loose objects of git.

/// Returns true if a file begins like a compressed object of git.
#[cfg(feature = "documents")]
pub(super) fn is_loose_object(head: &[u8]) -> bool {
    use std::io::Read;

    // The two bytes that zlib begins with are a multiple of 31.
    let [first @ 0x78, second, ..] = head else {
        return false;
    };
    if (u16::from(*first) << 8 | u16::from(*second)) % 31 != 0 {
        return false;
    }
    let mut start = [0; 7];
    let mut inflated = flate2::read::ZlibDecoder::new(head);
    let is_read = inflated.read_exact(&mut start).is_ok();
    let words = [&b"blob "[..], b"tree ", b"tag ", b"commit "];
    is_read && words.iter().any(|word| start.starts_with(word))
}

/// Returns false: the build has no decoder for them.
#[cfg(not(feature = "documents"))]
pub(super) fn is_loose_object(_: &[u8]) -> bool {
    false
}
