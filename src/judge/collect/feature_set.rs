//! Feature set of one value: the features that were observed, and their places.

use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::{Feature, Role};
use crate::judge::model::Model;
use crate::judge::score::{HIGH, LOW};
use crate::judge::vocabulary::WordClass;

/// Feature set of one value.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeatureSet {
    /// One bit for each feature.
    seen: u128,
    places: Vec<(Feature, EvidenceLocation)>,
    /// True if the text contains a name of GitHub.
    pub(crate) github: bool,
    /// True if the lines around the value contain a word for a credential.
    pub(crate) secret: bool,
    /// True if the text contains a word for data that is signed with a shared secret.
    pub(crate) hook: bool,
    /// True if the value's name fits a secret that two sides share: `secret`, not `token`.
    pub(crate) shared: bool,
    /// True if the value is an argument of a function that queries or revokes a token rather than logs in with it.
    pub(crate) asked: bool,
    /// True if the value has no name.
    pub(crate) nameless: bool,
    /// True while the text around a decoded region is read.
    pub(crate) outer: bool,
    /// Place of the same value as an id in this text.
    twin: Option<EvidenceLocation>,
}

impl FeatureSet {
    pub(crate) fn add(&mut self, feature: Feature, place: EvidenceLocation) {
        let does_not_count = feature.has_role(Role::HashNearby) && self.has_role(Role::LoginOnly);
        if !self.has(feature) && !does_not_count {
            let place = match place {
                EvidenceLocation::Text(range) if self.outer => EvidenceLocation::Outer(range),
                place => place,
            };
            self.seen |= feature.bit();
            self.places.push((feature, place));
        }
    }

    /// Keeps the place of the same value as an id until all other features are known.
    pub(crate) fn keep_twin(&mut self, place: EvidenceLocation) {
        let place = match place {
            EvidenceLocation::Text(range) if self.outer => EvidenceLocation::Outer(range),
            place => place,
        };
        self.twin.get_or_insert(place);
    }

    /// Adds the feature of the same value as an id, unless the score is already of high confidence: some tokens are
    /// also written in places for ids.
    pub(crate) fn count_twin(&mut self, model: &Model) {
        if let Some(place) = self.twin.take()
            && self.log_odds(model) < HIGH
            && !self.has(Feature::SameValueIsHash)
        {
            self.seen |= Feature::SameValueIsHash.bit();
            self.places.push((Feature::SameValueIsHash, place));
        }
    }

    pub(crate) fn add_if(&mut self, condition: bool, feature: Feature, place: EvidenceLocation) {
        if condition {
            self.add(feature, place);
        }
    }

    /// Adds the feature of each class in `sense`. A name of GitHub excludes other services.
    pub(crate) fn add_classes(
        &mut self,
        sense: WordClass,
        features: &[(WordClass, Feature)],
        place: &EvidenceLocation,
    ) {
        for &(class, feature) in features {
            let is_outweighed = class == WordClass::VENDOR && sense.has(WordClass::GITHUB);
            self.add_if(sense.has(class) && !is_outweighed, feature, place.clone());
        }
        self.github |= sense.has(WordClass::GITHUB);
        self.hook |= sense.has(WordClass::HOOK);
    }

    /// Returns true if a feature with this role was observed.
    pub(crate) fn has_role(&self, role: Role) -> bool {
        self.seen & role.features() != 0
    }

    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.seen & feature.bit() != 0
    }

    /// Returns true if the slot only takes tokens, or if the name is that of a token, not of a secret.
    pub(crate) fn is_token(&self) -> bool {
        let named = self.has_role(Role::TokenName) && !self.shared;
        self.has(Feature::UserMarker) || self.has(Feature::AuthHeader) || named
    }

    pub(crate) fn note(&mut self, feature: Feature) {
        self.add(feature, EvidenceLocation::Nowhere);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Feature, EvidenceLocation)> {
        self.places.iter()
    }

    pub(crate) fn bits(&self) -> u128 {
        self.seen
    }

    /// Returns true if the score may still reach `least` when further features add at most `more`.
    pub(crate) fn may_reach(&self, model: &Model, least: f64, more: f64) -> bool {
        const ROUNDING: f64 = 1e-9;
        // A secret of another service keeps low confidence, so features of other services do not count here.
        let spared = if least <= LOW {
            self.vendor_penalty(model).min(0.0)
        } else {
            0.0
        };
        self.log_odds(model) - spared + more >= least - ROUNDING
    }

    /// Returns the sum of the weights of the features of another service.
    pub(crate) fn vendor_penalty(&self, model: &Model) -> f64 {
        model.sum_weights(self.seen & Role::OtherService.features())
    }

    /// Returns the score, the sum of the weights.
    pub(crate) fn log_odds(&self, model: &Model) -> f64 {
        self.places.iter().map(|(p, _)| model.weight(*p)).sum()
    }
}
