//! Findings as the rows of a table. A record contains the mask of a secret, never the secret.

use tokensweep::Finding;
use tokensweep::parts::Evidence;

/// Finding as a row of a table.
#[derive(Debug)]
pub(crate) struct FindingRecord {
    /// Row of the text in its column, from 0; `None` for a finding that is not in a column.
    pub(crate) row: Option<u64>,
    pub(crate) path: String,
    /// Way to a member of an archive.
    pub(crate) member: Option<String>,
    /// Place in a document, in words.
    pub(crate) place: Option<String>,
    pub(crate) line: u64,
    pub(crate) column: u64,
    /// Offsets in bytes, the end exclusive.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Offsets in characters, if the text is UTF-8 and contains the secret itself.
    pub(crate) chars: Option<(u64, u64)>,
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) severity: &'static str,
    pub(crate) confidence: &'static str,
    pub(crate) checksum: &'static str,
    pub(crate) fingerprint: String,
    pub(crate) masked: String,
    pub(crate) decoded_from: Vec<String>,
    pub(crate) evidence: Vec<Evidence>,
    /// True if the secret was replaced.
    pub(crate) is_replaced: bool,
    pub(crate) history: HistoryRecord,
}

/// Origin of a finding in the history of a repository.
#[derive(Debug, Default)]
pub(crate) struct HistoryRecord {
    pub(crate) blob: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) author_date: Option<String>,
    pub(crate) introduced_in: Option<String>,
    pub(crate) at_head: Option<bool>,
    pub(crate) refs: Vec<String>,
}

impl FindingRecord {
    /// Returns the record of a finding without a row.
    pub(crate) fn new(finding: &Finding) -> Self {
        let origin = &finding.origin;
        FindingRecord {
            row: None,
            path: finding.path.to_string_lossy().into_owned(),
            member: origin.member.clone(),
            place: origin.place.as_ref().map(ToString::to_string),
            line: finding.start.line,
            column: finding.start.column,
            start: finding.bytes.start,
            end: finding.bytes.end,
            chars: None,
            rule: finding.rule_id.to_string(),
            title: finding.title.to_string(),
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            checksum: finding.checksum.name(),
            fingerprint: finding.fingerprint.clone(),
            masked: finding.secret.masked(),
            decoded_from: finding
                .decoded_from
                .iter()
                .map(|layer| layer.name().to_owned())
                .collect(),
            evidence: finding.evidence.clone(),
            is_replaced: false,
            history: HistoryRecord::default(),
        }
    }

    /// Returns the records of the findings in a text.
    pub(crate) fn in_text(findings: &[Finding], text: &[u8], row: Option<u64>) -> Vec<Self> {
        if findings.is_empty() {
            return Vec::new();
        }
        let mut counter = CharacterCounter::new(text);
        let records = findings.iter().map(|finding| {
            let mut record = FindingRecord::new(finding);
            record.row = row;
            if record.member.is_none() {
                let start = counter.count_before(record.start);
                record.chars = start.zip(counter.count_before(record.end));
            }
            record
        });
        records.collect()
    }

    /// Returns the record of a finding in a repository.
    pub(crate) fn in_repository(finding: &Finding) -> Self {
        let origin = &finding.origin;
        FindingRecord {
            history: HistoryRecord {
                blob: origin.blob.clone(),
                commit: origin.commit.clone(),
                author: origin.author.clone(),
                author_date: origin.author_date.clone(),
                introduced_in: origin.introduced_in.clone(),
                at_head: origin.at_head,
                refs: origin.refs.clone(),
            },
            ..FindingRecord::new(finding)
        }
    }
}

/// Counter of the characters before places of a text, which are mostly asked for in order.
struct CharacterCounter<'t> {
    /// Text, if it is UTF-8.
    text: Option<&'t [u8]>,
    /// Last place that was asked for, in bytes and in characters.
    last: (usize, u64),
}

impl<'t> CharacterCounter<'t> {
    fn new(text: &'t [u8]) -> Self {
        CharacterCounter {
            text: std::str::from_utf8(text).ok().map(str::as_bytes),
            last: (0, 0),
        }
    }

    /// Returns the number of characters before an offset.
    fn count_before(&mut self, offset: u64) -> Option<u64> {
        let offset = usize::try_from(offset).ok()?;
        if offset < self.last.0 {
            self.last = (0, 0);
        }
        let between = self.text?.get(self.last.0..offset)?;
        // Every byte but those that continue a character begins one.
        let count = between
            .iter()
            .filter(|byte| (**byte as i8) >= -0x40)
            .count();
        self.last = (offset, self.last.1 + count as u64);
        Some(self.last.1)
    }
}
