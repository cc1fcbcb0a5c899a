//! User rules with a regular expression of their own. The number of rules must cost almost nothing: each is
//! compiled when its `Anchor` is first found, and searched for only near it. The matches are those that
//! the expression alone would find in the whole text.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input};
use regex::bytes::Regex;

use super::anchor::{Anchor, AnchorAlphabet, NearRun};
use super::budget::SearchBudget;
use super::{Candidate, CandidateKind};
use crate::rule::{Rule, RulePattern, RuleSet, expression};

/// Rules of a scan that have an expression.
#[derive(Debug, Default)]
pub struct CustomRules {
    rules: Vec<CustomRule>,
    /// Rules searched for around long runs.
    near_runs: RuleGroup,
    /// Rules searched for in the whole text.
    anywhere: RuleGroup,
    /// Maximum distance in bytes of a match of `near_runs` from its run.
    reach: usize,
    /// Minimum length of a run for any of these rules, in characters of each of [`AnchorAlphabet::ALL`].
    least: [Option<usize>; 3],
}

/// Rules that are searched for in the same places.
#[derive(Debug, Default)]
struct RuleGroup {
    literals: Option<AhoCorasick>,
    /// Rule that each literal belongs to.
    owners: Vec<usize>,
    /// Rules without a literal, which are searched for in every text.
    always: Vec<usize>,
}

#[derive(Debug)]
struct CustomRule {
    rule: Arc<Rule>,
    source: String,
    anchor: Anchor,
    compiled: OnceLock<Option<Regex>>,
}

/// Maximum length in bytes of the matches of a rule that is searched for only around its literal.
const LONGEST_WINDOW: usize = 4096;

/// Maximum number of bytes that `^`, `$` and `\b` examine beside a match: one character.
const LOOK: usize = 4;

impl CustomRules {
    /// Selects the rules of `rules` that have an expression.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        let mut out = CustomRules::default();
        let mut near: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut anywhere: Vec<(usize, Vec<u8>)> = Vec::new();
        for rule in rules.with_expressions() {
            let RulePattern::Regex {
                source, keywords, ..
            } = &rule.pattern
            else {
                continue;
            };
            let index = out.rules.len();
            let mut anchor = expression::parse(source)
                .map(|hir| Anchor::of(&hir))
                .unwrap_or_default();
            if anchor.literals.is_empty() && anchor.run.is_none() {
                // The loader has checked that every match contains a keyword.
                anchor.literals = keywords.iter().map(|k| k.clone().into_bytes()).collect();
            }
            let (group, literals) = match anchor.run {
                Some(run) => {
                    out.reach = out.reach.max(run.reach);
                    out.add_run_request(run);
                    (&mut out.near_runs, &mut near)
                }
                None => (&mut out.anywhere, &mut anywhere),
            };
            if anchor.literals.is_empty() {
                group.always.push(index);
            }
            literals.extend(anchor.literals.iter().map(|l| (index, l.clone())));
            out.rules.push(CustomRule {
                rule: Arc::clone(rule),
                source: source.clone(),
                anchor,
                compiled: OnceLock::new(),
            });
        }
        out.near_runs.build(near);
        out.anywhere.build(anywhere);
        out
    }

    /// Returns the rule of [`CandidateKind::Custom`].
    #[must_use]
    pub fn rule_at(&self, index: usize) -> &Arc<Rule> {
        &self.rules[index].rule
    }

    /// Returns true if there is no such rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn add_run_request(&mut self, run: NearRun) {
        for (least, alphabet) in self.least.iter_mut().zip(AnchorAlphabet::ALL) {
            if alphabet == run.alphabet {
                *least = Some(least.map_or(run.shortest, |l| l.min(run.shortest)));
            }
        }
    }

    /// Returns true if any rule is searched for around runs.
    #[must_use]
    pub fn wants_runs(&self) -> bool {
        !self.near_runs.is_empty()
    }

    /// Returns true if a rule may match around `word`, a run of at least [`super::runs::MIN_SHORTER`] word characters.
    #[must_use]
    #[inline]
    pub fn wants_run(&self, word: &[u8]) -> bool {
        let asks = |(least, alphabet): (&Option<usize>, AnchorAlphabet)| {
            least.is_some_and(|least| word.len() >= least && alphabet.has_run_of(word, least))
        };
        self.least.iter().zip(AnchorAlphabet::ALL).any(asks)
    }

    /// Appends the matches of the rules in `text`; `runs` are its runs for which [`CustomRules::wants_run`] is true,
    /// and perhaps others. Returns the rules whose search was ended because it would have taken too long.
    pub fn search(
        &self,
        text: &[u8],
        runs: &[Range<usize>],
        out: &mut Vec<Candidate>,
    ) -> Vec<usize> {
        let mut given_up = Vec::new();
        if self.rules.is_empty() {
            return given_up;
        }
        let mut due = Vec::new();
        self.collect_near_runs(text, runs, &mut due);
        self.collect_anywhere(text, &mut due);
        due.sort_unstable_by_key(|(rule, place)| (*rule, place.start));
        due.dedup_by(|next, before| {
            let joined = next.0 == before.0 && next.1.start <= before.1.end;
            if joined {
                before.1.end = before.1.end.max(next.1.end);
            }
            joined
        });
        for (index, place) in due {
            let is_done = self.rules[index].search_place(index, text, place, out);
            if !is_done && given_up.last() != Some(&index) {
                given_up.push(index);
            }
        }
        given_up
    }

    /// Adds the rules whose anchors are around long runs, each with the place to search.
    fn collect_near_runs(
        &self,
        text: &[u8],
        runs: &[Range<usize>],
        due: &mut Vec<(usize, Range<usize>)>,
    ) {
        if self.near_runs.is_empty() {
            return;
        }
        let (mut from, mut rest) = (runs, runs);
        while let Some((first, more)) = rest.split_first() {
            rest = more;
            // Overlapping places are merged, so that no match is in two of them.
            let mut place = first.start.saturating_sub(self.reach)..first.end + self.reach;
            let mut count = 1;
            while let Some((next, more)) = rest.split_first()
                && next.start.saturating_sub(self.reach) <= place.end
            {
                place.end = next.end + self.reach;
                count += 1;
                rest = more;
            }
            let (here, behind) = from.split_at(count);
            from = behind;
            place.end = place.end.min(text.len());
            let fits = |index: &usize| {
                self.rules[*index].anchor.run.is_some_and(|near| {
                    let has_row = |run| near.alphabet.has_run_of(&text[run], near.shortest);
                    here.iter().cloned().any(has_row)
                })
            };
            let hits = self.near_runs.literal_hits(text, &place).map(|hit| hit.0);
            let always = self.near_runs.always.iter().copied();
            due.extend(
                hits.chain(always)
                    .filter(fits)
                    .map(|rule| (rule, place.clone())),
            );
        }
    }

    /// Adds the rules whose literals occur anywhere, and those that have none.
    fn collect_anywhere(&self, text: &[u8], due: &mut Vec<(usize, Range<usize>)>) {
        let whole = 0..text.len();
        for (rule, hit) in self.anywhere.literal_hits(text, &whole) {
            let place = match self.rules[rule].anchor.longest {
                Some(longest) if longest <= LONGEST_WINDOW => {
                    hit.end.saturating_sub(longest)..text.len().min(hit.start + longest)
                }
                _ => whole.clone(),
            };
            // Hits come in order, so often the last place of a rule must be widened.
            match due.last_mut() {
                Some((last, before)) if *last == rule && place.start <= before.end => {
                    before.start = before.start.min(place.start);
                    before.end = before.end.max(place.end);
                }
                _ => due.push((rule, place)),
            }
        }
        due.extend(
            self.anywhere
                .always
                .iter()
                .map(|rule| (*rule, whole.clone())),
        );
    }
}

impl RuleGroup {
    fn build(&mut self, literals: Vec<(usize, Vec<u8>)>) {
        if literals.is_empty() {
            return;
        }
        self.owners = literals.iter().map(|l| l.0).collect();
        // A DFA is the fastest automaton, but large with so many literals.
        let kind = (literals.len() <= 2000).then_some(AhoCorasickKind::DFA);
        self.literals = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(kind)
            .build(literals.iter().map(|l| &l.1))
            .ok();
        if self.literals.is_none() {
            // There are too many literals to search for, so every rule must be searched for.
            self.always.extend(&self.owners);
            self.always.sort_unstable();
            self.always.dedup();
        }
    }

    fn is_empty(&self) -> bool {
        self.literals.is_none() && self.always.is_empty()
    }

    /// Returns the literals in `place`: their rules and their places.
    fn literal_hits<'t>(
        &'t self,
        text: &'t [u8],
        place: &Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + use<'t> {
        let input = Input::new(text).range(place.clone());
        let hits = self
            .literals
            .iter()
            .flat_map(move |literals| literals.find_overlapping_iter(input.clone()));
        hits.map(|hit| (self.owners[hit.pattern().as_usize()], hit.range()))
    }
}

impl CustomRule {
    /// Appends the matches in `place`. Every match that begins in it must end in it too. Returns true if the search
    /// reached the end: see [`SearchBudget`].
    fn search_place(
        &self,
        index: usize,
        text: &[u8],
        place: Range<usize>,
        out: &mut Vec<Candidate>,
    ) -> bool {
        // The loader has accepted the expression, so this cannot fail.
        let regex = self
            .compiled
            .get_or_init(|| expression::compile_regex(&self.source));
        let Some(regex) = regex else {
            return true;
        };
        let mut effort = SearchBudget::new(&self.source, place.len());
        let text = &text[..text.len().min(place.end + LOOK)];
        let mut at = place.start;
        while at <= text.len() {
            if !effort.allows_search(text, at) {
                return false;
            }
            let Some(captures) = regex.captures_at(text, at) else {
                break;
            };
            let Some(whole) = captures.get(0) else {
                break;
            };
            // The loader accepts no expression that matches an empty text.
            at = whole.end().max(at + 1);
            let secret = captures
                .name(expression::SECRET_GROUP)
                .or_else(|| captures.get(1))
                .unwrap_or(whole);
            if !secret.is_empty() {
                out.push(Candidate {
                    kind: CandidateKind::Custom(index),
                    range: secret.range().into(),
                });
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::runs;
    use crate::finding::{Confidence, Severity};
    use crate::token::Mint;

    fn rule(id: usize, source: &str) -> Arc<Rule> {
        Arc::new(Rule {
            file: Arc::from("test"),
            id: Arc::from(format!("rule-{id}")),
            title: Arc::from("t"),
            severity: Severity::Error,
            why: String::new(),
            revoke: Arc::from(""),
            pattern: RulePattern::Regex {
                source: source.to_owned(),
                keywords: Vec::new(),
                confidence: Confidence::High,
            },
            checksum: None,
            examples: Vec::new(),
            counterexamples: Vec::new(),
            references: Vec::new(),
        })
    }

    const SOURCES: [&str; 18] = [
        r"\bacme_[a-z0-9]{20}\b",
        r"acme_(?<secret>[a-z0-9]{20,})",
        r"(?i)acme_[a-z0-9]{18,24}",
        r#"acme.{0,9}?["']([0-9a-f]{20})["']"#,
        r"(?s)key.{0,5}[0-9a-f]{24}$",
        r"(?m)^key=[0-9a-f]{20,}$",
        r"key\s*=\s*[a-z]{3,}",
        r"key[0-9]{2}",
        r"(?:foo|bar)-[a-z]{4,9}",
        r"[0-9a-f]{22}",
        r"\b[a-z]{21,}\b",
        r"x[0-9]+y",
        r"(?i)key[^a-z]{1,4}k",
        r"(?:acme|key)_?[a-z]{20}(?:-[a-z]{2}){1,3}",
        r"\w{20}",
        r"(?-u)\w{20}",
        r"(?-u)\w{20}\b",
        r"[a-z]{20}(?:acme)?.",
    ];

    #[test]
    fn what_is_found_around_anchors_is_what_the_expressions_find_in_the_whole_text() {
        let rules = RuleSet::new((0..).zip(SOURCES).map(|(i, s)| rule(i, s)).collect());
        let custom = CustomRules::new(&rules);
        let plain: Vec<Regex> = SOURCES.iter().map(|s| Regex::new(s).unwrap()).collect();
        let pieces: [&str; 16] = [
            "acme_", "ACME", "key", "Key=", "foo-", "bar", "=", " ", "\n", "\"", "-ab", "\u{e9}",
            "x1", "y", "_", "\u{212a}",
        ];
        let mut mint = Mint::new(8);
        let mut total = 0;
        for _ in 0..4000 {
            let mut text = Vec::new();
            for _ in 0..mint.random_below(30) {
                match mint.random_below(4) {
                    0 => {
                        let len = 15 + mint.random_below(14);
                        text.extend(mint.hex(len));
                    }
                    1 => {
                        let len = 17 + mint.random_below(9);
                        text.extend(mint.text(b"abcxyz", len));
                    }
                    _ => text.extend(pieces[mint.random_below(pieces.len())].as_bytes()),
                }
            }
            let mut long = Vec::new();
            runs::for_each_shorter(&text, |run| {
                if custom.wants_run(&text[run.clone()]) {
                    long.push(run);
                }
            });
            let mut found = Vec::new();
            let given_up = custom.search(&text, &long, &mut found);
            assert!(given_up.is_empty(), "{given_up:?}");
            let expected = (0..).zip(&plain).flat_map(|(index, regex)| {
                regex.captures_iter(&text).map(move |c| Candidate {
                    kind: CandidateKind::Custom(index),
                    range: c
                        .name("secret")
                        .or(c.get(1))
                        .or(c.get(0))
                        .unwrap()
                        .range()
                        .into(),
                })
            });
            let expected: Vec<Candidate> = expected.collect();
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(&text));
            total += found.len();
        }
        assert!(total > 4000, "{total}");
    }

    #[test]
    fn a_rule_that_looks_too_far_for_each_match_is_given_up_and_others_are_not() {
        let sources = ["x*y|x", "x{3}", r"(?s)[xz].*q|z"];
        let rules = RuleSet::new((0..).zip(sources).map(|(i, s)| rule(i, s)).collect());
        let custom = CustomRules::new(&rules);
        let text = "xz".repeat(200_000).into_bytes();
        let mut found = Vec::new();
        assert_eq!(custom.search(&text, &[], &mut found), [2]);
        let text = "x".repeat(300_000).into_bytes();
        found.clear();
        assert_eq!(custom.search(&text, &[], &mut found), [0]);
        let of = |index| {
            found
                .iter()
                .filter(|c| c.kind == CandidateKind::Custom(index))
                .count()
        };
        assert_eq!(of(1), 100_000);
        assert!(of(0) > 0, "what was found before counts");
    }
}
