//! How far evidence to come could still lift a sum, so that a weighing ends as soon as it is settled.

use super::{Look, NOT_OF_AN_APP, PathIs, Place, Tally, crowd, file, lines, name};
use crate::judge::LOW;
use crate::judge::piece::Piece;

/// How far before and behind a value its text is heard.
const HEARD: (usize, usize) = (4096, 3000);

/// What other values around it may add, one bit a piece.
pub(super) const CROWD: u128 = bits(crowd::PIECES);

/// What its name is used for may add.
pub(super) const USES: u128 = bits(name::OF_USE);

/// What calls around it may add.
pub(super) const CALLS: u128 = bits(name::OF_CALLS);

/// What the lines around it may add.
pub(super) const LINES: u128 = bits(lines::PIECES);

/// What the rest of its file may add.
pub(super) const FILE: u128 = bits(file::PIECES);

/// What all the text around it may add beyond its own place and name.
pub(super) const TEXT: u128 = CALLS | bits(name::OF_SCOPE) | LINES | FILE;

/// What is noted at the very end of a weighing; git's objects and the value's own form among it.
const LAST: u128 = bits(&[
    Piece::NoGithub,
    Piece::NoSecret,
    Piece::Placeholder,
    Piece::Dull,
    Piece::ShaElsewhere,
    Piece::GitObject,
]);

/// What only a name of GitHub, or what GitHub says, may add.
const GITHUB: u128 = bits(&[
    Piece::CallGithub,
    Piece::ScopeGithub,
    Piece::ScopePair,
    Piece::AbovePair,
    Piece::AboveGithub,
    Piece::LinePair,
    Piece::LineGithub,
    Piece::ToldPair,
    Piece::NearGithub,
    Piece::FileGithub,
    Piece::Minted,
    Piece::UsedGithub,
]);

const fn bits(pieces: &[Piece]) -> u128 {
    let (mut bits, mut i) = (0, 0);
    while i < pieces.len() {
        bits |= 1 << pieces[i] as u32;
        i += 1;
    }
    bits
}

/// What the evidence on a value may come to.
pub(super) struct Bound {
    least: f64,
    path: PathIs,
    /// What a text around the value's own text may add.
    beside: u128,
    /// Whether anything in its text may name GitHub, if that was asked.
    github: Option<bool>,
    /// Whether the id of an OAuth app stands beside the value, if that was asked.
    client: Option<bool>,
}

impl Bound {
    /// For a value that must reach `least`.
    pub(super) fn new(least: f64, path: PathIs) -> Bound {
        Bound {
            least,
            path,
            beside: 0,
            github: None,
            client: None,
        }
    }

    /// Reckons with a text around the value's own, which may add these pieces until the end.
    pub(super) fn reckon_with(&mut self, pieces: u128) {
        self.beside |= pieces;
        (self.github, self.client) = (Some(true), Some(true));
    }

    /// Whether the sum may still reach what it must if the looks to come may see these pieces. Asks the text for as
    /// little as will settle it.
    pub(super) fn is_within_reach(
        &mut self,
        look: &Look<'_>,
        tally: &mut Tally,
        to_come: u128,
    ) -> bool {
        if self.least == f64::NEG_INFINITY {
            return true;
        }
        let mut to_come =
            (to_come | self.beside | LAST) & !tally.bits() & !impossible(tally, self.beside);
        if !tally.may_reach(look.model, self.least, look.model.most(to_come)) {
            return false;
        }
        if !*self.github.get_or_insert_with(|| may_name_github(look)) {
            to_come &= !GITHUB;
            // Low is also what another service's secret is.
            let counts = self.path == PathIs::Known && self.least > LOW && !tally.github;
            tally.when(counts, Piece::NoGithub, Place::Nowhere);
        }
        let reaches = |pieces| tally.may_reach(look.model, self.least, look.model.most(pieces));
        reaches(to_come & !CLIENT)
            || (to_come & CLIENT != 0
                && reaches(to_come)
                && *self
                    .client
                    .get_or_insert_with(|| lines::client_id(look).is_some()))
    }
}

/// The id of an OAuth app.
const CLIENT: u128 = bits(&[Piece::ClientId]);

/// What cannot be seen any more, for what was seen or was not; a text beside may still add `beside`.
fn impossible(tally: &Tally, beside: u128) -> u128 {
    let seen = tally.bits() | beside;
    let mut out = 0;
    if NOT_OF_AN_APP.iter().any(|p| tally.has(*p)) {
        out |= CLIENT;
    }
    if !tally.nameless && beside == 0 {
        out |= bits(&[Piece::ToldPair]);
    }
    if seen & bits(&[Piece::KeySecret]) == 0 {
        out |= bits(&[Piece::NearForge]);
    }
    out
}

/// Whether anything that is heard may name GitHub.
fn may_name_github(look: &Look<'_>) -> bool {
    let start = look.value.start.saturating_sub(HEARD.0);
    let end = look.text.len().min(look.value.end + HEARD.1);
    let heard = |part| look.memory.may_name_github(look.model, look.text, part);
    heard(start..end) || heard(0..start.min(file::HEAD))
}
