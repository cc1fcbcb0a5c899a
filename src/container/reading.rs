//! Text that was recognised in a picture: words with their boxes, in lines.

/// One reading of a picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct PictureReading {
    /// Lines, in the order of the page.
    pub lines: Vec<ReadLine>,
}

/// Line of a reading. It has at least one word.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadLine {
    /// Words, from left to right.
    pub words: Vec<ReadWord>,
}

/// Word of a reading.
#[derive(Clone, Debug)]
pub(crate) struct ReadWord {
    /// Characters.
    pub text: String,
    /// Box of the word in the picture.
    pub area: PictureArea,
}

/// Box in a picture, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PictureArea {
    /// Distance from the left edge.
    pub left: u32,
    /// Distance from the upper edge.
    pub top: u32,
    /// Distance of the right side from the left edge.
    pub right: u32,
    /// Distance of the lower side from the upper edge.
    pub bottom: u32,
}

/// Number of characters from which a word is a long one, as no word of a language is.
const LONG: usize = 20;

impl PictureReading {
    /// Returns true if one of the words is longer than those of languages.
    #[must_use]
    pub(crate) fn has_long_word(&self) -> bool {
        let words = self.lines.iter().flat_map(|line| &line.words);
        words
            .into_iter()
            .any(|word| word.text.chars().count() >= LONG)
    }

    /// Returns the number of words.
    #[must_use]
    pub(crate) fn count_words(&self) -> usize {
        self.lines.iter().map(|line| line.words.len()).sum()
    }
}

impl PictureArea {
    /// Returns the smallest box that contains both.
    #[must_use]
    pub(crate) fn union(self, other: PictureArea) -> PictureArea {
        PictureArea {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Returns true if the boxes have at least half of the height of the lower one in common, and some width.
    #[must_use]
    pub(crate) fn shares_line(self, other: PictureArea) -> bool {
        let from = self.top.max(other.top);
        let to = self.bottom.min(other.bottom);
        let lower = (self.bottom - self.top).min(other.bottom - other.top);
        let is_beside = self.left < other.right && other.left < self.right;
        is_beside && to > from && (to - from) * 2 >= lower
    }
}

impl ReadLine {
    /// Returns the box of the line.
    #[must_use]
    pub(crate) fn area(&self) -> Option<PictureArea> {
        let areas = self.words.iter().map(|word| word.area);
        areas.reduce(PictureArea::union)
    }
}
