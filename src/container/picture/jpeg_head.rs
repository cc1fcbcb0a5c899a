//! Headers of a JPEG file: the size of the picture, and the way that its decoder must take.

use crate::container::member::ContainerProblem;

/// Maximum number of scans of a picture. Programs write up to a dozen; the decoder passes over the whole picture for each.
const MOST_SCANS: usize = 100;

/// Headers of a JPEG file.
pub(super) struct JpegHead {
    pixels: u64,
    /// Number of samples of all components in one unit, and the number of pixels of the unit.
    samples: (u64, u64),
    /// True if all coefficients are kept until the last scan is read.
    is_kept: bool,
}

impl JpegHead {
    /// Reads the headers in front of the first scan; `None` if they are damaged.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let mut frame: Option<(u8, JpegHead)> = None;
        let mut at = 2;
        loop {
            if *file.get(at)? != 0xff {
                return None;
            }
            let marker = *file.get(at + 1)?;
            if matches!(marker, 0xff | 0x01 | 0xd0..=0xd8) {
                at += if marker == 0xff { 1 } else { 2 };
                continue;
            }
            let number = |at: usize| Some(u16::from_be_bytes([*file.get(at)?, *file.get(at + 1)?]));
            let len = usize::from(number(at + 2)?);
            match marker {
                0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                    let (height, width) = (number(at + 5)?, number(at + 7)?);
                    let components = *file.get(at + 9)?;
                    let list = file.get(at + 10..at + 10 + 3 * usize::from(components))?;
                    let head = JpegHead {
                        pixels: u64::from(width) * u64::from(height),
                        samples: count_samples(list),
                        is_kept: marker == 0xc2,
                    };
                    frame = Some((components, head));
                }
                0xda => {
                    let (components, mut head) = frame?;
                    head.is_kept |= *file.get(at + 4)? < components;
                    return Some(head);
                }
                _ => {}
            }
            at += 2 + len;
        }
    }

    /// Returns the number of bytes of the coefficients that the decoder keeps.
    pub(super) fn count_kept(&self) -> u64 {
        if self.is_kept {
            self.pixels * self.samples.0 * 2 / self.samples.1
        } else {
            0
        }
    }

    /// Returns the number of pixels.
    pub(super) fn count_pixels(&self) -> u64 {
        self.pixels
    }
}

/// Counts the samples of the components that a header lists, and the pixels that they stand for.
fn count_samples(list: &[u8]) -> (u64, u64) {
    let factors = list.chunks_exact(3).map(|component| {
        let factors = u64::from(component[1]);
        (factors >> 4, factors & 15)
    });
    let (mut samples, mut across, mut down) = (0, 1, 1);
    for (x, y) in factors {
        samples += x * y;
        across = across.max(x);
        down = down.max(y);
    }
    (samples, across * down)
}

/// Checks that a picture has no more scans than programs write.
///
/// # Errors
/// Returns a problem if it has more.
pub(super) fn check_scans(file: &[u8]) -> Result<(), ContainerProblem> {
    let mut marks = memchr::memmem::find_iter(file, b"\xff\xda");
    match marks.nth(MOST_SCANS) {
        Some(_) => Err(ContainerProblem::damaged(format!(
            "it has more than {MOST_SCANS} scans, as bombs do"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers of a picture of 100 by 50 pixels, whose colours have half the size.
    fn head_of(frame: u8, components: u8) -> Vec<u8> {
        let mut file = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff".to_vec();
        file.extend([frame, 0, 17, 8, 0, 50, 0, 100, 3]);
        file.extend([1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        file.extend([0xff, 0xda, 0, 12, components]);
        file
    }

    #[test]
    fn what_a_decoder_keeps_is_told_by_the_headers() {
        let kept = |file: &[u8]| JpegHead::read(file).map(|head| head.count_kept());
        assert_eq!(kept(&head_of(0xc0, 3)), Some(0));
        assert_eq!(kept(&head_of(0xc2, 3)), Some(5000 * 3));
        // Each component has a scan of its own.
        assert_eq!(kept(&head_of(0xc0, 1)), Some(5000 * 3));
        let whole = head_of(0xc2, 3);
        assert_eq!(JpegHead::read(&whole).map(|h| h.count_pixels()), Some(5000));
        for len in 0..whole.len() {
            assert_eq!(kept(&whole[..len]), None);
        }
    }

    #[test]
    fn a_picture_of_many_scans_is_refused() {
        assert_eq!(check_scans(&b"\xff\xda\0".repeat(MOST_SCANS)), Ok(()));
        let many = check_scans(&b"\xff\xda\0".repeat(MOST_SCANS + 1));
        assert!(matches!(many, Err(ContainerProblem::Damaged(_))));
    }
}
