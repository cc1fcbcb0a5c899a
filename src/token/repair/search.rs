//! Search for the variants of a read text that are tokens with a valid checksum, the cheapest changes first.

use super::alignment::{ReadingDifference, compare_readings};
use super::confusion::{Alternative, list_alternatives, merge_pair, split_character};
use super::template::{TokenSlot, TokenTemplate};
use crate::finding::Checksum;
use crate::token::ChecksumKind;

/// Maximum cost of the changes to one token.
pub(super) const MOST_COST: usize = 9;

/// Maximum number of variants whose checksum is computed. One in four thousand million holds by chance.
/// Fewer in unit tests, where a search that finds nothing takes long.
const MOST_VARIANTS: u64 = if cfg!(test) { 100_000 } else { 400_000 };

/// The same for checksums that take longer to compute.
const MOST_DIGESTS: u64 = 100_000;

/// Number of characters that are looked at, for each place of a token.
const REACH: usize = 2;

/// Number of different characters that a token has at least, and a placeholder seldom.
const DIFFERENT: usize = 12;

/// Costs of the changes that are not in the tables.
const BLANK: usize = 1;
const PAIR: usize = 1;
const SPLIT: usize = 2;
const DROPPED: usize = 2;
const DOUBLED: usize = 2;
const UNREAD: usize = 3;

/// Token that was repaired.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RepairedToken {
    /// Whole token, whose checksum is valid.
    pub token: Vec<u8>,
    /// Index of the reading that it was made from.
    pub reading: usize,
    /// Number of characters of the reading that stand for it.
    pub len: usize,
    /// Number of places that were changed.
    pub changes: u32,
}

/// VariantStep from one place of the search to another.
#[derive(Clone, Copy, Debug)]
enum VariantStep {
    /// Puts this character.
    Put(u8),
    /// Puts these characters.
    PutTwo([u8; 2]),
    /// Puts the last character once more.
    Repeat,
    /// Puts nothing.
    Pass,
}

/// VariantStep with the number of characters that it reads, and its cost.
#[derive(Clone, Copy, Debug)]
struct VariantMove {
    step: VariantStep,
    reads: usize,
    cost: usize,
}

impl VariantMove {
    /// Returns the number of places of the token that it fills.
    fn fills(&self) -> usize {
        match self.step {
            VariantStep::Put(_) | VariantStep::Repeat => 1,
            VariantStep::PutTwo(_) => 2,
            VariantStep::Pass => 0,
        }
    }
}

/// Search in one text.
pub(super) struct VariantSearch<'s> {
    text: &'s [char],
    slots: Vec<TokenSlot>,
    kind: ChecksumKind,
    /// Number of ways to complete the token from each place, for each cost.
    ways: Vec<[u64; MOST_COST + 1]>,
    alternatives: Vec<Vec<Alternative>>,
    /// True for each character that another reading does not have.
    is_absent: Vec<bool>,
    /// Number of variants that were looked at.
    spent: u64,
}

impl<'s> VariantSearch<'s> {
    /// Prepares the search in a text that begins like a token of this template. `others` are other readings of it.
    pub(super) fn new(template: &TokenTemplate, text: &'s [char], others: &[&[char]]) -> Self {
        let slots = template.slots();
        let text = &text[..text.len().min(slots.len() * REACH)];
        let mut search = VariantSearch {
            text,
            ways: vec![[0; MOST_COST + 1]; (text.len() + 1) * (slots.len() + 1)],
            slots,
            kind: template.checksum(),
            alternatives: text.iter().map(|read| list_alternatives(*read)).collect(),
            is_absent: vec![false; text.len()],
            spent: 0,
        };
        for other in others {
            search.add_reading(other);
        }
        search.count_ways();
        search
    }

    /// Lets the search exchange what differs in another reading, at no cost.
    fn add_reading(&mut self, other: &[char]) {
        let other = &other[..other.len().min(self.slots.len() * REACH)];
        for (at, difference) in compare_readings(self.text, other) {
            match difference {
                ReadingDifference::Absent => self.is_absent[at] = true,
                ReadingDifference::Other(other) => {
                    if let Ok(byte) = u8::try_from(other) {
                        let row = &mut self.alternatives[at];
                        row.retain(|(known, _)| *known != byte);
                        row.insert(0, (byte, 0));
                    }
                }
            }
        }
    }

    fn index(&self, at: usize, filled: usize) -> usize {
        at * (self.slots.len() + 1) + filled
    }

    /// Returns true if a token that is complete may end here.
    fn may_end(&self, at: usize) -> bool {
        let is_uncovered = self.slots.last() == Some(&TokenSlot::Uncovered);
        let next = self.text.get(at);
        is_uncovered || next.is_none_or(|next| !next.is_ascii_alphanumeric())
    }

    /// Counts the ways from each place, from the last one to the first.
    fn count_ways(&mut self) {
        let len = self.slots.len();
        for at in (0..=self.text.len()).rev() {
            for filled in (0..=len).rev() {
                let mut ways = [0u64; MOST_COST + 1];
                if filled == len {
                    ways[0] = u64::from(self.may_end(at));
                } else {
                    self.visit_moves(at, filled, MOST_COST, &mut |m| {
                        let next = self.ways[self.index(at + m.reads, filled + m.fills())];
                        for (cost, count) in ways.iter_mut().enumerate().skip(m.cost) {
                            *count = count.saturating_add(next[cost - m.cost]);
                        }
                    });
                }
                let index = self.index(at, filled);
                self.ways[index] = ways;
            }
        }
    }

    /// Returns true if both search in the same text.
    pub(super) fn equals(&self, other: &VariantSearch<'_>) -> bool {
        self.text == other.text && self.slots == other.slots
    }

    /// Returns the least cost at which the text has the form of a token.
    pub(super) fn least_cost(&self) -> Option<usize> {
        self.ways[0].iter().position(|count| *count > 0)
    }

    /// Returns true if the text has too few different characters for a token.
    pub(super) fn is_monotonous(&self) -> bool {
        let word = self.text.iter().take(self.slots.len());
        let different: std::collections::BTreeSet<&char> = word.collect();
        different.len() < DIFFERENT
    }

    /// Calls `visit` with every move from a place; dear ones may be left out if they cost more than `most`.
    fn visit_moves(
        &self,
        at: usize,
        filled: usize,
        most: usize,
        visit: &mut dyn FnMut(VariantMove),
    ) {
        let slot = self.slots[filled];
        let mut put = |byte: u8, reads: usize, cost: usize| {
            if slot.allows(byte) {
                visit(VariantMove {
                    step: VariantStep::Put(byte),
                    reads,
                    cost,
                });
            }
        };
        if let TokenSlot::Fixed(byte) = slot
            && filled > 0
        {
            put(byte, 0, 1);
        }
        let Some(read) = self.text.get(at).copied() else {
            return;
        };
        if let Ok(byte) = u8::try_from(read) {
            put(byte, 1, 0);
        }
        for (byte, cost) in self.list_meant(at, slot) {
            put(byte, 1, usize::from(cost));
        }
        if filled == 0 {
            return;
        }
        match read {
            '\n' => visit(VariantMove {
                step: VariantStep::Pass,
                reads: 1,
                cost: 0,
            }),
            ' ' => visit(VariantMove {
                step: VariantStep::Pass,
                reads: 1,
                cost: BLANK,
            }),
            _ if slot == TokenSlot::Uncovered => {}
            _ if self.is_absent[at] && !matches!(slot, TokenSlot::Fixed(_)) => {
                visit(VariantMove {
                    step: VariantStep::Pass,
                    reads: 1,
                    cost: 0,
                });
                self.visit_rare_moves(at, filled, (read, most), visit);
            }
            _ => self.visit_rare_moves(at, filled, (read, most), visit),
        }
    }

    /// Returns what may have been meant by a character at this place of a token, besides itself.
    fn list_meant(&self, at: usize, slot: TokenSlot) -> Vec<Alternative> {
        let read = self.text[at];
        let is_read = u8::try_from(read).is_ok_and(|byte| slot.allows(byte));
        match slot {
            // The prefix is known, and a mark on the base line may be taken for a blank.
            TokenSlot::Fixed(byte) if !is_read && (byte == b'_' || !read.is_whitespace()) => {
                vec![(byte, 1)]
            }
            TokenSlot::Fixed(_) => Vec::new(),
            // One variant is as good as another.
            TokenSlot::Uncovered if is_read => Vec::new(),
            TokenSlot::Uncovered => self.alternatives[at].iter().take(1).copied().collect(),
            _ => self.alternatives[at].clone(),
        }
    }

    /// Calls `visit` with the moves that change the number of characters, and with those to any character.
    fn visit_rare_moves(
        &self,
        at: usize,
        filled: usize,
        (read, most): (char, usize),
        visit: &mut dyn FnMut(VariantMove),
    ) {
        let slot = self.slots[filled];
        let mut put =
            |step: VariantStep, reads: usize, cost: usize| visit(VariantMove { step, reads, cost });
        if let Some(second) = self.text.get(at + 1) {
            let merged = merge_pair(read, *second).into_iter();
            merged
                .filter(|byte| slot.allows(*byte))
                .for_each(|byte| put(VariantStep::Put(byte), 2, PAIR));
        }
        if most < DROPPED {
            return;
        }
        put(VariantStep::Pass, 1, DROPPED);
        if matches!(slot, TokenSlot::Fixed(_)) {
            return;
        }
        put(VariantStep::Repeat, 0, DOUBLED);
        if let Some(next) = self.slots.get(filled + 1) {
            for pair in split_character(read) {
                if slot.allows(pair[0]) && next.allows(pair[1]) {
                    put(VariantStep::PutTwo(pair), 1, SPLIT);
                }
            }
        }
        if most >= UNREAD {
            for byte in (b'0'..=b'z').filter(|byte| slot.allows(*byte)) {
                put(VariantStep::Put(byte), 1, UNREAD);
            }
        }
    }

    /// Returns true if a move changes what was read, apart from line ends.
    fn changes_text(&self, m: &VariantMove, at: usize) -> bool {
        let read = self.text.get(at).copied();
        m.cost > 0
            || match m.step {
                VariantStep::Put(byte) => read != Some(char::from(byte)),
                _ => read != Some('\n'),
            }
    }

    /// Returns the tokens with a valid checksum among the variants of this cost; `None` if there are too many variants
    /// to be tried.
    pub(super) fn find_variants(&mut self, cost: usize) -> Option<Vec<RepairedToken>> {
        let count = self.ways[0][cost];
        self.spent = self.spent.saturating_add(count);
        let most = match self.kind {
            ChecksumKind::Crc32Base62 => MOST_VARIANTS,
            ChecksumKind::Sha256Base32 => MOST_DIGESTS,
        };
        if self.spent > most {
            return None;
        }
        let mut found = Vec::new();
        if count > 0 {
            let mut token = Vec::with_capacity(self.slots.len());
            self.try_moves(0, (cost, 0), &mut token, &mut found);
        }
        Some(found)
    }

    /// Tries all moves that complete the token at exactly this cost. `changes` counts the moves that change something.
    fn try_moves(
        &self,
        at: usize,
        (cost, changes): (usize, u32),
        token: &mut Vec<u8>,
        found: &mut Vec<RepairedToken>,
    ) {
        let filled = token.len();
        if filled == self.slots.len() {
            if self.kind.check(token) == Checksum::Valid {
                found.push(RepairedToken {
                    token: token.clone(),
                    reading: 0,
                    len: at,
                    changes,
                });
            }
            return;
        }
        self.visit_moves(at, filled, cost, &mut |m| {
            let index = self.index(at + m.reads, filled + m.fills());
            if m.cost > cost || self.ways[index][cost - m.cost] == 0 {
                return;
            }
            match m.step {
                VariantStep::Put(byte) => token.push(byte),
                VariantStep::PutTwo(pair) => token.extend(pair),
                VariantStep::Repeat => {
                    let last = token.last().copied();
                    token.extend(last.filter(|byte| self.slots[filled].allows(*byte)));
                }
                VariantStep::Pass => {}
            }
            if token.len() == filled + m.fills() {
                let changes = changes + u32::from(self.changes_text(&m, at));
                self.try_moves(at + m.reads, (cost - m.cost, changes), token, found);
            }
            token.truncate(filled);
        });
    }
}
