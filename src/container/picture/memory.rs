//! Memory that decoding a picture takes, told by its headers before anything is decoded.

use image::ImageFormat;

use super::jpeg_head::JpegHead;
use crate::container::limits::{ContainerLimit, ContainerLimits};
use crate::container::member::ContainerProblem;

/// Maximum width and height of a picture that tesseract reads, in pixels.
pub(super) const MOST_SIDE: u32 = 32_000;

/// Least width and height of a picture in which a word has room, in pixels.
const LEAST_SIDE: u32 = 6;

/// Least number of pixels in which a token has room: 20 characters of 3 by 6 pixels.
const LEAST_PIXELS: u64 = 360;

/// Returns true if a token has room in a picture of this size.
pub(super) fn has_room(width: u32, height: u32) -> bool {
    width.min(height) >= LEAST_SIDE && u64::from(width) * u64::from(height) >= LEAST_PIXELS
}

/// Checks the size of a picture.
///
/// # Errors
/// Returns a problem if the picture has no pixels, or is larger than the limits or than tesseract allows.
pub(super) fn check_size(
    width: u32,
    height: u32,
    limits: &ContainerLimits,
) -> Result<(), ContainerProblem> {
    if width == 0 || height == 0 {
        return Err(ContainerProblem::damaged("its width or height is 0"));
    }
    let most = limits.picture_pixels;
    if u64::from(width) * u64::from(height) > most {
        return Err(ContainerProblem::Limit(ContainerLimit::PicturePixels(most)));
    }
    if width.max(height) > MOST_SIDE && has_room(width, height) {
        return Err(ContainerProblem::Unrecognised(format!(
            "tesseract reads no picture wider or higher than {MOST_SIDE} pixels"
        )));
    }
    Ok(())
}

/// Checks that decoding a picture takes no more memory than allowed. `bytes` are those that its decoder takes, besides
/// those of the file.
///
/// # Errors
/// Returns a problem if it takes more.
pub(super) fn check_memory(
    file: &[u8],
    bytes: u64,
    limits: &ContainerLimits,
) -> Result<(), ContainerProblem> {
    let most = limits.picture_memory;
    if bytes.saturating_add(file.len() as u64) > most {
        return Err(ContainerProblem::Limit(ContainerLimit::PictureMemory(most)));
    }
    Ok(())
}

/// Returns the number of bytes that the decoder of a format takes for a picture of `pixels` besides its result.
pub(super) fn count_scratch(file: &[u8], format: ImageFormat, pixels: u64) -> u64 {
    match format {
        // A copy of the file, and all coefficients of a progressive picture.
        ImageFormat::Jpeg => {
            let kept = JpegHead::read(file).map_or(0, |head| head.count_kept());
            kept.saturating_add(file.len() as u64)
        }
        // Four bytes for each pixel of a frame that is larger than the picture states, or has no alpha.
        ImageFormat::WebP => largest_frame(file).max(pixels) * 4,
        _ => 0,
    }
}

/// Returns the number of pixels of the largest frame in a WebP file, as the headers of its chunks state it. The decoder
/// takes memory for a frame before it compares its size with that of the picture.
fn largest_frame(file: &[u8]) -> u64 {
    let mut largest = 0;
    let mut at = 12;
    while let Some(head) = file.get(at..at + 8) {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let content = &file[at + 8..];
        let number = |from: usize, len: usize, mask: u64| {
            let bytes = content.get(from..from + len)?.iter().rev();
            Some(bytes.fold(0, |sum, byte| sum << 8 | u64::from(*byte)) & mask)
        };
        let sides = match &head[..4] {
            b"VP8 " => number(6, 2, 0x3fff).zip(number(8, 2, 0x3fff)),
            b"VP8L" => {
                number(1, 4, u64::MAX).map(|bits| ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
            }
            _ => None,
        };
        largest = largest.max(sides.map_or(0, |(width, height)| width * height));
        at += match &head[..4] {
            // The chunks of a frame are behind its header.
            b"ANMF" => 8 + 16,
            _ => (len + 8).saturating_add(len % 2),
        };
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_larger_than_their_picture_are_counted() {
        let chunk = |name: &[u8], content: &[u8]| {
            let len = u32::try_from(content.len()).unwrap().to_le_bytes();
            [name, &len, content].concat()
        };
        let lossy = chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f");
        let small = chunk(b"VP8X", b"\0\0\0\0\x07\0\0\x07\0\0");
        let file = [&b"RIFF\0\0\0\0WEBP"[..], &small, &lossy].concat();
        assert_eq!(largest_frame(&file), 16383 * 16383);
        let lossless = chunk(b"VP8L", b"\x2f\xff\xff\xff\x0f\0");
        let frame = chunk(b"ANMF", &[&[0; 16][..], &lossless].concat());
        let file = [&b"RIFF\0\0\0\0WEBP"[..], &small, &frame].concat();
        assert_eq!(largest_frame(&file), 16384 * 16384);
        for len in 0..file.len() {
            let _ = largest_frame(&file[..len]);
        }
    }

    #[test]
    fn what_tesseract_refuses_is_refused_before() {
        let limits = ContainerLimits::default();
        assert_eq!(check_size(32_000, 1250, &limits), Ok(()));
        let refused = check_size(32_001, 1000, &limits).unwrap_err();
        assert!(matches!(refused, ContainerProblem::Unrecognised(_)));
        let large = ContainerProblem::Limit(ContainerLimit::PicturePixels(40_000_000));
        assert_eq!(check_size(40_000, 1001, &limits), Err(large));
        assert_eq!(check_size(40_000, 5, &limits), Ok(()), "has no room");
    }
}
