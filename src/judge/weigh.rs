//! Gathers the evidence on one value: each function here looks at one thing and says what it saw.

use std::ops::Range;

use super::model::{Model, Phrase};
use super::piece::Piece;
use super::slot::{Kind, Slot};
use super::words::Sense;
use super::{Context, LOW, Memory, quick, scope, slot, value};
use crate::rule::Shape;
use crate::span::line_around;

/// Where a piece was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In no place in particular.
    Nowhere,
    /// In the text of the candidate.
    Text(Range<usize>),
    /// In the text around the region that the candidate was decoded from.
    Outer(Range<usize>),
    /// In the path.
    Path,
}

/// The evidence on one value.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// One bit a piece.
    seen: u128,
    places: Vec<(Piece, Place)>,
    /// Whether what is looked at now is the text around a decoded region.
    outer: bool,
    /// Whether every look is taken, whatever it could change.
    thorough: bool,
}

impl Tally {
    fn add(&mut self, piece: Piece, place: Place) {
        if !self.has(piece) {
            let place = match place {
                Place::Text(range) if self.outer => Place::Outer(range),
                place => place,
            };
            self.seen |= 1 << piece as u32;
            self.places.push((piece, place));
        }
    }

    fn when(&mut self, condition: bool, piece: Piece, place: Place) {
        if condition {
            self.add(piece, place);
        }
    }

    pub(super) fn has(&self, piece: Piece) -> bool {
        self.seen & (1 << piece as u32) != 0
    }

    pub(super) fn note(&mut self, piece: Piece) {
        self.add(piece, Place::Nowhere);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Piece, Place)> {
        self.places.iter()
    }

    pub(super) fn bits(&self) -> u128 {
        self.seen
    }

    /// The sum of the weights.
    pub(super) fn log_odds(&self, model: &Model) -> f64 {
        self.places.iter().map(|(p, _)| model.weight(*p)).sum()
    }
}

/// The longest part of a line that is read on either side of a value.
const LINE_BEFORE: usize = 200;
const LINE_AFTER: usize = 120;

/// All evidence on a value but the witnesses'.
///
/// Unless `thorough`, the costliest look is left out where it could not lift the value to low.
pub(super) fn weigh(model: &Model, context: &Context<'_>, thorough: bool) -> Tally {
    let mut tally = Tally {
        thorough,
        ..Tally::default()
    };
    tally.note(Piece::Prior);
    let value = digits(context);
    of_value(model, context, &value, &mut tally);
    let (text, memory) = (context.text, context.memory);
    let mut github = around(model, memory, text, &value, context.peers, &mut tally);
    if let Some((text, (start, end))) = context.outer {
        tally.outer = true;
        let memory = Memory::default();
        github |= around(model, &memory, text, &(start..end), &[], &mut tally);
        tally.outer = false;
    }
    github |= of_path(model, context, &mut tally);
    tally.when(!github, Piece::NoGithub, Place::Nowhere);
    let secret = SPEAK_OF_SECRETS.iter().any(|p| tally.has(*p));
    tally.when(!secret, Piece::NoSecret, Place::Nowhere);
    tally
}

/// The pieces that connect a value with a credential at all.
const SPEAK_OF_SECRETS: [Piece; 22] = [
    Piece::AppForm,
    Piece::UrlUserGithub,
    Piece::UrlUser,
    Piece::UserMarker,
    Piece::BasicUser,
    Piece::AuthHeader,
    Piece::KeySecret,
    Piece::KeyGithubSecret,
    Piece::KeyClientSecret,
    Piece::KeyWeak,
    Piece::CallGithub,
    Piece::CallSecret,
    Piece::ScopeSecret,
    Piece::AboveSecret,
    Piece::AbovePair,
    Piece::LineSecret,
    Piece::LinePair,
    Piece::NearSecret,
    Piece::ClientId,
    Piece::Minted,
    Piece::PathToken,
    Piece::PathSecret,
];

/// The pieces of a value that has a name of its own.
const OWN_NAMES: [Piece; 6] = [
    Piece::KeySecret,
    Piece::KeyGithub,
    Piece::KeyGithubSecret,
    Piece::KeyHash,
    Piece::KeyMaybeHash,
    Piece::KeyVendor,
];

/// The candidate without the prefix `v1.` or `r1.`.
pub(super) fn digits(context: &Context<'_>) -> Range<usize> {
    let (start, end) = context.range;
    if context.shape == Shape::Hex40 {
        start..end
    } else {
        start + 3..end
    }
}

fn of_value(model: &Model, context: &Context<'_>, value: &Range<usize>, tally: &mut Tally) {
    let bytes = &context.text[value.clone()];
    tally.when(
        context.shape != Shape::Hex40,
        Piece::AppForm,
        Place::Nowhere,
    );
    if model.is_placeholder(bytes) {
        tally.add(Piece::Placeholder, Place::Nowhere);
    } else if value::is_dull(bytes) {
        tally.add(Piece::Dull, Place::Nowhere);
    }
}

/// Everything that the text around a value says; whether it names GitHub.
fn around(
    model: &Model,
    memory: &Memory,
    text: &[u8],
    value: &Range<usize>,
    peers: &[Range<usize>],
    tally: &mut Tally,
) -> bool {
    let mut github = false;
    // What was decoded may name its values itself: then the name of the region says nothing of them.
    let named = tally.outer && OWN_NAMES.iter().any(|p| tally.has(*p));
    let structure = quick::structure(text, value);
    let slot = slot::read(text, value);
    match structure {
        _ if named => {}
        Some(piece) => tally.add(piece, Place::Text(value.clone())),
        None => of_slot(model, text, value, &slot, tally, &mut github),
    }
    if !named && structure.is_none_or(|p| p == Piece::Listing) {
        of_key(model, text, value, &slot, tally, &mut github);
    }
    if !named {
        of_scope(model, text, value, tally, &mut github);
    }
    of_lines(model, text, value, &slot, tally, &mut github);
    of_crowd(text, value, peers, tally);
    if !tally.has(Piece::KeyHash) && !tally.has(Piece::KeyMaybeHash) {
        of_client_id(text, value, tally);
    }
    if tally.thorough || tally.log_odds(model) + most_still_to_come(model) >= LOW {
        of_file(model, memory, text, value, tally, &mut github);
    }
    github
}

fn of_slot(
    model: &Model,
    text: &[u8],
    value: &Range<usize>,
    slot: &Slot,
    tally: &mut Tally,
    github: &mut bool,
) {
    let here = || Place::Text(value.clone());
    tally.when(slot.marker, Piece::UserMarker, here());
    if matches!(
        slot.kind,
        Kind::Argument | Kind::Listed | Kind::Follows | Kind::Other
    ) && let Some(name) = quick::after_repository(text, value)
    {
        tally.add(Piece::AfterRepo, Place::Text(name));
    }
    let piece = match slot.kind {
        Kind::UrlUser => {
            let host = model.lexicon.sense(&text[slot.host.clone()]);
            if host.has(Sense::GITHUB) {
                *github = true;
                Piece::UrlUserGithub
            } else {
                tally.when(
                    host.has(Sense::VENDOR),
                    Piece::KeyVendor,
                    Place::Text(slot.host.clone()),
                );
                Piece::UrlUser
            }
        }
        Kind::BasicUser => Piece::BasicUser,
        Kind::Query => {
            let key = model.lexicon.sense(&text[slot.key.clone()]);
            let speaks = key.has(Sense::SECRET) && !key.has(Sense::DERIVED);
            if speaks {
                Piece::Query
            } else {
                Piece::QueryOther
            }
        }
        Kind::AuthHeader => Piece::AuthHeader,
        Kind::Argument => Piece::Argument,
        Kind::Assigned | Kind::Listed => Piece::Assigned,
        Kind::Compared => Piece::Compared,
        Kind::Follows => Piece::Follows,
        Kind::LineHead => Piece::LineHead,
        Kind::Alone if text.trim_ascii().len() == value.len() => Piece::AloneInFile,
        Kind::Alone => Piece::Alone,
        Kind::Cell => Piece::Cell,
        Kind::Coordinate => Piece::Pin,
        Kind::Cited => Piece::Cited,
        Kind::Glued => Piece::Glued,
        Kind::Other => return of_joint(text, value, tally),
    };
    tally.add(piece, here());
}

/// A value that nothing opens: is it joined to something?
fn of_joint(text: &[u8], value: &Range<usize>, tally: &mut Tally) {
    let joint = |b: Option<&u8>| {
        matches!(
            b,
            Some(b'-' | b'_' | b'.' | b'+' | b'*' | b'~' | b'/' | b'@' | b'#')
        )
    };
    let before = joint(value.start.checked_sub(1).and_then(|i| text.get(i)));
    tally.when(before, Piece::Glued, Place::Text(value.clone()));
}

fn of_key(
    model: &Model,
    text: &[u8],
    value: &Range<usize>,
    slot: &Slot,
    tally: &mut Tally,
    github: &mut bool,
) {
    if matches!(
        slot.kind,
        Kind::UrlUser | Kind::Coordinate | Kind::Cited | Kind::Glued
    ) {
        return;
    }
    let here = || Place::Text(slot.key.clone());
    if let Some(name) = quick::named_hash(text, value) {
        return tally.add(Piece::KeyHash, Place::Text(name));
    }
    if slot.key.is_empty() {
        return tally.add(Piece::KeyNone, Place::Nowhere);
    }
    let (all, last) = model.lexicon.read(&text[slot.key.clone()]);
    *github |= all.has(Sense::GITHUB);
    let file = is_file_name(&text[slot.key.clone()]);
    // Prose that names a commit speaks of it, whatever else it names.
    let prose = memchr::memchr_iter(b' ', &text[slot.key.clone()]).count() > 3;
    let hash = last.has(Sense::HASH)
        || (prose && all.has(Sense::HASH))
        || all.has(Sense::DERIVED)
        || (all.has(Sense::HASH) && !all.has(Sense::SECRET));
    tally.when(file, Piece::KeyFile, here());
    let secret = all.has(Sense::SECRET) && !hash;
    let client = secret && all.has(Sense::CLIENT);
    let names_github = all.has(Sense::GITHUB) && !hash;
    tally.when(hash, Piece::KeyHash, here());
    tally.when(
        last.has(Sense::MAYBE_HASH) && !hash,
        Piece::KeyMaybeHash,
        here(),
    );
    tally.when(client, Piece::KeyClientSecret, here());
    tally.when(secret && names_github, Piece::KeyGithubSecret, here());
    tally.when(secret && !names_github, Piece::KeySecret, here());
    tally.when(!secret && names_github, Piece::KeyGithub, here());
    tally.when(
        all.has(Sense::WEAK) && !secret && !hash,
        Piece::KeyWeak,
        here(),
    );
    tally.when(
        all.has(Sense::VENDOR) && !all.has(Sense::GITHUB),
        Piece::KeyVendor,
        here(),
    );
    tally.when(all == Sense::NONE, Piece::KeyPlain, here());
}

fn of_scope(
    model: &Model,
    text: &[u8],
    value: &Range<usize>,
    tally: &mut Tally,
    github: &mut bool,
) {
    let (mut service, mut called, mut spoken) = (false, false, false);
    scope::each(text, value, |range, call| {
        let sense = model.lexicon.sense(&text[range.clone()]);
        let here = || Place::Text(range.clone());
        let speaks = sense.has(
            Sense::GITHUB
                .or(Sense::SECRET)
                .or(Sense::HASH)
                .or(Sense::MAYBE_HASH),
        );
        if call && !called && speaks {
            called = true;
            tally.when(sense.has(Sense::GITHUB), Piece::CallGithub, here());
            tally.when(sense.has(Sense::SECRET), Piece::CallSecret, here());
            tally.when(
                sense.has(Sense::HASH.or(Sense::MAYBE_HASH)),
                Piece::CallHash,
                here(),
            );
        } else if !service && sense.has(Sense::GITHUB) {
            tally.add(Piece::ScopeGithub, here());
        }
        if !call {
            tally.when(sense.has(Sense::SECRET), Piece::ScopeSecret, here());
            // What encloses it most closely decides: `SPEC CHECKSUMS:`, not a heading far above.
            tally.when(!spoken && sense.has(Sense::HASH), Piece::ScopeHash, here());
            spoken |= speaks;
        }
        if !service && sense.has(Sense::VENDOR) && !sense.has(Sense::GITHUB) {
            tally.add(Piece::ScopeVendor, here());
        }
        // The innermost service that is named owns the value.
        service |= sense.has(Sense::GITHUB.or(Sense::VENDOR));
        *github |= sense.has(Sense::GITHUB);
    });
}

/// Whether a key ends as the name of a file does.
fn is_file_name(key: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 30] = [
        b"js", b"mjs", b"ts", b"css", b"svg", b"png", b"jpg", b"html", b"json", b"md", b"rs",
        b"go", b"py", b"rb", b"c", b"h", b"java", b"zip", b"gz", b"tgz", b"xz", b"jar", b"exe",
        b"txt", b"woff", b"map", b"lock", b"yml", b"php", b"so",
    ];
    let key = key.strip_suffix(b"\"").unwrap_or(key);
    memchr::memrchr(b'.', key).is_some_and(|dot| dot > 0 && ENDINGS.contains(&&key[dot + 1..]))
}

fn of_lines(
    model: &Model,
    text: &[u8],
    value: &Range<usize>,
    slot: &Slot,
    tally: &mut Tally,
    github: &mut bool,
) {
    let line = line_around_within(text, value);
    let from = line.start;
    let before = if slot.key.is_empty() || slot.key.start < from {
        from..value.start
    } else {
        from..slot.key.start.min(value.start)
    };
    let mut rest = model.lexicon.sense(&text[before.clone()]);
    rest = rest.or(model.lexicon.sense(&text[value.end..line.end]));
    let here = || Place::Text(line.clone());
    tally.when(rest.has(Sense::PAIR), Piece::LinePair, here());
    tally.when(rest.has(Sense::GITHUB), Piece::LineGithub, here());
    tally.when(rest.has(Sense::SECRET), Piece::LineSecret, here());
    tally.when(rest.has(Sense::HASH), Piece::LineHash, here());
    tally.when(
        rest.has(Sense::VENDOR) && !rest.has(Sense::GITHUB),
        Piece::LineVendor,
        here(),
    );
    *github |= rest.has(Sense::GITHUB);

    let above = line_above(text, line.start);
    let sense = model.lexicon.sense(&text[above.clone()]);
    let there = || Place::Text(above.clone());
    tally.when(sense.has(Sense::PAIR), Piece::AbovePair, there());
    tally.when(sense.has(Sense::GITHUB), Piece::AboveGithub, there());
    tally.when(sense.has(Sense::SECRET), Piece::AboveSecret, there());
    tally.when(sense.has(Sense::HASH), Piece::AboveHash, there());
    *github |= sense.has(Sense::GITHUB);

    let near = lines_around(text, &line);
    let sense = model
        .lexicon
        .sense(&text[near.start..line.start])
        .or(model.lexicon.sense(&text[line.end..near.end]));
    let there = || Place::Text(near.clone());
    tally.when(sense.has(Sense::GITHUB), Piece::NearGithub, there());
    tally.when(sense.has(Sense::SECRET), Piece::NearSecret, there());
    tally.when(sense.has(Sense::HASH), Piece::NearHash, there());
    tally.when(
        sense.has(Sense::VENDOR) && !sense.has(Sense::GITHUB),
        Piece::NearVendor,
        there(),
    );
    *github |= sense.has(Sense::GITHUB);
}

/// The value's line, cut to what is near it.
fn line_around_within(text: &[u8], value: &Range<usize>) -> Range<usize> {
    let from = value.start.saturating_sub(LINE_BEFORE);
    let to = text.len().min(value.end + LINE_AFTER);
    let line = line_around(&text[from..to], value.start - from);
    let end = from + line.end;
    from + line.start..end.max(value.end)
}

/// The nearest line above that holds more than an id.
fn line_above(text: &[u8], line_start: usize) -> Range<usize> {
    let mut end = line_start;
    let floor = line_start.saturating_sub(2000);
    for _ in 0..40 {
        if end <= floor || end == 0 {
            break;
        }
        let stop = end - 1;
        let start = memchr::memrchr(b'\n', &text[floor..stop]).map_or(floor, |n| floor + n + 1);
        let body = text[start..stop].trim_ascii();
        let bare = body
            .iter()
            .filter(|b| {
                !b.is_ascii_hexdigit()
                    && !matches!(b, b'"' | b'\'' | b',' | b'`' | b'-' | b' ' | b'#')
            })
            .count()
            == 0;
        if !bare {
            return start.max(stop.saturating_sub(300))..stop;
        }
        end = start;
    }
    line_start..line_start
}

/// Five lines before and three after, cut to what is near.
fn lines_around(text: &[u8], line: &Range<usize>) -> Range<usize> {
    let floor = line.start.saturating_sub(500);
    let start = memchr::memrchr_iter(b'\n', &text[floor..line.start])
        .nth(5)
        .map_or(floor, |n| floor + n + 1);
    let ceiling = text.len().min(line.end + 300);
    let end = memchr::memchr_iter(b'\n', &text[line.end..ceiling])
        .nth(3)
        .map_or(ceiling, |n| line.end + n);
    start..end
}

/// How far around a value the phrases of its file are looked for.
const PHRASES_BEFORE: usize = 4000;
const PHRASES_AFTER: usize = 1500;
/// And how much of the file's head, where it says what it imports.
const HEAD: usize = 3000;

/// The most that the file's phrases and the path can add.
fn most_still_to_come(model: &Model) -> f64 {
    const PIECES: [Piece; 6] = [
        Piece::FileGithub,
        Piece::Minted,
        Piece::PathToken,
        Piece::PathCredentials,
        Piece::PathGithub,
        Piece::PathSecret,
    ];
    PIECES.iter().map(|p| model.weight(*p).max(0.0)).sum()
}

fn of_file(
    model: &Model,
    memory: &Memory,
    text: &[u8],
    value: &Range<usize>,
    tally: &mut Tally,
    github: &mut bool,
) {
    let from = value.start.saturating_sub(PHRASES_BEFORE);
    let to = text.len().min(value.end + PHRASES_AFTER);
    let mut look = |part: Range<usize>, near: bool| {
        memory.phrases(model, text, part, |phrase, place| {
            *github |= matches!(phrase, Phrase::Client | Phrase::Minted | Phrase::Github);
            let here = Place::Text(place);
            match phrase {
                Phrase::Minted if near => tally.add(Piece::Minted, here),
                Phrase::Client => tally.add(Piece::FileGithub, here),
                Phrase::Elsewhere if near => tally.add(Piece::FileElsewhere, here),
                _ => {}
            }
        });
    };
    look(from..value.start, true);
    look(value.end..to, true);
    look(0..from.min(HEAD), false);
}

/// The id of an OAuth app, 20 hex digits or one of the newer forms, close by.
fn of_client_id(text: &[u8], value: &Range<usize>, tally: &mut Tally) {
    let from = value.start.saturating_sub(200);
    let to = text.len().min(value.end + 160);
    for part in [from..value.start, value.end..to] {
        let mut at = part.start;
        for word in text[part.clone()].split(|b| !b.is_ascii_alphanumeric()) {
            let here = at..at + word.len();
            at = here.end + 1;
            let whole = |i: Option<&u8>| i.is_none_or(|b| !b.is_ascii_alphanumeric());
            let cut = !whole(here.start.checked_sub(1).and_then(|i| text.get(i)))
                || !whole(text.get(here.end));
            if !cut && is_client_id(&text[..here.start], word) {
                return tally.add(Piece::ClientId, Place::Text(here));
            }
        }
    }
}

fn is_client_id(before: &[u8], word: &[u8]) -> bool {
    let hex = word.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let letters = word.iter().any(|b| matches!(b, b'a'..=b'f'));
    match word.len() {
        16 => hex && before.ends_with(b"Iv1."),
        20 => (hex && letters) || word.starts_with(b"Ov23li") || word.starts_with(b"Iv23"),
        _ => false,
    }
}

fn of_crowd(text: &[u8], value: &Range<usize>, peers: &[Range<usize>], tally: &mut Tally) {
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
    let here = || Place::Text(value.clone());
    tally.when(
        (4..20).contains(&(before + after)),
        Piece::CrowdSome,
        here(),
    );
    tally.when(before + after >= 20, Piece::CrowdMany, here());
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
        tally.add(Piece::CrowdColumn, here());
    }
    if rows_of_names(text, peers, me, mine_like(text, value)) >= 4 {
        tally.add(Piece::CrowdMap, here());
    }
    of_twins(text, value, peers, me, tally);
}

/// The indent of a value's line and the bytes right before the value.
fn mine_like<'t>(text: &'t [u8], value: &Range<usize>) -> (&'t [u8], &'t [u8]) {
    let from = value.start.saturating_sub(160);
    let line = memchr::memrchr(b'\n', &text[from..value.start]).map_or(from, |n| from + n + 1);
    let head = &text[line..value.start];
    let blanks = head.iter().take_while(|b| b.is_ascii_whitespace()).count();
    (&head[..blanks], &head[head.len().saturating_sub(2)..])
}

/// How many lines in a row, this one too, hold only a name and a value of this form, joined and indented alike.
fn rows_of_names(text: &[u8], peers: &[Range<usize>], me: usize, mine: (&[u8], &[u8])) -> usize {
    let next = |a: &Range<usize>, b: &Range<usize>| {
        let gap = &text[a.end..b.start];
        gap.len() < 120
            && memchr::memchr_iter(b'\n', gap).count() == 1
            && gap.iter().any(u8::is_ascii_alphabetic)
            && !gap.iter().any(|b| matches!(b, b'(' | b'$' | b'{' | b'['))
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
    1 + up + down
}

/// The same value as an id elsewhere in this text.
fn of_twins(
    text: &[u8],
    value: &Range<usize>,
    peers: &[Range<usize>],
    me: usize,
    tally: &mut Tally,
) {
    let own = &text[value.clone()];
    let (from, to) = (me.saturating_sub(64), peers.len().min(me + 64));
    let twin = peers[from.min(to)..to].iter().find(|p| {
        p.end != value.end
            && text[(*p).clone()].ends_with(own)
            && (quick::structure(text, p).is_some() || quick::named_hash(text, p).is_some())
    });
    if let Some(twin) = twin {
        tally.add(Piece::TwinHash, Place::Text(twin.clone()));
    }
}

/// Names of files in which tools keep credentials.
const CREDENTIAL_FILES: [&[u8]; 22] = [
    b".netrc",
    b"_netrc",
    b".git-credentials",
    b"hosts.yml",
    b"auth.json",
    b".env",
    b".npmrc",
    b"credentials",
    b"credentials.xml",
    b"credentials.json",
    b"nuget.config",
    b".gitconfig",
    b"hub",
    b"apps.json",
    b"github.xml",
    b".bash_history",
    b".zsh_history",
    b"secrets.yml",
    b"secrets.yaml",
    b"secrets.json",
    b".envrc",
    b"gradle.properties",
];

/// Whether a text holds little more than one value.
pub(super) fn is_short(text: &[u8]) -> bool {
    text.len() <= 160
}

fn of_path(model: &Model, context: &Context<'_>, tally: &mut Tally) -> bool {
    let path = context.path;
    // Folders far above say little and are not the project's own.
    let tail = {
        let cut = memchr::memrchr_iter(b'/', path).nth(3).map_or(0, |i| i + 1);
        &path[cut..]
    };
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |i| i + 1)..];
    let all = model.lexicon.sense(tail);
    let gist = name == b".gist" || name == b"gist";
    let holds = gist || (all.has(Sense::GITHUB) && all.has(Sense::SECRET) && !all.has(Sense::HASH));
    tally.when(
        holds && is_short(context.text),
        Piece::PathToken,
        Place::Path,
    );
    let known = CREDENTIAL_FILES.contains(&name) || name.starts_with(b".env.");
    tally.when(known, Piece::PathCredentials, Place::Path);
    tally.when(all.has(Sense::GITHUB), Piece::PathGithub, Place::Path);
    tally.when(all.has(Sense::SECRET), Piece::PathSecret, Place::Path);
    tally.when(all.has(Sense::HASH), Piece::PathHash, Place::Path);
    all.has(Sense::GITHUB) || gist
}
