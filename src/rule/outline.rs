//! Outlines of the texts that an expression matches: their literals, with gaps for all that may vary. They show if every
//! match contains a keyword.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// Byte in an outline that stands for any text.
const GAP: u8 = 0;

/// Maximum number of outlines. Above it, the keywords are not checked.
const MOST: usize = 512;

/// Returns all ways in which an expression can match, in lower case. A class or repetition with many
/// possibilities is a gap. `None` if there are too many ways.
pub(super) fn match_outlines(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let ways = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Vec::new()],
        HirKind::Literal(literal) => vec![literal.0.to_ascii_lowercase()],
        HirKind::Class(class) => class_outlines(class),
        HirKind::Capture(capture) => match_outlines(&capture.sub)?,
        HirKind::Repetition(repetition) => repeated(repetition)?,
        HirKind::Concat(subs) => {
            let mut ways = vec![Vec::new()];
            for sub in subs {
                let next = match_outlines(sub)?;
                if ways.len() * next.len() > MOST {
                    return None;
                }
                ways = join(&ways, &next);
            }
            ways
        }
        HirKind::Alternation(subs) => {
            let mut ways = Vec::new();
            for sub in subs {
                ways.extend(match_outlines(sub)?);
            }
            ways
        }
    };
    (ways.len() <= MOST).then_some(ways)
}

fn join(heads: &[Vec<u8>], tails: &[Vec<u8>]) -> Vec<Vec<u8>> {
    heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| [&head[..], tail].concat()))
        .collect()
}

fn repeated(repetition: &Repetition) -> Option<Vec<Vec<u8>>> {
    let once = match_outlines(&repetition.sub)?;
    match (repetition.min, repetition.max) {
        (0, Some(1)) => Some([vec![Vec::new()], once].concat()),
        (0, _) => Some(vec![vec![GAP]]),
        (1, Some(1)) => Some(once),
        (_, _) => Some(join(&join(&once, &[vec![GAP]]), &once)),
    }
}

/// Returns the characters of a small class, case folded, or a gap for a large one.
fn class_outlines(class: &Class) -> Vec<Vec<u8>> {
    const SMALL: usize = 8;
    const SPAN: u32 = 16;
    let mut bytes: Vec<u8> = Vec::new();
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(c) => c
            .iter()
            .map(|r| (r.start().into(), r.end().into()))
            .collect(),
        Class::Bytes(c) => c
            .iter()
            .map(|r| (r.start().into(), r.end().into()))
            .collect(),
    };
    for (start, end) in ranges {
        // The Kelvin sign and the long s belong to `(?i)k` and `(?i)s`, but to no token.
        if matches!(start, 0x212a | 0x17f) && start == end {
            continue;
        }
        if end > 0x7f || end - start > SPAN {
            return vec![vec![GAP]];
        }
        bytes.extend((start..=end).filter_map(|c| u8::try_from(c).ok()));
    }
    bytes.make_ascii_lowercase();
    bytes.sort_unstable();
    bytes.dedup();
    if bytes.len() > SMALL {
        return vec![vec![GAP]];
    }
    bytes.into_iter().map(|b| vec![b]).collect()
}

/// Returns true if this way to match contains the word.
pub(super) fn has_word(outline: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(outline, word).is_some()
}

/// Returns an outline for people, with an ellipsis in place of each gap.
pub(super) fn show_outline(outline: &[u8]) -> String {
    let parts: Vec<String> = outline
        .split(|b| *b == GAP)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect();
    parts.join("…")
}
