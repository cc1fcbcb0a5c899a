//! Scans of git: what is staged.

use super::Scanner;
use crate::finding::Outcome;
use crate::source::git::{self, GitError, Repository, StagedOptions, Witnesses};

impl Scanner {
    /// Scans what is staged for the next commit.
    ///
    /// # Errors
    /// When the index or `HEAD` cannot be read.
    pub fn scan_staged(
        &self,
        repository: &Repository,
        options: &StagedOptions,
    ) -> Result<Outcome, GitError> {
        let mut done = Ok(());
        let witnesses = Witnesses::of(repository);
        let mut outcome = self.gather(&witnesses, |sinks| {
            done = git::scan_staged(repository, options, &mut *sinks());
        });
        let empty = outcome.blobs == 0 && outcome.skipped.is_empty();
        if empty {
            let note = "nothing is staged that differs from HEAD";
            outcome.notes.push(note.to_owned());
        }
        done.map(|()| outcome)
    }
}
