//! Rows of a PNG picture, which are made grey one by one, so that the picture is never held in all its colours.

use std::io::Cursor;

use image::GrayImage;
use image::metadata::Orientation;
use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

use super::memory::{check_memory, check_size, has_room};
use crate::container::limits::{ContainerLimit, ContainerLimits};
use crate::container::member::ContainerProblem;

/// Maximum number of bytes that the decoder takes besides the picture.
const MOST_BYTES: usize = 16 << 20;

/// First column, first row, and the steps to the next ones, of each pass over an interlaced picture.
const PASSES: [[u32; 4]; 7] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
];

/// The only pass over any other picture.
const PASS: [[u32; 4]; 1] = [[0, 0, 1, 1]];

/// Length in bytes of the part of a file that states the size of the picture.
const HEADER: usize = 24;

/// Decodes a picture in shades of grey, which must be turned. What is transparent becomes white, or black below light
/// colours.
///
/// # Errors
/// Returns the problem of the picture.
pub(super) fn decode_rows(
    bytes: &[u8],
    limits: &ContainerLimits,
) -> Result<(GrayImage, Orientation), ContainerProblem> {
    // The decoder takes memory for two rows before it tells the size.
    let header = bytes
        .get(16..HEADER)
        .ok_or_else(ContainerProblem::truncated)?;
    let side = |at: usize| {
        let bytes = header[at..at + 4].iter();
        bytes.fold(0, |side, byte| side << 8 | u32::from(*byte))
    };
    let (width, height) = (side(0), side(4));
    check_size(width, height, limits)?;
    if !has_room(width, height) {
        return Ok((GrayImage::default(), Orientation::NoTransforms));
    }
    check_memory(bytes, u64::from(width) * u64::from(height), limits)?;
    let most = limits.picture_pixels;
    let (mut grey, shades, orientation) = decode_over(bytes, 255, most)?;
    if shades.is_light() {
        drop(grey);
        grey = decode_over(bytes, 0, most)?.0;
    }
    Ok((grey, orientation))
}

/// Sum and number of the shades of the opaque pixels, and true if there are others.
#[derive(Default)]
struct OpaqueShades {
    sum: u64,
    count: u64,
    has_others: bool,
}

impl OpaqueShades {
    fn is_light(&self) -> bool {
        self.has_others && self.count > 0 && self.sum >= self.count * 128
    }
}

/// Decodes a picture over a ground of this shade. `most` is the limit that too large a picture has passed.
fn decode_over(
    bytes: &[u8],
    ground: u32,
    most: u64,
) -> Result<(GrayImage, OpaqueShades, Orientation), ContainerProblem> {
    let problem = |error: DecodingError| problem_of(&error, most);
    let limits = Limits { bytes: MOST_BYTES };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(problem)?;
    let (width, height) = reader.info().size();
    let passes: &[[u32; 4]] = if reader.info().interlaced {
        &PASSES
    } else {
        &PASS
    };
    let exif = reader.info().exif_metadata.as_deref();
    let orientation = exif.and_then(Orientation::from_exif_chunk);
    let color = reader.output_color_type().0;
    let mut grey = GrayImage::new(width, height);
    let mut shades = OpaqueShades::default();
    for [left, top, across, down] in passes {
        if *left >= width {
            continue;
        }
        for y in (*top..height).step_by(*down as usize) {
            let row = reader.next_row().map_err(problem)?;
            let row = row.ok_or_else(ContainerProblem::truncated)?;
            let columns = (*left..width).step_by(*across as usize);
            let pixels = row.data().chunks_exact(color.samples());
            for (x, pixel) in columns.zip(pixels) {
                grey.get_pixel_mut(x, y).0[0] = mix_pixel(pixel, color, ground, &mut shades);
            }
        }
    }
    Ok((
        grey,
        shades,
        orientation.unwrap_or(Orientation::NoTransforms),
    ))
}

/// Returns the shade of a pixel over the ground.
fn mix_pixel(pixel: &[u8], color: ColorType, ground: u32, shades: &mut OpaqueShades) -> u8 {
    let at = |index: usize| pixel.get(index).map_or(255, |sample| u32::from(*sample));
    let has_color = matches!(color, ColorType::Rgb | ColorType::Rgba);
    let shade = if has_color {
        (2126 * at(0) + 7152 * at(1) + 722 * at(2)) / 10_000
    } else {
        at(0)
    };
    let alpha = match color {
        ColorType::GrayscaleAlpha => at(1),
        ColorType::Rgba => at(3),
        _ => 255,
    };
    if alpha > 127 {
        shades.sum += u64::from(shade);
        shades.count += 1;
    }
    shades.has_others |= alpha < 255;
    u8::try_from((shade * alpha + ground * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

fn problem_of(error: &DecodingError, most: u64) -> ContainerProblem {
    match error {
        DecodingError::LimitsExceeded => {
            ContainerProblem::Limit(ContainerLimit::PicturePixels(most))
        }
        error => ContainerProblem::damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat, Luma, LumaA, Rgb, Rgba};
    use std::io::Cursor;
    use std::sync::LazyLock;

    use super::*;

    static LIMITS: LazyLock<ContainerLimits> = LazyLock::new(ContainerLimits::default);

    fn png_of(picture: &DynamicImage) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    /// A picture of 29 by 13 pixels whose shades rise.
    fn ramp() -> GrayImage {
        GrayImage::from_fn(29, 13, |x, y| Luma([u8::try_from(x * 8 + y).unwrap()]))
    }

    #[test]
    fn rows_give_the_same_shades_as_the_whole_picture() {
        let grey = DynamicImage::from(ramp());
        let mut pictures = vec![
            DynamicImage::from(grey.to_rgb8()),
            DynamicImage::from(grey.to_rgba8()),
            DynamicImage::from(grey.to_luma16()),
            DynamicImage::from(grey.to_rgba16()),
            grey,
        ];
        pictures.push(DynamicImage::from(image::RgbImage::from_pixel(
            40,
            30,
            Rgb([200, 30, 99]),
        )));
        for picture in pictures {
            let rows = decode_rows(&png_of(&picture), &LIMITS).unwrap().0;
            assert_eq!(rows, picture.to_luma8(), "{:?}", picture.color());
        }
    }

    #[test]
    fn what_is_transparent_stands_out_from_the_text() {
        for (shade, ground) in [(10, 255), (240, 0)] {
            let mut picture = image::GrayAlphaImage::from_pixel(30, 20, LumaA([shade, 0]));
            picture.put_pixel(2, 2, LumaA([shade, 255]));
            let rows = decode_rows(&png_of(&picture.into()), &LIMITS).unwrap().0;
            assert_eq!(rows.get_pixel(0, 0), &Luma([ground]));
            assert_eq!(rows.get_pixel(2, 2), &Luma([shade]));
        }
        let clear = image::RgbaImage::from_pixel(30, 20, Rgba([9, 9, 9, 0]));
        let rows = decode_rows(&png_of(&clear.into()), &LIMITS).unwrap().0;
        assert_eq!(rows.get_pixel(0, 0), &Luma([255]));
    }

    #[test]
    fn an_interlaced_picture_is_put_together() {
        // Each pass over the ramp, as a writer stores it: a filter byte in front of each row.
        let ramp = ramp();
        let mut rows = Vec::new();
        for [left, top, across, down] in PASSES {
            for y in (top..13).step_by(down as usize) {
                rows.push(0);
                rows.extend(
                    (left..29)
                        .step_by(across as usize)
                        .map(|x| ramp.get_pixel(x, y).0[0]),
                );
            }
        }
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut add = |kind: &[u8], content: &[u8]| {
            let named = [kind, content].concat();
            file.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
            file.extend(&named);
            file.extend(crc32fast::hash(&named).to_be_bytes());
        };
        add(b"IHDR", &[0, 0, 0, 29, 0, 0, 0, 13, 8, 0, 0, 0, 1]);
        let mut packed = flate2::read::ZlibEncoder::new(&rows[..], flate2::Compression::fast());
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut packed, &mut content).unwrap();
        add(b"IDAT", &content);
        add(b"IEND", b"");
        assert_eq!(decode_rows(&file, &LIMITS).unwrap().0, ramp);
        assert!(decode_rows(&file[..file.len() - 40], &LIMITS).is_err());
    }
}
