//! The evidence on one value: which pieces were seen, and where.

use std::ops::Range;

use crate::judge::model::Model;
use crate::judge::piece::Piece;
use crate::judge::words::Sense;
use crate::judge::{HIGH, LOW};

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

/// The pieces that speak of ids and checksums around a value, not of the value.
const HASH_TALK: [Piece; 3] = [Piece::ScopeHash, Piece::AboveHash, Piece::NearHash];

/// The evidence on one value.
#[derive(Clone, Debug, Default)]
pub(in crate::judge) struct Tally {
    /// One bit a piece.
    seen: u128,
    places: Vec<(Piece, Place)>,
    /// Whether anything names GitHub.
    pub(super) github: bool,
    /// Whether the lines around it speak of a credential.
    pub(super) secret: bool,
    /// Whether anything speaks of what is signed with a shared secret.
    pub(super) hook: bool,
    /// Whether its name is that of a secret that two sides may share: `secret`, not `token`.
    pub(super) shared: bool,
    /// Whether what it is given to asks about a token or ends it, rather than logging in with it.
    pub(super) asked: bool,
    /// Whether it was looked for a name, and there is none.
    pub(super) nameless: bool,
    /// Whether what is looked at now is the text around a decoded region.
    pub(super) outer: bool,
    /// Where the same value stands as an id in this text.
    twin: Option<Place>,
}

impl Tally {
    pub(super) fn add(&mut self, piece: Piece, place: Place) {
        let is_talk = HASH_TALK.contains(&piece) && self.is_given_to_log_in();
        if !self.has(piece) && !is_talk {
            let place = match place {
                Place::Text(range) if self.outer => Place::Outer(range),
                place => place,
            };
            self.seen |= 1 << piece as u32;
            self.places.push((piece, place));
        }
    }

    /// Keeps the place where the same value stands as an id, until all else is summed.
    pub(super) fn keep_twin(&mut self, place: Place) {
        let place = match place {
            Place::Text(range) if self.outer => Place::Outer(range),
            place => place,
        };
        self.twin.get_or_insert(place);
    }

    /// Counts the same value as an id elsewhere against this one, unless its own place makes it one with high
    /// confidence: people also write a token where ids stand.
    pub(super) fn count_twin(&mut self, model: &Model) {
        if let Some(place) = self.twin.take()
            && self.log_odds(model) < HIGH
            && !self.has(Piece::TwinHash)
        {
            self.seen |= 1 << Piece::TwinHash as u32;
            self.places.push((Piece::TwinHash, place));
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
        self.hook |= sense.has(Sense::HOOK);
    }

    /// Whether it stands where only what logs in stands, whatever is spoken of around it: in a header that
    /// authorises, or as the parameter of a URL that is called a token.
    fn is_given_to_log_in(&self) -> bool {
        self.has(Piece::AuthHeader) || self.has(Piece::Query)
    }

    pub(in crate::judge) fn has(&self, piece: Piece) -> bool {
        self.seen & (1 << piece as u32) != 0
    }

    /// Whether it stands where only a token stands, or has the name of one, not of a secret.
    pub(in crate::judge) fn is_token(&self) -> bool {
        const NAMES: [Piece; 2] = [Piece::KeySecret, Piece::KeyGithubSecret];
        let named = NAMES.iter().any(|p| self.has(*p)) && !self.shared;
        self.has(Piece::UserMarker) || self.has(Piece::AuthHeader) || named
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

    /// Whether the sum may still reach `least` if evidence to come adds `more`.
    pub(super) fn may_reach(&self, model: &Model, least: f64, more: f64) -> bool {
        const ROUNDING: f64 = 1e-9;
        // Low is also what another service's secret is, in spite of what speaks against it for that service's sake.
        let spared = if least <= LOW {
            self.vendor(model).min(0.0)
        } else {
            0.0
        };
        self.log_odds(model) - spared + more >= least - ROUNDING
    }

    /// The pieces that speak against a value because it belongs to another service.
    pub(in crate::judge) const VENDOR: [Piece; 13] = [
        Piece::PathVendor,
        Piece::SchemeRest,
        Piece::KeyVendor,
        Piece::KeySigning,
        Piece::NearSigning,
        Piece::ScopeHost,
        Piece::SentElsewhere,
        Piece::ScopeVendor,
        Piece::FileElsewhere,
        Piece::HeaderOther,
        Piece::LineVendor,
        Piece::NearVendor,
        Piece::NoGithub,
    ];

    /// What speaks against a value because it belongs to another service.
    pub(in crate::judge) fn vendor(&self, model: &Model) -> f64 {
        let seen = Tally::VENDOR.iter().filter(|p| self.has(**p));
        seen.map(|p| model.weight(*p)).sum()
    }

    /// The sum of the weights.
    pub(in crate::judge) fn log_odds(&self, model: &Model) -> f64 {
        self.places.iter().map(|(p, _)| model.weight(*p)).sum()
    }
}
