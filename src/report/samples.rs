//! Findings for the tests of all formats: synthetic, and of every kind.

#![cfg(test)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::terminal::Style;
use super::{ReportFormat, ReportGrouping, ReportOptions, write};
use crate::finding::{
    Acceptance, AcceptedBy, Checksum, Confidence, Evidence, Finding, Layer, Origin, OriginKind,
    Outcome, Secret, Skip, SkipReason, Snippet,
};
use crate::rule::{RuleSet, builtin_rules};
use crate::span::Position;
use crate::token::{Mint, Shape};

/// Returns findings of all kinds: certain, decoded, judged, accepted and pre-existing.
pub(super) fn outcome() -> Outcome {
    let mut mint = Mint::new(99);
    let mut outcome = Outcome {
        files: 7,
        bytes: 12_345,
        elapsed: Duration::from_millis(250),
        ..Outcome::default()
    };
    outcome.findings = findings(&mut mint);
    outcome.findings[1].decoded_from = vec![Layer::Utf16le, Layer::Base64];
    let judged = &mut outcome.findings[2];
    judged.confidence = Confidence::High;
    judged.checksum = Checksum::None;
    judged.evidence = vec![
        Evidence::new("key-token", 3.1, "the key is named like a token"),
        Evidence::new("docs", -0.4, "the file is documentation"),
    ];
    outcome.findings[3].accepted = Some(Box::new(Acceptance {
        by: AcceptedBy::Baseline,
        reason: "revoked, \"kept\" as a fixture".to_owned(),
        source: "tokensweep.baseline".to_owned(),
        first_seen: Some("test/old.json".to_owned()),
    }));
    outcome.findings[4].origin = Origin {
        kind: OriginKind::Index,
        pre_existing: true,
        ..Origin::default()
    }
    .into();
    outcome.skipped = vec![
        Skip {
            path: PathBuf::from("link"),
            reason: SkipReason::SymbolicLink,
        },
        Skip {
            path: PathBuf::from("locked"),
            reason: SkipReason::Unreadable("permission denied".to_owned()),
        },
    ];
    outcome.notes = vec!["a note".to_owned()];
    outcome
}

/// Returns a finding of each of several kinds.
fn findings(mint: &mut Mint) -> Vec<Finding> {
    vec![
        finding(
            "./src/a b&.env",
            3,
            "github-pat",
            &mint.new_token(Shape::Ghp),
        ),
        finding(
            "<x>|`,\"\n.txt",
            12,
            "github-fine-grained-pat",
            &mint.new_token(Shape::FineGrained),
        ),
        finding(
            "docs/notes.md",
            1,
            "github-legacy-token",
            &mint.new_token(Shape::Hex40),
        ),
        finding(
            "test/data.json",
            5,
            "github-oauth",
            &mint.new_token(Shape::Gho),
        ),
        finding("z.cfg", 2, "npm-access-token", &mint.new_token(Shape::Npm)),
    ]
}

/// Returns a finding of a token on a line of its own.
pub(super) fn finding(path: &str, line: u64, rule_id: &str, token: &[u8]) -> Finding {
    let rules = builtin_rules();
    let rule = rules.get(rule_id).unwrap_or_else(|| panic!("{rule_id}"));
    let secret = Secret::new(token);
    let text = [b"token=", token].concat();
    let place = 6..text.len();
    Finding {
        fingerprint: secret.fingerprint(rule_id),
        rule_id: Arc::clone(&rule.id),
        title: Arc::clone(&rule.title),
        severity: rule.severity,
        confidence: Confidence::Certain,
        checksum: Checksum::Valid,
        path: PathBuf::from(path),
        start: Position { line, column: 7 },
        end: Position {
            line,
            column: 7 + token.len() as u64,
        },
        bytes: 100..100 + token.len() as u64,
        secret,
        decoded_from: Vec::new(),
        origin: Origin::default().into(),
        evidence: vec![Evidence::new("checksum", 20.0, "the checksum holds")],
        remediation: Arc::clone(&rule.revoke),
        snippet: Snippet::from_line(&text, 0..text.len(), line, place, &[]),
        accepted: None,
        enclosure: None,
    }
}

/// Makes a finding one that a commit of Ann's brought in; `at_head` is `None` outside a whole history.
pub(super) fn set_commit(finding: &mut Finding, at_head: Option<bool>) {
    let origin = &mut finding.origin;
    origin.kind = OriginKind::Blob;
    origin.introduced_in = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
    origin.author = Some("Ann Lee <ann@example.com>".to_owned());
    origin.author_date = Some("2024-03-01T10:00:00+00:00".to_owned());
    origin.at_head = at_head;
}

/// Returns options for a report that was finished on 2026-11-22 at eight o'clock.
pub(super) fn options(rules: &RuleSet, verbosity: i8) -> ReportOptions<'_> {
    ReportOptions {
        show_secrets: false,
        style: Style::default(),
        columns: super::COLUMNS,
        verbosity,
        rules,
        finished: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_334_400),
        subject: None,
        grouping: ReportGrouping::Secret,
        remote: None,
        revision: None,
        branch: None,
    }
}

/// Returns the report of an outcome as text.
pub(super) fn report(format: ReportFormat, outcome: &Outcome, verbosity: i8) -> String {
    let rules = builtin_rules();
    let mut out = Vec::new();
    write(format, outcome, &options(&rules, verbosity), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
