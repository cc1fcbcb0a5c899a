//! Detection of the service that the block of a value declares: `type: gitea` next to `token: value`, in any order.

use std::ops::Range;

use crate::judge::site::Site;
use crate::judge::site::host_names::{is_host, is_host_byte};
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};
use crate::span::line_start;

/// Number of bytes of the block that are read before the name and after the value.
const BEFORE: usize = 240;
const AFTER: usize = 200;

/// Returns the service that the nearest declaration in the value's own block names, and true if that is GitHub.
pub(crate) fn declared_service(site: &Site<'_>, slot: &Slot) -> Option<(Range<usize>, bool)> {
    if slot.kind != SlotKind::Assigned || slot.key.is_empty() || slot.key.end > site.value.start {
        return None;
    }
    let tag = tag_around(site.text, &slot.key, &site.value);
    let before = match &tag {
        Some(tag) => tag.start,
        None => block_start(site.text, slot.key.start),
    }..slot.key.start;
    let after = site.value.end..match &tag {
        Some(tag) => tag.end,
        None => block_end(site.text, slot.key.start, site.value.end),
    };
    let told = |(name, service): (&'static [u8], Range<usize>)| {
        let is_github = is_of_github(site, name, &service);
        (is_github || is_of_another(site, name, &service)).then_some((service, is_github))
    };
    let above = find_declarations(site.text, before.clone())
        .filter_map(told)
        .last();
    let below = find_declarations(site.text, after).find_map(told);
    let nearest = match (above, below) {
        (Some(a), Some(b)) if b.0.start - site.value.end < before.end - a.0.end => Some(b),
        (above, below) => above.or(below),
    };
    let around = || {
        let parent = parent_of(site.text, before.start)?;
        // The name of the block itself is a service, or the blocks beside it are others: `zendesk: {token: value}`.
        let named = site.word_classes(&(parent..before.start));
        if named.has(WordClass::SERVICE) {
            return None;
        }
        let block = block_start(site.text, parent)..parent;
        let depth = column_of(site.text, parent);
        // The blocks beside this one declare their own services.
        find_declarations(site.text, block)
            .filter(|(_, service)| column_of(site.text, service.start) == depth)
            .filter_map(told)
            .last()
    };
    nearest.or_else(|| tag.is_none().then(around).flatten())
}

/// Returns the indent of the line around `at`; the dash of a list item counts as a blank.
fn column_of(text: &[u8], at: usize) -> usize {
    indent_of_item(&text[line_start(text, at.saturating_sub(BEFORE), at)..])
}

/// Returns the place of the name of a block that starts at `start`: `config:` or `"config": {` above it.
fn parent_of(text: &[u8], start: usize) -> Option<usize> {
    let open = start.checked_sub(1)?;
    let line = line_start(text, open.saturating_sub(BEFORE), open);
    let body = text[line..open].trim_ascii_end();
    let is_block = text[open] == b'{' || body.ends_with(b":") && text[open] == b'\n';
    is_block.then(|| line + indent(&text[line..]))
}

/// Returns the tag of markup that has the value in an attribute: `<forge token="value" kind="gitea"/>`.
fn tag_around(text: &[u8], key: &Range<usize>, value: &Range<usize>) -> Option<Range<usize>> {
    let from = key.start.saturating_sub(BEFORE);
    let open = from + memchr::memrchr2(b'<', b'>', &text[from..key.start])?;
    let to = text.len().min(value.end + AFTER);
    let close = value.end + memchr::memchr2(b'<', b'>', &text[value.end..to])?;
    let opens = text[open] == b'<' && text[..open].last() != Some(&b'#');
    (opens && text[close] == b'>').then_some(open + 1..close)
}

/// Returns the host of another service in a variable that is named like the value's: `SRC_ENDPOINT=https://gitea.x`
/// beside `SRC_TOKEN=value`.
pub(crate) fn service_of_siblings(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    const REACH: usize = 400;
    const LONGEST: usize = 64;
    const SHORTEST: usize = 2;
    let text = site.text;
    let name = &text[slot.key.clone()];
    let joint = memchr::memchr(b'_', name).filter(|len| *len >= SHORTEST)?;
    if slot.kind != SlotKind::Assigned || !name[..joint].iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let prefix = &name[..=joint];
    let named = key_of_service(site, slot, prefix).or_else(|| host_above(site, &name[..joint]));
    if named.is_some() {
        return named;
    }
    let from = slot.key.start.saturating_sub(REACH);
    let to = text.len().min(site.value.end + REACH);
    memchr::memmem::find_iter(&text[from..to], prefix)
        .map(|at| from + at)
        .filter(|at| *at != slot.key.start)
        .find_map(|at| {
            let line = &text[at..text.len().min(at + LONGEST + REACH)];
            let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
            if let Some(service) = platform_on(site, at + prefix.len(), at + line.len()) {
                return Some(service);
            }
            let scheme = memchr::memmem::find(line, b"://").filter(|n| *n < LONGEST)? + 3;
            let end = line[scheme..]
                .iter()
                .position(|b| matches!(b, b'/' | b':' | b'"' | b'\'' | b' '));
            let host = at + scheme..at + scheme + end.unwrap_or(line.len() - scheme);
            let class = site.word_classes(&host);
            class.is_of_another_service().then_some(host)
        })
}

/// Returns the service that the rest of a variable's name and its value declare: `PLATFORM: gitea`.
fn platform_on(site: &Site<'_>, from: usize, to: usize) -> Option<Range<usize>> {
    let rest = &site.text[from..to];
    let len = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let name = rest[..len].to_ascii_lowercase();
    let declares =
        lists().service_names.contains(&name) || lists().open_service_names.contains(&name);
    let service = service_at(rest, len).filter(|_| declares)?;
    let service = from + service.start..from + service.end;
    let class = site.word_classes(&service);
    class.is_of_another_service().then_some(service)
}

/// Returns the host shortly before the value that has the name of the value's service, a word that is not of the vocabulary:
/// `# the token of https://acme.io/account`, then `ACME_TOKEN=value`.
fn host_above(site: &Site<'_>, service: &[u8]) -> Option<Range<usize>> {
    const SHORTEST: usize = 4;
    const REACH: usize = 300;
    if service.len() < SHORTEST || site.classes_of(service) != WordClass::NONE {
        return None;
    }
    let from = site.value.start.saturating_sub(REACH);
    let mut at = from;
    let part = |b: &u8| !is_host_byte(*b);
    site.text[from..site.slot().key.start.max(from)]
        .split(part)
        .map(|word| {
            let range = at..at + word.len();
            at = range.end + 1;
            range
        })
        .find(|host| {
            let name = &site.text[host.clone()];
            let mut labels = name.rsplit(|b| *b == b'.').skip(1);
            let is_service = labels.any(|label| label.eq_ignore_ascii_case(service));
            is_service && is_host(name) && !site.word_classes(host).has(WordClass::GITHUB)
        })
}

/// Returns the variable for the public half of a login to a service whose name is the prefix of the value's name and no
/// word of the vocabulary: `ACME_API_KEY` beside `ACME_SECRET=value`.
fn key_of_service(site: &Site<'_>, slot: &Slot, prefix: &[u8]) -> Option<Range<usize>> {
    const REACH: usize = 300;
    let text = site.text;
    if site.classes_of(prefix) != WordClass::NONE {
        return None;
    }
    let from = slot.key.start.saturating_sub(REACH);
    let to = text.len().min(site.value.end + REACH);
    memchr::memmem::find_iter(&text[from..to], prefix)
        .map(|at| from + at)
        .filter(|at| *at != slot.key.start)
        .find_map(|at| {
            let rest = &text[at + prefix.len()..to];
            let half = lists().public_halves.prefix_of(rest)?;
            let end = at + prefix.len() + half.len();
            let ends = text
                .get(end)
                .is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
            ends.then_some(at..end)
        })
}

/// Returns true if a declared service is GitHub, or a provider of CI that publishes on GitHub.
fn is_of_github(site: &Site<'_>, name: &[u8], service: &Range<usize>) -> bool {
    let publishes = lists().open_service_names.contains(name)
        && lists()
            .github_providers
            .contains(&site.text[service.clone()]);
    publishes || site.word_classes(service).has(WordClass::GITHUB)
}

/// Returns `true` if a declared service is not GitHub: a known one, the host of another, or any provider.
fn is_of_another(site: &Site<'_>, name: &[u8], service: &Range<usize>) -> bool {
    let word = &site.text[service.clone()];
    let sense = site.word_classes(service);
    if sense.has(WordClass::GITHUB) {
        return false;
    }
    if lists().open_service_names.contains(name) {
        let known = lists().not_services.contains(word);
        return !known && !sense.has(WordClass::SECRET.or(WordClass::CLIENT));
    }
    if !lists().host_names.contains(name) {
        return sense.has(WordClass::VENDOR);
    }
    // An enterprise server has its own host: `ghe: {host: git.acme.example, token: value}`.
    let is_enclosed = site
        .heading()
        .is_some_and(|h| site.read(&h).all.has(WordClass::GITHUB));
    if is_enclosed {
        return false;
    }
    let path = word.split(|b| *b == b'/').skip(1).count();
    let host = word.split(|b| matches!(b, b'/' | b':')).next();
    host.is_some_and(is_host_or_address) && !(path > 1 && lists().enterprise_api.is_part_of(word))
}

/// Returns true for a host name, or for the numbers of an address.
fn is_host_or_address(name: &[u8]) -> bool {
    let number = |b: &u8| b.is_ascii_digit() || *b == b'.';
    let is_domain = |name: &[u8]| {
        let top = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
        let is_small = name.iter().all(|b| !b.is_ascii_uppercase());
        (2..=6).contains(&top.len()) && is_small && top.iter().all(u8::is_ascii_lowercase)
    };
    let marked = name.contains(&b'.');
    is_host(name) || marked && (name.iter().all(number) || is_domain(name))
}

/// Returns the declarations in this part of a text, in order, as the name and the range of the service.
fn find_declarations(
    text: &[u8],
    part: Range<usize>,
) -> impl Iterator<Item = (&'static [u8], Range<usize>)> {
    let body = &text[part.clone()];
    let mut all: Vec<(&'static [u8], Range<usize>)> = Vec::new();
    let names = lists().service_names.iter();
    for name in names
        .chain(lists().record_titles.iter())
        .chain(lists().open_service_names.iter())
        .chain(lists().host_names.iter())
        .chain(lists().block_names.iter())
    {
        let starts = |at: usize| {
            let before = at.checked_sub(1).map(|i| body[i]);
            !before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let is_block_name = lists().block_names.contains(name);
        let names_service = |s: &Range<usize>| {
            let class = Vocabulary::builtin().lexicon.sense(&body[s.clone()]);
            class.has(WordClass::SERVICE) && !class.has(WordClass::SECRET)
        };
        let services = memchr::memmem::find_iter(body, name)
            .filter(|at| starts(*at))
            .filter_map(|at| service_at(body, at + name.len()))
            .filter(|s| !is_block_name || names_service(s));
        all.extend(services.map(|s| (name, part.start + s.start..part.start + s.end)));
    }
    all.sort_by_key(|(_, place)| place.start);
    all.into_iter()
}

/// Returns the service that is declared by the name that ends at `at`. The scheme of a URL is left out.
fn service_at(body: &[u8], at: usize) -> Option<Range<usize>> {
    let joint = |b: &&u8| matches!(b, b'"' | b'\'' | b':' | b'=' | b' ' | b'>');
    // `<key>title</key><value>service`.
    let tags = if body[at..].starts_with(b"</") {
        memchr::memchr_iter(b'>', &body[at..])
            .nth(1)
            .filter(|n| *n < 40)
            .unwrap_or(0)
    } else {
        0
    };
    let skip = tags + body[at + tags..].iter().take_while(joint).count();
    let marked = body[at..at + skip]
        .iter()
        .any(|b| matches!(b, b':' | b'=' | b'>'));
    let mut from = at + skip;
    for scheme in [&b"https://"[..], b"http://"] {
        if body[from..].starts_with(scheme) {
            from += scheme.len();
        }
    }
    let word = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':');
    let len = body[from..].iter().take_while(word).count();
    (marked && len > 1).then(|| from..from + len)
}

/// Returns the start of the block that contains the name at `at`: after a bracket, a blank line or a section header, or
/// at the start of a list item.
fn block_start(text: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(BEFORE);
    let bracket = |end: usize| {
        let is_bracket = |b: &u8| matches!(b, b'{' | b'}' | b'(' | b')');
        text[floor..end]
            .iter()
            .rposition(is_bracket)
            .map(|i| floor + i)
    };
    // An object that is written as a string belongs to the block around it: `"data": "{\"token\": ...`.
    let is_string =
        |i: usize| text[floor..i].ends_with(b"\"") && text[i + 1..].starts_with(b"\\\"");
    let open = match bracket(at) {
        Some(i) if is_string(i) => bracket(i),
        open => open,
    };
    let open = open.map_or(floor, |i| i + 1);
    let own = line_start(text, open, at);
    let depth = indent(&text[own..]);
    if text[own..at].trim_ascii_start().starts_with(b"- ") {
        return own;
    }
    let mut start = own;
    while start > open {
        let above = line_start(text, open, start - 1);
        let line = &text[above..start - 1];
        let body = line.trim_ascii();
        let shallow = indent(line) < depth;
        if body.is_empty() || body.starts_with(b"[") || (shallow && !body.starts_with(b"- ")) {
            break;
        }
        start = above;
        if body.starts_with(b"- ") {
            break;
        }
    }
    start
}

/// Returns the end of the block of a value that ends at `at` and has its name at `name`.
fn block_end(text: &[u8], name: usize, at: usize) -> usize {
    let ceiling = text.len().min(at + AFTER);
    let before = text.get(name..at).unwrap_or_default();
    let close = first_outer_bracket(before, &text[at..ceiling]).map_or(ceiling, |i| at + i);
    let own = line_start(text, name.saturating_sub(BEFORE), name);
    let depth = indent(&text[own..]);
    let mut end = at;
    for line in text[at..close].split_inclusive(|b| *b == b'\n') {
        let body = line.trim_ascii();
        let other = body.is_empty() || body.starts_with(b"[") || body.starts_with(b"- ");
        if end > at && (other || indent_of_item(line) < depth) {
            break;
        }
        end += line.len();
    }
    end
}

/// Returns the offset of the first bracket in `after` that is not of the value's own, which `before` opens:
/// `token: Some("value".into()), kind: ..`.
fn first_outer_bracket(before: &[u8], after: &[u8]) -> Option<usize> {
    let count = |bracket| memchr::memchr_iter(bracket, before).count();
    let mut depth = count(b'(').saturating_sub(count(b')'));
    after.iter().position(|b| {
        match b {
            b'(' if depth > 0 => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b'{' | b'}' | b'(' | b')' => return true,
            _ => {}
        }
        false
    })
}

fn indent(line: &[u8]) -> usize {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t');
    line.iter().take_while(blank).count()
}

/// Returns the indent of a line; the dash of a list item counts as a blank.
fn indent_of_item(line: &[u8]) -> usize {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'-');
    line.iter().take_while(blank).count()
}
