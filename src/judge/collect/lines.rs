//! Features of the words on the value's line, on the line above and on the lines around.

use std::ops::Range;

use super::feature_set::FeatureSet;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::{Feature, Role};
use crate::judge::site::Site;
use crate::judge::site::slot::{Slot, SlotKind, is_handover_phrase};
use crate::judge::vocabulary::{WordClass, lists};
use crate::span::{line_around, line_start};

/// Maximum number of bytes of a line that are read on either side of a value.
const LINE_BEFORE: usize = 200;
const LINE_AFTER: usize = 120;

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
    let (text, value) = (site.text, site.value);
    let line = line_around_within(text, value);
    let keyed = !slot.key.is_empty() && slot.key.start >= line.start;
    let before = line.start..if keyed {
        slot.key.start.min(value.start)
    } else {
        value.start
    };
    let mut rest = site
        .whole_word_classes(&before)
        .or(site.whole_word_classes(&(value.end..line.end)));
    if keyed && slot.kind == SlotKind::Assigned {
        // Words between the name and the value: `spy(config, 'token').gives("value")`.
        rest = rest.or(site.whole_word_classes(&(slot.key.end.min(value.start)..value.start)));
    }
    observed.add_classes(rest, &LINE, &EvidenceLocation::Text(line.clone()));
    let above = line_above(text, line.start);
    // In a dump each line is a separate pair, so the name of one line is not related to the next line.
    let named = slot.kind == SlotKind::Assigned && observed.has_role(Role::TokenName);
    let pairs = named && is_pair(&text[above.clone()]);
    let above_classes = site.whole_word_classes(&above);
    let above_classes = if pairs {
        above_classes.without(WordClass::HASH)
    } else {
        above_classes
    };
    observed.add_classes(above_classes, &ABOVE, &EvidenceLocation::Text(above));
    let pair = observed.has(Feature::LinePair) || observed.has(Feature::AbovePair);
    let hash = observed.has(Feature::LineHash) || observed.has(Feature::AboveHash);
    let told = matches!(
        slot.kind,
        SlotKind::Alone | SlotKind::Follows | SlotKind::LineHead | SlotKind::Assigned
    ) && !observed.has(Feature::AfterRepo);
    if told && pair && !hash && observed.nameless {
        observed.add(Feature::ProseNamesToken, site.own_location());
    }
    let near = lines_around(text, &line);
    let sense = site
        .line_word_classes(&(near.start..line.start))
        .or(site.line_word_classes(&(line.end..near.end)));
    let near = EvidenceLocation::Text(near);
    let near_classes = if pairs {
        sense.without(WordClass::HASH)
    } else {
        sense
    };
    observed.add_classes(near_classes, &NEAR, &near);
    observed.secret |= rest.or(sense).has(WordClass::SECRET);
    // Keys of a repository show the owner of a credential; next to any other value they mean nothing.
    let forge = sense.has(WordClass::OWNER) && sense.has(WordClass::REPOSITORY);
    observed.add_if(
        forge && observed.has(Feature::KeySecret),
        Feature::NearRepoKeys,
        near,
    );
    if !observed.has_role(Role::ExcludesApp) {
        add_client_id(site, observed);
    }
}

/// Returns true if a line has a name of one or two words and a value: `declare -x NAME="value"`, `"name": "value",`.
fn is_pair(line: &[u8]) -> bool {
    let Some(at) = memchr::memchr2(b'=', b':', line) else {
        return false;
    };
    let head = line[..at].trim_ascii();
    let words = head
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    let name = head
        .last()
        .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'"' | b'\'' | b']' | b'_'));
    name && words.count() <= 3 && at + 1 < line.len()
}

/// Returns the value's line, cut to the bytes near the value.
fn line_around_within(text: &[u8], value: &Range<usize>) -> Range<usize> {
    let from = value.start.saturating_sub(LINE_BEFORE);
    let to = text.len().min(value.end + LINE_AFTER);
    let line = line_around(&text[from..to], value.start - from);
    let end = from + line.end;
    from + line.start..end.max(value.end)
}

/// Returns the nearest line above that contains more than an id.
fn line_above(text: &[u8], line: usize) -> Range<usize> {
    let mut end = line;
    let floor = line.saturating_sub(2000);
    for _ in 0..40 {
        if end <= floor || end == 0 {
            break;
        }
        let stop = end - 1;
        let start = line_start(text, floor, stop);
        let body = text[start..stop].trim_ascii();
        let id = |b: &u8| {
            b.is_ascii_hexdigit() || matches!(b, b'"' | b'\'' | b',' | b'`' | b'-' | b' ' | b'#')
        };
        if !body.iter().all(id) && !is_handover_phrase(body) {
            return start.max(stop.saturating_sub(300))..stop;
        }
        end = start;
    }
    line..line
}

/// Returns the range of five lines before and three lines after, cut to the bytes near the value.
fn lines_around(text: &[u8], line: &Range<usize>) -> Range<usize> {
    let floor = line.start.saturating_sub(500);
    let start = memchr::memrchr_iter(b'\n', &text[floor..line.start])
        .nth(5)
        .map_or(floor, |n| floor + n + 1);
    let ceiling = text.len().min(line.end + 300);
    let end = memchr::memchr_iter(b'\n', &text[line.end..ceiling])
        .nth(3)
        .map_or(ceiling, |n| line.end + n);
    // Text in another section is not related to the value.
    let next = section_starts(&text[line.end..end]).next();
    let own = section_starts(&text[start..line.start]).last();
    own.map_or(start, |at| start + at)..next.map_or(end, |at| line.end + at)
}

/// Returns the offsets of section headers such as `[name]` in these lines.
fn section_starts(lines: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'[', lines)
        .filter(|&at| at > 0 && lines[at - 1] == b'\n')
        .filter(|&at| {
            let line = &lines[at + 1..];
            let len = line
                .iter()
                .take_while(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'.' | b'_' | b'-' | b'"' | b' ' | b':' | b'/')
                })
                .count();
            len > 0
                && line.get(len) == Some(&b']')
                && matches!(line.get(len + 1), None | Some(b'\n' | b'\r'))
        })
}

/// Adds the feature of the id of an OAuth app close by: 20 hex digits, or one of the newer forms.
fn add_client_id(site: &Site<'_>, observed: &mut FeatureSet) {
    if let Some(word) = find_client_id(site) {
        observed.add(Feature::ClientId, EvidenceLocation::Text(word));
    }
}

/// Returns the range of the id of an OAuth app close by.
pub(crate) fn find_client_id(site: &Site<'_>) -> Option<Range<usize>> {
    let (text, value) = (site.text, site.value);
    let from = value.start.saturating_sub(200);
    let to = text.len().min(value.end + 160);
    [from..value.start, value.end..to]
        .into_iter()
        .find_map(|part| {
            long_words(text, part).find(|w| is_client_id(site, &text[..w.start], &text[w.clone()]))
        })
}

/// Minimum and maximum length of the id of an app in bytes, without its prefix.
const SHORTEST_ID: usize = 16;
const LONGEST_ID: usize = 20;

/// Returns the whole words of this part of a text that are as long as an id. Only every 16th byte is checked, which
/// finds every word of that length.
fn long_words(text: &[u8], part: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let in_word = |at: usize| text[at].is_ascii_alphanumeric();
    let mut at = part.start + SHORTEST_ID - 1;
    std::iter::from_fn(move || {
        while at < part.end {
            let here = at;
            at += SHORTEST_ID;
            if !in_word(here) {
                continue;
            }
            let (mut start, mut end) = (here, here + 1);
            // A word with one byte more than the longest id is not an id.
            let (floor, ceiling) = (here.saturating_sub(LONGEST_ID), text.len());
            while start > floor && in_word(start - 1) {
                start -= 1;
            }
            while end < ceiling && end - start <= LONGEST_ID && in_word(end) {
                end += 1;
            }
            let whole = start >= part.start && end <= part.end;
            if whole && (SHORTEST_ID..=LONGEST_ID).contains(&(end - start)) {
                return Some(start..end);
            }
        }
        None
    })
}

fn is_client_id(site: &Site<'_>, before: &[u8], word: &[u8]) -> bool {
    let hex = word.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let letters = word.iter().any(|b| matches!(b, b'a'..=b'f'));
    match word.len() {
        16 => hex && lists().app_id_prefixes.suffix_of(before).is_some(),
        20 if lists().app_id_starts.prefix_of(word).is_some() => true,
        20 => hex && letters && may_name_app_id(site, before),
        _ => false,
    }
}

/// Returns true if the text before 20 hex digits may introduce the id of an app: a quote, or a name that fits.
fn may_name_app_id(site: &Site<'_>, before: &[u8]) -> bool {
    const REACH: usize = 100;
    let name = before.trim_ascii_end();
    let Some((mark, name)) = name.split_last() else {
        return true;
    };
    // An id passed to a function for gists is not the id of an app: `gists.get("...")`.
    let line = memchr::memrchr(b'\n', name).map_or(name, |n| &name[n + 1..]);
    let line = line[line.len().saturating_sub(REACH)..].to_ascii_lowercase();
    if lists().other_id_words.is_part_of(&line) && !lists().app_words.is_part_of(&line) {
        return false;
    }
    if !matches!(mark, b'=' | b':') {
        // A part of a path is the id of another object.
        return *mark != b'/';
    }
    let name = &name[name.len().saturating_sub(40)..];
    let line = memchr::memrchr(b'\n', name).map_or(name, |n| &name[n + 1..]);
    let says = site.read_name(line).all;
    let id = line.trim_ascii_end().to_ascii_lowercase();
    let id = lists().id_endings.suffix_of(&id).is_some();
    id || says.has(WordClass::CLIENT.or(WordClass::WEAK).or(WordClass::GITHUB))
}
