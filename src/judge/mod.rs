//! Decides which candidates are credentials. The weights of the features add up to a score, which gives a confidence.
//!
//! A token with a prefix is confirmed by its checksum. A value of 40 hex digits has no checksum, so the text around it,
//! the path, the rest of the file and the repository decide.

mod collect;
mod context;
mod early_decision;
mod entropy;
mod evidence_location;
mod explain;
pub(crate) mod feature;
#[cfg(feature = "cli")]
pub(crate) mod fit;
pub(crate) mod model;
mod prefixed;
mod private_key;
mod score;
mod site;
mod text_cache;
mod vocabulary;

use crate::finding::{Confidence, Evidence};
use crate::token::Shape;

pub(crate) use context::{
    CandidateContext, DecidedByAdjacent, IdLookup, Judgement, OuterText, PrefilterResult, Verdict,
};
pub(crate) use prefixed::{prefixed, prefixed_evidence, rule_evidence};
pub(crate) use private_key::{PrivateKeyContext, PrivateKeyVerdict, judge_private_key};
pub(crate) use score::{HIGH, LOW, MEDIUM, log_odds, min_log_odds};
pub(crate) use text_cache::TextCache;

use collect::FeatureSet;
use context::PathState;
use early_decision::decide_by_adjacent;
pub(crate) use early_decision::is_in_checksum_list;
use feature::{Feature, FeatureGroup, Role};
use model::Model;
use score::confidence_for;
use site::Site;

/// Judge of candidates; immutable, and shared by all threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge {}

impl Default for Judge {
    fn default() -> Self {
        Judge::new()
    }
}

impl Judge {
    /// Creates a judge with the built-in weights.
    #[must_use]
    pub(crate) fn new() -> Self {
        Judge {}
    }

    /// Returns the model, which is loaded for the first judged value. Most scans have no such value, and loading takes
    /// longer than the rest of a short scan.
    fn model(&self) -> &'static Model {
        Model::builtin()
    }

    /// Judges a candidate of a shape for which [`Shape::is_judged`] is true. The bytes next to it decide about most
    /// values, which are in places for ids.
    ///
    /// The evidence is left out for a value that cannot reach the confidence `least`, and its confidence is `None`.
    #[must_use]
    pub(crate) fn judge_candidate(
        &self,
        context: &CandidateContext<'_>,
        least: Confidence,
    ) -> Judgement {
        let site = site_of(context);
        match decide_by_adjacent(&site, context) {
            Some(DecidedByAdjacent::IdBeside) => Judgement::Id,
            Some(_) => Judgement::Nothing,
            None => {
                let least = min_log_odds(least);
                Judgement::Weighed(self.score_candidate(&site, context, least, PathState::Known))
            }
        }
    }

    /// Returns the possible outcome for a candidate under any path, for callers that read the path only on demand. The
    /// path in `context` is empty.
    #[must_use]
    pub(crate) fn prefilter(
        &self,
        context: &CandidateContext<'_>,
        least: Confidence,
    ) -> PrefilterResult {
        let site = site_of(context);
        match decide_by_adjacent(&site, context) {
            Some(DecidedByAdjacent::IdBeside) => PrefilterResult::Id,
            Some(_) => PrefilterResult::Nothing,
            None if self.may_reach_confidence(&site, context, least) => PrefilterResult::Open,
            None => PrefilterResult::Nothing,
        }
    }

    /// Returns true if a candidate that is not settled may have the confidence `least` under some path.
    fn may_reach_confidence(
        &self,
        site: &Site<'_>,
        context: &CandidateContext<'_>,
        least: Confidence,
    ) -> bool {
        let may_hold_token = collect::is_short_text(context.text);
        let excluded = if may_hold_token {
            0
        } else {
            Feature::PathToken.bit()
        };
        let of_path = FeatureGroup::Path.features() & !excluded;
        let own = self.model().max_gain(of_path);
        let least = min_log_odds(least);
        let verdict = self.score_candidate(site, context, least - own, PathState::ToCome);
        let absent = verdict.features & Role::Absence.features();
        verdict.log_odds + self.model().max_loss(absent) + own >= least
    }

    /// Judges a candidate by all evidence, without an early exit.
    #[must_use]
    pub(crate) fn explain(&self, context: &CandidateContext<'_>) -> Verdict {
        let site = site_of(context);
        Verdict {
            settled: decide_by_adjacent(&site, context),
            ..self.score_candidate(&site, context, f64::NEG_INFINITY, PathState::Known)
        }
    }

    /// Computes the score, with an early exit below `least`; describes the evidence of a score that reaches it.
    fn score_candidate(
        &self,
        site: &Site<'_>,
        context: &CandidateContext<'_>,
        least: f64,
        path: PathState,
    ) -> Verdict {
        let mut observed = collect::collect_features(self.model(), site, context, least, path);
        let mut log_odds = observed.log_odds(self.model());
        let mut object = None;
        if log_odds >= LOW.max(least)
            && let Some(witness) = context.witness
        {
            object = witness.describe_object(&context.text[collect::token_digits(context)]);
            if object.is_some() {
                observed.note(Feature::GitObject);
                log_odds = observed.log_odds(self.model());
            }
        }
        let (rule_id, confidence) =
            if log_odds <= MEDIUM && self.is_of_another_service(&observed, log_odds) {
                ("other-vendor-secret", Some(Confidence::Low))
            } else {
                (rule(context, &observed), confidence_for(log_odds))
            };
        // A score from an early exit is incomplete.
        let confidence = confidence.filter(|c| min_log_odds(*c) >= least);
        Verdict {
            rule_id,
            confidence,
            log_odds,
            evidence: if log_odds >= least || confidence.is_some() {
                self.describe_evidence(context, &observed, object.as_deref())
            } else {
                Vec::new()
            },
            features: observed.bits(),
            settled: None,
        }
    }

    /// Returns true if this evidence is of a finding that the judge scored.
    #[must_use]
    pub(crate) fn is_scored(evidence: &[Evidence]) -> bool {
        evidence.iter().any(|e| e.name == Feature::Prior.name())
    }

    /// Adds the evidence that the same value is an id in another place, and returns the new confidence.
    #[must_use]
    pub(crate) fn with_hash_elsewhere(
        &self,
        rule_id: &str,
        evidence: &mut Vec<Evidence>,
    ) -> Option<Confidence> {
        let feature = Feature::HashElsewhere;
        let said = Evidence::new(
            feature.name(),
            self.model().weight(feature),
            feature.sentence(),
        );
        let heavier = |e: &Evidence| e.weight.abs() >= said.weight.abs();
        evidence.insert(evidence.partition_point(heavier), said);
        let log_odds = log_odds(evidence);
        if rule_id != "other-vendor-secret" {
            return confidence_for(log_odds);
        }
        let named = |name: &str| Feature::ALL.iter().find(|f| f.name() == name);
        let of_vendor =
            |e: &&Evidence| named(&e.name).is_some_and(|f| f.has_role(Role::OtherService));
        let vendor: f64 = evidence.iter().filter(of_vendor).map(|e| e.weight).sum();
        (log_odds - vendor > LOW).then_some(Confidence::Low)
    }

    /// Returns true if the name or slot of a value is a credential's, and its score would reach low confidence without
    /// the features of another service.
    fn is_of_another_service(&self, observed: &FeatureSet, log_odds: f64) -> bool {
        observed.has_role(Role::NamesService)
            && observed.has_role(Role::CredentialPlace)
            && log_odds - observed.vendor_penalty(self.model()) > LOW
    }

    /// Returns the evidence in words, with the heaviest feature first.
    fn describe_evidence(
        &self,
        context: &CandidateContext<'_>,
        observed: &FeatureSet,
        object: Option<&str>,
    ) -> Vec<Evidence> {
        let mut out: Vec<Evidence> = observed
            .iter()
            .map(|(feature, place)| {
                let detail = match object {
                    Some(said) if *feature == Feature::GitObject => said.to_owned(),
                    _ => explain::describe_feature(context, *feature, place),
                };
                Evidence::new(feature.name(), self.model().weight(*feature), detail)
            })
            .collect();
        out.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        out
    }
}

/// Returns the site of a candidate, of which nothing is read yet.
fn site_of<'c>(context: &CandidateContext<'c>) -> Site<'c> {
    let (start, end) = context.range;
    Site::new(context.text, start..end, context.peers, context.memory)
}

/// Returns the rule of the kind of credential.
fn rule(context: &CandidateContext<'_>, observed: &FeatureSet) -> &'static str {
    match context.shape {
        Shape::V1Hex => "github-installation",
        Shape::R1Hex => "github-refresh",
        _ if observed.has(Feature::KeyClientSecret) => "github-client-secret",
        _ if observed.has(Feature::ClientId) && !observed.is_token() => "github-client-secret",
        _ => "github-legacy-token",
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::token::Mint;

    /// Lines around a value, in the order in which they are drawn.
    const AROUND: [&str; 24] = [
        "x = 1\n",
        "import github\n",
        "class Client {\n",
        "  github:\n",
        "    token: ",
        "oauth_token=",
        "GITHUB_TOKEN=\"",
        "new Octokit({auth: '",
        "sha: ",
        "expect(",
        "client_secret = \"",
        "login('octocat', '",
        "# your personal access token\n",
        "gitlab: {\n",
        "curl -u me:",
        "https://api.github.com/user?access_token=",
        "the author fixed it\n",
        "')\n",
        "\"\n",
        "\n\n",
        "key ",
        " revision\n",
        "Authorization: token ",
        "circleci token ",
    ];

    /// Returns a text around ten values, and the ranges of the values.
    fn text(mint: &mut Mint) -> (String, Vec<Range<usize>>) {
        let (mut text, mut places) = (String::new(), Vec::new());
        for _ in 0..10 {
            for _ in 0..6 {
                text.push_str(AROUND[mint.random_below(AROUND.len())]);
            }
            let start = text.len();
            text.push_str(&String::from_utf8_lossy(&mint.hex(40)));
            places.push(start..text.len());
            text.push('\n');
        }
        (text, places)
    }

    #[test]
    fn a_short_look_comes_to_the_same_as_a_full_one() {
        let judge = Judge::new();
        let mut mint = Mint::new(17);
        let (mut looked_at, mut reported) = (0, 0);
        for round in 0..400 {
            let (text, peers) = text(&mut mint);
            let path = ["src/a.py", "github_token.txt", ".netrc", "spec/sha.rb"][round % 4];
            let shared = TextCache::default();
            for (i, place) in peers.iter().enumerate() {
                let least = [Confidence::Low, Confidence::Medium, Confidence::High][i % 3];
                let fresh = TextCache::default();
                let mut context = CandidateContext {
                    text: text.as_bytes(),
                    range: (place.start, place.end),
                    shape: Shape::Hex40,
                    path: path.as_bytes(),
                    peers: &peers,
                    outer: None,
                    memory: &shared,
                    witness: None,
                };
                let short = judge.judge_candidate(&context, least);
                context.memory = &fresh;
                let full = judge.explain(&context);
                let Judgement::Weighed(short) = short else {
                    assert!(full.settled.is_some(), "{text}");
                    continue;
                };
                assert!(full.settled.is_none(), "{text}");
                looked_at += 1;
                let wanted = full.confidence.filter(|c| *c >= least);
                assert_eq!(short.confidence, wanted, "{text}");
                if wanted.is_some() {
                    reported += 1;
                    assert_eq!(short.rule_id, full.rule_id, "{text}");
                    assert_eq!(short.features, full.features, "{text}");
                    assert_eq!(short.evidence, full.evidence, "{text}");
                }
            }
        }
        assert!(looked_at > 1000 && reported > 300, "{looked_at} {reported}");
    }
}
