//! Frames of LZ4.

use std::io::Read;

use lz4_flex::frame::FrameDecoder;

/// Returns the content of all frames.
pub(super) fn open_lz4<'c>(packed: impl Read + 'c) -> impl Read + 'c {
    FrameDecoder::new(packed)
}
