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
use super::piece::Piece;
use super::slot::{Kind, Slot};
use super::words::{Reading, Sense, uncut};
use super::{Context, Memory, quick, slot, value};
use crate::rule::Shape;

use bound::Bound;
pub(super) use file::is_short;
pub(super) use tally::{Place, Tally};

/// Value in a text whose features are collected.
#[derive(Clone, Copy)]
struct Look<'l> {
    model: &'l Model,
    memory: &'l Memory,
    text: &'l [u8],
    value: &'l Range<usize>,
    /// All values of a judged form in the text, in order.
    peers: &'l [Range<usize>],
}

impl Look<'_> {
    /// Returns the word classes of this part of the text.
    fn sense(&self, part: &Range<usize>) -> Sense {
        self.model.lexicon.sense(&self.text[part.clone()])
    }

    /// Returns the word classes of the whole words in this part of the text, which may begin or end inside a word.
    fn heard(&self, part: &Range<usize>) -> Sense {
        self.read(part).all
    }

    /// Reads the whole words in this part of the text.
    fn read(&self, part: &Range<usize>) -> Reading {
        let part = uncut(self.text, part);
        if part.is_empty() {
            return Reading::default();
        }
        self.memory.read(self.model, self.text, part)
    }

    /// Returns the word classes of the lines in this part of the text. Words of two lines do not form a pair.
    fn lines(&self, part: &Range<usize>) -> Sense {
        let (mut start, mut all) = (part.start, Sense::NONE);
        while start < part.end {
            let len = memchr::memchr(b'\n', &self.text[start..part.end]);
            let end = len.map_or(part.end, |n| start + n);
            all = all.or(self.heard(&(start..end)));
            start = end + 1;
        }
        all
    }

    /// Returns the place of the value itself.
    fn here(&self) -> Place {
        Place::Text(self.value.clone())
    }
}

/// Availability of the path of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathIs {
    /// The path is in the context.
    Known,
    /// The path is not known yet.
    ToCome,
}

/// Collects all features of a value apart from those of the object lookup. The functions run in the order of their
/// cost, and the collection ends once the upper bound is below `least`.
pub(super) fn weigh(model: &Model, context: &Context<'_>, least: f64, path: PathIs) -> Tally {
    let mut tally = Tally::default();
    tally.note(Piece::Prior);
    let value = context.range.0..context.range.1;
    let form = context.shape != Shape::Hex40;
    tally.when(form, Piece::AppForm, Place::Nowhere);
    file::of_path(model, context, &mut tally);
    let look = Look {
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
        .map(|(outer, region)| Look {
            model,
            memory: outer.memory,
            text: outer.text,
            value: region,
            peers: &[],
        });
    let mut bound = Bound::new(least, path);
    if !around(&look, outer.as_ref(), &mut bound, &mut tally) {
        return tally;
    }
    if let Some(look) = outer {
        tally.outer = true;
        around(
            &look,
            None,
            &mut Bound::new(f64::NEG_INFINITY, path),
            &mut tally,
        );
        tally.outer = false;
    }
    let shared = tally.hook && tally.shared && !tally.has(Piece::ClientId);
    tally.when(shared, Piece::NearSigning, Place::Nowhere);
    tally.when(!tally.github, Piece::NoGithub, Place::Nowhere);
    let secret = tally.secret || SPEAK_OF_SECRETS.iter().any(|p| tally.has(*p));
    tally.when(!secret, Piece::NoSecret, Place::Nowhere);
    if bound.is_within_reach(&look, &mut tally, 0) {
        of_value(model, &context.text[digits(context)], &mut tally);
    }
    if path == PathIs::Known {
        tally.count_twin(model);
    }
    tally
}

/// Features that connect a value with a credential.
const SPEAK_OF_SECRETS: [Piece; 25] = [
    Piece::AppForm,
    Piece::UrlUserGithub,
    Piece::UrlUser,
    Piece::UserMarker,
    Piece::BasicUser,
    Piece::AuthHeader,
    Piece::KeySecret,
    Piece::KeyGithubSecret,
    Piece::KeyClientSecret,
    Piece::KeyWeak,
    Piece::CallGithub,
    Piece::CallSecret,
    Piece::CallOpens,
    Piece::ScopePair,
    Piece::ScopeSecret,
    Piece::AboveSecret,
    Piece::AbovePair,
    Piece::LinePair,
    Piece::ClientId,
    Piece::Minted,
    Piece::PathToken,
    Piece::PathSecret,
    Piece::KeyHost,
    Piece::UsedGithub,
    Piece::UsedLogin,
];

/// Features of a value that has its own name.
const OWN_NAMES: [Piece; 8] = [
    Piece::KeyThing,
    Piece::KeySigning,
    Piece::KeySecret,
    Piece::KeyGithub,
    Piece::KeyGithubSecret,
    Piece::KeyHash,
    Piece::KeyMaybeHash,
    Piece::KeyVendor,
];

/// Features of a name that excludes the secret of an app of GitHub.
const NOT_OF_AN_APP: [Piece; 5] = [
    Piece::KeyThing,
    Piece::KeyHash,
    Piece::KeyMaybeHash,
    Piece::KeySigning,
    Piece::KeyVendor,
];

/// Returns the range of the candidate without the prefix `v1.` or `r1.`.
pub(super) fn digits(context: &Context<'_>) -> Range<usize> {
    let (start, end) = context.range;
    if context.shape == Shape::Hex40 {
        start..end
    } else {
        start + 3..end
    }
}

fn of_value(model: &Model, value: &[u8], tally: &mut Tally) {
    if model.is_placeholder(value) {
        tally.add(Piece::Placeholder, Place::Nowhere);
    } else if value::is_dull(value) {
        tally.add(Piece::Dull, Place::Nowhere);
    }
}

/// Adds the features of the text around a value. Returns `false` if it ended early because the value cannot reach the
/// minimum. The text around a decoded region is read in a later call.
fn around(look: &Look<'_>, outer: Option<&Look<'_>>, bound: &mut Bound, tally: &mut Tally) -> bool {
    // If the decoded text names its values, the name of the region is not related to them.
    let named = tally.outer && is_named(tally);
    let (slot, has_place) = if named {
        (slot::read(look.text, look.value), false)
    } else {
        of_name(look, tally)
    };
    // The uses of a name are expensive to find, but they may be what names a decoded value.
    let usable = has_place && matches!(slot.kind, Kind::Assigned | Kind::Follows);
    let mut uses = if usable { bound::USES } else { 0 };
    if tally.outer || outer.is_some() {
        of_use(look, &slot, &mut uses, tally);
    }
    match outer {
        None => {}
        Some(_) if is_named(tally) => bound.reckon_with(bound::LINES | bound::FILE),
        Some(outer) => {
            let mut more = Tally::default();
            of_name(outer, &mut more);
            bound.reckon_with(more.bits() | bound::USES | bound::TEXT);
        }
    }
    if !bound.is_within_reach(look, tally, bound::TEXT | bound::CROWD | uses) {
        return false;
    }
    crowd::of_crowd(look, &slot, tally);
    if !bound.is_within_reach(look, tally, bound::TEXT | uses) {
        return false;
    }
    if !named {
        let mut enclosed = name::Enclosed::default();
        enclosed.by_brackets(look, tally);
        if !bound.is_within_reach(look, tally, (bound::TEXT & !bound::CALLS) | uses) {
            return false;
        }
        enclosed.by_lines(look, tally);
    }
    if !bound.is_within_reach(look, tally, bound::LINES | bound::FILE | uses) {
        return false;
    }
    of_use(look, &slot, &mut uses, tally);
    if !bound.is_within_reach(look, tally, bound::LINES | bound::FILE) {
        return false;
    }
    lines::of_lines(look, &slot, tally);
    if !NOT_OF_AN_APP.iter().any(|p| tally.has(*p)) {
        lines::of_client_id(look, tally);
    }
    if !bound.is_within_reach(look, tally, bound::FILE) {
        return false;
    }
    file::of_file(look, tally);
    host::of_request(look, &slot, tally);
    true
}

/// Adds the features of the slot and the name of a value; a value that fills a format has the slot of the placeholder.
/// Also returns true if the slot leaves the kind of value open, so that the uses of its name may matter.
fn of_name(look: &Look<'_>, tally: &mut Tally) -> (Slot, bool) {
    let filled = slot::placeholder(look.text, look.value);
    let value = filled.as_ref().unwrap_or(look.value);
    let placed = &Look { value, ..*look };
    let slot = slot::read(placed.text, placed.value);
    let (value, slot) =
        host::login_of(placed, &slot).unwrap_or_else(|| (placed.value.clone(), slot));
    let placed = &Look {
        value: &value,
        ..*look
    };
    let structure = quick::structure(placed.text, placed.value);
    match structure {
        Some(piece) => tally.add(piece, placed.here()),
        None => name::of_slot(placed, &slot, tally),
    }
    let has_place = structure.is_none_or(|p| p == Piece::Listing);
    if has_place {
        name::of_key(placed, &slot, tally);
    }
    (slot, has_place)
}

/// Adds the features of the uses of the value's name, unless that was done before.
fn of_use(look: &Look<'_>, slot: &Slot, uses: &mut u128, tally: &mut Tally) {
    if std::mem::take(uses) != 0 {
        name::of_use(look, slot, tally);
    }
}

/// Returns true if a value has its own name.
fn is_named(tally: &Tally) -> bool {
    OWN_NAMES.iter().any(|p| tally.has(*p))
}
