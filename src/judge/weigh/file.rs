//! Features of the file: phrases around the value and at the start of the file, and the words of its path.

use std::ops::Range;

use super::{EvidenceLocation, FeatureSet, Site};
use crate::judge::CandidateContext;
use crate::judge::model::{Model, Phrase};
use crate::judge::piece::Feature;
use crate::judge::words::WordClass;

/// Number of bytes around a value in which phrases are searched.
const PHRASES_BEFORE: usize = 4000;
const PHRASES_AFTER: usize = 1500;

/// Number of bytes at the start of the file, where imports are, in which phrases are searched.
pub(super) const HEAD: usize = 3000;

/// Features that phrases of the file may add.
pub(super) const PIECES: &[Feature] = &[
    Feature::FileGithub,
    Feature::TokenPage,
    Feature::FileOtherService,
];

/// Features of a value that is itself named as a credential of GitHub.
const OWN: [Feature; 5] = [
    Feature::KeyHost,
    Feature::KeyGithub,
    Feature::KeyGithubSecret,
    Feature::CallGithub,
    Feature::UrlUserGithub,
];

/// Adds the features of the phrases around the value and at the start of the file.
pub(super) fn of_file(look: &Site<'_>, tally: &mut FeatureSet) {
    let from = look.value.start.saturating_sub(PHRASES_BEFORE);
    let to = look.text.len().min(look.value.end + PHRASES_AFTER);
    // A credential named after GitHub belongs to GitHub, even if the file connects to other services too.
    let is_github = OWN.iter().any(|p| tally.has(*p));
    let mut read = |part: Range<usize>, near: bool| {
        look.memory
            .for_each_phrase(look.model, look.text, part, |phrase, place| {
                tally.github |= matches!(phrase, Phrase::Client | Phrase::Minted | Phrase::Github);
                let here = EvidenceLocation::Text(place);
                match phrase {
                    Phrase::Signing if near => tally.hook = true,
                    Phrase::Minted if near => tally.add(Feature::TokenPage, here),
                    Phrase::Client => tally.add(Feature::FileGithub, here),
                    Phrase::Elsewhere if near && !is_github => {
                        tally.add(Feature::FileOtherService, here);
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
pub(in crate::judge) fn is_short_text(text: &[u8]) -> bool {
    text.len() <= 160
}

const PATH: [(WordClass, Feature); 3] = [
    (WordClass::GITHUB, Feature::PathGithub),
    (WordClass::SECRET, Feature::PathSecret),
    (WordClass::HASH, Feature::PathHash),
];

/// Adds the features of the words of the path, and of the names of files in which tools store credentials.
pub(super) fn add_path(model: &Model, context: &CandidateContext<'_>, tally: &mut FeatureSet) {
    let path = context.path;
    // Folders far above are rarely related to the value and are not part of the project.
    let tail = {
        let cut = memchr::memrchr_iter(b'/', path).nth(3).map_or(0, |i| i + 1);
        &path[cut..]
    };
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |i| i + 1)..];
    let all = context.memory.path_word_classes(model, tail);
    let gist = name == b".gist" || name == b"gist";
    let holds = gist
        || (all.has(WordClass::GITHUB) && all.has(WordClass::SECRET) && !all.has(WordClass::HASH));
    // The file of a decoded value contains more than that value.
    let file = context.outer.map_or(context.text, |outer| outer.text);
    let whole = holds && is_short_text(file);
    tally.add_if(whole, Feature::PathToken, EvidenceLocation::Path);
    let known = CREDENTIAL_FILES.contains(&name) || name.starts_with(b".env.");
    tally.add_if(known, Feature::PathCredentials, EvidenceLocation::Path);
    tally.hear(all, &PATH, &EvidenceLocation::Path);
    let vendor = !all.has(WordClass::GITHUB) && model.lexicon.sense(name).has(WordClass::VENDOR);
    tally.add_if(vendor, Feature::PathVendor, EvidenceLocation::Path);
    tally.github |= gist;
}
