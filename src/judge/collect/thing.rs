//! Detection of names that contain a word for a credential but are not credentials: repositories, packages, actions.

use std::ops::Range;

use super::row;
use super::scope_features::{CommentHeading, comment_heading};
use crate::judge::feature::Feature;
use crate::judge::site::Site;
use crate::judge::site::lines::{line_above, line_around_within, line_below};
use crate::judge::site::slot::{self, Slot, SlotKind};
use crate::judge::vocabulary::{WordClass, lists};

/// Returns the feature of a name that is not a credential's in spite of its words: a thing, or a column of hashes.
pub(crate) fn other_kind(site: &Site<'_>, slot: &Slot, key: &[u8]) -> Option<Feature> {
    // What takes credentials may be called after a thing: `UsernamePasswordCredentialsProvider("value", "")`.
    let is_callee = slot.kind == SlotKind::Argument && slot.key == slot.callee;
    let takes_credentials = is_callee && lists().credential_takers.suffix_of(key).is_some();
    if !takes_credentials && is_thing_name(site, key) || is_class_among_classes(site, key) {
        return Some(Feature::KeyThing);
    }
    let hashed = slot.kind == SlotKind::Cell
        && (is_beside_salt(site.text, &slot.key) || is_column_of_passwords(site, slot, key));
    (hashed || has_salt_beside(site, slot, key)).then_some(Feature::KeyHash)
}

/// Returns true if a column of passwords has a value of 40 digits in another row too: all are hashed.
fn is_column_of_passwords(site: &Site<'_>, slot: &Slot, key: &[u8]) -> bool {
    if !is_password(key) || row::service_of_row(site, slot).is_some() {
        return false;
    }
    adjacent_slots(site).any(|other| other.key == slot.key)
}

/// Returns true if a key with a word for a credential is the name of a thing: `actions/create-github-app-token`,
/// `GITHUB_TOKEN_ACTION_VERSION`, or `github-oauth-client` under `packages:`.
fn is_thing_name(site: &Site<'_>, key: &[u8]) -> bool {
    let quoted = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ');
    let skip = key.iter().take_while(|b| quoted(b)).count();
    let len = key.iter().rposition(|b| !quoted(b)).map_or(0, |i| i + 1);
    let key = &key[skip.min(len)..len];
    let reading = site.key_words();
    // In a map of credentials every name is that of a thing with one: `github_tokens: {owner/name: value}`.
    if !reading.all.has(WordClass::SECRET) || site.is_in_map_of_tokens() {
        return false;
    }
    let mut words = key.split(|b| *b == b' ');
    let is_phrase = key.contains(&b' ');
    if is_phrase
        && (lists()
            .fixing
            .contains_any_case(words.next().unwrap_or_default())
            || is_only_in_slugs(site, key))
    {
        return true;
    }
    let versions = reading.last.has(WordClass::PIN) && !key.contains(&b' ');
    let pinned =
        versions || reading.last.has(WordClass::MAYBE_HASH) && reading.all.has(WordClass::THING);
    pinned || reading.end.has(WordClass::THING) || is_repository(site, key) || is_in_list(site, key)
}

/// Returns true for the full name of a PHP class, `OAuth\Token\Storage`, if the value before or after has one too.
fn is_class_among_classes(site: &Site<'_>, key: &[u8]) -> bool {
    let is_class = |name: &[u8]| {
        let parts = || name.split(|b| *b == b'\\').filter(|p| !p.is_empty());
        let capital = |p: &[u8]| {
            p[0].is_ascii_uppercase() && p.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        };
        parts().count() > 1 && parts().all(capital)
    };
    is_class(key) && adjacent_slots(site).any(|other| is_class(&site.text[other.key]))
}

/// Returns the slots of the value before and of the value after in the text.
fn adjacent_slots(site: &Site<'_>) -> impl Iterator<Item = Slot> {
    let me = site.rank();
    [me.checked_sub(1), me.checked_add(1)]
        .into_iter()
        .flatten()
        .filter_map(|i| site.peers.get(i))
        .map(|other| slot::read(site.text, other))
}

/// Returns true if the words for a credential in a phrase are parts of slugs that end in another word:
/// `token-proxy in production`.
fn is_only_in_slugs(site: &Site<'_>, phrase: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_lowercase() || *b == b'-';
    phrase.split(|b| *b == b' ').all(|word| {
        let reading = site.read_name(word);
        let slug = word.contains(&b'-') && word.iter().all(plain);
        !reading.all.has(WordClass::SECRET) || slug && !reading.end.has(WordClass::SECRET)
    })
}

/// Returns true for `owner/name` and `host/owner/name`, alone or after words of other classes than credentials; false
/// for the path of a secret in a store, such as `ci/github-token`.
fn is_repository(site: &Site<'_>, key: &[u8]) -> bool {
    const STORE: WordClass = WordClass::GITHUB
        .or(WordClass::SECRET)
        .or(WordClass::WEAK)
        .or(WordClass::VENDOR)
        .or(WordClass::STORE);
    let start = memchr::memrchr(b' ', key).map_or(0, |at| at + 1);
    let word = &key[start..];
    let word = memchr::memmem::find(word, b"://").map_or(word, |at| &word[at + 3..]);
    let sense = |part: &[u8]| site.classes_of(part);
    // `getsentry` is the owner of a repository, `sentry` may be the folder of a store.
    let is_store =
        |owner: &[u8]| sense(owner).has(STORE) && !site.vocabulary().lexicon.is_named_inside(owner);
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@');
    let parts: Vec<&[u8]> = word.split(|b| *b == b'/').collect();
    if parts.iter().any(|p| p.is_empty() || !p.iter().all(plain)) {
        return false;
    }
    let (host, parts) = match &parts[..] {
        [host, rest @ ..] if host.contains(&b'.') => (true, rest),
        all => (false, all),
    };
    let owned = matches!(parts, [owner, _] if host || !is_store(owner));
    owned && !sense(&key[..start]).has(WordClass::SECRET)
}

/// Returns true for a name of several lower-case words with hyphens below the heading of a list of things.
fn is_in_list(site: &Site<'_>, key: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let key = key.strip_prefix(b"[\"").unwrap_or(key);
    let key = key.strip_suffix(b"\"]").unwrap_or(key);
    let quoted = matches!(
        site.text[..site.slot().key.start].last(),
        Some(b'"' | b'\'')
    );
    let is_slug = key.contains(&b'-') || quoted && key.contains(&b'_');
    if !is_slug || !key.iter().all(|b| plain(b) || *b == b'_') {
        return false;
    }
    if matches!(comment_heading(site), Some(CommentHeading::Ids)) {
        return true;
    }
    site.heading().is_some_and(|name| {
        let end = site.read(&name).end;
        end.has(
            WordClass::THING
                .or(WordClass::REPOSITORY)
                .or(WordClass::SUMS)
                .or(WordClass::HASH),
        )
    })
}

/// Returns true if the line above or below has the salt of a hashed password: `password: value`, then `salt: 7e30`.
fn has_salt_beside(site: &Site<'_>, slot: &Slot, key: &[u8]) -> bool {
    if slot.kind != SlotKind::Assigned || !is_password(key) {
        return false;
    }
    let own = line_around_within(site.text, &site.value);
    [
        line_above(site.text, own.start),
        line_below(site.text, own.end),
    ]
    .into_iter()
    .any(|line| {
        let mark = |b: &u8| matches!(b, b':' | b'=');
        let name = site.text[line].split(mark).next().unwrap_or_default();
        lists().salt_words.is_part_of(&name.to_ascii_lowercase())
    })
}

/// Returns true if the last word of a name is one for a password.
fn is_password(key: &[u8]) -> bool {
    let last = key
        .split(|b| !b.is_ascii_alphanumeric())
        .rfind(|word| !word.is_empty());
    last.is_some_and(|word| lists().password_words.contains_any_case(word))
}

/// Returns true if a column header is in a list of columns with another one for the salt of hashed passwords.
/// Cases: `own-b-natural-not-1`, `own-b-natural-not-4`.
fn is_beside_salt(text: &[u8], head: &Range<usize>) -> bool {
    const REACH: usize = 200;
    let from = head.start.saturating_sub(REACH);
    let open = memchr::memrchr2(b'(', b';', &text[from..head.start]).map_or(from, |at| from + at);
    let to = text.len().min(head.end + REACH);
    let close = memchr::memchr2(b')', b';', &text[head.end..to]).map_or(to, |at| head.end + at);
    let list = text[open..close].to_ascii_lowercase();
    lists().salt_words.is_part_of(&list)
}
