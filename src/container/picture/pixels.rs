//! Pixels of a picture, and their renderings for each reading, at other sizes and in the other polarity.

use std::io::{self, Write};
use std::sync::Arc;

use image::GrayImage;

use super::decode::decode_picture;
use super::memory::{MOST_SIDE, has_room};
use super::scaled::ScaledRows;
use crate::container::limits::ContainerLimits;
use crate::container::member::ContainerProblem;

/// Number of pixels up to which the characters of a picture are small.
const SMALL: u64 = 3_000_000;

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
    /// True if all of the picture has one shade.
    is_blank: bool,
}

impl PicturePixels {
    /// Decodes a picture within the limits; of several frames, the first one.
    ///
    /// # Errors
    /// Returns the problem of the picture.
    pub(super) fn decode(bytes: &[u8], limits: &ContainerLimits) -> Result<Self, ContainerProblem> {
        Ok(PicturePixels::new(decode_picture(bytes, limits)?))
    }

    fn new(grey: GrayImage) -> Self {
        PicturePixels {
            is_dark: is_dark(&grey),
            is_blank: grey.as_raw().windows(2).all(|pair| pair[0] == pair[1]),
            grey: Arc::new(grey),
        }
    }

    /// Returns the renderings to read; none if nothing is drawn in the picture, or no token has room in it.
    pub(super) fn plan_renderings(&self, most: u64) -> Vec<Rendering> {
        let (width, height) = self.grey.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if self.is_blank || !has_room(width, height) {
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
        RenderedPicture {
            grey: Arc::clone(&self.grey),
            scale: rendering.scale,
            is_inverted: rendering.is_inverted,
        }
    }
}

/// Rendering of a picture, which is written as a file that tesseract reads.
pub(super) struct RenderedPicture {
    grey: Arc<GrayImage>,
    scale: u32,
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
        let (width, height) = (width * self.scale, height * self.scale);
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
        let mut rows = ScaledRows::new(&self.grey, self.scale);
        let mut row = Vec::new();
        for y in (0..height).rev() {
            rows.read_row(y, &mut row);
            out.write_all(&row)?;
            out.write_all(&[0; 4][..padding])?;
        }
        Ok(())
    }
}

/// Returns true if most of a picture is dark.
fn is_dark(grey: &GrayImage) -> bool {
    let dark = grey.as_raw().iter().filter(|shade| **shade < 128).count();
    dark * 2 > grey.as_raw().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::picture::frames::check_frames;
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, Luma, LumaA, Rgb, RgbImage};

    use crate::container::limits::ContainerLimit;

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    /// A page of one shade with a point of another one.
    fn page(width: u32, height: u32, shade: u8) -> DynamicImage {
        let mut page = RgbImage::from_pixel(width, height, Rgb([shade; 3]));
        page.put_pixel(2, 2, Rgb([shade / 2; 3]));
        page.into()
    }

    fn limits(pixels: u64) -> ContainerLimits {
        ContainerLimits {
            picture_pixels: pixels,
            ..ContainerLimits::default()
        }
    }

    fn decode(picture: &DynamicImage) -> PicturePixels {
        PicturePixels::decode(&file(picture, ImageFormat::Png), &limits(1 << 24)).unwrap()
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
        let blank = GrayImage::from_pixel(80, 60, Luma([250]));
        assert_eq!(plan(&blank.into()), [], "nothing is drawn in it");
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
            let pixels = PicturePixels::decode(&bytes, &limits(1800)).unwrap();
            assert_eq!(pixels.grey.dimensions(), (60, 30), "{format:?}");
            assert_eq!(check_frames(&bytes), Ok(()), "{format:?}");
            let limit = ContainerProblem::Limit(ContainerLimit::PicturePixels(1799));
            let large = PicturePixels::decode(&bytes, &limits(1799)).err();
            assert_eq!(large, Some(limit), "{format:?}");
            for len in 0..bytes.len().min(300) {
                let _ = PicturePixels::decode(&bytes[..len], &limits(1800));
                let _ = check_frames(&bytes[..len]);
            }
        }
        assert!(PicturePixels::decode(b"\x89PNG\r\n\x1a\nrest", &limits(1800)).is_err());
    }

    #[test]
    fn a_picture_without_pixels_or_with_the_largest_sides_is_refused() {
        let picture = page(60, 30, 200);
        // Offsets of the two bytes that state the width, and the lower one first.
        for (format, at) in [
            (ImageFormat::Png, [19, 18]),
            (ImageFormat::Gif, [6, 7]),
            (ImageFormat::Bmp, [18, 19]),
        ] {
            let mut bytes = file(&picture, format);
            assert_eq!(bytes[at[0]], 60, "{format:?}");
            bytes[at[0]] = 0;
            let limits = limits(1 << 20);
            assert!(
                PicturePixels::decode(&bytes, &limits).is_err(),
                "{format:?}"
            );
            for at in at {
                bytes[at] = 0xff;
            }
            assert!(
                PicturePixels::decode(&bytes, &limits).is_err(),
                "{format:?}"
            );
        }
        let largest = b"RIFF\x20\0\0\0WEBPVP8L\x14\0\0\0\x2f\xff\xff\xff\x0f";
        let largest = [&largest[..], &[0; 15]].concat();
        let refused = PicturePixels::decode(&largest, &limits(1 << 30)).err();
        assert!(matches!(refused, Some(ContainerProblem::UnknownMethod(_))));
    }

    #[test]
    fn a_picture_that_takes_too_much_memory_is_refused_before_it_is_decoded() {
        let picture = page(400, 300, 200);
        // Bytes for each pixel that are enough, those of the file not counted.
        for (format, enough) in [
            (ImageFormat::Png, 1),
            (ImageFormat::Jpeg, 1),
            (ImageFormat::Gif, 5),
            (ImageFormat::Bmp, 4),
            (ImageFormat::Tiff, 4),
            (ImageFormat::WebP, 8),
        ] {
            let bytes = file(&picture, format);
            let most = 120_000 * enough + bytes.len() as u64;
            let within = |picture_memory| {
                let limits = ContainerLimits {
                    picture_memory,
                    ..limits(1 << 20)
                };
                PicturePixels::decode(&bytes, &limits).err()
            };
            assert_eq!(within(most), None, "{format:?}");
            let limit = ContainerProblem::Limit(ContainerLimit::PictureMemory(most - 1));
            assert_eq!(within(most - 1), Some(limit), "{format:?}");
        }
    }
}
