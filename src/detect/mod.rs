//! Detection of candidates: finds all possible secrets (recall), as fast as the bytes can be read.
//!
//! Every token is a long run of word characters, so a scan finds the runs of at least [`runs::MIN`] of
//! them ([`runs`]) and examines only those: for the known forms ([`forms`]) and for encoded text
//! ([`layer`]). User rules with expressions of their own are a separate search ([`custom`]).

mod anchor;
pub mod custom;
mod effort;
pub mod forms;
mod known;
pub mod layer;
pub mod runs;
mod simd;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::finding::{Checksum, Layer};
use crate::rule::{RuleSet, Shape};

use crate::steps::add_steps;
use custom::CustomRules;
pub use known::KnownSecrets;
use layer::Decoded;

/// Way in which a candidate was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// Form built into the detector.
    Shape(Shape, Checksum),
    /// The user rule at this index of [`CustomRules`].
    Custom(usize),
    /// The secret at this index of [`KnownSecrets`].
    Known(usize),
}

/// Place of a possible secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Way in which it was found.
    pub kind: CandidateKind,
    /// Place in the text given to the detector, or in the decoded region that contains it.
    pub range: Range<usize>,
}

/// Maximum length of a token, in bytes. Windows of large files overlap by more than this.
pub const LONGEST_TOKEN: usize = 4096;

/// Maximum depth of nested encodings.
const MAX_DEPTH: usize = 3;

/// Finds candidates. Immutable and shared; each thread has a [`Scratch`] for its own state.
#[derive(Debug, Default)]
pub struct Detector {
    custom: CustomRules,
}

/// Buffers that a thread reuses from text to text.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Long runs.
    runs: Vec<Range<usize>>,
    /// Shorter runs that may be parts of base64.
    parts: Vec<Range<usize>>,
    /// Long and shorter runs at a seam, for the layers.
    at_seams: Vec<Range<usize>>,
    /// Long and shorter runs that user rules may match around.
    near_rules: Vec<Range<usize>>,
}

/// Examined text with its candidates and the texts decoded from it.
#[derive(Debug, Default)]
pub struct Detection {
    /// Candidates in this text, by place.
    pub candidates: Vec<Candidate>,
    /// Regions of this text that decode to something with candidates in it.
    pub decoded: Vec<(Decoded, Detection)>,
    /// Indexes of the user rules that were not searched for everywhere, as it would have taken too long.
    pub given_up: Vec<usize>,
}

impl Detection {
    /// Returns true if there is no candidate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty() && self.decoded.is_empty()
    }

    /// Adds the candidates of regions, each candidate once: undecoded in this text if it is there, or else under the
    /// fewest layers.
    fn add(&mut self, mut regions: Vec<(Decoded, Detection)>) {
        if regions.is_empty() {
            return;
        }
        let (values, own): (Vec<_>, Vec<_>) = self.candidates.iter().partition(|c| c.is_known());
        let places = |candidates: Vec<&Candidate>| {
            let places = candidates.into_iter();
            places.map(|c| (c.range.start, c.range.end)).collect()
        };
        let own: BTreeMap<usize, usize> = places(own);
        let mut known = SeenRanges {
            all: own.clone(),
            own,
            values: places(values),
            clearer: BTreeSet::new(),
        };
        for (region, inner) in &mut regions {
            let deeper = std::mem::take(&mut inner.decoded);
            known.admit_new(region, inner);
            inner.decoded = deeper;
        }
        for (region, inner) in &mut regions {
            let direct = std::mem::take(&mut inner.candidates);
            known.admit_new(region, inner);
            inner.candidates = direct;
        }
        regions.retain(|(_, inner)| !inner.is_empty());
        self.decoded = regions;
        if !known.clearer.is_empty() {
            self.candidates
                .retain(|c| c.is_known() || !known.clearer.contains(&c.range.start));
        }
    }

    /// Keeps the candidates for which `keep` returns true, given their place in this text.
    fn retain(&mut self, keep: &mut dyn FnMut(&Candidate, &Range<usize>) -> bool) {
        self.candidates.retain(|c| keep(c, &c.range));
        for (region, inner) in &mut self.decoded {
            inner.retain(&mut |c, place| keep(c, &region.outer_range(place)));
        }
        self.decoded.retain(|(_, inner)| !inner.is_empty());
    }

    /// Returns the places of the candidates in this text, each with true if its secret is known already.
    fn candidate_ranges(&self) -> Vec<(Range<usize>, bool)> {
        let own = self.candidates.iter();
        let mut places: Vec<_> = own.map(|c| (c.range.clone(), c.is_known())).collect();
        for (region, inner) in &self.decoded {
            let inner = inner.candidate_ranges().into_iter();
            places.extend(inner.map(|(place, is_known)| (region.outer_range(&place), is_known)));
        }
        places
    }
}

/// Candidates found so far in a text: the start of each, mapped to its end.
struct SeenRanges {
    /// Undecoded candidates of the text.
    own: BTreeMap<usize, usize>,
    /// Undecoded and decoded candidates.
    all: BTreeMap<usize, usize>,
    /// Secrets that are known already, undecoded and decoded. For them only the value matters, for other candidates
    /// also the context.
    values: BTreeMap<usize, usize>,
    /// Undecoded candidates whose decoded form has more context.
    clearer: BTreeSet<usize>,
}

impl SeenRanges {
    /// Keeps those of `inner`, found in `region`, that are new, and adds them to the candidates found so far.
    fn admit_new(&mut self, region: &Decoded, inner: &mut Detection) {
        let mut clearer = Vec::new();
        inner.retain(&mut |candidate, place| {
            let outer = region.outer_range(place);
            // A decoded address gives more context for a value in it than its encoded form.
            let is_clearer = region.layer == Layer::Percent
                && candidate.is_judged()
                && self.own.get(&outer.start) == Some(&outer.end)
                && !self.clearer.contains(&outer.start);
            if is_clearer {
                clearer.push(outer.start);
                return true;
            }
            let others = if candidate.is_known() {
                &self.values
            } else {
                &self.all
            };
            let before = others.range(..=outer.start).next_back();
            let is_known = before.is_some_and(|(_, end)| *end >= outer.end);
            let is_joined = region.layer == Layer::Html && region.outer_spans(place).len() > 1;
            !is_known && (!is_joined || candidate.is_proved())
        });
        self.clearer.extend(clearer);
        for (place, is_known) in inner.candidate_ranges() {
            let outer = region.outer_range(&place);
            let places = if is_known {
                &mut self.values
            } else {
                &mut self.all
            };
            places.insert(outer.start, outer.end);
        }
    }
}

impl Candidate {
    /// Returns true if only its context decides if it is a secret.
    fn is_judged(&self) -> bool {
        matches!(self.kind, CandidateKind::Shape(shape, _) if shape.is_judged())
    }

    /// Returns true if its checksum is valid, or all its bytes are known.
    fn is_proved(&self) -> bool {
        matches!(self.kind, CandidateKind::Shape(_, Checksum::Valid)) || self.is_known()
    }

    /// Returns true if it is a secret that is known already.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self.kind, CandidateKind::Known(_))
    }
}

impl Detector {
    /// Creates a detector for the built-in forms and for the regular expressions of `rules`.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        Detector {
            custom: CustomRules::new(rules),
        }
    }

    /// Returns the user rules with expressions.
    #[must_use]
    pub fn custom_rules(&self) -> &CustomRules {
        &self.custom
    }

    /// Returns every candidate in `text` and in the texts decoded from it.
    #[must_use]
    pub fn find_candidates(&self, text: &[u8], scratch: &mut Scratch) -> Detection {
        self.look_for(text, scratch, &KnownSecrets::default())
    }

    /// Returns every candidate in `text` and in the texts decoded from it, and every place of one of the `known`
    /// secrets.
    #[must_use]
    pub fn look_for(&self, text: &[u8], scratch: &mut Scratch, known: &KnownSecrets) -> Detection {
        self.find_candidates_under(text, scratch, &mut Vec::new(), known)
    }

    fn find_candidates_under(
        &self,
        text: &[u8],
        scratch: &mut Scratch,
        layers: &mut Vec<Layer>,
        known: &KnownSecrets,
    ) -> Detection {
        let mut found = Detection::default();
        add_steps(text.len());
        scratch.runs.clear();
        scratch.at_seams.clear();
        scratch.near_rules.clear();
        scratch.parts.clear();
        let rules_ask = self.custom.wants_runs();
        let seen = runs::for_each_shorter(text, |run| {
            if layer::may_join_neighbours(text, &run) {
                scratch.at_seams.push(run.clone());
            }
            if rules_ask && self.custom.wants_run(&text[run.clone()]) {
                scratch.near_rules.push(run.clone());
            }
            if run.len() >= runs::MIN {
                scratch.runs.push(run);
            } else if layer::is_base64_fragment(text, &run) {
                scratch.parts.push(run);
            }
        });
        let near_rules = &scratch.near_rules;
        found.given_up = self.custom.search(text, near_rules, &mut found.candidates);
        let mut stretch = forms::JwtSpanCache::default();
        for run in &scratch.runs {
            forms::find_in_run(text, run.clone(), seen, &mut stretch, &mut found.candidates);
        }
        let mut others = known.search(text, &mut found.candidates);
        let mut looked = Vec::new();
        found
            .candidates
            .sort_by_key(|c| (c.range.start, std::cmp::Reverse(c.range.end)));
        if layers.len() < MAX_DEPTH {
            let anything = !self.custom.is_empty();
            let runs = layer::TextRuns {
                long: &scratch.runs,
                at_seams: &scratch.at_seams,
                parts: &scratch.parts,
            };
            let regions = layer::regions(text, runs, seen, layers, anything);
            looked.reserve(regions.len());
            for region in regions {
                layers.push(region.layer);
                let mut inner = self.find_candidates_under(&region.bytes, scratch, layers, known);
                layers.pop();
                found.given_up.append(&mut inner.given_up);
                if !inner.is_empty() {
                    looked.push((region, inner));
                }
            }
        }
        looked.append(&mut others);
        found.add(looked);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;

    /// Heads of tokens and of escapes, whole and cut, and texts that may separate the parts of a token.
    const PIECES: [&str; 40] = [
        "ghp_",
        "gh",
        "github_pat_",
        "ghs_1_eyJ",
        "npm_",
        "v1.",
        "r1.",
        "Pghr_",
        "_",
        "__",
        ".",
        "\n",
        "\n",
        "\r\n",
        "\\n",
        "\\",
        "\\u",
        "\\u00",
        "\\U",
        "\\x",
        "\\x1b[",
        "\x1b[",
        "31m",
        "%",
        "%4",
        "=",
        "=\n",
        "=3",
        "&#",
        "&lt;",
        "<b>",
        "</",
        "> ",
        "\"",
        " + ",
        "\0",
        "\u{1}",
        "é",
        "g\0h\0",
        "Z2hw",
    ];

    #[test]
    fn no_text_makes_it_panic() {
        let detector = Detector::default();
        let mut scratch = Scratch::default();
        let mut mint = Mint::new(1);
        for _ in 0..20_000 {
            let mut text = Vec::new();
            for _ in 0..1 + mint.random_below(12) {
                text.extend(PIECES[mint.random_below(PIECES.len())].as_bytes());
                let len = mint.random_below(45);
                text.extend(match mint.random_below(6) {
                    0 => mint.random_base62(len),
                    1 => mint.hex(len),
                    2 => b"_".repeat(len),
                    3 => mint
                        .random_base62(len)
                        .into_iter()
                        .flat_map(|b| [b, 0])
                        .collect(),
                    _ => Vec::new(),
                });
            }
            let sighting = detector.find_candidates(&text, &mut scratch);
            assert!(
                sighting
                    .candidate_ranges()
                    .iter()
                    .all(|(p, _)| p.end <= text.len())
            );
            for cut in [text.len(), mint.random_below(text.len() + 1)] {
                let begun = layer::partial_tokens(&text[..cut]);
                assert!(begun.iter().all(|piece| piece.end <= cut));
            }
        }
    }
}
