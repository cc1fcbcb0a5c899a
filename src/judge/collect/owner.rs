//! Detection of the service of a credential whose own name leaves it open: by the tool that takes it, a declaration
//! next to it, a chain of calls or the receiver of a message.

use std::ops::Range;

use super::declared;
use crate::judge::site::Site;
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::vocabulary::{WordClass, lists};

/// Returns the range of the service, other than GitHub, that the value belongs to.
pub(crate) fn other_service(site: &Site<'_>, slot: &Slot) -> Option<Range<usize>> {
    declared::other_declared_service(site, slot)
        .or_else(|| builder_service(site, slot))
        .or_else(|| receiver_service(site, slot))
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

/// Returns true for a short flag of a command whose name begins or ends with GitHub's, as `github-backup -t`; false for
/// `gh` and `hub` themselves, whose `-t` is the title or the target of a release.
pub(crate) fn is_flag_of_tool(site: &Site<'_>, key: &Range<usize>) -> bool {
    const REACH: usize = 120;
    let text = site.text;
    if !lists().token_flags.contains(&text[key.clone()]) {
        return false;
    }
    let before = &text[key.start.saturating_sub(REACH)..key.start];
    let ends = |b: &u8| {
        matches!(
            b,
            b'\n' | b';' | b'|' | b'&' | b'"' | b'\'' | b'`' | b'(' | b'$'
        )
    };
    let from = before.iter().rposition(ends).map_or(0, |at| at + 1);
    // A tool that gets its token in another option takes a tag or a title as `-t`.
    let to = text.len().min(key.end + REACH);
    let line = memchr::memchr(b'\n', &text[key.end..to]).map_or(to, |n| key.end + n);
    let given = |part: &[u8]| site.classes_of(part).has(WordClass::CREDENTIAL);
    if given(&before[from..]) || given(&text[key.end..line]) {
        return false;
    }
    let mut words = before[from..].split(u8::is_ascii_whitespace);
    let is_tool = |word: &[u8]| {
        let name = &word[memchr::memrchr(b'/', word).map_or(0, |at| at + 1)..];
        let alone = lists().github_tools.contains(name);
        !alone && site.classes_of(name).has(WordClass::GITHUB)
    };
    words
        .find(|w| {
            let setup = w.contains(&b'=') || w.is_empty() || lists().command_runners.contains(w);
            !setup
        })
        .is_some_and(is_tool)
}
