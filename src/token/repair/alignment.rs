//! Comparison of two readings of one place: where they differ, one of them is wrong.

/// Difference at a character of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadingDifference {
    /// The other reading has this character there.
    Other(char),
    /// The other reading has nothing there.
    Absent,
}

/// Returns where `text` differs from the reading `other`, by the fewest differences, as index and difference.
/// Characters that `text` lacks are left out.
pub(super) fn compare_readings(text: &[char], other: &[char]) -> Vec<(usize, ReadingDifference)> {
    let width = other.len() + 1;
    // Number of differences from each pair of places to the ends. What follows a token may be anything, so that the
    // end of either text is an end of both.
    let mut counts = vec![0u32; (text.len() + 1) * width];
    for at in (0..text.len()).rev() {
        for there in (0..other.len()).rev() {
            let differs = u32::from(text[at] != other[there]);
            let exchanged = counts[(at + 1) * width + there + 1] + differs;
            let absent = counts[(at + 1) * width + there] + 1;
            let lacking = counts[at * width + there + 1] + 1;
            counts[at * width + there] = exchanged.min(absent).min(lacking);
        }
    }
    let mut differences = Vec::new();
    let (mut at, mut there) = (0, 0);
    while at < text.len() && there < other.len() {
        let count = counts[at * width + there];
        let differs = text[at] != other[there];
        if count == counts[(at + 1) * width + there + 1] + u32::from(differs) {
            if differs {
                differences.push((at, ReadingDifference::Other(other[there])));
            }
            (at, there) = (at + 1, there + 1);
        } else if count == counts[(at + 1) * width + there] + 1 {
            differences.push((at, ReadingDifference::Absent));
            at += 1;
        } else {
            there += 1;
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_compared_character_by_character() {
        let compare = |text: &str, other: &str| {
            let [text, other] = [text, other].map(|t| t.chars().collect::<Vec<char>>());
            compare_readings(&text, &other)
        };
        use ReadingDifference::{Absent, Other};
        assert_eq!(compare("abcdef", "abcdef"), []);
        assert_eq!(compare("abcdef", "abXdef"), [(2, Other('X'))]);
        assert_eq!(compare("abccdef ", "abcdef "), [(3, Absent)]);
        assert_eq!(compare("abdef ", "abcdef "), []);
        assert_eq!(compare("abcdef", ""), []);
        let both = [(1, Other('8')), (4, Absent)];
        assert_eq!(compare("aBcd efgh", "a8cdefgh"), both);
    }
}
