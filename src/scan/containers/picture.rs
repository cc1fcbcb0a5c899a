//! Text of a picture, made of its readings: tokens are repaired by their checksums, and each line is taken from the
//! reading in which most was found.

use super::flat_reading::{FlatReading, FoundValue};
use crate::container::{PictureArea, PictureReading};
use crate::span::{DocumentPlace, PlaceList};
use crate::token::repair::{self, TokenAnchor, TokenRepair};

/// Maximum number of places of one picture where a token is repaired.
const MOST_TOKENS: usize = 100;

/// Text of a picture with the places of its words.
#[derive(Debug, Default)]
pub(super) struct PictureText {
    pub(super) text: Vec<u8>,
    pub(super) places: PlaceList,
    /// Number of words that may be tokens and could not be read exactly.
    pub(super) unsure: u64,
}

/// Anchors of one place of a picture, each with the index of its reading.
type AnchorGroup = Vec<(usize, TokenAnchor)>;

impl PictureText {
    /// Joins the readings of a picture, the best one first.
    pub(super) fn join_readings(readings: &[PictureReading]) -> Self {
        let mut flats: Vec<FlatReading<'_>> = readings.iter().map(FlatReading::new).collect();
        let mut made = PictureText::default();
        for group in group_anchors(&flats) {
            let texts: Vec<(TokenAnchor, &[char])> = group
                .iter()
                .map(|(reading, anchor)| (anchor.clone(), &flats[*reading].chars[anchor.at..]))
                .collect();
            match repair::repair_token(&texts) {
                TokenRepair::Proved(found) => {
                    let (reading, anchor) = &group[found.reading];
                    flats[*reading].values.push(FoundValue {
                        value: String::from_utf8_lossy(&found.token).into_owned(),
                        changes: found.changes,
                        at: anchor.at,
                        len: found.len,
                    });
                }
                TokenRepair::Unsure => made.unsure += 1,
                TokenRepair::Nothing => {}
            }
        }
        settle_hex(&mut flats);
        for flat in &mut flats {
            flat.values.sort_by_key(|value| value.at);
        }
        made.write_lines(&flats);
        made
    }

    /// Writes the lines of the first reading, each in the reading in which most was found, and then what only the
    /// other readings have.
    fn write_lines(&mut self, flats: &[FlatReading<'_>]) {
        let Some((first, others)) = flats.split_first() else {
            return;
        };
        for (line, area) in first.line_areas() {
            let mut best = (first.count_values(line), first, line);
            for other in others {
                for (there, other_area) in other.line_areas() {
                    let count = other.count_values(there);
                    if count > best.0 && other_area.shares_line(area) {
                        best = (count, other, there);
                    }
                }
            }
            self.write_line(best.1, best.2);
        }
        for other in others {
            for (line, area) in other.line_areas() {
                let is_new = first.line_areas().all(|(_, own)| !own.shares_line(area));
                let has_new = other.values_on(line).any(|value| {
                    memchr::memmem::find(&self.text, value.value.as_bytes()).is_none()
                });
                if is_new && other.count_chars(line) > 2 || has_new {
                    self.write_line(other, line);
                }
            }
        }
    }

    /// Writes a line with its values in place of what was read for them.
    fn write_line(&mut self, flat: &FlatReading<'_>, line: usize) {
        let range = flat.line_range(line);
        let mut values = flat.values_on(line).peekable();
        let mut at = range.start;
        let mut word = None;
        while at < range.end {
            if let Some(value) = values.next_if(|value| value.at <= at) {
                if value.at < at {
                    continue;
                }
                self.start_place(flat.box_of(at), value.changes);
                self.text.extend(value.value.bytes());
                at += value.len;
                word = None;
                continue;
            }
            if word != Some(flat.owners[at]) {
                word = Some(flat.owners[at]);
                self.start_place(flat.box_of(at), 0);
            }
            let mut utf8 = [0; 4];
            self.text
                .extend(flat.chars[at].encode_utf8(&mut utf8).bytes());
            at += 1;
        }
        if self.text.last() != Some(&b'\n') {
            self.text.push(b'\n');
        }
    }

    fn start_place(&mut self, area: PictureArea, repaired: u32) {
        let place = DocumentPlace::of_point(area.left, area.top);
        self.places
            .start_recognised(self.text.len() as u64, place, repaired);
    }
}

/// Groups the anchors of all readings by their place in the picture.
fn group_anchors(flats: &[FlatReading<'_>]) -> Vec<AnchorGroup> {
    let mut groups: Vec<(PictureArea, AnchorGroup)> = Vec::new();
    for (reading, flat) in flats.iter().enumerate() {
        for anchor in repair::find_anchors(&flat.chars) {
            let area = flat.box_of(anchor.at);
            let is_same = |(there, group): &(PictureArea, AnchorGroup)| {
                let is_near = there.left.abs_diff(area.left) < area.bottom - area.top;
                let is_other = group.iter().all(|(other, _)| *other != reading);
                is_near && is_other && there.shares_line(area)
            };
            match groups.iter().position(is_same) {
                Some(index) => groups[index].1.push((reading, anchor)),
                None if groups.len() < MOST_TOKENS => groups.push((area, vec![(reading, anchor)])),
                None => {}
            }
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Gives each place with 40 hex digits the value that most readings have for it; of two, that of the better reading.
fn settle_hex(flats: &mut [FlatReading<'_>]) {
    let hex = |flat: &FlatReading<'_>| -> Vec<(PictureArea, FoundValue)> {
        let values = flat.values.iter().filter(|value| value.is_hex());
        values
            .map(|value| (flat.extent_of(value), value.clone()))
            .collect()
    };
    let all: Vec<Vec<(PictureArea, FoundValue)>> = flats.iter().map(hex).collect();
    for (flat, own) in flats.iter_mut().zip(&all) {
        for (area, value) in own {
            let there = all.iter().flatten();
            let there = there.filter(|(other, _)| other.shares_line(*area));
            let values: Vec<&FoundValue> = there.map(|(_, value)| value).collect();
            let votes =
                |value: &FoundValue| values.iter().filter(|v| v.value == value.value).count();
            // The first one of those with the most votes.
            let winner = values.iter().rev().max_by_key(|value| votes(value));
            let Some(winner) = winner.filter(|winner| winner.value != value.value) else {
                continue;
            };
            let place = flat
                .values
                .iter_mut()
                .find(|v| v.at == value.at && v.len == value.len);
            if let Some(place) = place {
                place.value.clone_from(&winner.value);
                place.changes = place.changes.max(1);
            }
        }
    }
}
