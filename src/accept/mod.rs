//! Accepted findings: comments in the source, path rules of the configuration, and the baseline. An accepted
//! finding is kept and counted, never dropped.

pub(crate) mod baseline;
pub(crate) mod comment;
mod entry;
mod misspelt;
mod paths;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::date::Date;
use crate::finding::{Acceptance, AcceptedBy, Confidence, Finding, OriginKind, Outcome};
use crate::message::portable_path;

pub use baseline::Baseline;
pub(crate) use comment::Comments;
pub(crate) use entry::{Entry, EntryStatus, SOON};
pub(crate) use misspelt::explain_unread_comment;
pub use paths::PathRule;
#[cfg(feature = "cli")]
pub(crate) use paths::compile_path_regex;

/// Acceptances of the configuration and the baseline. Comments are applied during the scan, which has the text.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// Paths under which findings are accepted.
    pub paths: Vec<PathRule>,
    /// Rules that the scanned tree's own configuration turns off, and the place of the setting.
    pub rules_off: Option<(Vec<String>, String)>,
    /// Minimum confidence that the scanned tree's own configuration sets, and the place of the setting.
    pub quiet_below: Option<(Confidence, String)>,
    /// Accepted secrets, and the file that contains them.
    pub baseline: Option<(Baseline, String)>,
    /// Folder that the paths of the baseline are relative to.
    pub baseline_base: PathBuf,
    /// Folder that the paths of git are relative to.
    pub git_root: Option<PathBuf>,
    /// Returns true if the project's ignore files match a path. Needed for git: a walk of the files skips such paths.
    pub ignored: Option<fn(&Path) -> bool>,
}

impl Policy {
    /// Marks accepted findings, and notes expired acceptances. Findings that are accepted already stay so.
    pub(crate) fn mark_accepted(&self, outcome: &mut Outcome, today: Date) {
        let mut notes = BaselineNotes::default();
        for finding in &mut outcome.findings {
            if finding.accepted.is_some() {
                continue;
            }
            finding.accepted = self
                .accepted_by_path_rule(finding)
                .or_else(|| self.accepted_by_baseline(finding, today, &mut notes))
                .map(Box::new);
        }
        outcome.notes.extend(notes.finish());
    }

    fn accepted_by_path_rule(&self, finding: &Finding) -> Option<Acceptance> {
        let accept = |reason: String, source: &str| Acceptance {
            by: AcceptedBy::Configuration,
            reason,
            source: source.to_owned(),
            first_seen: None,
        };
        if let Some((rules, source)) = &self.rules_off
            && rules.iter().any(|id| **id == *finding.rule_id)
        {
            return Some(accept(
                format!("the rule {} is off", finding.rule_id),
                source,
            ));
        }
        if let Some((level, source)) = &self.quiet_below
            && finding.confidence < *level
        {
            let reason = format!("min-confidence is {}", level.name());
            return Some(accept(reason, source));
        }
        let path = self.absolute_path(finding)?;
        let member = with_way(&path, finding);
        let covers = |r: &&PathRule| {
            r.covers_finding(&path, &finding.rule_id) || r.covers_finding(&member, &finding.rule_id)
        };
        let rule = self.paths.iter().find(covers);
        if let Some(rule) = rule {
            return Some(accept(rule.reason.clone(), &rule.source));
        }
        let is_ignored = self.ignored.filter(|_| self.is_in_tree(finding))?;
        is_ignored(&path).then(|| accept("the file is ignored".to_owned(), ".tokensweepignore"))
    }

    /// Returns true if a finding is in a file that git stores, and not in a message.
    fn is_in_tree(&self, finding: &Finding) -> bool {
        let kind = finding.origin.source_kind();
        self.git_root.is_some() && matches!(kind, OriginKind::Index | OriginKind::Blob)
    }

    fn accepted_by_baseline(
        &self,
        finding: &Finding,
        today: Date,
        notes: &mut BaselineNotes,
    ) -> Option<Acceptance> {
        let (baseline, file) = self.baseline.as_ref()?;
        let path = self.path_in_baseline(finding);
        match baseline.find_entry(&finding.secret, &path, today)? {
            Ok(entry) => {
                if let Some(last) = entry.expires.filter(|_| entry.days_left(today).is_some()) {
                    notes.ending.insert(finding.fingerprint.clone(), last);
                    notes.file = Some(file.clone());
                }
                let is_known = entry.seen.is_empty() || entry.seen.contains(&path);
                Some(Acceptance {
                    by: AcceptedBy::Baseline,
                    reason: entry.describe_entry(),
                    source: file.clone(),
                    first_seen: entry.seen.first().filter(|_| !is_known).cloned(),
                })
            }
            Err(why_not) => {
                let (path, line) = (portable_path(&finding.path), finding.start.line);
                notes
                    .refused
                    .push(format!("{path}:{line}: {why_not} ({file})"));
                None
            }
        }
    }

    /// Returns a finding's path in the baseline: relative to the baseline's folder, wherever the scan started.
    #[must_use]
    pub(crate) fn path_in_baseline(&self, finding: &Finding) -> String {
        let absolute = self
            .absolute_path(finding)
            .map(|path| paths::normalize_path(&path));
        let below = absolute.as_deref().and_then(|path| {
            path.strip_prefix(paths::normalize_path(&self.baseline_base))
                .ok()
        });
        let path = with_way(below.unwrap_or(&finding.path), finding);
        paths::normal_name(&portable_path(&path))
    }

    /// Returns the absolute path of a finding's file.
    fn absolute_path(&self, finding: &Finding) -> Option<PathBuf> {
        let of_git = matches!(
            finding.origin.source_kind(),
            OriginKind::Index | OriginKind::Blob | OriginKind::CommitMessage
        );
        match &self.git_root {
            Some(root) if of_git && finding.origin.repository.is_none() => {
                Some(root.join(&finding.path))
            }
            _ => std::path::absolute(&finding.path).ok(),
        }
    }
}

/// Notes for the user about entries of the baseline.
#[derive(Debug, Default)]
struct BaselineNotes {
    /// Sentences about entries that do not accept a finding.
    refused: Vec<String>,
    /// Secrets whose acceptance ends soon, with their last days.
    ending: BTreeMap<String, Date>,
    /// File of the baseline, if an acceptance ends soon.
    file: Option<String>,
}

impl BaselineNotes {
    fn finish(self) -> Vec<String> {
        let mut notes = self.refused;
        notes.dedup();
        if let (Some(first), Some(file)) = (self.ending.values().min(), self.file) {
            let (count, verb) = match self.ending.len() {
                1 => ("1 secret".to_owned(), "is"),
                n => (format!("{n} secrets"), "are"),
            };
            notes.push(format!(
                "{count} {verb} accepted for no more than {SOON} days, until {first} ({file}); `tokensweep baseline check` \
                 lists what ends, `tokensweep baseline update --expires DATE` renews it"
            ));
        }
        notes
    }
}

/// Returns the path with the way to the member of an archive behind it. Whoever made the archive chose the way, so no
/// `..` in it may lead out of the archive.
fn with_way(path: &Path, finding: &Finding) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    let parts = finding.origin.way().split('/');
    let parts: Vec<&str> = parts.map(|p| if p == ".." { "__" } else { p }).collect();
    path.push(parts.join("/"));
    PathBuf::from(path)
}
