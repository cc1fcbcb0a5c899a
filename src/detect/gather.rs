//! Sorting of the runs of a text by their uses, so that each search reads only those that it needs.

use std::ops::Range;

use super::bytes::WordKinds;
use super::custom::CustomRules;
use super::runs::{self, ControlBytes};
use super::{forms, layer, simd};

/// Number of runs whose characters are examined at once.
const AT_ONCE: usize = 64;

/// Runs of a text by their uses; buffers that a thread reuses from text to text.
#[derive(Debug, Default)]
pub(super) struct SortedRuns {
    /// Long runs, without those in which nothing can be found.
    pub(super) long: Vec<Range<usize>>,
    /// Long runs that are ids, or tokens without a prefix, and nothing else.
    pub(super) lone_hex: Vec<Range<usize>>,
    /// Shorter runs that may be parts of base64.
    pub(super) parts: Vec<Range<usize>>,
    /// Long and shorter runs at a seam, for the layers.
    pub(super) at_seams: Vec<Range<usize>>,
    /// Long and shorter runs that user rules may match around.
    pub(super) near_rules: Vec<Range<usize>>,
    /// Runs that are not sorted yet.
    waiting: Vec<Range<usize>>,
}

impl SortedRuns {
    /// Replaces the runs by those of `text`. Returns the kinds of non-text bytes in it.
    pub(super) fn gather(&mut self, text: &[u8], custom: &CustomRules) -> ControlBytes {
        self.clear_lists();
        let mut sorter = RunSorter {
            text,
            custom: Some(custom).filter(|custom| custom.wants_runs()),
            underscores: layer::UnderscoreCache::default(),
            sorted: self,
        };
        let seen = runs::for_each_shorter(text, |run| {
            if is_id(text, &run) {
                return sorter.add_id(run);
            }
            sorter.sorted.waiting.push(run);
            if sorter.sorted.waiting.len() == AT_ONCE {
                sorter.sort_waiting();
            }
        });
        sorter.sort_waiting();
        seen
    }

    fn clear_lists(&mut self) {
        let SortedRuns {
            long,
            lone_hex,
            parts,
            at_seams,
            near_rules,
            waiting,
        } = self;
        for list in [long, lone_hex, parts, at_seams, near_rules, waiting] {
            list.clear();
        }
    }
}

/// Returns true if a run is an id, or a token without a prefix, and nothing else.
fn is_id(text: &[u8], run: &Range<usize>) -> bool {
    forms::is_lone_hex(text, run) && layer::is_apart(text, run)
}

/// Sorting of the runs of one text.
struct RunSorter<'t, 's> {
    text: &'t [u8],
    /// User rules, if they ask about runs.
    custom: Option<&'t CustomRules>,
    underscores: layer::UnderscoreCache,
    sorted: &'s mut SortedRuns,
}

impl RunSorter<'_, '_> {
    /// Adds an id behind the runs that wait, about which user rules are asked first.
    fn add_id(&mut self, run: Range<usize>) {
        if self.custom.is_some() {
            self.sort_waiting();
            self.ask_rules(&run);
        }
        self.sorted.lone_hex.push(run);
    }

    /// Keeps a run that user rules may match around.
    fn ask_rules(&mut self, run: &Range<usize>) {
        if let Some(custom) = self.custom
            && custom.wants_run(&self.text[run.clone()])
        {
            self.sorted.near_rules.push(run.clone());
        }
    }

    /// Sorts the waiting runs. Most are names, for which few questions suffice.
    #[inline(never)]
    fn sort_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.sorted.waiting);
        let mut kinds = [WordKinds::default(); AT_ONCE];
        simd::find_kinds(self.text, &waiting, &mut kinds);
        for (run, kinds) in waiting.iter().zip(kinds) {
            if self.custom.is_some() || !self.is_name(run, kinds) {
                self.sort_run(run.clone(), kinds);
            }
        }
        self.sorted.waiting = waiting;
        self.sorted.waiting.clear();
    }

    /// Returns true if nothing can be found in a run or around it.
    #[inline]
    fn is_name(&self, run: &Range<usize>, kinds: WordKinds) -> bool {
        if kinds.has_both_cases() || layer::has_neighbours(self.text, run) {
            return false;
        }
        run.len() < runs::MIN
            || kinds.has_underscores()
                && !kinds.has_small()
                && forms::is_constant_name(self.text, run)
                && !layer::begins_encoded_text(self.text, run)
    }

    /// Asks all questions about a run that is no id.
    #[inline(never)]
    fn sort_run(&mut self, run: Range<usize>, kinds: WordKinds) {
        self.ask_rules(&run);
        let (text, sorted) = (self.text, &mut *self.sorted);
        let uses = layer::uses_of_run(text, &run, kinds, &mut self.underscores);
        if uses.may_join {
            sorted.at_seams.push(run.clone());
        }
        if run.len() >= runs::MIN {
            sorted.long.push(run);
        } else if uses.is_base64_fragment {
            sorted.parts.push(run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    /// Sorts every run with all questions.
    fn gather_all(text: &[u8]) -> (SortedRuns, ControlBytes) {
        let mut sorted = SortedRuns::default();
        let mut sorter = RunSorter {
            text,
            custom: None,
            underscores: layer::UnderscoreCache::default(),
            sorted: &mut sorted,
        };
        let seen = runs::for_each_shorter(text, |run| {
            if is_id(text, &run) {
                return sorter.add_id(run);
            }
            let kinds = WordKinds::of(&text[run.clone()]);
            sorter.sort_run(run, kinds);
        });
        (sorted, seen)
    }

    /// Returns what is found in the runs of a text and around them.
    fn find_all(text: &[u8], sorted: &SortedRuns, seen: ControlBytes) -> String {
        let (mut found, mut spans) = (Vec::new(), forms::JwtSpanCache::default());
        for run in &sorted.long {
            forms::find_in_run(text, run.clone(), seen, &mut spans, &mut found);
        }
        forms::find_private_keys(text, &sorted.long, &sorted.parts, &mut found);
        let runs = layer::TextRuns {
            long: &sorted.long,
            at_seams: &sorted.at_seams,
            parts: &sorted.parts,
        };
        let regions = layer::regions(text, runs, seen, &[], false);
        format!("{:?} {found:?} {regions:?}", sorted.lone_hex)
    }

    /// Returns a word of capitals and underscores that is the base64 of text.
    fn encoded_capitals(mint: &mut Mint) -> Vec<u8> {
        let alphabets: [&[u8]; 4] = [b"IKMOQSUWYZ", b"CDEFGH", b"EIMQUY", b"_0123456789"];
        let len = 40 + mint.random_below(80);
        let mut one = |n: usize| mint.text(alphabets[n % 4], 1);
        (0..len).flat_map(&mut one).collect()
    }

    fn random_part(mint: &mut Mint) -> Vec<u8> {
        let len = 15 + mint.random_below(160);
        match mint.random_below(14) {
            0 | 12 => mint.text(b"ABCZ_09", len),
            1 | 13 => mint.text(b"ABCDEFGH_", len),
            2 => mint.text(b"0123456789_", len),
            3 => mint.text(b"abcz_09", len),
            4 => [mint.hex(40), mint.text(b"A_", 1)].concat(),
            5 => mint.random_base62(len),
            6 => mint.new_token([Shape::Ghp, Shape::Ghr, Shape::Hex40][len % 3]),
            7 => [mint.hex(40), mint.new_token(Shape::Gho)].concat(),
            8 => mint.private_key("PRIVATE KEY").into_bytes(),
            9 => [mint.text(b"AB_", len), mint.new_token(Shape::Ghp)].concat(),
            _ => encoded_capitals(mint),
        }
    }

    #[test]
    fn in_the_runs_that_are_kept_is_all_that_is_in_any() {
        const BETWEEN: [&[u8]; 16] = [
            b" ", b" ", b" ", b" ", b"\n", b"\n", b".", b"v1.", b"=", b"\\", b"+", b"/", b"\"",
            b"-", b"<", b"\0",
        ];
        let (mut kept, mut dropped, mut found) = (0, 0, 0);
        let mut mint = Mint::new(96);
        for round in 0..1000 {
            let mut text = Vec::new();
            for _ in 0..mint.random_below(12) {
                text.extend(random_part(&mut mint));
                // Most texts have no zero bytes.
                let limit = if round % 4 == 0 { 16 } else { 15 };
                text.extend(BETWEEN[mint.random_below(limit)]);
            }
            let mut sorted = SortedRuns::default();
            let seen = sorted.gather(&text, &CustomRules::default());
            let (all, seen_too) = gather_all(&text);
            assert_eq!(seen, seen_too);
            let (some, any) = (find_all(&text, &sorted, seen), find_all(&text, &all, seen));
            assert_eq!(some, any, "{}", text.escape_ascii());
            kept += sorted.long.len();
            dropped += all.long.len() - sorted.long.len();
            found += usize::from(any.len() > "[] [] []".len());
        }
        assert!(
            kept > 500 && dropped > 200 && found > 500,
            "{kept} {dropped} {found}"
        );
    }
}
