//! Features of the places that use the value by its name.

use std::ops::Range;

use super::callee::{is_login_callee, is_signing_callee};
use super::feature_set::FeatureSet;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::slot::{self, Slot, SlotKind};
use crate::judge::site::{Site, adjacent, urls, whole_login};
use crate::judge::vocabulary::{WordClass, WordReading, lists};

/// Adds the features of the uses of the value's name: a login, or a place that takes only ids.
pub(crate) fn add_uses(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let text = site.text;
    let own = site.word_classes(&slot.key);
    let key = &text[slot.key.clone()];
    let plain = !key.contains(&b' ') || memchr::memmem::find(key, b": ").is_some();
    let named = matches!(slot.kind, SlotKind::Assigned | SlotKind::Follows)
        && !observed.has(Feature::AfterRepo);
    if !named || !plain || own.has(WordClass::HASH) {
        return;
    }
    // In `"user:value"` the name of the whole string is used, not the user.
    let login = whole_login(text, &site.value, slot).map(|login| slot::read(text, &login).key);
    let name = login.as_ref().unwrap_or(&slot.key);
    slot::for_each_use(text, &site.value, name, |place| {
        let filled = slot::find_placeholder(text, &place).unwrap_or(place);
        let seen = EvidenceLocation::Text(filled.clone());
        match feature_of_use(site, &filled) {
            Some(Feature::UsedAsLogin) if own.has(WordClass::SECRET) => {}
            Some(feature) => observed.add(feature, seen),
            None => {}
        }
    });
}

/// Returns the feature of one place in which the value's name is used.
fn feature_of_use(site: &Site<'_>, place: &Range<usize>) -> Option<Feature> {
    let text = site.text;
    match adjacent::find_structure(text, place) {
        Some(Feature::ListingLine) | None if !ends_path(&text[..place.start]) => {}
        _ => return Some(Feature::UsedAsId),
    }
    // `$pw | docker login ghcr.io --password-stdin`.
    if let Some((host, _)) = urls::login_registry(text, place)
        && site.word_classes(&host).has(WordClass::GITHUB)
    {
        return Some(Feature::UsedAsGithubLogin);
    }
    let slot = slot::read(text, place);
    let key = site.read(&slot.key);
    let encodes =
        |callee: &Range<usize>| lists().encoders.suffix_of(&text[callee.clone()]).is_some();
    match slot.kind {
        // `format!("token {}", name)`, with the header in another place.
        SlotKind::Follows if is_scheme_alone(text, &slot.key) => Some(Feature::UsedAsLogin),
        SlotKind::Argument if encodes(&slot.callee) => Some(Feature::UsedAsLogin),
        SlotKind::UrlUser if site.word_classes(&slot.host).has(WordClass::GITHUB) => {
            Some(Feature::UsedAsGithubLogin)
        }
        SlotKind::UrlUser | SlotKind::AuthHeader | SlotKind::BasicUser => {
            Some(Feature::UsedAsLogin)
        }
        SlotKind::Argument => feature_of_callee(site.read(&slot.callee)),
        SlotKind::Assigned if key.last.has(WordClass::HASH) => Some(Feature::UsedAsId),
        SlotKind::Assigned
            if key.all.has(WordClass::SECRET)
                && !key.all.has(WordClass::SIGNING.or(WordClass::DERIVED)) =>
        {
            Some(Feature::UsedAsLogin)
        }
        _ => None,
    }
}

/// Returns the feature of a function that takes the value by its name.
fn feature_of_callee(callee: WordReading) -> Option<Feature> {
    if is_signing_callee(callee) {
        Some(Feature::KeySigning)
    } else if is_login_callee(callee) && callee.all.has(WordClass::GITHUB) {
        Some(Feature::UsedAsGithubLogin)
    } else if callee.end.has(WordClass::HASH) {
        Some(Feature::UsedAsId)
    } else {
        None
    }
}

/// Returns true if a word is the scheme of a header at the start of a string: `"token {}"`.
fn is_scheme_alone(text: &[u8], word: &Range<usize>) -> bool {
    let scheme = lists().scheme_words.contains(&text[word.clone()]);
    scheme && matches!(text[..word.start].last(), Some(b'"' | b'\'' | b'`'))
}

/// Returns true if a string that ends in `/` is joined to the name behind `before`: `"https://host/statuses/" + `.
fn ends_path(before: &[u8]) -> bool {
    let head = before.trim_ascii_end();
    let joined = head.strip_suffix(b"+").or_else(|| head.strip_suffix(b"."));
    let string = joined.map(<[u8]>::trim_ascii_end).and_then(|head| {
        let quote = matches!(head.last(), Some(b'"' | b'\'' | b'`'));
        quote.then(|| &head[..head.len() - 1])
    });
    string.is_some_and(|path| path.ends_with(b"/") && !path.ends_with(b"//"))
}
