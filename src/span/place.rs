//! Places in a document as a person names them, and the places of a text that was taken from a document.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Maximum number of characters of a name that a place shows.
const NAME: usize = 100;

/// Place in a document as a person names it: `page 12`, `sheet "prod" B7`, `message 2 attachment 1`. A place has one
/// step or more, each inside the step before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentPlace {
    outer: Option<Arc<DocumentPlace>>,
    step: PlaceStep,
    /// True if a comma separates the step from the one before it: `issue 12, comment 3`.
    is_listed: bool,
}

/// Step of a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum PlaceStep {
    Number(&'static str, u64),
    Name(&'static str, Arc<str>),
    Cell {
        column: u32,
        row: u64,
    },
    Word(&'static str),
    /// Description of a whole place, from a report.
    Described(Arc<str>),
    Point {
        left: u32,
        top: u32,
    },
}

#[cfg_attr(
    not(all(feature = "columns", feature = "documents")),
    allow(dead_code, reason = "for the readers of documents and columns")
)]
impl DocumentPlace {
    /// Returns the place with this number, 1-based: `page 12`.
    #[must_use]
    pub(crate) fn of_number(noun: &'static str, number: u64) -> Self {
        DocumentPlace::of_step(PlaceStep::Number(noun, number))
    }

    /// Returns the place with this name: `sheet "prod"`.
    #[must_use]
    pub(crate) fn of_name(noun: &'static str, name: &str) -> Self {
        DocumentPlace::of_step(PlaceStep::Name(noun, Arc::from(name)))
    }

    /// Returns the place with this description: `document properties`.
    #[must_use]
    pub(crate) fn of_word(word: &'static str) -> Self {
        DocumentPlace::of_step(PlaceStep::Word(word))
    }

    /// Returns the place at this point of a picture, in pixels from its left upper corner: `at 120,340`.
    #[must_use]
    pub(crate) fn of_point(left: u32, top: u32) -> Self {
        DocumentPlace::of_step(PlaceStep::Point { left, top })
    }

    fn of_step(step: PlaceStep) -> Self {
        DocumentPlace {
            outer: None,
            step,
            is_listed: false,
        }
    }

    fn with_step(&self, step: PlaceStep) -> Self {
        DocumentPlace {
            outer: Some(Arc::new(self.clone())),
            step,
            is_listed: false,
        }
    }

    /// Returns the numbered place inside `outer`, which others may share.
    #[must_use]
    pub(crate) fn number_in(outer: &Arc<DocumentPlace>, noun: &'static str, number: u64) -> Self {
        DocumentPlace {
            outer: Some(Arc::clone(outer)),
            ..DocumentPlace::of_number(noun, number)
        }
    }

    /// Returns the numbered place inside this one: `message 2 attachment 1`.
    #[must_use]
    pub(crate) fn with_number(&self, noun: &'static str, number: u64) -> Self {
        self.with_step(PlaceStep::Number(noun, number))
    }

    /// Returns the numbered place inside this one, behind a comma: `issue 12, comment 3`.
    #[must_use]
    pub(crate) fn then_number(&self, noun: &'static str, number: u64) -> Self {
        DocumentPlace {
            is_listed: true,
            ..self.with_number(noun, number)
        }
    }

    /// Returns the place with this description behind this one and a comma: `layer 3, still in the image`.
    #[must_use]
    pub(crate) fn then_word(&self, word: &'static str) -> Self {
        DocumentPlace {
            is_listed: true,
            ..self.with_word(word)
        }
    }

    /// Returns the named place inside this one: `row 3 column "content"`.
    #[must_use]
    pub(crate) fn with_name(&self, noun: &'static str, name: &str) -> Self {
        self.with_step(PlaceStep::Name(noun, Arc::from(name)))
    }

    /// Returns the place with this description inside this one: `slide 3 notes`.
    #[must_use]
    pub(crate) fn with_word(&self, word: &'static str) -> Self {
        self.with_step(PlaceStep::Word(word))
    }

    /// Returns the cell of this sheet: `sheet "prod" B7`. Column and row are 1-based.
    #[must_use]
    pub(crate) fn with_cell(&self, column: u32, row: u64) -> Self {
        self.with_step(PlaceStep::Cell { column, row })
    }

    /// Returns this place as a place inside `outer`, which is the place of the document itself.
    #[must_use]
    pub(crate) fn inside(&self, outer: &DocumentPlace) -> Self {
        let outer = match &self.outer {
            Some(own) => own.inside(outer),
            None => outer.clone(),
        };
        DocumentPlace {
            is_listed: self.is_listed,
            ..outer.with_step(self.step.clone())
        }
    }

    /// Returns this place with every name changed by `change`.
    #[must_use]
    pub(crate) fn with_names(&self, change: &dyn Fn(&str) -> String) -> Self {
        let outer = self.outer.as_ref();
        DocumentPlace {
            outer: outer.map(|outer| Arc::new(outer.with_names(change))),
            step: match &self.step {
                PlaceStep::Name(noun, name) => PlaceStep::Name(noun, change(name).into()),
                PlaceStep::Described(text) => PlaceStep::Described(change(text).into()),
                step => step.clone(),
            },
            is_listed: self.is_listed,
        }
    }
}

impl fmt::Display for DocumentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = &self.outer {
            let comma = if self.is_listed { "," } else { "" };
            write!(f, "{outer}{comma} ")?;
        }
        match &self.step {
            PlaceStep::Number(noun, number) => write!(f, "{noun} {number}"),
            PlaceStep::Name(noun, name) => {
                let shown: String = name.chars().take(NAME).collect();
                let dots = if shown.len() < name.len() { "…" } else { "" };
                write!(f, "{noun} \"{shown}{dots}\"")
            }
            PlaceStep::Cell { column, row } => write!(f, "{}{row}", name_column(*column)),
            PlaceStep::Word(word) => f.write_str(word),
            PlaceStep::Described(text) => f.write_str(text),
            PlaceStep::Point { left, top } => write!(f, "at {left},{top}"),
        }
    }
}

impl Serialize for DocumentPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DocumentPlace {
    /// Reads the description of a place, as reports contain it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(DocumentPlace::of_step(PlaceStep::Described(text.into())))
    }
}

/// Returns the letters of a column, 1-based: A, Z, AA.
fn name_column(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        column -= 1;
        letters.push(char::from(
            b'A' + u8::try_from(column % 26).unwrap_or_default(),
        ));
        column /= 26;
    }
    letters.iter().rev().collect()
}

/// Start of a place in a text that was taken from a document. The place extends to the next start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlaceStart {
    /// Offset in the text, in bytes.
    pub at: u64,
    /// Place from there on; `None` if it has no name.
    pub place: Option<DocumentPlace>,
    /// For a text that was recognised in a picture: number of characters that were repaired from there on.
    pub repaired: Option<u32>,
}

impl PlaceStart {
    /// Appends the place that starts at `at`, an offset in bytes that is not before the last one. Nothing is appended where
    /// the last place goes on, and of two that start at one offset the later one counts.
    pub(crate) fn push_place(starts: &mut Vec<PlaceStart>, at: u64, place: Option<DocumentPlace>) {
        match starts.last_mut() {
            Some(last) if last.place == place => {}
            Some(last) if last.at == at => last.place = place,
            _ => starts.push(PlaceStart {
                at,
                place,
                repaired: None,
            }),
        }
    }
}

/// Start of a part of a text that follows the bytes of the file. A document of escapes has one for each character, so
/// that it is apart from the places, and small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawStart {
    /// Offset in the text, in bytes.
    at: u64,
    /// Offset in the file, in bytes.
    raw: u64,
}

/// Places of a part of a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TextPlaces<'p> {
    /// Starts of places, in the order of the text.
    pub starts: &'p [PlaceStart],
    raws: &'p [RawStart],
}

impl<'p> TextPlaces<'p> {
    /// Returns these places, of a text that is not in the file as it stands.
    #[must_use]
    pub(crate) fn untracked(starts: &'p [PlaceStart]) -> Self {
        TextPlaces { starts, raws: &[] }
    }

    /// Returns the start of the place at this offset of the text.
    #[must_use]
    pub(crate) fn find_start(&self, at: u64) -> Option<&'p PlaceStart> {
        find_start(self.starts, at)
    }

    /// Returns the offset in the file of the byte at this offset of the text, if the text follows the bytes of the file.
    #[must_use]
    pub(crate) fn find_raw(&self, at: u64) -> Option<u64> {
        let behind = self.raws.partition_point(|start| start.at <= at);
        let start = self.raws.get(behind.checked_sub(1)?)?;
        Some(start.raw + (at - start.at))
    }
}

/// Starts that a list holds.
#[derive(Debug, Default)]
struct HeldStarts {
    starts: Vec<PlaceStart>,
    raws: Vec<RawStart>,
}

/// Places of a text, in the order of the text. The writer of the text adds places while the text is read.
#[derive(Debug, Default)]
pub(crate) struct PlaceList(Mutex<HeldStarts>);

impl PlaceList {
    fn lock_starts(&self) -> MutexGuard<'_, HeldStarts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg_attr(
        not(feature = "documents"),
        allow(dead_code, reason = "for the readers of documents")
    )]
    /// Adds the place that starts at `at`, an offset in bytes that is not before the last one.
    pub(crate) fn start_place(&self, at: u64, place: Option<DocumentPlace>) {
        PlaceStart::push_place(&mut self.lock_starts().starts, at, place);
    }

    /// Adds the place of a text that follows the bytes of the file from `raw` on.
    #[cfg(feature = "documents")]
    pub(crate) fn start_tracked(&self, at: u64, place: Option<DocumentPlace>, raw: u64) {
        let mut held = self.lock_starts();
        PlaceStart::push_place(&mut held.starts, at, place);
        held.raws.push(RawStart { at, raw });
    }

    /// Adds the place of a text that was recognised in a picture, with the number of its repaired characters.
    pub(crate) fn start_recognised(&self, at: u64, place: DocumentPlace, repaired: u32) {
        self.lock_starts().starts.push(PlaceStart {
            at,
            place: Some(place),
            repaired: Some(repaired),
        });
    }

    /// Calls `read` with the places that are known so far.
    pub(crate) fn with_starts<R>(&self, read: impl FnOnce(TextPlaces<'_>) -> R) -> R {
        let held = self.lock_starts();
        read(TextPlaces {
            starts: &held.starts,
            raws: &held.raws,
        })
    }

    /// Forgets the places that end before `at`.
    pub(crate) fn forget_before(&self, at: u64) {
        let HeldStarts { starts, raws } = &mut *self.lock_starts();
        let behind = starts.partition_point(|start| start.at <= at);
        starts.drain(..behind.saturating_sub(1));
        let behind = raws.partition_point(|start| start.at <= at);
        raws.drain(..behind.saturating_sub(1));
    }
}

/// Returns the start of the place at this offset of a text.
#[must_use]
pub(crate) fn find_start(starts: &[PlaceStart], at: u64) -> Option<&PlaceStart> {
    let behind = starts.partition_point(|start| start.at <= at);
    starts.get(behind.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_a_person_says_it() {
        let sheet = DocumentPlace::of_name("sheet", "prod");
        assert_eq!(sheet.with_cell(2, 7).to_string(), "sheet \"prod\" B7");
        let columns: Vec<String> = [1, 26, 27, 702, 703, 16384].map(name_column).into();
        assert_eq!(columns, ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
        let mail = DocumentPlace::of_number("message", 2).with_number("attachment", 1);
        assert_eq!(mail.to_string(), "message 2 attachment 1");
        let comment = DocumentPlace::of_number("issue", 12).then_number("comment", 3);
        assert_eq!(comment.to_string(), "issue 12, comment 3");
        let event = comment.inside(&DocumentPlace::of_name("repository", "o/r"));
        let event = event.with_names(&str::to_uppercase).to_string();
        assert_eq!(event, "repository \"O/R\" issue 12, comment 3");
        let page = DocumentPlace::of_number("page", 3).with_word("annotations");
        assert_eq!(
            page.inside(&mail).to_string(),
            "message 2 attachment 1 page 3 annotations"
        );
        assert_eq!(DocumentPlace::of_point(120, 340).to_string(), "at 120,340");
        let masked = sheet
            .with_cell(1, 1)
            .with_names(&|name| name.replace('p', "…"));
        assert_eq!(masked.to_string(), "sheet \"…rod\" A1");
        let long = DocumentPlace::of_name("sheet", &"é".repeat(101)).to_string();
        assert_eq!(long.chars().count(), "sheet \"\"…".len() - 2 + 100);
    }

    #[test]
    fn a_place_extends_to_the_next_start() {
        let list = PlaceList::default();
        let page = |n| Some(DocumentPlace::of_number("page", n));
        list.start_place(10, page(1));
        list.start_place(20, page(1));
        list.start_place(30, page(2));
        list.start_place(30, page(3));
        list.start_place(40, None);
        let at = |at| {
            list.with_starts(|places| Some(places.find_start(at)?.place.as_ref()?.to_string()))
        };
        assert_eq!(at(9), None);
        assert_eq!(at(29).as_deref(), Some("page 1"));
        assert_eq!(at(30).as_deref(), Some("page 3"));
        assert_eq!(at(41), None);
        list.forget_before(35);
        assert_eq!(list.with_starts(|places| places.starts.len()), 2);
        assert_eq!(at(35).as_deref(), Some("page 3"));
    }

    #[cfg(feature = "documents")]
    #[test]
    fn the_place_in_the_file_goes_on_to_the_next_start() {
        let list = PlaceList::default();
        let page = Some(DocumentPlace::of_number("page", 1));
        list.start_tracked(0, page.clone(), 100);
        list.start_tracked(5, page.clone(), 111);
        list.start_tracked(6, page, 117);
        let raw = |at| list.with_starts(|places| places.find_raw(at));
        assert_eq!(
            [0, 4, 5, 6, 9].map(raw),
            [100, 104, 111, 117, 120].map(Some)
        );
        // The places are the same, and are held once.
        assert_eq!(list.with_starts(|places| places.starts.len()), 1);
        list.forget_before(5);
        assert_eq!([4, 5, 7].map(raw), [None, Some(111), Some(118)]);
    }
}
