//! URLs around a value: of its command, of its request, of the registry that it logs in to.

use std::ops::Range;

use super::host_names::{is_host, is_host_byte};
use crate::judge::vocabulary::lists;
use crate::span::line_start;

/// Ranges of the host and of the whole URL behind its scheme.
pub(crate) type UrlRanges = (Range<usize>, Range<usize>);

/// Number of bytes around a value in which the URL of its command is searched.
const REACH: usize = 400;

/// Number of bytes before and after a value in which the URL of its request is searched.
const REQUEST_BEFORE: usize = 600;
const REQUEST_AFTER: usize = 300;

/// Returns the URL nearest to the value that is a value itself.
pub(crate) fn nearest_request(text: &[u8], value: &Range<usize>) -> Option<UrlRanges> {
    let before = value.start.saturating_sub(REQUEST_BEFORE)..value.start;
    let after = value.end..text.len().min(value.end + REQUEST_AFTER);
    let above = value_urls(text, before).last();
    let below = value_urls(text, after).next();
    match (above, below) {
        (Some(a), Some(b)) if b.0.start - value.end < value.start - a.0.start => Some(b),
        (above, below) => above.or(below),
    }
}

/// Returns the path on the program's own server that a request uses: `get('/orders', { headers: ...`.
pub(crate) fn own_server_path(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let start = value.start;
    let from = start.saturating_sub(REQUEST_BEFORE);
    memchr::memrchr_iter(b'/', &text[from..start])
        .map(|at| from + at)
        .find(|&at| {
            let head = &text[from..at];
            let call = match head {
                [call @ .., b'(', b'"' | b'\'' | b'`'] | [call @ .., b' ', b'"' | b'\'' | b'`'] => {
                    call
                }
                _ => return false,
            };
            lists().request_calls.suffix_of(call).is_some()
        })
        .map(|at| {
            let len = text[at..start]
                .iter()
                .take_while(|b| !matches!(b, b'"' | b'\'' | b'`' | b'\n'))
                .count();
            at..at + len
        })
}

/// Returns true for the callback URL of a login, which belongs to the app itself: `REDIRECT_URI = 'https://...`.
/// Cases: `own-elsewhere-10`, `own-nearhost-5`.
pub(crate) fn is_callback(text: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(40);
    let line = line_start(text, from, at);
    let name = text[line..at].to_ascii_lowercase();
    lists().callback_names.is_part_of(&name)
}

/// Returns the URLs in this part of a text that are values: in quotes, or after `=`, `: ` or a bracket.
pub(crate) fn value_urls(text: &[u8], part: Range<usize>) -> impl Iterator<Item = UrlRanges> {
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
pub(crate) fn url_at(text: &[u8], at: usize, end: usize) -> UrlRanges {
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
pub(crate) fn url_before(text: &[u8], value: &Range<usize>) -> Option<UrlRanges> {
    let start = value.start;
    let part = command_start(text, start)..start;
    let argument = called_urls(text, part.clone()).last();
    argument.or_else(|| urls_in(text, part).last())
}

/// Returns the URL that the value's command calls: an argument of its own on either side, or any URL in it.
pub(crate) fn command_url(text: &[u8], value: &Range<usize>) -> Option<UrlRanges> {
    let head = command_start(text, value.start)..value.start;
    let tail = value.end..command_end(text, value.end);
    let argument = called_urls(text, tail).next();
    argument
        .or_else(|| called_urls(text, head).last())
        .or_else(|| url_after(text, value))
        .or_else(|| url_before(text, value))
}

/// Returns the URL after the value in its command.
pub(crate) fn url_after(text: &[u8], value: &Range<usize>) -> Option<UrlRanges> {
    let from = value.end;
    let part = from..command_end(text, from);
    let argument = called_urls(text, part.clone()).next();
    argument.or_else(|| urls_in(text, part).next())
}

/// Returns the URLs in this part of a text.
pub(crate) fn urls_in(text: &[u8], part: Range<usize>) -> impl Iterator<Item = UrlRanges> {
    let (start, end) = (part.start, part.end);
    memchr::memmem::find_iter(&text[part], b"://").map(move |at| url_at(text, start + at + 3, end))
}

/// Returns the URLs that are arguments of a command, not values in the data it sends: `-d '{"hook": "https://..."}'`.
pub(crate) fn called_urls(text: &[u8], part: Range<usize>) -> impl Iterator<Item = UrlRanges> {
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
/// Cases: `own-ghcr-1`, `own-ghcr-4`.
pub(crate) fn login_registry(text: &[u8], value: &Range<usize>) -> Option<UrlRanges> {
    const LOGIN: &[u8] = b" login ";
    let from = command_start(text, value.start);
    let end = command_end(text, value.end);
    let mut at = from + memchr::memmem::find(&text[from..end], LOGIN)? + LOGIN.len();
    for word in text[at..end].split(u8::is_ascii_whitespace) {
        let scheme = memchr::memmem::find(word, b"://").map_or(0, |n| n + 3);
        let name = word[scheme..].iter().take_while(|b| is_host_byte(**b));
        let host = scheme..scheme + name.count();
        if is_host(&word[host.clone()]) {
            return Some((at + host.start..at + host.end, at + scheme..at + word.len()));
        }
        at += word.len() + 1;
    }
    None
}

/// Returns the start of a command. A backslash before a line break continues it.
pub(crate) fn command_start(text: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(REACH);
    memchr::memrchr_iter(b'\n', &text[floor..at])
        .map(|n| floor + n)
        .find(|&n| !text[..n].trim_ascii_end().ends_with(b"\\"))
        .map_or(floor, |n| n + 1)
}

pub(crate) fn command_end(text: &[u8], at: usize) -> usize {
    let end = text.len().min(at + REACH);
    memchr::memchr_iter(b'\n', &text[at..end])
        .map(|n| at + n)
        .find(|&n| !text[at..n].trim_ascii_end().ends_with(b"\\"))
        .unwrap_or(end)
}
