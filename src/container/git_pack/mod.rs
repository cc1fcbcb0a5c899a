//! Git packs and bundles, and loose objects: the objects are the members, each under its id.

mod entry;
mod loose;
mod resolve;

use std::io::{BufRead, BufReader, Read, SeekFrom};

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use entry::list_entries;
use resolve::PackWalk;

pub(super) use loose::LooseReader;

/// Maximum length in bytes of the lines of a bundle.
const MOST_LINES: u64 = 16 << 20;

/// Reader of packs and bundles.
pub(super) struct PackReader;

impl ContainerReader for PackReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let start = find_pack(input)?;
        let (entries, problem) = list_entries(input, visitor, start)?;
        PackWalk::new(input, visitor, entries).read_objects()?;
        problem.map_or(Ok(()), Err)
    }
}

/// Returns the offset of the pack in a file, which is behind the lines of a bundle.
fn find_pack(input: &mut dyn ContainerInput) -> Result<u64, ContainerProblem> {
    input.seek(SeekFrom::Start(0))?;
    let mut lines = BufReader::new(input).take(MOST_LINES);
    let mut start = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let len = lines.read_until(b'\n', &mut line)?;
        if line.starts_with(b"PACK") {
            return Ok(start);
        }
        if line.starts_with(b"@object-format=sha256") {
            let what = "objects that are named by SHA-256";
            return Err(ContainerProblem::UnknownMethod(what.to_owned()));
        }
        if !line.ends_with(b"\n") {
            return Err(ContainerProblem::truncated());
        }
        start += len as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::mutation::check_damaged;

    /// Pack of a blob, a delta on it and a commit.
    fn sample() -> Vec<u8> {
        let packed = |content: &[u8]| {
            let mut out = Vec::new();
            let mut encoder = flate2::read::ZlibEncoder::new(content, flate2::Compression::fast());
            encoder.read_to_end(&mut out).unwrap();
            out
        };
        let mut pack = b"PACK\0\0\0\x02\0\0\0\x03".to_vec();
        pack.push(0x35);
        let blob = packed(b"hello");
        pack.extend(&blob);
        pack.extend([0x66, u8::try_from(1 + blob.len()).unwrap()]);
        pack.extend(packed(&[5, 6, 0x91, 0, 5, 1]));
        pack.push(0x16);
        pack.extend(packed(b"commit"));
        pack.extend([0; 20]);
        pack
    }

    #[test]
    fn damaged_packs_are_read_in_bounded_work() {
        check_damaged(&PackReader, &sample());
    }
}
