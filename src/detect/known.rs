//! Secrets that are known already, found wherever one stands whole: as it is, under every layer, cut by line ends.
//!
//! The forms of tokens and what stands around them play no part here, so a secret is found in places where a
//! detector of forms or a judge of surroundings has no reason to look. Short pieces of every secret, plain and
//! encoded, are searched for together; only around a piece the text is read through the layers.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::layer::{self, Decoded, Reading};
use super::{Candidate, Kind, Sighting};
use crate::finding::Layer;

/// The shortest secret that is looked for beyond the place where it was found: shorter ones also stand by chance.
const SHORTEST: usize = 16;

/// How many different bytes it must have.
const LEAST_VARIETY: usize = 8;

/// The length of a plain piece, in bytes.
const PIECE: usize = 8;

/// How far before the end of a secret the first of its pieces begins at most, in bytes: the claims of a JWT are the same
/// in many of them, the signature at its end is not.
const TELLING: usize = 80;

/// How many plain pieces of one secret are searched for.
const MOST_PIECES: usize = 12;

/// How much one byte may take under any layer, and what may stand between two, in bytes.
const WIDEST_BYTE: usize = 12;
const WIDEST_GAP: usize = 1024;

/// Secrets that are known already. Immutable and shared.
#[derive(Debug, Default)]
pub struct KnownSecrets {
    values: Vec<Value>,
    marks: Vec<Mark>,
    pieces: Option<AhoCorasick>,
}

/// One known secret.
struct Value {
    bytes: Box<[u8]>,
    /// Whether it is all hex digits, which mean the same in either case.
    is_hex: bool,
    /// Whether it counts inside a longer word, too.
    counts_inside: bool,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({} bytes)", self.bytes.len())
    }
}

/// A piece of a secret that is searched for.
#[derive(Clone, Copy, Debug)]
struct Mark {
    value: usize,
    form: Form,
}

/// How a piece is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// As it is, so many bytes behind the beginning of its secret.
    Plain(usize),
    /// Under a layer; for base64 with the place of its first character in a group of four.
    Under(Layer, usize),
}

impl KnownSecrets {
    /// Prepares the search for these secrets. Those that are too short or too plain to be told from chance are left
    /// out; their index counts all the same. `counts_inside` holds for a value that is a secret inside a longer word.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = (&'s [u8], bool)>) -> Self {
        let mut out = KnownSecrets::default();
        let secrets: Vec<_> = secrets.into_iter().collect();
        let thoroughness = Thoroughness::of(secrets.len());
        let mut pieces: HashMap<Vec<u8>, Vec<Mark>> = HashMap::new();
        for (bytes, counts_inside) in secrets {
            let value = out.values.len();
            out.values.push(Value {
                bytes: bytes.into(),
                is_hex: bytes.iter().all(u8::is_ascii_hexdigit),
                counts_inside,
            });
            if can_be_told(bytes) {
                for (form, pattern) in pieces_of(bytes, thoroughness) {
                    let marks = pieces.entry(pattern.to_ascii_lowercase()).or_default();
                    marks.push(Mark { value, form });
                }
            }
        }
        // A piece that several secrets share is a prefix or a header, and tells none of them.
        pieces.retain(|_, marks| marks.iter().all(|m| m.value == marks[0].value));
        let mut patterns = Vec::new();
        for (pattern, marks) in pieces {
            for mark in marks {
                out.marks.push(mark);
                patterns.push(pattern.clone());
            }
        }
        if !patterns.is_empty() {
            let kind = (patterns.len() <= 300).then_some(AhoCorasickKind::DFA);
            out.pieces = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(kind)
                .build(&patterns)
                .ok();
        }
        out
    }

    /// Whether there is nothing to search for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_none()
    }

    /// Finds the known secrets in `text`: those that stand there as they are go to `found`, the others are returned
    /// with the region that they are decoded from.
    pub(super) fn search(
        &self,
        text: &[u8],
        found: &mut Vec<Candidate>,
    ) -> Vec<(Decoded, Sighting)> {
        let Some(pieces) = &self.pieces else {
            return Vec::new();
        };
        let mut search = Search {
            known: self,
            text,
            found,
            regions: Vec::new(),
            done: HashMap::new(),
        };
        for hit in pieces.find_overlapping_iter(text) {
            search.look_around(self.marks[hit.pattern().as_usize()], hit.range());
        }
        search.regions
    }
}

/// Whether a value is long and mixed enough that it stands nowhere by chance.
fn can_be_told(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    bytes.iter().for_each(|b| seen[usize::from(*b)] = true);
    bytes.len() >= SHORTEST && seen.iter().filter(|s| **s).count() >= LEAST_VARIETY
}

/// How many pieces of each secret are searched for: the more secrets, the fewer, so that memory stays bounded.
#[derive(Clone, Copy, Debug)]
struct Thoroughness {
    /// How many pieces a form has.
    pieces: usize,
    /// Whether encodings count in which every byte is escaped.
    escapes: bool,
}

impl Thoroughness {
    fn of(secrets: usize) -> Self {
        Thoroughness {
            pieces: match secrets {
                0..=300 => MOST_PIECES,
                301..=2000 => 2,
                _ => 1,
            },
            escapes: secrets <= 2000,
        }
    }
}

/// Returns the pieces of a secret that are searched for, each with its form. The first quarter, with a prefix, a header
/// or the number of an owner, is the same in many secrets and has none.
fn pieces_of(secret: &[u8], thoroughness: Thoroughness) -> Vec<(Form, Vec<u8>)> {
    let mut out = Vec::new();
    let last = secret.len() - PIECE;
    let first = last - (last * 3 / 4).min(TELLING);
    let step = ((last - first) / thoroughness.pieces).max(PIECE);
    for at in (first..last).step_by(step).chain([last]) {
        let piece = &secret[at..at + PIECE];
        out.push((Form::Plain(at), piece.to_vec()));
        let wide = piece[..PIECE / 2].iter();
        let little = wide.clone().flat_map(|b| [*b, 0]).collect();
        out.push((Form::Under(Layer::Utf16le, 0), little));
        let big = wide.flat_map(|b| [0, *b]).collect();
        out.push((Form::Under(Layer::Utf16be, 0), big));
    }
    let escapes = if thoroughness.escapes {
        &ESCAPES[..]
    } else {
        &[]
    };
    for (layer, escape) in escapes {
        let middle = &secret[secret.len() / 2 - 2..secret.len() / 2 + 2];
        let escaped = middle.iter().flat_map(|b| escape(*b).into_bytes());
        out.push((Form::Under(*layer, 0), escaped.collect()));
    }
    for offset in 0..3 {
        base64_pieces(secret, offset, thoroughness.pieces, &mut out);
    }
    out
}

/// Writes one byte as an escape.
type EscapeByte = fn(u8) -> String;

/// Ways to write every byte of a text as an escape.
const ESCAPES: [(Layer, EscapeByte); 8] = [
    (Layer::Percent, |b| format!("%{b:02x}")),
    (Layer::QuotedPrintable, |b| format!("={b:02X}")),
    (Layer::Json, |b| format!("\\x{b:02x}")),
    (Layer::Json, |b| format!("\\u{b:04x}")),
    (Layer::Json, |b| format!("\\u{{{b:x}}}")),
    (Layer::Json, |b| format!("\\U{b:08x}")),
    (Layer::Html, |b| format!("&#{b};")),
    (Layer::Html, |b| format!("&#x{b:x};")),
];

/// Adds pieces of the base64 of a secret that begins `offset` bytes behind the beginning of a group.
fn base64_pieces(secret: &[u8], offset: usize, most: usize, out: &mut Vec<(Form, Vec<u8>)>) {
    let padded = [&b"\0\0"[..offset], secret].concat();
    let first = (offset * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    for encoding in [data_encoding::BASE64, data_encoding::BASE64URL] {
        let encoded = encoding.encode(&padded).into_bytes();
        let last = end - PIECE;
        let first = last - ((last - first) * 3 / 4).min(TELLING);
        let step = ((last - first) / most).max(PIECE);
        for at in (first..last).step_by(step).chain([last]) {
            let piece = (
                Form::Under(Layer::Base64, at % 4),
                encoded[at..at + PIECE].to_vec(),
            );
            // Most base64 is the same in both alphabets.
            if !out.contains(&piece) {
                out.push(piece);
            }
        }
    }
}

/// A search through one text.
struct Search<'s> {
    known: &'s KnownSecrets,
    text: &'s [u8],
    found: &'s mut Vec<Candidate>,
    regions: Vec<(Decoded, Sighting)>,
    /// Up to where each secret was looked for in each way.
    done: HashMap<(usize, Option<Layer>, usize), usize>,
}

impl Search<'_> {
    /// Looks for the secret of `mark` around the piece of it at `hit`.
    fn look_around(&mut self, mark: Mark, hit: Range<usize>) {
        let value = &self.known.values[mark.value];
        match mark.form {
            Form::Plain(offset) => {
                if let Some(start) = hit.start.checked_sub(offset)
                    && value.stands_at(self.text, start)
                {
                    let place = start..start + value.bytes.len();
                    let key = (mark.value, None, usize::MAX);
                    // Each of its pieces leads here.
                    if self.done.get(&key).is_none_or(|done| *done <= start) {
                        self.done.insert(key, place.end);
                        if value.counts_between(self.text, &place) {
                            self.found.push(candidate(mark.value, place));
                        }
                    }
                    return;
                }
                for reading in Reading::OF_PLAIN_PIECES {
                    self.read_through(mark.value, reading, &hit);
                }
            }
            Form::Under(Layer::Base64, phase) => {
                self.read_through(mark.value, Reading::base64(phase, hit.start), &hit);
            }
            Form::Under(layer, _) => self.read_through(mark.value, Reading::of(layer), &hit),
        }
    }

    /// Decodes the text around `hit` and finds the secret in what comes out.
    fn read_through(&mut self, index: usize, reading: Reading, hit: &Range<usize>) {
        let value = &self.known.values[index];
        let reach = value.bytes.len() * WIDEST_BYTE + WIDEST_GAP;
        let way = reading.alignment(hit.start);
        let key = (index, Some(reading.layer), way);
        if self.done.get(&key).is_some_and(|done| hit.start < *done) {
            return;
        }
        let window = hit.start.saturating_sub(reach)..self.text.len().min(hit.end + 4 * reach);
        let read_to = if window.end == self.text.len() {
            window.end
        } else {
            window.end - reach
        };
        let floor = self.done.insert(key, read_to).unwrap_or_default();
        let decoded = layer::read_as(reading, self.text, window);
        let places: Vec<_> = value.places_in(&decoded.bytes).collect();
        let mut inner = Sighting::default();
        for place in places {
            // What the window before this one reached into was found there.
            if decoded.outer(&place).start + reach >= floor
                && value.counts_between(&decoded.bytes, &place)
            {
                inner.candidates.push(candidate(index, place));
            }
        }
        if !inner.is_empty() {
            self.regions.push((decoded, inner));
        }
    }
}

fn candidate(index: usize, range: Range<usize>) -> Candidate {
    Candidate {
        kind: Kind::Known(index),
        range,
    }
}

impl Value {
    /// Whether the secret stands at `start` of `text`.
    fn stands_at(&self, text: &[u8], start: usize) -> bool {
        text.get(start..start + self.bytes.len())
            .is_some_and(|there| self.is(there))
    }

    fn is(&self, other: &[u8]) -> bool {
        if self.is_hex {
            other.eq_ignore_ascii_case(&self.bytes)
        } else {
            *other == *self.bytes
        }
    }

    /// Where the secret stands in `text`, without overlap.
    fn places_in(&self, text: &[u8]) -> impl Iterator<Item = Range<usize>> + use<> {
        let places: Vec<_> = if self.is_hex {
            let lower = self.bytes.to_ascii_lowercase();
            memchr::memmem::find_iter(&text.to_ascii_lowercase(), &lower).collect()
        } else {
            memchr::memmem::find_iter(text, &self.bytes).collect()
        };
        let len = self.bytes.len();
        places.into_iter().map(move |start| start..start + len)
    }

    /// Whether it counts between what stands on either side of `place`.
    fn counts_between(&self, text: &[u8], place: &Range<usize>) -> bool {
        let is_word = |at: Option<usize>| {
            at.and_then(|at| text.get(at))
                .is_some_and(|b| super::runs::is_word(*b))
        };
        self.counts_inside || !is_word(place.start.checked_sub(1)) && !is_word(Some(place.end))
    }
}
