//! Reports what a history lacks: damaged and missing objects, the border of a shallow clone.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gix::hash::ObjectId;

use super::Repository;
use super::graph::ReferenceGraph;
use super::objects::TOO_LARGE;
use crate::finding::{Skip, SkipReason};
use crate::source::Sink;

/// Maximum number of missing or damaged objects that are listed one by one.
const NAMED: usize = 50;

/// Reason why a partial clone lacks an object, with the way to fetch it.
pub(super) const NOT_FETCHED: &str = "not fetched into this partial clone; \
    `git backfill`, or `git fetch --refetch --filter=blob:limit=1t`, brings it";

/// Missing parts of a history.
pub(super) struct MissingObjects<'g> {
    pub(super) repository: &'g Repository,
    pub(super) graph: &'g ReferenceGraph<'g>,
    /// True if the scan is complete without the objects that the clone lacks.
    pub(super) allowed: bool,
}

impl MissingObjects<'_> {
    pub(super) fn report(
        &self,
        roots: &BTreeSet<ObjectId>,
        damaged: &[(ObjectId, String)],
        refs: &[String],
        sink: &mut dyn Sink,
    ) {
        for (path, reason) in &self.repository.objects.unreadable {
            sink.skip(Skip {
                path: path.clone(),
                reason: SkipReason::Unreadable(reason.clone()),
            });
        }
        for reason in refs {
            sink.skip(Skip {
                path: PathBuf::from("refs"),
                reason: SkipReason::Unreadable(reason.clone()),
            });
        }
        for (id, reason) in damaged.iter().take(NAMED) {
            sink.skip(Skip {
                path: PathBuf::from(format!("object:{id}")),
                reason: SkipReason::Unreadable(if reason.starts_with(TOO_LARGE) {
                    reason.clone()
                } else {
                    format!("damaged: {reason}")
                }),
            });
        }
        if damaged.len() > NAMED {
            sink.skip(Skip {
                path: PathBuf::from("objects"),
                reason: SkipReason::Unreadable(format!(
                    "{} more are damaged; `git fsck` lists all",
                    damaged.len() - NAMED
                )),
            });
        }
        self.report_shallow(sink);
        self.missing(roots, sink);
    }

    fn report_shallow(&self, sink: &mut dyn Sink) {
        let commits = self.graph.shallow.len();
        if commits > 0 {
            let detail = format!(
                "a shallow clone: what lies before {commits} commit(s) was never fetched; \
                `git fetch --unshallow` brings it"
            );
            self.report_gap("history", detail, sink);
        }
    }

    fn missing(&self, roots: &BTreeSet<ObjectId>, sink: &mut dyn Sink) {
        let mut missing = self.graph.missing();
        missing.extend(roots.iter().filter(|id| !self.graph.objects.has_object(id)));
        missing.sort_unstable();
        missing.dedup();
        let why = if self.repository.is_partial_clone() {
            NOT_FETCHED
        } else {
            "missing from the object database"
        };
        for id in missing.iter().take(NAMED) {
            self.report_gap(&format!("object:{id}"), why.to_owned(), sink);
        }
        if missing.len() > NAMED {
            let detail = format!("{} more objects: {why}", missing.len() - NAMED);
            self.report_gap("objects", detail, sink);
        }
    }

    fn report_gap(&self, what: &str, detail: String, sink: &mut dyn Sink) {
        sink.skip(Skip {
            path: PathBuf::from(what),
            reason: SkipReason::Missing {
                detail,
                allowed: self.allowed,
            },
        });
    }
}
