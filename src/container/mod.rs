//! Containers: files that hold other files, or text in packed form. A container is recognised by its first bytes, and a
//! reader gives its members, one after the other, to a visitor. No code here finds secrets, and nothing is written to
//! disk.

mod form;
#[cfg(feature = "archives")]
mod gzip;
mod limits;
mod member;
#[cfg(feature = "archives")]
mod tar;
#[cfg(feature = "archives")]
mod zip;
#[cfg(feature = "archives")]
mod zip_directory;
#[cfg(feature = "archives")]
mod zip_local;
#[cfg(feature = "archives")]
mod zip_method;

pub(crate) use form::{ContainerForm, ContainerFormat, ContainerKind, recognise_container};
pub use limits::ContainerLimits;
pub(crate) use limits::{ContainerBudget, ContainerLimit, ScanBudget};
pub(crate) use member::{
    ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor,
};

/// Number of first bytes of a file that every form is recognised by.
pub(crate) const HEAD: usize = 512;

/// Returns the reader of a format; `None` if this build cannot open it.
#[must_use]
pub(crate) fn find_reader(format: ContainerFormat) -> Option<&'static dyn ContainerReader> {
    #[cfg(feature = "archives")]
    return match format {
        ContainerFormat::Zip => Some(&zip::ZipReader),
        ContainerFormat::Gzip => Some(&gzip::GzipReader),
        ContainerFormat::Tar => Some(&tar::TarReader),
        _ => None,
    };
    #[cfg(not(feature = "archives"))]
    {
        let _ = format;
        None
    }
}
