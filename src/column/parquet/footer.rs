//! Metadata at the end of a Parquet file: its schema and the places of its columns.

use std::collections::BTreeSet;
use std::io::{self, SeekFrom};

use super::compact::read_structure;
use super::thrift::{ThriftStruct, ThriftValue};
use crate::column::choice::describe_absent;
use crate::container::ContainerInput;
use crate::message::describe_io_error;

/// First and last bytes of a file.
pub(super) const MAGIC: &[u8; 4] = b"PAR1";

/// Last bytes of a file whose metadata is encrypted.
const ENCRYPTED: &[u8; 4] = b"PARE";

/// Length of the end of a file: that of the metadata, and the magic bytes.
pub(super) const TAIL: usize = 8;

/// Maximum length of the metadata in bytes, as it is held in memory.
const MOST_METADATA: usize = 64 << 20;

/// Type of columns of texts and bytes.
const BYTE_ARRAY: i64 = 6;

/// Names of the types of columns, by their numbers.
const TYPES: [&str; 8] = [
    "a truth value",
    "a number",
    "a number",
    "a time",
    "a number",
    "a number",
    "text",
    "bytes of one length",
];

/// Ids of fields of the metadata.
pub(super) mod field {
    pub(in crate::column::parquet) const SCHEMA: i16 = 2;
    pub(in crate::column::parquet) const ROW_GROUPS: i16 = 4;
    /// Fields of a row group.
    pub(in crate::column::parquet) const CHUNKS: i16 = 1;
    pub(in crate::column::parquet) const GROUP_SIZE: i16 = 2;
    pub(in crate::column::parquet) const GROUP_ROWS: i16 = 3;
    pub(in crate::column::parquet) const SORTING: i16 = 4;
    pub(in crate::column::parquet) const GROUP_OFFSET: i16 = 5;
    pub(in crate::column::parquet) const GROUP_PACKED: i16 = 6;
    /// Fields of a column chunk.
    pub(in crate::column::parquet) const CHUNK_FILE: i16 = 1;
    pub(in crate::column::parquet) const CHUNK_OFFSET: i16 = 2;
    pub(in crate::column::parquet) const CHUNK_METADATA: i16 = 3;
    pub(in crate::column::parquet) const CHUNK_INDEXES: [i16; 4] = [4, 5, 6, 7];
    pub(in crate::column::parquet) const CHUNK_CRYPTO: i16 = 8;
    /// Fields of the metadata of a column chunk.
    pub(in crate::column::parquet) const ENCODINGS: i16 = 2;
    pub(in crate::column::parquet) const CODEC: i16 = 4;
    pub(in crate::column::parquet) const VALUES: i16 = 5;
    pub(in crate::column::parquet) const WHOLE_SIZE: i16 = 6;
    pub(in crate::column::parquet) const PACKED_SIZE: i16 = 7;
    pub(in crate::column::parquet) const DATA_OFFSET: i16 = 9;
    pub(in crate::column::parquet) const INDEX_OFFSET: i16 = 10;
    pub(in crate::column::parquet) const DICTIONARY_OFFSET: i16 = 11;
    /// Statistics, and counts of encodings and sizes.
    pub(in crate::column::parquet) const STATISTICS: [i16; 3] = [12, 13, 16];
    pub(in crate::column::parquet) const BLOOM_FILTER: [i16; 2] = [14, 15];
}

/// Column that holds values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeafColumn {
    /// Names of its groups and of itself, with dots between them, as a person writes them: without those that only make
    /// a list.
    pub name: String,
    /// The same with all names.
    pub full_name: String,
    /// Type by its number.
    pub kind: i64,
    /// Number of levels at which it may be missing.
    pub most_definition: u32,
    /// Number of lists that it is in.
    pub most_repetition: u32,
}

/// Reads the metadata of a file, and returns it with the offset at which it starts.
///
/// # Errors
/// Returns the reason why it cannot be read.
pub(super) fn read_footer(input: &mut dyn ContainerInput) -> Result<(ThriftStruct, u64), String> {
    let size = input
        .seek(SeekFrom::End(0))
        .map_err(|error| match error.kind() {
            io::ErrorKind::Unsupported => {
                "Parquet is read from a file, as its metadata is at its end; name the file"
                    .to_owned()
            }
            _ => describe_io_error(&error),
        })?;
    let cut = "damaged: it does not end as Parquet does; nothing of it was read";
    let Some(tail_at) = size.checked_sub(TAIL as u64).filter(|at| *at >= 4) else {
        return Err(cut.to_owned());
    };
    let mut tail = [0; TAIL];
    read_at(input, tail_at, &mut tail)?;
    let [a, b, c, d, magic @ ..] = &tail;
    if magic == ENCRYPTED {
        return Err("its metadata is encrypted, so nothing of it was read".to_owned());
    }
    let len = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    let start = tail_at.checked_sub(len as u64).filter(|at| *at >= 4);
    let Some(start) = start.filter(|_| magic == MAGIC) else {
        return Err(cut.to_owned());
    };
    if len > MOST_METADATA {
        let most = MOST_METADATA >> 20;
        return Err(format!(
            "its metadata has more than {most} MiB; nothing of it was read"
        ));
    }
    let mut bytes = vec![0; len];
    read_at(input, start, &mut bytes)?;
    let metadata = read_structure(&mut &bytes[..], len)
        .map_err(|error| format!("damaged: {error}; nothing of it was read"))?;
    if metadata.get(8).is_some() {
        return Err("it is encrypted, so nothing of it was read".to_owned());
    }
    Ok((metadata, start))
}

fn read_at(input: &mut dyn ContainerInput, at: u64, bytes: &mut [u8]) -> Result<(), String> {
    let read = input.seek(SeekFrom::Start(at));
    let read = read.and_then(|_| input.read_exact(bytes));
    read.map_err(|error| describe_io_error(&error))
}

/// Returns the columns of a file, in the order of the chunks of its row groups.
///
/// # Errors
/// Returns the reason why the schema cannot be read.
pub(super) fn list_leaves(metadata: &ThriftStruct) -> Result<Vec<LeafColumn>, String> {
    let damaged = || "damaged: its schema is broken; nothing of it was read".to_owned();
    let elements = metadata.list(field::SCHEMA).ok_or_else(damaged)?;
    let elements: Vec<&ThriftStruct> = elements.iter().filter_map(ThriftValue::as_struct).collect();
    let mut walk = SchemaWalk {
        elements: &elements,
        at: 1,
        leaves: Vec::new(),
    };
    let root = SchemaPath::default();
    let children = elements.first().and_then(|root| root.count(5));
    walk.visit_children(children.unwrap_or(0), &root, ListPart::None)
        .ok_or_else(damaged)?;
    Ok(walk.leaves)
}

struct SchemaWalk<'s> {
    elements: &'s [&'s ThriftStruct],
    at: usize,
    leaves: Vec<LeafColumn>,
}

/// Way to an element of the schema.
#[derive(Clone, Debug, Default)]
struct SchemaPath {
    names: Vec<String>,
    full_names: Vec<String>,
    definition: u32,
    repetition: u32,
}

/// Part that the parent of an element plays in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListPart {
    /// No part.
    None,
    /// The list; its child is the repeated group, whose name is not shown.
    List,
    /// The repeated group; its only child is the element, whose name is not shown.
    Repeated,
}

impl SchemaWalk<'_> {
    fn visit_children(&mut self, count: usize, path: &SchemaPath, part: ListPart) -> Option<()> {
        for _ in 0..count {
            self.visit_element(path, part, count)?;
        }
        Some(())
    }

    fn visit_element(
        &mut self,
        parent: &SchemaPath,
        part: ListPart,
        siblings: usize,
    ) -> Option<()> {
        let element = *self.elements.get(self.at)?;
        self.at += 1;
        let name = element.text(4)?;
        let mut path = parent.clone();
        path.full_names.push(name.clone());
        let is_hidden = part == ListPart::List || part == ListPart::Repeated && siblings == 1;
        if !is_hidden {
            path.names.push(name);
        }
        // A deep schema is refused, as it is walked by recursion.
        if path.full_names.len() > 64 {
            return None;
        }
        match element.int(3) {
            Some(1) => path.definition += 1,
            Some(2) => {
                path.definition += 1;
                path.repetition += 1;
            }
            _ => {}
        }
        match element.count(5) {
            Some(children @ 1..) => {
                let inner = match part {
                    ListPart::List => ListPart::Repeated,
                    _ if is_list(element) => ListPart::List,
                    _ => ListPart::None,
                };
                self.visit_children(children, &path, inner)
            }
            _ => {
                self.leaves.push(LeafColumn {
                    name: path.names.join("."),
                    full_name: path.full_names.join("."),
                    kind: element.int(1)?,
                    most_definition: path.definition,
                    most_repetition: path.repetition,
                });
                Some(())
            }
        }
    }
}

/// Returns true for a group that is marked as a list or a map.
fn is_list(element: &ThriftStruct) -> bool {
    let logical = element.inner(10);
    matches!(element.int(6), Some(1..=3))
        || logical.is_some_and(|logical| logical.get(2).is_some() || logical.get(3).is_some())
}

/// Returns the number of the column of this name.
///
/// # Errors
/// Returns the reason why there is none whose values are texts.
pub(super) fn find_leaf(leaves: &[LeafColumn], name: &str) -> Result<usize, String> {
    let is_named = |leaf: &LeafColumn| leaf.name == name || leaf.full_name == name;
    if let Some(number) = leaves.iter().position(is_named) {
        let kind = leaves[number].kind;
        if kind == BYTE_ARRAY {
            return Ok(number);
        }
        let kind = usize::try_from(kind).ok().and_then(|kind| TYPES.get(kind));
        let kind = kind.copied().unwrap_or("of an unknown type");
        return Err(format!("the column `{name}` is {kind}, not a text"));
    }
    let inside = |leaf: &&LeafColumn| {
        let rest = leaf.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let inner: Vec<&str> = leaves
        .iter()
        .filter(inside)
        .map(|leaf| &*leaf.name)
        .collect();
    if !inner.is_empty() {
        return Err(format!(
            "the column `{name}` has fields; name one of them: {}",
            inner.join(", ")
        ));
    }
    let known: BTreeSet<String> = leaves.iter().map(|leaf| leaf.name.clone()).collect();
    Err(describe_absent(name, &known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn element(
        name: &str,
        kind: Option<i64>,
        repetition: i64,
        children: i64,
        converted: Option<i64>,
    ) -> ThriftValue {
        let mut fields = Vec::new();
        fields.extend(kind.map(|kind| (1, ThriftValue::Int(5, kind))));
        fields.push((3, ThriftValue::Int(5, repetition)));
        fields.push((4, ThriftValue::Binary(name.as_bytes().to_vec())));
        if children > 0 {
            fields.push((5, ThriftValue::Int(5, children)));
        }
        fields.extend(converted.map(|converted| (6, ThriftValue::Int(5, converted))));
        ThriftValue::Struct(ThriftStruct::of_fields(fields))
    }

    fn leaves() -> Vec<LeafColumn> {
        let schema = vec![
            element("schema", None, 0, 4, None),
            element("text", Some(6), 1, 0, None),
            element("size", Some(2), 0, 0, None),
            element("meta", None, 1, 1, None),
            element("url", Some(6), 0, 0, None),
            element("turns", None, 1, 1, Some(3)),
            element("list", None, 2, 1, None),
            element("element", None, 1, 1, None),
            element("words", Some(6), 1, 0, None),
        ];
        let list = ThriftValue::List(9, 12, schema);
        list_leaves(&ThriftStruct::of_fields(vec![(field::SCHEMA, list)])).unwrap()
    }

    #[test]
    fn columns_are_named_as_a_person_writes_them() {
        let leaves = leaves();
        let names: Vec<(&str, u32, u32)> = leaves
            .iter()
            .map(|leaf| (&*leaf.name, leaf.most_definition, leaf.most_repetition))
            .collect();
        assert_eq!(
            names,
            [
                ("text", 1, 0),
                ("size", 0, 0),
                ("meta.url", 1, 0),
                ("turns.words", 4, 1)
            ]
        );
        assert_eq!(leaves[3].full_name, "turns.list.element.words");
    }

    #[test]
    fn a_name_that_is_no_column_of_texts_is_told_what_there_is() {
        let leaves = leaves();
        assert_eq!(find_leaf(&leaves, "turns.list.element.words"), Ok(3));
        for (name, wanted) in [
            ("size", "the column `size` is a number, not a text"),
            (
                "meta",
                "the column `meta` has fields; name one of them: meta.url",
            ),
            (
                "body",
                "it has no column `body`; its columns are meta.url, size, text, turns.words",
            ),
        ] {
            assert_eq!(find_leaf(&leaves, name), Err(wanted.to_owned()));
        }
    }

    #[test]
    fn a_file_that_is_cut_or_encrypted_is_refused() {
        for (bytes, wanted) in [
            (&b"PAR1"[..], "does not end as Parquet does"),
            (b"PAR1\xff\0\0\0PAR1", "does not end as Parquet does"),
            (b"PAR1\0\0\0\0PARE", "metadata is encrypted"),
            (b"PAR1\x1c\x1c\x02\0\0\0PAR1", "damaged: "),
        ] {
            let error = read_footer(&mut Cursor::new(bytes)).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
