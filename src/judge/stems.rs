//! Looks for any of a few dozen short patterns, with vector instructions where the machine has them.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, Span};

/// The patterns. What is found is the same on every machine: the leftmost, and of those that begin there the longest.
#[derive(Clone, Debug)]
pub(super) enum Stems {
    /// With vector instructions.
    Packed(Searcher),
    /// A byte at a time.
    Plain(AhoCorasick),
}

impl Stems {
    /// Looks for these patterns.
    ///
    /// # Errors
    /// When there are too many for an automaton.
    pub(super) fn new<P: AsRef<[u8]>>(patterns: &[P]) -> Result<Stems, String> {
        let mut builder = Config::new()
            .match_kind(MatchKind::LeftmostLongest)
            .builder();
        match builder.extend(patterns).build() {
            Some(searcher) => Ok(Stems::Packed(searcher)),
            None => Stems::plain(patterns),
        }
    }

    /// Looks for them without vector instructions.
    fn plain<P: AsRef<[u8]>>(patterns: &[P]) -> Result<Stems, String> {
        AhoCorasick::builder()
            .match_kind(aho_corasick::MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(patterns)
            .map(Stems::Plain)
            .map_err(|e| e.to_string())
    }

    /// Whether it uses vector instructions.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(super) fn is_packed(&self) -> bool {
        matches!(self, Stems::Packed(_))
    }

    /// The first of them in this part of a text: which, from where, to where.
    pub(super) fn find(
        &self,
        text: &[u8],
        start: usize,
        end: usize,
    ) -> Option<(usize, usize, usize)> {
        let span = Span { start, end };
        let found = match self {
            Stems::Packed(searcher) => searcher.find_in(text, span),
            Stems::Plain(automaton) => automaton.find(Input::new(text).span(span)),
        }?;
        Some((found.pattern().as_usize(), found.start(), found.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;

    #[test]
    fn without_vector_instructions_the_same_is_found() {
        let patterns = ["oken", "OKEN", "gh", "ghp", "ithub(", "-u ", "令牌", "密"];
        let (packed, plain) = (
            Stems::new(&patterns).unwrap(),
            Stems::plain(&patterns).unwrap(),
        );
        let mut mint = Mint::new(47);
        for round in 0..2000 {
            let text = mint.text("okenOKENghpithub(-u 令牌密".as_bytes(), 1 + round % 150);
            let start = mint.below(text.len());
            let all = |stems: &Stems| {
                let mut out = Vec::new();
                let mut at = start;
                while let Some((pattern, from, to)) = stems.find(&text, at, text.len()) {
                    out.push((pattern, from, to));
                    at = from + 1;
                }
                out
            };
            assert_eq!(all(&packed), all(&plain), "{text:?}");
        }
    }
}
