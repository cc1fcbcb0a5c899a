//! Feature set of one value: the features that were observed, and their places.

use std::ops::Range;

use crate::judge::model::Model;
use crate::judge::piece::Feature;
use crate::judge::words::WordClass;
use crate::judge::{HIGH, LOW};

/// Place of a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::judge) enum EvidenceLocation {
    /// No place in particular.
    Nowhere,
    /// Range in the text of the candidate.
    Text(Range<usize>),
    /// Range in the text around the region that the candidate was decoded from.
    Outer(Range<usize>),
    /// The path.
    Path,
}

/// Features of words for ids and checksums around a value, not in its own name.
const HASH_TALK: [Feature; 3] = [Feature::ScopeHash, Feature::AboveHash, Feature::NearHash];

/// Feature set of one value.
#[derive(Clone, Debug, Default)]
pub(in crate::judge) struct FeatureSet {
    /// One bit for each feature.
    seen: u128,
    places: Vec<(Feature, EvidenceLocation)>,
    /// True if the text contains a name of GitHub.
    pub(super) github: bool,
    /// True if the lines around the value contain a word for a credential.
    pub(super) secret: bool,
    /// True if the text contains a word for data that is signed with a shared secret.
    pub(super) hook: bool,
    /// True if the value's name fits a secret that two sides share: `secret`, not `token`.
    pub(super) shared: bool,
    /// True if the value is an argument of a function that queries or revokes a token rather than logs in with it.
    pub(super) asked: bool,
    /// True if the value has no name.
    pub(super) nameless: bool,
    /// True while the text around a decoded region is read.
    pub(super) outer: bool,
    /// Place of the same value as an id in this text.
    twin: Option<EvidenceLocation>,
}

impl FeatureSet {
    pub(super) fn add(&mut self, piece: Feature, place: EvidenceLocation) {
        let is_talk = HASH_TALK.contains(&piece) && self.is_given_to_log_in();
        if !self.has(piece) && !is_talk {
            let place = match place {
                EvidenceLocation::Text(range) if self.outer => EvidenceLocation::Outer(range),
                place => place,
            };
            self.seen |= 1 << piece as u32;
            self.places.push((piece, place));
        }
    }

    /// Keeps the place of the same value as an id until all other features are known.
    pub(super) fn keep_twin(&mut self, place: EvidenceLocation) {
        let place = match place {
            EvidenceLocation::Text(range) if self.outer => EvidenceLocation::Outer(range),
            place => place,
        };
        self.twin.get_or_insert(place);
    }

    /// Adds the feature of the same value as an id, unless the score is already of high confidence: some tokens are
    /// also written in places for ids.
    pub(super) fn count_twin(&mut self, model: &Model) {
        if let Some(place) = self.twin.take()
            && self.log_odds(model) < HIGH
            && !self.has(Feature::SameValueIsHash)
        {
            self.seen |= 1 << Feature::SameValueIsHash as u32;
            self.places.push((Feature::SameValueIsHash, place));
        }
    }

    pub(super) fn add_if(&mut self, condition: bool, piece: Feature, place: EvidenceLocation) {
        if condition {
            self.add(piece, place);
        }
    }

    /// Adds the feature of each class in `sense`. A name of GitHub excludes other services.
    pub(super) fn hear(
        &mut self,
        sense: WordClass,
        pieces: &[(WordClass, Feature)],
        place: &EvidenceLocation,
    ) {
        for &(meaning, piece) in pieces {
            let drowned = meaning == WordClass::VENDOR && sense.has(WordClass::GITHUB);
            self.add_if(sense.has(meaning) && !drowned, piece, place.clone());
        }
        self.github |= sense.has(WordClass::GITHUB);
        self.hook |= sense.has(WordClass::HOOK);
    }

    /// Returns true if the slot only takes credentials, whatever the text around it is about: an authorization header,
    /// or a URL parameter named as a token.
    fn is_given_to_log_in(&self) -> bool {
        self.has(Feature::AuthHeader) || self.has(Feature::Query)
    }

    pub(in crate::judge) fn has(&self, piece: Feature) -> bool {
        self.seen & (1 << piece as u32) != 0
    }

    /// Returns true if the slot only takes tokens, or if the name is that of a token, not of a secret.
    pub(in crate::judge) fn is_token(&self) -> bool {
        const NAMES: [Feature; 2] = [Feature::KeySecret, Feature::KeyGithubSecret];
        let named = NAMES.iter().any(|p| self.has(*p)) && !self.shared;
        self.has(Feature::UserMarker) || self.has(Feature::AuthHeader) || named
    }

    pub(in crate::judge) fn note(&mut self, piece: Feature) {
        self.add(piece, EvidenceLocation::Nowhere);
    }

    pub(in crate::judge) fn iter(&self) -> impl Iterator<Item = &(Feature, EvidenceLocation)> {
        self.places.iter()
    }

    pub(in crate::judge) fn bits(&self) -> u128 {
        self.seen
    }

    /// Returns true if the score may still reach `least` when further features add at most `more`.
    pub(super) fn may_reach(&self, model: &Model, least: f64, more: f64) -> bool {
        const ROUNDING: f64 = 1e-9;
        // A secret of another service keeps low confidence, so features of other services do not count here.
        let spared = if least <= LOW {
            self.vendor_penalty(model).min(0.0)
        } else {
            0.0
        };
        self.log_odds(model) - spared + more >= least - ROUNDING
    }

    /// Features that count against a value because it belongs to another service.
    pub(in crate::judge) const VENDOR: [Feature; 13] = [
        Feature::PathVendor,
        Feature::SchemeDjango,
        Feature::KeyVendor,
        Feature::KeySigning,
        Feature::NearSigning,
        Feature::ScopeHost,
        Feature::SentToOtherHost,
        Feature::ScopeVendor,
        Feature::FileOtherService,
        Feature::HeaderOther,
        Feature::LineVendor,
        Feature::NearVendor,
        Feature::NoGithubName,
    ];

    /// Returns the sum of the weights of the features of another service.
    pub(in crate::judge) fn vendor_penalty(&self, model: &Model) -> f64 {
        let seen = FeatureSet::VENDOR.iter().filter(|p| self.has(**p));
        seen.map(|p| model.weight(*p)).sum()
    }

    /// Returns the score, the sum of the weights.
    pub(in crate::judge) fn log_odds(&self, model: &Model) -> f64 {
        self.places.iter().map(|(p, _)| model.weight(*p)).sum()
    }
}
