//! Recall: where could a secret be? Bytes in, candidates out, as fast as the bytes can be read.
//!
//! Every token is a long run of word characters, so the scan looks for runs of at least [`runs::MIN`] of
//! them ([`runs`]) and examines only those: for the known forms ([`forms`]) and for encoded text
//! ([`layer`]). User rules with expressions of their own run beside that ([`custom`]).

mod anchor;
pub mod custom;
pub mod forms;
pub mod layer;
pub mod runs;
mod simd;

use std::ops::Range;

use crate::finding::{Checksum, Layer};
use crate::rule::{RuleSet, Shape};

use custom::CustomRules;
use layer::Decoded;

/// How a candidate was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A form that the engine knows.
    Shape(Shape, Checksum),
    /// The user rule at this index of [`CustomRules`].
    Custom(usize),
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
    runs: Vec<Range<usize>>,
}

/// A text that was looked at, its candidates, and the texts decoded out of it.
#[derive(Debug, Default)]
pub struct Sighting {
    /// The candidates in this text, by place.
    pub candidates: Vec<Candidate>,
    /// Regions of this text that decode to something with candidates in it.
    pub decoded: Vec<(Decoded, Sighting)>,
}

impl Sighting {
    /// Whether there is nothing here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty() && self.decoded.is_empty()
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
        self.look_deep(text, scratch, &mut Vec::new())
    }

    fn look_deep(&self, text: &[u8], scratch: &mut Scratch, layers: &mut Vec<Layer>) -> Sighting {
        let mut found = Sighting::default();
        scratch.runs.clear();
        let seen = if self.custom.need_shorter_runs() {
            let seen = runs::find_shorter(text, &mut scratch.runs);
            self.custom
                .search(text, &scratch.runs, &mut found.candidates);
            scratch.runs.retain(|run| run.len() >= runs::MIN);
            seen
        } else {
            self.custom.search(text, &[], &mut found.candidates);
            runs::find(text, &mut scratch.runs)
        };
        for run in &scratch.runs {
            forms::examine(text, run.clone(), seen, &mut found.candidates);
        }
        found
            .candidates
            .sort_by_key(|c| (c.range.start, std::cmp::Reverse(c.range.end)));
        if layers.len() < MAX_DEPTH {
            for region in layer::regions(text, &scratch.runs, seen, layers) {
                layers.push(region.layer);
                let inner = self.look_deep(&region.bytes, scratch, layers);
                layers.pop();
                if !inner.is_empty() {
                    found.decoded.push((region, inner));
                }
            }
        }
        found
    }
}
