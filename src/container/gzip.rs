//! Gzip: one text in one or more compressed parts.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};

/// First bytes of a part.
const MAGIC: &[u8] = &[0x1f, 0x8b];

/// Reader of gzip files.
pub(super) struct GzipReader;

impl ContainerReader for GzipReader {
    fn is_single(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut content = GzipContent::new(BufReader::with_capacity(1 << 16, input));
        if let Some(header) = content.part.as_ref().and_then(GzDecoder::header) {
            visitor.note_text(header.filename().unwrap_or_default());
            visitor.note_text(header.comment().unwrap_or_default());
        }
        let flow = visitor.visit_member(MemberName::packed(b""), &mut content);
        if flow.is_continue()
            && let Some(mut rest) = content.into_rest()
            && rest.fill_buf()?.iter().any(|b| *b != 0)
        {
            let _ = visitor.visit_member(MemberName::plain(b""), &mut rest);
        }
        Ok(())
    }
}

/// Content of all parts, one after the other.
pub(super) struct GzipContent<R> {
    part: Option<GzDecoder<R>>,
    /// Input behind the last part.
    rest: Option<R>,
}

impl<R: BufRead> GzipContent<R> {
    pub(super) fn new(input: R) -> Self {
        GzipContent {
            part: Some(GzDecoder::new(input)),
            rest: None,
        }
    }

    /// Returns the input behind the last part, once the content has been read to its end.
    pub(super) fn into_rest(self) -> Option<R> {
        self.rest
    }
}

impl<R: BufRead> Read for GzipContent<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while let Some(mut part) = self.part.take() {
            let count = part.read(out)?;
            if count > 0 {
                self.part = Some(part);
                return Ok(count);
            }
            let mut input = part.into_inner();
            // A buffer never ends between the two bytes, unless the input does.
            if input.fill_buf()?.starts_with(MAGIC) {
                self.part = Some(GzDecoder::new(input));
            } else {
                self.rest = Some(input);
            }
        }
        Ok(0)
    }
}
