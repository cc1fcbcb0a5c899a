//! Stateless installation tokens, `ghs_<app id>_<header>.<claims>.<signature>`: the only form of several runs.

use std::ops::Range;

use super::start::{end_before_emphasis, token_starts};
use crate::detect::{Candidate, CandidateKind, LONGEST_TOKEN};
use crate::finding::Checksum;
use crate::steps::add_steps;
use crate::token::Shape;
use crate::token::stateless as structure;

/// Maximum length in bytes of a header that is read. GitHub's headers of stateless tokens are far shorter.
const LONGEST_HEADER: usize = 512;

/// Maximum length in bytes before the JWT, with its first three characters: `ghs_`, 20 digits, `_eyJ`.
const LONGEST_HEAD: usize = 28;

/// Minimum length in bytes of each part of the JWT.
const SHORTEST_PART: usize = 10;

/// Stretch of base64url characters and full stops, which may contain many runs: it is read once for all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JwtSpanCache {
    start: usize,
    /// End of the stretch, without the full stops there, which belong to the sentence.
    end: usize,
    /// Last full stops of the stretch before its end, the last one first.
    stops: [Option<usize>; 3],
}

impl JwtSpanCache {
    /// Changes this to the stretch that contains `at`, from `at` on at least.
    fn move_to(&mut self, text: &[u8], at: usize) {
        if (self.start..self.end).contains(&at) {
            return;
        }
        let rest = &text[at..];
        let len = rest
            .iter()
            .take_while(|b| is_base64url(**b) || **b == b'.')
            .count();
        add_steps(len);
        let tail = rest[..len].iter().rev().take_while(|b| **b == b'.').count();
        let mut stops = memchr::memrchr_iter(b'.', &rest[..len - tail]).map(|stop| at + stop);
        *self = JwtSpanCache {
            start: at,
            end: at + len - tail,
            stops: [stops.next(), stops.next(), stops.next()],
        };
    }
}

/// Stateless token assembled from its pieces. Each byte is examined once. A text that can no longer become a token is
/// rejected at the first byte that decides it: a third full stop, or the end of an invalid header.
#[derive(Debug, Default)]
pub(in crate::detect) struct Assembly {
    word: Vec<u8>,
    /// Start of the header, after so much was added.
    jwt: Option<usize>,
    /// Full stops between the parts.
    stops: Vec<usize>,
}

impl Assembly {
    /// Appends the characters of tokens that `piece` begins with. Returns their number, or `None` if the whole cannot
    /// become a token.
    pub(in crate::detect) fn add_piece(&mut self, piece: &[u8]) -> Option<usize> {
        for (len, byte) in piece.iter().enumerate() {
            if !is_base64url(*byte) && *byte != b'.' {
                return Some(len);
            }
            if *byte == b'.' && self.stops.len() == 2 {
                // The full stop of a sentence ends a token; a fourth part makes it something else.
                let goes_on = piece.get(len + 1).is_some_and(|b| is_base64url(*b));
                return (!goes_on).then_some(len);
            }
            add_steps(1);
            self.word.push(*byte);
            if self.word.len() >= LONGEST_TOKEN || !self.may_go_on(*byte) {
                return None;
            }
        }
        Some(piece.len())
    }

    /// Returns true if the text so far, with more after it, may be a token; `last` is the byte that was added last.
    fn may_go_on(&mut self, last: u8) -> bool {
        let len = self.word.len();
        let Some(jwt) = self.jwt else {
            self.jwt = jwt_start(&self.word, 0);
            return len <= LONGEST_HEAD;
        };
        if last == b'.' {
            self.stops.push(len - 1);
        }
        match self.stops[..] {
            [] => len - jwt < LONGEST_HEADER,
            [stop] if stop + 1 == len => names_algorithm(&self.word[jwt..stop]),
            _ => true,
        }
    }

    /// Returns true if the text so far is a whole token with a valid structure.
    pub(in crate::detect) fn is_proved(&self) -> bool {
        let signature = self.stops.get(1).map(|stop| self.word.len() - stop - 1);
        signature == Some(structure::SIGNATURE_LEN) && is_proved(&self.word)
    }

    /// Returns true if the text so far has the form of a whole token. Does not read the claims.
    pub(in crate::detect) fn is_whole(&self) -> bool {
        let (Some(jwt), [first, last]) = (self.jwt, &self.stops[..]) else {
            return false;
        };
        [jwt..*first, first + 1..*last, last + 1..self.word.len()]
            .iter()
            .all(|part| part.len() >= SHORTEST_PART)
    }
}

/// Returns true if `text` begins like a stateless token, or its first word is as much of one as a line end may leave.
pub(in crate::detect) fn may_become_stateless(text: &[u8]) -> bool {
    // This discards nearly all other tokens.
    let shared = text.iter().zip(b"ghs_").take_while(|(a, b)| a == b).count();
    if shared < b"ghs_".len() && text.get(shared).is_some_and(|b| is_base64url(*b)) {
        return false;
    }
    if begins_stateless(text) {
        return true;
    }
    let near = text.iter().take(LONGEST_HEAD);
    let word = &text[..near.take_while(|b| is_base64url(**b)).count()];
    is_cut_head(word) && text.get(word.len()).is_some_and(|b| *b != b'.')
}

/// Returns true if `word` is a prefix of `ghs_<app id>_eyJ`.
pub(super) fn is_cut_head(word: &[u8]) -> bool {
    let Some(body) = word.strip_prefix(b"ghs_") else {
        return b"ghs_".starts_with(word);
    };
    let app = body.iter().take_while(|b| b.is_ascii_digit()).count();
    app <= structure::MOST_DIGITS
        && (app > 0 || body.is_empty())
        && b"_eyJ".starts_with(&body[app..])
}

/// Returns true if `text` begins like a stateless token.
pub(super) fn begins_stateless(text: &[u8]) -> bool {
    jwt_start(text, 0).is_some()
}

/// Returns true if `word` has the form of a whole stateless token.
pub(in crate::detect) fn is_stateless(word: &[u8]) -> bool {
    stateless_end(word, 0, &mut JwtSpanCache::default()) == Some(word.len())
        && jwt_checksum(word) != Checksum::Invalid
}

/// Examines a stateless installation token that starts at `start`, to its true end. Returns true if there is one.
pub(super) fn find_stateless(
    text: &[u8],
    start: usize,
    stretch: &mut JwtSpanCache,
    out: &mut Vec<Candidate>,
) -> bool {
    let end = proved_end(text, start).or_else(|| {
        stateless_end(text, start, stretch).and_then(|end| end_before_emphasis(text, start, end))
    });
    let Some(end) = end else {
        return false;
    };
    let checksum = jwt_checksum(&text[start..end]);
    out.push(Candidate::of_shape(
        Shape::GhsStateless,
        checksum,
        start..end,
    ));
    true
}

/// Returns the end of a token with a valid structure that starts at `start`. A full stop and any text, such as a file
/// name or the next token, may follow the signature.
fn proved_end(text: &[u8], start: usize) -> Option<usize> {
    let claims = jwt_start(text, start)? + structure::HEADER.len() + 1;
    let near = text.get(claims..text.len().min(start + LONGEST_TOKEN))?;
    if !text[..claims - 1].ends_with(structure::HEADER) {
        return None;
    }
    let len = near.iter().take_while(|b| is_base64url(**b)).count();
    add_steps(len);
    let end = claims + len + 1 + structure::SIGNATURE_LEN;
    let is_bordered = start == 0 || text[start - 1] != b'_';
    let is_end = |b: &u8| !is_base64url(*b) || begins_token(&text[end..]);
    let ends_here = end <= text.len() && text.get(end).is_none_or(is_end);
    (is_bordered && ends_here && is_proved(&text[start..end])).then_some(end)
}

/// Returns true if `text` begins with the prefix of a token, which may be glued to the token before it.
fn begins_token(text: &[u8]) -> bool {
    let is_prefix = |prefix: &&[u8]| text.starts_with(prefix);
    matches!(
        text,
        [b'g', b'h', b'p' | b'o' | b'u' | b's' | b'r', b'_', ..]
    ) || [&b"npm_"[..], b"github_pat_", b"secret_scanning_"]
        .iter()
        .any(is_prefix)
}

/// Returns true if a whole token has the structure of GitHub's tokens.
fn is_proved(token: &[u8]) -> bool {
    add_steps(token.len());
    structure::read_claims(token).is_some()
}

/// Returns the start of the header in a stateless token that starts at `start`.
fn jwt_start(text: &[u8], start: usize) -> Option<usize> {
    let body = text[start..].strip_prefix(b"ghs_")?;
    let digits = body.iter().take(21);
    let app = digits.take_while(|b| b.is_ascii_digit()).count();
    let is_one = app > 0 && app <= 20 && body[app..].starts_with(b"_eyJ");
    is_one.then_some(start + 4 + app + 1)
}

/// Returns the end of `ghs_<app id>_<header>.<claims>.<signature>`.
fn stateless_end(text: &[u8], start: usize, stretch: &mut JwtSpanCache) -> Option<usize> {
    let jwt = jwt_start(text, start)?;
    stretch.move_to(text, jwt);
    let in_jwt = |stop: Option<usize>| stop.filter(|stop| *stop >= jwt);
    let [last, first, other] = stretch.stops.map(in_jwt);
    let (first, last, end) = (first?, last?, stretch.end);
    let whole = other.is_none()
        && [jwt..first, first + 1..last, last + 1..end]
            .iter()
            .all(|part| part.len() >= SHORTEST_PART);
    (whole && end - start < LONGEST_TOKEN).then_some(end)
}

/// Finds a stateless token whose first part is shorter than a long run by its second part.
pub(super) fn find_stateless_by_claims(
    text: &[u8],
    run: &Range<usize>,
    stretch: &mut JwtSpanCache,
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
    add_steps(header);
    let start = run.start - 1 - header;
    let bordered = start == 0 || !is_base64url(text[start - 1]);
    if header == 0 || !bordered || header >= LONGEST_HEADER - 1 || has_candidate_at(out, start) {
        return;
    }
    let head = start..run.start - 1;
    // The first start with a token decides.
    _ = token_starts(text, &head)
        .any(|start| has_candidate_at(out, start) || find_stateless(text, start, stretch, out));
}

/// Returns true if a form was found at `start`, among the last candidates.
fn has_candidate_at(out: &[Candidate], start: usize) -> bool {
    // Candidates are nearly in order, and there may be very many.
    out.iter()
        .rev()
        .take_while(|c| c.range.start + LONGEST_TOKEN > start)
        .any(|c| c.range.start == start && matches!(c.kind, CandidateKind::Shape(..)))
}

/// Checks the structure of a token, which replaces a checksum. If it is not GitHub's, the header of its JWT must decode
/// to JSON that names an algorithm; otherwise the token is a dummy.
fn jwt_checksum(token: &[u8]) -> Checksum {
    let header = token.splitn(3, |b| *b == b'_').nth(2).and_then(|jwt| {
        // Tokens may overlap, so the text that is read again and again must be short.
        let head = &jwt[..jwt.len().min(LONGEST_HEADER)];
        memchr::memchr(b'.', head).map(|stop| &head[..stop])
    });
    if is_proved(token) {
        Checksum::Valid
    } else if header.is_some_and(names_algorithm) {
        Checksum::None
    } else {
        Checksum::Invalid
    }
}

/// Returns true if the header of a JWT decodes to JSON that names an algorithm.
fn names_algorithm(header: &[u8]) -> bool {
    add_steps(header.len());
    let json = data_encoding::BASE64URL_NOPAD.decode(header).ok();
    json.and_then(|j| serde_json::from_slice::<serde_json::Value>(&j).ok())
        .is_some_and(|v| v.get("alg").is_some_and(serde_json::Value::is_string))
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    /// Returns the end of a stateless token, by reading to it from each start.
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
            for _ in 0..mint.random_below(40) {
                text.extend(pieces[mint.random_below(pieces.len())]);
                let len = mint.random_below(if round % 50 == 0 { 2000 } else { 30 });
                text.extend(mint.random_base62(len));
            }
            let mut stretch = JwtSpanCache::default();
            for start in memchr::memmem::find_iter(&text, b"ghs_") {
                let end = stateless_end(&text, start, &mut stretch);
                assert_eq!(end, plain_stateless_end(&text, start));
                tokens += usize::from(end.is_some());
            }
        }
        assert!(tokens > 100, "{tokens}");
    }

    #[test]
    fn what_may_become_a_token_is_what_its_whole_head_says() {
        let plain = |text: &[u8]| {
            let near = text.iter().take(LONGEST_HEAD);
            let word = &text[..near.take_while(|b| is_base64url(**b)).count()];
            let behind = text.get(word.len());
            begins_stateless(text) || is_cut_head(word) && behind.is_some_and(|b| *b != b'.')
        };
        let mut mint = Mint::new(12);
        let mut count = 0;
        for _ in 0..20_000 {
            let head = &b"ghs_12345678901234567890_eyJx"[..mint.random_below(30)];
            let len = mint.random_below(3);
            let mut text = [head, &mint.text(b"ghs_1.- \neyJ", len)].concat();
            if mint.random_below(3) == 0 && !text.is_empty() {
                let at = mint.random_below(text.len());
                text[at] = mint.text(b"ghs_1.- \neyJ", 1)[0];
            }
            assert_eq!(may_become_stateless(&text), plain(&text), "{text:?}");
            count += usize::from(plain(&text));
        }
        assert!(count > 1000, "{count}");
    }

    #[test]
    fn a_stretch_is_read_once_for_all_its_runs() {
        let text = b"ghs_1_eyJhbGciOiJIUzI1NiJ9hbGciOiJIUzI1NiJ9-".repeat(1000);
        let (mut stretch, mut starts) = (JwtSpanCache::default(), 0);
        for start in memchr::memmem::find_iter(&text, b"ghs_") {
            assert_eq!(stateless_end(&text, start, &mut stretch), None);
            starts += 1;
            // Only the first run has moved the stretch.
            assert_eq!((stretch.start, stretch.end), (6, text.len()));
        }
        assert_eq!(starts, 1000);
    }
}
