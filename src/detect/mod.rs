//! Recall: where could a secret be? Bytes in, candidates out, as fast as the bytes can be read.
//!
//! Every token is a long run of word characters, so the scan looks for runs of at least [`runs::MIN`] of
//! them ([`runs`]) and examines only those: for the known forms ([`forms`]) and for encoded text
//! ([`layer`]). User rules with expressions of their own run beside that ([`custom`]).

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

/// How a candidate was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A form that the engine knows.
    Shape(Shape, Checksum),
    /// The user rule at this index of [`CustomRules`].
    Custom(usize),
    /// The secret at this index of [`KnownSecrets`].
    Known(usize),
}

/// A place where a secret could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How it was recognised.
    pub kind: Kind,
    /// Where it stands in the text given to the detector, or in the decoded region that holds it.
    pub range: Range<usize>,
}

/// The longest a token may be, in bytes. Windows of large files overlap by more than this.
pub const LONGEST_TOKEN: usize = 4096;

/// How deep encodings may be nested.
const MAX_DEPTH: usize = 3;

/// Finds candidates. Immutable and shared; what changes is in a [`Scratch`] per thread.
#[derive(Debug, Default)]
pub struct Detector {
    custom: CustomRules,
}

/// Buffers that a thread reuses from text to text.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The long runs.
    runs: Vec<Range<usize>>,
    /// Shorter ones that may be parts of base64.
    parts: Vec<Range<usize>>,
    /// Those and shorter ones at a seam, which the layers ask for.
    at_seams: Vec<Range<usize>>,
    /// Those and shorter ones that user rules ask for.
    near_rules: Vec<Range<usize>>,
}

/// A text that was looked at, its candidates, and the texts decoded out of it.
#[derive(Debug, Default)]
pub struct Sighting {
    /// The candidates in this text, by place.
    pub candidates: Vec<Candidate>,
    /// Regions of this text that decode to something with candidates in it.
    pub decoded: Vec<(Decoded, Sighting)>,
    /// The user rules, by index, that were not looked for everywhere: it would have taken too long.
    pub given_up: Vec<usize>,
}

impl Sighting {
    /// Whether no candidate was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty() && self.decoded.is_empty()
    }

    /// Adds what was found in regions, each candidate once: as it stands in this text, or else under the
    /// fewest layers.
    fn add(&mut self, mut regions: Vec<(Decoded, Sighting)>) {
        if regions.is_empty() {
            return;
        }
        let (values, own): (Vec<_>, Vec<_>) = self.candidates.iter().partition(|c| c.is_known());
        let places = |candidates: Vec<&Candidate>| {
            let places = candidates.into_iter();
            places.map(|c| (c.range.start, c.range.end)).collect()
        };
        let own: BTreeMap<usize, usize> = places(own);
        let mut known = Known {
            all: own.clone(),
            own,
            values: places(values),
            clearer: BTreeSet::new(),
        };
        for (region, inner) in &mut regions {
            let deeper = std::mem::take(&mut inner.decoded);
            known.admit(region, inner);
            inner.decoded = deeper;
        }
        for (region, inner) in &mut regions {
            let direct = std::mem::take(&mut inner.candidates);
            known.admit(region, inner);
            inner.candidates = direct;
        }
        regions.retain(|(_, inner)| !inner.is_empty());
        self.decoded = regions;
        if !known.clearer.is_empty() {
            self.candidates
                .retain(|c| c.is_known() || !known.clearer.contains(&c.range.start));
        }
    }

    /// Keeps the candidates, with their place in this text, for which `keep` says so.
    fn retain(&mut self, keep: &mut dyn FnMut(&Candidate, &Range<usize>) -> bool) {
        self.candidates.retain(|c| keep(c, &c.range));
        for (region, inner) in &mut self.decoded {
            inner.retain(&mut |c, place| keep(c, &region.outer(place)));
        }
        self.decoded.retain(|(_, inner)| !inner.is_empty());
    }

    /// Where the candidates stand in this text, and whether each is a secret that is known already.
    fn places(&self) -> Vec<(Range<usize>, bool)> {
        let own = self.candidates.iter();
        let mut places: Vec<_> = own.map(|c| (c.range.clone(), c.is_known())).collect();
        for (region, inner) in &self.decoded {
            let inner = inner.places().into_iter();
            places.extend(inner.map(|(place, is_known)| (region.outer(&place), is_known)));
        }
        places
    }
}

/// What is known to stand in a text: where each candidate starts, and where it ends.
struct Known {
    /// Those in the text as it is.
    own: BTreeMap<usize, usize>,
    /// Those and what was decoded.
    all: BTreeMap<usize, usize>,
    /// The secrets that are known already, in the text as it is and decoded: of them the value counts, and of the
    /// others what is around it.
    values: BTreeMap<usize, usize>,
    /// The own ones of which the decoded form tells more.
    clearer: BTreeSet<usize>,
}

impl Known {
    /// Keeps of `inner`, found in `region`, what is not known, and makes that known.
    fn admit(&mut self, region: &Decoded, inner: &mut Sighting) {
        let mut clearer = Vec::new();
        inner.retain(&mut |candidate, place| {
            let outer = region.outer(place);
            // A decoded address tells more of a value in it than its encoded form does.
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
            let is_joined = region.layer == Layer::Html && region.spans(place).len() > 1;
            !is_known && (!is_joined || candidate.is_proved())
        });
        self.clearer.extend(clearer);
        for (place, is_known) in inner.places() {
            let outer = region.outer(&place);
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
    /// Whether only its surroundings tell what it is.
    fn is_judged(&self) -> bool {
        matches!(self.kind, Kind::Shape(shape, _) if shape.is_judged())
    }

    /// Whether its checksum holds, or all its bytes are known.
    fn is_proved(&self) -> bool {
        matches!(self.kind, Kind::Shape(_, Checksum::Valid)) || self.is_known()
    }

    /// Whether it is a secret that is known already.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self.kind, Kind::Known(_))
    }
}

impl Detector {
    /// A detector for the forms that the engine knows and for the regular expressions of `rules`.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        Detector {
            custom: CustomRules::new(rules),
        }
    }

    /// The id of the user rule behind [`Kind::Custom`].
    #[must_use]
    pub fn custom(&self) -> &CustomRules {
        &self.custom
    }

    /// Every candidate in `text` and in what can be decoded out of it.
    #[must_use]
    pub fn look(&self, text: &[u8], scratch: &mut Scratch) -> Sighting {
        self.look_for(text, scratch, &KnownSecrets::default())
    }

    /// Every candidate in `text` and in what can be decoded out of it, and every place where one of the `known`
    /// secrets stands.
    #[must_use]
    pub fn look_for(&self, text: &[u8], scratch: &mut Scratch, known: &KnownSecrets) -> Sighting {
        self.look_deep(text, scratch, &mut Vec::new(), known)
    }

    fn look_deep(
        &self,
        text: &[u8],
        scratch: &mut Scratch,
        layers: &mut Vec<Layer>,
        known: &KnownSecrets,
    ) -> Sighting {
        let mut found = Sighting::default();
        add_steps(text.len());
        scratch.runs.clear();
        scratch.at_seams.clear();
        scratch.near_rules.clear();
        scratch.parts.clear();
        let rules_ask = self.custom.ask_for_runs();
        let seen = runs::each_shorter(text, |run| {
            if layer::is_at_seam(text, &run) {
                scratch.at_seams.push(run.clone());
            }
            if rules_ask && self.custom.asks_for(&text[run.clone()]) {
                scratch.near_rules.push(run.clone());
            }
            if run.len() >= runs::MIN {
                scratch.runs.push(run);
            } else if layer::is_part(text, &run) {
                scratch.parts.push(run);
            }
        });
        let near_rules = &scratch.near_rules;
        found.given_up = self.custom.search(text, near_rules, &mut found.candidates);
        let mut stretch = forms::Stretch::default();
        for run in &scratch.runs {
            forms::examine(text, run.clone(), seen, &mut stretch, &mut found.candidates);
        }
        let mut others = known.search(text, &mut found.candidates);
        let mut looked = Vec::new();
        found
            .candidates
            .sort_by_key(|c| (c.range.start, std::cmp::Reverse(c.range.end)));
        if layers.len() < MAX_DEPTH {
            let anything = !self.custom.is_empty();
            let runs = layer::Runs {
                long: &scratch.runs,
                at_seams: &scratch.at_seams,
                parts: &scratch.parts,
            };
            let regions = layer::regions(text, runs, seen, layers, anything);
            looked.reserve(regions.len());
            for region in regions {
                layers.push(region.layer);
                let mut inner = self.look_deep(&region.bytes, scratch, layers, known);
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

    /// Heads of tokens and of escapes, whole and cut, and what may stand between the pieces of one.
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
            for _ in 0..1 + mint.below(12) {
                text.extend(PIECES[mint.below(PIECES.len())].as_bytes());
                let len = mint.below(45);
                text.extend(match mint.below(6) {
                    0 => mint.base62(len),
                    1 => mint.hex(len),
                    2 => b"_".repeat(len),
                    3 => mint.base62(len).into_iter().flat_map(|b| [b, 0]).collect(),
                    _ => Vec::new(),
                });
            }
            let sighting = detector.look(&text, &mut scratch);
            assert!(sighting.places().iter().all(|(p, _)| p.end <= text.len()));
            for cut in [text.len(), mint.below(text.len() + 1)] {
                let begun = layer::begun(&text[..cut]);
                assert!(begun.iter().all(|piece| piece.end <= cut));
            }
        }
    }
}
