//! Runs of characters that every match of an expression contains.

use regex_syntax::hir::{Hir, HirKind, Repetition};

use super::alphabet::AnchorAlphabet;

/// Characters of an alphabet that every match of an expression must contain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SureRuns {
    /// True if matches contain only such characters.
    pub(super) only: bool,
    /// Length of the shortest match, if it contains only such characters.
    pub(super) shortest: usize,
    /// Number of them at the start of each match, at its end (`tail`), and consecutively anywhere (`longest_run`).
    head: usize,
    tail: usize,
    pub(super) longest_run: usize,
}

impl SureRuns {
    fn with_shortest(shortest: usize) -> SureRuns {
        SureRuns {
            only: true,
            shortest,
            head: shortest,
            tail: shortest,
            longest_run: shortest,
        }
    }

    fn followed_by(self, next: SureRuns) -> SureRuns {
        if self.only && next.only {
            return SureRuns::with_shortest(self.shortest.saturating_add(next.shortest));
        }
        let head = if self.only {
            self.shortest.saturating_add(next.head)
        } else {
            self.head
        };
        let tail = if next.only {
            next.shortest.saturating_add(self.tail)
        } else {
            next.tail
        };
        let across = self.tail.saturating_add(next.head);
        SureRuns {
            only: false,
            shortest: 0,
            head,
            tail,
            longest_run: across.max(self.longest_run).max(next.longest_run),
        }
    }

    fn either(self, other: SureRuns) -> SureRuns {
        if self.only && other.only {
            return SureRuns::with_shortest(self.shortest.min(other.shortest));
        }
        SureRuns {
            only: false,
            shortest: 0,
            head: self.head.min(other.head),
            tail: self.tail.min(other.tail),
            longest_run: self.longest_run.min(other.longest_run),
        }
    }

    pub(super) fn of(hir: &Hir, alphabet: AnchorAlphabet) -> SureRuns {
        let of = |sub: &Hir| SureRuns::of(sub, alphabet);
        let one = |is_one: bool| {
            if is_one {
                SureRuns::with_shortest(1)
            } else {
                SureRuns::default()
            }
        };
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => SureRuns::with_shortest(0),
            HirKind::Literal(literal) => {
                let bytes = literal
                    .0
                    .iter()
                    .map(|byte| one(alphabet.contains_byte(*byte)));
                bytes.fold(SureRuns::with_shortest(0), SureRuns::followed_by)
            }
            HirKind::Class(class) => one(alphabet.contains_class(class)),
            HirKind::Capture(capture) => of(&capture.sub),
            HirKind::Repetition(repetition) => {
                let once = of(&repetition.sub);
                let min = repetition.min as usize;
                match min {
                    _ if once.only => SureRuns::with_shortest(once.shortest.saturating_mul(min)),
                    0 => SureRuns::default(),
                    1 => SureRuns {
                        only: false,
                        ..once
                    },
                    _ => once.followed_by(once),
                }
            }
            HirKind::Concat(subs) => subs
                .iter()
                .map(of)
                .fold(SureRuns::with_shortest(0), SureRuns::followed_by),
            HirKind::Alternation(subs) => subs
                .iter()
                .map(of)
                .reduce(SureRuns::either)
                .unwrap_or_default(),
        }
    }
}

/// Returns, for an expression that repeats one class of an alphabet without bound and has no other unbounded part, the
/// minimum number of repetitions (`None` if no part is unbounded), and the maximum length of the other parts.
pub(super) fn unbounded_repetition(
    hir: &Hir,
    alphabet: AnchorAlphabet,
) -> Option<(Option<usize>, usize)> {
    if let Some(longest) = hir.properties().maximum_len() {
        return Some((None, longest));
    }
    match hir.kind() {
        HirKind::Capture(capture) => unbounded_repetition(&capture.sub, alphabet),
        HirKind::Repetition(Repetition { min, sub, .. }) => {
            let HirKind::Class(class) = sub.kind() else {
                return None;
            };
            alphabet
                .contains_class(class)
                .then_some((Some(*min as usize), 0))
        }
        HirKind::Concat(subs) => subs.iter().try_fold((None, 0usize), |(found, rest), sub| {
            let (unbounded, more) = unbounded_repetition(sub, alphabet)?;
            let found = match (found, unbounded) {
                (Some(_), Some(_)) => return None,
                (a, b) => a.or(b),
            };
            Some((found, rest.saturating_add(more)))
        }),
        _ => None,
    }
}
