//! Detection of the service of a credential whose own name leaves it open: by the tool that takes it, a declaration
//! next to it, a chain of calls or the receiver of a message.

use std::ops::Range;

pub(crate) use super::declared::declared_service;
use super::declared::service_of_siblings;
use crate::judge::site::Site;
use crate::judge::site::lines::{is_comment, line_above, line_around_within};
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::vocabulary::{WordClass, lists};
use crate::span::line_start;

/// Returns the range of the service, other than GitHub, that the value belongs to.
pub(crate) fn other_service(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    builder_service(site, slot)
        .or_else(|| receiver_service(site, slot))
        .or_else(|| object_service(site, slot))
        .or_else(|| service_of_siblings(site, slot))
        .or_else(|| service_of_comment(site))
}

/// Returns the comment above the value if it is about the credential of another service: `# the token of the Buildkite
/// agents`, then `token=value`.
fn service_of_comment(site: &Site<'_>) -> Option<Range<usize>> {
    let line = line_around_within(site.text, &site.value);
    let above = line_above(site.text, line.start);
    let class = site.whole_word_classes(&above);
    let is_told = class.is_of_another_service() && class.has(WordClass::SECRET);
    (is_told && is_comment(&site.text[above.clone()])).then_some(above)
}

/// Returns the service in the name of the receiver of a message with the value: `[FlickrKit setSecret:@"value"]`.
/// Cases: `own-vendor3-not-3`.
fn receiver_service(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    const REACH: usize = 120;
    let text = site.text;
    if slot.kind != SlotKind::Assigned || !text[..site.value.start].ends_with(b"@\"") {
        return None;
    }
    let from = slot.key.start.saturating_sub(REACH);
    let open = from + memchr::memrchr2(b'[', b'\n', &text[from..slot.key.start])?;
    let word = |b: &&u8| b.is_ascii_alphanumeric();
    let len = text[open + 1..].iter().take_while(word).count();
    let name = open + 1..open + 1 + len;
    let vendor = text[open] == b'[' && site.word_classes(&name).has(WordClass::VENDOR);
    vendor.then_some(name)
}

/// Returns the service of the object whose method takes the value, by the line that makes the object:
/// `$api = new Gitea\Client(..)`, then `$api->authenticate("value")`.
fn object_service(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    const REACH: usize = 1000;
    const SHORTEST: usize = 2;
    let text = site.text;
    let call = || site.brackets().iter().find(|(_, is_call)| *is_call);
    let member = match slot.kind {
        SlotKind::Argument => &slot.callee,
        SlotKind::Assigned => &slot.key,
        // `$api->post("path", ["headers" => ["Authorization" => "Bearer value"]])`.
        SlotKind::AuthHeader => call().map(|(name, _)| name)?,
        _ => return None,
    };
    let mark = |b: &u8| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'));
    let from = member.start.saturating_sub(REACH);
    let (name, before) = (&text[member.clone()], &text[from..member.start]);
    let (object, before) = match name.iter().position(mark) {
        Some(end) if matches!(name[end], b'.' | b'-' | b':' | b'[') => (&name[..end], before),
        Some(_) => return None,
        // `$api->authenticate("value")`.
        None => {
            let head = before.strip_suffix(b"->")?;
            let start = head.iter().rposition(mark).map_or(0, |n| n + 1);
            (&head[start..], &head[..start])
        }
    };
    if object.len() < SHORTEST {
        return None;
    }
    let at = memchr::memmem::rfind_iter(before, object).find(|at| {
        let rest = before[at + object.len()..].trim_ascii_start();
        rest.starts_with(b"=") || rest.starts_with(b":=") || rest.starts_with(b"<-")
    })?;
    let start = from + at + object.len();
    let len = memchr::memchr2(b'\n', b';', &text[start..member.start])?;
    let made = start..start + len;
    let class = site.word_classes(&made);
    class.is_of_another_service().then_some(made)
}

/// Returns the service that ends a chain of calls with the value: `.apiSecret("value").build(FlickrApi.instance())`.
/// Cases: `own-blocks-not-4`.
fn builder_service(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    const REACH: usize = 300;
    if slot.kind != SlotKind::Argument || site.text.get(slot.callee.start) != Some(&b'.') {
        return None;
    }
    let from = site.value.end;
    let rest = &site.text[from..site.text.len().min(from + REACH)];
    let chain = &rest[..memchr::memchr(b';', rest).unwrap_or(rest.len())];
    let at = memchr::memmem::find(chain, b".build(")? + 7;
    let len = memchr::memchr2(b'(', b')', &chain[at..])?;
    let name = from + at..from + at + len;
    let sense = site.word_classes(&name);
    (len > 0 && sense.has(WordClass::OPENS.or(WordClass::MAKES)) && !sense.has(WordClass::GITHUB))
        .then_some(name)
}

/// Returns the name of the tool that takes the value as an option, if it begins or ends with the name of a service, and
/// true if that is GitHub: `github-backup -t`, `ghmirror --pat`. None for the short flags of `gh` and `hub` themselves,
/// whose `-t` is the title or the target of a release.
pub(crate) fn named_tool(site: &Site<'_>, slot: &Slot) -> Option<(Range<usize>, bool)> {
    const REACH: usize = 160;
    let (text, key) = (site.text, &slot.key);
    let is_option = matches!(
        slot.kind,
        SlotKind::Follows | SlotKind::Argument | SlotKind::Assigned
    );
    if !is_option || text.get(key.start) != Some(&b'-') {
        return None;
    }
    // In a list of strings the command and its options are elements: `["github-backup", "-t", "value"]`.
    let listed = matches!(text[..key.start].last(), Some(b'"' | b'\''));
    let floor = key.start.saturating_sub(REACH);
    let ends = |b: &u8| match b {
        b'\n' | b';' | b'|' | b'&' | b'`' | b'(' | b'$' | b'[' => true,
        b'"' | b'\'' => !listed,
        _ => false,
    };
    let before = &text[floor..key.start];
    let from = before.iter().rposition(ends).map_or(0, |at| at + 1);
    let is_short = key.len() == 2;
    if is_short
        && (!lists().token_flags.contains(&text[key.clone()]) || has_token_option(site, key))
    {
        return None;
    }
    let mut at = floor + from;
    for word in before[from..].split(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b',')) {
        let range = at..at + word.len();
        at = range.end + 1;
        // An option, or a program that takes other arguments, ends the search.
        if word.starts_with(b"-") && word.len() > 1 || lists().other_tools.contains(word) {
            return None;
        }
        let class = tool_class(site, word, is_short);
        if class.has(WordClass::SERVICE) {
            return Some((range, class.has(WordClass::GITHUB)));
        }
    }
    None
}

/// Returns true if another option of the command around a flag takes a token: then `-t` is a tag or a title.
fn has_token_option(site: &Site<'_>, flag: &Range<usize>) -> bool {
    const REACH: usize = 120;
    let text = site.text;
    let from = line_start(text, flag.start.saturating_sub(REACH), flag.start);
    let to = text.len().min(flag.end + REACH);
    let line = memchr::memchr(b'\n', &text[flag.end..to]).map_or(to, |n| flag.end + n);
    let is_taken = |part: &[u8]| {
        part.split(u8::is_ascii_whitespace)
            .filter(|w| w.starts_with(b"-"))
            .any(|w| site.classes_of(w).has(WordClass::CREDENTIAL))
    };
    is_taken(&text[from..flag.start]) || is_taken(&text[flag.end..line])
}

/// Returns the class of a service in the name of a tool, or in its path; `NONE` for other words of a command.
fn tool_class(site: &Site<'_>, word: &[u8], is_short: bool) -> WordClass {
    let slash = memchr::memrchr2(b'/', b'\\', word);
    let name = &word[slash.map_or(0, |at| at + 1)..];
    // `owner/name` is a repository or an image.
    let is_path =
        slash.is_none_or(|at| word[at] == b'\\') || lists().tool_folders.prefix_of(word).is_some();
    let alone = is_short && lists().github_tools.contains(name);
    let is_other = word.contains(&b'=') || memchr::memmem::find(word, b"://").is_some();
    if !is_path || alone || is_other {
        return WordClass::NONE;
    }
    let abbreviated = name.len() > 4
        && lists().tool_starts.prefix_of(name).is_some()
        && lists().not_tools.prefix_of(name).is_none();
    if abbreviated {
        return WordClass::GITHUB;
    }
    site.classes_of(name)
}
