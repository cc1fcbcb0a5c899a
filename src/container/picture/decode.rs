//! Decoding of pictures into shades of grey, within limits that are told by the headers.

use std::io::Cursor;

use image::imageops;
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    Pixel, Rgba,
};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::jpeg_head::{JpegHead, check_scans};
use super::memory::{check_memory, check_size, count_scratch, has_room};
use super::rows::decode_rows;
use crate::container::limits::{ContainerLimit, ContainerLimits};
use crate::container::member::ContainerProblem;

/// Decodes a picture in shades of grey; of several frames, the first one.
///
/// # Errors
/// Returns the problem of the picture.
pub(super) fn decode_picture(
    bytes: &[u8],
    limits: &ContainerLimits,
) -> Result<GrayImage, ContainerProblem> {
    let format = image::guess_format(bytes).map_err(|e| problem_of(&e, limits.picture_pixels))?;
    let grey = match format {
        ImageFormat::Png => {
            let (grey, orientation) = decode_rows(bytes, limits)?;
            return Ok(turn_picture(grey, orientation));
        }
        ImageFormat::Jpeg => decode_jpeg(bytes, limits)?,
        _ => None,
    };
    grey.map_or_else(|| decode_whole(bytes, format, limits), Ok)
}

/// Decodes a picture that is held in all its colours.
fn decode_whole(
    bytes: &[u8],
    format: ImageFormat,
    limits: &ContainerLimits,
) -> Result<GrayImage, ContainerProblem> {
    let problem = |error: ImageError| problem_of(&error, limits.picture_pixels);
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    // The decoder states 0 for the largest side of a lossless picture.
    if format == ImageFormat::WebP && width.min(height) == 0 {
        let method = "WebP with a side of 0 or 16384 pixels".to_owned();
        return Err(ContainerProblem::UnknownMethod(method));
    }
    check_size(width, height, limits)?;
    if !has_room(width, height) {
        return Ok(GrayImage::default());
    }
    let pixels = u64::from(width) * u64::from(height);
    let scratch = count_scratch(bytes, format, pixels);
    let color = decoder.color_type();
    // Other pixels with alpha are made such first.
    let is_copied = color.has_alpha() && color != ColorType::Rgba8;
    let copies = pixels * if is_copied { 5 } else { 1 };
    let held = decoder.total_bytes().saturating_add(copies);
    check_memory(bytes, held.saturating_add(scratch), limits)?;
    let mut allowed = Limits::no_limits();
    allowed.max_alloc = Some(limits.picture_memory);
    decoder.set_limits(allowed).map_err(problem)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(problem)?;
    Ok(turn_picture(to_grey(picture), orientation))
}

/// Decodes a JPEG picture that states its shades of grey, apart from its colours; `None` for any other.
fn decode_jpeg(
    bytes: &[u8],
    limits: &ContainerLimits,
) -> Result<Option<GrayImage>, ContainerProblem> {
    check_scans(bytes)?;
    let Some(head) = JpegHead::read(bytes) else {
        return Ok(None);
    };
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let problem = |error: &dyn std::fmt::Display| ContainerProblem::damaged(error.to_string());
    decoder.decode_headers().map_err(|error| problem(&error))?;
    let Some((width, height)) = decoder.dimensions() else {
        return Ok(None);
    };
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let (width, height) = (side(width), side(height));
    check_size(width, height, limits)?;
    if !has_room(width, height) {
        return Ok(Some(GrayImage::default()));
    }
    let is_grey = matches!(
        decoder.input_colorspace(),
        Some(ColorSpace::YCbCr | ColorSpace::Luma)
    );
    if !is_grey || u64::from(width) * u64::from(height) != head.count_pixels() {
        return Ok(None);
    }
    let held = head.count_pixels().saturating_add(head.count_kept());
    check_memory(bytes, held, limits)?;
    let exif = decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif));
    decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
    let mut grey = GrayImage::new(width, height);
    decoder
        .decode_into(&mut grey)
        .map_err(|error| problem(&error))?;
    let orientation = exif.unwrap_or(Orientation::NoTransforms);
    Ok(Some(turn_picture(grey, orientation)))
}

/// Turns a picture as its file states; where its sides are not exchanged, in its place.
fn turn_picture(mut grey: GrayImage, orientation: Orientation) -> GrayImage {
    match orientation {
        Orientation::NoTransforms => {}
        Orientation::FlipHorizontal => imageops::flip_horizontal_in_place(&mut grey),
        Orientation::FlipVertical => imageops::flip_vertical_in_place(&mut grey),
        Orientation::Rotate180 => imageops::rotate180_in_place(&mut grey),
        other => {
            let mut picture = DynamicImage::from(grey);
            picture.apply_orientation(other);
            return picture.into_luma8();
        }
    }
    grey
}

/// Returns a picture in shades of grey. What is transparent becomes white, or black below light colours.
fn to_grey(picture: DynamicImage) -> GrayImage {
    let DynamicImage::ImageRgba8(picture) = picture else {
        if picture.color().has_alpha() {
            return to_grey(picture.into_rgba8().into());
        }
        return picture.into_luma8();
    };
    let shade_of = |pixel: &Rgba<u8>| u32::from(pixel.to_luma().0[0]);
    let opaque = picture.pixels().filter(|p| p.0[3] > 127);
    let (sum, count) = opaque.fold((0u64, 0u64), |(sum, count), p| {
        (sum + u64::from(shade_of(p)), count + 1)
    });
    let ground: u32 = if sum < count * 128 || count == 0 {
        255
    } else {
        0
    };
    let (width, height) = picture.dimensions();
    let mixed = picture.pixels().map(|p| {
        let alpha = u32::from(p.0[3]);
        u8::try_from((shade_of(p) * alpha + ground * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    });
    GrayImage::from_raw(width, height, mixed.collect()).unwrap_or_default()
}

fn problem_of(error: &ImageError, most: u64) -> ContainerProblem {
    match error {
        ImageError::Limits(_) => ContainerProblem::Limit(ContainerLimit::PicturePixels(most)),
        ImageError::Unsupported(what) => ContainerProblem::UnknownMethod(what.to_string()),
        error => ContainerProblem::damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn a_picture_is_turned_as_its_file_states() {
        let picture = GrayImage::from_fn(5, 3, |x, y| Luma([u8::try_from(x * 40 + y).unwrap()]));
        for number in 1..=8 {
            let orientation = Orientation::from_exif(number).unwrap();
            let mut whole = DynamicImage::from(picture.clone());
            whole.apply_orientation(orientation);
            assert_eq!(
                turn_picture(picture.clone(), orientation),
                whole.into_luma8()
            );
        }
    }
}
