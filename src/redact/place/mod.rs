//! A file where it stands: opened without following links below the folder that the user named, and replaced
//! in that very folder, whatever happens to the path in the meantime.

#[cfg(not(unix))]
#[path = "portable.rs"]
mod system;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;

pub(super) use system::Place;
