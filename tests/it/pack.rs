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

/// An ar archive as Debian and GNU write it.
pub(crate) fn ar(members: Members<'_>) -> Vec<u8> {
    let mut names = String::new();
    let mut body = Vec::new();
    for (name, content) in members {
        let short = if name.len() < 16 && !name.contains('/') {
            format!("{name}/")
        } else {
            let place = format!("/{}", names.len());
            names.push_str(&format!("{name}/\n"));
            place
        };
        body.extend(ar_member(&short, content));
    }
    let mut bytes = b"!<arch>\n".to_vec();
    if !names.is_empty() {
        bytes.extend(ar_member("//", names.as_bytes()));
    }
    [bytes, body].concat()
}

/// A member of an ar archive with its header.
pub(crate) fn ar_member(name: &str, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let header = format!(
        "{name:<16}{:<12}{:<6}{:<6}{:<8}{len:<10}`\n",
        0, 0, 0, 100_644
    );
    let mut bytes = [header.as_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    bytes
}

/// A cpio archive in the new ASCII form.
pub(crate) fn cpio(members: Members<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in members.iter().chain(&[("TRAILER!!!", &b""[..])]) {
        let (len, name_len) = (content.len(), name.len() + 1);
        bytes.extend(b"070701");
        for value in [1, 0o100_644, 0, 0, 1, 0, len, 0, 0, 0, 0, name_len, 0] {
            bytes.extend(format!("{value:08x}").as_bytes());
        }
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(*content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// An rpm package with empty headers.
pub(crate) fn rpm(members: Members<'_>) -> Vec<u8> {
    let mut bytes = b"\xed\xab\xee\xdb\x03".to_vec();
    bytes.resize(96, 0);
    // A signature of five bytes, which is filled up to eight.
    bytes.extend(b"\x8e\xad\xe8\x01\0\0\0\0\0\0\0\0\0\0\0\x05words\0\0\0");
    bytes.extend(b"\x8e\xad\xe8\x01\0\0\0\0\0\0\0\x01\0\0\0\x03");
    bytes.extend([0; 19]);
    [bytes, gzip(&cpio(members))].concat()
}

/// A number as 7z writes it, below 16384.
fn seven_zip_number(value: usize) -> Vec<u8> {
    let low = u8::try_from(value % 256).unwrap();
    match u8::try_from(value / 256).unwrap() {
        0 if low < 0x80 => vec![low],
        high => vec![0x80 | high, low],
    }
}

/// A 7z archive of one block whose method is this one.
pub(crate) fn seven_zip_by(method: &[u8], members: Members<'_>) -> Vec<u8> {
    let data: Vec<u8> = members
        .iter()
        .flat_map(|(_, content)| content.to_vec())
        .collect();
    let size = seven_zip_number(data.len());
    let mut header = vec![1, 4, 6, 0, 1, 9];
    header.extend(&size);
    header.extend([0, 7, 0x0b, 1, 0, 1, u8::try_from(method.len()).unwrap()]);
    header.extend(method);
    header.push(0x0c);
    header.extend(&size);
    header.extend([0, 8, 0x0d]);
    header.extend(seven_zip_number(members.len()));
    header.push(9);
    // The size of the last is what is left.
    for (_, content) in &members[..members.len() - 1] {
        header.extend(seven_zip_number(content.len()));
    }
    header.extend([0, 0, 5]);
    header.extend(seven_zip_number(members.len()));
    let names: Vec<u8> = members
        .iter()
        .flat_map(|(name, _)| name.encode_utf16().chain([0]))
        .flat_map(u16::to_le_bytes)
        .collect();
    header.push(0x11);
    header.extend(seven_zip_number(names.len() + 1));
    header.push(0);
    header.extend(names);
    header.extend([0, 0]);
    let mut start = (data.len() as u64).to_le_bytes().to_vec();
    start.extend((header.len() as u64).to_le_bytes());
    start.extend(crc(&header).to_le_bytes());
    let mut bytes = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
    bytes.extend(crc(&start).to_le_bytes());
    [bytes, start, data, header].concat()
}

/// A 7z archive of members as they are.
pub(crate) fn seven_zip(members: Members<'_>) -> Vec<u8> {
    seven_zip_by(&[0], members)
}

/// An lz4 frame of one block that is not compressed.
pub(crate) fn lz4(content: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x04\x22\x4d\x18\x60\x40\x82".to_vec();
    bytes.extend((u32::try_from(content.len()).unwrap() | 1 << 31).to_le_bytes());
    [bytes, content.to_vec(), vec![0; 4]].concat()
}

/// An LZMA file of unknown length.
pub(crate) fn lzma(content: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(3);
    let mut writer = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

/// A zstd frame of one block that is not compressed, of at most 255 bytes.
pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).unwrap();
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, len];
    bytes.extend(&(1 | u32::from(len) << 3).to_le_bytes()[..3]);
    [bytes, content.to_vec()].concat()
}

/// A bzip2 file.
pub(crate) fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
