//! Rows of a picture at a multiple of its size, made one by one, so that the large picture is never held.

use image::GrayImage;

/// Number of pixels on each side of a point that its shade is made of.
const REACH: f32 = 2.0;

/// Number of pixels in a row that a shade is made of at most.
const TAPS: usize = 6;

/// First pixel that a shade is made of, and the weights of it and of those behind it.
struct PixelWeights {
    first: u32,
    weights: [f32; TAPS],
    count: usize,
}

/// Picture at a multiple of its size.
pub(super) struct ScaledRows<'p> {
    picture: &'p GrayImage,
    scale: u32,
    columns: Vec<PixelWeights>,
    /// Shades of one row before it is widened.
    mixed: Vec<f32>,
}

impl<'p> ScaledRows<'p> {
    pub(super) fn new(picture: &'p GrayImage, scale: u32) -> Self {
        let width = picture.width();
        let weigh = |x| PixelWeights::new(x, scale, width);
        ScaledRows {
            picture,
            scale,
            columns: if scale > 1 {
                (0..width * scale).map(weigh).collect()
            } else {
                Vec::new()
            },
            mixed: Vec::new(),
        }
    }

    /// Puts row `y` of the scaled picture into `row`.
    pub(super) fn read_row(&mut self, y: u32, row: &mut Vec<u8>) {
        let width = self.picture.width() as usize;
        let shades = self.picture.as_raw();
        let row_of = |y: u32| {
            let start = y as usize * width;
            &shades[start..start + width]
        };
        row.clear();
        if self.scale == 1 {
            row.extend_from_slice(row_of(y));
            return;
        }
        let down = PixelWeights::new(y, self.scale, self.picture.height());
        self.mixed.clear();
        self.mixed.resize(width, 0.0);
        for (y, weight) in (down.first..).zip(&down.weights[..down.count]) {
            for (sum, shade) in self.mixed.iter_mut().zip(row_of(y)) {
                *sum += f32::from(*shade) * weight;
            }
        }
        row.extend(self.columns.iter().map(|across| {
            let mixed = &self.mixed[across.first as usize..];
            let weighted = mixed.iter().zip(&across.weights[..across.count]);
            let sum: f32 = weighted.map(|(shade, weight)| shade * weight).sum();
            round_shade(sum)
        }));
    }
}

impl PixelWeights {
    /// Weighs the pixels around the one at `at` in a row of `len` pixels that is scaled.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "numbers of pixels are small, and cut to the row"
    )]
    fn new(at: u32, scale: u32, len: u32) -> Self {
        let centre = (at as f32 + 0.5) / scale as f32;
        let first = ((centre - REACH).floor().max(0.0) as u32).min(len - 1);
        let end = ((centre + REACH).ceil().max(0.0) as u32).clamp(first + 1, len);
        let mut weights = [0.0; TAPS];
        let mut count = 0;
        for (weight, pixel) in weights.iter_mut().zip(first..end) {
            *weight = weigh_distance(pixel as f32 + 0.5 - centre);
            count += 1;
        }
        let sum: f32 = weights.iter().sum();
        PixelWeights {
            first,
            weights: weights.map(|weight| weight / sum),
            count,
        }
    }
}

/// Returns the weight of a pixel at this distance, by the spline of Catmull and Rom.
fn weigh_distance(distance: f32) -> f32 {
    let x = distance.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cut to the range of a byte"
)]
fn round_shade(shade: f32) -> u8 {
    shade.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use image::imageops::{FilterType, resize};
    use image::{GrayImage, Luma};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_rows_are_those_of_the_scaled_picture(
            width in 1u32..12, height in 1u32..12, scale in 1u32..4, shades in prop::collection::vec(any::<u8>(), 144)
        ) {
            let picture = GrayImage::from_fn(width, height, |x, y| Luma([shades[(x * 12 + y) as usize]]));
            let whole = resize(&picture, width * scale, height * scale, FilterType::CatmullRom);
            let mut rows = ScaledRows::new(&picture, scale);
            let mut row = Vec::new();
            for y in (0..height * scale).rev() {
                rows.read_row(y, &mut row);
                prop_assert_eq!(row.len(), (width * scale) as usize);
                for (x, shade) in (0..).zip(&row) {
                    // The order of additions differs, and so may a shade in the middle of two.
                    prop_assert!(whole.get_pixel(x, y).0[0].abs_diff(*shade) <= 1, "{x} {y}");
                }
            }
        }
    }
}
