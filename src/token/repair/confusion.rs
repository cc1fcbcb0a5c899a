//! Characters that a reader of pictures takes for each other.

use std::sync::LazyLock;

/// Groups of characters that look alike, with the cost of taking one for another.
const ALIKE: [(&str, u8); 39] = [
    ("0Oo", 1),
    ("1lI", 1),
    ("5Ss", 1),
    ("2Zz", 1),
    ("8B", 1),
    ("6G", 1),
    ("gq9", 1),
    ("cC", 1),
    ("kK", 1),
    ("pP", 1),
    ("uU", 1),
    ("vV", 1),
    ("wW", 1),
    ("xX", 1),
    ("yY", 1),
    ("mM", 1),
    ("nN", 2),
    ("fF", 2),
    ("tT", 2),
    ("jJ", 1),
    ("qQ", 2),
    ("Q0O", 2),
    ("D0O", 2),
    ("1LliI", 2),
    ("ft", 2),
    ("fTIt", 2),
    ("JIijl", 2),
    ("9S", 2),
    ("6b", 2),
    ("hb", 2),
    ("4A", 2),
    ("38B", 2),
    ("7T1", 2),
    ("vyu", 2),
    ("VYU", 2),
    ("EF", 2),
    ("Qg", 2),
    ("3S", 2),
    ("e0c", 2),
];

/// Marks that stand for characters, with what they stand for.
const MARKS: [(char, &str); 16] = [
    ('|', "lI1"),
    ('!', "lI1"),
    ('@', "0aQ"),
    ('$', "S5s"),
    ('§', "S5s"),
    ('€', "eE"),
    ('£', "fE"),
    ('©', "0cC"),
    ('®', "0R"),
    ('°', "o0"),
    ('¢', "c"),
    ('(', "C"),
    (']', "J1I"),
    ('/', "lI1"),
    ('\\', "lI1"),
    ('¥', "YV"),
];

/// Pairs of characters that look like one.
const PAIRS: [(&str, u8); 11] = [
    ("rn", b'm'),
    ("nn", b'm'),
    ("cl", b'd'),
    ("cI", b'd'),
    ("vv", b'w'),
    ("VV", b'W'),
    ("li", b'h'),
    ("lo", b'b'),
    ("ri", b'n'),
    ("lJ", b'U'),
    ("IJ", b'U'),
];

/// Character that may have been meant, with the cost of taking it for the one that was read.
pub(super) type Alternative = (u8, u8);

/// Alternatives of each ASCII character, the likely ones first.
static ALTERNATIVES: LazyLock<[Vec<Alternative>; 128]> = LazyLock::new(|| {
    let mut table = [const { Vec::new() }; 128];
    for (group, cost) in ALIKE {
        for read in group.bytes() {
            let others = group.bytes().filter(|other| *other != read);
            for other in others {
                add_alternative(&mut table[usize::from(read)], other, cost);
            }
        }
    }
    for (mark, group) in MARKS {
        if mark.is_ascii() {
            let row = &mut table[mark as usize];
            group
                .bytes()
                .for_each(|other| add_alternative(row, other, 1));
        }
    }
    table
});

fn add_alternative(row: &mut Vec<Alternative>, other: u8, cost: u8) {
    if row.iter().all(|(known, _)| *known != other) {
        row.push((other, cost));
    }
}

/// Returns what may have been meant by a character, besides itself.
pub(super) fn list_alternatives(read: char) -> Vec<Alternative> {
    if let Some(row) = ALTERNATIVES.get(read as usize) {
        return row.clone();
    }
    let mark = MARKS.iter().find(|(mark, _)| *mark == read);
    let group = mark.map_or("", |(_, group)| *group);
    group.bytes().map(|other| (other, 1)).collect()
}

/// Returns the characters that two characters may stand for together: one that was read twice, or one that looks like
/// both beside each other.
pub(super) fn merge_pair(first: char, second: char) -> Vec<u8> {
    let (Ok(one), Ok(two)) = (u8::try_from(first), u8::try_from(second)) else {
        return Vec::new();
    };
    let mut merged = Vec::new();
    let is_alike = |a: char, b: u8| list_alternatives(a).iter().any(|(other, _)| *other == b);
    if one == two || is_alike(first, two) || is_alike(second, one) {
        merged.extend([one, two]);
    }
    let pair = PAIRS.iter().find(|(pair, _)| pair.as_bytes() == [one, two]);
    merged.extend(pair.map(|(_, whole)| *whole));
    merged.dedup();
    merged
}

/// Returns the pairs of characters that were read as one.
pub(super) fn split_character(read: char) -> impl Iterator<Item = [u8; 2]> {
    let pairs = PAIRS
        .iter()
        .filter(move |(_, whole)| char::from(*whole) == read);
    pairs.filter_map(|(pair, _)| pair.as_bytes().try_into().ok())
}

/// Length of the hex digits of a legacy token.
const HEX_LEN: usize = 40;

/// Maximum number of characters of a legacy token that were read as no hex digit.
const MOST_OTHERS: usize = 8;

/// Returns the 40 hex digits that a word was read from, with the number of changed characters; `None` if it was read
/// from anything else. There is no checksum, so only a character that is no lower-case hex digit is changed, and only
/// if it looks like exactly one.
#[must_use]
pub(crate) fn read_hex(word: &[char]) -> Option<(String, u32)> {
    let mut digits = String::with_capacity(HEX_LEN);
    let mut changes = 0;
    let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    for (at, read) in word.iter().copied().enumerate() {
        if is_digit(read) {
            digits.push(read);
            continue;
        }
        let meant = match read {
            'O' | 'o' | 'Q' | 'D' => '0',
            'l' | 'I' | 'i' | '|' | '!' | 'L' => '1',
            'Z' | 'z' => '2',
            'A' => '4',
            'S' | 's' | '$' => '5',
            'G' => '6',
            'T' => '7',
            'B' => '8',
            'q' | 'g' => '9',
            'C' => 'c',
            'F' | 't' => 'f',
            _ => return None,
        };
        changes += 1;
        // A digit that was read twice, as two characters.
        let beside = |other: Option<&char>| other == Some(&meant);
        let is_double = word.len() > HEX_LEN
            && (beside(at.checked_sub(1).and_then(|at| word.get(at))) || beside(word.get(at + 1)));
        if !is_double {
            digits.push(meant);
        }
    }
    let has_form = digits.len() == HEX_LEN && changes <= MOST_OTHERS;
    has_form.then(|| (digits, u32::try_from(changes).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn likely_characters_come_first_and_no_character_stands_for_itself() {
        assert_eq!(
            list_alternatives('0'),
            [
                (b'O', 1),
                (b'o', 1),
                (b'Q', 2),
                (b'D', 2),
                (b'e', 2),
                (b'c', 2)
            ]
        );
        assert_eq!(list_alternatives('|'), [(b'l', 1), (b'I', 1), (b'1', 1)]);
        assert_eq!(list_alternatives('§'), [(b'S', 1), (b'5', 1), (b's', 1)]);
        assert!(list_alternatives('语').is_empty());
        for read in (b'0'..=b'z').map(char::from) {
            let others = list_alternatives(read);
            assert!(
                others.iter().all(|(other, _)| char::from(*other) != read),
                "{read}"
            );
        }
    }

    #[test]
    fn a_character_that_was_read_twice_is_one() {
        assert_eq!(merge_pair('r', 'n'), b"m");
        assert_eq!(merge_pair('w', 'W'), b"wW");
        assert_eq!(merge_pair('l', 'l'), b"l");
        assert_eq!(merge_pair('a', 'x'), b"");
        assert_eq!(split_character('m').collect::<Vec<_>>(), [*b"rn", *b"nn"]);
    }

    #[test]
    fn hex_digits_are_told_from_what_looks_like_them() {
        let digits = "0d5e7f1c2b3a49586776859483a2b1c0d9e8f7a6";
        assert_eq!(read_hex(&chars(digits)), Some((digits.to_owned(), 0)));
        let read = digits
            .replacen('0', "O", 1)
            .replacen('1', "l", 1)
            .replacen('5', "S", 1);
        assert_eq!(read_hex(&chars(&read)), Some((digits.to_owned(), 3)));
        let twice = digits.replacen('0', "0O", 1);
        assert_eq!(read_hex(&chars(&twice)), Some((digits.to_owned(), 1)));
        for other in [
            &digits[1..],
            &digits.replacen('0', "x", 1),
            &digits.replacen('5', "55", 1),
        ] {
            assert_eq!(read_hex(&chars(other)), None, "{other}");
        }
        assert_eq!(read_hex(&chars(&"O".repeat(40))), None);
    }
}
