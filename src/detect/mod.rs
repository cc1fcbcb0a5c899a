//! Detection of candidates: finds all possible secrets (recall), as fast as the bytes can be read.
//!
//! Every token is a long run of word characters, so a scan finds the runs of at least [`runs::MIN`] of
//! them ([`runs`]) and examines only those: for the known forms ([`forms`]) and for encoded text
//! ([`layer`]). User rules with expressions of their own are a separate search ([`custom`]).

mod anchor;
mod budget;
mod bytes;
mod candidate;
pub(crate) mod custom;
mod detection;
pub(crate) mod forms;
mod gather;
mod known;
pub(crate) mod layer;
mod pieces;
pub(crate) mod runs;
mod simd;

use crate::finding::{Checksum, Decoded, Layer};
use crate::rule::RuleSet;
use crate::steps::add_steps;
use crate::token::Shape;
pub(crate) use candidate::{Candidate, CandidateKind, LONGEST_TOKEN};
use custom::CustomRules;
pub use detection::Detection;
use gather::SortedRuns;
pub(crate) use known::KnownSecrets;

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
    runs: SortedRuns,
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
        let seen = scratch.runs.gather(text, &self.custom);
        let runs = &scratch.runs;
        found.given_up = (self.custom).search(text, &runs.near_rules, &mut found.candidates);
        let lone = runs.lone_hex.iter().cloned();
        let as_candidate = |run| Candidate::of_shape(Shape::Hex40, Checksum::None, run);
        found.candidates.extend(lone.map(as_candidate));
        let mut stretch = forms::JwtSpanCache::default();
        for run in &runs.long {
            forms::find_in_run(text, run.clone(), seen, &mut stretch, &mut found.candidates);
        }
        forms::find_private_keys(text, &runs.long, &runs.parts, &mut found.candidates);
        let mut others = known.search(text, &mut found.candidates);
        found
            .candidates
            .sort_by_key(|c| (c.range.start, std::cmp::Reverse(c.range.end)));
        let mut looked = Vec::new();
        if layers.len() < MAX_DEPTH {
            let anything = !self.custom.is_empty();
            let runs = layer::TextRuns {
                long: &runs.long,
                at_seams: &runs.at_seams,
                parts: &runs.parts,
            };
            let regions = layer::regions(text, runs, seen, layers, anything);
            let dense = if known.is_empty() {
                Vec::new()
            } else {
                layer::dense_regions(text, &regions)
            };
            looked = self.look_into(regions, scratch, layers, known, &mut found.given_up);
            let dense = self.look_into(dense, scratch, layers, known, &mut found.given_up);
            looked.extend(dense.into_iter().filter_map(keep_known));
        }
        looked.append(&mut others);
        found.add(looked);
        found
    }

    /// Returns the regions in which something was found, with it.
    fn look_into(
        &self,
        regions: Vec<Decoded>,
        scratch: &mut Scratch,
        layers: &mut Vec<Layer>,
        known: &KnownSecrets,
        given_up: &mut Vec<usize>,
    ) -> Vec<(Decoded, Detection)> {
        let mut looked = Vec::with_capacity(regions.len());
        for region in regions {
            layers.push(region.layer);
            let mut inner = self.find_candidates_under(&region.bytes, scratch, layers, known);
            layers.pop();
            given_up.append(&mut inner.given_up);
            if !inner.is_empty() {
                looked.push((region, inner));
            }
        }
        looked
    }
}

/// Returns a region with the known secrets in it, if there are any. A word that is decoded for them alone begins
/// anywhere, so that it would give other candidates a false context.
fn keep_known((region, mut inner): (Decoded, Detection)) -> Option<(Decoded, Detection)> {
    inner.retain(&mut |candidate, _| candidate.is_known());
    (!inner.is_empty()).then_some((region, inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

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
            let detection = detector.find_candidates(&text, &mut scratch);
            assert!(
                detection
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

    #[test]
    fn the_candidates_are_those_that_each_long_run_gives() {
        const BETWEEN: [&[u8]; 16] = [
            b" ", b"\n", b".", b"v1.", b" r1.", b"=", b"\\", b"+", b"/", b"-", b"\"", b"_", b"=\n",
            b"<", b"[", b"\0",
        ];
        let detector = Detector::default();
        let mut mint = Mint::new(95);
        let mut ids = 0;
        for _ in 0..3000 {
            let mut text = Vec::new();
            for _ in 0..mint.random_below(12) {
                text.extend(BETWEEN[mint.random_below(BETWEEN.len())]);
                text.extend(match mint.random_below(5) {
                    0 => mint.hex(39),
                    1 => mint.hex(80),
                    2 => mint.random_base62(45),
                    _ => mint.hex(40),
                });
            }
            let mut long = Vec::new();
            let seen = runs::find(&text, &mut long);
            let (mut expected, mut spans) = (Vec::new(), forms::JwtSpanCache::default());
            for run in long {
                forms::find_in_run(&text, run, seen, &mut spans, &mut expected);
            }
            let found = detector.find_candidates(&text, &mut Scratch::default());
            assert_eq!(found.candidates, expected, "{}", text.escape_ascii());
            ids += expected.len();
        }
        assert!(ids > 3000, "{ids}");
    }

    #[test]
    fn a_word_that_is_decoded_for_known_secrets_gives_no_other_candidates() {
        let mut mint = Mint::new(43);
        let (value, other) = (mint.new_token(Shape::Hex40), mint.new_token(Shape::Ghp));
        // No decoder reads this word otherwise, as it does not begin as text.
        let encoded =
            data_encoding::BASE64.encode(&[b"\x01\x02\x03\x04 token=", &value[..]].concat());
        let text = [encoded.as_bytes(), b" ", &other].concat();
        let rules = crate::rule::builtin_rules();
        let look_for = |known: &[&[u8]]| {
            let known = KnownSecrets::new(known.iter().map(|secret| (*secret, true)));
            Detector::new(&rules).look_for(&text, &mut Scratch::default(), &known)
        };
        assert!(look_for(&[&other]).decoded.is_empty());
        assert_eq!(look_for(&[&other, &value]).decoded.len(), 1);
    }
}
