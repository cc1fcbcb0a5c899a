//! Collection of the features of one value. Each function in these files adds the features of one kind.

mod bound;
mod crowd;
mod declared;
mod file;
mod host;
mod lines;
mod name;
mod tally;
mod thing;
mod whose;

use std::ops::Range;

use super::model::Model;
use super::piece::Feature;
use super::slot::{Slot, SlotKind};
use super::words::{WordClass, WordReading, without_cut_words};
use super::{CandidateContext, TextCache, quick, slot, value};
use crate::token::Shape;

use bound::UpperBound;
pub(super) use file::is_short_text;
pub(super) use tally::{EvidenceLocation, FeatureSet};

/// Value in a text whose features are collected.
#[derive(Clone, Copy)]
struct Site<'l> {
    model: &'l Model,
    memory: &'l TextCache,
    text: &'l [u8],
    value: &'l Range<usize>,
    /// All values of a judged form in the text, in order.
    peers: &'l [Range<usize>],
}

impl Site<'_> {
    /// Returns the word classes of this part of the text.
    fn word_classes(&self, part: &Range<usize>) -> WordClass {
        self.model.lexicon.sense(&self.text[part.clone()])
    }

    /// Returns the word classes of the whole words in this part of the text, which may begin or end inside a word.
    fn whole_word_classes(&self, part: &Range<usize>) -> WordClass {
        self.read(part).all
    }

    /// Reads the whole words in this part of the text.
    fn read(&self, part: &Range<usize>) -> WordReading {
        let part = without_cut_words(self.text, part);
        if part.is_empty() {
            return WordReading::default();
        }
        self.memory.read(self.model, self.text, part)
    }

    /// Returns the word classes of the lines in this part of the text. Words of two lines do not form a pair.
    fn line_word_classes(&self, part: &Range<usize>) -> WordClass {
        let (mut start, mut all) = (part.start, WordClass::NONE);
        while start < part.end {
            let len = memchr::memchr(b'\n', &self.text[start..part.end]);
            let end = len.map_or(part.end, |n| start + n);
            all = all.or(self.whole_word_classes(&(start..end)));
            start = end + 1;
        }
        all
    }

    /// Returns the place of the value itself.
    fn own_location(&self) -> EvidenceLocation {
        EvidenceLocation::Text(self.value.clone())
    }
}

/// Availability of the path of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathState {
    /// The path is in the context.
    Known,
    /// The path is not known yet.
    ToCome,
}

/// Collects all features of a value apart from those of the object lookup. The functions run in the order of their
/// cost, and the collection ends once the upper bound is below `least`.
pub(super) fn weigh(
    model: &Model,
    context: &CandidateContext<'_>,
    least: f64,
    path: PathState,
) -> FeatureSet {
    let mut tally = FeatureSet::default();
    tally.note(Feature::Prior);
    let value = context.range.0..context.range.1;
    let form = context.shape != Shape::Hex40;
    tally.add_if(form, Feature::AppForm, EvidenceLocation::Nowhere);
    file::add_path(model, context, &mut tally);
    let look = Site {
        model,
        memory: context.memory,
        text: context.text,
        value: &value,
        peers: context.peers,
    };
    let region = context.outer.map(|o| o.range.0..o.range.1);
    let outer = context
        .outer
        .zip(region.as_ref())
        .map(|(outer, region)| Site {
            model,
            memory: outer.memory,
            text: outer.text,
            value: region,
            peers: &[],
        });
    let mut bound = UpperBound::new(least, path);
    if !around(&look, outer.as_ref(), &mut bound, &mut tally) {
        return tally;
    }
    if let Some(look) = outer {
        tally.outer = true;
        around(
            &look,
            None,
            &mut UpperBound::new(f64::NEG_INFINITY, path),
            &mut tally,
        );
        tally.outer = false;
    }
    let shared = tally.hook && tally.shared && !tally.has(Feature::ClientId);
    tally.add_if(shared, Feature::NearSigning, EvidenceLocation::Nowhere);
    tally.add_if(
        !tally.github,
        Feature::NoGithubName,
        EvidenceLocation::Nowhere,
    );
    let secret = tally.secret || SPEAK_OF_SECRETS.iter().any(|p| tally.has(*p));
    tally.add_if(
        !secret,
        Feature::NoCredentialWord,
        EvidenceLocation::Nowhere,
    );
    if bound.can_reach(&look, &mut tally, 0) {
        add_value(model, &context.text[token_digits(context)], &mut tally);
    }
    if path == PathState::Known {
        tally.count_twin(model);
    }
    tally
}

/// Features that connect a value with a credential.
const SPEAK_OF_SECRETS: [Feature; 25] = [
    Feature::AppForm,
    Feature::UrlUserGithub,
    Feature::UrlUser,
    Feature::UserMarker,
    Feature::BasicUser,
    Feature::AuthHeader,
    Feature::KeySecret,
    Feature::KeyGithubSecret,
    Feature::KeyClientSecret,
    Feature::KeyWeak,
    Feature::CallGithub,
    Feature::CallSecret,
    Feature::CallLogin,
    Feature::ScopePair,
    Feature::ScopeSecret,
    Feature::AboveSecret,
    Feature::AbovePair,
    Feature::LinePair,
    Feature::ClientId,
    Feature::TokenPage,
    Feature::PathToken,
    Feature::PathSecret,
    Feature::KeyHost,
    Feature::UsedAsGithubLogin,
    Feature::UsedAsLogin,
];

/// Features of a value that has its own name.
const OWN_NAMES: [Feature; 8] = [
    Feature::KeyThing,
    Feature::KeySigning,
    Feature::KeySecret,
    Feature::KeyGithub,
    Feature::KeyGithubSecret,
    Feature::KeyHash,
    Feature::KeyMaybeHash,
    Feature::KeyVendor,
];

/// Features of a name that excludes the secret of an app of GitHub.
const NOT_OF_AN_APP: [Feature; 5] = [
    Feature::KeyThing,
    Feature::KeyHash,
    Feature::KeyMaybeHash,
    Feature::KeySigning,
    Feature::KeyVendor,
];

/// Returns the range of the candidate without the prefix `v1.` or `r1.`.
pub(super) fn token_digits(context: &CandidateContext<'_>) -> Range<usize> {
    let (start, end) = context.range;
    if context.shape == Shape::Hex40 {
        start..end
    } else {
        start + 3..end
    }
}

fn add_value(model: &Model, value: &[u8], tally: &mut FeatureSet) {
    if model.is_placeholder(value) {
        tally.add(Feature::Placeholder, EvidenceLocation::Nowhere);
    } else if value::is_low_entropy(value) {
        tally.add(Feature::LowEntropy, EvidenceLocation::Nowhere);
    }
}

/// Adds the features of the text around a value. Returns `false` if it ended early because the value cannot reach the
/// minimum. The text around a decoded region is read in a later call.
fn around(
    look: &Site<'_>,
    outer: Option<&Site<'_>>,
    bound: &mut UpperBound,
    tally: &mut FeatureSet,
) -> bool {
    // If the decoded text names its values, the name of the region is not related to them.
    let named = tally.outer && is_named(tally);
    let (slot, has_place) = if named {
        (slot::read(look.text, look.value), false)
    } else {
        of_name(look, tally)
    };
    // The uses of a name are expensive to find, but they may be what names a decoded value.
    let usable = has_place && matches!(slot.kind, SlotKind::Assigned | SlotKind::Follows);
    let mut uses = if usable { bound::USES } else { 0 };
    if tally.outer || outer.is_some() {
        add_use(look, &slot, &mut uses, tally);
    }
    match outer {
        None => {}
        Some(_) if is_named(tally) => bound.include_outer(bound::LINES | bound::FILE),
        Some(outer) => {
            let mut more = FeatureSet::default();
            of_name(outer, &mut more);
            bound.include_outer(more.bits() | bound::USES | bound::TEXT);
        }
    }
    if !bound.can_reach(look, tally, bound::TEXT | bound::CROWD | uses) {
        return false;
    }
    crowd::add_neighbours(look, &slot, tally);
    if !bound.can_reach(look, tally, bound::TEXT | uses) {
        return false;
    }
    if !named {
        let mut enclosed = name::EnclosingNames::default();
        enclosed.add_brackets(look, tally);
        if !bound.can_reach(look, tally, (bound::TEXT & !bound::CALLS) | uses) {
            return false;
        }
        enclosed.add_ancestors(look, tally);
    }
    if !bound.can_reach(look, tally, bound::LINES | bound::FILE | uses) {
        return false;
    }
    add_use(look, &slot, &mut uses, tally);
    if !bound.can_reach(look, tally, bound::LINES | bound::FILE) {
        return false;
    }
    lines::add_lines(look, &slot, tally);
    if !NOT_OF_AN_APP.iter().any(|p| tally.has(*p)) {
        lines::add_client_id(look, tally);
    }
    if !bound.can_reach(look, tally, bound::FILE) {
        return false;
    }
    file::of_file(look, tally);
    host::add_request_host(look, &slot, tally);
    true
}

/// Adds the features of the slot and the name of a value; a value that fills a format has the slot of the placeholder.
/// Also returns true if the slot leaves the kind of value open, so that the uses of its name may matter.
fn of_name(look: &Site<'_>, tally: &mut FeatureSet) -> (Slot, bool) {
    let filled = slot::find_placeholder(look.text, look.value);
    let value = filled.as_ref().unwrap_or(look.value);
    let placed = &Site { value, ..*look };
    let slot = slot::read(placed.text, placed.value);
    let (value, slot) =
        host::split_login(placed, &slot).unwrap_or_else(|| (placed.value.clone(), slot));
    let placed = &Site {
        value: &value,
        ..*look
    };
    let structure = quick::find_structure(placed.text, placed.value);
    match structure {
        Some(piece) => tally.add(piece, placed.own_location()),
        None => name::add_slot(placed, &slot, tally),
    }
    let has_place = structure.is_none_or(|p| p == Feature::ListingLine);
    if has_place {
        name::add_key(placed, &slot, tally);
    }
    (slot, has_place)
}

/// Adds the features of the uses of the value's name, unless that was done before.
fn add_use(look: &Site<'_>, slot: &Slot, uses: &mut u128, tally: &mut FeatureSet) {
    if std::mem::take(uses) != 0 {
        name::of_use(look, slot, tally);
    }
}

/// Returns true if a value has its own name.
fn is_named(tally: &FeatureSet) -> bool {
    OWN_NAMES.iter().any(|p| tally.has(*p))
}
