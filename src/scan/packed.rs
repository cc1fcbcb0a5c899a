//! Scans of containers that are being rewritten, and of single members of them.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use super::engine::RunContext;
use super::{FoundSecrets, Scanner};
use crate::finding::{Finding, Origin, OriginKind, Outcome, Skip, SkipReason};
use crate::source::{self, Chunk};

impl Scanner {
    /// Scans the text of a member of the container at `path`, also for secrets that were `found` before. `member` is the
    /// name of the file and the way to the member. Nothing is taken from the text that is not in its bytes.
    pub(crate) fn scan_member_for(
        &self,
        text: &[u8],
        (path, member): (&Path, &str),
        found: &FoundSecrets,
    ) -> Vec<Finding> {
        let origin = Origin {
            kind: OriginKind::ArchiveMember,
            outer: OriginKind::File,
            member: Some(member.to_owned()),
            ..Origin::default()
        };
        let chunk = Chunk::whole(text, path, &origin);
        let context = RunContext {
            is_flat: true,
            ..self.context(self.given_objects())
        };
        let run = |sinks: &source::Sinks<'_>| sinks().scan_chunk(&chunk);
        self.run_source_for(context, found, run).findings
    }

    /// Scans a container in memory, reported as the file at `path`.
    pub(crate) fn scan_held_container(
        &self,
        bytes: &[u8],
        path: &Path,
        found: &FoundSecrets,
    ) -> Outcome {
        let origin = Origin::default();
        let chunk = Chunk::whole(bytes, path, &origin);
        let context = self.context(self.given_objects());
        let run = |sinks: &source::Sinks<'_>| sinks().scan_chunk(&chunk);
        self.run_source_for(context, found, run)
    }

    /// Scans an open file that is a container, reported as the file at `path`.
    pub(crate) fn scan_opened_container(
        &self,
        mut file: &File,
        path: &Path,
        found: &FoundSecrets,
    ) -> Outcome {
        let origin = Origin::default();
        let context = RunContext {
            opened: Some(file),
            ..self.context(self.given_objects())
        };
        self.run_source_for(context, found, |sinks| {
            let mut sink = sinks();
            let read = file.seek(SeekFrom::Start(0)).and_then(|_| {
                source::scan_reader(file, path, &origin, &mut Vec::new(), &mut *sink)
            });
            if let Err(error) = read {
                sink.skip(Skip {
                    path: path.to_owned(),
                    reason: SkipReason::Unreadable(error.to_string()),
                });
            }
        })
    }

    /// Returns the number of bytes of a member that may be held in memory.
    pub(crate) fn container_memory(&self) -> u64 {
        self.engine.containers.map_or(0, |limits| limits.memory)
    }
}
