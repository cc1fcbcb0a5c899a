//! Literals one of which is in every match of an expression.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// Minimum length in bytes of a useful literal; shorter ones are everywhere.
const SHORTEST_LITERAL: usize = 3;

/// Maximum number of literals computed for one rule.
const MOST_LITERALS: usize = 32;

/// Returns the best set of literals one of which is in every match, or an empty set if there is no good one.
pub(super) fn required_literals(hir: &Hir) -> Vec<Vec<u8>> {
    if let Some(ways) = exact_texts(hir).filter(|ways| literal_quality(ways) > 0) {
        return ways;
    }
    match hir.kind() {
        HirKind::Capture(capture) => required_literals(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required_literals(&repetition.sub),
        HirKind::Concat(subs) => {
            let mut best = Vec::new();
            let mut ways = vec![Vec::new()];
            for sub in subs {
                let next = exact_texts(sub).and_then(|next| concat_all(&ways, &next));
                best = better_literals(best, required_literals(sub));
                if let Some(next) = next {
                    ways = next;
                } else {
                    best = better_literals(best, std::mem::replace(&mut ways, vec![Vec::new()]));
                    // A literal that does not fit after the last ones may begin the next set.
                    ways = exact_texts(sub).unwrap_or(ways);
                }
            }
            better_literals(best, ways)
        }
        HirKind::Alternation(subs) => {
            let all: Vec<Vec<Vec<u8>>> = subs.iter().map(required_literals).collect();
            let whole = all.iter().all(|r| !r.is_empty());
            let joined = all.concat();
            if whole && joined.len() <= MOST_LITERALS {
                joined
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

/// Returns all texts that an expression matches, in lower case, if they are few.
fn exact_texts(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let ways = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Vec::new()],
        HirKind::Literal(literal) => vec![literal.0.to_ascii_lowercase()],
        HirKind::Class(class) => class_members(class)?,
        HirKind::Capture(capture) => exact_texts(&capture.sub)?,
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            let once = exact_texts(sub)?;
            match (min, max) {
                (0, Some(1)) => [vec![Vec::new()], once].concat(),
                (min, Some(max)) if min == max && *min <= 8 => {
                    (0..*min).try_fold(vec![Vec::new()], |ways, _| concat_all(&ways, &once))?
                }
                _ => return None,
            }
        }
        HirKind::Concat(subs) => subs.iter().try_fold(vec![Vec::new()], |ways, sub| {
            concat_all(&ways, &exact_texts(sub)?)
        })?,
        HirKind::Alternation(subs) => {
            let all: Option<Vec<_>> = subs.iter().map(exact_texts).collect();
            all?.concat()
        }
    };
    (ways.len() <= MOST_LITERALS).then_some(ways)
}

fn concat_all(heads: &[Vec<u8>], tails: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if heads.len() * tails.len() > MOST_LITERALS {
        return None;
    }
    let all = heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| [&head[..], tail].concat()));
    Some(all.collect())
}

/// Returns the characters of a small class, ASCII letters in lower case, each once.
fn class_members(class: &Class) -> Option<Vec<Vec<u8>>> {
    const MOST: usize = 8;
    let mut all: Vec<Vec<u8>> = Vec::new();
    let few = |start: u32, end: u32| (end - start) as usize <= MOST;
    match class {
        Class::Unicode(class) => {
            for range in class.iter() {
                few(range.start().into(), range.end().into()).then_some(())?;
                for c in range.start()..=range.end() {
                    all.push(c.to_ascii_lowercase().to_string().into_bytes());
                }
            }
        }
        Class::Bytes(class) => {
            for range in class.iter() {
                few(range.start().into(), range.end().into()).then_some(())?;
                all.extend((range.start()..=range.end()).map(|b| vec![b.to_ascii_lowercase()]));
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    (all.len() <= MOST).then_some(all)
}

/// Returns the quality of a set of literals: the length of its shortest, 0 if that is too short to be rare.
fn literal_quality(literals: &[Vec<u8>]) -> usize {
    let shortest = literals.iter().map(Vec::len).min().unwrap_or(0);
    if shortest < SHORTEST_LITERAL {
        0
    } else {
        shortest
    }
}

fn better_literals(a: Vec<Vec<u8>>, b: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    match (literal_quality(&a), literal_quality(&b)) {
        (0, 0) => Vec::new(),
        (x, y) if x > y || (x == y && a.len() <= b.len()) => a,
        _ => b,
    }
}
