//! Pictures: their text is recognised by the program tesseract. A picture is read several times, at other sizes and in
//! the other polarity, because each reading mistakes other characters.

mod decode;
mod frames;
mod jpeg_head;
mod memory;
mod pixels;
mod program;
mod rows;
mod scaled;
mod tsv;

use std::collections::HashMap;
use std::io::{Read, SeekFrom, Write};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::limits::{ContainerLimit, ContainerLimits};
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use super::reading::PictureReading;
use memory::check_memory;
use pixels::PicturePixels;

pub(crate) use program::find_recogniser;

/// Reader of pictures.
pub(super) struct PictureReader;

impl ContainerReader for PictureReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn is_single(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let len = input.seek(SeekFrom::End(0))?;
        let mut bytes = Vec::new();
        visitor.visit_picture(&mut |limits| {
            check_memory(&[], len, limits)?;
            input.seek(SeekFrom::Start(0))?;
            input.take(len).read_to_end(&mut bytes)?;
            let digest = PictureDigest::new(&bytes, limits);
            if let Some(known) = digest.recall_readings() {
                return known;
            }
            let recognised = recognise_picture(&bytes, limits).map(Arc::from);
            digest.remember_readings(&recognised);
            recognised
        })?;
        frames::check_frames(&bytes)
    }
}

/// Decodes a picture of at most this number of pixels, and renders it for each reading, without any recognition of
/// text. Returns the number of renderings. For fuzz targets.
///
/// # Errors
/// Returns the problem of the picture, in words.
#[cfg(feature = "cli")]
pub fn check_picture(bytes: &[u8], most: u64) -> Result<usize, String> {
    let words = |problem: ContainerProblem| problem.to_string();
    let limits = ContainerLimits {
        picture_pixels: most,
        picture_memory: most.saturating_mul(16),
        ..ContainerLimits::default()
    };
    let pixels = PicturePixels::decode(bytes, &limits).map_err(words)?;
    let renderings = pixels.plan_renderings(most);
    for rendering in &renderings {
        let written = pixels.render(rendering).write_to(&mut std::io::sink());
        written.map_err(|error| error.to_string())?;
    }
    frames::check_frames(bytes).map_err(words)?;
    Ok(renderings.len())
}

/// Recognises the text of a picture.
fn recognise_picture(
    bytes: &[u8],
    limits: &ContainerLimits,
) -> Result<Vec<PictureReading>, ContainerProblem> {
    let end = Instant::now() + Duration::from_secs(limits.picture_seconds);
    let program = find_recogniser().map_err(ContainerProblem::Unrecognised)?;
    let pixels = PicturePixels::decode(bytes, limits)?;
    let mut readings: Vec<PictureReading> = Vec::new();
    for rendering in pixels.plan_renderings(limits.picture_pixels) {
        if rendering.is_for_words && !readings.iter().any(PictureReading::has_long_word) {
            continue;
        }
        let input = pixels.render(&rendering);
        let input = Box::new(move |out: &mut dyn Write| input.write_to(out));
        let left = end.saturating_duration_since(Instant::now());
        let output = program::run_recogniser(&program, rendering.layout, input, left)?;
        let Some(output) = output else {
            let limit = ContainerLimit::PictureSeconds(limits.picture_seconds);
            return Err(ContainerProblem::Limit(limit));
        };
        readings.push(tsv::parse_lines(&output, &rendering));
    }
    Ok(readings)
}

/// Readings of a picture, or the reason why there are none.
type Recognised = Result<Arc<[PictureReading]>, ContainerProblem>;

/// Number of words that are kept of all pictures.
const MOST_KEPT: usize = 1 << 20;

/// Readings by the digest of the picture. A scan reads a file again once it knows a secret, and icons are repeated.
static KEPT: LazyLock<Mutex<HashMap<[u8; 32], Recognised>>> = LazyLock::new(Mutex::default);

/// Digest of a picture and of the limits that it is read with.
struct PictureDigest([u8; 32]);

impl PictureDigest {
    fn new(bytes: &[u8], limits: &ContainerLimits) -> Self {
        let mut hash = Sha256::new();
        hash.update(limits.picture_pixels.to_le_bytes());
        hash.update(limits.picture_memory.to_le_bytes());
        hash.update(limits.picture_seconds.to_le_bytes());
        hash.update(bytes);
        PictureDigest(hash.finalize().into())
    }

    fn recall_readings(&self) -> Option<Recognised> {
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&self.0).cloned()
    }

    fn remember_readings(&self, recognised: &Recognised) {
        let count = |readings: &Arc<[PictureReading]>| -> usize {
            readings.iter().map(PictureReading::count_words).sum()
        };
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let words: usize = kept.values().flatten().map(count).sum();
        if words > MOST_KEPT {
            kept.clear();
        }
        kept.insert(self.0, recognised.clone());
    }
}
