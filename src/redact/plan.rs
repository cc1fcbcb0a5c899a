//! Conversion of findings to edits of the original bytes: placeholders are encoded through the layers that the
//! secrets were found under.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::edit::{compose_edits, settle};
use super::encode::{LocalEdit, room_for, write_back};
use super::layout::{checksummed_kind, has_fixed_layout};
use super::{
    Edit, RedactError, RedactOptions, Remaining, ReplacedSecret, ReplacementStyle, TextScanner,
};
use crate::finding::{Decoded, Finding, Layer, RewriteContext, Secret};
use crate::span::Span;
use crate::steps::add_steps;

/// Changes to be made to a text.
#[derive(Default)]
pub(super) struct RedactPlan {
    /// All edits of the original bytes, in order.
    pub(super) edits: Vec<Edit>,
    /// Secrets that the edits replace.
    pub(super) replaced: Vec<ReplacedSecret>,
    /// All findings in the original, whether replaced or not.
    pub(super) found: Vec<Finding>,
    /// Secrets that are replaced, each once.
    pub(super) secrets: Vec<Secret>,
    /// Findings that a scan of the result still reports.
    pub(super) remaining: Vec<Remaining>,
}

impl RedactPlan {
    /// Adds the secrets of these findings.
    pub(super) fn remember(&mut self, leaks: &[&Finding]) {
        for leak in leaks {
            if !self.secrets.contains(&leak.secret) {
                self.secrets.push(leak.secret.clone());
            }
        }
    }
}

/// Text that can be scanned with edits applied.
pub(super) trait EditableText {
    /// Returns the findings in the text after these edits.
    fn scan(&mut self, edits: &[Edit]) -> Result<Vec<Finding>, RedactError>;

    /// Returns the first bytes of the text before any edit.
    fn head(&mut self) -> Result<Vec<u8>, RedactError>;
}

/// Maximum number of rounds of scanning and redacting the result. Overlapping secrets need one round more.
const MAX_ROUNDS: usize = 8;

/// Plans replacements until a scan of the result finds nothing more.
pub(super) fn plan_redaction(
    text: &mut dyn EditableText,
    path: &Path,
    options: &RedactOptions,
    scanner: &dyn TextScanner,
) -> Result<RedactPlan, RedactError> {
    let mut plan = RedactPlan::default();
    let mut fixed = false;
    for round in 0..MAX_ROUNDS {
        let found = text.scan(&plan.edits)?;
        let leaks = found.iter().filter(|f| options.includes_finding(f));
        let leaks: Vec<&Finding> = leaks.collect();
        if leaks.is_empty() {
            let stay = found.iter().filter(|f| options.leaves(f));
            plan.remaining = stay.map(Remaining::of).collect();
            if round == 0 {
                plan.found = found;
            }
            return Ok(plan);
        }
        scanner.remember_secrets(&leaks);
        plan.remember(&leaks);
        if round == 0 {
            let head = text.head()?;
            if let Some(kind) = checksummed_kind(&head) {
                return Err(RedactError::refusal(format!(
                    "a secret stands in {kind}, whose checksums a change would break"
                )));
            }
            fixed = has_fixed_layout(&head);
        }
        let more = plan_edits(&leaks, options, fixed)?;
        let replaced = leaks.iter().map(|f| ReplacedSecret::of(f, path));
        plan.replaced.extend(replaced);
        plan.edits = compose_edits(&plan.edits, &more);
        if round == 0 {
            plan.found = found;
        }
    }
    Err(RedactError::refusal(
        "what replaces a secret looks like a secret again",
    ))
}

/// Returns the replacements of all findings as edits of the scanned bytes, in order and without
/// overlap. `fixed`: no byte of the file may move.
///
/// Of overlapping secrets, only the first is replaced. Another scan of the result finds the rest.
///
/// # Errors
/// Fails if a secret cannot be replaced so that the surrounding text stays valid.
pub fn plan_edits(
    findings: &[&Finding],
    options: &RedactOptions,
    fixed: bool,
) -> Result<Vec<Edit>, RedactError> {
    let mut items: Vec<PlannedSecret<'_>> = Vec::new();
    for finding in findings {
        if finding.origin.member.is_some() {
            return Err(RedactError::refusal(
                "a secret in an archive cannot be replaced",
            ));
        }
        let Some(enclosure) = &finding.enclosure else {
            return Err(RedactError::refusal("how a secret is written was not kept"));
        };
        items.push(PlannedSecret {
            finding,
            enclosure,
            fixed: fixed || enclosure.binary || options.mask == ReplacementStyle::KeepLength,
        });
    }
    items.sort_by_key(|i| i.enclosure.offset);
    let mut out = Vec::new();
    for window in items.chunk_by(|a, b| a.enclosure.offset == b.enclosure.offset) {
        let offset = window[0].enclosure.offset;
        let items: Vec<&PlannedSecret<'_>> = window.iter().collect();
        out.extend(level(&items, 0, options)?.into_iter().map(|local| Edit {
            range: offset + local.range.start as u64..offset + local.range.end as u64,
            text: local.text,
        }));
    }
    settle(&mut out);
    Ok(out)
}

struct PlannedSecret<'f> {
    finding: &'f Finding,
    enclosure: &'f RewriteContext,
    fixed: bool,
}

impl PlannedSecret<'_> {
    /// Returns the region that contains the secret at this depth, or `None` if the text itself contains it.
    fn region(&self, depth: usize) -> Option<&Arc<Decoded>> {
        self.enclosure.regions.get(depth)
    }

    /// Returns the replacement of the secret in the innermost text.
    fn replacement(&self, options: &RedactOptions) -> LocalEdit {
        let RewriteContext { regions, place, .. } = self.enclosure;
        let rigid = self.fixed || regions.iter().any(|r| is_rigid(r, *place));
        let len = rigid.then(|| regions.last().map_or(place.len(), |r| room_for(r, *place)));
        LocalEdit {
            range: *place,
            text: options.mask.text(self.finding, len).into_bytes(),
            rigid,
        }
    }
}

/// Returns true if nothing in this region may become longer or shorter.
fn is_rigid(region: &Decoded, place: Span) -> bool {
    match region.layer {
        Layer::Base64 => true,
        // A line that was broken to fit must not grow.
        Layer::QuotedPrintable => region.outer_spans(place).len() > 1,
        _ => false,
    }
}

/// Returns the edits of one text: for secrets in it, and for regions in it, encoded.
fn level(
    items: &[&PlannedSecret<'_>],
    depth: usize,
    options: &RedactOptions,
) -> Result<Vec<LocalEdit>, RedactError> {
    let mut out: Vec<LocalEdit> = Vec::new();
    add_steps(items.len());
    // Groups by region, in the order of their first items: there may be as many regions as items.
    let mut groups: Vec<(&Arc<Decoded>, Vec<&PlannedSecret<'_>>)> = Vec::new();
    let mut group_of: HashMap<*const Decoded, usize> = HashMap::new();
    for item in items {
        let Some(region) = item.region(depth) else {
            out.push(item.replacement(options));
            continue;
        };
        let group = *group_of.entry(Arc::as_ptr(region)).or_insert(groups.len());
        if group == groups.len() {
            groups.push((region, Vec::new()));
        }
        groups[group].1.push(item);
    }
    for (region, inside) in groups {
        let inner = level(&inside, depth + 1, options)?;
        write_back(region, inner, &mut out)?;
    }
    out.sort_by_key(|e| (e.range.start, std::cmp::Reverse(e.range.end)));
    let mut free = 0;
    out.retain(|edit| {
        let keep = edit.range.start >= free;
        if keep {
            free = edit.range.end;
        }
        keep
    });
    Ok(out)
}
