//! Features of the file: phrases around the value and at the start of the file, and the words of its path.

use std::ops::Range;

use super::{Look, Place, Tally};
use crate::judge::Context;
use crate::judge::model::{Model, Phrase};
use crate::judge::piece::Piece;
use crate::judge::words::Sense;

/// Number of bytes around a value in which phrases are searched.
const PHRASES_BEFORE: usize = 4000;
const PHRASES_AFTER: usize = 1500;

/// Number of bytes at the start of the file, where imports are, in which phrases are searched.
pub(super) const HEAD: usize = 3000;

/// Features that phrases of the file may add.
pub(super) const PIECES: &[Piece] = &[Piece::FileGithub, Piece::Minted, Piece::FileElsewhere];

/// Features of a value that is itself named as a credential of GitHub.
const OWN: [Piece; 5] = [
    Piece::KeyHost,
    Piece::KeyGithub,
    Piece::KeyGithubSecret,
    Piece::CallGithub,
    Piece::UrlUserGithub,
];

/// Adds the features of the phrases around the value and at the start of the file.
pub(super) fn of_file(look: &Look<'_>, tally: &mut Tally) {
    let from = look.value.start.saturating_sub(PHRASES_BEFORE);
    let to = look.text.len().min(look.value.end + PHRASES_AFTER);
    // A credential named after GitHub belongs to GitHub, even if the file connects to other services too.
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

/// Names of files in which tools store credentials.
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

/// Returns true if a text contains little more than one value.
pub(in crate::judge) fn is_short(text: &[u8]) -> bool {
    text.len() <= 160
}

const PATH: [(Sense, Piece); 3] = [
    (Sense::GITHUB, Piece::PathGithub),
    (Sense::SECRET, Piece::PathSecret),
    (Sense::HASH, Piece::PathHash),
];

/// Adds the features of the words of the path, and of the names of files in which tools store credentials.
pub(super) fn of_path(model: &Model, context: &Context<'_>, tally: &mut Tally) {
    let path = context.path;
    // Folders far above are rarely related to the value and are not part of the project.
    let tail = {
        let cut = memchr::memrchr_iter(b'/', path).nth(3).map_or(0, |i| i + 1);
        &path[cut..]
    };
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |i| i + 1)..];
    let all = context.memory.path_sense(model, tail);
    let gist = name == b".gist" || name == b"gist";
    let holds = gist || (all.has(Sense::GITHUB) && all.has(Sense::SECRET) && !all.has(Sense::HASH));
    // The file of a decoded value contains more than that value.
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
