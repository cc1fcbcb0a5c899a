//! Detection of container files, which hold other files or packed text, by their first bytes.

use ContainerFormat::{
    Ar, Asar, Bzip2, Cpio, Crx, GitObject, GitPack, Gzip, Lz4, Lzma, Mail, Ole, Other, Pdf,
    Picture, Rpm, SevenZip, Sqlite, Tar, Xz, Zip, Zstd,
};

use super::asar_head::is_asar;
use super::git_head::is_loose_object;
use super::mail_head::is_mail;
use super::tar_head::{is_old_tar, is_tar_header};

/// Number of first bytes of a file that every form is recognised by.
pub(crate) const HEAD: usize = 512;

/// Kind of a container in counts and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerKind {
    /// Files packed into one file, or one compressed file.
    Archive,
    /// Text with a layout, in packed form.
    Document,
    /// Pixels. Its metadata is text and is scanned.
    Image,
}

/// Format of a container, which decides on its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerFormat {
    /// Zip, and what is made of it: jar, whl, docx and many others.
    Zip,
    /// Chrome extension: a zip archive behind its signature.
    Crx,
    /// Gzip.
    Gzip,
    /// Bzip2.
    Bzip2,
    /// Xz.
    Xz,
    /// LZMA with its own header.
    Lzma,
    /// Zstandard.
    Zstd,
    /// Frames of LZ4.
    Lz4,
    /// 7z.
    SevenZip,
    /// Rpm.
    Rpm,
    /// Ar, and deb.
    Ar,
    /// Asar, of Electron programs.
    Asar,
    /// Cpio in any of its forms.
    Cpio,
    /// Tar.
    Tar,
    /// Mail, and a mailbox of mails.
    Mail,
    /// PDF.
    Pdf,
    /// OLE compound file: doc, xls, ppt, msg, msi.
    Ole,
    /// SQLite database.
    Sqlite,
    /// Git pack, and bundle.
    GitPack,
    /// Loose object of git.
    GitObject,
    /// Picture whose text can be recognised.
    Picture,
    /// Parquet, whose columns are read by name.
    Parquet,
    /// Format without a reader.
    Other,
}

/// Form of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerForm {
    /// Name of the form with its article, such as "a zip archive".
    pub name: &'static str,
    /// Format of the form.
    pub format: ContainerFormat,
    /// Kind that the form is counted as.
    pub kind: ContainerKind,
    /// True if the form has checksums over its content, which a change of the content invalidates.
    pub is_sealed: bool,
}

impl ContainerForm {
    /// Returns true if the own bytes of the form are a text of which no member repeats a part. They are redacted
    /// like any text.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self.format, Mail | Sqlite)
    }

    /// Returns true if the own bytes of the form may contain text that no member repeats.
    #[must_use]
    pub(crate) fn has_own_text(&self) -> bool {
        match self.kind {
            ContainerKind::Archive => false,
            ContainerKind::Document => !self.is_sealed,
            // Titles and comments.
            ContainerKind::Image => true,
        }
    }
}

/// Form of tables in Parquet, whose columns are read only by name.
const PARQUET: ContainerForm = ContainerForm {
    format: ContainerFormat::Parquet,
    ..document("a Parquet table", true)
};

/// Form of tar archives, also of those of old programs, which no magic bytes mark.
const TAR: ContainerForm = joined("a tar archive", Tar);

/// Form of mails, which no magic bytes mark.
const MAIL: ContainerForm = opened("a mail", Mail);

const fn packed(name: &'static str, format: ContainerFormat) -> ContainerForm {
    ContainerForm {
        name,
        format,
        kind: ContainerKind::Archive,
        is_sealed: true,
    }
}

const fn joined(name: &'static str, format: ContainerFormat) -> ContainerForm {
    ContainerForm {
        is_sealed: false,
        ..packed(name, format)
    }
}

const fn document(name: &'static str, is_sealed: bool) -> ContainerForm {
    ContainerForm {
        name,
        format: ContainerFormat::Other,
        kind: ContainerKind::Document,
        is_sealed,
    }
}

const fn opened(name: &'static str, format: ContainerFormat) -> ContainerForm {
    ContainerForm {
        format,
        ..document(name, false)
    }
}

const fn image(name: &'static str, format: ContainerFormat) -> ContainerForm {
    ContainerForm {
        name,
        format,
        kind: ContainerKind::Image,
        is_sealed: false,
    }
}

/// Container form with the offset of its magic bytes and the magic bytes.
pub(super) type Signature = (usize, &'static [u8], ContainerForm);

/// Form of images of CDs.
pub(super) const ISO: Signature = (32769, b"CD001", packed("an ISO image", Other));

/// Container forms whose first bytes are of any kind.
const INNER_FORMS: [Signature; 7] = [
    (257, b"ustar", TAR),
    (8, b"WEBPVP8", image("a WebP image", Picture)),
    (4, b"ftypavif", image("an AVIF image", Other)),
    (4, b"ftyphei", image("a HEIF image", Other)),
    (2, b"-lh", packed("an LHA archive", Other)),
    (8, b"AI\x02\0", packed("an AppImage", Other)),
    ISO,
];

/// Container forms that begin with their magic bytes.
const FORMS: [Signature; 65] = [
    (0, b"PK\x03\x04", packed("a zip archive", Zip)),
    (0, b"PK\x07\x08", packed("a zip archive", Zip)),
    (0, b"\x1f\x8b\x08", packed("a gzip file", Gzip)),
    (0, b"\x1f\x9d", packed("a compress file", Other)),
    (0, b"BZh", packed("a bzip2 file", Bzip2)),
    (0, b"\xfd7zXZ\0", packed("an xz file", Xz)),
    (0, b"LZIP\x01", packed("an lzip file", Other)),
    (0, b"\x5d\0\0", packed("an LZMA file", Lzma)),
    (0, b"\x28\xb5\x2f\xfd", packed("a zstd file", Zstd)),
    (0, b"\x50\x2a\x4d\x18", packed("a zstd file", Zstd)),
    (0, b"\x04\x22\x4d\x18", packed("an lz4 file", Lz4)),
    (0, b"7z\xbc\xaf\x27\x1c", packed("a 7z archive", SevenZip)),
    (0, b"Rar!\x1a\x07", packed("a rar archive", Other)),
    (0, b"MSCF\0\0\0\0", packed("a cabinet archive", Other)),
    (0, b"xar!\0", packed("a xar archive", Other)),
    (0, b"MSWIM\0\0\0", packed("a WIM archive", Other)),
    (0, b"Cr24\x02\0\0\0", packed("a Chrome extension", Crx)),
    (0, b"Cr24\x03\0\0\0", packed("a Chrome extension", Crx)),
    (0, b"\x89LZO\0\r\n\x1a\n", packed("an lzop file", Other)),
    (0, b"\xff\x06\0\0sNaPpY", packed("a Snappy file", Other)),
    (0, b"mozLz40\0", packed("a file of Firefox", Other)),
    (0, b"QFI\xfb\0\0\0", packed("a QCOW image of a disk", Other)),
    (
        0,
        b"KDMV\x01\0\0\0",
        packed("a VMDK image of a disk", Other),
    ),
    (0, b"vhdxfile", packed("a VHDX image of a disk", Other)),
    (0, b"hsqs", packed("a squashfs image", Other)),
    (0, b"\x60\xea", packed("an ARJ archive", Other)),
    (0, b"SIT!", packed("a StuffIt archive", Other)),
    (0, b"StuffIt (c)1997", packed("a StuffIt archive", Other)),
    (
        0,
        b"SZDD\x88\xf0\x27\x33",
        packed("a file of MS-DOS", Other),
    ),
    (0, b"LRZI\0", packed("an lrzip file", Other)),
    (0, b"pbzx\0", packed("a pbzx file", Other)),
    (0, b"CWS", packed("a Flash film", Other)),
    (0, b"ZWS", packed("a Flash film", Other)),
    (0, b"ORC", document("an ORC table", true)),
    (0, b"ITSF\x03\0\0\0", document("a CHM document", true)),
    (0, b"Obj\x01", document("an Avro table", true)),
    (0, b"ARROW1\0\0", document("an Arrow table", true)),
    (0, b"\x89HDF\r\n\x1a\n", document("an HDF5 file", true)),
    (0, b"\xed\xab\xee\xdb", packed("an rpm package", Rpm)),
    (0, b"!<arch>\n", joined("an ar archive", Ar)),
    (0, b"\x04\0\0\0", joined("an asar archive", Asar)),
    (0, b"070701", joined("a cpio archive", Cpio)),
    (0, b"070702", joined("a cpio archive", Cpio)),
    (0, b"070707", joined("a cpio archive", Cpio)),
    (0, b"\xc7\x71", joined("a cpio archive", Cpio)),
    (0, b"\x71\xc7", joined("a cpio archive", Cpio)),
    (
        0,
        b"SQLite format 3\0",
        opened("an SQLite database", Sqlite),
    ),
    (0, b"PAR1", PARQUET),
    (0, b"PACK\0\0\0\x02", packed("a git pack", GitPack)),
    (0, b"PACK\0\0\0\x03", packed("a git pack", GitPack)),
    (0, b"# v2 git bundle\n", packed("a git bundle", GitPack)),
    (0, b"# v3 git bundle\n", packed("a git bundle", GitPack)),
    (0, b"x\x01", packed("a git object", GitObject)),
    (0, b"x\x5e", packed("a git object", GitObject)),
    (0, b"x\x9c", packed("a git object", GitObject)),
    (0, b"x\xda", packed("a git object", GitObject)),
    (0, b"%PDF-", opened("a PDF document", Pdf)),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        opened("an OLE document", Ole),
    ),
    (
        0,
        b"\x89PNG\r\n\x1a\n",
        ContainerForm {
            is_sealed: true,
            ..image("a PNG image", Picture)
        },
    ),
    (0, b"\xff\xd8\xff", image("a JPEG image", Picture)),
    (0, b"GIF87a", image("a GIF image", Picture)),
    (0, b"GIF89a", image("a GIF image", Picture)),
    (0, b"II*\0", image("a TIFF image", Picture)),
    (0, b"MM\0*", image("a TIFF image", Picture)),
    (0, b"BM", image("a BMP image", Picture)),
];

/// True for each byte that one of [`FORMS`] begins with. Few texts begin with one.
static IS_FIRST: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < FORMS.len() {
        table[FORMS[at].1[0] as usize] = true;
        at += 1;
    }
    table
};

/// Names of the first members of zip files that are documents.
const DOCUMENT_MEMBERS: [&[u8]; 6] = [
    b"[Content_Types].xml",
    b"mimetypeapplication/",
    b"_rels/",
    b"docProps/",
    b"word/",
    b"xl/",
];

/// Offset in bytes of the name of the first member of a zip file.
const ZIP_MEMBER: usize = 30;

/// Number of digits in the header of a member, in the two ASCII forms of cpio.
const CPIO_NEW: usize = 110;
const CPIO_OLD: usize = 76;

/// Returns the form of the container that begins with `head`. No text begins with the magic bytes of any form; a mail
/// is a text.
#[must_use]
pub(crate) fn recognise_container(head: &[u8]) -> Option<ContainerForm> {
    let outer: &[Signature] = if IS_FIRST[usize::from(*head.first()?)] {
        &FORMS
    } else {
        &[]
    };
    let has_mark =
        |(at, mark, _): &&Signature| head.get(*at..).is_some_and(|rest| rest.starts_with(mark));
    let inner = INNER_FORMS.iter().find(has_mark);
    let inner = inner.filter(|(at, mark, _)| *at != 2 || is_lha(head, mark));
    let outer = outer.iter().find(has_mark);
    let outer = outer.filter(|(_, mark, _)| confirms_mark(head, mark));
    // The first name in a tar archive may begin like another form, and the mark of a tar archive may be in any file.
    let (_, mark, form) = match (inner, outer) {
        (Some(_), Some(outer)) if !is_tar_header(head) => outer,
        (Some(form), _) | (None, Some(form)) => form,
        (None, None) if is_old_tar(head) => return Some(TAR),
        (None, None) => return is_mail(head).then_some(MAIL),
    };
    let member = head.get(ZIP_MEMBER..).unwrap_or_default();
    if mark.starts_with(b"PK") && DOCUMENT_MEMBERS.iter().any(|name| member.starts_with(name)) {
        return Some(ContainerForm {
            format: ContainerFormat::Zip,
            ..document("an office document", true)
        });
    }
    Some(*form)
}

/// Returns true if what follows the magic bytes of a form is that form, for those that can also begin a text.
fn confirms_mark(head: &[u8], mark: &[u8]) -> bool {
    let rest = head.get(mark.len()..).unwrap_or_default();
    let digits = |len: usize, is_digit: fn(&u8) -> bool| {
        head.get(..len).is_some_and(|h| h.iter().all(is_digit))
    };
    match mark {
        b"BZh" => {
            let block = rest.get(1..7);
            rest.first().is_some_and(u8::is_ascii_digit)
                && (block == Some(b"1AY&SY") || block == Some(b"\x17\x72\x45\x38\x50\x90"))
        }
        b"070701" | b"070702" => digits(CPIO_NEW, u8::is_ascii_hexdigit),
        b"070707" => digits(CPIO_OLD, |b| matches!(b, b'0'..=b'7')),
        b"\x5d\0\0" => is_lzma(head),
        b"\x04\0\0\0" => is_asar(head),
        b"x\x01" | b"x\x5e" | b"x\x9c" | b"x\xda" => is_loose_object(head),
        b"BM" => is_bitmap(head),
        b"hsqs" => head.get(28..32) == Some(&[4, 0, 0, 0]),
        b"\x60\xea" => matches!(head, [_, _, _, 0..=10, 30..=60, 0..=20, ..]),
        b"SIT!" => head.get(10..14) == Some(b"rLau"),
        b"CWS" => rest.get(5) == Some(&b'x') && rest.iter().take(5).any(|b| *b == 0),
        b"ZWS" => rest.get(9) == Some(&0x5d) && rest.iter().take(5).any(|b| *b == 0),
        // A text has none of these characters.
        b"ORC" => rest.iter().take(64).any(|b| *b < 9),
        b"\x1f\x9d" | b"\xc7\x71" | b"\x71\xc7" => rest.len() > 16 && head.contains(&0),
        _ => true,
    }
}

/// Returns true if the header of a member of an LHA archive is around its mark: the method, and the level of the header.
fn is_lha(head: &[u8], mark: &[u8]) -> bool {
    let method = head.get(2 + mark.len()..);
    matches!(method, Some([b'0'..=b'7' | b'd' | b'x', b'-', ..]))
        && head.get(20).is_some_and(|level| *level <= 3)
        && head[0] > 20
}

/// Returns true if a file begins like a BMP image: with two numbers that are zero, and a header of a known length.
fn is_bitmap(head: &[u8]) -> bool {
    const HEADERS: [u8; 7] = [12, 40, 52, 56, 64, 108, 124];
    head.get(6..10) == Some(&[0; 4])
        && head.get(15..18) == Some(&[0; 3])
        && head.get(14).is_some_and(|len| HEADERS.contains(len))
}

/// Returns true if a file begins like an LZMA file: with a length of its dictionary that programs choose, a plausible
/// length of its content, and the byte that all data begins with.
fn is_lzma(head: &[u8]) -> bool {
    let Some(head) = head.first_chunk::<14>() else {
        return false;
    };
    let [_, dictionary @ .., _, _, _, _, _, _, _, _, _] = head;
    let dictionary = u32::from_le_bytes(*dictionary);
    let is_usual = dictionary.count_ones() == 1
        || dictionary.count_ones() == 2 && (dictionary >> dictionary.trailing_zeros()) == 3;
    let is_unknown = head[5..13] == [0xff; 8];
    is_usual && (is_unknown || head[10..13] == [0; 3]) && head[13] == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_recognised_by_their_first_bytes() {
        let name = |head: &[u8]| recognise_container(head).map(|form| form.name);
        assert_eq!(name(b"PK\x03\x04rest"), Some("a zip archive"));
        let mut office = b"PK\x03\x04".to_vec();
        office.resize(ZIP_MEMBER, 0);
        office.extend(b"[Content_Types].xml");
        assert_eq!(name(&office), Some("an office document"));
        let mut tar = vec![b'x'; 257];
        tar.extend(b"ustar\0");
        assert_eq!(name(&tar), Some("a tar archive"));
        // The name of the first member may begin like another form.
        tar[..6].copy_from_slice(b"070701");
        assert_eq!(name(&tar), Some("a tar archive"));
        assert_eq!(name(b"BZh91AY&SYxx"), Some("a bzip2 file"));
        let cpio = format!("070701{}", "0".repeat(104));
        assert_eq!(name(cpio.as_bytes()), Some("a cpio archive"));
        assert_eq!(name(b"Obj\x01\x04\x16avro"), Some("an Avro table"));
        assert_eq!(name(b"mozLz40\0\x10"), Some("a file of Firefox"));
        let lha = b"\x24\x8a-lh5-\x10\0\0\0\x20\0\0\0\x9b\x6f\x38\x5b\x20\x01\x05a.txt";
        assert_eq!(name(lha), Some("an LHA archive"));
        assert_eq!(name(b"ORC\x0a\x03\0\0\0"), Some("an ORC table"));
        assert_eq!(name(b"CWS\x0a\x20\x30\0\0x\xda"), Some("a Flash film"));
        let arj = b"\x60\xea\x1e\0\x1e\x07\x01\0";
        assert_eq!(name(arj), Some("an ARJ archive"));
        assert_eq!(name(b"RIFF\x10\0\0\0WEBPVP8 "), Some("a WebP image"));
    }

    #[test]
    fn texts_that_begin_like_a_container_are_none() {
        for text in [
            &b""[..],
            b"PK",
            b"PKnot",
            b"BZh4 is a file name",
            b"Cr24 Obj ARROW1 mozLz40 MSWIM",
            b"070701 was a date\n",
            b"7z x a.7z\n",
            b"Rar! he said\n",
            b"GIF images\n",
            b"go-lhasa is a city in the mountains of Tibet\n",
            b"hsqs and sqsh are the magic bytes of squashfs\n",
            b"CWS is short for something. x\n",
            b"ORCs and ORCID\n",
            "\u{60}\u{a01e} is a letter\n".as_bytes(),
            b"%PD",
            b"]\0\0\0\n\0\0\0a\0\0\0b\0\0\0",
            b"]\0\n\0a\0b\0c\0d\0e\0f\0",
        ] {
            assert_eq!(recognise_container(text), None, "{text:?}");
        }
    }
}
