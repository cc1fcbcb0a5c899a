//! Features of the places that use the value by its name.

use std::ops::Range;

use super::callee::{is_login_callee, is_quoted, is_signing_callee};
use super::feature_set::FeatureSet;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::slot::{self, Slot, SlotKind};
use crate::judge::site::{Site, adjacent, enclosing, urls, whole_login};
use crate::judge::vocabulary::{WordClass, WordReading, lists};
use crate::span::line_start;

/// Maximum length in bytes of a name, or of an expression that selects an element.
const NAME: usize = 80;

/// Adds the features of the uses of the value's name: a login, or a place that takes only ids.
pub(crate) fn add_uses(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let text = site.text;
    let own = site.word_classes(&slot.key);
    let key = &text[slot.key.clone()];
    let plain = !key.contains(&b' ') || memchr::memmem::find(key, b": ").is_some();
    if let Some(list) = list_name(site, slot) {
        return add_uses_of(site, &list, own, observed);
    }
    let named = matches!(slot.kind, SlotKind::Assigned | SlotKind::Follows)
        && !observed.has(Feature::AfterRepo);
    if named
        && !own.has(WordClass::HASH)
        && let Some(target) = statement_target(site, slot)
    {
        add_uses_of(site, &target, own, observed);
    }
    if !named || !plain || own.has(WordClass::HASH) {
        return;
    }
    // In `"user:value"` the name of the whole string is used, not the user.
    let login = whole_login(text, &site.value, slot).map(|login| slot::read(text, &login).key);
    let name = login.as_ref().unwrap_or(&slot.key);
    add_uses_of(site, name, own, observed);
}

/// Returns the variable of the statement whose right side has the value behind another name: `t = env("T") || "value"`.
fn statement_target(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    let line = line_start(
        site.text,
        site.value.start.saturating_sub(2 * NAME),
        site.value.start,
    );
    let head = &site.text[line..site.value.start];
    let equals = memchr::memchr(b'=', head)?;
    let is_assignment = !matches!(head.get(equals + 1), Some(b'=' | b'>' | b'~'));
    let target = assigned_name(
        site.text,
        line..line + head[..equals].trim_ascii_end().len(),
    );
    let is_in_key = slot.key.start <= target.start && target.end <= slot.key.end;
    let is_other = !is_in_key || site.text[slot.key.clone()].contains(&b'=');
    // `def tag(repo, token=None, ref="value")`: a parameter before is not the target.
    let count = |bracket| memchr::memchr_iter(bracket, &head[..equals]).count();
    let is_whole = count(b'(') == count(b')');
    (is_assignment && is_other && is_whole && !target.is_empty()).then_some(target)
}

/// Adds the features of the uses of a name.
fn add_uses_of(site: &Site<'_>, name: &Range<usize>, own: WordClass, observed: &mut FeatureSet) {
    let text = site.text;
    let mut parts = Vec::new();
    slot::for_each_use(text, &site.value, name, |place| {
        parts.extend(taken_apart(text, &place));
        add_use(site, place, own, observed);
    });
    for part in parts {
        slot::for_each_use(text, &site.value, &part, |place| {
            add_use(site, place, own, observed)
        });
    }
}

/// Returns the last of the names that a pair is taken apart into: `val (user, pw) = pair`.
fn taken_apart(text: &[u8], pair: &Range<usize>) -> Option<Range<usize>> {
    let line = line_start(text, pair.start.saturating_sub(NAME), pair.start);
    let head = text[line..pair.start]
        .trim_ascii_end()
        .strip_suffix(b"=")?
        .trim_ascii_end();
    let list = head
        .strip_suffix(b")")
        .or(head.strip_suffix(b"]"))
        .unwrap_or(head);
    let letters = list
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
    let start = list.len() - letters.count();
    let follows = list[..start].trim_ascii_end().ends_with(b",");
    (follows && start < list.len()).then_some(line + start..line + list.len())
}

/// Adds the feature of one use of the value's name.
fn add_use(site: &Site<'_>, place: Range<usize>, own: WordClass, observed: &mut FeatureSet) {
    let text = site.text;
    let (feature, place) = match feature_of_place(site, place.clone()) {
        (None, _) => feature_of_place(site, with_selection(text, place)),
        found => found,
    };
    match feature {
        Some(Feature::UsedAsLogin) if own.has(WordClass::SECRET) => {}
        Some(Feature::UsedAsLogin) if let Some(host) = called_service(site, &place) => {
            observed.add(Feature::SentToOtherHost, EvidenceLocation::Text(host));
        }
        Some(feature) => observed.add(feature, EvidenceLocation::Text(place)),
        None => {}
    }
}

/// Returns the name of the list that has the value as an element: `POOL = cycle(["value", "value"])`.
pub(crate) fn list_name(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    let is_element = matches!(
        slot.kind,
        SlotKind::Listed | SlotKind::Argument | SlotKind::Alone | SlotKind::Follows
    );
    if !is_element || !is_quoted(site) {
        return None;
    }
    let (name, is_call) = site.brackets().last()?;
    let before = site.text[..slot.key.start].last();
    if slot.kind == SlotKind::Follows && !matches!(before, Some(b'"')) {
        return None;
    }
    if !is_call {
        return Some(name.clone());
    }
    let line = line_start(site.text, name.start.saturating_sub(NAME), name.start);
    let head = site.text[line..name.start].trim_ascii_end();
    let head = head.strip_suffix(b"=")?;
    Some(assigned_name(site.text, line..line + head.len()))
}

/// Returns the name that `head`, the line before an equals sign, ends with; the sign may have a colon before it.
fn assigned_name(text: &[u8], head: Range<usize>) -> Range<usize> {
    let name = &text[head.clone()];
    let name = name.strip_suffix(b":").unwrap_or(name).trim_ascii_end();
    let letters = name
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
    let end = head.start + name.len();
    end - letters.count()..end
}

/// Returns the range of a name with the call or the index that selects an element of the list: `next(POOL)`, `POOL[0]`.
fn with_selection(text: &[u8], name: Range<usize>) -> Range<usize> {
    let rest = &text[name.end..text.len().min(name.end + NAME)];
    // `[]byte(pair)`, `*PAIR`.
    if rest.starts_with(b")") && text[..name.start].ends_with(b"[]byte(") {
        return name.start - b"[]byte(".len()..name.end + 1;
    }
    if text[..name.start].ends_with(b" *") {
        return name.start - 1..name.end;
    }
    if rest.starts_with(b"[")
        && let Some(close) = memchr::memchr(b']', rest)
    {
        return slot::with_interpolation_marks(text, name.start..name.end + close + 1);
    }
    let member = rest
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
    let end = member.count();
    if end > 1 && rest[end..].starts_with(b"()") {
        return name.start..name.end + end + 2;
    }
    let head = &text[..name.start];
    let callee = head.strip_suffix(b"(").map(|call| {
        let letters = call.iter().rev().take(NAME);
        letters
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
            .count()
    });
    match callee {
        Some(len) if len > 0 && rest.starts_with(b")") => name.start - 1 - len..name.end + 1,
        _ => name,
    }
}

/// Returns the feature of one place in which the value's name is used, and the range of what the name fills there.
fn feature_of_place(site: &Site<'_>, place: Range<usize>) -> (Option<Feature>, Range<usize>) {
    let filled = slot::find_placeholder(site.text, &place).unwrap_or(place);
    (feature_of_use(site, &filled), filled)
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
    let is_sent = key.all.has(WordClass::SECRET)
        && !key.all.has(WordClass::SIGNING.or(WordClass::DERIVED))
        && !key.last.has(WordClass::HASH);
    match slot.kind {
        // `format!("token {}", name)`, with the header in another place.
        SlotKind::Follows if is_scheme_alone(text, &slot.key) => Some(Feature::UsedAsLogin),
        SlotKind::Argument if encodes(&slot.callee) => Some(Feature::UsedAsLogin),
        // `request :authorization, :basic, *PAIR`.
        SlotKind::Argument if is_scheme(text, &slot.key) => Some(Feature::UsedAsLogin),
        // A keyword of Clojure: `{:basic-auth pair}`.
        SlotKind::Follows if is_sent && text[slot.key.clone()].starts_with(b":") => {
            Some(Feature::UsedAsLogin)
        }
        SlotKind::UrlUser if site.word_classes(&slot.host).has(WordClass::GITHUB) => {
            Some(Feature::UsedAsGithubLogin)
        }
        SlotKind::UrlUser | SlotKind::AuthHeader | SlotKind::BasicUser => {
            Some(Feature::UsedAsLogin)
        }
        SlotKind::Argument => feature_of_callee(site.read(&slot.callee)),
        SlotKind::Assigned if is_sent && is_in_github_call(site, place) => {
            Some(Feature::UsedAsGithubLogin)
        }
        SlotKind::Assigned if key.last.has(WordClass::HASH) => Some(Feature::UsedAsId),
        SlotKind::Assigned if is_sent => Some(Feature::UsedAsLogin),
        _ => None,
    }
}

/// Returns true if a place is in the brackets of a GitHub client: `new Octokit({auth: name})`.
fn is_in_github_call(site: &Site<'_>, place: &Range<usize>) -> bool {
    let mut found = false;
    enclosing::brackets(site.text, place, |name, is_call| {
        let callee = site.read(&name);
        found |= is_call && callee.all.has(WordClass::GITHUB) && is_login_callee(callee);
    });
    found
}

/// Returns the feature of a function that takes the value by its name.
fn feature_of_callee(callee: WordReading) -> Option<Feature> {
    if is_signing_callee(callee) {
        Some(Feature::KeySigning)
    } else if is_login_callee(callee) && callee.all.has(WordClass::GITHUB) {
        Some(Feature::UsedAsGithubLogin)
    } else if callee.end.has(WordClass::SECRET) && is_login_callee(callee) {
        Some(Feature::UsedAsLogin)
    } else if callee.all.is_of_another_service() {
        Some(Feature::ScopeVendor)
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

/// Returns the host of another service that the request around a place goes to.
fn called_service(site: &Site<'_>, place: &Range<usize>) -> Option<Range<usize>> {
    const REACH: usize = 600;
    let head = site.text[..place.start].trim_ascii_end();
    // GitHub's own examples write the scheme in small letters.
    let is_capital = lists().django_schemes.suffix_of(head).is_some();
    let above = place.start.saturating_sub(REACH)..place.start;
    let below = place.end..site.text.len().min(place.end + REACH);
    let (host, _) = urls::value_urls(site.text, above).last().or_else(|| {
        is_capital
            .then(|| urls::value_urls(site.text, below).next())
            .flatten()
    })?;
    let class = site.word_classes(&host);
    let is_other = class.has(WordClass::VENDOR) || is_capital;
    (is_other && !class.has(WordClass::GITHUB)).then_some(host)
}

/// Returns true if an argument is the name of a scheme: `:basic`, `"token"`.
fn is_scheme(text: &[u8], argument: &Range<usize>) -> bool {
    let word = text[argument.clone()].strip_prefix(b":");
    let quoted = matches!(text[..argument.start].last(), Some(b'"' | b'\''));
    let word = word.or_else(|| quoted.then(|| &text[argument.clone()]));
    word.is_some_and(|word| lists().schemes.contains_any_case(word))
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
