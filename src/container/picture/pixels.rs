//! Pixels of a picture: decoded within limits, made grey, and rendered for a reading at another size or polarity.

use std::io::{self, Cursor, Write};
use std::sync::Arc;

use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    AnimationDecoder, DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader,
    Limits,
};

use super::rows::decode_rows;

use crate::container::limits::ContainerLimit;
use crate::container::member::ContainerProblem;

/// Maximum width and height of a picture that tesseract reads, in pixels.
const MOST_SIDE: u32 = 32_000;

/// Least width and height of a picture in which a word has room, in pixels.
const LEAST_SIDE: u32 = 6;

/// Least number of pixels in which a token has room: 20 characters of 3 by 6 pixels.
const LEAST_PIXELS: u64 = 360;

/// Number of pixels up to which the characters of a picture are small.
const SMALL: u64 = 3_000_000;

/// Number of bytes of a decoded picture from which on it is not held in all its colours.
const LARGE: u64 = 32 << 20;

/// Layout that tesseract looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextLayout {
    /// Columns and paragraphs.
    Blocks,
    /// Any text in any place.
    Sparse,
}

impl TextLayout {
    /// Returns the number of the layout in the arguments of tesseract.
    pub(super) fn number(self) -> &'static str {
        match self {
            TextLayout::Blocks => "3",
            TextLayout::Sparse => "11",
        }
    }
}

/// Form in which a picture is given to one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rendering {
    /// Factor of the size.
    pub(super) scale: u32,
    /// True if light and dark are exchanged.
    pub(super) is_inverted: bool,
    /// Layout to look for.
    pub(super) layout: TextLayout,
    /// True if the reading is for long words only, which are harder to read.
    pub(super) is_for_words: bool,
}

/// Picture in shades of grey.
pub(super) struct PicturePixels {
    grey: Arc<GrayImage>,
    /// True if most of the picture is dark.
    is_dark: bool,
}

impl PicturePixels {
    /// Decodes a picture of at most this number of pixels; of several frames, the first one.
    ///
    /// # Errors
    /// Returns the problem of the picture.
    pub(super) fn decode(bytes: &[u8], most: u64) -> Result<Self, ContainerProblem> {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        let format = reader.format();
        let mut decoder = reader.into_decoder().map_err(|e| problem_of(&e, most))?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > most {
            return Err(ContainerProblem::Limit(ContainerLimit::PicturePixels(most)));
        }
        if !has_room(width, height) {
            return Ok(PicturePixels::new(GrayImage::new(0, 0)));
        }
        if format == Some(ImageFormat::Png) && decoder.total_bytes() > LARGE {
            let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
            let mut picture = DynamicImage::from(decode_rows(bytes, most)?);
            picture.apply_orientation(orientation);
            return Ok(PicturePixels::new(picture.into_luma8()));
        }
        let mut limits = Limits::no_limits();
        // Four channels of 16 bits, once more for the decoder.
        limits.max_alloc = Some(most.saturating_mul(16));
        decoder
            .set_limits(limits)
            .map_err(|e| problem_of(&e, most))?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| problem_of(&e, most))?;
        picture.apply_orientation(orientation);
        Ok(PicturePixels::new(to_grey(picture)))
    }

    fn new(grey: GrayImage) -> Self {
        PicturePixels {
            is_dark: is_dark(&grey),
            grey: Arc::new(grey),
        }
    }

    /// Returns the renderings to read; none if no token has room in the picture.
    pub(super) fn plan_renderings(&self, most: u64) -> Vec<Rendering> {
        let (width, height) = self.grey.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if !has_room(width, height) {
            return Vec::new();
        }
        let fits = |scale: &u32| {
            let side = width.max(height).saturating_mul(*scale);
            side <= MOST_SIDE && pixels * u64::from(scale * scale) <= most
        };
        let wanted: &[u32] = if pixels <= SMALL { &[2, 1, 3] } else { &[1, 2] };
        let scales: Vec<u32> = wanted.iter().copied().filter(fits).collect();
        let reading = |(at, scale): (usize, u32)| Rendering {
            scale,
            // Dark text on a light ground first, and both in turn.
            is_inverted: self.is_dark != (at % 2 == 1),
            layout: [TextLayout::Blocks, TextLayout::Sparse][at % 2],
            is_for_words: at > 1,
        };
        // A picture too large to be scaled is read as it is, in both polarities.
        let scales = if scales.len() < 2 { vec![1, 1] } else { scales };
        scales.into_iter().enumerate().map(reading).collect()
    }

    /// Returns a rendering.
    pub(super) fn render(&self, rendering: &Rendering) -> RenderedPicture {
        let (width, height) = self.grey.dimensions();
        let (width, height) = (width * rendering.scale, height * rendering.scale);
        let mut grey = Arc::clone(&self.grey);
        if rendering.scale > 1 {
            let picture = DynamicImage::from(GrayImage::clone(&grey));
            let picture = picture.resize_exact(width, height, FilterType::CatmullRom);
            grey = Arc::new(picture.into_luma8());
        }
        RenderedPicture {
            grey,
            is_inverted: rendering.is_inverted,
        }
    }
}

/// Rendering of a picture, which is written as a file that tesseract reads.
pub(super) struct RenderedPicture {
    grey: Arc<GrayImage>,
    is_inverted: bool,
}

impl RenderedPicture {
    /// Writes the picture as a BMP file: its rows from the lowest on, each of a multiple of four bytes. The shades are
    /// exchanged by the palette.
    ///
    /// # Errors
    /// When writing fails.
    pub(super) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let (width, height) = self.grey.dimensions();
        let padding = (4 - width as usize % 4) % 4;
        let len = width.div_ceil(4) * 4 * height;
        let head = 54 + 4 * 256;
        out.write_all(b"BM")?;
        for number in [
            head + len,
            0,
            head,
            40,
            width,
            height,
            1 | 8 << 16,
            0,
            len,
            0,
            0,
            256,
            0,
        ] {
            out.write_all(&number.to_le_bytes())?;
        }
        for shade in 0..=255u8 {
            let shade = if self.is_inverted { 255 - shade } else { shade };
            out.write_all(&[shade, shade, shade, 0])?;
        }
        let rows = self.grey.as_raw().chunks_exact(width.max(1) as usize);
        for row in rows.rev() {
            out.write_all(row)?;
            out.write_all(&[0; 4][..padding])?;
        }
        Ok(())
    }
}

/// Returns true if a token has room in a picture of this size.
fn has_room(width: u32, height: u32) -> bool {
    width.min(height) >= LEAST_SIDE && u64::from(width) * u64::from(height) >= LEAST_PIXELS
}

/// Returns a picture in shades of grey. What is transparent becomes white, or black below light colours.
fn to_grey(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let picture = picture.into_luma_alpha8();
    let opaque = picture.pixels().filter(|p| p.0[1] > 127);
    let (sum, count) = opaque.fold((0u64, 0u64), |(sum, count), p| {
        (sum + u64::from(p.0[0]), count + 1)
    });
    let ground: u32 = if sum < count * 128 { 255 } else { 0 };
    let (width, height) = picture.dimensions();
    let mixed = picture.pixels().map(|p| {
        let [shade, alpha] = p.0.map(u32::from);
        u8::try_from((shade * alpha + ground * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    });
    GrayImage::from_raw(width, height, mixed.collect()).unwrap_or_default()
}

/// Returns true if most of a picture is dark.
fn is_dark(grey: &GrayImage) -> bool {
    let dark = grey.as_raw().iter().filter(|shade| **shade < 128).count();
    dark * 2 > grey.as_raw().len()
}

fn problem_of(error: &ImageError, most: u64) -> ContainerProblem {
    match error {
        ImageError::Limits(_) => ContainerProblem::Limit(ContainerLimit::PicturePixels(most)),
        ImageError::Unsupported(what) => ContainerProblem::UnknownMethod(what.to_string()),
        error => ContainerProblem::damaged(error.to_string()),
    }
}

/// Checks that a picture has one frame or page, because only the first one is read.
///
/// # Errors
/// Returns a problem if there are others.
pub(super) fn check_frames(bytes: &[u8]) -> Result<(), ContainerProblem> {
    let has_more = match image::guess_format(bytes) {
        Ok(ImageFormat::Gif) => GifDecoder::new(Cursor::new(bytes))
            .is_ok_and(|decoder| decoder.into_frames().nth(1).is_some()),
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
    use super::*;
    use image::{Luma, LumaA, Rgb, RgbImage};

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn page(width: u32, height: u32, shade: u8) -> DynamicImage {
        RgbImage::from_pixel(width, height, Rgb([shade; 3])).into()
    }

    fn decode(picture: &DynamicImage) -> PicturePixels {
        PicturePixels::decode(&file(picture, ImageFormat::Png), 1 << 24).unwrap()
    }

    #[test]
    fn a_small_picture_is_read_at_three_sizes_and_in_both_polarities() {
        let plan_within = |picture: &DynamicImage, most: u64| -> Vec<(u32, bool, bool)> {
            let renderings = decode(picture).plan_renderings(most);
            let of = |r: &Rendering| (r.scale, r.is_inverted, r.is_for_words);
            renderings.iter().map(of).collect()
        };
        let plan = |picture: &DynamicImage| plan_within(picture, 1 << 24);
        let light = [(2, false, false), (1, true, false), (3, false, true)];
        assert_eq!(plan(&page(80, 60, 250)), light);
        let dark = [(2, true, false), (1, false, false), (3, true, true)];
        assert_eq!(plan(&page(80, 60, 20)), dark);
        let large = [(1, false, false), (1, true, false)];
        assert_eq!(plan_within(&page(80, 60, 250), 4800), large);
        assert_eq!(plan(&page(16, 16, 250)), []);
        assert_eq!(plan(&page(400, 5, 250)), []);
    }

    #[test]
    fn a_rendering_is_larger_and_its_polarity_is_chosen() {
        let mut picture = GrayImage::from_pixel(40, 20, Luma([255]));
        picture.put_pixel(3, 4, Luma([0]));
        let pixels = decode(&picture.into());
        let rendered = |scale, is_inverted| {
            let file = pixels.render(&Rendering {
                scale,
                is_inverted,
                layout: TextLayout::Blocks,
                is_for_words: false,
            });
            let mut written = Vec::new();
            file.write_to(&mut written).unwrap();
            image::load_from_memory(&written).unwrap().into_luma8()
        };
        assert_eq!(rendered(1, false).get_pixel(3, 4), &Luma([0]));
        assert_eq!(rendered(1, true).get_pixel(3, 4), &Luma([255]));
        let large = rendered(3, false);
        assert_eq!(large.dimensions(), (120, 60));
        assert!(large.get_pixel(10, 13).0[0] < 40);
    }

    #[test]
    fn what_is_transparent_stands_out_from_the_text() {
        for (shade, ground) in [(10, 255), (240, 0)] {
            let mut picture = image::GrayAlphaImage::from_pixel(30, 20, LumaA([shade, 0]));
            picture.put_pixel(2, 2, LumaA([shade, 255]));
            let pixels = decode(&picture.into());
            assert_eq!(pixels.grey.get_pixel(0, 0), &Luma([ground]));
            assert_eq!(pixels.grey.get_pixel(2, 2), &Luma([shade]));
        }
    }

    #[test]
    fn every_format_is_decoded_and_a_cut_or_large_one_is_refused() {
        let picture = page(60, 30, 200);
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
            ImageFormat::WebP,
        ] {
            let bytes = file(&picture, format);
            let pixels = PicturePixels::decode(&bytes, 1800).unwrap();
            assert_eq!(pixels.grey.dimensions(), (60, 30), "{format:?}");
            assert_eq!(check_frames(&bytes), Ok(()), "{format:?}");
            let limit = ContainerProblem::Limit(ContainerLimit::PicturePixels(1799));
            let large = PicturePixels::decode(&bytes, 1799).err();
            assert_eq!(large, Some(limit), "{format:?}");
            for len in 0..bytes.len().min(300) {
                let _ = PicturePixels::decode(&bytes[..len], 1800);
                let _ = check_frames(&bytes[..len]);
            }
        }
        assert!(PicturePixels::decode(b"\x89PNG\r\n\x1a\nrest", 1800).is_err());
    }

    #[test]
    fn further_frames_and_pages_are_told() {
        let mut bytes = Vec::new();
        let frame = image::Frame::new(page(30, 20, 9).into_rgba8());
        image::codecs::gif::GifEncoder::new(&mut bytes)
            .encode_frames([frame.clone(), frame])
            .unwrap();
        assert_eq!(check_frames(&bytes), Err(ContainerProblem::UnreadFrames));
        let mut tiff = file(&page(30, 20, 9), ImageFormat::Tiff);
        let first = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
        let entries = usize::from(tiff[first]) * 12;
        tiff[first + 2 + entries] = 8;
        assert_eq!(check_frames(&tiff), Err(ContainerProblem::UnreadFrames));
    }
}
