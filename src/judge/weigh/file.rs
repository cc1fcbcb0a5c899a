//! What the file is about: phrases around the value and in the file's head, and the words of its path.

use std::ops::Range;

use super::{Look, Place, Tally};
use crate::judge::Context;
use crate::judge::model::{Model, Phrase};
use crate::judge::piece::Piece;
use crate::judge::words::Sense;

/// How far around a value the phrases of its file are looked for.
const PHRASES_BEFORE: usize = 4000;
const PHRASES_AFTER: usize = 1500;

/// And how much of the file's head, where it says what it imports.
pub(super) const HEAD: usize = 3000;

/// What the file's phrases may be.
pub(super) const PIECES: &[Piece] = &[Piece::FileGithub, Piece::Minted, Piece::FileElsewhere];

/// The pieces of a value that is itself called a credential of GitHub.
const OWN: [Piece; 5] = [
    Piece::KeyHost,
    Piece::KeyGithub,
    Piece::KeyGithubSecret,
    Piece::CallGithub,
    Piece::UrlUserGithub,
];

/// What the phrases around the value and in the file's head say.
pub(super) fn of_file(look: &Look<'_>, tally: &mut Tally) {
    let from = look.value.start.saturating_sub(PHRASES_BEFORE);
    let to = look.text.len().min(look.value.end + PHRASES_AFTER);
    // What is called GitHub's goes to GitHub, whatever else the file talks to.
    let is_github = OWN.iter().any(|p| tally.has(*p));
    let mut read = |part: Range<usize>, near: bool| {
        look.memory
            .phrases(look.model, look.text, part, |phrase, place| {
                tally.github |= matches!(phrase, Phrase::Client | Phrase::Minted | Phrase::Github);
                let here = Place::Text(place);
                match phrase {
                    Phrase::Signing if near => tally.hook = true,
                    Phrase::Minted if near => tally.add(Piece::Minted, here),
                    Phrase::Client => tally.add(Piece::FileGithub, here),
                    Phrase::Elsewhere if near && !is_github => {
                        tally.add(Piece::FileElsewhere, here);
                    }
                    _ => {}
                }
            });
    };
    read(from..look.value.start, true);
    read(look.value.end..to, true);
    read(0..from.min(HEAD), false);
}

/// Names of files in which tools keep credentials.
const CREDENTIAL_FILES: [&[u8]; 22] = [
    b".netrc",
    b"_netrc",
    b".git-credentials",
    b"hosts.yml",
    b"auth.json",
    b".env",
    b".npmrc",
    b"credentials",
    b"credentials.xml",
    b"credentials.json",
    b"nuget.config",
    b".gitconfig",
    b"hub",
    b"apps.json",
    b"github.xml",
    b".bash_history",
    b".zsh_history",
    b"secrets.yml",
    b"secrets.yaml",
    b"secrets.json",
    b".envrc",
    b"gradle.properties",
];

/// Whether a text holds little more than one value.
pub(in crate::judge) fn is_short(text: &[u8]) -> bool {
    text.len() <= 160
}

const PATH: [(Sense, Piece); 3] = [
    (Sense::GITHUB, Piece::PathGithub),
    (Sense::SECRET, Piece::PathSecret),
    (Sense::HASH, Piece::PathHash),
];

/// The words of the path, and the names of files in which tools keep credentials.
pub(super) fn of_path(model: &Model, context: &Context<'_>, tally: &mut Tally) {
    let path = context.path;
    // Folders far above say little and are not the project's own.
    let tail = {
        let cut = memchr::memrchr_iter(b'/', path).nth(3).map_or(0, |i| i + 1);
        &path[cut..]
    };
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |i| i + 1)..];
    let all = context.memory.path_sense(model, tail);
    let gist = name == b".gist" || name == b"gist";
    let holds = gist || (all.has(Sense::GITHUB) && all.has(Sense::SECRET) && !all.has(Sense::HASH));
    // A decoded value is not all that its file holds.
    let file = context.outer.map_or(context.text, |outer| outer.text);
    let whole = holds && is_short(file);
    tally.when(whole, Piece::PathToken, Place::Path);
    let known = CREDENTIAL_FILES.contains(&name) || name.starts_with(b".env.");
    tally.when(known, Piece::PathCredentials, Place::Path);
    tally.hear(all, &PATH, &Place::Path);
    let vendor = !all.has(Sense::GITHUB) && model.lexicon.sense(name).has(Sense::VENDOR);
    tally.when(vendor, Piece::PathVendor, Place::Path);
    tally.github |= gist;
}
