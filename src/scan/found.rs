//! Secrets that a scan has found, so that every other place of an equal value is reported as well.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::decision::Decision;
use crate::detect::KnownSecrets;
use crate::finding::{Confidence, Evidence, Finding, Secret, Severity};
use crate::judge;
use crate::rule::RuleSet;

/// Name of the evidence for another place of an equal value.
const SAME_VALUE: &str = "same-value-is-secret";

/// Number of secrets from which those with a valid checksum are no longer searched for, as their form is found anyway.
const MOST_PROVED: usize = 256;

/// Length in bytes from which a value of mixed letters and digits is also a secret inside a longer word.
const TELLING: usize = 32;

/// Set of the secrets that were found. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct FoundSecrets(Arc<Index>);

#[derive(Debug, Default)]
struct Index {
    search: KnownSecrets,
    secrets: Vec<FoundSecret>,
    by_value: HashMap<Box<[u8]>, usize>,
}

/// Facts about one secret, from the strongest of its findings.
#[derive(Clone, Debug)]
struct FoundSecret {
    secret: Secret,
    rule_id: Arc<str>,
    title: Arc<str>,
    severity: Severity,
    remediation: Arc<str>,
    confidence: Confidence,
}

impl FoundSecret {
    fn of(finding: &Finding) -> Self {
        FoundSecret {
            secret: finding.secret.clone(),
            rule_id: Arc::clone(&finding.rule_id),
            title: Arc::clone(&finding.title),
            severity: finding.severity,
            remediation: Arc::clone(&finding.remediation),
            confidence: finding.confidence,
        }
    }

    /// Makes a finding of the same value one of the same kind and confidence.
    fn raise(&self, finding: &mut Finding) {
        finding.confidence = self.confidence;
        finding.evidence.insert(0, same_value(self.confidence));
        if finding.rule_id != self.rule_id {
            finding.fingerprint = finding.secret.fingerprint(&self.rule_id);
            finding.rule_id = Arc::clone(&self.rule_id);
            finding.title = Arc::clone(&self.title);
            finding.severity = self.severity;
            finding.remediation = Arc::clone(&self.remediation);
        }
    }
}

impl FoundSecrets {
    /// Returns true if there is no secret in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.search.is_empty()
    }

    /// Returns this set with the secrets of these findings added, or `None` if that changes nothing. The order of the
    /// findings does not matter.
    #[must_use]
    pub fn with<'f>(&self, findings: impl IntoIterator<Item = &'f Finding>) -> Option<Self> {
        let mut secrets = self.0.secrets.clone();
        let mut by_value = self.0.by_value.clone();
        let mut is_new = false;
        for finding in findings {
            let one = FoundSecret::of(finding);
            match by_value.get(&key(&one.secret)) {
                None if secrets.len() >= MOST_PROVED && one.confidence == Confidence::Certain => {}
                None => {
                    by_value.insert(key(&one.secret), secrets.len());
                    secrets.push(one);
                    is_new = true;
                }
                Some(&index) if is_stronger(&one, &secrets[index]) => {
                    secrets[index] = one;
                    is_new = true;
                }
                Some(_) => {}
            }
        }
        is_new.then(|| {
            let values = secrets.iter().map(|s| {
                let bytes = s.secret.expose_the_secret();
                (bytes, counts_inside(bytes))
            });
            FoundSecrets(Arc::new(Index {
                search: KnownSecrets::new(values),
                secrets,
                by_value,
            }))
        })
    }

    /// Returns true if every place of the secrets of all these findings is searched for.
    pub(super) fn searches_for<'f>(&self, findings: impl IntoIterator<Item = &'f Finding>) -> bool {
        let searched = self.0.search.searched();
        let index_of = |finding: &Finding| self.0.by_value.get(&key(&finding.secret));
        findings
            .into_iter()
            .all(|finding| index_of(finding).is_some_and(|index| searched[*index]))
    }

    /// Returns true if these findings give the same set of secrets, each with the same rule and confidence.
    pub(super) fn is_set_of<'f>(&self, findings: impl IntoIterator<Item = &'f Finding>) -> bool {
        let other = FoundSecrets::default().with(findings).unwrap_or_default();
        self.digest_parts() == other.digest_parts()
    }

    /// Returns a name for this set of secrets, from which no secret can be computed.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in self.digest_parts() {
            hash.update(part);
        }
        data_encoding::HEXLOWER.encode(&hash.finalize())
    }

    /// Returns a digest of each secret with its rule and its confidence, in an order of their own.
    fn digest_parts(&self) -> BTreeSet<String> {
        let part = |s: &FoundSecret| {
            let name = s.secret.fingerprint(&s.rule_id);
            format!("{name} {} {}\n", s.rule_id, s.confidence.name())
        };
        self.0.secrets.iter().map(part).collect()
    }

    /// Returns the search for these secrets.
    pub(super) fn search(&self) -> &KnownSecrets {
        &self.0.search
    }

    /// Returns the secret at this index of the search, as it is reported in another place.
    pub(super) fn secret_at(&self, index: usize) -> Option<&Secret> {
        self.0.secrets.get(index).map(|s| &s.secret)
    }

    /// Returns the decision on another place of the secret at this index of the search.
    pub(super) fn decide(&self, index: usize, rules: &RuleSet) -> Option<Decision> {
        let known = self.0.secrets.get(index)?;
        Some(Decision {
            rule: Arc::clone(rules.get(&known.rule_id)?),
            confidence: known.confidence,
            checksum: crate::finding::Checksum::None,
            evidence: vec![same_value(known.confidence)],
        })
    }

    /// Sets the kind and the confidence of every weaker finding of a known value to those of the value, and drops the
    /// other places of a value that is no longer a secret.
    pub(super) fn settle(&self, findings: &mut Vec<Finding>) {
        findings.retain_mut(|finding| {
            let known = self.0.by_value.get(&key(&finding.secret));
            let Some(known) = known.and_then(|index| self.0.secrets.get(*index)) else {
                return !is_another_place(finding);
            };
            if finding.confidence < known.confidence {
                known.raise(finding);
            }
            true
        });
    }
}

/// Returns true if a finding makes every other place of its value a finding: it has at least this confidence, is not
/// accepted, and its own place is the reason for it.
pub(super) fn spreads(finding: &Finding, least: Confidence) -> bool {
    finding.confidence >= least && finding.accepted.is_none() && !is_another_place(finding)
}

/// Returns true if the only reason for a finding is that an equal value is a secret in another place.
fn is_another_place(finding: &Finding) -> bool {
    matches!(&finding.evidence[..], [only] if only.name == SAME_VALUE)
}

/// Returns the evidence that an equal value is a secret in another place, if it is the only reason for a finding.
pub(super) fn same_value_of(finding: &Finding) -> Option<&Evidence> {
    finding.evidence.iter().find(|e| e.name == SAME_VALUE)
}

/// Returns true if `one` is a stronger finding than `other` and replaces it.
fn is_stronger(one: &FoundSecret, other: &FoundSecret) -> bool {
    let rank = |s: &FoundSecret| {
        let bytes = s.secret.expose_the_secret();
        (
            s.confidence,
            Reverse(Arc::clone(&s.rule_id)),
            bytes.to_vec(),
        )
    };
    rank(one) > rank(other)
}

/// Returns the key of a secret: its value, in lower case if it is all hex digits.
fn key(secret: &Secret) -> Box<[u8]> {
    let bytes = secret.expose_the_secret();
    if bytes.iter().all(u8::is_ascii_hexdigit) {
        bytes.to_ascii_lowercase().into()
    } else {
        bytes.into()
    }
}

fn counts_inside(bytes: &[u8]) -> bool {
    bytes.len() >= TELLING
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_alphabetic)
}

fn same_value(confidence: Confidence) -> Evidence {
    let detail = format!(
        "the same value is a secret in another place of what was scanned (confidence {})",
        confidence.name()
    );
    Evidence::new(SAME_VALUE, judge::min_log_odds(confidence), detail)
}
