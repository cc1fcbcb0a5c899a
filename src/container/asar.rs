//! Asar, which the files of Electron programs are packed in: a directory in JSON, and the contents behind it.

use std::fmt;
use std::io::{Read, SeekFrom};
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::ar::ExactContent;
use super::asar_head::{LENGTHS, read_lengths};
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};

/// Maximum length in bytes of a directory.
const MOST_DIRECTORY: u32 = 16 << 20;

/// Maximum length in bytes of all paths of a directory together.
const MOST_PATHS: usize = 16 << 20;

/// Maximum number of folders inside each other.
const MOST_DEPTH: usize = 100;

/// Reader of asar archives.
pub(super) struct AsarReader;

impl ContainerReader for AsarReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut lengths = [0; LENGTHS];
        input.read_exact(&mut lengths)?;
        let Some([_, outer, _, text]) = read_lengths(&lengths) else {
            return Err(ContainerProblem::truncated());
        };
        if text > MOST_DIRECTORY {
            return Err(ContainerProblem::damaged("its directory is too long"));
        }
        let mut json = Vec::new();
        (&mut *input).take(u64::from(text)).read_to_end(&mut json)?;
        let mut directory = AsarDirectory::default();
        let mut parser = serde_json::Deserializer::from_slice(&json);
        let parsed = NodeSeed {
            directory: &mut directory,
            path: String::new(),
            depth: 0,
        }
        .deserialize(&mut parser);
        // What was read before a mistake is read all the same.
        let flow = read_entries(input, u64::from(outer) + 8, directory.entries, visitor)?;
        if flow.is_break() {
            return Ok(());
        }
        parsed.map_err(|error| ContainerProblem::damaged(format!("its directory: {error}")))
    }
}

/// Gives the files of a directory to the visitor, in the order of their contents, which begin at `start`.
fn read_entries(
    input: &mut dyn ContainerInput,
    start: u64,
    mut entries: Vec<AsarEntry>,
    visitor: &mut dyn MemberVisitor,
) -> Result<ControlFlow<()>, ContainerProblem> {
    entries.sort_by_key(|entry| (entry.offset, entry.size));
    let mut reached = 0;
    let mut last = None;
    for entry in entries {
        let name = entry.path.as_bytes();
        visitor.note_text(name);
        let range = (entry.offset, entry.size);
        // Files with one content may share it.
        if entry.size == 0 || entry.is_elsewhere || last == Some(range) {
            continue;
        }
        let flow = if entry.offset < reached {
            visitor.skip_member(name, ContainerProblem::Overlapping)
        } else {
            last = Some(range);
            reached = entry.offset.saturating_add(entry.size);
            input.seek(SeekFrom::Start(start.saturating_add(entry.offset)))?;
            let mut content = (&mut *input).take(entry.size);
            let mut content = ExactContent {
                content: &mut content,
                left: entry.size,
            };
            visitor.visit_member(MemberName::plain(name), &mut content)
        };
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// File of a directory.
struct AsarEntry {
    path: String,
    /// Offset of the content behind the directory, in bytes.
    offset: u64,
    size: u64,
    /// True if the content is in a folder beside the archive, or if the entry is a link.
    is_elsewhere: bool,
}

#[derive(Default)]
struct AsarDirectory {
    entries: Vec<AsarEntry>,
    /// Length of all paths in bytes.
    len: usize,
}

/// Reader of a file or a folder.
struct NodeSeed<'d> {
    directory: &'d mut AsarDirectory,
    path: String,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file or a folder")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut offset, mut size, mut is_elsewhere) = (None, None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "files" => map.next_value_seed(FolderSeed {
                    directory: &mut *self.directory,
                    path: &self.path,
                    depth: self.depth,
                })?,
                "offset" => offset = map.next_value::<AsarNumber>()?.0,
                "size" => size = map.next_value::<AsarNumber>()?.0,
                "unpacked" => is_elsewhere |= map.next_value::<bool>()?,
                "link" => {
                    is_elsewhere = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        if size.is_some() || is_elsewhere {
            self.directory.entries.push(AsarEntry {
                path: self.path,
                offset: offset.unwrap_or_default(),
                size: size.unwrap_or_default(),
                is_elsewhere: is_elsewhere || offset.is_none(),
            });
        }
        Ok(())
    }
}

/// Reader of the files of a folder.
struct FolderSeed<'d> {
    directory: &'d mut AsarDirectory,
    path: &'d str,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for FolderSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FolderSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the files of a folder")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        use serde::de::Error;
        while let Some(name) = map.next_key::<String>()? {
            let path = match self.path {
                "" => name,
                folder => format!("{folder}/{name}"),
            };
            self.directory.len += path.len();
            if self.directory.len > MOST_PATHS || self.depth > MOST_DEPTH {
                return Err(A::Error::custom(
                    "it has too many paths, and the rest was not read",
                ));
            }
            map.next_value_seed(NodeSeed {
                directory: &mut *self.directory,
                path,
                depth: self.depth + 1,
            })?;
        }
        Ok(())
    }
}

/// Number, which is also written as a text.
#[derive(serde::Deserialize)]
#[serde(from = "serde_json::Value")]
struct AsarNumber(Option<u64>);

impl From<serde_json::Value> for AsarNumber {
    fn from(value: serde_json::Value) -> Self {
        let text = value.as_str().and_then(|text| text.parse().ok());
        AsarNumber(value.as_u64().or(text))
    }
}
