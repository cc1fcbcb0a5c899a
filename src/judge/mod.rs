//! Decides which candidates are credentials. The weights of the features add up to a score, which gives a confidence.
//!
//! A token with a prefix is confirmed by its checksum. A value of 40 hex digits has no checksum, so the text around it,
//! the path, the rest of the file and the repository decide.

mod credential;
pub mod fit;
mod grid;
mod memory;
mod mention;
pub mod model;
pub mod piece;
mod private_key;
mod quick;
mod scope;
mod slot;
mod stated;
mod stems;
mod table;
mod tell;
mod value;
mod weigh;
mod words;

use std::ops::Range;

use crate::finding::{Confidence, Evidence};
use crate::token::Shape;

pub use memory::TextCache;
pub use private_key::{PrivateKeyContext, PrivateKeyVerdict, judge_private_key};
pub use stated::{prefixed, prefixed_evidence, rule_evidence};

use model::Model;
use piece::Feature;
use weigh::{FeatureSet, PathState};

/// Input of the judge: a candidate with its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct CandidateContext<'a> {
    /// Text that contains the candidate: a file, a chunk of a large file, or a decoded region.
    pub text: &'a [u8],
    /// Range of the candidate in `text` in bytes; with the prefix, for `v1.` and `r1.`.
    pub range: (usize, usize),
    /// Shape of the candidate.
    pub shape: Shape,
    /// Path of the file as reported, with `/` between its parts; empty if unknown.
    pub path: &'a [u8],
    /// All candidates of a judged shape in `text`, in order, with this one.
    pub peers: &'a [Range<usize>],
    /// Text around the region, for a candidate in a decoded region.
    pub outer: Option<OuterText<'a>>,
    /// Text cache of `text` and `path` from earlier values, which may be empty.
    pub memory: &'a TextCache,
    /// Object lookup in the repositories around the file.
    pub witness: Option<&'a dyn ObjectLookup>,
}

/// Text around a decoded region.
#[derive(Clone, Copy, Debug)]
pub struct OuterText<'a> {
    /// The text.
    pub text: &'a [u8],
    /// Range of the region in the text in bytes.
    pub range: (usize, usize),
    /// Text cache of the text from earlier values.
    pub memory: &'a TextCache,
}

/// Lookup of the object ids of a git repository.
pub trait ObjectLookup: Sync {
    /// Describes the place of `id` (40 lower-case hex digits) as an object or a ref; `None` if there is none.
    fn describe_object(&self, id: &[u8]) -> Option<String>;
}

impl std::fmt::Debug for dyn ObjectLookup + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ObjectLookup")
    }
}

/// Decision of the judge about a candidate.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Id of the rule that the candidate belongs to.
    pub rule_id: &'static str,
    /// Confidence; `None` is below `low`, which is reported only on request.
    pub confidence: Option<Confidence>,
    /// Score: the sum of the weights, in natural log-odds.
    pub log_odds: f64,
    /// Evidence, sorted by weight with the heaviest first.
    pub evidence: Vec<Evidence>,
    /// Feature set, one bit for each feature in the order of [`Feature::ALL`].
    pub pieces: u128,
    /// Reason for which a scan does not collect this evidence, if there is one.
    pub settled: Option<DecidedByAdjacent>,
}

/// Reason for which a scan does not collect the evidence on a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedByAdjacent {
    /// The bytes next to the value mark an id or a checksum.
    IdBeside,
    /// The value is in a path, a listing or another place without credentials.
    OtherPlace,
    /// The URL of a commit or a file close by contains the same value.
    IdInUrl,
    /// No word for a credential occurs near the value or in its path.
    NothingNear,
}

impl DecidedByAdjacent {
    /// Returns the reason in words.
    #[must_use]
    pub fn reason(self) -> String {
        match self {
            DecidedByAdjacent::IdBeside => {
                "the bytes beside it make it an id or a checksum".to_owned()
            }
            DecidedByAdjacent::OtherPlace => {
                "it stands in a path, a listing or another place that holds no credential"
                    .to_owned()
            }
            DecidedByAdjacent::IdInUrl => {
                "the same value stands close by in the URL of a commit or a file".to_owned()
            }
            DecidedByAdjacent::NothingNear => format!(
                "no word for a credential stands within {} bytes before it, {} bytes behind it or in its path",
                HEARING.0, HEARING.1
            ),
        }
    }
}

/// Result of the judge for a scan.
#[derive(Clone, Debug)]
pub enum Judgement {
    /// The bytes next to the value mark an id or a checksum, which then also excludes its other places.
    Id,
    /// No word for GitHub or for a credential occurs near the value, or its place has no credentials.
    Nothing,
    /// All features were collected, or as many as decide the outcome.
    Weighed(Verdict),
}

/// Possible outcome for a candidate before its path is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefilterResult {
    /// The bytes next to the value mark an id or a checksum.
    Id,
    /// No path leads to a report.
    Nothing,
    /// A report is possible.
    Open,
}

/// Minimum score of low confidence: a chance of about one in ten.
pub const LOW: f64 = -2.2;
/// Score above which a credential is more likely than not, for medium confidence.
pub const MEDIUM: f64 = 0.0;
/// Minimum score of high confidence, a chance of 19 in 20: the logarithm of 19.
pub const HIGH: f64 = 2.944;

/// Judge of candidates; immutable, and shared by all threads.
#[derive(Clone, Copy, Debug)]
pub struct Judge {}

impl Default for Judge {
    fn default() -> Self {
        Judge::new()
    }
}

impl Judge {
    /// Creates a judge with the built-in weights.
    #[must_use]
    pub fn new() -> Self {
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
    pub fn judge_candidate(&self, context: &CandidateContext<'_>, least: Confidence) -> Judgement {
        match decide_by_adjacent(self.model(), context) {
            Some(DecidedByAdjacent::IdBeside) => Judgement::Id,
            Some(_) => Judgement::Nothing,
            None => Judgement::Weighed(self.score_candidate(
                context,
                min_log_odds(least),
                PathState::Known,
            )),
        }
    }

    /// Returns the possible outcome for a candidate under any path, for callers that read the path only on demand. The
    /// path in `context` is empty.
    #[must_use]
    pub fn prefilter(&self, context: &CandidateContext<'_>, least: Confidence) -> PrefilterResult {
        match decide_by_adjacent(self.model(), context) {
            Some(DecidedByAdjacent::IdBeside) => PrefilterResult::Id,
            Some(_) => PrefilterResult::Nothing,
            None if self.may_reach_confidence(context, least) => PrefilterResult::Open,
            None => PrefilterResult::Nothing,
        }
    }

    /// Returns true if a candidate that is not settled may have the confidence `least` under some path.
    fn may_reach_confidence(&self, context: &CandidateContext<'_>, least: Confidence) -> bool {
        let weight = |p| self.model().weight(p);
        let own: f64 = [
            Feature::PathCredentials,
            Feature::PathGithub,
            Feature::PathSecret,
        ]
        .into_iter()
        .chain(weigh::is_short_text(context.text).then_some(Feature::PathToken))
        .map(|p| weight(p).max(0.0))
        .sum();
        let verdict = self.score_candidate(context, min_log_odds(least) - own, PathState::ToCome);
        let missing: f64 = [
            Feature::NoGithubName,
            Feature::NoCredentialWord,
            Feature::PathHash,
        ]
        .into_iter()
        .filter(|p| verdict.pieces >> (*p as u32) & 1 == 1)
        .map(|p| (-weight(p)).max(0.0))
        .sum();
        verdict.log_odds + missing + own >= min_log_odds(least)
    }

    /// Judges a candidate by all evidence, without an early exit.
    #[must_use]
    pub fn explain(&self, context: &CandidateContext<'_>) -> Verdict {
        Verdict {
            settled: decide_by_adjacent(self.model(), context),
            ..self.score_candidate(context, f64::NEG_INFINITY, PathState::Known)
        }
    }

    /// Computes the score, with an early exit below `least`; describes the evidence of a score that reaches it.
    fn score_candidate(
        &self,
        context: &CandidateContext<'_>,
        least: f64,
        path: PathState,
    ) -> Verdict {
        let mut tally = weigh::weigh(self.model(), context, least, path);
        let mut log_odds = tally.log_odds(self.model());
        let mut testimony = None;
        if log_odds >= LOW.max(least)
            && let Some(witness) = context.witness
        {
            testimony = witness.describe_object(&context.text[weigh::token_digits(context)]);
            if testimony.is_some() {
                tally.note(Feature::GitObject);
                log_odds = tally.log_odds(self.model());
            }
        }
        let (rule_id, confidence) =
            if log_odds <= MEDIUM && self.is_of_another_service(&tally, log_odds) {
                ("other-vendor-secret", Some(Confidence::Low))
            } else {
                (rule(context, &tally), confidence_for(log_odds))
            };
        // A score from an early exit is incomplete.
        let confidence = confidence.filter(|c| min_log_odds(*c) >= least);
        Verdict {
            rule_id,
            confidence,
            log_odds,
            evidence: if log_odds >= least || confidence.is_some() {
                self.describe_evidence(context, &tally, testimony.as_deref())
            } else {
                Vec::new()
            },
            pieces: tally.bits(),
            settled: None,
        }
    }

    /// Returns true if this evidence is of a finding that the judge scored.
    #[must_use]
    pub fn is_scored(evidence: &[Evidence]) -> bool {
        evidence.iter().any(|e| e.name == Feature::Prior.name())
    }

    /// Adds the evidence that the same value is an id in another place, and returns the new confidence.
    #[must_use]
    pub fn with_hash_elsewhere(
        &self,
        rule_id: &str,
        evidence: &mut Vec<Evidence>,
    ) -> Option<Confidence> {
        let piece = Feature::HashElsewhere;
        let said = Evidence::new(piece.name(), self.model().weight(piece), piece.sentence());
        let heavier = |e: &Evidence| e.weight.abs() >= said.weight.abs();
        evidence.insert(evidence.partition_point(heavier), said);
        let log_odds = log_odds(evidence);
        if rule_id != "other-vendor-secret" {
            return confidence_for(log_odds);
        }
        let of_vendor = |e: &&Evidence| FeatureSet::VENDOR.iter().any(|p| p.name() == e.name);
        let vendor: f64 = evidence.iter().filter(of_vendor).map(|e| e.weight).sum();
        (log_odds - vendor > LOW).then_some(Confidence::Low)
    }

    /// Returns true if the name or slot of a value is a credential's, and its score would reach low confidence without
    /// the features of another service.
    fn is_of_another_service(&self, tally: &FeatureSet, log_odds: f64) -> bool {
        const NAMES: [Feature; 8] = [
            Feature::KeyVendor,
            Feature::KeySigning,
            Feature::NearSigning,
            Feature::ScopeHost,
            Feature::SentToOtherHost,
            Feature::ScopeVendor,
            Feature::FileOtherService,
            Feature::HeaderOther,
        ];
        const CREDENTIAL: [Feature; 8] = [
            Feature::KeySecret,
            Feature::KeyGithubSecret,
            Feature::KeyWeak,
            Feature::AuthHeader,
            Feature::BasicUser,
            Feature::UrlUser,
            Feature::Query,
            Feature::CallSecret,
        ];
        let any = |pieces: &[Feature]| pieces.iter().any(|p| tally.has(*p));
        any(&NAMES) && any(&CREDENTIAL) && log_odds - tally.vendor_penalty(self.model()) > LOW
    }

    /// Returns the evidence in words, with the heaviest feature first.
    fn describe_evidence(
        &self,
        context: &CandidateContext<'_>,
        tally: &FeatureSet,
        testimony: Option<&str>,
    ) -> Vec<Evidence> {
        let mut out: Vec<Evidence> = tally
            .iter()
            .map(|(piece, place)| {
                let detail = match testimony {
                    Some(said) if *piece == Feature::GitObject => said.to_owned(),
                    _ => tell::describe_feature(context, *piece, place),
                };
                Evidence::new(piece.name(), self.model().weight(*piece), detail)
            })
            .collect();
        out.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        out
    }
}

/// Number of bytes before and after a value in which a word for GitHub or a credential is required.
const HEARING: (usize, usize) = (1500, 400);

/// Returns the reason to end early: the bytes next to the value mark an id or a checksum, or no word for GitHub or a
/// credential occurs near the value or in its path.
fn decide_by_adjacent(model: &Model, context: &CandidateContext<'_>) -> Option<DecidedByAdjacent> {
    if context.outer.is_some() || context.shape != Shape::Hex40 {
        return None;
    }
    let text = context.text;
    let range = context.range.0..context.range.1;
    if let Some(structure) = quick::find_structure(text, &range) {
        let is_id = quick::is_of_git(structure, text, &range);
        return Some(if is_id {
            DecidedByAdjacent::IdBeside
        } else {
            DecidedByAdjacent::OtherPlace
        });
    }
    if quick::hash_name_before(text, &range).is_some() {
        return Some(DecidedByAdjacent::IdBeside);
    }
    if slot::is_login(&text[range.end..]) {
        return None;
    }
    let near = range.start.saturating_sub(HEARING.0)..text.len().min(range.end + HEARING.1);
    let speaks = quick::is_given_to_a_client(text, &range)
        || context.memory.may_mention_credential(model, text, near)
        || context.memory.path_may_mention(model, context.path);
    if !speaks {
        return Some(DecidedByAdjacent::NothingNear);
    }
    quick::has_forge_url_nearby(text, &range, context.peers).then_some(DecidedByAdjacent::IdInUrl)
}

/// Returns the score of this evidence, the sum of its weights.
#[must_use]
pub fn log_odds(evidence: &[Evidence]) -> f64 {
    evidence.iter().map(|e| e.weight).sum()
}

/// Returns the minimum score of a confidence.
#[must_use]
pub fn min_log_odds(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::Low => LOW,
        Confidence::Medium => MEDIUM,
        Confidence::High | Confidence::Certain => HIGH,
    }
}

fn confidence_for(log_odds: f64) -> Option<Confidence> {
    match log_odds {
        x if x >= HIGH => Some(Confidence::High),
        x if x > MEDIUM => Some(Confidence::Medium),
        x if x >= LOW => Some(Confidence::Low),
        _ => None,
    }
}

/// Returns the rule of the kind of credential.
fn rule(context: &CandidateContext<'_>, tally: &FeatureSet) -> &'static str {
    match context.shape {
        Shape::V1Hex => "github-installation",
        Shape::R1Hex => "github-refresh",
        _ if tally.has(Feature::KeyClientSecret) => "github-client-secret",
        _ if tally.has(Feature::ClientId) && !tally.is_token() => "github-client-secret",
        _ => "github-legacy-token",
    }
}

#[cfg(test)]
mod tests {
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
                    assert_eq!(short.pieces, full.pieces, "{text}");
                    assert_eq!(short.evidence, full.evidence, "{text}");
                }
            }
        }
        assert!(looked_at > 1000 && reported > 300, "{looked_at} {reported}");
    }
}
