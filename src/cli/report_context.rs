//! Facts of a scan for its reports, beside the findings: the name of what was scanned, the address of its commits, and
//! the commit and branch that were checked out.

use std::path::{Path, PathBuf};

use super::options::{OutputFormat, ReportArgs};
use super::terminal::has_links;
use crate::finding::without_current_folder;
use crate::report::ReportFormat;
use crate::source::git::Repository;

/// Facts of a scan for the title and the links of a page, and for the repository in SARIF.
#[derive(Clone, Debug, Default)]
pub(super) struct ReportContext {
    pub(super) subject: Option<String>,
    pub(super) remote: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) branch: Option<String>,
    /// True if places in the report on standard output are links.
    pub(super) has_links: bool,
}

impl ReportContext {
    /// Collects the facts, if a report is asked for that has a place for them.
    pub(super) fn collect(paths: &[PathBuf], args: &ReportArgs) -> ReportContext {
        let is_detailed = |format| {
            let detailed = [ReportFormat::Html, ReportFormat::Sarif].map(OutputFormat::Report);
            detailed.contains(&format)
        };
        let has_page = args.formats().any(is_detailed);
        let is_human = args.format == OutputFormat::Report(ReportFormat::Human);
        let has_links = is_human && has_links(args.hyperlinks);
        if !has_page && !has_links {
            return ReportContext::default();
        }
        let repository = match paths {
            [] => Repository::discover(None).ok(),
            [path] if path.is_dir() => Repository::discover(Some(path)).ok(),
            _ => None,
        };
        let repository = repository.as_ref();
        let remote = repository.and_then(Repository::remote_address);
        ReportContext {
            subject: name_subject(paths),
            remote: args.link_base.clone().or(remote),
            revision: repository.and_then(|repository| repository.head_commit().ok()?),
            branch: repository.and_then(Repository::head_branch),
            has_links,
        }
    }
}

/// Returns the names of the paths, or the name of the current folder if there are none.
fn name_subject(paths: &[PathBuf]) -> Option<String> {
    let (first, more) = match paths {
        [] => (Path::new("."), 0),
        [first, more @ ..] => (first.as_path(), more.len()),
    };
    let name = match first.to_str() {
        Some("-") => return Some("standard input".to_owned()),
        Some("." | "./") => std::env::current_dir().ok()?.file_name()?.to_owned(),
        _ => {
            let path = without_current_folder(first).unwrap_or(first);
            path.as_os_str().to_owned()
        }
    };
    let name = name.to_string_lossy();
    Some(match more {
        0 => name.into_owned(),
        1 => format!("{name} and 1 other path"),
        n => format!("{name} and {n} other paths"),
    })
}
