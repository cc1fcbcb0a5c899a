//! Settings of the user, resolved: one field for each key.

use std::path::PathBuf;

use super::containers::ContainerSettings;
use super::setting::{Setting, ValueSource};
use crate::finding::Confidence;

/// Paths under which findings are accepted, as written in a file.
#[derive(Clone, Debug)]
pub struct AcceptRule {
    /// Folder that the paths are relative to.
    pub base: PathBuf,
    /// Globs.
    pub globs: Vec<String>,
    /// Regular expressions.
    pub expressions: Vec<String>,
    /// Rules that are accepted there. All if empty.
    pub rules: Vec<String>,
    /// Reason.
    pub reason: String,
    /// File and line of the rule.
    pub source: ValueSource,
}

/// Settings of the user.
#[derive(Clone, Debug)]
pub struct Config {
    /// Minimum confidence of a reported finding.
    pub min_confidence: Setting<Confidence>,
    /// Ids of the rules that are left out.
    pub exclude_rules: Setting<Vec<String>>,
    /// Files with the user's own rules.
    pub rules: Setting<Vec<PathBuf>>,
    /// File of accepted secrets.
    pub baseline: Setting<Option<PathBuf>>,
    /// True if comments in the source may accept findings.
    pub comments: Setting<bool>,
    /// True if the comments of other scanners count as well.
    pub compat_comments: Setting<bool>,
    /// Maximum size in bytes of a file that is read.
    pub max_file_size: Setting<Option<u64>>,
    /// Reading of containers.
    pub containers: ContainerSettings,
    /// Number of threads; 0 for one per core.
    pub threads: Setting<u64>,
    /// Path rules, from all files.
    pub accept: Vec<AcceptRule>,
    /// Files that were read.
    pub files: Vec<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            min_confidence: Setting::of_default(Confidence::Medium),
            exclude_rules: Setting::of_default(Vec::new()),
            rules: Setting::of_default(Vec::new()),
            baseline: Setting::of_default(None),
            comments: Setting::of_default(true),
            compat_comments: Setting::of_default(false),
            max_file_size: Setting::of_default(None),
            containers: ContainerSettings::default(),
            threads: Setting::of_default(0),
            accept: Vec::new(),
            files: Vec::new(),
        }
    }
}
