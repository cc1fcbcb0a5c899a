//! Redaction of files, one at a time: their selection, the results, and the messages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::copies::{holds, is_of_git, plan_copies, refuse_taken};
use super::options::RedactArgs;
use super::packed::{self, PackedMembers};
use super::report::{
    RedactReport, done_verb, replaced_sentence, say, summary_sentence, tell_of_remaining,
};
use super::scanner::RedactScanner;
use crate::cli::exit::Exit;
use crate::cli::options::WalkArgs;
use crate::cli::output::{Printer, say_error};
use crate::cli::{select, unread};
use crate::container::{ContainerForm, ContainerKind, recognise_container};
use crate::finding::{Finding, Skip, SkipReason};
use crate::message::{count_noun, portable_path};
use crate::redact::{
    FileAction, LeftAlone, PackedJob, RedactJob, RedactOptions, RedactRecord, RedactedFile,
    Remaining, TextScanner as _, is_rewritable, redact_container, redact_file,
};
use crate::report::escape_control;
use crate::source::{self, Chunk, Sink, WalkOptions};
use crate::threads::lock_mutex;

/// Redacts these files and folders.
pub(super) fn run(
    args: &RedactArgs,
    options: RedactOptions,
    looker: &RedactScanner,
    walk: &WalkArgs,
    roots: Vec<PathBuf>,
) -> anyhow::Result<Exit> {
    if let Some(dir) = &args.output_dir {
        refuse_taken(dir)?;
    }
    let report = RedactReport::create(args.report.as_ref())?;
    let mut run = RedactRun {
        args,
        options,
        looker,
        walk,
        record: RedactRecord::new(),
        printer: Printer::default(),
        copied: 0,
        not_copied: 0,
        has_left_git: false,
        scanned: true,
        packed: BTreeMap::new(),
        unread: BTreeMap::new(),
    };
    run.redact_all(roots)?;
    let shown = run.record.with_mask(&|text| looker.mask_text(text));
    report.write_record(&shown)?;
    Ok(run.finish(&shown))
}

/// Run over files.
struct RedactRun<'a> {
    args: &'a RedactArgs,
    options: RedactOptions,
    looker: &'a RedactScanner,
    walk: &'a WalkArgs,
    record: RedactRecord,
    printer: Printer,
    /// Number of files that were copied.
    copied: usize,
    /// Number of links, devices and files that are too large, which were not copied.
    not_copied: usize,
    /// True if a folder `.git` was left out of the copy.
    has_left_git: bool,
    /// True if everything requested was scanned.
    scanned: bool,
    /// Containers with secrets in their members, or to be copied.
    packed: BTreeMap<PathBuf, PackedMembers>,
    /// First reason for each container why a part of it was not read.
    unread: BTreeMap<PathBuf, String>,
}

impl RedactRun<'_> {
    fn redact_all(&mut self, roots: Vec<PathBuf>) -> anyhow::Result<()> {
        let roots = self.drop_links(roots);
        let walk = select::walk_options(roots.clone(), self.walk);
        let paths = self.select_files(&walk);
        match &self.args.output_dir {
            Some(dir) => {
                for (path, copy) in plan_copies(paths, &roots, dir)? {
                    self.file(&path, Some(&copy), &roots);
                }
            }
            None => {
                for path in paths {
                    self.file(&path, None, &roots);
                }
            }
        }
        self.record.remaining.sort();
        if !self.args.names_files()
            && let Some(skip) = unread::find_unread_input()
        {
            self.scanned &= !skip.reason.is_trouble();
            say(&format!(
                "tokensweep: {}: {}",
                portable_path(&skip.path),
                skip.reason
            ));
        }
        Ok(())
    }

    /// Returns the roots that are no symbolic links; the target of a link is redacted only if it is named itself.
    fn drop_links(&mut self, roots: Vec<PathBuf>) -> Vec<PathBuf> {
        let real: Vec<PathBuf> = roots
            .iter()
            .filter(|r| !r.is_symlink())
            .filter_map(|r| r.canonicalize().ok())
            .collect();
        let (links, named): (Vec<PathBuf>, Vec<PathBuf>) = roots
            .into_iter()
            .partition(|r| r.is_symlink() && !r.is_dir());
        for link in links {
            let target = link.canonicalize().ok();
            let inside = target
                .as_ref()
                .is_some_and(|t| real.iter().any(|r| t.starts_with(r)));
            if !inside {
                let target = target.map_or_else(|| "nothing".to_owned(), |t| portable_path(&t));
                self.leave_file(
                    &link,
                    &format!("it is a symbolic link to {target}; name that instead"),
                );
            }
        }
        named
    }

    /// Returns the files to redact: those with something to replace, or for a copy all of them.
    fn select_files(&mut self, walk: &WalkOptions) -> BTreeSet<PathBuf> {
        if walk.roots.is_empty() {
            return BTreeSet::new();
        }
        let mut outcome = self.looker.paths(walk);
        if self.args.files_from.is_none() {
            outcome.mark_named(&walk.roots);
        }
        let (leaks, others): (Vec<&Finding>, Vec<&Finding>) = outcome
            .findings
            .iter()
            .partition(|f| self.options.includes_finding(f));
        // A secret in one file is a secret in all of them.
        self.looker.remember_secrets(&leaks);
        let mut skipped = outcome.skipped;
        self.unread = packed::find_unread(&skipped);
        let (packed, leaks): (Vec<&Finding>, Vec<&Finding>) =
            leaks.into_iter().partition(|f| f.origin.member.is_some());
        let mut paths: BTreeSet<PathBuf> = leaks.iter().map(|f| f.path.clone()).collect();
        self.packed = packed::collect_members(&packed);
        if self.args.output_dir.is_some() {
            let listed = self.readable_files(walk);
            (paths, skipped) = (listed.paths, listed.skipped);
            self.packed
                .retain(|path, _| listed.packed.contains_key(path));
            for path in listed.packed.into_keys() {
                paths.insert(path.clone());
                self.packed.entry(path).or_default();
            }
            let unread = skipped
                .iter()
                .filter(|s| !s.reason.is_trouble() && s.reason != SkipReason::History);
            self.not_copied += unread.count();
            let all = paths.len();
            paths.retain(|path| !is_of_git(path, &walk.roots));
            self.has_left_git = paths.len() < all;
        } else {
            // A text that is redacted is scanned once more at the end.
            let stay = others.into_iter().filter(|f| self.options.leaves(f));
            let stay = stay.filter(|f| !paths.contains(&f.path));
            self.record.remaining.extend(stay.map(Remaining::of));
            paths.extend(self.packed.keys().cloned());
        }
        for skip in skipped.iter().filter(|s| s.reason.is_trouble()) {
            self.scanned = false;
            let line = format!(
                "tokensweep: {}: not scanned: {}",
                portable_path(&skip.path),
                skip.reason
            );
            say(&escape_control(&self.looker.mask_text(&line)));
        }
        paths
    }

    /// Returns the files to copy, and the containers among them that can be written again. Another container may
    /// contain secrets, so it is left out.
    fn readable_files(&mut self, walk: &WalkOptions) -> Listed {
        let mut listed = list_files(walk);
        listed.packed.retain(|path, form| {
            let is_kept = is_rewritable(*form);
            if !is_kept {
                self.leave_file(path, &packed::refuse_form(*form));
            }
            is_kept
        });
        listed
    }

    fn file(&mut self, path: &Path, copy: Option<&Path>, roots: &[PathBuf]) {
        let root = roots
            .iter()
            .filter(|r| holds(r, path))
            .max_by_key(|r| r.as_os_str().len())
            .map_or(path, PathBuf::as_path);
        let action = match copy {
            Some(to) => FileAction::CopyTo(to),
            None if self.args.is_dry_run() => FileAction::Check,
            None => FileAction::Replace(self.args.backup.as_deref()),
        };
        if source::holds_ref_names(path) {
            self.leave_file(
                path,
                "git would lose its refs; rename the one with the secret, or delete it",
            );
            return;
        }
        let job = RedactJob {
            path,
            root,
            action,
            diff: self.args.diff,
            options: &self.options,
            look: self.looker,
        };
        let done = match self.packed.get(path) {
            Some(members) => self.redact_members(job, members),
            None => redact_file(&job).map_err(|refusal| refusal.to_string()),
        };
        match done {
            Ok(redacted) => {
                self.copied += usize::from(copy.is_some());
                for diff in &redacted.diffs {
                    self.show_diff(diff);
                }
                if !self.args.quiet && !self.args.diff && !redacted.replaced.is_empty() {
                    self.report_replaced(path, redacted.replaced.len());
                }
                self.record.replaced.extend(redacted.replaced);
                self.record.remaining.extend(redacted.remaining);
            }
            Err(reason) => self.leave_file(path, &reason),
        }
    }

    /// Redacts the members of a container.
    fn redact_members(
        &self,
        file: RedactJob<'_>,
        members: &PackedMembers,
    ) -> Result<RedactedFile, String> {
        if let Some(reason) = members.refuse_file(file.path, self.unread.get(file.path)) {
            return Err(reason);
        }
        let job = PackedJob {
            file,
            look: self.looker,
            ways: &members.ways,
            memory: self.looker.scanner.container_memory(),
        };
        redact_container(&job).map_err(|refusal| members.explain_refusal(&refusal))
    }

    fn show_diff(&mut self, diff: &[u8]) {
        self.printer.print_with(|out| {
            let text = String::from_utf8_lossy(diff);
            // The path is in the first two lines.
            let shown = |(at, line): (usize, &str)| match at {
                0 | 1 => self.looker.mask_text(line),
                _ => self.looker.mask_line(line),
            };
            let mut lines = text.lines().enumerate().map(shown);
            lines.try_for_each(|line| writeln!(out, "{}", escape_control(&line)))
        });
    }

    fn report_replaced(&mut self, path: &Path, count: usize) {
        let done = match self.args.output_dir {
            Some(_) => "replaced in its copy",
            None => done_verb(self.args.is_dry_run()),
        };
        let path = self.looker.mask_text(&portable_path(path));
        let line = format!(
            "{}: {} {done}\n",
            escape_control(&path),
            count_noun(count as u64, "secret")
        );
        self.printer
            .print_with(|out| out.write_all(line.as_bytes()));
    }

    fn leave_file(&mut self, path: &Path, reason: &str) {
        let name = portable_path(path);
        let left = match self.args.output_dir {
            Some(_) => "not copied",
            None => "left alone",
        };
        let line = format!("tokensweep: {name}: {left}: {reason}");
        say(&escape_control(&self.looker.mask_text(&line)));
        self.record.left_alone.push(LeftAlone {
            path: path.to_owned(),
            reason: reason.to_owned(),
        });
    }

    fn report_copies(&self, dir: &Path) {
        let secrets = self.record.replaced.len();
        let files = self.copied;
        let mut text = replaced_sentence(
            secrets,
            &format!(
                "in copies of {} in {}",
                count_noun(files as u64, "file"),
                portable_path(dir)
            ),
            false,
        );
        if secrets > 0 {
            text.push_str("; the originals still hold them");
        }
        let left = self.record.left_alone.len();
        if left + self.not_copied > 0 {
            text.push_str(&format!(
                "; not copied: {left} left out for the reason above, {} that are ignored, links, devices or too large",
                self.not_copied
            ));
        }
        if self.has_left_git {
            text.push_str("; .git was left out");
        }
        say(&text);
    }

    /// Reports the whole run, of which `shown` is the record with all paths masked.
    fn finish(self, shown: &RedactRecord) -> Exit {
        let dry = self.args.is_dry_run();
        let any = !self.record.replaced.is_empty();
        if !self.args.quiet {
            match &self.args.output_dir {
                Some(dir) => self.report_copies(dir),
                None => say(&summary_sentence(&self.record, dry)),
            }
            if any && self.args.changes_unnamed_files() {
                say(
                    "tokensweep: no PATH was given, so the files below the current folder were changed; \
                     next time --check or --diff shows first what would change",
                );
            }
            if any && self.args.backup.is_some() {
                say("tokensweep: the backups hold the secrets; remove them as soon as you can");
            }
        }
        let printed = self.printer.finish();
        if let Err(error) = &printed {
            say_error(error);
        }
        let remaining = &shown.remaining;
        tell_of_remaining(remaining, remaining.len(), dry);
        let complete = self.scanned && self.record.left_alone.is_empty() && printed.is_ok();
        Exit::of_scan(dry && any || !remaining.is_empty(), complete)
    }
}

/// Lists every file that a scan reads, and the paths that it leaves out.
fn list_files(walk: &WalkOptions) -> Listed {
    let seen = Arc::new(Mutex::new(Listed::default()));
    source::walk(walk, &|| Box::new(PathCollector(Arc::clone(&seen))));
    std::mem::take(&mut *lock_mutex(&seen))
}

/// Files of a walk.
#[derive(Default)]
struct Listed {
    /// Files that are read.
    paths: BTreeSet<PathBuf>,
    /// Containers, whose content is not read. Images count as read.
    packed: BTreeMap<PathBuf, ContainerForm>,
    /// Paths that were left out.
    skipped: Vec<Skip>,
}

/// Collects the names of files.
struct PathCollector(Arc<Mutex<Listed>>);

impl Sink for PathCollector {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        if chunk.offset == 0 {
            let mut seen = lock_mutex(&self.0);
            let path = chunk.path.to_owned();
            match recognise_container(chunk.bytes) {
                Some(form) if form.kind != ContainerKind::Image && !form.is_plain() => {
                    seen.packed.insert(path, form);
                }
                _ => {
                    seen.paths.insert(path);
                }
            }
        }
    }

    fn file(&mut self, _bytes: u64) {}

    fn skip(&mut self, skip: Skip) {
        let mut seen = lock_mutex(&self.0);
        seen.skipped.push(skip);
    }
}
