//! The evidence on one value: which pieces were seen, and where.

use std::ops::Range;

use crate::judge::model::Model;
use crate::judge::piece::Piece;
use crate::judge::words::Sense;

/// Where a piece was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::judge) enum Place {
    /// In no place in particular.
    Nowhere,
    /// In the text of the candidate.
    Text(Range<usize>),
    /// In the text around the region that the candidate was decoded from.
    Outer(Range<usize>),
    /// In the path.
    Path,
}

/// The evidence on one value.
#[derive(Clone, Debug, Default)]
pub(in crate::judge) struct Tally {
    /// One bit a piece.
    seen: u128,
    places: Vec<(Piece, Place)>,
    /// Whether anything names GitHub.
    pub(super) github: bool,
    /// Whether what is looked at now is the text around a decoded region.
    pub(super) outer: bool,
    /// Whether every look is taken, whatever it could change.
    pub(super) thorough: bool,
}

impl Tally {
    /// Nothing seen yet.
    pub(super) fn new(thorough: bool) -> Self {
        Tally {
            thorough,
            ..Tally::default()
        }
    }

    pub(super) fn add(&mut self, piece: Piece, place: Place) {
        if !self.has(piece) {
            let place = match place {
                Place::Text(range) if self.outer => Place::Outer(range),
                place => place,
            };
            self.seen |= 1 << piece as u32;
            self.places.push((piece, place));
        }
    }

    pub(super) fn when(&mut self, condition: bool, piece: Piece, place: Place) {
        if condition {
            self.add(piece, place);
        }
    }

    /// Adds the piece of every meaning that `sense` has. What names GitHub speaks of no other service.
    pub(super) fn hear(&mut self, sense: Sense, pieces: &[(Sense, Piece)], place: &Place) {
        for &(meaning, piece) in pieces {
            let drowned = meaning == Sense::VENDOR && sense.has(Sense::GITHUB);
            self.when(sense.has(meaning) && !drowned, piece, place.clone());
        }
        self.github |= sense.has(Sense::GITHUB);
    }

    pub(in crate::judge) fn has(&self, piece: Piece) -> bool {
        self.seen & (1 << piece as u32) != 0
    }

    pub(in crate::judge) fn note(&mut self, piece: Piece) {
        self.add(piece, Place::Nowhere);
    }

    pub(in crate::judge) fn iter(&self) -> impl Iterator<Item = &(Piece, Place)> {
        self.places.iter()
    }

    pub(in crate::judge) fn bits(&self) -> u128 {
        self.seen
    }

    /// The sum of the weights.
    pub(in crate::judge) fn log_odds(&self, model: &Model) -> f64 {
        self.places.iter().map(|(p, _)| model.weight(*p)).sum()
    }
}
