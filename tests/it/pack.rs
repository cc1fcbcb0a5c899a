//! Writers of archives for the tests: as simple as the formats allow, and apart from the readers that they test.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// Members with their names.
pub(crate) type Members<'m> = &'m [(&'m str, &'m [u8])];

/// A zip archive that is built up entry by entry, so that a test can get any field wrong.
#[derive(Default)]
pub(crate) struct ZipWriter {
    pub(crate) bytes: Vec<u8>,
    pub(crate) directory: Vec<u8>,
    pub(crate) entries: u16,
}

/// An entry of a zip archive.
pub(crate) struct ZipMember<'m> {
    pub(crate) name: &'m str,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    /// The content as it is stored.
    pub(crate) packed: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) checksum: u32,
}

impl<'m> ZipMember<'m> {
    pub(crate) fn stored(name: &'m str, content: &[u8]) -> Self {
        ZipMember {
            name,
            method: 0,
            flags: 0,
            packed: content.to_vec(),
            size: u32::try_from(content.len()).unwrap(),
            checksum: crc(content),
        }
    }

    pub(crate) fn deflated(name: &'m str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        ZipMember {
            method: 8,
            packed: encoder.finish().unwrap(),
            ..ZipMember::stored(name, content)
        }
    }
}

fn crc(content: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    crc.sum()
}

impl ZipWriter {
    /// Adds an entry and its member.
    pub(crate) fn add(&mut self, member: &ZipMember<'_>) {
        let offset = u32::try_from(self.bytes.len()).unwrap();
        self.add_local(member);
        self.add_entry(member, offset);
    }

    /// Adds a member that no entry names.
    pub(crate) fn add_local(&mut self, member: &ZipMember<'_>) {
        self.bytes.extend(b"PK\x03\x04\x14\0");
        self.bytes.extend(common_fields(member));
        self.bytes.extend([0, 0]);
        self.bytes.extend(member.name.as_bytes());
        self.bytes.extend(&member.packed);
    }

    /// Adds an entry for the member at `offset`.
    pub(crate) fn add_entry(&mut self, member: &ZipMember<'_>, offset: u32) {
        self.directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        self.directory.extend(common_fields(member));
        self.directory.extend([0; 12]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(member.name.as_bytes());
        self.entries += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let start = u32::try_from(self.bytes.len()).unwrap();
        let len = u32::try_from(self.directory.len()).unwrap();
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(self.entries.to_le_bytes());
        self.bytes.extend(self.entries.to_le_bytes());
        self.bytes.extend(len.to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

/// The fields from the flags to the length of the name.
fn common_fields(member: &ZipMember<'_>) -> Vec<u8> {
    let mut fields = Vec::new();
    fields.extend(member.flags.to_le_bytes());
    fields.extend(member.method.to_le_bytes());
    fields.extend([0; 4]);
    fields.extend(member.checksum.to_le_bytes());
    fields.extend(u32::try_from(member.packed.len()).unwrap().to_le_bytes());
    fields.extend(member.size.to_le_bytes());
    fields.extend(u16::try_from(member.name.len()).unwrap().to_le_bytes());
    fields
}

/// A zip archive of compressed members.
pub(crate) fn zip(members: Members<'_>) -> Vec<u8> {
    let mut writer = ZipWriter::default();
    for (name, content) in members {
        writer.add(&ZipMember::deflated(name, content));
    }
    writer.finish()
}

/// A zip archive of members as they are.
pub(crate) fn zip_stored(members: Members<'_>) -> Vec<u8> {
    let mut writer = ZipWriter::default();
    for (name, content) in members {
        writer.add(&ZipMember::stored(name, content));
    }
    writer.finish()
}

/// A gzip file.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// One member of a tar archive, with its header.
pub(crate) fn tar_member(name: &str, kind: u8, size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    let short = &name.as_bytes()[..name.len().min(100)];
    header[..short.len()].copy_from_slice(short);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = [&header, content].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// A tar archive.
pub(crate) fn tar(members: Members<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in members {
        bytes.extend(tar_member(name, b'0', content.len() as u64, content));
    }
    bytes.extend([0; 1024]);
    bytes
}
