//! Frames of LZ4, one after the other.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::{Error, FrameDecoder};

/// Returns the content of all frames.
pub(super) fn open_lz4<'c>(packed: impl BufRead + 'c) -> impl Read + 'c {
    FrameContent(FrameDecoder::new(packed))
}

/// Content of all frames. The decoder ends its content with each frame.
struct FrameContent<R: Read>(FrameDecoder<R>);

impl<R: BufRead> Read for FrameContent<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.0.read(out) {
                Ok(0) if self.0.get_mut().fill_buf()?.is_empty() => return Ok(0),
                Ok(0) => {}
                Ok(count) => return Ok(count),
                Err(error) => {
                    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
                    // A frame for other programs.
                    let Some(Error::SkippableFrame(len)) = cause else {
                        return Err(error);
                    };
                    let mut passed = self.0.get_mut().take(u64::from(*len));
                    io::copy(&mut passed, &mut io::sink())?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn frame(text: &[u8]) -> Vec<u8> {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn all_frames_are_read_and_those_for_other_programs_are_passed_over() {
        let skippable = b"\x51\x2a\x4d\x18\x04\0\0\0skip";
        let file = [&frame(b"one ")[..], &frame(b""), skippable, &frame(b"two")].concat();
        let mut text = String::new();
        open_lz4(&file[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one two");
        let behind = [&frame(b"one")[..], b"something"].concat();
        assert!(open_lz4(&behind[..]).read_to_end(&mut Vec::new()).is_err());
    }
}
