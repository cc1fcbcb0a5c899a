//! Features of the words of the value's name.

use super::feature_set::FeatureSet;
use super::{host, owner, thing};
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::site::{Site, adjacent};
use crate::judge::vocabulary::{Lists, WordClass, WordList, WordReading, lists};

/// Returns the classes of all words of a name and of the last one, and true if the name is that of an OAuth 1 secret.
fn read_key_words(site: &Site<'_>, key: &[u8]) -> (WordClass, WordClass, bool) {
    let WordReading { mut all, last, .. } = site.read_name(key);
    let lists = lists();
    if all.has(WordClass::GITHUB)
        && all.has(WordClass::WEAK)
        && joins_any(key, &lists.credential_pairs)
    {
        all = all.or(WordClass::SECRET);
    }
    if joins_any(key, &lists.credential_name_pairs) {
        all = all.or(WordClass::CREDENTIAL);
    }
    // In OAuth 1 each token has a secret; GitHub never supported OAuth 1.
    let token_secret = joins_any(key, &lists.oauth1_pairs) && !all.has(WordClass::GITHUB);
    if token_secret {
        all = all.or(WordClass::VENDOR);
    }
    (all, last, token_secret)
}

/// Adds the features of the words of the value's name.
pub(crate) fn add_key(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    if matches!(
        slot.kind,
        SlotKind::UrlUser | SlotKind::Coordinate | SlotKind::Cited | SlotKind::Glued
    ) {
        return;
    }
    if let Some(name) = adjacent::hash_name_before(site.text, site.value) {
        return observed.add(Feature::KeyHash, EvidenceLocation::Text(name));
    }
    // The name of an adjacent repository is not the name of the value.
    if slot.key.is_empty() || observed.has(Feature::AfterRepo) {
        observed.nameless = true;
        return;
    }
    let key = &site.text[slot.key.clone()];
    let place = EvidenceLocation::Text(slot.key.clone());
    if is_file_name(key) {
        return observed.add(Feature::KeyFile, place);
    }
    if let Some(feature) = thing::other_kind(site, slot, key) {
        return observed.add(feature, place);
    }
    // A tool named after GitHub takes its token as `-t`.
    if slot.kind == SlotKind::Follows && owner::is_flag_of_tool(site, &slot.key) {
        return observed.add(Feature::KeySecret, place);
    }
    match host::host_kind(site, key) {
        Some(true) => return observed.add(Feature::KeyHost, place),
        Some(false) => observed.add(Feature::ScopeHost, place.clone()),
        None => {}
    }
    let (all, last, token_secret) = read_key_words(site, key);
    // A callee, an earlier argument or a user name is the name of the value only if its words have a class. A function
    // that creates a commit takes a message with arbitrary words, followed by ids.
    let message = slot.kind == SlotKind::Argument
        && slot.key != slot.callee
        && key.contains(&b' ')
        && site.word_classes(&slot.callee).has(WordClass::HASH);
    let means = all.has(WordClass::ANY) && !message;
    if matches!(slot.kind, SlotKind::Argument | SlotKind::BasicUser) && !means {
        observed.nameless = true;
        return;
    }
    // Prose with a word for a commit is about the commit, even if it has other words too.
    let blanks = memchr::memchr_iter(b' ', key).count();
    let prose = blanks > 3;
    if blanks > 1
        && !all.has(WordClass::SECRET)
        && all.has(WordClass::VENDOR)
        && is_told(site, slot)
    {
        observed.nameless = true;
        return;
    }
    let signing = (all.has(WordClass::SIGNING)
        && all.has(WordClass::SECRET.or(WordClass::WEAK))
        && !last.has(WordClass::HASH))
        || (joins_any(key, &lists().signing_pairs)
            && !all.has(WordClass::GITHUB.or(WordClass::CLIENT)));
    let hash = !signing
        && (last.has(WordClass::HASH)
            || (prose && all.has(WordClass::HASH))
            || all.has(WordClass::DERIVED)
            || joins_any(key, &lists().position_pairs)
            || (all.has(WordClass::HASH) && !all.has(WordClass::SECRET)));
    let maybe_hash =
        last.has(WordClass::MAYBE_HASH) && !hash && !(prose && all.has(WordClass::PAIR));
    let secret = all.has(WordClass::SECRET) && !hash;
    let github = all.has(WordClass::GITHUB) && !hash && !signing;
    observed.shared = secret && !all.has(WordClass::SHOWN.or(WordClass::CLIENT));
    for (condition, feature) in [
        (hash, Feature::KeyHash),
        (maybe_hash, Feature::KeyMaybeHash),
        (
            secret && all.has(WordClass::CLIENT),
            Feature::KeyClientSecret,
        ),
        (secret && github, Feature::KeyGithubSecret),
        (secret && !github, Feature::KeySecret),
        (signing, Feature::KeySigning),
        (
            secret && !signing && !token_secret && is_oauth_token(key),
            Feature::KeyOauth,
        ),
        (!secret && github, Feature::KeyGithub),
        (
            all.has(WordClass::WEAK) && !secret && !hash,
            Feature::KeyWeak,
        ),
        (!all.has(WordClass::ANY), Feature::KeyPlain),
    ] {
        observed.add_if(condition, feature, place.clone());
    }
    observed.add_classes(all, &[(WordClass::VENDOR, Feature::KeyVendor)], &place);
    if secret
        && !all.has(WordClass::GITHUB)
        && let Some(name) = owner::other_service(site, slot)
    {
        observed.add(Feature::ScopeVendor, EvidenceLocation::Text(name));
    }
}

/// Returns true if the sentence before a value's name has a credential of GitHub, which then has priority over another
/// service in the name: "the GitHub token, until we have Vault: value".
fn is_told(site: &Site<'_>, slot: &Slot) -> bool {
    site.line_before(slot.key.start).has(WordClass::PAIR)
}

/// Returns true if a name contains all words for the token of OAuth.
fn is_oauth_token(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    let holds = |word: &[u8]| memchr::memmem::find(&key, word).is_some();
    lists().oauth_token_words.iter().all(holds)
}

/// Returns true if a name contains two adjacent words of the list in any style: `api_key`, `Api Key`, `apiKey`.
fn joins_any(key: &[u8], pairs: &WordList) -> bool {
    let key = key.to_ascii_lowercase();
    pairs.iter().any(|pair| {
        let (first, second) = Lists::split_pair(pair);
        let mut places = memchr::memmem::find_iter(&key, first);
        places.any(|at| {
            let rest = &key[at + first.len()..];
            let joint = matches!(rest.first(), Some(b'_' | b'-' | b' ' | b'.'));
            rest[usize::from(joint)..].starts_with(second)
        })
    })
}

/// Returns true if a key ends like a file name.
fn is_file_name(key: &[u8]) -> bool {
    let key = key.strip_suffix(b"\"").unwrap_or(key);
    memchr::memrchr(b'.', key)
        .is_some_and(|dot| dot > 0 && lists().file_endings.contains(&key[dot + 1..]))
}
