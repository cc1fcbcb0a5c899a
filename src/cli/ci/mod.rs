//! Implements `scan --ci`: selects the commits of a CI job by the event that the CI system describes.
//!
//! A leak that was in the repository before fails no job: a pull request is compared with its base, a push with the
//! branch before it (at its last successful build where the system names that), and anything else with the default
//! branch. Where nothing names what was there before, all commits are scanned and split by age. A scheduled job reads
//! the whole history.

mod event;
mod github;
mod systems;

use anyhow::bail;

use crate::source::git::{CommitSelection, Repository};
use event::{JobEvent, Variables, is_null};
use systems::SYSTEMS;

/// Scope of a scan, and the reason in words.
#[derive(Debug)]
pub(super) struct CiPlan {
    pub(super) scope: CiScope,
    /// Sentences for the user.
    pub(super) notes: Vec<String>,
}

/// Part of a repository that is scanned.
#[derive(Debug)]
pub(super) enum CiScope {
    /// Some commits.
    Commits(CommitSelection),
    /// All commits.
    History,
    /// Nothing: the event brings no commits.
    Nothing,
}

/// Makes the plan for the current job. `since` names the last commit that an earlier job scanned; it replaces what the
/// system names, and is ignored if it is empty.
pub(super) fn plan_job(
    since: Option<&str>,
    open: impl FnOnce() -> anyhow::Result<Repository>,
) -> anyhow::Result<CiPlan> {
    let variables = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let (system, job) = read_job(&variables)?;
    let repository = open()?;
    let planner = Planner {
        repository: &repository,
        system,
    };
    match job {
        JobEvent::History(why) => Ok(CiPlan {
            scope: CiScope::History,
            notes: vec![format!("{}, {why}: the whole history", system.name)],
        }),
        JobEvent::Nothing(why) => Ok(CiPlan {
            scope: CiScope::Nothing,
            notes: vec![format!(
                "{}, {why}: there are no commits to scan",
                system.name
            )],
        }),
        JobEvent::Review {
            what,
            head,
            base,
            target,
        } => planner.plan_review(&what, &head, base, target),
        JobEvent::Push {
            commit,
            name,
            before,
            default_branch,
        } => {
            let since = since.filter(|since| !since.is_empty() && !is_null(since));
            let before = since.map(str::to_owned).or(before);
            planner.plan_push(&commit, name, before, default_branch)
        }
    }
}

fn read_job(variables: Variables<'_>) -> anyhow::Result<(&'static systems::System, JobEvent)> {
    let Some(system) = SYSTEMS.iter().find(|s| (s.is_here)(variables)) else {
        let names: Vec<&str> = SYSTEMS.iter().map(|s| s.name).collect();
        bail!(
            "no CI system that --ci supports has set its variables ({}); name the commits: --range BASE..HEAD",
            names.join(", ")
        );
    };
    Ok((system, (system.read)(variables)?))
}

/// Finds in the clone the commits and branches that a system names.
struct Planner<'p> {
    repository: &'p Repository,
    system: &'static systems::System,
}

/// Names of default branches to try where neither the system nor the clone names one.
const USUAL_DEFAULTS: [&str; 4] = ["main", "master", "trunk", "develop"];

/// Age in days from which a commit of the branch counts as pre-existing, where the commit before a push is unknown.
const KNOWN_AFTER: u32 = 30;

impl Planner<'_> {
    fn plan_review(
        &self,
        what: &str,
        head: &str,
        base: Option<String>,
        target: Option<String>,
    ) -> anyhow::Result<CiPlan> {
        let head = self.resolve_head(head)?;
        let mut notes = Vec::new();
        let base = base.and_then(|base| self.resolve_earlier(&base, &mut notes));
        let target = target.map(|target| self.tracking_branch(&target));
        let known = target.filter(|target| self.has_ref(target));
        if base.is_none() && known.is_none() {
            bail!(
                "{}, {what}: what it is held against is not in this clone (a shallow clone?); {}",
                self.system.name,
                self.system.how_to_fetch
            );
        }
        Ok(self.plan_commits(what, head, base, known, notes))
    }

    fn plan_push(
        &self,
        commit: &str,
        name: Option<String>,
        before: Option<String>,
        default_branch: Option<String>,
    ) -> anyhow::Result<CiPlan> {
        let head = self.resolve_head(commit)?;
        let mut notes = Vec::new();
        let is_first = before.is_none();
        let before = before.and_then(|before| self.resolve_earlier(&before, &mut notes));
        let default_branch = default_branch.or_else(|| self.default_branch());
        let is_default = default_branch.as_ref().is_some_and(|d| match &name {
            Some(name) => *name == format!("refs/heads/{d}"),
            // Without a name it may be the job of the default branch itself, which would hide all of it.
            None => self
                .repository
                .is_reachable(&head, &self.tracking_branch(d)),
        });
        // A secret that is on the default branch is not new on another branch.
        let known = default_branch
            .filter(|_| !is_default)
            .map(|branch| self.tracking_branch(&branch));
        let known = known.filter(|known| before.is_some() || self.has_ref(known));
        let name = name.unwrap_or_else(|| "a push".to_owned());
        let what = match is_first {
            true if self.system.names_before => format!("first push of {name}"),
            _ => format!("push to {name}"),
        };
        if before.is_none() && known.is_none() && !self.system.names_before {
            return Ok(self.plan_by_age(&what, head, is_default, &notes));
        }
        Ok(self.plan_commits(&what, head, before, known, notes))
    }

    /// Returns the plan for a branch without a known earlier commit: everything is scanned, because everything could be
    /// new, and what the branch has had for long fails nothing.
    fn plan_by_age(&self, what: &str, head: String, is_default: bool, lost: &[String]) -> CiPlan {
        let system = self.system.name;
        let why = if is_default {
            format!("{system} does not name the commit before")
        } else {
            "the default branch is not in this clone".to_owned()
        };
        let lost: String = lost.iter().map(|note| format!("; {note}")).collect();
        let note = format!(
            "{system}, {what}: {} and all before it, because {why}; findings that are on the branch for more than \
             {KNOWN_AFTER} days before it count as pre-existing, unless they came with a later merge; {}{lost}",
            shorten_id(&head),
            self.system.what_to_pass
        );
        CiPlan {
            scope: CiScope::Commits(CommitSelection::SplitByAge {
                head,
                days: KNOWN_AFTER,
            }),
            notes: vec![note],
        }
    }

    /// Returns the full id of the commit that the job is about.
    fn resolve_head(&self, id: &str) -> anyhow::Result<String> {
        match self.repository.resolve(id).ok() {
            Some(id) => Ok(id),
            None => bail!(
                "the commit {id} that this job is about is not in this clone; {}",
                self.system.how_to_fetch
            ),
        }
    }

    /// Returns the full id of an earlier commit, if it is in the clone.
    fn resolve_earlier(&self, id: &str, notes: &mut Vec<String>) -> Option<String> {
        let found = self.repository.resolve(id).ok();
        if found.is_none() {
            notes.push(format!(
                "the commit {id} before it is not in this clone (a force push, or a shallow clone?)"
            ));
        }
        found
    }

    /// Returns the ref that tracks a branch of the remote.
    fn tracking_branch(&self, branch: &str) -> String {
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        let tracking = format!("refs/remotes/origin/{branch}");
        let local = format!("refs/heads/{branch}");
        if !self.has_ref(&tracking) && self.has_ref(&local) {
            return local;
        }
        tracking
    }

    fn has_ref(&self, name: &str) -> bool {
        self.repository.resolve(name).is_ok()
    }

    /// Returns the default branch that the clone records, or else one of the usual names.
    fn default_branch(&self) -> Option<String> {
        let noted = std::fs::read_to_string(
            self.repository
                .common_dir()
                .join("refs/remotes/origin/HEAD"),
        );
        let noted = noted.ok().and_then(|text| {
            let name = text.trim().strip_prefix("ref: refs/remotes/origin/");
            name.map(str::to_owned)
        });
        noted.or_else(|| {
            let is_here = |b: &&&str| self.has_ref(&format!("refs/remotes/origin/{b}"));
            USUAL_DEFAULTS.iter().find(is_here).map(|b| (*b).to_owned())
        })
    }

    fn plan_commits(
        &self,
        what: &str,
        head: String,
        old: Option<String>,
        known: Option<String>,
        mut notes: Vec<String>,
    ) -> CiPlan {
        let from = match (&old, &known) {
            (Some(old), None) => format!(" since {}", shorten_id(old)),
            (Some(old), Some(known)) => {
                format!(" since {}, without what {known} has", shorten_id(old))
            }
            (None, Some(known)) => format!(" that {known} does not have"),
            (None, None) => " and all before it".to_owned(),
        };
        notes.insert(
            0,
            format!("{}, {what}: {}{from}", self.system.name, shorten_id(&head)),
        );
        CiPlan {
            scope: CiScope::Commits(CommitSelection::Pushed {
                new: vec![head],
                old: old.into_iter().collect(),
                known_refs: known,
            }),
            notes,
        }
    }
}

/// Returns the first digits of an id, for notes.
fn shorten_id(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
