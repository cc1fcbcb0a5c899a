//! Repair of tokens that were read from a picture: characters that look alike are exchanged until exactly one variant
//! has a valid checksum.

mod alignment;
mod confusion;
mod search;
mod template;

use std::collections::BTreeSet;

pub(crate) use confusion::read_hex;
pub(crate) use search::RepairedToken;

use search::{MOST_COST, VariantSearch};
use template::TokenTemplate;

/// Place in a read text where a token may begin.
#[derive(Clone, Debug)]
pub(crate) struct TokenAnchor {
    /// Index of its first character.
    pub at: usize,
    template: TokenTemplate,
}

/// Result of a repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenRepair {
    /// Exactly one variant has a valid checksum.
    Proved(RepairedToken),
    /// The text has about the form of a token, and no variant, or more than one, has a valid checksum.
    Unsure,
    /// The text is no token.
    Nothing,
}

/// Returns the places where a token with a checksum may begin. `text` is a whole reading: blanks stand between its
/// words, and line ends between its lines.
#[must_use]
pub(crate) fn find_anchors(text: &[char]) -> Vec<TokenAnchor> {
    let mut anchors: Vec<TokenAnchor> = Vec::new();
    for at in 0..text.len() {
        let found = TokenTemplate::all().filter(|template| template.begins(&text[at..]));
        anchors.extend(found.map(|template| TokenAnchor { at, template }));
    }
    anchors
}

/// Repairs a token by all `readings` of one place: each is a text that begins at an anchor. Where two readings differ,
/// either character costs nothing. Few changes are tried before many; of those with the least cost, exactly one must have a valid checksum.
#[must_use]
pub(crate) fn repair_token(readings: &[(TokenAnchor, &[char])]) -> TokenRepair {
    let mut searches: Vec<(usize, VariantSearch<'_>)> = Vec::new();
    for (reading, (anchor, text)) in readings.iter().enumerate() {
        let others = readings.iter().enumerate();
        let others: Vec<&[char]> = others
            .filter(|(index, _)| *index != reading)
            .map(|(_, (_, text))| *text)
            .collect();
        let search = VariantSearch::new(&anchor.template, text, &others);
        let is_new = searches.iter().all(|(_, other)| !other.equals(&search));
        if is_new && search.least_cost().is_some() {
            searches.push((reading, search));
        }
    }
    for cost in 0..=MOST_COST {
        let mut proved = BTreeSet::new();
        let mut is_any_searched = false;
        for (reading, search) in &mut searches {
            let Some(found) = search.find_variants(cost) else {
                continue;
            };
            is_any_searched = true;
            proved.extend(found.into_iter().map(|found| RepairedToken {
                reading: *reading,
                ..found
            }));
        }
        let tokens: BTreeSet<&[u8]> = proved.iter().map(|found| &found.token[..]).collect();
        let fewest = proved
            .iter()
            .min_by_key(|found| (found.changes, found.reading));
        match (tokens.len(), fewest) {
            (1, Some(first)) => return TokenRepair::Proved(first.clone()),
            (0, _) if is_any_searched => {}
            _ => break,
        }
    }
    if searches.iter().all(|(_, search)| search.is_monotonous()) {
        TokenRepair::Nothing
    } else {
        TokenRepair::Unsure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    fn repair(texts: &[&str]) -> TokenRepair {
        let texts: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
        let readings: Vec<(TokenAnchor, &[char])> = texts
            .iter()
            .flat_map(|text| {
                let anchors = find_anchors(text).into_iter();
                anchors.map(|anchor| (anchor.clone(), &text[anchor.at..]))
            })
            .collect();
        repair_token(&readings)
    }

    fn new_token(shape: Shape, seed: u64) -> String {
        String::from_utf8(Mint::new(seed).new_token(shape)).unwrap()
    }

    /// Replaces the first `count` characters from `start` on that are in `from` by those of `to` at the same index.
    fn misread(token: &str, start: usize, (from, to): (&str, &str), count: usize) -> (String, u32) {
        let mut text: Vec<char> = token.chars().collect();
        let mut changes = 0;
        for c in text.iter_mut().skip(start) {
            if let Some(index) = from.chars().position(|f| f == *c)
                && changes < count
            {
                *c = to.chars().nth(index).unwrap();
                changes += 1;
            }
        }
        (text.into_iter().collect(), u32::try_from(changes).unwrap())
    }

    fn assert_proved(repair: &TokenRepair, token: &str, changes: u32, what: &str) {
        let TokenRepair::Proved(found) = repair else {
            panic!("{what}: {repair:?}");
        };
        assert_eq!(found.token, token.as_bytes(), "{what}");
        assert_eq!(found.changes, changes, "{what}");
    }

    #[test]
    fn a_token_that_was_read_exactly_needs_no_repair() {
        for shape in Shape::checked_shapes() {
            let token = new_token(shape, 31);
            let text = format!("TOKEN={token} and more");
            assert_proved(&repair(&[&text]), &token, 0, shape.name());
        }
    }

    #[test]
    fn characters_that_look_alike_are_exchanged() {
        for shape in Shape::checked_shapes() {
            for seed in 0..3 {
                let token = new_token(shape, 41 + seed);
                let (text, changes) = misread(&token, 12, ("0OlIS5Z2B8", "O0Il5S2Z8B"), 2);
                assert_proved(&repair(&[&text]), &token, changes, shape.name());
            }
        }
    }

    #[test]
    fn a_blank_a_line_end_and_a_character_read_twice_are_taken_out() {
        let token = new_token(Shape::Ghp, 51);
        let (head, tail) = token.split_at(20);
        for (text, changes) in [
            (format!("{head} {tail} and"), 1),
            (format!("{head}\n{tail} and"), 0),
            (format!("{} {}", &token[..3], &token[4..]), 1),
            (format!("{}{}", &token[..3], &token[4..]), 1),
            (format!("{head}{}{tail}", &head[19..]), 1),
        ] {
            assert_proved(&repair(&[&text]), &token, changes, &text);
        }
        let wide = token
            .replacen('m', "rn", 1)
            .replacen('d', "cl", 1)
            .replacen('w', "vv", 1);
        assert_ne!(wide, token, "the seed must give a wide character");
        assert_proved(
            &repair(&[&wide]),
            &token,
            u32::try_from(wide.len() - token.len()).unwrap(),
            &wide,
        );
    }

    #[test]
    fn the_reading_with_fewer_mistakes_is_repaired() {
        let token = new_token(Shape::Gho, 52);
        let (worse, _) = misread(&token, 4, ("abcdefghijk", "zzzzzzzzzzz"), 5);
        let (better, changes) = misread(&token, 4, ("0OlIS5Z2B8", "O0Il5S2Z8B"), 1);
        let TokenRepair::Proved(found) = repair(&[&worse, &better]) else {
            panic!("not repaired");
        };
        assert_eq!(
            (found.token, found.reading, found.changes),
            (token.into_bytes(), 1, changes)
        );
    }

    #[test]
    fn readings_with_different_mistakes_are_joined() {
        let token = new_token(Shape::Ghr, 56);
        let (one, _) = misread(&token, 6, ("abcdefghijkmn", "3456734567345"), 5);
        let (other, _) = misread(&token, 45, ("abcdefghijkmn", "3456734567345"), 5);
        assert_eq!(repair(&[&one]), TokenRepair::Unsure);
        assert_proved(&repair(&[&one, &other]), &token, 5, "both");
    }

    #[test]
    fn what_cannot_be_repaired_is_unsure_and_what_is_no_token_is_nothing() {
        let token = new_token(Shape::Ghs, 53);
        let (damaged, _) = misread(&token, 4, ("abcdefghijkmnpqr", "3456734567345673"), 6);
        assert_eq!(repair(&[&damaged]), TokenRepair::Unsure);
        let placeholder = format!("ghp_{}", "x".repeat(36));
        for text in [
            &placeholder[..],
            "ghp_short",
            "the prefix ghp_ is new",
            "ghost writers",
        ] {
            assert_eq!(repair(&[text]), TokenRepair::Nothing, "{text}");
        }
    }

    #[test]
    fn of_two_variants_that_hold_none_is_chosen() {
        // Two tokens at one place, of which each is as far from what was read.
        let one = new_token(Shape::Ghu, 54);
        let other = new_token(Shape::Ghu, 55);
        assert_eq!(repair(&[&one, &other]), TokenRepair::Unsure);
    }
}
