//! Explains values in histories: findings by their fingerprint, and lines by their commit.

use std::path::{Path, PathBuf};

use super::super::exit::Exit;
use super::super::repositories::{RepositorySelection, select_repositories};
use super::super::scan_git::{GitArgs, GitScan};
use super::super::settings::Settings;
use super::scope::{ExplainScope, check_line, pick_finding};
use super::write::{ExplainedValue, print_explanations};
use crate::finding::{Confidence, Finding, Outcome, shown_path};
use crate::message::portable_path;
use crate::report;
use crate::scan::examine::Examined;
use crate::source::git::{Repository, RepositoryLookup};

/// Findings in the histories of repositories, those of low confidence too.
pub(super) struct HistorySearch<'s> {
    settings: &'s Settings,
    selection: RepositorySelection,
    outcome: Outcome,
}

impl<'s> HistorySearch<'s> {
    /// Scans the histories of the repositories that the paths name.
    pub(super) fn run(
        settings: &'s Settings,
        what: &ExplainScope,
    ) -> anyhow::Result<HistorySearch<'s>> {
        let selection = select_repositories(&what.paths)?;
        let scanner = settings
            .scanner_builder()
            .min_confidence(Confidence::Low)
            .build();
        let git = GitArgs {
            history: true,
            no_cache: true,
            ..GitArgs::default()
        };
        let scan = GitScan {
            scanner: &scanner,
            git: &git,
            paths: &what.paths,
            walk: &settings.effective_walk(&what.walk),
        };
        let mut outcome = scan.scan_selection(&selection)?;
        settings.mark_accepted(&mut outcome);
        Ok(HistorySearch {
            settings,
            selection,
            outcome,
        })
    }

    /// Returns the finding whose fingerprint begins like this, examined where its text allows that.
    pub(super) fn find(&self, begin: &str) -> anyhow::Result<Option<(&Finding, Examined)>> {
        let Some(found) = pick_finding(&self.outcome.findings, begin)? else {
            return Ok(None);
        };
        let examined = match self.examine(found)? {
            Some(mut examined) => {
                examined.adopt_finding(found);
                examined
            }
            None => Examined::of_finding(found),
        };
        Ok(Some((found, examined)))
    }

    /// Returns the value of a finding as an examination of its own text shows it. `None` for a member of an archive, and
    /// for what nothing in its own text makes a candidate.
    fn examine(&self, found: &Finding) -> anyhow::Result<Option<Examined>> {
        let origin = &found.origin;
        let Some(id) = origin.blob.as_ref().or(origin.commit.as_ref()) else {
            return Ok(None);
        };
        if origin.member.is_some() {
            return Ok(None);
        }
        let opened;
        let (repository, path) = match (&self.selection, &origin.repository) {
            (RepositorySelection::One(repository), _) => (&**repository, &*found.path),
            (RepositorySelection::Many(list), Some(name)) => {
                let mut paths = list.paths.iter();
                let at = paths.find(|path| shown_path(path) == **name);
                let at = at.map_or(Path::new(name), PathBuf::as_path);
                opened = Repository::open(at)?;
                (&opened, found.path.strip_prefix(at).unwrap_or(&found.path))
            }
            (RepositorySelection::Many(_), None) => return Ok(None),
        };
        let object = repository.read_text(id)?;
        let place = found.bytes.start - object.start as u64;
        let all = examine_text(self.settings, repository, object.text(), path);
        let is_same = |e: &Examined| {
            e.place.start as u64 == place && e.secret.fingerprint(&e.rule_id) == found.fingerprint
        };
        Ok(all.into_iter().find(is_same).map(|mut examined| {
            examined.start = found.start;
            examined
        }))
    }

    /// Returns what could not be read, as an insertion into a sentence; empty if nothing.
    pub(super) fn describe_trouble(&self) -> String {
        let trouble = self.outcome.trouble_skips().next();
        trouble.map_or_else(String::new, |skip| {
            let path = portable_path(&skip.path);
            format!(" in what could be read (not {path}: {})", skip.reason)
        })
    }
}

/// Prints the explanation of one finding.
pub(super) fn say_finding(
    settings: &Settings,
    found: &Finding,
    examined: &Examined,
) -> anyhow::Result<Exit> {
    let path = found.full_path();
    let provenance = report::describe_provenance(found);
    let value = ExplainedValue {
        path: &path,
        examined,
        provenance: provenance.as_deref(),
        accepted: found.accepted.as_deref(),
    };
    print_explanations(settings, std::iter::once(value))
}

/// Explains line `line` of `COMMIT:FILE`. Returns `None` if that names no file of a repository, and the name of the line if
/// nothing is on it.
pub(super) fn find_line(
    place: &Path,
    line: u64,
    what: &ExplainScope,
) -> anyhow::Result<Option<Result<Exit, String>>> {
    let Some((_, path)) = place.to_str().and_then(|text| text.split_once(':')) else {
        return Ok(None);
    };
    let around = Repository::discover(what.paths.first().map(PathBuf::as_path));
    let name = portable_path(place);
    let Some((repository, id)) = around.ok().and_then(|repository| {
        let id = repository.resolve(&name).ok()?;
        Some((repository, id))
    }) else {
        return Ok(None);
    };
    let settings = what.settings()?;
    let object = repository.read_text(&id)?;
    check_line(object.text(), &name, line)?;
    let mut all = examine_text(&settings, &repository, object.text(), Path::new(path));
    all.retain(|e| e.start.line == line);
    if all.is_empty() {
        return Ok(Some(Err(format!("line {line} of {name}"))));
    }
    let search = HistorySearch::run(&settings, what)?;
    for examined in &mut all {
        let fingerprint = examined.secret.fingerprint(&examined.rule_id);
        let mut findings = search.outcome.findings.iter();
        if let Some(found) = findings.find(|f| f.fingerprint == fingerprint) {
            examined.adopt_finding(found);
        }
    }
    let values = all.iter().map(|examined| ExplainedValue {
        path: place,
        examined,
        provenance: None,
        accepted: None,
    });
    print_explanations(&settings, values).map(|exit| Some(Ok(exit)))
}

/// Returns everything in a text of a repository that has the form of a secret.
fn examine_text(
    settings: &Settings,
    repository: &Repository,
    text: &[u8],
    path: &Path,
) -> Vec<Examined> {
    let scanner = settings
        .scanner_builder()
        .object_lookup(RepositoryLookup::of(repository))
        .build();
    scanner.examine(text, path)
}
