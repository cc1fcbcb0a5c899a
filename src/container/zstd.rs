//! Zstandard: one text in one or more frames.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::member::ContainerProblem;
use super::window::{WindowHold, find_zstd_window};

/// Maximum length in bytes of the window of a frame, which is held in memory.
const MOST_WINDOW: u64 = 64 << 20;

/// First bytes of a frame.
const FRAME: u32 = 0xfd2f_b528;

/// First bytes, without the lowest half byte, of a frame that programs put between the others for their own use.
const SKIPPABLE: u32 = 0x184d_2a50;

/// Decoder of one frame, with the memory of its window.
type Frame<R> = (Box<StreamingDecoder<R, FrameDecoder>>, WindowHold);

/// Content of all frames, one after the other.
pub(crate) struct ZstdContent<R: Read> {
    state: FrameState<R>,
}

enum FrameState<R: Read> {
    Between(R),
    Inside(Frame<R>),
    Ended,
}

impl<R: BufRead> ZstdContent<R> {
    pub(crate) fn new(packed: R) -> Self {
        ZstdContent {
            state: FrameState::Between(packed),
        }
    }
}

/// Returns the decoder of the next frame; `None` at the end of the input.
fn open_next_frame<R: BufRead>(mut packed: R) -> io::Result<Option<Frame<R>>> {
    loop {
        let start = packed.fill_buf()?;
        if start.is_empty() {
            return Ok(None);
        }
        // A buffer may end inside the first bytes: then the decoder looks at them.
        let magic = start.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        match magic {
            None | Some(FRAME) => return open_frame(packed).map(Some),
            Some(magic) if magic & !0xf == SKIPPABLE => skip_frame(&mut packed)?,
            Some(_) => {
                let text = "something else follows its last frame";
                return Err(ContainerProblem::damaged(text).into());
            }
        }
    }
}

fn open_frame<R: BufRead>(mut packed: R) -> io::Result<Frame<R>> {
    let hold = WindowHold::new(find_zstd_window(packed.fill_buf()?));
    match StreamingDecoder::new_with_max_window_size(packed, MOST_WINDOW) {
        Ok(decoder) => Ok((Box::new(decoder), hold)),
        Err(FrameDecoderError::WindowSizeTooBig { .. }) => {
            let method = "zstd with a window of more than 64 MiB";
            Err(ContainerProblem::UnknownMethod(method.to_owned()).into())
        }
        Err(error) => Err(io::Error::other(error.to_string())),
    }
}

/// Passes over a frame that belongs to the program that wrote it.
fn skip_frame(packed: &mut impl BufRead) -> io::Result<()> {
    let mut header = [0; 8];
    packed.read_exact(&mut header)?;
    let [_, _, _, _, len @ ..] = header;
    let len = u64::from(u32::from_le_bytes(len));
    let skipped = io::copy(&mut packed.take(len), &mut io::sink())?;
    if skipped < len {
        return Err(ContainerProblem::truncated().into());
    }
    Ok(())
}

impl<R: BufRead> Read for ZstdContent<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, FrameState::Ended) {
                FrameState::Ended => return Ok(0),
                FrameState::Between(packed) => match open_next_frame(packed)? {
                    Some(frame) => self.state = FrameState::Inside(frame),
                    None => return Ok(0),
                },
                FrameState::Inside((mut frame, mut hold)) => {
                    let count = frame.read(out)?;
                    if count > 0 {
                        hold.fill(count as u64)?;
                        self.state = FrameState::Inside((frame, hold));
                        return Ok(count);
                    }
                    let stated = frame.decoder.get_checksum_from_data();
                    let own = frame.decoder.get_calculated_checksum();
                    if stated.is_some() && stated != own {
                        let text = "its checksum is not that of its content";
                        return Err(ContainerProblem::damaged(text).into());
                    }
                    self.state = FrameState::Between(frame.into_inner());
                }
            }
        }
    }
}
