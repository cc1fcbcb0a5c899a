//! Upper bound of a score, which ends the collection of features as soon as the outcome is certain.

use super::{
    EvidenceLocation, FeatureSet, NOT_OF_AN_APP, PathState, Site, crowd, file, lines, name,
};
use crate::judge::LOW;
use crate::judge::piece::Feature;

/// Number of bytes before and after a value in which a mention of GitHub counts.
const HEARD: (usize, usize) = (4096, 3000);

/// Features that other values in the text may add, one bit each.
pub(super) const CROWD: u128 = bits(crowd::PIECES);

/// Features that the uses of the value's name may add.
pub(super) const USES: u128 = bits(name::OF_USE);

/// Features that calls around the value may add.
pub(super) const CALLS: u128 = bits(name::OF_CALLS);

/// Features that the lines around the value may add.
pub(super) const LINES: u128 = bits(lines::PIECES);

/// Features that the rest of the file may add.
pub(super) const FILE: u128 = bits(file::PIECES);

/// Features that the text may add, apart from those of the value's own slot and name.
pub(super) const TEXT: u128 = CALLS | bits(name::OF_SCOPE) | LINES | FILE;

/// Features that are added last, such as those of git objects and of the value itself.
const LAST: u128 = bits(&[
    Feature::NoGithubName,
    Feature::NoCredentialWord,
    Feature::Placeholder,
    Feature::LowEntropy,
    Feature::HashElsewhere,
    Feature::GitObject,
]);

/// Features that need a name of GitHub, or a phrase of GitHub, in the text.
const GITHUB: u128 = bits(&[
    Feature::CallGithub,
    Feature::ScopeGithub,
    Feature::ScopePair,
    Feature::AbovePair,
    Feature::AboveGithub,
    Feature::LinePair,
    Feature::LineGithub,
    Feature::ProseNamesToken,
    Feature::NearGithub,
    Feature::FileGithub,
    Feature::TokenPage,
    Feature::UsedAsGithubLogin,
]);

const fn bits(pieces: &[Feature]) -> u128 {
    let (mut bits, mut i) = (0, 0);
    while i < pieces.len() {
        bits |= 1 << pieces[i] as u32;
        i += 1;
    }
    bits
}

/// Upper bound of the score of one value.
pub(super) struct UpperBound {
    least: f64,
    path: PathState,
    /// Features that the text around a decoded region may add.
    beside: u128,
    /// `Some` with the answer once the text was searched for a name of GitHub.
    github: Option<bool>,
    /// `Some` with the answer once the text was searched for the id of an OAuth app.
    client: Option<bool>,
}

impl UpperBound {
    /// Creates the bound of a value that must reach the score `least`.
    pub(super) fn new(least: f64, path: PathState) -> UpperBound {
        UpperBound {
            least,
            path,
            beside: 0,
            github: None,
            client: None,
        }
    }

    /// Keeps features possible that the text around a decoded region may add later.
    pub(super) fn include_outer(&mut self, pieces: u128) {
        self.beside |= pieces;
        (self.github, self.client) = (Some(true), Some(true));
    }

    /// Returns true if the score may still reach the minimum with the features `to_come`. Searches the text only if the
    /// weights alone leave this open.
    pub(super) fn can_reach(
        &mut self,
        look: &Site<'_>,
        tally: &mut FeatureSet,
        to_come: u128,
    ) -> bool {
        if self.least == f64::NEG_INFINITY {
            return true;
        }
        let mut to_come = (to_come | self.beside | LAST)
            & !tally.bits()
            & !impossible_features(tally, self.beside);
        if !tally.may_reach(look.model, self.least, look.model.max_gain(to_come)) {
            return false;
        }
        if !*self.github.get_or_insert_with(|| may_name_github(look)) {
            to_come &= !GITHUB;
            // A secret of another service is reported with low confidence too.
            let counts = self.path == PathState::Known && self.least > LOW && !tally.github;
            tally.add_if(counts, Feature::NoGithubName, EvidenceLocation::Nowhere);
        }
        let reaches = |pieces| tally.may_reach(look.model, self.least, look.model.max_gain(pieces));
        reaches(to_come & !CLIENT)
            || (to_come & CLIENT != 0
                && reaches(to_come)
                && *self
                    .client
                    .get_or_insert_with(|| lines::find_client_id(look).is_some()))
    }
}

/// Feature of the id of an OAuth app.
const CLIENT: u128 = bits(&[Feature::ClientId]);

/// Returns the features that the feature set excludes; the text around a region may still add `beside`.
fn impossible_features(tally: &FeatureSet, beside: u128) -> u128 {
    let seen = tally.bits() | beside;
    let mut out = 0;
    if NOT_OF_AN_APP.iter().any(|p| tally.has(*p)) {
        out |= CLIENT;
    }
    if !tally.nameless && beside == 0 {
        out |= bits(&[Feature::ProseNamesToken]);
    }
    if seen & bits(&[Feature::KeySecret]) == 0 {
        out |= bits(&[Feature::NearRepoKeys]);
    }
    out
}

/// Returns true if a name of GitHub may occur near the value or at the start of the file.
fn may_name_github(look: &Site<'_>) -> bool {
    let start = look.value.start.saturating_sub(HEARD.0);
    let end = look.text.len().min(look.value.end + HEARD.1);
    let heard = |part| look.memory.may_name_github(look.model, look.text, part);
    heard(start..end) || heard(0..start.min(file::HEAD))
}
