//! Change to a file in unified form. Secrets are masked on both sides, so it cannot be applied.

use std::ops::Range;

use super::plan::RedactPlan;
use crate::finding::mask_spans;
use crate::span::{Span, line_around};

/// Size in bytes of the largest file whose change is shown line by line.
pub(super) const LARGEST: u64 = 16 << 20;

/// Number of bytes of an unchanged part of a long line that are shown on either side of a change.
const SHOWN: usize = 60;

/// Range of a text and its replacement.
struct CoveredRange {
    range: Span,
    text: Vec<u8>,
}

/// Returns the change that `plan` makes to the text with this name, of which at least the first [`LARGEST`] bytes and one
/// more are given. It has no context, which may contain other secrets.
pub(super) fn unified_diff(name: &str, text: &[u8], plan: &RedactPlan) -> Vec<u8> {
    if plan.edits.is_empty() {
        return Vec::new();
    }
    if text.len() as u64 > LARGEST || memchr::memchr(0, text).is_some() {
        let count = plan.edits.len();
        return format!("Binary or large file {name}: {count} places change\n").into_bytes();
    }
    let new: Vec<CoveredRange> = plan
        .edits
        .iter()
        .filter_map(|e| {
            Some(CoveredRange {
                range: Span {
                    start: usize::try_from(e.range.start).ok()?,
                    end: usize::try_from(e.range.end).ok()?,
                },
                text: e.text.clone(),
            })
        })
        .collect();
    let old = mask_ranges(text, plan);
    let new = merge_covers(new, &old);
    let mut out = format!("--- {name}\n+++ {name}\n").into_bytes();
    let mut shift = 0i128;
    for lines in changed_lines(text, plan) {
        let before = shown(text, lines, &old);
        let after = shown(text, lines, &new);
        let number = 1 + memchr::memchr_iter(b'\n', &text[..lines.start]).count() as i128;
        let (removed, added) = (count_lines(&before), count_lines(&after));
        out.extend(format!("@@ -{number},{removed} +{},{added} @@\n", number + shift).into_bytes());
        prefix_lines(b'-', &before, &mut out);
        prefix_lines(b'+', &after, &mut out);
        shift += added - removed;
    }
    out
}

/// Returns the masks of all findings, replaced or not, and of all that changes, with what may be the rest of them: in
/// order and without overlap.
fn mask_ranges(text: &[u8], plan: &RedactPlan) -> Vec<CoveredRange> {
    let found = plan.found.iter().map(|f| &f.bytes);
    // A secret of a later round is no finding in the original.
    let changed = plan.edits.iter().map(|e| &e.range);
    let inside = |range: &Range<u64>| {
        let start = usize::try_from(range.start).ok()?;
        let end = usize::try_from(range.end).ok()?;
        (start < end && end <= text.len()).then_some(Span { start, end })
    };
    let places: Vec<Span> = found.chain(changed).filter_map(inside).collect();
    let spans = mask_spans(text, &places);
    let covered = spans.map(|(range, mask)| CoveredRange {
        range,
        text: mask.into_bytes(),
    });
    covered.collect()
}

/// Merges `edits` with the parts of `masks` that they do not cover.
fn merge_covers(edits: Vec<CoveredRange>, masks: &[CoveredRange]) -> Vec<CoveredRange> {
    let mut out = Vec::new();
    for mask in masks {
        let mut at = mask.range.start;
        let first = edits.partition_point(|e| e.range.end <= at);
        let over = edits[first..].iter();
        for edit in over.take_while(|e| e.range.start < mask.range.end) {
            if at < edit.range.start {
                out.push(CoveredRange {
                    range: (at..edit.range.start).into(),
                    text: "…".into(),
                });
            }
            at = edit.range.end;
        }
        if at < mask.range.end {
            let is_whole = at == mask.range.start;
            out.push(CoveredRange {
                range: (at..mask.range.end).into(),
                text: if is_whole {
                    mask.text.clone()
                } else {
                    "…".into()
                },
            });
        }
    }
    out.extend(edits);
    out.sort_by_key(|e| e.range.start);
    out
}

/// Returns the blocks of whole lines that contain a change.
fn changed_lines(text: &[u8], plan: &RedactPlan) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for edit in &plan.edits {
        let at = |at: u64| usize::try_from(at).unwrap_or(text.len());
        let start = line_around(text, at(edit.range.start)).start;
        let last = at(edit.range.end).max(start + 1) - 1;
        let end = memchr::memchr(b'\n', &text[last.min(text.len())..])
            .map_or(text.len(), |n| last + n + 1);
        match out.last_mut() {
            Some(block) if block.end >= start => block.end = block.end.max(end),
            _ => out.push(Span { start, end }),
        }
    }
    out
}

/// Returns these lines with covered parts replaced and long parts cut.
fn shown(text: &[u8], lines: Span, covers: &[CoveredRange]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = lines.start;
    let first = covers.partition_point(|c| c.range.end <= lines.start);
    for cover in &covers[first..] {
        if cover.range.start >= lines.end {
            break;
        }
        if cover.range.start > at {
            push_cut(&text[at..cover.range.start], &mut out);
        }
        out.extend(&cover.text);
        at = cover.range.end.max(at);
    }
    if at < lines.end {
        push_cut(&text[at..lines.end], &mut out);
    }
    out
}

fn push_cut(stretch: &[u8], out: &mut Vec<u8>) {
    for (index, line) in stretch.split_inclusive(|b| *b == b'\n').enumerate() {
        if line.len() <= 3 * SHOWN || index > 0 && line.len() <= 6 * SHOWN {
            out.extend(line);
        } else {
            out.extend(&line[..SHOWN]);
            out.extend("…".as_bytes());
            out.extend(&line[line.len() - SHOWN..]);
        }
    }
}

fn count_lines(lines: &[u8]) -> i128 {
    let whole = memchr::memchr_iter(b'\n', lines).count() as i128;
    whole + i128::from(!lines.is_empty() && !lines.ends_with(b"\n"))
}

fn prefix_lines(mark: u8, lines: &[u8], out: &mut Vec<u8>) {
    for line in lines.split_inclusive(|b| *b == b'\n') {
        out.push(mark);
        out.extend(line);
        if !line.ends_with(b"\n") {
            out.extend(b"\n\\ No newline at end of file\n");
        }
    }
}
