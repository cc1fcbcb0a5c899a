//! Result of the detection in a text, in which each candidate is listed once.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::{Candidate, CandidateKind};
use crate::finding::{Checksum, Decoded, Layer};
use crate::span::Span;

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
    pub(super) fn add(&mut self, mut regions: Vec<(Decoded, Detection)>) {
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
    pub(super) fn retain(&mut self, keep: &mut dyn FnMut(&Candidate, Span) -> bool) {
        self.candidates.retain(|c| keep(c, c.range));
        for (region, inner) in &mut self.decoded {
            inner.retain(&mut |c, place| keep(c, region.outer_range(place)));
        }
        self.decoded.retain(|(_, inner)| !inner.is_empty());
    }

    /// Returns the places of the candidates in this text, each with true if its secret is known already.
    pub(super) fn candidate_ranges(&self) -> Vec<(Span, bool)> {
        let own = self.candidates.iter();
        let mut places: Vec<_> = own.map(|c| (c.range, c.is_known())).collect();
        for (region, inner) in &self.decoded {
            let inner = inner.candidate_ranges().into_iter();
            places.extend(inner.map(|(place, is_known)| (region.outer_range(place), is_known)));
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
            // The first piece of a stateless token may have the form of a whole one.
            let is_longer = region.layer == Layer::Wrapped
                && matches!(candidate.kind, CandidateKind::Shape(_, Checksum::Valid))
                && (self.own.get(&outer.start)).is_some_and(|end| *end < outer.end);
            if is_clearer || is_longer {
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
            let outer = region.outer_range(place);
            let places = if is_known {
                &mut self.values
            } else {
                &mut self.all
            };
            places.insert(outer.start, outer.end);
        }
    }
}
