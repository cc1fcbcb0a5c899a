//! Copies of containers in which some members get another content, for the formats where nothing else changes.

mod editor;
#[cfg(feature = "archives")]
mod encode;
#[cfg(feature = "archives")]
mod single;
#[cfg(feature = "archives")]
mod tar;
#[cfg(feature = "archives")]
mod zip;
#[cfg(feature = "archives")]
mod zip_fields;

use super::form::ContainerFormat;

pub(crate) use editor::{ContainerRewriter, MemberEditor};

/// Returns the writer of a format; `None` if its containers are never written.
#[must_use]
pub(crate) fn find_rewriter(format: ContainerFormat) -> Option<&'static dyn ContainerRewriter> {
    #[cfg(feature = "archives")]
    return match format {
        ContainerFormat::Zip => Some(&zip::ZipRewriter),
        ContainerFormat::Tar => Some(&tar::TarRewriter),
        ContainerFormat::Gzip => Some(&single::GzipRewriter),
        ContainerFormat::Bzip2 => Some(&single::BZIP2),
        ContainerFormat::Xz => Some(&single::XZ),
        ContainerFormat::Lzma => Some(&single::LZMA),
        ContainerFormat::Lz4 => Some(&single::LZ4),
        ContainerFormat::Zstd => Some(&single::ZSTD),
        _ => None,
    };
    #[cfg(not(feature = "archives"))]
    {
        let _ = format;
        None
    }
}
