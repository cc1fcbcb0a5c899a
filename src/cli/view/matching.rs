//! Search for what a report means: for the value or the place of one of its findings among ours.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::finding::{Finding, Secret};
use crate::import::ImportedFinding;
use crate::span::Position;

/// Length in bytes from which a value that contains another one is taken for the same secret.
const TELLING: usize = 20;

/// Place of a value in a text, to be compared with that of a report.
pub(super) struct ValuePlace<'v> {
    pub(super) secret: &'v Secret,
    pub(super) start: Position,
    pub(super) end: Position,
}

impl<'v> From<&'v Finding> for ValuePlace<'v> {
    fn from(finding: &'v Finding) -> Self {
        ValuePlace {
            secret: &finding.secret,
            start: finding.start,
            end: finding.end,
        }
    }
}

impl ValuePlace<'_> {
    /// Returns true if the report means this value for sure: it contains the same value, or its hash or its columns on
    /// the same line.
    pub(super) fn is_meant_by(&self, wanted: &ImportedFinding) -> bool {
        if let Some(value) = line_value(&wanted.finding.secret) {
            return is_same_value(self.secret.expose_the_secret(), value);
        }
        if !self.is_on_line_of(wanted) {
            return false;
        }
        let has_digest =
            |digest: &String| sha1_hex(self.secret.expose_the_secret()).as_ref() == Some(digest);
        if wanted.digest.as_ref().is_some_and(has_digest) {
            return true;
        }
        // Programs count the columns from 0 or from 1, and with or without the last one.
        let is_one_line = self.start.line == self.end.line;
        wanted.columns.is_some_and(|(first, last)| {
            is_one_line && self.start.column <= last + 1 && first < self.end.column + 1
        })
    }

    /// Returns true if the value is on a line that the report names.
    pub(super) fn is_on_line_of(&self, wanted: &ImportedFinding) -> bool {
        let (from, to) = (wanted.finding.start.line, wanted.finding.end.line);
        wanted.has_line && self.start.line <= to && from <= self.end.line
    }

    /// Returns the distance in lines from the place of the report.
    pub(super) fn distance(&self, wanted: &ImportedFinding) -> u64 {
        if wanted.has_line {
            self.start.line.abs_diff(wanted.finding.start.line)
        } else {
            0
        }
    }
}

/// Number of lines that a secret of several lines may have.
const TALLEST: u64 = 200;

/// Values in a file by their lines and by themselves, so that each of very many findings is found quickly.
#[derive(Default)]
pub(super) struct PlaceIndex {
    /// Position and line of the places of each value, in the order of the lines.
    by_value: HashMap<Vec<u8>, Vec<(u64, usize)>>,
    /// Positions of the values that begin on a line.
    by_line: BTreeMap<u64, Vec<usize>>,
    /// First line, last line and position of the values that are on several lines.
    tall: Vec<(u64, u64, usize)>,
}

impl PlaceIndex {
    /// Returns the index of these values. A position is that in the iteration.
    pub(super) fn of<'v>(places: impl Iterator<Item = ValuePlace<'v>>) -> Self {
        let mut index = PlaceIndex::default();
        for (at, place) in places.enumerate() {
            let line = place.start.line;
            if let Some(key) = value_key(place.secret) {
                index.by_value.entry(key).or_default().push((line, at));
            }
            index.by_line.entry(line).or_default().push(at);
            if place.end.line > line {
                index.tall.push((line, place.end.line, at));
            }
        }
        index
            .by_value
            .values_mut()
            .for_each(|list| list.sort_unstable());
        index
    }

    /// Returns the positions of the values that a finding of a report may mean: the nearest ones that are equal to its
    /// value, or if there are none those on its lines. A file may have thousands of values on one line.
    pub(super) fn positions_for(&self, wanted: &ImportedFinding) -> Vec<usize> {
        let (from, to) = (wanted.finding.start.line, wanted.finding.end.line);
        let key = value_key(&wanted.finding.secret);
        if let Some(list) = key.and_then(|key| self.by_value.get(&key)) {
            let behind = list.partition_point(|(line, _)| *line < from);
            let nearest = list.iter().skip(behind.saturating_sub(1)).take(2);
            return nearest.map(|(_, at)| *at).collect();
        }
        let lines = from..=to.max(from);
        let on_lines = self.by_line.range(lines).flat_map(|(_, list)| list);
        let reaching = self.tall.iter();
        let reaching = reaching.filter(|(first, last, _)| *first < from && *last >= from);
        on_lines
            .chain(reaching.map(|(_, _, at)| at))
            .copied()
            .collect()
    }
}

/// Returns the lines on which a secret may begin that is on one of the lines from `from` to `to`.
pub(super) fn lines_near(from: u64, to: u64) -> Range<u64> {
    let to = to.min(from.saturating_add(TALLEST));
    from.saturating_sub(TALLEST)..to.saturating_add(1)
}

/// Returns the value of a secret in the form in which equal secrets are equal.
pub(super) fn value_key(secret: &Secret) -> Option<Vec<u8>> {
    let bytes = secret.expose_the_secret();
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    let key = if is_hex {
        bytes.to_ascii_lowercase()
    } else {
        bytes.to_vec()
    };
    (!key.is_empty()).then_some(key)
}

/// Returns the value of a secret that is known and within a line. Programs differ in how they write line breaks.
pub(super) fn line_value(secret: &Secret) -> Option<&[u8]> {
    let value = secret.expose_the_secret();
    (!value.is_empty() && !value.contains(&b'\n')).then_some(value)
}

/// Returns true if these are the same secret: equal, or one with something around it.
fn is_same_value(ours: &[u8], theirs: &[u8]) -> bool {
    let contains = |long: &[u8], short: &[u8]| {
        short.len() >= TELLING && memchr::memmem::find(long, short).is_some()
    };
    let is_hex = theirs.iter().all(u8::is_ascii_hexdigit);
    ours == theirs
        || (is_hex && ours.eq_ignore_ascii_case(theirs))
        || contains(ours, theirs)
        || contains(theirs, ours)
}

/// Returns the SHA-1 of a value in hex, or `None` if the value was made to collide with another one.
fn sha1_hex(bytes: &[u8]) -> Option<String> {
    let digest = sha1dc::digest(bytes).ok()?;
    Some(data_encoding::HEXLOWER.encode(digest.as_ref()))
}
