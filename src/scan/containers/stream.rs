//! Containers in a stream: the stream is held in memory, so that its container can be opened.

use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use crate::container::{
    ContainerLimit, ContainerLimits, ContainerProblem, HEAD, find_reader, recognise_container,
};
use crate::finding::{Origin, Skip, SkipReason};
use crate::source::{self, Chunk, Sink};

/// Reads a stream to its end and gives it to `sink`: in windows, or as a whole if it is a container that the memory
/// limit has room for.
///
/// # Errors
/// When reading fails; what was read before has been given to `sink`.
pub(in crate::scan) fn scan_stream(
    mut input: impl Read,
    path: &Path,
    origin: &Origin,
    limits: Option<&ContainerLimits>,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let Some(limits) = limits else {
        return source::scan_reader(input, path, origin, &mut Vec::new(), sink);
    };
    let mut held = Vec::with_capacity(HEAD);
    let mut read = input.by_ref().take(HEAD as u64).read_to_end(&mut held);
    let form = recognise_container(&held);
    let is_opened = form.is_some_and(|form| find_reader(form.format, limits).is_some());
    if is_opened && read.is_ok() {
        let room = (limits.memory + 1).saturating_sub(held.len() as u64);
        read = input.by_ref().take(room).read_to_end(&mut held);
    }
    let fits = held.len() as u64 <= limits.memory;
    if read.is_err() || is_opened && fits {
        sink.scan_chunk(&Chunk::whole(&held, path, origin));
        sink.file(held.len() as u64);
        return read.map(|_| ());
    }
    let whole = Cursor::new(held).chain(input);
    source::scan_reader(whole, path, origin, &mut Vec::new(), sink)?;
    if is_opened {
        let limit = ContainerLimit::Memory(limits.memory);
        sink.skip(Skip {
            path: path.to_owned(),
            reason: SkipReason::UnreadMember {
                container: Arc::from(path),
                problem: ContainerProblem::Limit(limit),
                is_named: false,
            },
        });
    }
    Ok(())
}
