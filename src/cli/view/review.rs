//! Review of the findings of reports against the texts that are at hand: each gets the verdict of this program, or the
//! reason why there is none.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::locate::ReportRoot;
use super::matching::{PlaceIndex, ValuePlace, line_value};
use crate::cli::options::WalkArgs;
use crate::cli::settings::Settings;
use crate::cli::{input, select};
use crate::finding::{Checksum, Confidence, Evidence, Finding};
use crate::import::{ImportedFinding, ToolClaim};
use crate::rule::RuleSet;
use crate::scan::Scanner;
use crate::scan::examine::Examined;
use crate::span::Position;

/// Finding of a report after the review.
#[derive(Clone, Debug)]
pub(super) struct ReviewedFinding {
    pub(super) finding: Finding,
    /// Statements of programs, each as `gitleaks (github-pat)`.
    pub(super) claims: Vec<String>,
    /// Position of the report among the reports.
    pub(super) report: usize,
    /// True if this program decided about the finding.
    pub(super) is_verified: bool,
    /// True if its place is exact: it was seen in the text, or is from a report of this program.
    pub(super) is_placed: bool,
    pub(super) has_line: bool,
    pub(super) columns: Option<(u64, u64)>,
}

/// Verdicts on the texts that are at hand.
pub(super) struct TextVerdicts<'s> {
    scanner: Scanner,
    rules: &'s RuleSet,
    /// File of each path of a report.
    files: HashMap<PathBuf, PathBuf>,
    /// Findings of a scan of these files, by the path that a report would give them.
    findings: HashMap<PathBuf, ScannedFile>,
    /// Values in a file that a scan does not report, each examined when it is first needed.
    examined: HashMap<PathBuf, Option<ExaminedFile>>,
}

/// Findings of a scan in a file.
struct ScannedFile {
    findings: Vec<Finding>,
    index: PlaceIndex,
}

struct ExaminedFile {
    text: Vec<u8>,
    values: Vec<Examined>,
    index: PlaceIndex,
}

/// Place of a finding in a file, to notice that a report means it twice.
type TakenPlace = (PathBuf, u64, Arc<str>);

impl<'s> TextVerdicts<'s> {
    /// Scans the files that these findings name.
    pub(super) fn scan<'f>(
        settings: &'s Settings,
        root: &ReportRoot,
        findings: impl Iterator<Item = &'f ImportedFinding>,
    ) -> Self {
        let paths: BTreeSet<&PathBuf> = findings.map(|one| &one.finding.path).collect();
        let files: HashMap<PathBuf, PathBuf> = paths
            .into_iter()
            .filter_map(|path| Some((path.clone(), root.file_at(path)?)))
            .collect();
        let roots: BTreeSet<&PathBuf> = files.values().collect();
        let roots: Vec<PathBuf> = roots.into_iter().cloned().collect();
        let builder = settings.scanner_builder();
        let scanner = builder.min_confidence(Confidence::Low).build();
        let mut by_path: HashMap<PathBuf, Vec<Finding>> = HashMap::new();
        if !roots.is_empty() {
            let walk = settings.effective_walk(&WalkArgs::default());
            let outcome = scanner.scan_paths(&select::walk_options(roots, &walk));
            for finding in outcome.findings {
                let path = finding.full_path().into_owned();
                by_path.entry(path).or_default().push(finding);
            }
        }
        let scanned = by_path.into_iter().map(|(path, findings)| {
            let index = PlaceIndex::of(findings.iter().map(ValuePlace::from));
            (path, ScannedFile { findings, index })
        });
        TextVerdicts {
            findings: scanned.collect(),
            scanner,
            rules: &settings.rules,
            files,
            examined: HashMap::new(),
        }
    }

    /// Reviews the findings of the report at this position among the reports.
    pub(super) fn review_report(
        &mut self,
        report: usize,
        findings: Vec<ImportedFinding>,
    ) -> Vec<ReviewedFinding> {
        let mut taken = HashSet::new();
        let exact: Vec<Option<Finding>> = findings
            .iter()
            .map(|wanted| {
                let found = self.find_meant(wanted)?;
                taken.insert(name_place(found));
                Some(found.clone())
            })
            .collect();
        // A finding of which only the line is known is the next one there that the report has not named for sure.
        let mut order: Vec<usize> = (0..findings.len()).collect();
        order.sort_by_key(|at| !is_of_our_kinds(&findings[*at].claim));
        let mut by_line: HashMap<usize, Finding> = HashMap::new();
        for at in order {
            let wanted = &findings[at];
            if exact[at].is_some() || line_value(&wanted.finding.secret).is_some() {
                continue;
            }
            let found = self.find_on_line(wanted, &taken);
            let found = found.or_else(|| self.find_alone_on_line(wanted));
            if let Some(found) = found {
                taken.insert(name_place(found));
                by_line.insert(at, found.clone());
            }
        }
        let found = exact.into_iter().enumerate();
        let found: Vec<Option<Finding>> = found
            .map(|(at, one)| one.or_else(|| by_line.remove(&at)))
            .collect();
        findings
            .into_iter()
            .zip(found)
            .map(|(wanted, found)| self.review_finding(report, wanted, found))
            .collect()
    }

    /// Returns the finding of the scan that a report means for sure, the nearest one if there are several.
    fn find_meant(&self, wanted: &ImportedFinding) -> Option<&Finding> {
        let there = self.findings.get(&wanted.finding.path)?.near(wanted);
        let is_meant = |found: &&Finding| {
            if wanted.is_ours {
                let same = found.fingerprint == wanted.finding.fingerprint;
                return same && found.start == wanted.finding.start;
            }
            ValuePlace::from(*found).is_meant_by(wanted)
        };
        let meant = there.filter(is_meant);
        meant.min_by_key(|found| ValuePlace::from(*found).distance(wanted))
    }

    fn find_on_line(
        &self,
        wanted: &ImportedFinding,
        taken: &HashSet<TakenPlace>,
    ) -> Option<&Finding> {
        let mut there = self.findings.get(&wanted.finding.path)?.near(wanted);
        there.find(|found| {
            let is_free = wanted.columns.is_none() && !taken.contains(&name_place(found));
            is_free && !wanted.is_ours && ValuePlace::from(*found).is_on_line_of(wanted)
        })
    }

    /// Returns the only finding on the line of a claim that names one of our kinds without its value. detect-secrets
    /// names a token twice, once as a token and once as a text of high entropy.
    fn find_alone_on_line(&self, wanted: &ImportedFinding) -> Option<&Finding> {
        if wanted.is_ours || wanted.columns.is_some() || !is_of_our_kinds(&wanted.claim) {
            return None;
        }
        let there = self.findings.get(&wanted.finding.path)?.near(wanted);
        let mut there = there.filter(|found| ValuePlace::from(*found).is_on_line_of(wanted));
        there.next().filter(|_| there.next().is_none())
    }

    fn review_finding(
        &mut self,
        report: usize,
        wanted: ImportedFinding,
        found: Option<Finding>,
    ) -> ReviewedFinding {
        if wanted.is_ours {
            return restore_own(report, wanted, found);
        }
        let is_placed = found.is_some();
        let verdict = found
            .or_else(|| self.find_rejected(&wanted))
            .map(|verdict| (verdict, is_placed))
            .or_else(|| Some((self.verdict_on_form(&wanted)?, false)));
        let (mut finding, is_verified, is_placed) = match verdict {
            Some((verdict, is_placed)) => (verdict, true, is_placed),
            None => {
                let mut finding = wanted.finding.clone();
                let reason = self.reason_against(&wanted);
                let evidence = Evidence::new(Evidence::NOT_VERIFIED, 0.0, reason);
                finding.evidence.push(evidence);
                (finding, false, false)
            }
        };
        if finding.origin.commit.is_none() {
            let origin = &wanted.finding.origin;
            finding.origin.commit.clone_from(&origin.commit);
            finding.origin.author.clone_from(&origin.author);
            finding.origin.author_date.clone_from(&origin.author_date);
        }
        finding.accepted = finding.accepted.or(wanted.finding.accepted);
        if wanted.claim.is_live {
            finding.confidence = finding.confidence.max(Confidence::High);
        }
        ReviewedFinding {
            finding,
            claims: vec![describe_claim(&wanted.claim)],
            report,
            is_verified,
            is_placed,
            has_line: wanted.has_line || is_placed,
            columns: wanted.columns,
        }
    }

    /// Returns the verdict on a value in the text that a scan does not report.
    fn find_rejected(&mut self, wanted: &ImportedFinding) -> Option<Finding> {
        let rules = self.rules;
        let file = self.examine_file(&wanted.finding.path)?;
        let near = file.index.positions_for(wanted).into_iter();
        let values = near.map(|at| &file.values[at]);
        let values = values.filter(|value| place_of(value).is_meant_by(wanted));
        let line = wanted.finding.start.line;
        let value = values.min_by_key(|value| value.start.line.abs_diff(line))?;
        let rule = rules.get(&value.rule_id)?;
        let mut evidence = value.evidence.clone();
        if let Some(settled) = value.verdict.as_ref().and_then(|v| v.settled) {
            evidence.push(Evidence::new("not-weighed", 0.0, settled.reason()));
        }
        Some(Finding {
            fingerprint: value.secret.fingerprint(&value.rule_id),
            rule_id: Arc::clone(&rule.id),
            title: Arc::clone(&rule.title),
            severity: rule.severity,
            confidence: Confidence::Low,
            checksum: value.checksum,
            start: value.start,
            end: place_of(value).end,
            bytes: value.place.start as u64..value.place.end as u64,
            secret: value.secret.clone(),
            decoded_from: value.layers.clone(),
            evidence,
            remediation: Arc::clone(&rule.revoke),
            ..wanted.finding.clone()
        })
    }

    /// Returns the verdict on a value that its own form proves, from the report alone.
    fn verdict_on_form(&self, wanted: &ImportedFinding) -> Option<Finding> {
        let value = line_value(&wanted.finding.secret)?;
        let found = self.scanner.scan_text(value, Path::new("value"));
        let whole = found
            .into_iter()
            .find(|f| f.bytes == (0..value.len() as u64))?;
        let is_proved = whole.checksum != Checksum::None || whole.confidence == Confidence::Certain;
        is_proved.then(|| Finding {
            path: wanted.finding.path.clone(),
            start: wanted.finding.start,
            end: wanted.finding.end,
            bytes: 0..0,
            origin: wanted.finding.origin.clone(),
            snippet: wanted.finding.snippet.clone(),
            ..whole
        })
    }

    /// Returns the reason why a finding has no verdict.
    fn reason_against(&mut self, wanted: &ImportedFinding) -> String {
        let path = &wanted.finding.path;
        if !self.files.contains_key(path) {
            return "its file is not here".to_owned();
        }
        let Some(value) = line_value(&wanted.finding.secret) else {
            return "tokensweep finds nothing of its kinds on that line".to_owned();
        };
        let is_there = self
            .examine_file(path)
            .map(|file| memchr::memmem::find(&file.text, value).is_some());
        match is_there {
            Some(true) => "tokensweep has no rule for its kind; it is still in the file".to_owned(),
            Some(false) => "its file does not contain it as it is".to_owned(),
            None => "tokensweep finds nothing of its kinds there".to_owned(),
        }
    }

    /// Returns a file with all its values examined. Members of archives are not read for this.
    fn examine_file(&mut self, path: &Path) -> Option<&ExaminedFile> {
        let file = self.files.get(path).filter(|file| *file == path)?;
        let scanner = &self.scanner;
        let known = self.examined.entry(file.clone()).or_insert_with(|| {
            let text = input::read(file, "file").ok()?;
            let values = scanner.examine(&text, file);
            let index = PlaceIndex::of(values.iter().map(place_of));
            Some(ExaminedFile {
                text,
                values,
                index,
            })
        });
        known.as_ref()
    }
}

impl ScannedFile {
    /// Iterates over the findings that a report may mean.
    fn near(&self, wanted: &ImportedFinding) -> impl Iterator<Item = &Finding> {
        let near = self.index.positions_for(wanted).into_iter();
        near.map(|at| &self.findings[at])
    }
}

/// Returns the place of a value, which is within a line.
fn place_of(value: &Examined) -> ValuePlace<'_> {
    let columns = value.secret.len() as u64;
    ValuePlace {
        secret: &value.secret,
        start: value.start,
        end: Position {
            line: value.start.line,
            column: value.start.column + columns,
        },
    }
}

/// Returns a finding of our own report. The text only adds its excerpt.
fn restore_own(report: usize, wanted: ImportedFinding, found: Option<Finding>) -> ReviewedFinding {
    let mut finding = wanted.finding;
    if let Some(found) = found {
        finding.snippet = found.snippet;
    }
    // A report that was merged before names the programs that it was merged from.
    let reported = finding.detail_of(Evidence::REPORTED_BY);
    let claims = match reported {
        Some(programs) => programs.split("; ").map(str::to_owned).collect(),
        None => vec![wanted.claim.tool],
    };
    let is_verified = finding.detail_of(Evidence::NOT_VERIFIED).is_none();
    finding.evidence.retain(|e| e.name != Evidence::REPORTED_BY);
    ReviewedFinding {
        finding,
        claims,
        report,
        is_verified,
        is_placed: is_verified,
        has_line: true,
        columns: None,
    }
}

fn describe_claim(claim: &ToolClaim) -> String {
    let live = if claim.is_live { ", in use" } else { "" };
    format!("{} ({}{live})", claim.tool, claim.kind.replace("; ", " "))
}

/// Returns true if the words of a program name a kind that our rules are about.
fn is_of_our_kinds(claim: &ToolClaim) -> bool {
    let kind = claim.kind.to_lowercase();
    ["github", "npm", "hex"]
        .iter()
        .any(|word| kind.contains(word))
}

fn name_place(finding: &Finding) -> TakenPlace {
    let rule = Arc::clone(&finding.rule_id);
    (finding.full_path().into_owned(), finding.bytes.start, rule)
}
