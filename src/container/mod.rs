//! Containers: files that hold other files, or text in packed form. A container is recognised by its first bytes, and a
//! reader gives its members, one after the other, to a visitor. No code here finds secrets, and nothing is written to
//! disk.

mod account;
#[cfg(feature = "archives")]
mod ar;
#[cfg(feature = "archives")]
mod asar;
mod asar_head;
#[cfg(feature = "archives")]
mod behind;
mod clock;
#[cfg(feature = "archives")]
mod cpio;
#[cfg(feature = "documents")]
mod document;
mod edges;
mod export;
mod form;
mod git_head;
#[cfg(feature = "documents")]
mod git_pack;
#[cfg(feature = "archives")]
mod gzip;
mod image;
mod image_json;
mod limits;
#[cfg(feature = "archives")]
mod lz4;
#[cfg(feature = "documents")]
mod mail;
mod mail_head;
mod member;
#[cfg(all(test, feature = "documents"))]
mod mutation;
#[cfg(feature = "documents")]
mod ole;
#[cfg(feature = "documents")]
mod pdf;
#[cfg(feature = "pictures")]
mod picture;
mod reading;
#[cfg(feature = "cli")]
mod rewrite;
#[cfg(feature = "archives")]
mod rpm;
#[cfg(feature = "archives")]
mod seven_zip;
#[cfg(feature = "archives")]
mod single;
#[cfg(feature = "documents")]
mod sqlite;
#[cfg(feature = "archives")]
mod tar;
mod tar_head;
#[cfg(feature = "archives")]
mod window;
#[cfg(feature = "archives")]
mod xz;
#[cfg(feature = "archives")]
mod zip;
#[cfg(feature = "archives")]
mod zip_directory;
#[cfg(feature = "archives")]
mod zip_local;
#[cfg(feature = "archives")]
mod zip_method;
#[cfg(feature = "archives")]
mod zstd;

#[cfg(test)]
pub(crate) use clock::step_clocks_by;
pub(crate) use edges::EdgeReader;
pub(crate) use export::{ExportPlaces, find_log_place, is_export};
pub(crate) use form::{ContainerForm, ContainerFormat, ContainerKind, HEAD, recognise_container};
pub(crate) use image::ImageFacts;
pub use limits::ContainerLimits;
pub(crate) use limits::{ContainerBudget, ContainerLimit, ScanBudget};
pub(crate) use member::{
    ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor, ReadPicture,
    StreamInput, join_way,
};
pub(crate) use reading::{PictureArea, PictureReading, ReadLine};

#[cfg(feature = "cli")]
pub(crate) use rewrite::{MemberEditor, find_rewriter};
#[cfg(feature = "columns")]
pub(crate) use zstd::ZstdContent;

/// Returns the reader of a document that is a text itself, by its first bytes: rich text, or a notebook. Its bytes are
/// scanned as well, so that it counts as read without a reader.
#[must_use]
pub(crate) fn find_text_reader(bytes: &[u8]) -> Option<&'static dyn ContainerReader> {
    if bytes.first() != Some(&b'{') {
        return None;
    }
    #[cfg(feature = "documents")]
    return document::find_text_reader(&bytes[..bytes.len().min(HEAD)]);
    #[cfg(not(feature = "documents"))]
    None
}

#[cfg(all(feature = "pictures", feature = "cli"))]
pub use picture::check_picture;
/// Returns the reader of an archive that may be behind what a file of this form begins with. `bytes` is the whole file or
/// its first bytes.
#[must_use]
pub(crate) fn find_reader_behind(
    bytes: &[u8],
    is_whole: bool,
    form: Option<ContainerForm>,
) -> Option<&'static dyn ContainerReader> {
    #[cfg(feature = "archives")]
    return behind::find_reader_behind(bytes, is_whole, form);
    #[cfg(not(feature = "archives"))]
    {
        let _ = (bytes, is_whole, form);
        None
    }
}

/// Returns the reader of a member that has these first bytes, no form, and must be held in memory: a document that is a
/// text itself, or a program that an archive may be behind.
#[must_use]
pub(crate) fn find_held_reader(head: &[u8]) -> Option<&'static dyn ContainerReader> {
    #[cfg(feature = "archives")]
    return find_text_reader(head).or_else(|| behind::find_member_reader_behind(head));
    #[cfg(not(feature = "archives"))]
    find_text_reader(head)
}

/// Returns true if a file may end with a zip archive.
#[must_use]
pub(crate) fn may_end_archive(file: &[u8]) -> bool {
    #[cfg(feature = "archives")]
    return memchr::memmem::rfind(file, edges::ZIP_MARK).is_some();
    #[cfg(not(feature = "archives"))]
    {
        let _ = file;
        false
    }
}

/// Returns the path of the program that recognises the text of pictures.
///
/// # Errors
/// Returns a sentence that says how to get it.
#[cfg(feature = "pictures")]
pub(crate) use picture::find_recogniser;

/// Returns an error, because this build cannot read pictures.
///
/// # Errors
/// Always, with a sentence that says so.
#[cfg(not(feature = "pictures"))]
pub(crate) fn find_recogniser() -> Result<std::path::PathBuf, String> {
    Err("this build cannot read pictures; build it with the cargo feature `pictures`".to_owned())
}

/// Returns the reader of a format within these limits; `None` if this build, or these limits, cannot open it.
#[must_use]
pub(crate) fn find_reader(
    format: ContainerFormat,
    limits: &ContainerLimits,
) -> Option<&'static dyn ContainerReader> {
    if format == ContainerFormat::Picture && !limits.pictures {
        return None;
    }
    #[cfg(feature = "archives")]
    return match format {
        ContainerFormat::Zip | ContainerFormat::Crx => Some(&zip::ZipReader),
        ContainerFormat::Gzip => Some(&gzip::GzipReader),
        ContainerFormat::Tar => Some(&tar::TarReader),
        ContainerFormat::Bzip2 => Some(&single::BZIP2),
        ContainerFormat::Xz => Some(&single::XZ),
        ContainerFormat::Lzma => Some(&single::LZMA),
        ContainerFormat::Zstd => Some(&single::ZSTD),
        ContainerFormat::Lz4 => Some(&single::LZ4),
        ContainerFormat::Ar => Some(&ar::ArReader),
        ContainerFormat::Asar => Some(&asar::AsarReader),
        ContainerFormat::Cpio => Some(&cpio::CpioReader),
        ContainerFormat::Rpm => Some(&rpm::RpmReader),
        ContainerFormat::SevenZip => Some(&seven_zip::SevenZipReader),
        #[cfg(feature = "documents")]
        ContainerFormat::Mail => Some(&mail::MailReader),
        #[cfg(feature = "documents")]
        ContainerFormat::Pdf => Some(&pdf::PdfReader),
        #[cfg(feature = "documents")]
        ContainerFormat::GitPack => Some(&git_pack::PackReader),
        #[cfg(feature = "documents")]
        ContainerFormat::GitObject => Some(&git_pack::LooseReader),
        #[cfg(feature = "documents")]
        ContainerFormat::Ole => Some(&ole::OleReader),
        #[cfg(feature = "documents")]
        ContainerFormat::Sqlite => Some(&sqlite::SqliteReader),
        #[cfg(feature = "pictures")]
        ContainerFormat::Picture => Some(&picture::PictureReader),
        _ => None,
    };
    #[cfg(not(feature = "archives"))]
    {
        let _ = format;
        None
    }
}
