//! Search for a few dozen short patterns, with vector instructions if the machine has them.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, Span};

/// Number of bytes of a pattern that vector instructions compare. A shorter pattern among longer ones would reduce it
/// to three for all, and the search would stop at every other word of a text.
const COMPARED: usize = 4;

/// Maximum number of patterns that vector instructions compare at once.
const AT_ONCE: usize = 64;

/// Returns a set of the bytes of a pattern. A text that contains the pattern has all of them.
pub(crate) fn byte_set(pattern: &str) -> u64 {
    pattern.bytes().fold(0, |set, b| set | 1 << (b & 63))
}

/// Set of patterns. A search returns the leftmost match, the longest of those, on every machine.
#[derive(Clone, Debug)]
pub(crate) struct MultiLiteral {
    searches: Vec<LiteralSearch>,
}

/// Pattern and its number in the set.
type NumberedPattern<'p> = (usize, &'p [u8]);

/// Match: number of the pattern, start and end.
type LiteralMatch = (usize, usize, usize);

impl MultiLiteral {
    /// Compiles these patterns.
    ///
    /// # Errors
    /// Returns an error if there are too many patterns for an automaton.
    pub(crate) fn new<P: AsRef<[u8]>>(patterns: &[P]) -> Result<MultiLiteral, String> {
        MultiLiteral::with_search(patterns, LiteralSearch::new)
    }

    fn with_search<P: AsRef<[u8]>>(
        patterns: &[P],
        search: fn(&[NumberedPattern<'_>]) -> Result<LiteralSearch, String>,
    ) -> Result<MultiLiteral, String> {
        let all = patterns.iter().map(AsRef::as_ref).enumerate();
        let (long, short): (Vec<_>, Vec<_>) = all.partition(|(_, p)| p.len() >= COMPARED);
        let parts = long.chunks(AT_ONCE).chain(short.chunks(AT_ONCE));
        let searches = parts.map(search).collect::<Result<_, _>>()?;
        Ok(MultiLiteral { searches })
    }

    /// Returns `true` if all searches use vector instructions.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(crate) fn is_packed(&self) -> bool {
        let packed = |s: &LiteralSearch| matches!(s.engine, SearchEngine::Packed(_));
        self.searches.iter().all(packed)
    }

    /// Returns the first match in this part of a text.
    pub(crate) fn find(&self, text: &[u8], start: usize, end: usize) -> Option<LiteralMatch> {
        let mut first: Option<LiteralMatch> = None;
        for search in &self.searches {
            // A better match begins no later than the best one so far.
            let ceiling = first.map_or(end, |(_, from, _)| end.min(from + search.longest));
            let Some(found) = search.find(text, start, ceiling) else {
                continue;
            };
            let place = |(_, from, to): LiteralMatch| (from, usize::MAX - to);
            if first.is_none_or(|first| place(found) < place(first)) {
                first = Some(found);
            }
        }
        first
    }
}

/// Search for some of the patterns.
#[derive(Clone, Debug)]
struct LiteralSearch {
    engine: SearchEngine,
    /// Number of each pattern in the set.
    numbers: Vec<usize>,
    /// Length of the longest pattern in bytes.
    longest: usize,
}

#[derive(Clone, Debug)]
enum SearchEngine {
    /// Search with vector instructions.
    Packed(Searcher),
    /// Search of one byte at a time.
    Plain(AhoCorasick),
}

impl LiteralSearch {
    fn new(patterns: &[NumberedPattern<'_>]) -> Result<LiteralSearch, String> {
        let mut builder = Config::new()
            .match_kind(MatchKind::LeftmostLongest)
            .builder();
        match builder.extend(patterns.iter().map(|(_, p)| p)).build() {
            Some(searcher) => Ok(LiteralSearch::of(patterns, SearchEngine::Packed(searcher))),
            None => LiteralSearch::without_vectors(patterns),
        }
    }

    /// Compiles a search without vector instructions.
    fn without_vectors(patterns: &[NumberedPattern<'_>]) -> Result<LiteralSearch, String> {
        AhoCorasick::builder()
            .match_kind(aho_corasick::MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(patterns.iter().map(|(_, p)| p))
            .map(|engine| LiteralSearch::of(patterns, SearchEngine::Plain(engine)))
            .map_err(|e| e.to_string())
    }

    fn of(patterns: &[NumberedPattern<'_>], engine: SearchEngine) -> LiteralSearch {
        LiteralSearch {
            engine,
            numbers: patterns.iter().map(|(number, _)| *number).collect(),
            longest: patterns.iter().map(|(_, p)| p.len()).max().unwrap_or(0),
        }
    }

    fn find(&self, text: &[u8], start: usize, end: usize) -> Option<LiteralMatch> {
        let span = Span { start, end };
        let found = match &self.engine {
            SearchEngine::Packed(searcher) => searcher.find_in(text, span),
            SearchEngine::Plain(automaton) => automaton.find(Input::new(text).span(span)),
        }?;
        let number = self.numbers[found.pattern().as_usize()];
        Some((number, found.start(), found.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    /// Returns the leftmost match, the longest of those, found byte by byte.
    fn obvious(patterns: &[&str], text: &[u8], start: usize) -> Option<LiteralMatch> {
        let at = |from: usize| {
            let begins = |(_, p): &(usize, &&str)| text[from..].starts_with(p.as_bytes());
            let here = patterns.iter().enumerate().filter(begins);
            here.max_by_key(|(_, p)| p.len())
                .map(|(number, p)| (number, from, from + p.len()))
        };
        (start..text.len()).find_map(at)
    }

    #[test]
    fn every_way_finds_the_leftmost_longest() {
        let mixed = [
            "oken", "OKEN", "gh", "ghp", "ghpi", "ithub(", "-u ", "令牌", "密",
        ];
        let mut mint = Mint::new(47);
        for patterns in [&mixed[..], &mixed[..2], &mixed[2..4]] {
            let ways = [
                MultiLiteral::new(patterns).unwrap(),
                MultiLiteral::with_search(patterns, LiteralSearch::without_vectors).unwrap(),
            ];
            for round in 0..2000 {
                let text = mint.text("okenOKENghpithub(-u 令牌密".as_bytes(), 1 + round % 150);
                let mut at = mint.random_below(text.len());
                while let Some(wanted) = obvious(patterns, &text, at) {
                    for stems in &ways {
                        assert_eq!(stems.find(&text, at, text.len()), Some(wanted), "{text:?}");
                    }
                    at = wanted.1 + 1;
                }
                let none = |s: &MultiLiteral| s.find(&text, at, text.len()).is_none();
                assert!(ways.iter().all(none), "{text:?}");
            }
        }
    }
}
