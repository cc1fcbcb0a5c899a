//! Pictures of any bytes: no decoder panics or passes its limit, and a refusal has a sentence.

use tokensweep::internals::container::check_picture;

/// Number of pixels that a picture may have.
const PIXELS: u64 = 1 << 18;

/// Decodes and renders the picture.
pub(crate) fn check(input: &[u8]) {
    match check_picture(input, PIXELS) {
        Ok(renderings) => assert!(renderings <= 3, "{renderings} renderings"),
        Err(reason) => assert!(!reason.trim().is_empty(), "a refusal without a reason"),
    }
}
