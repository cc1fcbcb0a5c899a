//! Features of hosts: the host of a command or a URL, and names that are host names.

use std::ops::Range;

use super::{EvidenceLocation, FeatureSet, Site, thing};
use crate::judge::piece::Feature;
use crate::judge::slot::{self, Slot, SlotKind};
use crate::judge::words::WordClass;
use crate::span::line_start;

/// Number of bytes around a value in which the URL of its command is searched.
const REACH: usize = 400;

/// Top-level domains of host names that occur as keys and section names.
const TOP: [&[u8]; 12] = [
    b"com",
    b"org",
    b"net",
    b"io",
    b"dev",
    b"cloud",
    b"example",
    b"local",
    b"internal",
    b"corp",
    b"lan",
    b"de",
];

fn is_host_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')
}

/// Adds the features of the host that the value is sent to, as given by its URL or by the command it is an option of.
pub(super) fn add_called_host(look: &Site<'_>, slot: &Slot, tally: &mut FeatureSet) {
    let flag = look.text[slot.key.clone()].starts_with(b"-");
    let host = match slot.kind {
        SlotKind::Query => url_before(look),
        SlotKind::BasicUser | SlotKind::AuthHeader => command_url(look),
        SlotKind::Assigned | SlotKind::Follows if flag => command_url(look),
        _ => None,
    };
    if host.is_none() && slot.kind == SlotKind::AuthHeader && is_sent_to_another(look) {
        return tally.add(Feature::SentToOtherHost, look.own_location());
    }
    // The argument of a login is a password: `echo value | docker login ghcr.io --password-stdin`.
    let takes = slot.kind == SlotKind::Follows && (flag || slot.key.is_empty());
    let login = (host.is_none() && takes)
        .then(|| login_registry(look))
        .flatten();
    tally.secret |= login.is_some();
    let Some((host, url)) = host.or(login) else {
        return;
    };
    let name = &look.text[host.clone()];
    // The API of a GitHub Enterprise server is below `/api/v3`.
    let github = look.word_classes(&host).has(WordClass::GITHUB)
        || memchr::memmem::find(&look.text[url], b"/api/v3").is_some();
    if github {
        tally.github = true;
        tally.add_if(
            slot.kind != SlotKind::Query,
            Feature::SentToGithub,
            EvidenceLocation::Text(host),
        );
    } else if name.contains(&b'.') || name == b"localhost" {
        tally.add(Feature::SentToOtherHost, EvidenceLocation::Text(host));
    }
}

/// Number of bytes before and after a value in which the URL of its request is searched.
const REQUEST_BEFORE: usize = 600;
const REQUEST_AFTER: usize = 300;

/// Hosts whose URLs are identifiers of schemas and licences, to which nothing is sent.
const NAMES: [&[u8]; 3] = [b"w3.org", b"apache.org", b"schemas."];

/// Adds the features of the host of the request that a header or a secret belongs to, unless GitHub was named: the host
/// of the nearest URL that is a value itself.
pub(super) fn add_request_host(look: &Site<'_>, slot: &Slot, tally: &mut FeatureSet) {
    let goes_along = matches!(slot.kind, SlotKind::AuthHeader | SlotKind::Header)
        || tally.has(Feature::KeySecret)
        || tally.has(Feature::KeyClientSecret);
    if tally.github {
        return;
    }
    tally.add_if(tally.asked, Feature::CallQuery, look.own_location());
    if !goes_along {
        return;
    }
    let value = look.value;
    let head = look.text[..value.start].trim_ascii_end();
    let schemed = slot.kind == SlotKind::AuthHeader;
    let rest = schemed && head.ends_with(b"Token");
    tally.add_if(rest, Feature::SchemeDjango, look.own_location());
    let len = head.len().min(6);
    let bearer = schemed && head[head.len() - len..].eq_ignore_ascii_case(b"bearer");
    tally.add_if(bearer, Feature::SchemeBearer, look.own_location());
    let before = value.start.saturating_sub(REQUEST_BEFORE)..value.start;
    let after = value.end..look.text.len().min(value.end + REQUEST_AFTER);
    let nearest = value_urls(look.text, before)
        .last()
        .map(|found| (value.start - found.0.start, found))
        .into_iter()
        .chain(
            value_urls(look.text, after)
                .next()
                .map(|found| (found.0.start - value.end, found)),
        )
        .min_by_key(|(distance, _)| *distance);
    let Some((_, (host, url))) = nearest else {
        let own = own_server_path(look).filter(|_| schemed);
        if let Some(path) = own {
            tally.add(Feature::SentToOtherHost, EvidenceLocation::Text(path));
        }
        return;
    };
    let path = &look.text[url];
    let holds = |what: &[u8]| memchr::memmem::find(path, what).is_some();
    if holds(b"/api/v3") {
        tally.github = true;
    } else {
        // The login page of an app of another service.
        let login = holds(b"/oauth") || holds(b"/authorize");
        tally.add_if(
            login,
            Feature::FileOtherService,
            EvidenceLocation::Text(host.clone()),
        );
        tally.add(Feature::SentToOtherHost, EvidenceLocation::Text(host));
    }
}

/// Returns the path on the program's own server that a request uses: `get('/orders', { headers: ...`.
fn own_server_path(look: &Site<'_>) -> Option<Range<usize>> {
    const CALLS: [&[u8]; 9] = [
        b"get", b"post", b"put", b"patch", b"delete", b"fetch", b"request", b"axios", b"url:",
    ];
    let start = look.value.start;
    let from = start.saturating_sub(REQUEST_BEFORE);
    memchr::memrchr_iter(b'/', &look.text[from..start])
        .map(|at| from + at)
        .find(|&at| {
            let head = &look.text[from..at];
            let call = match head {
                [call @ .., b'(', b'"' | b'\'' | b'`'] | [call @ .., b' ', b'"' | b'\'' | b'`'] => {
                    call
                }
                _ => return false,
            };
            CALLS.iter().any(|name| call.ends_with(name))
        })
        .map(|at| {
            let len = look.text[at..start]
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
    [&b"redirect"[..], b"callback"]
        .iter()
        .any(|w| memchr::memmem::find(&name, w).is_some())
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
            let named = |n: &[u8]| memchr::memmem::find(name, n).is_some();
            (name.contains(&b'.') || name == b"localhost") && !NAMES.iter().any(|n| named(n))
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
fn url_before(look: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    let start = look.value.start;
    let part = command_start(look.text, start)..start;
    let argument = called_urls(look.text, part.clone()).last();
    argument.or_else(|| urls_in(look.text, part).last())
}

/// Returns true if a request to another service uses the headers that contain the value by their name:
/// `HEADERS = {"Authorization": "token value"}`, then `post(f"{GITEA}/repos", headers=HEADERS)`.
fn is_sent_to_another(look: &Site<'_>) -> bool {
    const REACH: usize = 160;
    let text = look.text;
    let Some(name) = thing::map_heading(look) else {
        return false;
    };
    let mut found = false;
    slot::for_each_use(text, look.value, &name, |place| {
        let line = line_start(text, place.start.saturating_sub(REACH), place.start);
        let head = text[line..place.start].iter().position(|b| *b == b',');
        let target = line..head.map_or(place.start, |comma| line + comma);
        let sense = look.whole_word_classes(&target);
        found |= sense.has(WordClass::VENDOR) && !sense.has(WordClass::GITHUB);
    });
    found
}

/// Returns the URL that the value's command calls: an argument of its own on either side, or any URL in it.
fn command_url(look: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    let head = command_start(look.text, look.value.start)..look.value.start;
    let tail = look.value.end..command_end(look.text, look.value.end);
    let argument = called_urls(look.text, tail).next();
    argument
        .or_else(|| called_urls(look.text, head).last())
        .or_else(|| url_after(look))
        .or_else(|| url_before(look))
}

/// Returns the URL after the value in its command.
fn url_after(look: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    let from = look.value.end;
    let part = from..command_end(look.text, from);
    let argument = called_urls(look.text, part.clone()).next();
    argument.or_else(|| urls_in(look.text, part).next())
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
fn login_registry(look: &Site<'_>) -> Option<(Range<usize>, Range<usize>)> {
    const LOGIN: &[u8] = b" login ";
    let from = command_start(look.text, look.value.start);
    let end = command_end(look.text, look.value.end);
    let mut at = from + memchr::memmem::find(&look.text[from..end], LOGIN)? + LOGIN.len();
    for word in look.text[at..end].split(u8::is_ascii_whitespace) {
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
pub(super) fn split_login(look: &Site<'_>, slot: &Slot) -> Option<(Range<usize>, Slot)> {
    let (login, outer) = whole_login(look, slot)?;
    (host_kind(look, &look.text[outer.key.clone()]) == Some(true)).then_some((login, outer))
}

/// Returns the string of user and password and its slot: `who = "user:value"`.
pub(super) fn whole_login(look: &Site<'_>, slot: &Slot) -> Option<(Range<usize>, Slot)> {
    let (text, user) = (look.text, &slot.key);
    let quote = text.get(user.start.checked_sub(1)?)?;
    let whole = slot.kind == SlotKind::Assigned
        && matches!(quote, b'"' | b'\'')
        && text.get(look.value.end) == Some(quote)
        && text.get(user.end..look.value.start) == Some(b":")
        && text[user.clone()]
            .iter()
            .all(|b| is_host_byte(*b) || *b == b'_');
    if !whole {
        return None;
    }
    let login = user.start..look.value.end;
    let outer = slot::read(text, &login);
    Some((login, outer))
}

/// Returns `Some` for the name of a host, with `true` for a host of GitHub: `github.com`, `"api.github.com"`,
/// `//npm.pkg.github.com/:_authToken`.
pub(super) fn host_kind(look: &Site<'_>, name: &[u8]) -> Option<bool> {
    // Bundler replaces the dots of a host by two underscores: `BUNDLE_GITHUB__COM`.
    if let Some(host) = name.strip_prefix(b"BUNDLE_") {
        let known = host.ends_with(b"__COM") || host.ends_with(b"__ORG") || host.ends_with(b"__IO");
        return known.then(|| look.model.lexicon.sense(host).has(WordClass::GITHUB));
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
    Some(look.model.lexicon.sense(host).has(WordClass::GITHUB))
}

fn is_host(name: &[u8]) -> bool {
    let mut labels = name.rsplit(|b| *b == b'.');
    let top = labels.next().unwrap_or_default();
    let mut others = labels.peekable();
    others.peek().is_some()
        && others.all(|label| !label.is_empty())
        && TOP.iter().any(|t| top.eq_ignore_ascii_case(t))
}

/// Returns true if an enclosing name, in quotes or a whole line, is a host that is not GitHub's.
pub(super) fn is_in_foreign_host(look: &Site<'_>, name: &Range<usize>) -> bool {
    let quoted = name.start > 0 && look.text[name.start - 1] == b'"';
    let text = &look.text[name.clone()];
    let head = text
        .strip_suffix(b":")
        .or_else(|| text.strip_suffix(b": {"));
    let head = match head {
        Some(head) => head,
        None if quoted => text,
        None => return false,
    };
    host_kind(look, head) == Some(false)
}
