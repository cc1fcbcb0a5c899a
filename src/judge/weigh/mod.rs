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
use super::{Context, LOW, Memory, quick, slot, value};
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

/// All evidence on a value but the witnesses'.
///
/// Unless `thorough`, the costliest look is left out where it could not lift the value to low.
pub(super) fn weigh(model: &Model, context: &Context<'_>, thorough: bool) -> Tally {
    let mut tally = Tally::new(thorough);
    tally.note(Piece::Prior);
    let value = digits(context);
    of_value(model, context, &value, &mut tally);
    let look = Look {
        model,
        memory: context.memory,
        text: context.text,
        value: &value,
        peers: context.peers,
    };
    around(&look, &mut tally);
    if let Some((text, (start, end))) = context.outer {
        tally.outer = true;
        let look = Look {
            model,
            memory: &Memory::default(),
            text,
            value: &(start..end),
            peers: &[],
        };
        around(&look, &mut tally);
        tally.outer = false;
    }
    file::of_path(model, context, &mut tally);
    tally.when(!tally.github, Piece::NoGithub, Place::Nowhere);
    let secret = SPEAK_OF_SECRETS.iter().any(|p| tally.has(*p));
    tally.when(!secret, Piece::NoSecret, Place::Nowhere);
    tally
}

/// The pieces that connect a value with a credential at all.
const SPEAK_OF_SECRETS: [Piece; 22] = [
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

fn of_value(model: &Model, context: &Context<'_>, value: &Range<usize>, tally: &mut Tally) {
    let bytes = &context.text[value.clone()];
    tally.when(
        context.shape != Shape::Hex40,
        Piece::AppForm,
        Place::Nowhere,
    );
    if model.is_placeholder(bytes) {
        tally.add(Piece::Placeholder, Place::Nowhere);
    } else if value::is_dull(bytes) {
        tally.add(Piece::Dull, Place::Nowhere);
    }
}

/// Everything that the text around a value says.
fn around(look: &Look<'_>, tally: &mut Tally) {
    // What was decoded may name its values itself: then the name of the region says nothing of them.
    let named = tally.outer && OWN_NAMES.iter().any(|p| tally.has(*p));
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
    if !named {
        name::of_scope(look, tally);
    }
    lines::of_lines(look, &slot, tally);
    crowd::of_crowd(look, tally);
    if !tally.has(Piece::KeyHash) && !tally.has(Piece::KeyMaybeHash) {
        lines::of_client_id(look, tally);
    }
    if tally.thorough || tally.log_odds(look.model) + file::most_to_come(look.model) >= LOW {
        file::of_file(look, tally);
    }
}
