//! Search for secrets that are known already, wherever one occurs whole: plain, under every layer, cut by line ends.
//!
//! The forms and the context of tokens have no effect here, so a secret is also found in places where the detector
//! of forms and the judge find nothing. Short pieces of every secret, plain and encoded, are searched for together; the
//! text is decoded only around such a piece.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::layer::margin::{self, KnownBytes};
use super::layer::{self, Decoded, LayerReading};
use super::pieces::{self, PieceSearch};
use super::{Candidate, CandidateKind, Detection};
use crate::finding::Layer;
use crate::span::Span;

/// Minimum length in bytes of a secret that is searched for in other places: shorter ones also occur by chance.
const SHORTEST: usize = 16;

/// Minimum number of different bytes in such a secret.
const LEAST_VARIETY: usize = 8;

/// Length of a plain piece, in bytes. The encoded ones are at least as long.
const PIECE: usize = pieces::HEAD;

/// Maximum distance in bytes of the first piece of a secret from its end: many JWTs have the same claims, but each has
/// its own signature at the end.
const TELLING: usize = 80;

/// Maximum number of plain pieces of one secret that are searched for.
const MOST_PIECES: usize = 12;

/// Maximum length in bytes of one byte under any layer, and of the text between two bytes.
const WIDEST_BYTE: usize = 12;
const WIDEST_GAP: usize = 1024;

/// Search for secrets that are known already. Immutable and shared.
#[derive(Debug, Default)]
pub struct KnownSecrets {
    values: Vec<KnownValue>,
    marks: Vec<PieceMark>,
    pieces: Option<PieceSearch>,
}

/// Known secret.
struct KnownValue {
    bytes: Box<[u8]>,
    /// True if it is all hex digits, which mean the same in either case.
    is_hex: bool,
    /// True if the secret also counts inside a longer word.
    counts_inside: bool,
}

impl std::fmt::Debug for KnownValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({} bytes)", self.bytes.len())
    }
}

/// Piece of a secret that is searched for.
#[derive(Clone, Copy, Debug)]
struct PieceMark {
    value: usize,
    form: PieceForm,
}

/// Encoding of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum PieceForm {
    /// Plain, at this number of bytes after the start of its secret.
    Plain(usize),
    /// Encoded under a layer; for base64 with the place of its first character in a group of four.
    Under(Layer, usize),
}

impl KnownSecrets {
    /// Prepares the search for these secrets. Those that are too short or too uniform, and so occur by chance, are left
    /// out, but still have an index. `counts_inside` is true for a value that is a secret inside a longer word.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = (&'s [u8], bool)>) -> Self {
        let mut out = KnownSecrets::default();
        let secrets: Vec<_> = secrets.into_iter().collect();
        let thoroughness = Thoroughness::of(secrets.len());
        let mut pieces: BTreeMap<Vec<u8>, Vec<PieceMark>> = BTreeMap::new();
        for (bytes, counts_inside) in secrets {
            let value = out.values.len();
            out.values.push(KnownValue {
                bytes: bytes.into(),
                is_hex: bytes.iter().all(u8::is_ascii_hexdigit),
                counts_inside,
            });
            if can_be_told(bytes) {
                for (form, pattern) in pieces_of(bytes, thoroughness) {
                    let marks = pieces.entry(pattern.to_ascii_lowercase()).or_default();
                    marks.push(PieceMark { value, form });
                }
            }
        }
        // A piece that several secrets share is a prefix or a header, and identifies none of them.
        pieces.retain(|_, marks| marks.iter().all(|m| m.value == marks[0].value));
        if !pieces.is_empty() {
            let patterns = pieces.iter().flat_map(|(pattern, marks)| {
                let one_for_each_mark = marks.iter();
                one_for_each_mark.map(|_| pattern.as_slice())
            });
            out.pieces = Some(PieceSearch::new(patterns));
        }
        out.marks = pieces.into_values().flatten().collect();
        out
    }

    /// Returns true if there is nothing to search for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_none()
    }

    /// Returns for each secret true if every place of it is searched for.
    #[must_use]
    pub fn searched(&self) -> Vec<bool> {
        let mut searched = vec![false; self.values.len()];
        let plain = self
            .marks
            .iter()
            .filter(|m| matches!(m.form, PieceForm::Plain(_)));
        plain.for_each(|mark| searched[mark.value] = true);
        searched
    }

    /// Finds the known secrets in `text`. Plain ones are appended to `found`; the others are returned with the region
    /// that they are decoded from.
    pub(super) fn search(
        &self,
        text: &[u8],
        found: &mut Vec<Candidate>,
    ) -> Vec<(Decoded, Detection)> {
        let Some(pieces) = &self.pieces else {
            return Vec::new();
        };
        let mut search = KnownSearch {
            known: self,
            text,
            found,
            regions: Vec::new(),
            done: HashMap::new(),
        };
        pieces.for_each_match(text, |pattern, place| {
            search.look_around(self.marks[pattern], place);
        });
        search.regions
    }
}

/// Returns true if a value is so long and varied that it does not occur by chance.
fn can_be_told(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    bytes.iter().for_each(|b| seen[usize::from(*b)] = true);
    bytes.len() >= SHORTEST && seen.iter().filter(|s| **s).count() >= LEAST_VARIETY
}

/// Number of pieces of each secret that are searched for: fewer for more secrets, to bound memory.
#[derive(Clone, Copy, Debug)]
struct Thoroughness {
    /// Maximum number of pieces in one form.
    pieces: usize,
    /// True if encodings that escape every byte count.
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

/// Returns the pieces of a secret that are searched for, each with its form. None is in the first quarter, which has a
/// prefix, a header or the number of an owner and is the same in many secrets.
fn pieces_of(secret: &[u8], thoroughness: Thoroughness) -> Vec<(PieceForm, Vec<u8>)> {
    let mut out = Vec::new();
    let last = secret.len() - PIECE;
    let first = last - (last * 3 / 4).min(TELLING);
    let step = ((last - first) / thoroughness.pieces).max(PIECE);
    for at in (first..last).step_by(step).chain([last]) {
        let piece = &secret[at..at + PIECE];
        out.push((PieceForm::Plain(at), piece.to_vec()));
        let wide = piece[..PIECE / 2].iter();
        let little = wide.clone().flat_map(|b| [*b, 0]).collect();
        out.push((PieceForm::Under(Layer::Utf16le, 0), little));
        let big = wide.flat_map(|b| [0, *b]).collect();
        out.push((PieceForm::Under(Layer::Utf16be, 0), big));
    }
    let escapes = if thoroughness.escapes {
        &ESCAPES[..]
    } else {
        &[]
    };
    for (layer, escape) in escapes {
        let middle = &secret[secret.len() / 2 - 2..secret.len() / 2 + 2];
        let escaped = middle.iter().flat_map(|b| escape(*b).into_bytes());
        out.push((PieceForm::Under(*layer, 0), escaped.collect()));
    }
    for offset in 0..3 {
        base64_pieces(secret, offset, thoroughness.pieces, &mut out);
    }
    out
}

/// Function that writes one byte as an escape.
type EscapeByte = fn(u8) -> String;

/// Functions that write a byte as an escape of each layer.
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

/// Adds pieces of the base64 of a secret that begins `offset` bytes after the start of a group.
fn base64_pieces(secret: &[u8], offset: usize, most: usize, out: &mut Vec<(PieceForm, Vec<u8>)>) {
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
                PieceForm::Under(Layer::Base64, at % 4),
                encoded[at..at + PIECE].to_vec(),
            );
            // Most base64 is identical in both alphabets.
            if !out.contains(&piece) {
                out.push(piece);
            }
        }
    }
}

/// Search in one text.
struct KnownSearch<'s> {
    known: &'s KnownSecrets,
    text: &'s [u8],
    found: &'s mut Vec<Candidate>,
    regions: Vec<(Decoded, Detection)>,
    /// End of the search so far for each secret, layer and alignment.
    done: HashMap<(usize, Option<Layer>, usize), usize>,
}

impl KnownSearch<'_> {
    /// Searches for the secret of `mark` around its piece at `hit`.
    fn look_around(&mut self, mark: PieceMark, hit: Range<usize>) {
        let value = &self.known.values[mark.value];
        match mark.form {
            PieceForm::Plain(offset) => {
                if let Some(start) = hit.start.checked_sub(offset)
                    && value.stands_at(self.text, start)
                {
                    let place = start..start + value.bytes.len();
                    let key = (mark.value, None, usize::MAX);
                    // Every piece of the secret leads to the same place.
                    if self.done.get(&key).is_none_or(|done| *done <= start) {
                        self.done.insert(key, place.end);
                        if value.counts_between(self.text, &place) {
                            self.found.push(known_candidate(mark.value, place));
                        }
                    }
                    return;
                }
                for reading in LayerReading::OF_PLAIN_PIECES {
                    self.read_through(mark.value, reading, &hit);
                }
                self.join_behind_margins(mark.value, offset, hit.start);
            }
            PieceForm::Under(Layer::Base64, phase) => {
                self.read_through(mark.value, LayerReading::base64(phase, hit.start), &hit);
            }
            PieceForm::Under(layer, _) => {
                self.read_through(mark.value, LayerReading::of(layer), &hit)
            }
        }
    }

    /// Finds the secret where its byte at `offset` is at `at` and line ends cut it, each line with a margin of its own.
    fn join_behind_margins(&mut self, index: usize, offset: usize, at: usize) {
        let value = &self.known.values[index];
        let key = (index, Some(Layer::Wrapped), usize::MAX);
        if self.done.get(&key).is_some_and(|done| at < *done) {
            return;
        }
        let bytes = KnownBytes {
            bytes: &value.bytes,
            ignores_case: value.is_hex,
        };
        let before = bytes.shared_before(offset, &self.text[..at]);
        let (first, rest) = (at - before, offset - before);
        let starts = if rest == 0 {
            vec![first]
        } else {
            margin::find_known_starts(self.text, first, rest, bytes)
        };
        let text = self.text;
        let mut joined = starts.into_iter().filter_map(|start| {
            let pieces = margin::join_known(text, start, bytes)?;
            let end = pieces.last()?.end;
            value.counts_between(text, &(start..end)).then_some(pieces)
        });
        if let Some(pieces) = joined.next() {
            let region = layer::decode_pieces(text, &pieces);
            self.done.insert(key, region.range.end);
            let candidates = vec![known_candidate(index, 0..region.bytes.len())];
            let inner = Detection {
                candidates,
                ..Detection::default()
            };
            self.regions.push((region, inner));
        }
    }

    /// Decodes the text around `hit` and finds the secret in the decoded text.
    fn read_through(&mut self, index: usize, reading: LayerReading, hit: &Range<usize>) {
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
        let mut inner = Detection::default();
        for place in places {
            // A match that the previous window reached was found in that window.
            if decoded.outer_range(place.clone().into()).start + reach >= floor
                && value.counts_between(&decoded.bytes, &place)
            {
                inner.candidates.push(known_candidate(index, place));
            }
        }
        if !inner.is_empty() {
            self.regions.push((decoded, inner));
        }
    }
}

fn known_candidate(index: usize, range: impl Into<Span>) -> Candidate {
    Candidate {
        kind: CandidateKind::Known(index),
        range: range.into(),
    }
}

impl KnownValue {
    /// Returns true if the secret is at `start` of `text`.
    fn stands_at(&self, text: &[u8], start: usize) -> bool {
        text.get(start..start + self.bytes.len())
            .is_some_and(|there| self.matches_bytes(there))
    }

    fn matches_bytes(&self, other: &[u8]) -> bool {
        if self.is_hex {
            other.eq_ignore_ascii_case(&self.bytes)
        } else {
            *other == *self.bytes
        }
    }

    /// Returns the places of the secret in `text`, without overlap.
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

    /// Returns true if the secret counts between the bytes on either side of `place`.
    fn counts_between(&self, text: &[u8], place: &Range<usize>) -> bool {
        let is_word = |at: Option<usize>| {
            at.and_then(|at| text.get(at))
                .is_some_and(|b| super::runs::is_word(*b))
        };
        self.counts_inside || !is_word(place.start.checked_sub(1)) && !is_word(Some(place.end))
    }
}
