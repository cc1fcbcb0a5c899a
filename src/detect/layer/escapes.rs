//! Escapes, markup and colour codes inside a token or at its border: `\u0067hp_…`, `%67hp_…`, `&#103;hp_…`,
//! `ghp_<b>…</b>`, `ghp_ESC[31m…`, and the soft line breaks of mail.
//!
//! Of a token that is cut once, one piece is a run of word characters of at least [`runs::MIN_SHORTER`], and
//! what cuts it stands at the border of that run. So only there a look is taken, and text is decoded only
//! where an escape joins the run with its neighbour.

use std::ops::Range;

use super::Decoded;
use super::unit::{self, Meaning, Unit};
use crate::detect::LONGEST_TOKEN;
use crate::detect::runs::{self, is_word};
use crate::finding::Layer;

/// How much is decoded before and behind a run, in bytes.
const CONTEXT: usize = 1024;

/// A run so far from the end of the last region is in it already, with enough behind it.
const CLOSE: usize = 512;

/// Whether an escape may end before `run`, or begin behind it. Most runs must end here.
#[inline]
pub(super) fn is_at_seam(text: &[u8], run: &Range<usize>) -> bool {
    let (before, behind) = beside(text, run);
    SEAMS[usize::from(before)].0
        || SEAMS[usize::from(behind)].1
        || before == b'\n' && is_soft(&text[..run.start - 1])
}

/// Whether a line break behind `head` is a soft one of mail.
fn is_soft(head: &[u8]) -> bool {
    head.ends_with(b"=") || head.ends_with(b"=\r")
}

/// The bytes before and behind `run`.
#[inline]
fn beside(text: &[u8], run: &Range<usize>) -> (u8, u8) {
    (at(text, run.start.wrapping_sub(1)), at(text, run.end))
}

/// Appends the neighbourhoods of runs that an escape joins with what is beside them. `shorter` are the runs of
/// at least [`runs::MIN_SHORTER`] word characters for which [`is_at_seam`] holds, and perhaps others.
pub(super) fn regions(
    text: &[u8],
    shorter: &[Range<usize>],
    under: &[Layer],
    out: &mut Vec<Decoded>,
) {
    for run in shorter {
        if !is_at_seam(text, run) {
            continue;
        }
        let (before, behind) = beside(text, run);
        let [one, two] = layers_before(text, run, before);
        for layer in [one, two, layer_behind(behind)].into_iter().flatten() {
            let is_covered = |d: &Decoded| d.layer == layer && run.end + CLOSE <= d.range.end;
            if under.last() == Some(&layer) || out.last().is_some_and(is_covered) {
                continue;
            }
            if is_joined(layer, text, run) {
                let start = run.start.saturating_sub(CONTEXT);
                let end = text.len().min(run.end + CONTEXT);
                let end = end + rest_of_word(&text[end..]);
                out.push(decode(layer, text, start..end));
            }
        }
    }
}

/// Which bytes may end an escape before a run, or its head, and which may begin one behind it. Line breaks are
/// so common before a run that they are looked at on their own.
static SEAMS: [(bool, bool); 256] = {
    let mut table = [(false, false); 256];
    let mut at = 0u8;
    while at < 128 {
        table[at as usize] = (
            matches!(at, b'>' | b';' | b'[' | 0x07 | b'\\' | b'}' | b'%' | b'='),
            matches!(at, b'\x1b' | b'\\' | b'%' | b'=' | b'<' | b'&'),
        );
        at += 1;
    }
    table
};

/// The layers of which an escape may end with `byte`, which stands before `run`, or in the head of the run.
fn layers_before(text: &[u8], run: &Range<usize>, byte: u8) -> [Option<Layer>; 2] {
    let head = &text[..run.start.saturating_sub(1)];
    let hex = text[run.start].is_ascii_hexdigit() && text[run.start + 1].is_ascii_hexdigit();
    match byte {
        b'>' if head.last() != Some(&b'-') => [Some(Layer::Html), None],
        b';' => [Some(Layer::Html), Some(Layer::Ansi)],
        b'[' if head.last() == Some(&0x1b) => [Some(Layer::Ansi), None],
        0x07 => [Some(Layer::Ansi), None],
        b'\\' => [Some(Layer::Json), Some(Layer::Ansi)],
        b'}' => [Some(Layer::Json), None],
        b'%' if hex => [Some(Layer::Percent), None],
        b'=' if hex => [Some(Layer::QuotedPrintable), None],
        b'\n' if is_soft(head) => [Some(Layer::QuotedPrintable), None],
        _ => [None, None],
    }
}

/// The layer of which an escape may begin with `byte`, which stands behind a run.
fn layer_behind(byte: u8) -> Option<Layer> {
    match byte {
        b'\x1b' => Some(Layer::Ansi),
        b'\\' => Some(Layer::Json),
        b'%' => Some(Layer::Percent),
        b'=' => Some(Layer::QuotedPrintable),
        b'<' | b'&' => Some(Layer::Html),
        _ => None,
    }
}

/// How much of what begins `text` still belongs to the word before it.
fn rest_of_word(text: &[u8]) -> usize {
    text.iter()
        .take(LONGEST_TOKEN)
        .take_while(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\''))
        .count()
}

fn at(text: &[u8], place: usize) -> u8 {
    text.get(place).copied().unwrap_or(b' ')
}

/// Whether an escape of `layer` at a border of `run` joins it with what is beside it, or with the colours or
/// encoded words that do.
fn is_joined(layer: Layer, text: &[u8], run: &Range<usize>) -> bool {
    let unit = behind(layer, text, run).or_else(|| before(layer, text, run));
    match unit {
        // Tags are everywhere; only a token's prefix makes one worth the work.
        Some(unit) if layer == Layer::Html && unit.means == Meaning::Nothing => {
            has_prefix(&text[run.start.saturating_sub(LONGEST_BEFORE)..run.end])
                || has_prefix(&over_tags(text, run))
        }
        Some(_) => true,
        None => {
            layer == Layer::Percent
                && run.len() >= runs::MIN
                && at(text, run.start.wrapping_sub(1)) == b'%'
        }
    }
}

/// The escape behind a run that joins it with what follows.
fn behind(layer: Layer, text: &[u8], run: &Range<usize>) -> Option<Unit> {
    if !unit::opener(layer).contains(&at(text, run.end)) {
        return None;
    }
    let unit = unit::at(layer, &text[run.end..])?;
    let next = at(text, run.end + unit.len);
    let colour = unit.means == Meaning::Char('\x1b');
    let goes_on = is_word(next) || unit::opener(layer).contains(&next);
    (colour || unit.joins() && (unit.means != Meaning::Nothing || goes_on)).then_some(unit)
}

/// The escape before a run, or with its tail in the head of the run, that joins it with what is before.
fn before(layer: Layer, text: &[u8], run: &Range<usize>) -> Option<Unit> {
    let near = run.start.saturating_sub(LONGEST_BEFORE)..run.start;
    let openers = unit::opener(layer);
    let start = near.start + text[near].iter().rposition(|b| openers.contains(b))?;
    let unit = unit::at(layer, &text[start..])?;
    let end = start + unit.len;
    // It ends where the run begins, or a few characters into it.
    let adjacent = end >= run.start && end < run.end;
    let colour = unit.means == Meaning::Char('\x1b');
    let goes_on = start > 0
        && (is_word(text[start - 1])
            || openers.contains(&text[start - 1])
            || text[start - 1] == b'>'
            || text[start - 1] == b';');
    (adjacent && (colour || unit.joins() && (unit.means != Meaning::Nothing || goes_on)))
        .then_some(unit)
}

/// The head of a run with what is before the tags before it.
fn over_tags(text: &[u8], run: &Range<usize>) -> Vec<u8> {
    const PREFIX: usize = 12;
    let mut end = run.start;
    let floor = run.start.saturating_sub(LONGEST_BEFORE);
    while end > floor && matches!(text[end - 1], b'>' | b';') {
        let Some(start) = text[floor..end]
            .iter()
            .rposition(|b| matches!(b, b'<' | b'&'))
        else {
            break;
        };
        end = floor + start;
    }
    let head = run.start..run.end.min(run.start + PREFIX);
    [&text[end.saturating_sub(PREFIX)..end], &text[head]].concat()
}

/// How far before a run an escape that ends there may begin.
const LONGEST_BEFORE: usize = 160;

/// Whether the prefix of a token stands in `text`.
fn has_prefix(text: &[u8]) -> bool {
    memchr::memchr_iter(b'_', text).any(|at| {
        let head = &text[..at];
        head.ends_with(b"npm")
            || head.ends_with(b"pat")
            || matches!(head, [.., b'g', b'h', b'p' | b'o' | b'u' | b's' | b'r'])
    })
}

fn decode(layer: Layer, text: &[u8], range: Range<usize>) -> Decoded {
    let mut out = Decoded::new(layer, range.clone());
    let openers = unit::opener(layer);
    let mut at = range.start;
    while at < range.end {
        let unit = if openers.contains(&text[at]) {
            unit::at(layer, &text[at..])
        } else {
            None
        };
        match unit {
            Some(Unit { len, means }) => {
                match means {
                    Meaning::Byte(byte) => out.push_step(&[byte], at, len),
                    Meaning::Char(c) => {
                        out.push_step(c.encode_utf8(&mut [0; 4]).as_bytes(), at, len);
                    }
                    Meaning::Nothing => {}
                }
                at += len;
            }
            None => {
                out.push_step(&text[at..=at], at, 1);
                at += 1;
            }
        }
    }
    out.range.end = at;
    out
}
