//! Frames and pages of a picture, counted by their headers: only the first one is read, and none is decoded to know of
//! another one.

use std::io::Cursor;

use image::ImageFormat;
use image::codecs::webp::WebPDecoder;

use crate::container::member::ContainerProblem;

/// Checks that a picture has one frame or page, because only the first one is read.
///
/// # Errors
/// Returns a problem if there are others.
pub(super) fn check_frames(bytes: &[u8]) -> Result<(), ContainerProblem> {
    let has_more = match image::guess_format(bytes) {
        Ok(ImageFormat::Gif) => has_second_frame(bytes).unwrap_or(false),
        Ok(ImageFormat::WebP) => {
            WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.has_animation())
        }
        Ok(ImageFormat::Tiff) => has_second_page(bytes).unwrap_or(false),
        _ => false,
    };
    if has_more {
        return Err(ContainerProblem::UnreadFrames);
    }
    Ok(())
}

/// Returns the length in bytes of a table of colours; zero if the flags say that there is none.
fn color_table_len(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        return 0;
    }
    3 << ((flags & 7) + 1)
}

/// Returns true if a GIF file has two frames; `None` if it is damaged before.
fn has_second_frame(bytes: &[u8]) -> Option<bool> {
    let mut at = 13 + color_table_len(*bytes.get(10)?);
    let mut frames = 0;
    loop {
        at += match bytes.get(at)? {
            b'!' => 2,
            b',' => {
                frames += 1;
                if frames == 2 {
                    return Some(true);
                }
                11 + color_table_len(*bytes.get(at + 9)?)
            }
            _ => return Some(false),
        };
        loop {
            let len = usize::from(*bytes.get(at)?);
            at += 1 + len;
            if len == 0 {
                break;
            }
        }
    }
}

/// Returns true if the list of the pages of a TIFF file goes on behind the first one; `None` if it is damaged.
fn has_second_page(bytes: &[u8]) -> Option<bool> {
    let is_little = bytes.starts_with(b"II");
    let number = |at: usize, len: usize| {
        let digits = bytes.get(at..at.checked_add(len)?)?.iter();
        let join = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if is_little {
            digits.rev().fold(0, join)
        } else {
            digits.fold(0, join)
        })
    };
    let page = number(4, 4)?;
    let entries = number(page, 2)?;
    let next = page.checked_add(2)?.checked_add(entries * 12)?;
    Some(number(next, 4)? != 0)
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, RgbImage};

    use super::*;

    fn page() -> DynamicImage {
        RgbImage::from_pixel(30, 20, Rgb([9; 3])).into()
    }

    #[test]
    fn further_frames_and_pages_are_told() {
        let mut bytes = Vec::new();
        let frame = image::Frame::new(page().into_rgba8());
        image::codecs::gif::GifEncoder::new(&mut bytes)
            .encode_frames([frame.clone(), frame])
            .unwrap();
        assert_eq!(check_frames(&bytes), Err(ContainerProblem::UnreadFrames));
        let mut out = Cursor::new(Vec::new());
        page().write_to(&mut out, ImageFormat::Tiff).unwrap();
        let mut tiff = out.into_inner();
        let first = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
        let entries = usize::from(tiff[first]) * 12;
        tiff[first + 2 + entries] = 8;
        assert_eq!(check_frames(&tiff), Err(ContainerProblem::UnreadFrames));
    }

    #[test]
    fn no_frame_is_decoded_to_know_of_another_one() {
        let screen = b"GIF89a\x61\xff\0\0\x7e\0\0";
        let frame = b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0";
        let one = [&screen[..], frame, b";"].concat();
        assert_eq!(check_frames(&one), Ok(()));
        let two = [&screen[..], frame, frame].concat();
        assert_eq!(check_frames(&two), Err(ContainerProblem::UnreadFrames));
        for len in 0..two.len() {
            let _ = check_frames(&two[..len]);
        }
    }
}
