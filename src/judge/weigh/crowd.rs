//! Features of other values of the same form in the text, and of the same value in other places.

use std::ops::Range;

use super::{Look, Place, Tally, thing};
use crate::judge::piece::Piece;
use crate::judge::quick;
use crate::judge::slot::Slot;
use crate::judge::words::Sense;
use crate::span::line_start;

/// Features that other values may add.
pub(super) const PIECES: &[Piece] = &[
    Piece::CrowdSome,
    Piece::CrowdMany,
    Piece::CrowdColumn,
    Piece::CrowdMap,
    Piece::TwinHash,
];

/// Counts the values close by, and finds out if they form a column or rows of names.
pub(super) fn of_crowd(look: &Look<'_>, slot: &Slot, tally: &mut Tally) {
    let (text, value, peers) = (look.text, look.value, look.peers);
    let me = peers.partition_point(|p| p.end < value.end);
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
    tally.when(
        (4..20).contains(&(before + after)),
        Piece::CrowdSome,
        look.here(),
    );
    tally.when(before + after >= 20, Piece::CrowdMany, look.here());
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
        tally.add(Piece::CrowdColumn, look.here());
    }
    let rows = rows_of_names(text, peers, me, mine_like(text, value));
    if rows.len() >= 4 && !is_apart(look, slot, me, rows, tally) {
        tally.add(Piece::CrowdMap, look.here());
    }
    of_twins(look, me, tally);
}

/// Returns the indent of the value's line and the bytes directly before the value.
fn mine_like<'t>(text: &'t [u8], value: &Range<usize>) -> (&'t [u8], &'t [u8]) {
    let from = value.start.saturating_sub(160);
    let line = line_start(text, from, value.start);
    let head = &text[line..value.start];
    let blanks = head.iter().take_while(|b| b.is_ascii_whitespace()).count();
    (&head[..blanks], &head[head.len().saturating_sub(2)..])
}

/// Returns the range of adjacent values whose lines have only a name and a value, with the same separator and indent.
fn rows_of_names(
    text: &[u8],
    peers: &[Range<usize>],
    me: usize,
    mine: (&[u8], &[u8]),
) -> Range<usize> {
    let next = |a: &Range<usize>, b: &Range<usize>| {
        let gap = &text[a.end..b.start];
        gap.len() < 120
            && memchr::memchr_iter(b'\n', gap).count() == 1
            && gap.iter().any(u8::is_ascii_alphabetic)
            && !within_row(gap)
                .iter()
                .any(|b| matches!(b, b'(' | b'$' | b'{' | b'['))
            && mine_like(text, b) == mine
            && mine_like(text, a) == mine
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
fn is_apart(look: &Look<'_>, slot: &Slot, me: usize, rows: Range<usize>, tally: &Tally) -> bool {
    const OTHER: Sense = Sense::HASH.or(Sense::MAYBE_HASH).or(Sense::VENDOR);
    let listed = || {
        let heading = thing::heading(look).map(|name| look.read(&name));
        heading.is_some_and(|h| h.end.has(Sense::CREDENTIAL) && !h.all.has(Sense::HASH))
    };
    let github = tally.has(Piece::KeyGithubSecret);
    if !github && !tally.has(Piece::KeySecret) {
        return tally.has(Piece::KeyPlain) && listed();
    }
    let key = &look.text[slot.key.clone()];
    // The name of an environment variable is not the name of a package.
    let upper = key.iter().any(u8::is_ascii_uppercase) && !key.iter().any(u8::is_ascii_lowercase);
    if github && upper {
        return true;
    }
    let plain = rows.filter(|i| *i != me).filter(|i| {
        let row = &look.peers[*i];
        let from = row.start.saturating_sub(160);
        let line = line_start(look.text, from, row.start);
        !look.heard(&(line..row.start)).has(OTHER)
    });
    plain.count() == 0
}

/// Returns the text between two values of a list of rows, without the bracket that opens the second: `{name, "value"}`.
fn within_row(gap: &[u8]) -> &[u8] {
    let line = memchr::memchr(b'\n', gap).map_or(0, |n| n + 1);
    let row = gap[line..].trim_ascii_start();
    row.strip_prefix(b"{")
        .or_else(|| row.strip_prefix(b"("))
        .unwrap_or(gap)
}

/// Records the place of the same value as an id in this text; the complete score decides later if it counts.
fn of_twins(look: &Look<'_>, me: usize, tally: &mut Tally) {
    let (text, value, peers) = (look.text, look.value, look.peers);
    let own = &text[value.clone()];
    let (from, to) = (me.saturating_sub(64), peers.len().min(me + 64));
    let twin = peers[from.min(to)..to].iter().find(|p| {
        p.end != value.end
            && text[(*p).clone()].ends_with(own)
            && (quick::structure(text, p).is_some() || quick::named_hash(text, p).is_some())
    });
    if let Some(twin) = twin {
        tally.keep_twin(Place::Text(twin.clone()));
    }
}
