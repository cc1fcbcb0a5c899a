//! Features of other values of the same form in the text, and of the same value in other places.

use std::ops::Range;

use super::feature_set::FeatureSet;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::slot::Slot;
use crate::judge::site::{Site, adjacent};
use crate::judge::vocabulary::WordClass;
use crate::span::line_start;

/// Counts the values close by, and finds out if they form a column or rows of names.
pub(crate) fn add_neighbours(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let (text, value, peers) = (site.text, &site.value, site.peers);
    let me = site.rank();
    let near = |p: &&Range<usize>| p.start.abs_diff(value.start) < 1500;
    let before = peers[..me.min(peers.len())]
        .iter()
        .rev()
        .take(40)
        .take_while(near)
        .count();
    let after = peers
        .get(me + 1..)
        .map_or(0, |rest| rest.iter().take(40).take_while(near).count());
    observed.add_if(
        (4..20).contains(&(before + after)),
        Feature::NeighboursFew,
        site.own_location(),
    );
    observed.add_if(
        before + after >= 20,
        Feature::NeighboursMany,
        site.own_location(),
    );
    let column = |p: &Range<usize>| {
        let from = p.start.saturating_sub(120);
        memchr::memrchr(b'\n', &text[from..p.start]).map(|n| p.start - from - n)
    };
    let mine = column(value);
    let same = |i: Option<usize>| {
        i.and_then(|i| peers.get(i))
            .is_some_and(|p| near(&p) && mine.is_some() && column(p) == mine)
    };
    if same(me.checked_sub(1)) && same(me.checked_add(1)) {
        observed.add(Feature::NeighbourColumn, site.own_location());
    }
    let rows = count_name_rows(text, peers, me, line_shape(text, value));
    if rows.len() >= 4 && !is_apart(site, slot, me, rows, observed) {
        observed.add(Feature::NeighbourMap, site.own_location());
    }
    add_same_value(site, me, observed);
}

/// Returns the indent of the value's line, in which opening brackets count as blanks, and the bytes directly before the
/// value.
fn line_shape<'t>(text: &'t [u8], value: &Range<usize>) -> (usize, &'t [u8]) {
    let from = value.start.saturating_sub(160);
    let line = line_start(text, from, value.start);
    let head = &text[line..value.start];
    let blank = |b: &&u8| b.is_ascii_whitespace() || **b == b'(';
    let blanks = head.iter().take_while(blank).count();
    (blanks, &head[head.len().saturating_sub(2)..])
}

/// Returns the range of adjacent values whose lines have only a name and a value, with the same separator and indent.
fn count_name_rows(
    text: &[u8],
    peers: &[Range<usize>],
    me: usize,
    mine: (usize, &[u8]),
) -> Range<usize> {
    let next = |a: &Range<usize>, b: &Range<usize>| {
        let gap = &text[a.end..b.start];
        gap.len() < 120
            && memchr::memchr_iter(b'\n', gap).count() == 1
            && gap.iter().any(u8::is_ascii_alphabetic)
            && !strip_row_bracket(gap)
                .iter()
                .any(|b| matches!(b, b'(' | b'$' | b'{' | b'['))
            && line_shape(text, b) == mine
            && line_shape(text, a) == mine
    };
    let down = (me + 1..peers.len().min(me + 6))
        .take_while(|&i| next(&peers[i - 1], &peers[i]))
        .count();
    let up = (1..=me.min(peers.len().saturating_sub(1)))
        .rev()
        .take(6)
        .take_while(|&i| next(&peers[i - 1], &peers[i]))
        .count();
    me - up..me + down + 1
}

/// Returns true if the value's name, or the name of the list, differs in kind from the rows around it. A map of
/// packages to ids has names of one kind, while a credential is listed among ids or other services.
fn is_apart(
    site: &Site<'_>,
    slot: &Slot,
    me: usize,
    rows: Range<usize>,
    observed: &FeatureSet,
) -> bool {
    const OTHER: WordClass = WordClass::HASH
        .or(WordClass::MAYBE_HASH)
        .or(WordClass::VENDOR);
    let listed = || {
        let heading = site.heading().map(|name| site.read(&name));
        heading.is_some_and(|h| h.end.has(WordClass::CREDENTIAL) && !h.all.has(WordClass::HASH))
    };
    let github = observed.has(Feature::KeyGithubSecret);
    if !github && !observed.has(Feature::KeySecret) {
        let open = observed.has(Feature::KeyPlain) || observed.has(Feature::KeyGithub);
        return open && listed();
    }
    let key = &site.text[slot.key.clone()];
    // The name of an environment variable is not the name of a package.
    let upper = key.iter().any(u8::is_ascii_uppercase) && !key.iter().any(u8::is_ascii_lowercase);
    // Nor is `githubtoken` or `github_token`, where packages have hyphens.
    let is_variable = key.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let is_quoted = matches!(site.text[..slot.key.start].last(), Some(b'"' | b'\''));
    let in_things = || {
        site.heading()
            .is_some_and(|name| site.read(&name).end.has(WordClass::THING))
    };
    let is_variable = is_variable && (!is_quoted || key.contains(&b'_')) && !in_things();
    if github && (upper || is_variable) {
        return true;
    }
    let plain = rows.filter(|i| *i != me).filter(|i| {
        let row = &site.peers[*i];
        let from = row.start.saturating_sub(160);
        let line = line_start(site.text, from, row.start);
        !site.whole_word_classes(&(line..row.start)).has(OTHER)
    });
    plain.count() == 0
}

/// Returns the text between two values of a list of rows, without the bracket that opens the second: `{name, "value"}`.
fn strip_row_bracket(gap: &[u8]) -> &[u8] {
    let line = memchr::memchr(b'\n', gap).map_or(0, |n| n + 1);
    let row = gap[line..].trim_ascii_start();
    row.strip_prefix(b"{")
        .or_else(|| row.strip_prefix(b"("))
        .unwrap_or(gap)
}

/// Records the place of the same value as an id in this text; the complete score decides later if it counts.
fn add_same_value(site: &Site<'_>, me: usize, observed: &mut FeatureSet) {
    let (text, value, peers) = (site.text, &site.value, site.peers);
    let own = &text[value.clone()];
    let (from, to) = (me.saturating_sub(64), peers.len().min(me + 64));
    let twin = peers[from.min(to)..to].iter().find(|p| {
        p.end != value.end
            && text[(*p).clone()].ends_with(own)
            && (adjacent::find_structure(text, p).is_some()
                || adjacent::hash_name_before(text, p).is_some())
    });
    if let Some(twin) = twin {
        observed.keep_twin(EvidenceLocation::Text(twin.clone()));
    }
}
