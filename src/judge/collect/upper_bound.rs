//! Upper bound of a score, which ends the collection of features as soon as the outcome is certain.

use super::feature_set::FeatureSet;
use super::file;
use crate::judge::context::PathState;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::{Feature, Role};
use crate::judge::model::Model;
use crate::judge::score::LOW;
use crate::judge::site::Site;

/// Number of bytes before and after a value in which a mention of GitHub counts.
const MENTION_WINDOW: (usize, usize) = (4096, 3000);

/// Upper bound of the score of one value.
pub(crate) struct UpperBound<'m> {
    model: &'m Model,
    least: f64,
    path: PathState,
    /// Features that the text around a decoded region may add.
    outer: u128,
    /// `Some` with the answer once the text was searched for a name of GitHub.
    github: Option<bool>,
    /// `Some(true)` if the text around a decoded region may have the id of an OAuth app.
    client: Option<bool>,
}

impl<'m> UpperBound<'m> {
    /// Creates the bound of a value that must reach the score `least`.
    pub(crate) fn new(model: &'m Model, least: f64, path: PathState) -> UpperBound<'m> {
        UpperBound {
            model,
            least,
            path,
            outer: 0,
            github: None,
            client: None,
        }
    }

    /// Keeps features possible that the text around a decoded region may add later.
    pub(crate) fn include_outer(&mut self, features: u128) {
        self.outer |= features;
        (self.github, self.client) = (Some(true), Some(true));
    }

    /// Returns true if the score may still reach the minimum with the features `to_come`. Searches the text only if the
    /// weights alone leave this open.
    pub(crate) fn can_reach(
        &mut self,
        site: &Site<'_>,
        observed: &mut FeatureSet,
        to_come: u128,
    ) -> bool {
        if self.least == f64::NEG_INFINITY {
            return true;
        }
        let mut to_come =
            (to_come | self.outer) & !observed.bits() & !self.impossible_features(observed);
        if !self.reaches(observed, to_come) {
            return false;
        }
        if !*self.github.get_or_insert_with(|| may_name_github(site)) {
            to_come &= !Role::NeedsGithub.features();
            // A secret of another service is reported with low confidence too.
            let counts = self.path == PathState::Known && self.least > LOW && !observed.github;
            observed.add_if(counts, Feature::NoGithubName, EvidenceLocation::Nowhere);
        }
        let client = Feature::ClientId.bit();
        self.reaches(observed, to_come & !client)
            || (to_come & client != 0
                && self.reaches(observed, to_come)
                && self.client.unwrap_or_else(|| site.client_id().is_some()))
    }

    /// Returns true if the score reaches the minimum with all of these features that raise it.
    fn reaches(&self, observed: &FeatureSet, features: u128) -> bool {
        observed.may_reach(self.model, self.least, self.model.max_gain(features))
    }

    /// Returns the features that the feature set excludes.
    fn impossible_features(&self, observed: &FeatureSet) -> u128 {
        let mut out = 0;
        if observed.has_role(Role::ExcludesApp) {
            out |= Feature::ClientId.bit();
        }
        if !observed.nameless && !observed.has(Feature::KeyGithub) && self.outer == 0 {
            out |= Feature::ProseNamesToken.bit();
        }
        if (observed.bits() | self.outer) & Feature::KeySecret.bit() == 0 {
            out |= Feature::NearRepoKeys.bit();
        }
        out
    }
}

/// Returns true if a name of GitHub may occur near the value or at the start of the file.
fn may_name_github(site: &Site<'_>) -> bool {
    let start = site.value.start.saturating_sub(MENTION_WINDOW.0);
    let end = site.text.len().min(site.value.end + MENTION_WINDOW.1);
    let names = |part| {
        site.memory
            .may_name_github(site.vocabulary(), site.text, part)
    };
    names(start..end) || names(0..start.min(file::HEAD))
}
