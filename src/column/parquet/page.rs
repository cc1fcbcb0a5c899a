//! Pages of a column: their headers, their levels and their values.

use std::io::{self, Read};
use std::ops::Range;

use super::bits::{HybridNumbers, cut_page, read_differences};
use super::codec::PageCodec;
use super::compact::read_structure;
use super::footer::LeafColumn;
use super::thrift::ThriftStruct;

/// Maximum length of the header of a page in bytes.
const MOST_HEADER: usize = 16 << 20;

/// Maximum length of a page in bytes, as it is held in memory.
const MOST_PAGE: usize = 512 << 20;

/// Maximum number of values in a page whose values are stored as differences, which are held in memory.
const MOST_DIFFERENCES: usize = 1 << 24;

/// Encodings of values.
pub(super) const PLAIN: i64 = 0;
const PLAIN_DICTIONARY: i64 = 2;
const DELTA_LENGTH: i64 = 6;
const DELTA_BYTE_ARRAY: i64 = 7;
const RLE_DICTIONARY: i64 = 8;

/// Ids of fields of the header of a page.
pub(super) mod field {
    pub(in crate::column::parquet) const KIND: i16 = 1;
    pub(in crate::column::parquet) const WHOLE_SIZE: i16 = 2;
    pub(in crate::column::parquet) const PACKED_SIZE: i16 = 3;
    pub(in crate::column::parquet) const CHECKSUM: i16 = 4;
    /// Inner header of a data page; its values and its encoding, and its statistics.
    pub(in crate::column::parquet) const DATA: i16 = 5;
    pub(in crate::column::parquet) const DICTIONARY: i16 = 7;
    /// Inner header of a data page of the second version.
    pub(in crate::column::parquet) const DATA_TWO: i16 = 8;
    pub(in crate::column::parquet) const VALUES: i16 = 1;
    pub(in crate::column::parquet) const ENCODING: i16 = 2;
    pub(in crate::column::parquet) const STATISTICS: i16 = 5;
    pub(in crate::column::parquet) const ENCODING_TWO: i16 = 4;
    pub(in crate::column::parquet) const STATISTICS_TWO: i16 = 8;
}

/// Kind of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageRole {
    Data,
    Dictionary,
    /// Data page of the second version.
    DataTwo,
    Other,
}

/// Page as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct PackedPage {
    pub header: ThriftStruct,
    pub role: PageRole,
    /// Bytes behind the header.
    pub body: Vec<u8>,
}

/// Page whose values can be read.
#[derive(Clone, Debug)]
pub(super) struct OpenPage {
    /// Inflated bytes: repetition levels, definition levels, values.
    pub content: Vec<u8>,
    /// Number of bytes at the front that are not compressed: the levels of a page of the second version.
    pub plain: usize,
    repetition: Range<usize>,
    definition: Range<usize>,
    /// Offset of the values.
    pub values_at: usize,
    /// Number of values, with the missing ones.
    pub count: usize,
    pub encoding: i64,
}

impl PackedPage {
    /// Reads the next page.
    pub(super) fn read(input: &mut dyn Read) -> io::Result<PackedPage> {
        let header = read_structure(input, MOST_HEADER)?;
        let role = match header.int(field::KIND) {
            Some(0) => PageRole::Data,
            Some(2) => PageRole::Dictionary,
            Some(3) => PageRole::DataTwo,
            Some(_) => PageRole::Other,
            None => return Err(io::Error::other("a page has no header")),
        };
        let len = header.count(field::PACKED_SIZE).ok_or_else(cut_page)?;
        if len > MOST_PAGE {
            return Err(too_large());
        }
        let mut body = Vec::new();
        input.take(len as u64).read_to_end(&mut body)?;
        if body.len() < len {
            return Err(cut_page());
        }
        if let Some(stated) = header.int(field::CHECKSUM)
            && u32::try_from(stated & 0xffff_ffff).ok() != Some(crc32fast::hash(&body))
        {
            return Err(io::Error::other(
                "the checksum of a page is not that of its content",
            ));
        }
        Ok(PackedPage { header, role, body })
    }

    /// Returns the inner header.
    pub(super) fn inner(&self) -> io::Result<&ThriftStruct> {
        let id = match self.role {
            PageRole::Data => field::DATA,
            PageRole::Dictionary => field::DICTIONARY,
            PageRole::DataTwo => field::DATA_TWO,
            PageRole::Other => return Err(io::Error::other("a page has no values")),
        };
        let inner = self.header.inner(id);
        inner.ok_or_else(|| io::Error::other("a page has no header of its kind"))
    }

    /// Inflates the page.
    pub(super) fn open(&self, leaf: &LeafColumn, codec: PageCodec) -> io::Result<OpenPage> {
        let inner = self.inner()?;
        let size = self.header.count(field::WHOLE_SIZE).ok_or_else(cut_page)?;
        if size > MOST_PAGE {
            return Err(too_large());
        }
        let count = inner.count(field::VALUES).ok_or_else(cut_page)?;
        if self.role == PageRole::DataTwo {
            return self.open_second(inner, codec, size, count);
        }
        let content = codec.inflate(&self.body, size)?;
        let mut page = OpenPage {
            content,
            plain: 0,
            repetition: 0..0,
            definition: 0..0,
            values_at: 0,
            count,
            encoding: inner.int(field::ENCODING).unwrap_or(PLAIN),
        };
        if self.role == PageRole::Data {
            for (id, most) in [(4, leaf.most_repetition), (3, leaf.most_definition)] {
                if most == 0 {
                    continue;
                }
                if inner.int(id) != Some(3) {
                    return Err(io::Error::other("a page has levels in an old encoding"));
                }
                let range = page.take_levels()?;
                if id == 4 {
                    page.repetition = range;
                } else {
                    page.definition = range;
                }
            }
        }
        Ok(page)
    }

    fn open_second(
        &self,
        inner: &ThriftStruct,
        codec: PageCodec,
        size: usize,
        count: usize,
    ) -> io::Result<OpenPage> {
        let definition = inner.count(5).ok_or_else(cut_page)?;
        let repetition = inner.count(6).ok_or_else(cut_page)?;
        let plain = definition.saturating_add(repetition);
        let (levels, packed) = self.body.split_at_checked(plain).ok_or_else(cut_page)?;
        let is_packed = inner.get(7) != Some(&super::thrift::ThriftValue::Bool(false));
        let codec = if is_packed { codec } else { PageCodec::Plain };
        let size = size.checked_sub(plain).ok_or_else(cut_page)?;
        let mut content = levels.to_vec();
        // A page without values may have no compressed bytes at all.
        if size > 0 || !packed.is_empty() {
            content.extend(codec.inflate(packed, size)?);
        }
        Ok(OpenPage {
            content,
            plain,
            repetition: 0..repetition,
            definition: repetition..plain,
            values_at: plain,
            count,
            encoding: inner.int(field::ENCODING_TWO).unwrap_or(PLAIN),
        })
    }
}

fn too_large() -> io::Error {
    io::Error::other(format!("a page has more than {} MiB", MOST_PAGE >> 20))
}

impl OpenPage {
    /// Takes levels that begin with their length.
    fn take_levels(&mut self) -> io::Result<Range<usize>> {
        let at = self.values_at;
        let len = self.content.get(at..).and_then(<[u8]>::first_chunk::<4>);
        let len = u32::from_le_bytes(*len.ok_or_else(cut_page)?) as usize;
        let range = at + 4..at.saturating_add(4).saturating_add(len);
        if range.end > self.content.len() {
            return Err(cut_page());
        }
        self.values_at = range.end;
        Ok(range)
    }

    /// Returns the levels of the values: repetition, then definition.
    pub(super) fn levels(&self, leaf: &LeafColumn) -> io::Result<[Option<HybridNumbers<'_>>; 2]> {
        let open = |range: &Range<usize>, most: u32| {
            let width = u32::BITS - most.leading_zeros();
            let levels =
                (most > 0).then(|| HybridNumbers::new(&self.content[range.clone()], width));
            levels.transpose()
        };
        Ok([
            open(&self.repetition, leaf.most_repetition)?,
            open(&self.definition, leaf.most_definition)?,
        ])
    }

    /// Returns the values that are not missing. `dictionary` has the texts of the dictionary before.
    pub(super) fn values<'p>(&'p self, dictionary: &'p TextList) -> io::Result<PageValues<'p>> {
        let bytes = &self.content[self.values_at..];
        Ok(match self.encoding {
            PLAIN => PageValues::Plain(bytes),
            PLAIN_DICTIONARY | RLE_DICTIONARY => {
                let (width, rest) = match bytes.split_first() {
                    Some((width, rest)) => (u32::from(*width), rest),
                    None => (0, bytes),
                };
                PageValues::Dictionary(HybridNumbers::new(rest, width)?, dictionary)
            }
            DELTA_LENGTH => {
                let (lengths, rest) = self.read_lengths(bytes)?;
                PageValues::Lengths(lengths.into_iter(), rest)
            }
            DELTA_BYTE_ARRAY => {
                let (prefixes, rest) = self.read_lengths(bytes)?;
                let (lengths, rest) = self.read_lengths(rest)?;
                PageValues::Prefixes {
                    prefixes: prefixes.into_iter(),
                    lengths: lengths.into_iter(),
                    rest,
                    last: Vec::new(),
                }
            }
            other => {
                let text = format!("a page has values in the encoding {other}");
                return Err(io::Error::other(text));
            }
        })
    }

    fn read_lengths<'p>(&self, bytes: &'p [u8]) -> io::Result<(Vec<i64>, &'p [u8])> {
        if self.count > MOST_DIFFERENCES {
            return Err(io::Error::other("a page has too many values"));
        }
        read_differences(bytes, self.count)
    }
}

/// Texts, one behind the other in one buffer.
#[derive(Clone, Debug, Default)]
pub(super) struct TextList {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl TextList {
    /// Reads the texts of a dictionary.
    pub(super) fn read(page: &OpenPage) -> io::Result<TextList> {
        let mut rest = &page.content[page.values_at..];
        let mut list = TextList::default();
        for _ in 0..page.count {
            let text = take_text(&mut rest)?;
            let start = page.content.len() - rest.len() - text.len();
            list.ranges.push(start..start + text.len());
        }
        list.bytes.clone_from(&page.content);
        Ok(list)
    }

    /// Returns the text of this number.
    pub(super) fn text(&self, number: usize) -> Option<&[u8]> {
        self.bytes.get(self.ranges.get(number)?.clone())
    }

    /// Returns the number of texts.
    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }
}

/// Takes a text that begins with its length.
fn take_text<'p>(rest: &mut &'p [u8]) -> io::Result<&'p [u8]> {
    let (len, more) = rest.split_first_chunk::<4>().ok_or_else(cut_page)?;
    let len = u32::from_le_bytes(*len) as usize;
    let (text, more) = more.split_at_checked(len).ok_or_else(cut_page)?;
    *rest = more;
    Ok(text)
}

/// Values of a page that are not missing, one after the other.
pub(super) enum PageValues<'p> {
    Plain(&'p [u8]),
    Dictionary(HybridNumbers<'p>, &'p TextList),
    Lengths(std::vec::IntoIter<i64>, &'p [u8]),
    /// Each value begins with a prefix of the value before.
    Prefixes {
        prefixes: std::vec::IntoIter<i64>,
        lengths: std::vec::IntoIter<i64>,
        rest: &'p [u8],
        last: Vec<u8>,
    },
}

impl PageValues<'_> {
    /// Takes the next value, and the number of its text in the dictionary if it has one.
    pub(super) fn take_next(&mut self) -> io::Result<(&[u8], Option<usize>)> {
        match self {
            PageValues::Plain(rest) => take_text(rest).map(|text| (text, None)),
            PageValues::Dictionary(numbers, list) => {
                let number = usize::try_from(numbers.take_next()?).unwrap_or(usize::MAX);
                let text = list.text(number);
                let text = text.ok_or_else(|| {
                    io::Error::other("a page has a value that its dictionary does not have")
                })?;
                Ok((text, Some(number)))
            }
            PageValues::Lengths(lengths, rest) => {
                take_bytes(lengths.next(), rest).map(|text| (text, None))
            }
            PageValues::Prefixes {
                prefixes,
                lengths,
                rest,
                last,
            } => {
                let prefix = prefixes
                    .next()
                    .and_then(|prefix| usize::try_from(prefix).ok());
                let prefix = prefix.filter(|prefix| *prefix <= last.len());
                last.truncate(prefix.ok_or_else(cut_page)?);
                last.extend_from_slice(take_bytes(lengths.next(), rest)?);
                Ok((last, None))
            }
        }
    }
}

/// Takes so many bytes.
fn take_bytes<'p>(len: Option<i64>, rest: &mut &'p [u8]) -> io::Result<&'p [u8]> {
    let len = len
        .and_then(|len| usize::try_from(len).ok())
        .ok_or_else(cut_page)?;
    let (text, more) = rest.split_at_checked(len).ok_or_else(cut_page)?;
    *rest = more;
    Ok(text)
}
