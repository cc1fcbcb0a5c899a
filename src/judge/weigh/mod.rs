//! Gathers the evidence on one value: each function of these files looks at one thing and says what it saw.

mod crowd;
mod file;
mod lines;
mod name;
mod tally;

use std::ops::Range;

use super::model::Model;
use super::piece::Piece;
use super::words::Sense;
use super::{Context, Memory, quick, slot, value};
use crate::rule::Shape;

pub(super) use file::is_short;
pub(super) use tally::{Place, Tally};

/// What is looked at: one value in one text.
#[derive(Clone, Copy)]
struct Look<'l> {
    model: &'l Model,
    memory: &'l Memory,
    text: &'l [u8],
    value: &'l Range<usize>,
    /// Every value of a judged form in the text, in order.
    peers: &'l [Range<usize>],
}

impl Look<'_> {
    /// What the words in this part of the text mean together.
    fn sense(&self, part: &Range<usize>) -> Sense {
        self.model.lexicon.sense(&self.text[part.clone()])
    }

    /// The value's own place.
    fn here(&self) -> Place {
        Place::Text(self.value.clone())
    }
}

/// All evidence on a value but the witnesses', for as long as it may reach `least`: the looks are taken in the order
/// of what they cost, and the first after which no evidence to come could lift the sum so far ends them.
pub(super) fn weigh(model: &Model, context: &Context<'_>, least: f64) -> Tally {
    let mut tally = Tally::default();
    tally.note(Piece::Prior);
    let value = context.range.0..context.range.1;
    let form = context.shape != Shape::Hex40;
    tally.when(form, Piece::AppForm, Place::Nowhere);
    file::of_path(model, context, &mut tally);
    // Two texts speak of a decoded value: their evidence is not bounded.
    let least = context.outer.map_or(least, |_| f64::NEG_INFINITY);
    let look = Look {
        model,
        memory: context.memory,
        text: context.text,
        value: &value,
        peers: context.peers,
    };
    if !around(&look, least, &mut tally) {
        return tally;
    }
    if let Some((text, (start, end))) = context.outer {
        tally.outer = true;
        let look = Look {
            model,
            memory: &Memory::default(),
            text,
            value: &(start..end),
            peers: &[],
        };
        around(&look, least, &mut tally);
        tally.outer = false;
    }
    tally.when(!tally.github, Piece::NoGithub, Place::Nowhere);
    let secret = SPEAK_OF_SECRETS.iter().any(|p| tally.has(*p));
    tally.when(!secret, Piece::NoSecret, Place::Nowhere);
    if tally.may_reach(model, least, 0.0) {
        of_value(model, &context.text[digits(context)], &mut tally);
    }
    tally
}

/// The pieces that connect a value with a credential at all.
const SPEAK_OF_SECRETS: [Piece; 23] = [
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
    Piece::ScopeSecret,
    Piece::AboveSecret,
    Piece::AbovePair,
    Piece::LineSecret,
    Piece::LinePair,
    Piece::NearSecret,
    Piece::ClientId,
    Piece::Minted,
    Piece::PathToken,
    Piece::PathSecret,
];

/// The pieces of a value that has a name of its own.
const OWN_NAMES: [Piece; 6] = [
    Piece::KeySecret,
    Piece::KeyGithub,
    Piece::KeyGithubSecret,
    Piece::KeyHash,
    Piece::KeyMaybeHash,
    Piece::KeyVendor,
];

/// The candidate without the prefix `v1.` or `r1.`.
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

/// Everything that the text around a value says; `false` if it broke off because the value cannot reach `least`.
fn around(look: &Look<'_>, least: f64, tally: &mut Tally) -> bool {
    // What was decoded may name its values itself: then the name of the region says nothing of them.
    let named = tally.outer && OWN_NAMES.iter().any(|p| tally.has(*p));
    let to_come = &look.model.to_come;
    let structure = quick::structure(look.text, look.value);
    let slot = slot::read(look.text, look.value);
    match structure {
        _ if named => {}
        Some(piece) => tally.add(piece, look.here()),
        None => name::of_slot(look, &slot, tally),
    }
    if !named && structure.is_none_or(|p| p == Piece::Listing) {
        name::of_key(look, &slot, tally);
    }
    crowd::of_crowd(look, tally);
    if !tally.may_reach(look.model, least, to_come.after_name) {
        return false;
    }
    if !named {
        name::of_scope(look, tally);
    }
    if !tally.may_reach(look.model, least, to_come.after_scope) {
        return false;
    }
    lines::of_lines(look, &slot, tally);
    if !tally.has(Piece::KeyHash) && !tally.has(Piece::KeyMaybeHash) {
        lines::of_client_id(look, tally);
    }
    if !tally.may_reach(look.model, least, to_come.after_lines) {
        return false;
    }
    file::of_file(look, tally);
    true
}

/// The most that the looks still to come can add to a sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToCome {
    after_name: f64,
    after_scope: f64,
    after_lines: f64,
}

impl ToCome {
    /// What these weights allow for.
    pub(super) fn of(weight: impl Fn(Piece) -> f64) -> Self {
        // What is noted at the very end of a weighing; git's objects and the value's own form among it.
        const LAST: [Piece; 6] = [
            Piece::NoGithub,
            Piece::NoSecret,
            Piece::Placeholder,
            Piece::Dull,
            Piece::ShaElsewhere,
            Piece::GitObject,
        ];
        let most = |pieces: &[Piece]| pieces.iter().map(|p| weight(*p).max(0.0)).sum::<f64>();
        let after_lines = most(file::PIECES) + most(&LAST);
        let after_scope = after_lines + lines::pieces().map(|p| weight(p).max(0.0)).sum::<f64>();
        ToCome {
            after_name: after_scope + most(name::OF_SCOPE),
            after_scope,
            after_lines,
        }
    }
}
