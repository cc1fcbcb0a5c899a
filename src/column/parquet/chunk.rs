//! Chunk of a column: its pages in one row group.

use std::io::{self, BufReader, Read as _, SeekFrom};

use super::codec::PageCodec;
use super::footer::{LeafColumn, field};
use super::page::{OpenPage, PackedPage, PageRole, TextList};
use super::thrift::ThriftStruct;
use crate::column::place::ColumnPlace;
use crate::column::visitor::{ValueEdit, ValueVisitor};
use crate::container::ContainerInput;
use crate::message::without_error_numbers;

/// Chosen column.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColumnSite<'c> {
    /// Number of the column in the file.
    pub leaf: usize,
    /// Number of the column in the choice.
    pub column: usize,
    /// Name as it was given.
    pub name: &'c str,
}

/// Place of a chunk in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkPlace {
    pub start: u64,
    pub len: u64,
    /// Number of values, with the missing ones.
    pub count: usize,
    pub codec: PageCodec,
}

/// Returns the place of a chunk in a file whose data ends at `end`.
///
/// # Errors
/// Returns the reason why it cannot be read.
pub(super) fn locate_chunk(chunk: &ThriftStruct, end: u64) -> Result<ChunkPlace, String> {
    if chunk.get(field::CHUNK_FILE).is_some() {
        return Err("its data is in another file".to_owned());
    }
    if chunk.get(field::CHUNK_CRYPTO).is_some() {
        return Err("it is encrypted".to_owned());
    }
    let damaged = || "its place in the file is stated wrongly".to_owned();
    let metadata = chunk.inner(field::CHUNK_METADATA).ok_or_else(damaged)?;
    let (start, len) = span_of(metadata).ok_or_else(damaged)?;
    if start < 4 || start.checked_add(len).is_none_or(|to| to > end) {
        return Err(damaged());
    }
    let codec = PageCodec::of_number(metadata.int(field::CODEC).unwrap_or(0));
    Ok(ChunkPlace {
        start,
        len,
        count: metadata.count(field::VALUES).ok_or_else(damaged)?,
        codec: codec.map_err(|name| {
            format!("it is compressed by {name}, which this program cannot read")
        })?,
    })
}

/// Returns the offset and the length of the pages of a chunk.
pub(super) fn span_of(metadata: &ThriftStruct) -> Option<(u64, u64)> {
    let offsets = [
        field::DATA_OFFSET,
        field::DICTIONARY_OFFSET,
        field::INDEX_OFFSET,
    ];
    let offsets = offsets.iter().filter_map(|id| metadata.int(*id));
    let start = offsets.filter(|offset| *offset > 0).min()?;
    let len = metadata.int(field::PACKED_SIZE)?;
    Some((u64::try_from(start).ok()?, u64::try_from(len).ok()?))
}

/// Change of a page: its new values in the plain encoding; `None` if none of them was edited.
pub(super) type NewValues = Option<Vec<u8>>;

/// Receiver of the pages of a chunk, and of those with values in inflated form.
type PageTaker<'t> =
    dyn FnMut(PackedPage, Option<(OpenPage, NewValues)>) -> Result<(), String> + 't;

/// Reading of a chunk.
pub(super) struct ChunkReading<'c> {
    leaf: &'c LeafColumn,
    site: &'c ColumnSite<'c>,
    rows: RowCounter,
    dictionary: TextList,
    /// Verdict of the visitor on each text of the dictionary, once it is known.
    verdicts: Vec<Option<bool>>,
    /// True if the pages are written again.
    is_copied: bool,
}

/// Row and elements of lists that are read.
#[derive(Clone, Debug)]
struct RowCounter {
    /// Number of the first row of the chunk, 1-based.
    first: u64,
    /// Number of rows that were begun.
    begun: u64,
    items: Vec<u64>,
}

impl RowCounter {
    /// Begins the next value at these levels.
    fn begin_value(
        &mut self,
        repetition: u64,
        definition: u64,
        leaf: &LeafColumn,
    ) -> io::Result<()> {
        let is_valid = repetition <= u64::from(leaf.most_repetition)
            && definition <= u64::from(leaf.most_definition)
            && (repetition == 0 || self.begun > 0);
        if !is_valid {
            return Err(io::Error::other(
                "a page has levels that its column does not have",
            ));
        }
        if repetition == 0 {
            self.begun += 1;
            self.items.fill(1);
            return Ok(());
        }
        let level = usize::try_from(repetition).unwrap_or_default();
        self.items[level - 1] += 1;
        self.items[level..].fill(1);
        Ok(())
    }
}

impl<'c> ChunkReading<'c> {
    /// Creates the reading of a chunk whose first row has this number, 1-based.
    pub(super) fn new(leaf: &'c LeafColumn, site: &'c ColumnSite<'c>, first: u64) -> Self {
        ChunkReading {
            leaf,
            site,
            rows: RowCounter {
                first,
                begun: 0,
                items: vec![0; leaf.most_repetition as usize],
            },
            dictionary: TextList::default(),
            verdicts: Vec::new(),
            is_copied: false,
        }
    }

    /// Creates the reading of a chunk whose pages are written again.
    pub(super) fn for_copy(leaf: &'c LeafColumn, site: &'c ColumnSite<'c>, first: u64) -> Self {
        ChunkReading {
            is_copied: true,
            ..ChunkReading::new(leaf, site, first)
        }
    }

    /// Returns the number of the first row that was not begun.
    pub(super) fn next_row(&self) -> u64 {
        self.rows.first + self.rows.begun
    }

    /// Reads the pages, and gives each to `take` with its new values.
    ///
    /// # Errors
    /// Returns the reason why a page was not read, or not taken.
    pub(super) fn read_pages(
        &mut self,
        place: ChunkPlace,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn ValueVisitor,
        take: &mut PageTaker<'_>,
    ) -> Result<(), String> {
        let sought = input.seek(SeekFrom::Start(place.start));
        sought.map_err(|error| describe_error(&error))?;
        let mut input = BufReader::with_capacity(1 << 16, input.take(place.len));
        let mut left = place.count;
        while left > 0 {
            let packed = PackedPage::read(&mut input).map_err(|e| describe_error(&e))?;
            if packed.role == PageRole::Other {
                take(packed, None)?;
                continue;
            }
            let open = packed.open(self.leaf, place.codec);
            let open = open.map_err(|error| describe_error(&error))?;
            let new = if packed.role == PageRole::Dictionary {
                self.visit_dictionary(&open, visitor)?
            } else {
                left = left.saturating_sub(open.count);
                self.visit_page(&open, visitor)?
            };
            take(packed, Some((open, new)))?;
        }
        Ok(())
    }

    fn visit_dictionary(
        &mut self,
        page: &OpenPage,
        visitor: &mut dyn ValueVisitor,
    ) -> Result<NewValues, String> {
        self.dictionary = TextList::read(page).map_err(|error| describe_error(&error))?;
        self.verdicts = vec![None; self.dictionary.len()];
        if !self.is_copied {
            return Ok(None);
        }
        let mut plain = PlainValues::default();
        for number in 0..self.dictionary.len() {
            let text = self.dictionary.text(number).unwrap_or_default();
            let is_suspect = visitor.suspects_value(text);
            self.verdicts[number] = Some(is_suspect);
            let place = ColumnPlace {
                row: 0,
                column: self.site.column,
                name: Some(self.site.name),
                items: &[],
            };
            let edits = if is_suspect {
                visitor.visit_value(&place, text)?
            } else {
                Vec::new()
            };
            plain.push_text(text, &edits)?;
        }
        Ok(plain.finish())
    }

    fn visit_page(
        &mut self,
        page: &OpenPage,
        visitor: &mut dyn ValueVisitor,
    ) -> Result<NewValues, String> {
        let failed = |error: io::Error| describe_error(&error);
        let [mut repetition, mut definition] = page.levels(self.leaf).map_err(failed)?;
        let mut values = page.values(&self.dictionary).map_err(failed)?;
        let most = u64::from(self.leaf.most_definition);
        let mut plain = PlainValues::default();
        for _ in 0..page.count {
            let level = repetition
                .as_mut()
                .map_or(Ok(0), |levels| levels.take_next());
            let level = level.map_err(failed)?;
            let defined = definition
                .as_mut()
                .map_or(Ok(most), |levels| levels.take_next());
            let defined = defined.map_err(failed)?;
            self.rows
                .begin_value(level, defined, self.leaf)
                .map_err(failed)?;
            if defined < most {
                continue;
            }
            let (text, number) = values.take_next().map_err(failed)?;
            visitor.count_value(text.len());
            let known = number.and_then(|number| self.verdicts.get_mut(number));
            let is_suspect = match known {
                Some(known) => *known.get_or_insert_with(|| visitor.suspects_value(text)),
                None => visitor.suspects_value(text),
            };
            let edits = if is_suspect {
                let place = ColumnPlace {
                    row: self.rows.first + self.rows.begun - 1,
                    column: self.site.column,
                    name: Some(self.site.name),
                    items: &self.rows.items,
                };
                visitor.visit_value(&place, text)?
            } else {
                Vec::new()
            };
            // What a page takes from its dictionary is edited there.
            if self.is_copied && number.is_none() {
                plain.push_text(text, &edits)?;
            }
        }
        Ok(plain.finish())
    }
}

/// Values in the plain encoding.
#[derive(Debug, Default)]
struct PlainValues {
    bytes: Vec<u8>,
    is_edited: bool,
}

impl PlainValues {
    fn push_text(&mut self, text: &[u8], edits: &[ValueEdit]) -> Result<(), String> {
        let text = apply_edits(text, edits);
        let len = u32::try_from(text.len()).map_err(|_| "a value is too long".to_owned())?;
        self.bytes.extend_from_slice(&len.to_le_bytes());
        self.bytes.extend_from_slice(&text);
        self.is_edited |= !edits.is_empty();
        Ok(())
    }

    fn finish(self) -> NewValues {
        self.is_edited.then_some(self.bytes)
    }
}

/// Returns the message of an error, without control characters and numbers of the operating system.
pub(super) fn describe_error(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "a page ends too early".to_owned();
    }
    let text = without_error_numbers(&error.to_string());
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Returns a text after these edits.
fn apply_edits(text: &[u8], edits: &[ValueEdit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        out.extend_from_slice(text.get(at..range.start).unwrap_or_default());
        out.extend_from_slice(new);
        at = range.end.max(at);
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
    out
}
