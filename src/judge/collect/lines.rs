//! Features of the words on the value's line, on the line above and on the lines around.

use std::ops::Range;

use super::feature_set::FeatureSet;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::{Feature, Role};
use crate::judge::site::Site;
use crate::judge::site::lines::{is_pair, line_above, line_around_within, lines_around};
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::vocabulary::{WordClass, lists};

/// Word classes in each of these places, and the features that they add.
const LINE: [(WordClass, Feature); 4] = [
    (WordClass::PAIR, Feature::LinePair),
    (WordClass::GITHUB, Feature::LineGithub),
    (WordClass::HASH, Feature::LineHash),
    (WordClass::VENDOR, Feature::LineVendor),
];
const ABOVE: [(WordClass, Feature); 4] = [
    (WordClass::PAIR, Feature::AbovePair),
    (WordClass::GITHUB, Feature::AboveGithub),
    (WordClass::SECRET, Feature::AboveSecret),
    (WordClass::HASH, Feature::AboveHash),
];
const NEAR: [(WordClass, Feature); 3] = [
    (WordClass::GITHUB, Feature::NearGithub),
    (WordClass::HASH, Feature::NearHash),
    (WordClass::VENDOR, Feature::NearVendor),
];

/// Adds the features of the words on the value's line apart from its key, on the line above, and on the lines around.
pub(crate) fn add_lines(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let line = line_around_within(site.text, &site.value);
    let own = classes_on_line(site, slot, &line);
    // `sha: id, token: value`: a word for an id on the line of a named value is about another value there.
    let others = site.count_values_in(&line) > 1 && observed.has_role(Role::NamesCredential);
    let own = own.without(if others {
        WordClass::HASH
    } else {
        WordClass::NONE
    });
    observed.add_classes(own, &LINE, &EvidenceLocation::Text(line.clone()));
    let above = line_above(site.text, line.start);
    // In a dump each line is a separate pair, so the name of one line is not related to the next line.
    let is_token = slot.kind == SlotKind::Assigned
        && (observed.has_role(Role::TokenName) || observed.has(Feature::KeyGithub));
    let excluded = if is_token && is_pair(&site.text[above.clone()]) {
        WordClass::HASH
    } else {
        WordClass::NONE
    };
    let classes = without_changes(site.whole_word_classes(&above)).without(excluded);
    observed.add_classes(classes, &ABOVE, &EvidenceLocation::Text(above));
    if may_be_named_by_prose(site, slot, observed)
        && let Some(word) = site.told()
    {
        observed.add(
            Feature::ProseNamesToken,
            EvidenceLocation::Text(word.clone()),
        );
        let behind = word.start > site.value.end && !says_what_it_is(site);
        observed.add_if(
            behind,
            Feature::ToldBehind,
            EvidenceLocation::Text(word.clone()),
        );
        if let Some(service) = site.other_service_in_prose() {
            observed.add(Feature::ProseNamesService, EvidenceLocation::Text(service));
        }
    }
    let near = lines_around(site.text, &line);
    let around = site
        .line_word_classes(&(near.start..line.start))
        .or(site.line_word_classes(&(line.end..near.end)));
    let near = EvidenceLocation::Text(near);
    observed.add_classes(around.without(excluded), &NEAR, &near);
    observed.secret |= own.or(around).has(WordClass::SECRET);
    // Keys of a repository show the owner of a credential; next to any other value they mean nothing.
    let is_forge = around.has(WordClass::OWNER) && around.has(WordClass::REPOSITORY);
    let named = slot.kind == SlotKind::Assigned && observed.has(Feature::KeySecret);
    let counts = is_forge && named;
    observed.add_if(counts, Feature::NearRepoKeys, near);
    add_app_ids(site, observed);
}

/// Adds the features of the id of an app beside a secret.
fn add_app_ids(site: &Site<'_>, observed: &mut FeatureSet) {
    // Other services have ids of that form too.
    let is_other = observed.has(Feature::ScopeVendor) || observed.has(Feature::PathVendor);
    if !observed.has_role(Role::ExcludesApp)
        && !is_other
        && let Some(word) = site.client_id()
    {
        observed.add(Feature::ClientId, EvidenceLocation::Text(word.clone()));
    }
    if observed.has(Feature::KeySecret)
        && !observed.has(Feature::ClientId)
        && let Some(id) = site.other_app_id()
    {
        observed.add(Feature::OtherAppId, EvidenceLocation::Text(id));
    }
}

/// Returns the classes of a line without those of ids if it names a credential of GitHub: `token for commit statuses`.
fn without_changes(classes: WordClass) -> WordClass {
    if classes.has(WordClass::PAIR) {
        classes.without(WordClass::HASH)
    } else {
        classes
    }
}

/// Returns the classes of the words on the value's line apart from its key.
fn classes_on_line(site: &Site<'_>, slot: &Slot, line: &Range<usize>) -> WordClass {
    let value = &site.value;
    let keyed = !slot.key.is_empty() && slot.key.start >= line.start;
    let key = if keyed { slot.key.start } else { value.start };
    let before = line.start..key.min(value.start);
    let after = value.end..line.end;
    let classes = site
        .whole_word_classes(&before)
        .or(site.whole_word_classes(&after));
    if keyed && slot.kind == SlotKind::Assigned {
        // Words between the name and the value: `spy(config, 'token').gives("value")`.
        let between = slot.key.end.min(value.start)..value.start;
        return classes.or(site.whole_word_classes(&between));
    }
    classes
}

/// Returns true for a value without a name in a place where prose may tell what it is.
fn may_be_named_by_prose(site: &Site<'_>, slot: &Slot, observed: &FeatureSet) -> bool {
    let may_follow = matches!(
        slot.kind,
        SlotKind::Alone
            | SlotKind::Follows
            | SlotKind::LineHead
            | SlotKind::Assigned
            | SlotKind::Other
    );
    // A value that was decoded with a name beside it has that name, whatever is written around the encoded text.
    let is_named_inside =
        observed.outer && (observed.has_role(Role::OwnName) || observed.has(Feature::KeyPlain));
    // `two tokens:`, then `- for GitHub: value`.
    let is_open = observed.has(Feature::KeyGithub)
        && !observed.has_role(Role::TokenName)
        && !observed.has(Feature::KeyWeak)
        && !observed.has(Feature::KeyMaybeHash)
        && site.text[slot.key.clone()].contains(&b' ');
    may_follow
        && (observed.nameless || is_open)
        && !is_named_inside
        && !observed.has(Feature::AfterRepo)
}

/// Returns true if the value ends a clause, or a verb that says what it is follows: `value is the token`.
fn says_what_it_is(site: &Site<'_>) -> bool {
    const REACH: usize = 24;
    let rest = &site.text[site.value.end..site.text.len().min(site.value.end + REACH)];
    let mark = |b: &&u8| matches!(b, b'`' | b'"' | b'\'' | b'*' | b' ');
    let rest = &rest[rest.iter().take_while(mark).count()..];
    let len = rest
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b >= 0x80)
        .count();
    len == 0 || lists().copulas.contains_any_case(&rest[..len]) || &rest[..len] == b"as"
}
