//! Parts that every match of an expression contains, computed from the expression: a part of a long run of word
//! characters, or one of a few literals. A rule is searched for only near these parts.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::runs::{MIN_SHORTER, is_word};

/// Parts that every match contains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Anchor {
    /// Literals one of which is in every match, ASCII letters in either case. Empty if none are known.
    pub(super) literals: Vec<Vec<u8>>,
    /// Run that every match has a part in; the rest of the match is near the run.
    pub(super) run: Option<NearRun>,
    /// Maximum length of a match, in bytes.
    pub(super) longest: Option<usize>,
}

/// Run of word characters that each match has a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NearRun {
    /// Minimum number of consecutive characters of this alphabet in the run.
    pub(super) shortest: usize,
    pub(super) alphabet: AnchorAlphabet,
    /// Maximum distance in bytes from the run to the start and to the end of a match.
    pub(super) reach: usize,
}

/// Word characters, or a subset of them. Names in programs are often long runs of word characters, rarely of a subset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnchorAlphabet {
    /// Hex digits in either case.
    Hex,
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits and `_`.
    Word,
}

impl AnchorAlphabet {
    /// All alphabets, each a subset of the next.
    pub(super) const ALL: [AnchorAlphabet; 3] = [
        AnchorAlphabet::Hex,
        AnchorAlphabet::Alphanumeric,
        AnchorAlphabet::Word,
    ];

    fn contains_byte(self, byte: u8) -> bool {
        match self {
            AnchorAlphabet::Hex => byte.is_ascii_hexdigit(),
            AnchorAlphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
            AnchorAlphabet::Word => is_word(byte),
        }
    }

    /// Returns true if every character of `class` is in the alphabet.
    fn contains_class(self, class: &Class) -> bool {
        let all = |start: u32, end: u32| {
            end < 0x80
                && (start..=end).all(|c| u8::try_from(c).is_ok_and(|b| self.contains_byte(b)))
        };
        match class {
            Class::Unicode(c) => c.iter().all(|r| all(r.start().into(), r.end().into())),
            Class::Bytes(c) => c.iter().all(|r| all(r.start().into(), r.end().into())),
        }
    }

    /// Returns true if `word`, which contains only word characters, contains `len` consecutive ones of this alphabet.
    pub(super) fn has_run_of(self, word: &[u8], len: usize) -> bool {
        let mut start = 0usize;
        while let Some(row) = word.get(start..start.saturating_add(len)) {
            if self == AnchorAlphabet::Word {
                return true;
            }
            match row.iter().rposition(|b| !self.contains_byte(*b)) {
                Some(other) => start += other + 1,
                None => return true,
            }
        }
        false
    }
}

/// Maximum distance from a run, in bytes, of the matches of a rule that is searched for around runs.
const FURTHEST: usize = 256;

/// Minimum length in bytes of a useful literal; shorter ones are everywhere.
const SHORTEST_LITERAL: usize = 3;

/// Maximum number of literals computed for one rule.
const MOST_LITERALS: usize = 32;

impl Anchor {
    /// Returns the parts that every match of `hir` contains.
    pub(super) fn of(hir: &Hir) -> Anchor {
        Anchor {
            literals: required_literals(hir),
            run: near_run(hir),
            longest: hir.properties().maximum_len(),
        }
    }
}

/// Returns the rarest run near each match.
fn near_run(hir: &Hir) -> Option<NearRun> {
    let in_one_run = SureRuns::of(hir, AnchorAlphabet::Word).only;
    let near = |alphabet| {
        let words = SureRuns::of(hir, alphabet);
        let (shortest, reach) = if words.only {
            (words.shortest, 0)
        } else if let Some(longest) = hir.properties().maximum_len() {
            (words.longest_run, longest.saturating_sub(words.longest_run))
        } else {
            let (shortest, reach) = unbounded_repetition(hir, alphabet)?;
            (shortest?, reach)
        };
        let near = NearRun {
            shortest,
            alphabet,
            reach: if in_one_run { 0 } else { reach },
        };
        (near.shortest >= MIN_SHORTER && near.reach <= FURTHEST).then_some(near)
    };
    AnchorAlphabet::ALL.into_iter().find_map(near)
}

/// Characters of an alphabet that every match of an expression must contain.
#[derive(Clone, Copy, Debug, Default)]
struct SureRuns {
    /// True if matches contain only such characters.
    only: bool,
    /// Length of the shortest match, if it contains only such characters.
    shortest: usize,
    /// Number of them at the start of each match, at its end (`tail`), and consecutively anywhere (`longest_run`).
    head: usize,
    tail: usize,
    longest_run: usize,
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

    fn of(hir: &Hir, alphabet: AnchorAlphabet) -> SureRuns {
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
fn unbounded_repetition(hir: &Hir, alphabet: AnchorAlphabet) -> Option<(Option<usize>, usize)> {
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

/// Returns the best set of literals one of which is in every match, or an empty set if there is no good one.
fn required_literals(hir: &Hir) -> Vec<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::AnchorAlphabet::{Alphanumeric, Hex, Word};
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_row_is_found_wherever_it_stands() {
        let mut mint = Mint::new(13);
        for _ in 0..5000 {
            let mut word = Vec::new();
            for _ in 0..mint.random_below(4) {
                let (hex, more) = (mint.random_below(30), mint.random_below(3));
                word.extend(mint.hex(hex));
                word.extend(mint.text(b"xZ__", more));
            }
            for alphabet in AnchorAlphabet::ALL {
                let rows = word.split(|b| !alphabet.contains_byte(*b)).map(<[u8]>::len);
                let longest = rows.max().unwrap_or(0);
                for len in [20, 24, 40] {
                    assert_eq!(alphabet.has_run_of(&word, len), len <= longest, "{word:?}");
                }
            }
        }
    }

    fn of(source: &str) -> (Vec<String>, Option<(AnchorAlphabet, usize, usize)>) {
        let hir = crate::rule::expression::parse(source).unwrap();
        let anchor = Anchor::of(&hir);
        let literals = anchor.literals.into_iter();
        (
            literals.map(|l| String::from_utf8(l).unwrap()).collect(),
            anchor.run.map(|r| (r.alphabet, r.shortest, r.reach)),
        )
    }

    fn texts(literals: &[&str]) -> Vec<String> {
        literals.iter().map(|l| (*l).to_owned()).collect()
    }

    #[test]
    fn a_token_is_a_run_and_its_prefix_a_literal() {
        assert_eq!(
            of(r"\bacme_[a-z0-9]{32}\b"),
            (texts(&["acme_"]), Some((Alphanumeric, 32, 0)))
        );
        assert_eq!(
            of(r"acme_(?<secret>[a-z]{20,})"),
            (texts(&["acme_"]), Some((Alphanumeric, 20, 0)))
        );
        assert_eq!(
            of(r"acme_[a-z]{9}_[a-z]{9}"),
            (texts(&["acme_"]), Some((Word, 24, 0)))
        );
        assert_eq!(
            of(r#"(?:foo|bar)_[a-z]{30}['"]"#),
            (texts(&["foo_", "bar_"]), Some((Alphanumeric, 30, 5)))
        );
    }

    #[test]
    fn a_key_may_stand_apart_from_its_run() {
        assert_eq!(
            of(r#"(?i)acme.{0,20}?["']([0-9a-f]{32})["']"#).1,
            Some((Hex, 32, 4 + 80 + 2))
        );
        assert_eq!(
            of(r"acme=[0-9a-f]{32,};?"),
            (texts(&["acme="]), Some((Hex, 32, 6)))
        );
        assert_eq!(of(r"acme\s*=\s*[0-9a-f]{32,}").1, None);
        assert_eq!(of(r"acme\s*=\s*[0-9a-f]{32,}").0, texts(&["acme"]));
    }

    #[test]
    fn either_case_is_one_literal_and_the_long_s_another() {
        assert_eq!(of("(?i)acme:[0-9]").0, texts(&["acme:"]));
        assert_eq!(of("(?i)ask[0-9]").0.len(), 4);
    }

    #[test]
    fn what_is_sure_of_nothing_has_no_anchor() {
        for source in [
            "[a-z]{5}",
            r"\w{40}",
            "(?:acme)?[a-z]{5}",
            "a|bcde",
            "x[0-9]y[0-9]",
        ] {
            assert_eq!(of(source), (vec![], None), "{source}");
        }
        assert_eq!(of(r"(?-u)\w{40}").1, Some((Word, 40, 0)));
    }
}
