//! Scans of git: what is staged, the whole history.

use super::Scanner;
use crate::finding::Outcome;
use crate::source::git::{
    self, GitError, HistoryOptions, RangeOptions, Repository, StagedOptions, Witnesses,
};

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

    /// Scans a repository's whole history.
    ///
    /// # Errors
    /// When the refs or the object database cannot be read at all.
    pub fn scan_history(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
    ) -> Result<Outcome, GitError> {
        let mut done = None;
        let witnesses = Witnesses::of(repository);
        let mut outcome = self.gather(&witnesses, |sinks| {
            done = Some(git::scan_history(repository, options, sinks));
        });
        if let Some(history) = done.transpose()? {
            history.complete(&mut outcome.findings);
            outcome.sort();
            if outcome.commits == 0 && outcome.is_complete() {
                let note = "no ref of this repository names anything, so there is no history";
                outcome.notes.push(note.to_owned());
            }
        }
        Ok(outcome)
    }

    /// Scans what commits bring in.
    ///
    /// # Errors
    /// When the commits cannot be found.
    pub fn scan_range(
        &self,
        repository: &Repository,
        options: &RangeOptions,
    ) -> Result<Outcome, GitError> {
        let mut done = None;
        let witnesses = Witnesses::of(repository);
        let mut outcome = self.gather(&witnesses, |sinks| {
            done = Some(git::scan_range(repository, options, &mut *sinks()));
        });
        if let Some(range) = done.transpose()? {
            range.complete(&mut outcome.findings);
            outcome.sort();
            if range.is_empty() {
                let note = "there is no commit in this range, so there was nothing to scan";
                outcome.notes.push(note.to_owned());
            }
        }
        Ok(outcome)
    }
}
