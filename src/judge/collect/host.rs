//! Features of hosts: the host of a command or a URL, and names that are host names.

use std::ops::Range;

use super::feature_set::FeatureSet;
use super::thing;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::Site;
use crate::judge::site::slot::{self, Slot, SlotKind};
use crate::judge::vocabulary::{WordClass, lists};
use crate::span::line_start;

/// Number of bytes around a value in which the URL of its command is searched.
const REACH: usize = 400;

fn is_host_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')
}

/// Adds the features of the host that the value is sent to, as given by its URL or by the command it is an option of.
pub(crate) fn add_called_host(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let flag = site.text[slot.key.clone()].starts_with(b"-");
    let host = match slot.kind {
        SlotKind::Query => url_before(site),
        SlotKind::BasicUser | SlotKind::AuthHeader => command_url(site),
        SlotKind::Assigned | SlotKind::Follows if flag => command_url(site),
        _ => None,
    };
    if host.is_none() && slot.kind == SlotKind::AuthHeader && is_sent_to_another(site) {
        return observed.add(Feature::SentToOtherHost, site.own_location());
    }
    // The argument of a login is a password: `echo value | docker login ghcr.io --password-stdin`.
    let takes = slot.kind == SlotKind::Follows && (flag || slot.key.is_empty());
    let login = (host.is_none() && takes)
        .then(|| login_registry(site))
        .flatten();
    observed.secret |= login.is_some();
    let Some((host, url)) = host.or(login) else {
        return;
    };
    let name = &site.text[host.clone()];
    // The API of a GitHub Enterprise server is below `/api/v3`.
    let github = site.word_classes(&host).has(WordClass::GITHUB)
        || lists().enterprise_api.is_part_of(&site.text[url]);
    if github {
        observed.github = true;
        observed.add_if(
            slot.kind != SlotKind::Query,
            Feature::SentToGithub,
            EvidenceLocation::Text(host),
        );
    } else if name.contains(&b'.') || lists().local_hosts.contains(name) {
        observed.add(Feature::SentToOtherHost, EvidenceLocation::Text(host));
    }
}

/// Number of bytes before and after a value in which the URL of its request is searched.
const REQUEST_BEFORE: usize = 600;
const REQUEST_AFTER: usize = 300;

/// Adds the features of the host of the request that a header or a secret belongs to, unless GitHub was named: the host
/// of the nearest URL that is a value itself.
pub(crate) fn add_request_host(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let goes_along = matches!(slot.kind, SlotKind::AuthHeader | SlotKind::Header)
        || observed.has(Feature::KeySecret)
        || observed.has(Feature::KeyClientSecret);
    if observed.github {
        return;
    }
    observed.add_if(observed.asked, Feature::CallQuery, site.own_location());
    if !goes_along {
        return;
    }
    let value = site.value;
    let head = site.text[..value.start].trim_ascii_end();
    let schemed = slot.kind == SlotKind::AuthHeader;
    let rest = schemed && lists().django_schemes.suffix_of(head).is_some();
    observed.add_if(rest, Feature::SchemeDjango, site.own_location());
    let bearer = schemed && lists().bearer_schemes.ends_any_case(head);
    observed.add_if(bearer, Feature::SchemeBearer, site.own_location());
    let before = value.start.saturating_sub(REQUEST_BEFORE)..value.start;
    let after = value.end..site.text.len().min(value.end + REQUEST_AFTER);
    let nearest = value_urls(site.text, before)
        .last()
        .map(|found| (value.start - found.0.start, found))
        .into_iter()
        .chain(
            value_urls(site.text, after)
                .next()
                .map(|found| (found.0.start - value.end, found)),
        )
        .min_by_key(|(distance, _)| *distance);
    let Some((_, (host, url))) = nearest else {
        let own = own_server_path(site).filter(|_| schemed);
        if let Some(path) = own {
            observed.add(Feature::SentToOtherHost, EvidenceLocation::Text(path));
        }
        return;
    };
    let path = &site.text[url];
    if lists().enterprise_api.is_part_of(path) {
        observed.github = true;
    } else {
        // The login page of an app of another service.
        let login = lists().login_paths.is_part_of(path);
        observed.add_if(
            login,
            Feature::FileOtherService,
            EvidenceLocation::Text(host.clone()),
        );
        observed.add(Feature::SentToOtherHost, EvidenceLocation::Text(host));
    }
}

/// Returns the path on the program's own server that a request uses: `get('/orders', { headers: ...`.
fn own_server_path(site: &Site<'_>) -> Option<Range<usize>> {
    let start = site.value.start;
    let from = start.saturating_sub(REQUEST_BEFORE);
    memchr::memrchr_iter(b'/', &site.text[from..start])
        .map(|at| from + at)
        .find(|&at| {
            let head = &site.text[from..at];
            let call = match head {
                [call @ .., b'(', b'"' | b'\'' | b'`'] | [call @ .., b' ', b'"' | b'\'' | b'`'] => {
                    call
                }
                _ => return false,
            };
            lists().request_calls.suffix_of(call).is_some()
        })
        .map(|at| {
            let len = site.text[at..start]
                .iter()
                .take_while(|b| !matches!(b, b'"' | b'\'' | b'`' | b'\n'))
                .count();
            at..at + len
        })
}

/// Returns true for the callback URL of a login, which belongs to the app itself: `REDIRECT_URI = 'https://...`.
fn is_callback(text: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(40);
    let line = line_start(text, from, at);
    let name = text[line..at].to_ascii_lowercase();
    lists().callback_names.is_part_of(&name)
}

/// Returns the URLs in this part of a text that are values: in quotes, or after `=`, `: ` or a bracket.
fn value_urls(
    text: &[u8],
    part: Range<usize>,
) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    urls_in(text, part)
        .filter(|(_, whole)| {
            let head = text[..whole.start - 3].trim_ascii_start();
            let before = head
                .strip_suffix(b"s")
                .unwrap_or(head)
                .strip_suffix(b"http");
            before.is_some_and(|b| {
                b.ends_with(b": ") || matches!(b.last(), Some(b'"' | b'\'' | b'`' | b'=' | b'('))
            })
        })
        .filter(|(host, _)| !is_callback(text, host.start))
        .filter(|(host, _)| {
            let name = &text[host.clone()];
            let is_host = name.contains(&b'.') || lists().local_hosts.contains(name);
            is_host && !lists().schema_hosts.is_part_of(name)
        })
}

/// Returns the ranges of the host and of the whole URL that begins after `at`.
fn url_at(text: &[u8], at: usize, end: usize) -> (Range<usize>, Range<usize>) {
    let part = &text[at..end];
    let blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'');
    let whole = part.iter().position(blank).unwrap_or(part.len());
    let login = memchr::memchr(b'@', &part[..whole]).map_or(0, |i| i + 1);
    let len = part[login..]
        .iter()
        .take_while(|b| is_host_byte(**b))
        .count();
    (at + login..at + login + len, at..at + whole)
}

/// Returns the URL before the value in its command.
fn url_before(site: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    let start = site.value.start;
    let part = command_start(site.text, start)..start;
    let argument = called_urls(site.text, part.clone()).last();
    argument.or_else(|| urls_in(site.text, part).last())
}

/// Returns true if a request to another service uses the headers that contain the value by their name:
/// `HEADERS = {"Authorization": "token value"}`, then `post(f"{GITEA}/repos", headers=HEADERS)`.
fn is_sent_to_another(site: &Site<'_>) -> bool {
    const REACH: usize = 160;
    let text = site.text;
    let Some(name) = thing::map_heading(site) else {
        return false;
    };
    let mut found = false;
    slot::for_each_use(text, site.value, &name, |place| {
        let line = line_start(text, place.start.saturating_sub(REACH), place.start);
        let head = text[line..place.start].iter().position(|b| *b == b',');
        let target = line..head.map_or(place.start, |comma| line + comma);
        let sense = site.whole_word_classes(&target);
        found |= sense.has(WordClass::VENDOR) && !sense.has(WordClass::GITHUB);
    });
    found
}

/// Returns the URL that the value's command calls: an argument of its own on either side, or any URL in it.
fn command_url(site: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    let head = command_start(site.text, site.value.start)..site.value.start;
    let tail = site.value.end..command_end(site.text, site.value.end);
    let argument = called_urls(site.text, tail).next();
    argument
        .or_else(|| called_urls(site.text, head).last())
        .or_else(|| url_after(site))
        .or_else(|| url_before(site))
}

/// Returns the URL after the value in its command.
fn url_after(site: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    let from = site.value.end;
    let part = from..command_end(site.text, from);
    let argument = called_urls(site.text, part.clone()).next();
    argument.or_else(|| urls_in(site.text, part).next())
}

/// Returns the URLs in this part of a text.
fn urls_in(text: &[u8], part: Range<usize>) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let (start, end) = (part.start, part.end);
    memchr::memmem::find_iter(&text[part], b"://").map(move |at| url_at(text, start + at + 3, end))
}

/// Returns the URLs that are arguments of a command, not values in the data it sends: `-d '{"hook": "https://..."}'`.
fn called_urls(
    text: &[u8],
    part: Range<usize>,
) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    urls_in(text, part).filter(|(_, whole)| {
        let head = text[..whole.start - 3].trim_ascii_end();
        let scheme = head.iter().rev().take_while(|b| b.is_ascii_alphabetic());
        let head = &head[..head.len() - scheme.count()];
        let quoted = matches!(head.last(), Some(b'"' | b'\''));
        let head = &head[..head.len() - usize::from(quoted)];
        let apart = head.last().is_none_or(u8::is_ascii_whitespace);
        apart && !matches!(head.trim_ascii_end().last(), Some(b':' | b','))
    })
}

/// Returns the registry that the value's command logs in to: `docker login ghcr.io -u name -p value`.
fn login_registry(site: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    const LOGIN: &[u8] = b" login ";
    let from = command_start(site.text, site.value.start);
    let end = command_end(site.text, site.value.end);
    let mut at = from + memchr::memmem::find(&site.text[from..end], LOGIN)? + LOGIN.len();
    for word in site.text[at..end].split(u8::is_ascii_whitespace) {
        let name = word.iter().take_while(|b| is_host_byte(**b)).count();
        if is_host(&word[..name]) {
            return Some((at..at + name, at..at + word.len()));
        }
        at += word.len() + 1;
    }
    None
}

/// Returns the start of a command. A backslash before a line break continues it.
fn command_start(text: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(REACH);
    memchr::memrchr_iter(b'\n', &text[floor..at])
        .map(|n| floor + n)
        .find(|&n| !text[..n].trim_ascii_end().ends_with(b"\\"))
        .map_or(floor, |n| n + 1)
}

fn command_end(text: &[u8], at: usize) -> usize {
    let end = text.len().min(at + REACH);
    memchr::memchr_iter(b'\n', &text[at..end])
        .map(|n| at + n)
        .find(|&n| !text[at..n].trim_ascii_end().ends_with(b"\\"))
        .unwrap_or(end)
}

/// Returns the string of user and password and its slot, if it is named after a host of GitHub:
/// `"api.github.com": "user:value"`.
pub(crate) fn split_login(site: &Site<'_>, slot: &Slot) -> Option<(Range<usize>, Slot)> {
    let (login, outer) = whole_login(site, slot)?;
    (host_kind(site, &site.text[outer.key.clone()]) == Some(true)).then_some((login, outer))
}

/// Returns the string of user and password and its slot: `who = "user:value"`.
pub(crate) fn whole_login(site: &Site<'_>, slot: &Slot) -> Option<(Range<usize>, Slot)> {
    let (text, user) = (site.text, &slot.key);
    let quote = text.get(user.start.checked_sub(1)?)?;
    let whole = slot.kind == SlotKind::Assigned
        && matches!(quote, b'"' | b'\'')
        && text.get(site.value.end) == Some(quote)
        && text.get(user.end..site.value.start) == Some(b":")
        && text[user.clone()]
            .iter()
            .all(|b| is_host_byte(*b) || *b == b'_');
    if !whole {
        return None;
    }
    let login = user.start..site.value.end;
    let outer = slot::read(text, &login);
    Some((login, outer))
}

/// Returns `Some` for the name of a host, with `true` for a host of GitHub: `github.com`, `"api.github.com"`,
/// `//npm.pkg.github.com/:_authToken`.
pub(crate) fn host_kind(site: &Site<'_>, name: &[u8]) -> Option<bool> {
    // Bundler replaces the dots of a host by two underscores: `BUNDLE_GITHUB__COM`.
    if let Some(host) = name.strip_prefix(b"BUNDLE_") {
        let known = lists().bundler_hosts.suffix_of(host).is_some();
        return known.then(|| site.classes_of(host).has(WordClass::GITHUB));
    }
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ');
    let skip = name.iter().take_while(|b| quote(b)).count();
    let scheme = memchr::memmem::find(name, b"//").map_or(skip, |at| at + 2);
    let rest = &name[scheme..];
    let len = rest.iter().take_while(|b| is_host_byte(**b)).count();
    let host = &rest[..len];
    // The host is the whole name, or that of a registry in the notation of npm.
    let rest = &rest[len..];
    let whole = rest.iter().all(quote) || (scheme > skip && rest.starts_with(b"/:_"));
    if !whole || !is_host(host) {
        return None;
    }
    Some(site.classes_of(host).has(WordClass::GITHUB))
}

fn is_host(name: &[u8]) -> bool {
    let mut labels = name.rsplit(|b| *b == b'.');
    let top = labels.next().unwrap_or_default();
    let mut others = labels.peekable();
    others.peek().is_some()
        && others.all(|label| !label.is_empty())
        && lists().top_domains.contains_any_case(top)
}

/// Returns true if an enclosing name, in quotes or a whole line, is a host that is not GitHub's.
pub(crate) fn is_in_foreign_host(site: &Site<'_>, name: &Range<usize>) -> bool {
    let quoted = name.start > 0 && site.text[name.start - 1] == b'"';
    let text = &site.text[name.clone()];
    let head = text
        .strip_suffix(b":")
        .or_else(|| text.strip_suffix(b": {"));
    let head = match head {
        Some(head) => head,
        None if quoted => text,
        None => return false,
    };
    host_kind(site, head) == Some(false)
}
