//! The forms of tokens, recognised in a run of word characters: whole tokens only, borders included.

use std::ops::Range;

use super::runs::{Untextual, is_control, is_word};
use super::{Candidate, Kind, LONGEST_TOKEN};
use crate::checksum;
use crate::finding::Checksum;
use crate::rule::Shape;

/// The prefixes that stand at the head of a word run, with their shape.
static PREFIXES: [(&[u8], Shape); 8] = [
    (b"ghp_", Shape::Ghp),
    (b"gho_", Shape::Gho),
    (b"ghu_", Shape::Ghu),
    (b"ghs_", Shape::Ghs),
    (b"ghr_", Shape::Ghr),
    (b"npm_", Shape::Npm),
    (b"github_pat_", Shape::FineGrained),
    (b"secret_scanning_", Shape::TestToken),
];

/// GitHub plans for tokens of up to this many characters in all.
pub(super) const LONGEST_CLASSIC: usize = 255;

/// GitHub's headers of stateless tokens are far shorter.
const LONGEST_HEADER: usize = 512;

/// A stretch of base64url characters and full stops, which may hold many runs: it is read once for all of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stretch {
    start: usize,
    /// Its end, without the full stops there: those belong to the sentence.
    end: usize,
    /// Its last full stops before that, the very last one first.
    stops: [Option<usize>; 3],
}

impl Stretch {
    /// Makes this the stretch that `at` stands in, from there on at least.
    fn move_to(&mut self, text: &[u8], at: usize) {
        if (self.start..self.end).contains(&at) {
            return;
        }
        let rest = &text[at..];
        let len = rest
            .iter()
            .take_while(|b| is_base64url(**b) || **b == b'.')
            .count();
        let tail = rest[..len].iter().rev().take_while(|b| **b == b'.').count();
        let mut stops = memchr::memrchr_iter(b'.', &rest[..len - tail]).map(|stop| at + stop);
        *self = Stretch {
            start: at,
            end: at + len - tail,
            stops: [stops.next(), stops.next(), stops.next()],
        };
    }
}

/// Appends the candidates of one maximal run of word characters; `seen` is what else stands in `text`.
/// `stretch` belongs to the text too, and is new for its first run.
pub fn examine(
    text: &[u8],
    run: Range<usize>,
    seen: Untextual,
    stretch: &mut Stretch,
    out: &mut Vec<Candidate>,
) {
    let word = &text[run.clone()];
    if is_mere_word(text, &run) {
        if seen.controls {
            glued(text, &run, out);
        }
        return;
    }
    let before = out.len();
    // Where there are many, they mostly stand at the head of their runs.
    if prefixed(text, run.start, run.end, stretch, out) {
        return;
    }
    if hex_from(text, run.start, run.end, out) {
        return stateless_by_its_claims(text, &run, stretch, out);
    }
    if memchr::memchr(b'_', word).is_none() {
        hex(text, &run, out);
        return stateless_by_its_claims(text, &run, stretch, out);
    }
    for start in other_starts(text, &run) {
        if prefixed(text, start, run.end, stretch, out) {
            return;
        }
    }
    if seen.controls {
        glued(text, &run, out);
    }
    if out.len() == before {
        hex(text, &run, out);
        stateless_by_its_claims(text, &run, stretch, out);
    }
}

/// Whether only [`glued`] can find something in a run: so it is with nearly all of them.
fn is_mere_word(text: &[u8], run: &Range<usize>) -> bool {
    let escaped = run.start > 0 && ends_escape_head(text[run.start - 1]);
    let claims = run.start > 0 && text[run.start - 1] == b'.';
    let prefixed = matches!(text[run.start], b'g' | b'n' | b's' | b'P' | b'_');
    let hex = matches!(run.len(), 40 | 80);
    !(escaped || claims || prefixed || hex)
}

/// Whether `byte`, before a run, may be the part of an escape whose rest is in the head of the run.
pub(super) fn ends_escape_head(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'=' | b'[' | b';')
}

/// Where in a run a token may start: at its head, or at one of [`other_starts`].
fn starts(text: &[u8], run: &Range<usize>) -> impl Iterator<Item = usize> {
    // The head mostly settles it, so the others are worked out when they are asked for.
    let others = std::iter::once_with(|| other_starts(text, run));
    std::iter::once(run.start).chain(others.flatten())
}

/// Where in a run a token may start behind what belongs to an escape that begins before it.
fn other_starts(text: &[u8], run: &Range<usize>) -> impl Iterator<Item = usize> {
    let word = &text[run.clone()];
    let skips = [
        escape_residue(text, run),
        leading_underscores(word),
        usize::from(word.starts_with(b"Pghr_")),
    ];
    let first = run.start;
    let others = skips.into_iter().filter(|skip| *skip > 0);
    others.map(move |skip| first + skip)
}

/// How many underscores `word` starts with: eight at a time, as there may be millions.
fn leading_underscores(word: &[u8]) -> usize {
    let (eights, _) = word.as_chunks::<8>();
    let whole = eights.iter().take_while(|e| **e == *b"________").count();
    let rest = &word[8 * whole..];
    8 * whole + rest.iter().take_while(|b| **b == b'_').count()
}

/// How many bytes at the head of a run are the tail of an escape (`\n`, `\u003d`, `\x3d`, `%3D`, `=3D`,
/// `ESC[32m`), so that a token may start right behind them.
fn escape_residue(text: &[u8], run: &Range<usize>) -> usize {
    let before = &text[..run.start];
    let word = &text[run.clone()];
    let all = |digits: Range<usize>, wanted: fn(&u8) -> bool| {
        let digits = word.get(digits);
        digits.is_some_and(|digits| digits.iter().all(wanted))
    };
    let hex = u8::is_ascii_hexdigit;
    match before.last() {
        Some(b'\\') => match word[0] {
            b'u' if all(1..5, hex) => 5,
            b'U' if all(1..9, hex) => 9,
            b'x' if all(1..3, hex) => 3,
            b'0'..=b'3' if all(1..3, |b| matches!(b, b'0'..=b'7')) => 3,
            b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' | b'e' | b'0' => 1,
            _ => 0,
        },
        Some(b'%') if all(0..2, hex) => 2,
        Some(b'=') if all(0..2, |b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) => 2,
        Some(b'[' | b';') => ansi_residue(before, word),
        _ => 0,
    }
}

/// The tail of a terminal colour sequence, `31m` of `ESC[1;31m`, however the escape character is written.
fn ansi_residue(before: &[u8], word: &[u8]) -> usize {
    let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits > 3 || !matches!(word.get(digits), Some(b'm' | b'K')) {
        return 0;
    }
    let head = before
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit() || **b == b';')
        .count();
    let head = &before[..before.len() - head];
    let Some(head) = head.strip_suffix(b"[") else {
        return 0;
    };
    let escapes: [&[u8]; 7] = [
        b"\x1b", b"\\x1b", b"\\x1B", b"\\u001b", b"\\u001B", b"\\033", b"\\e",
    ];
    let written = escapes.iter().any(|e| head.ends_with(e)) || head.ends_with(b"^[");
    if written { digits + 1 } else { 0 }
}

/// Where in a run a token with a checksum, or the first piece of one, begins with its prefix.
pub(super) fn begins(text: &[u8], run: &Range<usize>) -> Option<usize> {
    if checked_prefix(&text[run.clone()]).is_some() {
        return Some(run.start);
    }
    let escaped = run.start > 0 && ends_escape_head(text[run.start - 1]);
    if !escaped && text[run.start] != b'_' {
        return None;
    }
    starts(text, run).find(|start| checked_prefix(&text[*start..run.end]).is_some())
}

/// The prefix that `word` begins with.
fn prefix_of(word: &[u8]) -> Option<(&'static [u8], Shape)> {
    let head = word.first_chunk::<4>()?;
    // Most words end here.
    if !matches!(head[0], b'g' | b'n' | b's') {
        return None;
    }
    let known = PREFIXES[HEADS.iter().position(|h| h == head)?];
    (known.0.len() == head.len() || word.starts_with(known.0)).then_some(known)
}

/// How each of [`PREFIXES`] begins: no two alike, and told apart in one step.
const HEADS: [[u8; 4]; PREFIXES.len()] = {
    let mut heads = [[0; 4]; PREFIXES.len()];
    let mut at = 0;
    while at < heads.len() {
        let prefix = PREFIXES[at].0;
        heads[at] = [prefix[0], prefix[1], prefix[2], prefix[3]];
        at += 1;
    }
    heads
};

/// The prefix of a token with a checksum that `word` begins with.
fn checked_prefix(word: &[u8]) -> Option<(&'static [u8], Shape)> {
    prefix_of(word).filter(|(_, shape)| shape.checksum().is_some())
}

/// Whether `word` is a whole token whose checksum holds.
pub(super) fn is_proved(word: &[u8]) -> bool {
    checked_prefix(word)
        .is_some_and(|(prefix, shape)| verify(shape, prefix, word) == Some(Checksum::Valid))
}

/// Whether `text` begins as a stateless token does.
pub(super) fn begins_stateless(text: &[u8]) -> bool {
    start_of_jwt(text, 0).is_some()
}

/// Whether `word` is a whole stateless token, as far as can be told.
pub(super) fn is_stateless(word: &[u8]) -> bool {
    stateless_end(word, 0, &mut Stretch::default()) == Some(word.len())
        && jwt_checksum(word) == Checksum::None
}

/// Whether more must follow `word` to make a token with a checksum of it.
pub(super) fn is_open(word: &[u8]) -> bool {
    match room_left(word) {
        Some(left) => left > 0,
        None => PREFIXES.iter().any(|(p, _)| p.starts_with(word)),
    }
}

/// For the beginning of a token, its prefix whole: how many characters are missing at least.
pub(super) fn room_left(word: &[u8]) -> Option<usize> {
    let (prefix, shape) = checked_prefix(word)?;
    let body = &word[prefix.len()..];
    let whole = match shape {
        Shape::FineGrained => 82,
        Shape::Ghr => 76,
        _ => 36,
    };
    if shape == Shape::Ghs && begins_stateless(word) {
        return Some(usize::from(!is_stateless(word)));
    }
    if body.len() >= whole {
        return Some(0);
    }
    let parted = |at: usize| shape == Shape::FineGrained && at == 22;
    let mut places = body.iter().enumerate();
    let is_part = places.all(|(at, b)| is_word(*b) && (*b == b'_') == parted(at));
    is_part.then(|| whole - body.len())
}

/// Examines a token with a prefix that starts at `start` in a run that ends at `end`. Says whether there is one.
fn prefixed(
    text: &[u8],
    start: usize,
    end: usize,
    stretch: &mut Stretch,
    out: &mut Vec<Candidate>,
) -> bool {
    let word = &text[start..end];
    let Some((prefix, shape)) = prefix_of(word) else {
        return false;
    };
    if shape == Shape::Ghs && stateless(text, start, stretch, out) {
        return true;
    }
    let Some(end) = emphasised_end(text, start, end) else {
        return false;
    };
    let token = &text[start..end];
    let Some(checksum) = verify(shape, prefix, token) else {
        return false;
    };
    push(out, shape, checksum, start..start + token.len());
    true
}

/// Where a token between `start` and `end` ends without the Markdown emphasis around it (`_ghp_…_`, `__ghp_…__`);
/// `None` if underscores before it make it part of a longer run, or if there is nothing else.
fn emphasised_end(text: &[u8], start: usize, end: usize) -> Option<usize> {
    if start == 0 || text[start - 1] != b'_' {
        return Some(end);
    }
    let marks = 1 + usize::from(start > 1 && text[start - 2] == b'_');
    let closed = text[start..end]
        .iter()
        .rev()
        .take(marks)
        .all(|b| *b == b'_');
    (closed && end - start > marks).then_some(end - marks)
}

/// What the checksum of a whole token of this shape says; `None` if `token` does not have the shape.
fn verify(shape: Shape, prefix: &[u8], token: &[u8]) -> Option<Checksum> {
    let body = token.get(prefix.len()..)?;
    let of = |valid| {
        Some(if valid {
            Checksum::Valid
        } else {
            Checksum::Invalid
        })
    };
    match shape {
        Shape::FineGrained => {
            let parts = body.len() == 82
                && body[22] == b'_'
                && !body[..22].contains(&b'_')
                && !body[23..].contains(&b'_');
            if parts {
                of(checksum::fine_grained_holds(token))
            } else {
                None
            }
        }
        Shape::TestToken => {
            let tail = body.strip_prefix(b"ab85fc6f8d7638cf1c11da812da308d43_")?;
            (tail.len() == 5 && !tail.contains(&b'_')).then_some(Checksum::None)
        }
        _ => {
            let exact = if shape == Shape::Ghr { 76 } else { 36 };
            if body.len() < 36
                || token.len() > LONGEST_CLASSIC
                || memchr::memchr(b'_', body).is_some()
            {
                return None;
            }
            let valid = checksum::crc32_holds(body);
            // GitHub has announced longer tokens; one that proves itself is taken, others must fit the form.
            if valid || body.len() == exact {
                of(valid)
            } else {
                None
            }
        }
    }
}

/// In compiled files strings stand without a border between them, so there a token may be glued to its
/// neighbours; only a checksum that holds proves it.
fn glued(text: &[u8], run: &Range<usize>, out: &mut Vec<Candidate>) {
    let word = &text[run.clone()];
    if !has_prefix(word) || !is_binary(text, run) {
        return;
    }
    for end in ends_of_prefixes(word) {
        for &(prefix, shape) in &PREFIXES[..7] {
            if !word[..end].ends_with(prefix) {
                continue;
            }
            let start = end - prefix.len();
            let len = match shape {
                Shape::Ghr => 80,
                Shape::FineGrained => 93,
                _ => 40,
            };
            if let Some(token) = word.get(start..start + len)
                && verify(shape, prefix, token) == Some(Checksum::Valid)
            {
                let start = run.start + start;
                push(out, shape, Checksum::Valid, start..start + len);
            }
        }
    }
}

/// Where in `word` something ends that may be one of the first seven [`PREFIXES`].
fn ends_of_prefixes(word: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'_', word)
        .filter(|at| {
            matches!(
                word[..*at],
                [.., b'g', b'h', _] | [.., b'n', b'p', b'm'] | [.., b'p', b'a', b't']
            )
        })
        .map(|at| at + 1)
}

/// Whether `word` holds the prefix of a token.
pub(super) fn has_prefix(word: &[u8]) -> bool {
    ends_of_prefixes(word).any(|_| true)
}

/// Whether `word` is as many hex digits as a token without a prefix has, with or without underscores around it.
pub(super) fn is_digits(word: &[u8]) -> bool {
    let start = leading_underscores(word);
    let trail = word.iter().rev().take_while(|b| **b == b'_').count();
    let digits = word.get(start..word.len() - trail).unwrap_or_default();
    all_hex(digits)
}

/// Whether the bytes around a run are no text: control characters that no text holds stand close by.
fn is_binary(text: &[u8], run: &Range<usize>) -> bool {
    const AROUND: usize = 64;
    let near = |bytes: &[u8]| bytes.iter().any(|b| is_control(*b));
    near(&text[run.start.saturating_sub(AROUND)..run.start])
        || near(&text[run.end..text.len().min(run.end + AROUND)])
}

/// 40 lower-case hex digits that fill all of a run but its head, of which an escape before it has a part.
fn hex(text: &[u8], run: &Range<usize>, out: &mut Vec<Candidate>) {
    // The first that is one settles it.
    _ = other_starts(text, run).any(|start| hex_from(text, start, run.end, out));
}

/// 40 lower-case hex digits from `start` on, with or without the prefix of the legacy app tokens. Says whether there
/// are some.
fn hex_from(text: &[u8], start: usize, end: usize, out: &mut Vec<Candidate>) -> bool {
    let Some(end) = emphasised_end(text, start, end) else {
        return false;
    };
    let digits = end - start;
    if !all_hex(&text[start..end]) {
        return false;
    }
    let bordered = |p: usize| p == 0 || !(is_word(text[p - 1]) || text[p - 1] == b'.');
    let prefix = start.checked_sub(3).filter(|p| bordered(*p));
    let (shape, from) = match (digits, prefix.map(|p| (p, &text[p..start]))) {
        (40, Some((p, b"v1."))) => (Shape::V1Hex, p),
        (_, Some((p, b"r1."))) => (Shape::R1Hex, p),
        (40, _) => (Shape::Hex40, start),
        _ => return false,
    };
    push(out, shape, Checksum::None, from..end);
    true
}

/// Whether `word` is 40 or 80 lower-case hex digits.
fn all_hex(word: &[u8]) -> bool {
    // All 40 are looked at, which the compiler does many at a time.
    let are_hex = |digits: &[u8; 40]| {
        let is_hex = |b: &u8| b.is_ascii_digit() | matches!(b, b'a'..=b'f');
        digits.iter().fold(true, |all, b| all & is_hex(b))
    };
    match word.as_chunks() {
        ([one], []) => are_hex(one),
        ([one, two], []) => are_hex(one) && are_hex(two),
        _ => false,
    }
}

/// Examines a stateless installation token that starts at `start`, to its true end. Says whether there is one.
fn stateless(text: &[u8], start: usize, stretch: &mut Stretch, out: &mut Vec<Candidate>) -> bool {
    let Some(end) =
        stateless_end(text, start, stretch).and_then(|end| emphasised_end(text, start, end))
    else {
        return false;
    };
    push(
        out,
        Shape::GhsStateless,
        jwt_checksum(&text[start..end]),
        start..end,
    );
    true
}

/// Where the header begins in a stateless token that starts at `start`.
fn start_of_jwt(text: &[u8], start: usize) -> Option<usize> {
    let body = text[start..].strip_prefix(b"ghs_")?;
    let digits = body.iter().take(21);
    let app = digits.take_while(|b| b.is_ascii_digit()).count();
    let is_one = app > 0 && app <= 20 && body[app..].starts_with(b"_eyJ");
    is_one.then_some(start + 4 + app + 1)
}

/// The end of `ghs_<app id>_<header>.<claims>.<signature>`.
fn stateless_end(text: &[u8], start: usize, stretch: &mut Stretch) -> Option<usize> {
    let jwt = start_of_jwt(text, start)?;
    stretch.move_to(text, jwt);
    let in_jwt = |stop: Option<usize>| stop.filter(|stop| *stop >= jwt);
    let [last, first, other] = stretch.stops.map(in_jwt);
    let (first, last, end) = (first?, last?, stretch.end);
    let whole = other.is_none()
        && [jwt..first, first + 1..last, last + 1..end]
            .iter()
            .all(|part| part.len() >= 10);
    (whole && end - start < LONGEST_TOKEN).then_some(end)
}

/// A stateless token whose first part is shorter than a long run is found by its second part.
fn stateless_by_its_claims(
    text: &[u8],
    run: &Range<usize>,
    stretch: &mut Stretch,
    out: &mut Vec<Candidate>,
) {
    if run.start == 0 || text[run.start - 1] != b'.' {
        return;
    }
    let floor = run.start.saturating_sub(LONGEST_HEADER);
    let header = text[floor..run.start - 1]
        .iter()
        .rev()
        .take_while(|b| is_base64url(**b))
        .count();
    let start = run.start - 1 - header;
    let bordered = start == 0 || !is_base64url(text[start - 1]);
    if header == 0 || !bordered || header >= LONGEST_HEADER - 1 || is_known(out, start) {
        return;
    }
    let head = start..run.start - 1;
    // The first start that holds a token settles it.
    _ = starts(text, &head).any(|start| stateless(text, start, stretch, out));
}

/// Whether a form was seen at `start`, among the candidates found last.
fn is_known(out: &[Candidate], start: usize) -> bool {
    // They stand nearly in order, and there may be very many.
    out.iter()
        .rev()
        .take_while(|c| c.range.start + LONGEST_TOKEN > start)
        .any(|c| c.range.start == start && matches!(c.kind, Kind::Shape(..)))
}

/// The header of a JWT must decode to JSON that names an algorithm; otherwise the token is a dummy.
fn jwt_checksum(token: &[u8]) -> Checksum {
    let header = token.splitn(3, |b| *b == b'_').nth(2).and_then(|jwt| {
        // Tokens may overlap, and what is read again and again must be short.
        let head = &jwt[..jwt.len().min(LONGEST_HEADER)];
        memchr::memchr(b'.', head).map(|stop| &head[..stop])
    });
    let json = header.and_then(|h| data_encoding::BASE64URL_NOPAD.decode(h).ok());
    let names_algorithm = json
        .and_then(|j| serde_json::from_slice::<serde_json::Value>(&j).ok())
        .is_some_and(|v| v.get("alg").is_some_and(serde_json::Value::is_string));
    if names_algorithm {
        Checksum::None
    } else {
        Checksum::Invalid
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn push(out: &mut Vec<Candidate>, shape: Shape, checksum: Checksum, range: Range<usize>) {
    out.push(Candidate {
        kind: Kind::Shape(shape, checksum),
        range,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::runs;
    use crate::mint::Mint;

    #[test]
    fn no_text_makes_it_panic() {
        let mut mint = Mint::new(5);
        let words: [&[u8]; 12] = [
            b".", b"\\", b"%", b"=", b"[", b"\0", b"_", b"ghs_1_", b"ghp_", b"v1.", b"P", b"\\u",
        ];
        for _ in 0..20_000 {
            let mut text = Vec::new();
            for _ in 0..1 + mint.below(6) {
                text.extend(words[mint.below(words.len())]);
                let len = mint.below(50);
                text.extend(mint.hex(len));
            }
            let mut found = Vec::new();
            let seen = runs::find(&text, &mut found);
            let mut out = Vec::new();
            let mut stretch = Stretch::default();
            found
                .into_iter()
                .for_each(|run| examine(&text, run, seen, &mut stretch, &mut out));
            assert!(out.iter().all(|c| c.range.end <= text.len()));
        }
    }

    fn seen(text: &[u8]) -> Vec<(Shape, Checksum, Range<usize>)> {
        let mut found = Vec::new();
        let mut long = Vec::new();
        let seen = runs::find(text, &mut long);
        let mut stretch = Stretch::default();
        for run in long {
            examine(text, run, seen, &mut stretch, &mut found);
        }
        let shape = |c: Candidate| match c.kind {
            Kind::Shape(shape, checksum) => (shape, checksum, c.range),
            Kind::Custom(_) => unreachable!("no rules here"),
        };
        found.into_iter().map(shape).collect()
    }

    /// What is seen of `token` between `before` and `after`: its shape, if it is seen whole.
    fn between(before: &str, token: &[u8], after: &str) -> Option<Shape> {
        let text = [before.as_bytes(), token, after.as_bytes()].concat();
        let found = seen(&text);
        let whole = before.len()..before.len() + token.len();
        assert!(
            found.iter().all(|f| f.2 == whole),
            "{found:?} in {}",
            String::from_utf8_lossy(&text)
        );
        found.first().map(|f| f.0)
    }

    #[test]
    fn an_escape_that_its_word_does_not_hold_whole_is_none() {
        let words = [
            "u", "u0", "u00e", "U", "U0000000", "x", "x1", "0", "03", "_", "g", "ghp_", "31", "31m",
        ];
        for before in ["\\", "%", "=", "\x1b[", "\\e[1;", "^["] {
            for word in words {
                let text = [before, word].concat();
                let run = before.len()..text.len();
                let all = starts(text.as_bytes(), &run);
                assert!(
                    all.into_iter()
                        .all(|start| run.start <= start && start <= run.end)
                );
                let begins = begins(text.as_bytes(), &run);
                assert_eq!(begins.is_some(), word == "ghp_", "{text}");
            }
        }
    }

    #[test]
    fn underscores_alone_and_prefixes_among_them_are_nothing() {
        let words = PREFIXES.iter().map(|(prefix, _)| *prefix);
        for word in words.chain([&b""[..], b"a", b"Pghr_"]) {
            for before in [0, 1, 2, 3, 38, 39, 40, 80] {
                for after in [0, 1, 2, 3, 36, 40] {
                    let text = [&b"_".repeat(before), word, &b"_".repeat(after)].concat();
                    for lead in [" ", "\\", "%", "=", "\x1b[", "\0", "."] {
                        assert_eq!(seen(&[lead.as_bytes(), &text, b"\0"].concat()), []);
                    }
                }
            }
        }
    }

    #[test]
    fn a_prefix_is_the_one_that_a_word_begins_with() {
        let mut mint = Mint::new(11);
        for _ in 0..20_000 {
            let (prefix, _) = PREFIXES[mint.below(PREFIXES.len())];
            let mut word = prefix[..mint.below(prefix.len() + 1)].to_vec();
            let more = mint.below(4);
            word.extend(mint.text(b"ghps_t", more));
            let plain = PREFIXES.iter().find(|(p, _)| word.starts_with(p));
            assert_eq!(prefix_of(&word), plain.copied());
        }
    }

    #[test]
    fn every_form_is_seen_whole_between_ordinary_borders() {
        let mut mint = Mint::new(1);
        for shape in Shape::ALL {
            for (before, after) in [
                ("", ""),
                ("\"", "\""),
                ("=", "\n"),
                ("://", "@"),
                (" ", "."),
                ("<", ">"),
            ] {
                let token = mint.token(shape);
                assert_eq!(
                    between(before, &token, after),
                    Some(shape),
                    "{before} {shape:?} {after}"
                );
            }
        }
    }

    #[test]
    fn a_token_may_stand_right_behind_an_escape() {
        let mut mint = Mint::new(2);
        let escapes = [
            "\\n",
            "\\t",
            "\\u003d",
            "\\u0022",
            "\\x3d",
            "\\033",
            "%3D",
            "%20",
            "%3a",
            "=3D",
            "\x1b[31m",
            "\x1b[1;32m",
            "\x1b[0m",
            "\\x1b[31m",
            "\\u001b[1;4;31m",
            "\\033[31m",
            "\\e[0m",
            "^[[31m",
        ];
        for escape in escapes {
            for shape in [
                Shape::Ghp,
                Shape::FineGrained,
                Shape::Ghr,
                Shape::Hex40,
                Shape::GhsStateless,
            ] {
                let token = mint.token(shape);
                assert_eq!(
                    between(escape, &token, "\x1b[0m"),
                    Some(shape),
                    "{escape:?} {shape:?}"
                );
            }
        }
    }

    #[test]
    fn a_token_may_be_emphasised() {
        let mut mint = Mint::new(3);
        for shape in [Shape::Ghp, Shape::FineGrained, Shape::Hex40] {
            for marks in ["_", "__", "*", "**", "`"] {
                let token = mint.token(shape);
                assert_eq!(
                    between(marks, &token, marks),
                    Some(shape),
                    "{marks} {shape:?}"
                );
            }
        }
    }

    #[test]
    fn a_longer_run_is_not_cut_to_fit() {
        let mut mint = Mint::new(4);
        for shape in Shape::ALL {
            for (before, after) in [
                ("", "x"),
                ("x", ""),
                ("", "0"),
                ("a", "b"),
                ("", "_1"),
                ("_", ""),
            ] {
                let token = mint.token(shape);
                // A stateless token ends with any number of base64url characters, so one more is not seen.
                if shape == Shape::GhsStateless && before.is_empty() {
                    continue;
                }
                let text = [before.as_bytes(), &token, after.as_bytes()].concat();
                // Behind the prefix of a legacy app token stand 40 hex digits, which are still judged.
                let found = seen(&text)
                    .into_iter()
                    .find(|f| f.0 != Shape::Hex40 || shape == f.0);
                assert_eq!(found, None, "{before}{shape:?}{after}");
            }
        }
    }

    #[test]
    fn upper_case_hex_and_other_lengths_are_nothing() {
        let mut mint = Mint::new(5);
        for len in [39, 41, 42, 44, 64, 80] {
            assert_eq!(between(" ", &mint.hex(len), " "), None, "{len}");
        }
        let upper = mint.hex(40).to_ascii_uppercase();
        assert_eq!(between(" ", &upper, " "), None);
    }

    #[test]
    fn in_compiled_files_a_checksum_outweighs_the_borders() {
        let mut mint = Mint::new(6);
        for shape in Shape::checked() {
            let token = mint.token(shape);
            assert_eq!(
                between("\0\u{1}invalid ", &token, "unexpected\0"),
                Some(shape)
            );
            assert_eq!(
                between("\0name", &token, "next\0"),
                Some(shape),
                "{shape:?}"
            );
            let damaged = mint.damaged(&token, 20);
            assert_eq!(between("\0name", &damaged, "next\0"), None, "{shape:?}");
        }
        // What the marshal format of Python puts before a string of 80 bytes is its length, a `P`.
        let token = mint.token(Shape::Ghr);
        assert_eq!(between("\u{1}P", &token, "\0"), Some(Shape::Ghr));
    }

    #[test]
    fn a_longer_token_is_taken_if_it_proves_itself() {
        let mut mint = Mint::new(7);
        let body = mint.base62(120);
        let token = [b"ghp_", &body[..], &checksum::crc32_base62(&body)].concat();
        assert_eq!(between(" ", &token, " "), Some(Shape::Ghp));
        assert_eq!(between(" ", &mint.damaged(&token, 30), " "), None);
    }

    #[test]
    fn a_stateless_token_goes_to_its_true_end() {
        let mut mint = Mint::new(8);
        let token = mint.token(Shape::GhsStateless);
        for after in ["", "\n", ". Next", "\"", "@github.com", "...", "</"] {
            assert_eq!(
                between("token: ", &token, after),
                Some(Shape::GhsStateless),
                "{after}"
            );
        }
        // Four parts, or two, are something else.
        assert_eq!(between(" ", &token, ".abcdefghijklmnop"), None);
        let cut = token.iter().rposition(|b| *b == b'.').unwrap();
        assert_eq!(between(" ", &token[..cut], " "), None);
    }

    /// The end of a stateless token, by reading to it from each start.
    fn plain_stateless_end(text: &[u8], start: usize) -> Option<usize> {
        let text = String::from_utf8_lossy(&text[start..]);
        let stretch = text
            .split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)))
            .next()?
            .trim_end_matches('.');
        let (app, jwt) = stretch.strip_prefix("ghs_")?.split_once('_')?;
        let digits = (1..=20).contains(&app.len()) && app.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = jwt.split('.').collect();
        let whole = parts.len() == 3 && parts.iter().all(|p| p.len() >= 10);
        (digits && jwt.starts_with("eyJ") && whole && stretch.len() < LONGEST_TOKEN)
            .then_some(start + stretch.len())
    }

    #[test]
    fn what_is_remembered_of_a_stretch_is_what_stands_there() {
        let mut mint = Mint::new(10);
        let pieces: [&[u8]; 9] = [
            b"ghs_1_eyJ",
            b"ghs_23_eyJ",
            b"ghs__eyJ",
            b"-",
            b".",
            b"..",
            b" ",
            b"\n",
            b"_",
        ];
        let mut tokens = 0;
        for round in 0..3000 {
            let mut text = Vec::new();
            for _ in 0..mint.below(40) {
                text.extend(pieces[mint.below(pieces.len())]);
                let len = mint.below(if round % 50 == 0 { 2000 } else { 30 });
                text.extend(mint.base62(len));
            }
            let mut stretch = Stretch::default();
            for start in memchr::memmem::find_iter(&text, b"ghs_") {
                let end = stateless_end(&text, start, &mut stretch);
                assert_eq!(end, plain_stateless_end(&text, start));
                tokens += usize::from(end.is_some());
            }
        }
        assert!(tokens > 100, "{tokens}");
    }

    #[test]
    fn a_stretch_is_read_once_for_all_its_runs() {
        let text = b"ghs_1_eyJhbGciOiJIUzI1NiJ9hbGciOiJIUzI1NiJ9-".repeat(1000);
        let (mut stretch, mut starts) = (Stretch::default(), 0);
        for start in memchr::memmem::find_iter(&text, b"ghs_") {
            assert_eq!(stateless_end(&text, start, &mut stretch), None);
            starts += 1;
            // Moved for the first one only.
            assert_eq!((stretch.start, stretch.end), (6, text.len()));
        }
        assert_eq!(starts, 1000);
    }

    #[test]
    fn a_stateless_token_with_a_short_header_is_found_by_its_claims() {
        let token = [
            "ghs_7_eyJhbGciOiJIUzI1NiJ9",
            &"eyJpc3MiOiJnaXRodWIi".repeat(3),
            &"c2lnbmF0dXJl".repeat(5),
        ];
        assert_eq!(
            between("=", token.join(".").as_bytes(), "\n"),
            Some(Shape::GhsStateless)
        );
    }

    #[test]
    fn a_damaged_token_is_seen_with_a_checksum_that_does_not_hold() {
        let mut mint = Mint::new(9);
        let token = mint.token(Shape::Gho);
        let damaged = mint.damaged(&token, 10);
        assert_eq!(seen(&damaged), [(Shape::Gho, Checksum::Invalid, 0..40)]);
        let owner = mint.token(Shape::FineGrained);
        let damaged = mint.damaged(&owner, 80);
        assert_eq!(
            seen(&damaged),
            [(Shape::FineGrained, Checksum::Invalid, 0..93)]
        );
    }
}
