//! Folder of the results of an audit: one file for each repository, which is there whole or not at all.

use std::fs::{File, TryLockError};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::file_replacement::FileReplacement;
use crate::finding::{Checksum, Confidence, Severity};
use crate::message::portable_path;
use crate::report::RepositoryFacts;

/// Name of the file that one audit at a time holds a lock on.
const LOCK: &str = ".lock";

/// Ending of the names of results.
const ENDING: &str = "json";

/// Result of the audit of one repository, as far as the merged report needs it.
#[derive(Debug, Deserialize)]
pub(super) struct AuditResult {
    schema_version: u32,
    pub(super) repository: RepositoryFacts,
    pub(super) findings: Vec<ResultFinding>,
    pub(super) scan: ResultCounts,
}

/// Finding in a result.
#[derive(Debug, Deserialize)]
pub(super) struct ResultFinding {
    pub(super) checksum: Checksum,
    pub(super) confidence: Confidence,
    pub(super) fingerprint: String,
    pub(super) line: u64,
    pub(super) r#match: String,
    pub(super) origin: ResultOrigin,
    pub(super) path: String,
    pub(super) remediation: String,
    pub(super) rule_id: String,
    pub(super) severity: Severity,
    pub(super) status: String,
    pub(super) title: String,
}

/// Origin of a finding in a result.
#[derive(Debug, Deserialize)]
pub(super) struct ResultOrigin {
    pub(super) at_head: Option<bool>,
    pub(super) author: Option<String>,
    pub(super) author_date: Option<String>,
    pub(super) head_line: Option<u64>,
    pub(super) head_path: Option<String>,
    pub(super) introduced_in: Option<String>,
    pub(super) member: Option<String>,
}

/// Counts of a result.
#[derive(Debug, Deserialize)]
pub(super) struct ResultCounts {
    pub(super) accepted: u64,
    pub(super) blobs: u64,
    pub(super) bytes: u64,
    pub(super) commits: u64,
    pub(super) complete: bool,
    pub(super) refs: u64,
}

/// Part of a result that says what it is of. It is read without the findings.
#[derive(Debug, Deserialize)]
pub(super) struct ResultHead {
    pub(super) repository: RepositoryFacts,
    pub(super) scan: ResultCounts,
}

/// Folder of results. No other audit writes into it meanwhile.
pub(super) struct ResultFolder {
    folder: PathBuf,
    _lock: File,
}

impl ResultFolder {
    /// Opens the folder, or makes it.
    pub(super) fn open(folder: &Path) -> anyhow::Result<ResultFolder> {
        let context = || format!("cannot write results into {}", portable_path(folder));
        std::fs::create_dir_all(folder).with_context(context)?;
        let lock = File::create(folder.join(LOCK)).with_context(context)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another audit writes its results into {}; wait for it, or name another --output-dir",
                portable_path(folder)
            ),
            // Some network file systems have no locks; results are replaced in one step there too.
            Err(TryLockError::Error(_)) => {}
        }
        Ok(ResultFolder {
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    /// Returns the file of the result of the repository at `path`. Its name holds nothing of the path, which may be secret.
    pub(super) fn file_of(&self, path: &Path) -> PathBuf {
        let real = path.canonicalize().or_else(|_| std::path::absolute(path));
        let real = real.unwrap_or_else(|_| path.to_owned());
        let hash = Sha256::digest(real.as_os_str().as_encoded_bytes());
        let name = data_encoding::HEXLOWER.encode(&hash[..12]);
        self.folder.join(format!("{name}.{ENDING}"))
    }

    /// Writes the result of the repository at `path`: whole, or not at all.
    pub(super) fn write(
        &self,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let file = self.file_of(path);
        FileReplacement::of(&file)
            .write(write)
            .with_context(|| format!("cannot write the result {}", portable_path(&file)))
    }
}

/// Returns what a result is of; `None` if there is none that can be read.
pub(super) fn read_head(file: &Path) -> Option<ResultHead> {
    let file = File::open(file).ok()?;
    serde_json::from_reader(BufReader::new(file)).ok()
}

/// Reads a result.
pub(super) fn read_result(file: &Path) -> anyhow::Result<AuditResult> {
    let opened = File::open(file).context("it cannot be read")?;
    let result: AuditResult = serde_json::from_reader(BufReader::new(opened))
        .context("this is no result of `tokensweep audit`")?;
    if result.schema_version != 1 {
        bail!(
            "this program reads results of version 1, not {}; use a newer tokensweep",
            result.schema_version
        );
    }
    Ok(result)
}

/// Returns the results that a path names: itself, or those in the folder.
pub(super) fn list_results(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).with_context(|| format!("cannot read {}", portable_path(path)))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| file.extension().is_some_and(|ending| ending == ENDING))
        .collect();
    files.sort();
    Ok(files)
}
