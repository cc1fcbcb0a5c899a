//! A writer of small Parquet files in the forms that writers use, for tests.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the files of tests are small"
)]

use crate::pack;

/// Compression of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Plain = 0,
    Snappy = 1,
    Gzip = 2,
    Zstd = 6,
}

/// Form of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) codec: Codec,
    /// Texts stand in a dictionary.
    pub(crate) dictionary: bool,
    /// Pages of the second version.
    pub(crate) second: bool,
    /// Rows of a row group, and of a page.
    pub(crate) group: usize,
    pub(crate) page: usize,
}

/// Fields of a structure of Thrift, in the compact protocol.
#[derive(Default)]
struct Fields {
    out: Vec<u8>,
    last: u8,
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

impl Fields {
    fn head(mut self, id: u8, kind: u8) -> Self {
        self.out.push((id - self.last) << 4 | kind);
        self.last = id;
        self
    }

    fn int(self, id: u8, number: usize) -> Self {
        let mut fields = self.head(id, 5);
        varint(number as u64 * 2, &mut fields.out);
        fields
    }

    fn long(self, id: u8, number: usize) -> Self {
        let mut fields = self.head(id, 6);
        varint(number as u64 * 2, &mut fields.out);
        fields
    }

    fn text(self, id: u8, text: &[u8]) -> Self {
        let mut fields = self.head(id, 8);
        varint(text.len() as u64, &mut fields.out);
        fields.out.extend(text);
        fields
    }

    fn inner(self, id: u8, inner: Fields) -> Self {
        let mut fields = self.head(id, 12);
        fields.out.extend(inner.end());
        fields
    }

    fn list(self, id: u8, kind: u8, elements: Vec<Vec<u8>>) -> Self {
        let mut fields = self.head(id, 9);
        fields.out.push(0xf0 | kind);
        varint(elements.len() as u64, &mut fields.out);
        fields.out.extend(elements.concat());
        fields
    }

    fn end(mut self) -> Vec<u8> {
        self.out.push(0);
        self.out
    }
}

/// A zstd frame.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn pack(codec: Codec, bytes: &[u8]) -> Vec<u8> {
    match codec {
        Codec::Plain => bytes.to_vec(),
        Codec::Snappy => snap::raw::Encoder::new().compress_vec(bytes).unwrap(),
        Codec::Gzip => pack::gzip(bytes),
        Codec::Zstd => zstd(bytes),
    }
}

fn plain(texts: &[&str]) -> Vec<u8> {
    let one = |text: &&str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    texts.iter().flat_map(one).collect()
}

/// Numbers of some bits, as one run for each.
fn runs(numbers: &[usize], bits: usize) -> Vec<u8> {
    let one = |number: &usize| {
        let bytes = &number.to_le_bytes()[..bits.div_ceil(8)];
        [&[2], bytes].concat()
    };
    numbers.iter().flat_map(one).collect()
}

struct Chunk {
    bytes: Vec<u8>,
    whole: usize,
    dictionary: Option<usize>,
    data: usize,
}

fn add_page(chunk: &mut Chunk, fields: Fields, levels: &[u8], values: &[u8], form: Form) {
    let (whole, body) = if form.second || levels.is_empty() {
        let packed = [levels, &pack(form.codec, values)].concat();
        (levels.len() + values.len(), packed)
    } else {
        let all = [&(levels.len() as u32).to_le_bytes(), levels, values].concat();
        (all.len(), pack(form.codec, &all))
    };
    // The kind is the first field, and the inner header the last.
    let kind = fields.last;
    let number = [0, 0, 0, 0, 0, 0, 0, 2, 3][usize::from(kind)];
    let header = Fields::default()
        .int(1, number)
        .int(2, whole)
        .int(3, body.len());
    let header = header.inner(kind, Fields { last: 0, ..fields }).end();
    chunk.whole += header.len() + whole;
    chunk.bytes.extend(header);
    chunk.bytes.extend(body);
}

/// The chunk of a column of texts that may be missing.
fn write_chunk(rows: &[Option<&str>], form: Form) -> Chunk {
    let mut chunk = Chunk {
        bytes: Vec::new(),
        whole: 0,
        dictionary: None,
        data: 0,
    };
    let mut texts: Vec<&str> = rows.iter().flatten().copied().collect();
    texts.sort_unstable();
    texts.dedup();
    if form.dictionary {
        let mut fields = Fields::default().int(1, texts.len()).int(2, 0);
        fields.last = 7;
        chunk.dictionary = Some(0);
        add_page(&mut chunk, fields, b"", &plain(&texts), form);
        chunk.data = chunk.bytes.len();
    }
    for page in rows.chunks(form.page) {
        let levels: Vec<usize> = page.iter().map(|row| usize::from(row.is_some())).collect();
        let levels = runs(&levels, 1);
        let held: Vec<&str> = page.iter().flatten().copied().collect();
        let values = if form.dictionary {
            let number = |text: &&str| texts.binary_search(text).unwrap();
            let numbers: Vec<usize> = held.iter().map(number).collect();
            [vec![16], runs(&numbers, 16)].concat()
        } else {
            plain(&held)
        };
        let encoding = if form.dictionary { 8 } else { 0 };
        let least = held.iter().min().copied().unwrap_or_default();
        let statistics = Fields::default()
            .text(5, least.as_bytes())
            .text(6, least.as_bytes());
        let mut fields = if form.second {
            let fields = Fields::default()
                .int(1, page.len())
                .int(2, page.len() - held.len());
            let fields = fields.int(3, page.len()).int(4, encoding);
            fields.int(5, levels.len()).int(6, 0).inner(8, statistics)
        } else {
            let fields = Fields::default()
                .int(1, page.len())
                .int(2, encoding)
                .int(3, 3);
            fields.int(4, 3).inner(5, statistics)
        };
        fields.last = if form.second { 8 } else { 5 };
        add_page(&mut chunk, fields, &levels, &values, form);
    }
    chunk
}

/// A file with the columns `id` (numbers), and these columns of texts that may be missing.
pub(crate) fn write(columns: &[(&str, Vec<Option<&str>>)], form: Form) -> Vec<u8> {
    let mut out = b"PAR1".to_vec();
    let count = columns[0].1.len();
    let mut groups = Vec::new();
    for start in (0..count).step_by(form.group) {
        let end = count.min(start + form.group);
        let mut chunks = Vec::new();
        let ids: Vec<u8> = (start..end)
            .flat_map(|id| (id as u64).to_le_bytes())
            .collect();
        let header = Fields::default()
            .int(1, 0)
            .int(2, ids.len())
            .int(3, ids.len());
        let inner = Fields::default()
            .int(1, end - start)
            .int(2, 0)
            .int(3, 3)
            .int(4, 3);
        let numbers = [header.inner(5, inner).end(), ids].concat();
        let metadata = Fields::default()
            .int(1, 2)
            .list(2, 5, vec![vec![0]])
            .list(3, 8, vec![b"\x02id".to_vec()])
            .int(4, 0)
            .long(5, end - start)
            .long(6, numbers.len())
            .long(7, numbers.len())
            .long(9, out.len());
        out.extend(numbers);
        chunks.push(Fields::default().long(2, 0).inner(3, metadata).end());
        for (name, rows) in columns {
            let chunk = write_chunk(&rows[start..end], form);
            let at = out.len();
            let mut path = Vec::new();
            varint(name.len() as u64, &mut path);
            path.extend(name.as_bytes());
            let least = rows
                .iter()
                .flatten()
                .min()
                .copied()
                .unwrap_or_default()
                .as_bytes();
            let metadata = Fields::default()
                .int(1, 6)
                .list(2, 5, vec![vec![6], vec![16]])
                .list(3, 8, vec![path])
                .int(4, form.codec as usize)
                .long(5, end - start)
                .long(6, chunk.whole)
                .long(7, chunk.bytes.len())
                .long(9, at + chunk.data);
            let metadata = match chunk.dictionary {
                Some(_) => metadata.long(11, at),
                None => metadata,
            };
            let metadata = metadata.inner(12, Fields::default().text(5, least).text(6, least));
            out.extend(chunk.bytes);
            chunks.push(Fields::default().long(2, 0).inner(3, metadata).end());
        }
        groups.push(
            Fields::default()
                .list(1, 12, chunks)
                .long(2, 0)
                .long(3, end - start)
                .end(),
        );
    }
    let root = Fields::default()
        .text(4, b"schema")
        .int(5, columns.len() + 1)
        .end();
    let mut schema = vec![
        root,
        Fields::default().int(1, 2).int(3, 0).text(4, b"id").end(),
    ];
    for (name, _) in columns {
        let element = Fields::default()
            .int(1, 6)
            .int(3, 1)
            .text(4, name.as_bytes())
            .int(6, 0);
        schema.push(element.end());
    }
    let footer = Fields::default()
        .int(1, 1)
        .list(2, 12, schema)
        .long(3, count);
    let footer = footer
        .list(4, 12, groups)
        .text(6, b"tests of tokensweep")
        .end();
    out.extend(&footer);
    out.extend((footer.len() as u32).to_le_bytes());
    out.extend(b"PAR1");
    out
}
