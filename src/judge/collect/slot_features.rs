//! Features of the slot of a value, and of the function that takes it.

use std::ops::Range;

use super::callee::{is_login_callee, is_query_callee, is_quoted, is_signing_callee};
use super::feature_set::FeatureSet;
use super::host;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::host_names::is_host;
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::site::{Site, adjacent};
use crate::judge::vocabulary::{WordClass, lists};

/// Adds the features of the slot. Not for values whose adjacent bytes already gave their structure.
pub(crate) fn add_slot(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let (text, value) = (site.text, &site.value);
    observed.add_if(slot.marker, Feature::UserMarker, site.own_location());
    let pinned = match slot.kind {
        SlotKind::Argument | SlotKind::Listed | SlotKind::Follows | SlotKind::Other => true,
        SlotKind::Alone => is_quoted(site),
        _ => false,
    };
    if pinned
        && let Some(name) = adjacent::after_repository(text, value)
        && !is_path_of_secret(site, &name)
    {
        observed.add(Feature::AfterRepo, EvidenceLocation::Text(name));
    }
    if matches!(
        slot.kind,
        SlotKind::Argument | SlotKind::Follows | SlotKind::Other
    ) && let Some(version) = adjacent::after_version(text, value)
    {
        observed.add(Feature::AfterRepo, EvidenceLocation::Text(version));
    }
    // `join("", "https://host/blobs/", "value")`.
    let key = &text[slot.key.clone()];
    let is_part = slot.kind == SlotKind::Argument
        && key.ends_with(b"/")
        && memchr::memmem::find(key, b"://").is_some();
    if is_part || adjacent::after_joined_path(text, value) {
        return observed.add(Feature::PathSegment, site.own_location());
    }
    if slot.kind == SlotKind::Argument {
        add_callee(site, slot, observed);
    }
    // The URL before a revision is the address it is fetched from.
    if !observed.has(Feature::AfterRepo) {
        host::add_called_host(site, slot, observed);
    }
    if let Some(feature) = feature_of_kind(site, slot, observed) {
        observed.add(feature, site.own_location());
    }
}

/// Returns the feature of the kind of slot, and adds those of its host and its scheme.
fn feature_of_kind(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) -> Option<Feature> {
    let (text, value) = (site.text, &site.value);
    Some(match slot.kind {
        SlotKind::UrlUser => {
            let host = site.word_classes(&slot.host);
            let place = EvidenceLocation::Text(slot.host.clone());
            observed.add_classes(host, &[(WordClass::VENDOR, Feature::KeyVendor)], &place);
            if host.has(WordClass::GITHUB) {
                Feature::UrlUserGithub
            } else {
                let name = &text[slot.host.clone()];
                let is_other = !slot.marker && is_host(name) && !host.has(WordClass::VENDOR);
                observed.add_if(
                    is_other,
                    Feature::ScopeHost,
                    EvidenceLocation::Text(slot.host.clone()),
                );
                Feature::UrlUser
            }
        }
        SlotKind::AuthHeader => {
            let head = text[..value.start].trim_ascii_end();
            // Gitea reads the scheme `token` too.
            let is_of_github = lists().github_schemes.suffix_of(head).is_some()
                && !observed.has(Feature::SentToOtherHost);
            observed.add_if(is_of_github, Feature::SchemeToken, site.own_location());
            Feature::AuthHeader
        }
        SlotKind::Query => feature_of_parameter(site),
        SlotKind::Header if !site.key_words().all.has(WordClass::GITHUB) => Feature::HeaderOther,
        SlotKind::Alone if text.trim_ascii().len() == value.len() => Feature::AloneInFile,
        // The value has no opening mark, so it may be a part of a longer word.
        SlotKind::Other if is_joined(text, value) => Feature::JoinedToWord,
        kind => return feature_of_syntax(kind),
    })
}

/// Returns the feature of a kind of slot that depends on nothing else.
fn feature_of_syntax(kind: SlotKind) -> Option<Feature> {
    Some(match kind {
        SlotKind::BasicUser => Feature::BasicUser,
        SlotKind::Argument => Feature::Argument,
        SlotKind::Assigned | SlotKind::Listed | SlotKind::Header => Feature::Assigned,
        SlotKind::Compared => Feature::Compared,
        SlotKind::LineHead => Feature::LineStart,
        SlotKind::Coordinate => Feature::Pin,
        SlotKind::Cited => Feature::CitedChange,
        SlotKind::Glued => Feature::JoinedToWord,
        _ => return None,
    })
}

/// Returns the feature of a parameter of a URL. GitHub has none that is named only `secret`.
fn feature_of_parameter(site: &Site<'_>) -> Feature {
    let key = site.key_words().all;
    let name = site.text[site.slot().key.clone()].trim_ascii_start();
    let alone = lists().other_parameters.contains_any_case(name);
    if key.has(WordClass::SECRET) && !key.has(WordClass::DERIVED) && !alone {
        Feature::Query
    } else {
        Feature::QueryOther
    }
}

/// Returns true if an apparent repository name is the path of a secret in a store: `services/github/token`.
fn is_path_of_secret(site: &Site<'_>, name: &Range<usize>) -> bool {
    let path = &site.text[name.clone()];
    let deep = memchr::memchr_iter(b'/', path).nth(1).is_some();
    deep && !path.contains(&b'.') && site.read_name(path).last.has(WordClass::SECRET)
}

/// Adds the features of the function that takes an unnamed value: one that logs in, or another one.
fn add_callee(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let key = site.key_words();
    let callee = site.read_name(&site.text[slot.callee.clone()]);
    let place = EvidenceLocation::Text(slot.callee.clone());
    let all = key.all.or(callee.all);
    if is_signing_callee(callee) {
        observed.add(Feature::KeySigning, place.clone());
    }
    observed.asked = is_query_callee(callee) && callee.all.has(WordClass::SECRET);
    if callee.end.has(WordClass::OPENS) && !callee.all.has(WordClass::HASH) {
        observed.add(Feature::CallLogin, place);
    } else if site.text[slot.callee.clone()]
        .iter()
        .any(u8::is_ascii_alphabetic)
        && !all.has(WordClass::SECRET)
        && !is_login_callee(callee)
        && !key.end.has(WordClass::GITHUB)
    {
        observed.add(Feature::CallOther, place);
    }
}

fn is_joined(text: &[u8], value: &Range<usize>) -> bool {
    let before = value.start.checked_sub(1).and_then(|i| text.get(i));
    matches!(
        before,
        Some(b'-' | b'_' | b'.' | b'+' | b'*' | b'~' | b'/' | b'@' | b'#')
    )
}
