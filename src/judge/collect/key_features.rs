//! Features of the words of the value's name.

use std::ops::Range;

use super::feature_set::FeatureSet;
use super::{owner, row, thing};
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::site::{Site, host_names};
use crate::judge::vocabulary::{Lists, Vocabulary, WordClass, WordList, WordReading, lists};

/// Meaning of the words of a name for its value.
struct KeyMeaning {
    /// Classes of all words.
    all: WordClass,
    is_hash: bool,
    is_maybe_hash: bool,
    is_secret: bool,
    is_github: bool,
    is_signing: bool,
    /// True for the secret of a token in OAuth 1.
    is_oauth1_secret: bool,
    /// True for the secret of an app: not `GITHUB_APP_TOKEN`, which the app sends.
    is_of_app: bool,
}

impl KeyMeaning {
    /// Reads the words of a name.
    fn new(site: &Site<'_>, key: &[u8]) -> KeyMeaning {
        let lists = lists();
        let lower = key.to_ascii_lowercase();
        let WordReading { all, mut last, .. } = site.key_words();
        // Of the cells of a row the first is the name, the others are remarks.
        if let Some(cell) = memchr::memchr(b'|', key) {
            let first = site.read_name(&key[..cell]);
            if first.all.has(WordClass::ANY) {
                last = first.last;
            }
        }
        // In OAuth 1 each token has a secret; GitHub never supported OAuth 1.
        let is_oauth1_secret =
            !all.has(WordClass::GITHUB) && joins_any(&lower, &lists.oauth1_pairs);
        let mut all = classes_of_key(all, &lower);
        if is_oauth1_secret {
            all = all.or(WordClass::VENDOR);
        }
        let is_of_github = all.has(WordClass::GITHUB);
        let has_secret = all.has(WordClass::SECRET);
        // Prose with a word for a commit is about the commit, even if it has other words too.
        let is_prose = count_blanks(key) > 3;
        let signs = all.has(WordClass::SIGNING)
            && all.has(WordClass::SECRET.or(WordClass::WEAK))
            && !last.has(WordClass::HASH);
        let is_key_for_signing = joins_any(&lower, &lists.signing_pairs)
            && !all.has(WordClass::GITHUB.or(WordClass::CLIENT));
        let is_signing = signs || is_key_for_signing;
        let names_hash = last.has(WordClass::HASH)
            || all.has(WordClass::DERIVED)
            || joins_any(&lower, &lists.position_pairs)
            || (all.has(WordClass::HASH) && (is_prose || !has_secret));
        let is_hash = names_hash && !is_signing;
        let is_told = is_prose && all.has(WordClass::PAIR);
        // In `github_tokens: {release-bot: value}` the name is that of the owner.
        let names_owner = || site.slot().kind == SlotKind::Assigned && site.is_in_map_of_tokens();
        KeyMeaning {
            all,
            is_hash,
            is_maybe_hash: last.has(WordClass::MAYBE_HASH)
                && !is_hash
                && !is_told
                && !names_owner(),
            is_secret: has_secret && !is_hash,
            is_github: is_of_github && !is_hash && !is_signing,
            is_signing,
            is_oauth1_secret,
            is_of_app: has_secret
                && !is_hash
                && all.has(WordClass::CLIENT)
                && !last.has(WordClass::SHOWN),
        }
    }

    /// Returns the features of the words, each with `true` if it applies.
    fn features(&self, key: &[u8]) -> [(bool, Feature); 10] {
        let (secret, github, hash) = (self.is_secret, self.is_github, self.is_hash);
        let all = self.all;
        let sent = secret && !self.is_signing && !self.is_oauth1_secret;
        [
            (hash, Feature::KeyHash),
            (self.is_maybe_hash, Feature::KeyMaybeHash),
            (self.is_of_app, Feature::KeyClientSecret),
            (secret && github, Feature::KeyGithubSecret),
            (secret && !github, Feature::KeySecret),
            (self.is_signing, Feature::KeySigning),
            (sent && is_oauth_token(key), Feature::KeyOauth),
            (!secret && github, Feature::KeyGithub),
            (
                !secret
                    && !hash
                    && (all.has(WordClass::WEAK) || github && is_named_after_github(key)),
                Feature::KeyWeak,
            ),
            (!all.has(WordClass::ANY), Feature::KeyPlain),
        ]
    }

    /// Returns true if the key belongs to the value. A callee, an earlier argument or a user name does so only if its
    /// words have a class. A function that creates a commit takes a message with arbitrary words, followed by ids. The
    /// name of another service in a sentence does not if GitHub's credential was named before.
    fn is_of_value(&self, site: &Site<'_>, slot: &Slot, key: &[u8]) -> bool {
        if matches!(slot.kind, SlotKind::Argument | SlotKind::BasicUser) {
            let is_message = slot.kind == SlotKind::Argument
                && slot.key != slot.callee
                && key.contains(&b' ')
                && site.word_classes(&slot.callee).has(WordClass::HASH);
            if is_message || !self.all.has(WordClass::ANY) {
                return false;
            }
        }
        if slot.kind == SlotKind::Follows
            && key.iter().any(|b| *b >= 0x80)
            && site.is_cited_behind()
        {
            return false;
        }
        let names_service = self.all.has(WordClass::VENDOR) && !self.all.has(WordClass::SECRET);
        !(names_service && count_blanks(key) > 1 && is_told(site, slot))
    }
}

/// Returns the word for an id right after the value, in scripts that write it there: `value のコミット`.
fn hash_name_after(site: &Site<'_>) -> Option<Range<usize>> {
    const LONGEST: usize = 24;
    let (text, end) = (site.text, site.value.end);
    let rest = &text[end..text.len().min(end + LONGEST)];
    let mark = |b: &&u8| matches!(b, b' ' | b'`' | b'"' | b'\'' | b')' | b'*');
    let from = end + rest.iter().take_while(mark).count();
    let wide = |b: &&u8| **b >= 0x80;
    let word = from..from + text[from..].iter().take(LONGEST).take_while(wide).count();
    let class = site.word_classes(&word);
    (class.has(WordClass::HASH) && !class.has(WordClass::SECRET)).then_some(word)
}

/// Returns the user of `user:value` if it is the kind of an object: `Commit12:value`.
fn hash_user(site: &Site<'_>) -> Option<Range<usize>> {
    const LONGEST: usize = 40;
    let head = site.text[..site.value.start].strip_suffix(b":")?;
    let letter = |b: &&u8| b.is_ascii_alphanumeric();
    let len = head.iter().rev().take(LONGEST).take_while(letter).count();
    let user = head.len() - len..head.len();
    site.word_classes(&user)
        .has(WordClass::HASH)
        .then_some(user)
}

/// Returns true for words of prose before a value, which are not the name of anything: `here is`, `the other one`, or
/// `value` in a sentence.
fn is_phrase(site: &Site<'_>, slot: &Slot, key: &[u8]) -> bool {
    const WORDS: usize = 3;
    let is_word =
        |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80 || matches!(b, b' ' | b'\'' | b'`');
    if !key.iter().all(is_word) {
        return false;
    }
    let before = slot.key.start.checked_sub(1).map(|i| site.text[i]);
    match slot.kind {
        SlotKind::Follows => true,
        SlotKind::Assigned if matches!(before, Some(b'"' | b'\'' | b'`' | b'<')) => false,
        SlotKind::Assigned => {
            count_blanks(key) > 0
                || !key.is_ascii()
                || lists().generic_names.contains_any_case(key)
                || site.count_words_before(slot.key.start) >= WORDS
        }
        _ => false,
    }
}

/// Returns true for a phrase that announces a value and does not name it: `the actual value is`.
fn announces_value(key: &[u8], all: WordClass) -> bool {
    let told = WordClass::SECRET.or(WordClass::HASH).or(WordClass::GITHUB);
    let mut words = key.split(|b| *b == b' ');
    !all.has(told)
        && count_blanks(key) > 0
        && words.any(|w| lists().generic_names.contains_any_case(w))
}

/// Returns the classes of a name in lower case: those of its words, and those of its pairs of words.
fn classes_of_key(words: WordClass, lower: &[u8]) -> WordClass {
    let mut all = words;
    let joined = all.has(WordClass::GITHUB) && all.has(WordClass::WEAK.or(WordClass::PAIR_START));
    if joined && joins_any(lower, &lists().credential_pairs) {
        all = all.or(WordClass::SECRET);
    }
    // `GITHUB_PUSH_KEY`, `the key for GitHub`.
    let other = WordClass::HASH
        .or(WordClass::MAYBE_HASH)
        .or(WordClass::VENDOR);
    let is_key = |word: &[u8]| lists().key_words.contains(word);
    let mut parts = lower.split(|b| !b.is_ascii_alphanumeric());
    if all.has(WordClass::GITHUB) && !all.has(other) && parts.any(is_key) {
        all = all.or(WordClass::CREDENTIAL);
    }
    if joins_any(lower, &lists().credential_name_pairs) {
        all = all.or(WordClass::CREDENTIAL);
    }
    all
}

fn count_blanks(key: &[u8]) -> usize {
    memchr::memchr_iter(b' ', key).count()
}

/// Adds the features of the words of the value's name.
pub(crate) fn add_key(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    if matches!(
        slot.kind,
        SlotKind::UrlUser | SlotKind::Coordinate | SlotKind::Cited | SlotKind::Glued
    ) {
        return;
    }
    if let Some(name) = site.hash_name() {
        return observed.add(Feature::KeyHash, EvidenceLocation::Text(name.clone()));
    }
    let beside = match slot.kind {
        SlotKind::Follows => hash_name_after(site),
        SlotKind::BasicUser => hash_user(site),
        _ => None,
    };
    if let Some(name) = beside {
        return observed.add(Feature::KeyHash, EvidenceLocation::Text(name));
    }
    // The name of an adjacent repository is not the name of the value.
    if slot.key.is_empty() || observed.has(Feature::AfterRepo) {
        observed.nameless = true;
        return;
    }
    let key = &site.text[slot.key.clone()];
    let place = EvidenceLocation::Text(slot.key.clone());
    if let Some(feature) = feature_of_whole_key(site, slot, key) {
        if feature == Feature::KeySecret {
            add_owner(site, slot, observed);
        }
        return observed.add(feature, place);
    }
    match host_names::host_kind(site.vocabulary(), key) {
        Some(true) => return observed.add(Feature::KeyHost, place),
        Some(false) => observed.add(Feature::ScopeHost, place.clone()),
        None => {}
    }
    let meaning = KeyMeaning::new(site, key);
    if !meaning.is_of_value(site, slot, key) {
        observed.nameless = true;
        return;
    }
    let all = meaning.all;
    let names_nothing = !all.has(WordClass::ANY) || announces_value(key, all);
    if names_nothing && is_phrase(site, slot, key) {
        observed.nameless = true;
        return observed.add(Feature::KeyPhrase, place);
    }
    observed.shared = meaning.is_secret && !all.has(WordClass::SHOWN.or(WordClass::CLIENT));
    for (applies, feature) in meaning.features(key) {
        observed.add_if(applies, feature, place.clone());
    }
    // `curl -u buildkite-status:value https://api.github.com/..` names a user.
    if slot.kind != SlotKind::BasicUser || !observed.has(Feature::SentToGithub) {
        observed.add_classes(all, &[(WordClass::VENDOR, Feature::KeyVendor)], &place);
    }
    let is_open = meaning.is_secret || all.has(WordClass::WEAK) && !meaning.is_hash;
    if is_open && !all.has(WordClass::GITHUB) {
        add_owner(site, slot, observed);
    }
}

/// Adds the feature of the service of a credential whose own name leaves it open.
fn add_owner(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let named = owner::named_tool(site, slot)
        .or_else(|| row::service_of_row(site, slot))
        .or_else(|| owner::declared_service(site, slot));
    if let Some((tool, is_github)) = named {
        let (class, feature) = if is_github {
            (WordClass::GITHUB, Feature::ScopeGithub)
        } else {
            (WordClass::VENDOR, Feature::ScopeVendor)
        };
        observed.add_classes(class, &[(class, feature)], &EvidenceLocation::Text(tool));
    } else if let Some(name) = owner::other_service(site, slot).or_else(|| told_service(site)) {
        observed.add(Feature::ScopeVendor, EvidenceLocation::Text(name));
    }
}

/// Returns the other service that the sentence of the value is about: `for Gogs use the token value`.
fn told_service(site: &Site<'_>) -> Option<Range<usize>> {
    const WORDS: usize = 3;
    let is_prose = site.count_words_before(site.value.start) >= WORDS;
    is_prose.then(|| site.other_service_in_prose()).flatten()
}

/// Returns the feature of a name that is not read word by word: of a file, of a thing, of a flag.
fn feature_of_whole_key(site: &Site<'_>, slot: &Slot, key: &[u8]) -> Option<Feature> {
    // The name of a file that a command writes to follows the value.
    let is_dot_file = || {
        key.starts_with(b".")
            && slot.key.end <= site.value.start
            && lists().credential_files.contains(key)
    };
    if is_file_name(key) || is_dot_file() {
        return Some(Feature::KeyFile);
    }
    // A tool named after GitHub takes its token as `-t`.
    let is_flag = || key.len() == 2 && owner::named_tool(site, slot).is_some();
    thing::other_kind(site, slot, key).or_else(|| is_flag().then_some(Feature::KeySecret))
}

/// Returns true if the sentence before a value's name has a credential of GitHub, which then has priority over another
/// service in the name: "the GitHub token, until we have Vault: value".
fn is_told(site: &Site<'_>, slot: &Slot) -> bool {
    site.line_before(slot.key.start).has(WordClass::PAIR)
}

/// Returns true for a variable of the environment whose name ends in GitHub's: `BOT_GITHUB`, `process.env.GH`.
fn is_named_after_github(key: &[u8]) -> bool {
    let letters = key
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
    let name = &key[key.len() - letters.count()..];
    let last = name.rsplit(|b| *b == b'_').next().unwrap_or_default();
    let is_upper = !name.iter().any(u8::is_ascii_lowercase);
    is_upper
        && Vocabulary::builtin()
            .lexicon
            .sense(last)
            .has(WordClass::GITHUB)
}

/// Returns true if a name contains all words for the token of OAuth.
fn is_oauth_token(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    let holds = |word: &[u8]| memchr::memmem::find(&key, word).is_some();
    lists().oauth_token_words.iter().all(holds)
}

/// Returns true if a name in lower case contains two adjacent words of the list in any style: `api_key`, `api key`.
fn joins_any(lower: &[u8], pairs: &WordList) -> bool {
    pairs.iter().any(|pair| {
        let (first, second) = Lists::split_pair(pair);
        let mut places = memchr::memmem::find_iter(lower, first);
        places.any(|at| {
            let rest = &lower[at + first.len()..];
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
