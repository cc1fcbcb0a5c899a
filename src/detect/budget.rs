//! Limit for the work of a search. An expression such as `x*y|x` reads a text full of `x` to its end for each of
//! its matches, so the time grows with the square of the length. The work is measured, and the search ends at a limit.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Capture, Hir, HirKind, Look, Repetition};

use crate::rule::expression;

/// Number of searches in one place that are not measured: few texts have more matches of a rule.
const FREE: usize = 32;

/// Allowed number of bytes read for each byte of a place. Sound rules read each byte about once.
const ALLOWED: usize = 16;

/// Work of the searches for one rule in one place so far.
pub(super) struct SearchBudget<'s> {
    source: &'s str,
    searches: usize,
    left: usize,
    meter: Option<LookaheadMeter>,
}

impl<'s> SearchBudget<'s> {
    /// Creates a limit for the expression `source` in a place of `len` bytes.
    pub(super) fn new(source: &'s str, len: usize) -> Self {
        SearchBudget {
            source,
            searches: 0,
            left: len.saturating_add(1).saturating_mul(ALLOWED),
            meter: None,
        }
    }

    /// Returns true if the work of the next search, from `at` on, is allowed.
    pub(super) fn allows_search(&mut self, text: &[u8], at: usize) -> bool {
        self.searches += 1;
        if self.searches <= FREE {
            return true;
        }
        if self.searches == FREE + 1 {
            self.meter = LookaheadMeter::new(self.source);
        }
        let rest = text.len().saturating_sub(at);
        let most = rest.min(self.left);
        let reach = match &mut self.meter {
            Some(meter) => meter.lookahead_from(text, at, most),
            None => most,
        };
        self.left -= reach;
        self.left > 0
    }
}

/// Counter of the bytes that a search reads.
struct LookaheadMeter {
    automaton: DFA,
    cache: Cache,
}

impl LookaheadMeter {
    fn new(source: &str) -> Option<LookaheadMeter> {
        let hir = with_ascii_words(&expression::parse(source).ok()?);
        let states = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .utf8(false)
                    .which_captures(thompson::WhichCaptures::None),
            )
            .build_from_hir(&hir)
            .ok()?;
        let config = DFA::config()
            .match_kind(MatchKind::LeftmostFirst)
            .skip_cache_capacity_check(true);
        let automaton = DFA::builder()
            .configure(config)
            .build_from_nfa(states)
            .ok()?;
        let cache = automaton.create_cache();
        Some(LookaheadMeter { automaton, cache })
    }

    /// Returns the number of bytes that a search from `at` on reads until it has the first match; `most` if the number
    /// is as large, or unknown.
    fn lookahead_from(&mut self, text: &[u8], at: usize, most: usize) -> usize {
        let input = Input::new(text).range(at..);
        let Ok(mut state) = self.automaton.start_state_forward(&mut self.cache, &input) else {
            return most;
        };
        for (passed, byte) in text[at..].iter().take(most).enumerate() {
            match self.automaton.next_state(&mut self.cache, state, *byte) {
                Ok(next) if next.is_dead() => return passed,
                Ok(next) if !next.is_quit() => state = next,
                _ => return most,
            }
        }
        most
    }
}

/// Returns the expression with ASCII word boundaries instead of Unicode ones. The distance that a search reads is
/// about the same, and the automaton supports no others.
fn with_ascii_words(hir: &Hir) -> Hir {
    let all = |subs: &[Hir]| subs.iter().map(with_ascii_words).collect();
    match hir.kind() {
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            other => *other,
        }),
        HirKind::Repetition(r) => Hir::repetition(Repetition {
            sub: Box::new(with_ascii_words(&r.sub)),
            ..r.clone()
        }),
        HirKind::Capture(c) => Hir::capture(Capture {
            sub: Box::new(with_ascii_words(&c.sub)),
            ..c.clone()
        }),
        HirKind::Concat(subs) => Hir::concat(all(subs)),
        HirKind::Alternation(subs) => Hir::alternation(all(subs)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(source: &str, text: &str, at: usize) -> usize {
        let mut meter = LookaheadMeter::new(source).unwrap();
        meter.lookahead_from(text.as_bytes(), at, text.len() - at)
    }

    #[test]
    fn it_counts_what_a_search_must_look_at() {
        // The automaton reports a match one byte late.
        let is = |reach, bytes| (bytes..bytes + 2).contains(&reach);
        let text = "x".repeat(500);
        assert!(is(reach("x*y|x", &text, 100), 400));
        assert!(is(reach("x{3}", &text, 100), 3));
        let tokens = "acme_0123456789, acme_0123456789, ".repeat(9);
        assert!(is(reach(r"\bacme_[0-9]{10,}\b", &tokens, 17), 16));
        // The search reads up to the next match, with the text before it, in any script.
        let other = "\u{4ee4}\u{724c} acme_123\u{ff0c}\u{4ee4}";
        assert!(is(reach(r"\bacme_[0-9]{3}\b", other, 0), 16));
    }

    #[test]
    fn sound_rules_may_match_as_often_as_they_like_and_others_may_not() {
        let tokens = "acme_0123456789, ".repeat(10_000);
        let mut effort = SearchBudget::new(r"\bacme_[0-9]{10,}\b", tokens.len());
        assert!((0..10_000).all(|n| effort.allows_search(tokens.as_bytes(), n * 17)));
        let text = "x".repeat(100_000);
        let mut effort = SearchBudget::new("x*y|x", text.len());
        let searches = (0..text.len()).take_while(|at| effort.allows_search(text.as_bytes(), *at));
        assert_eq!(searches.count(), FREE + ALLOWED);
    }
}
