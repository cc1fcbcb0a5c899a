//! Parquet: tables stored column by column, in row groups, in pages. Only the chosen columns are read, page by page.
//!
//! The reader is of our own, as it must account for every row of a damaged file, in bounded memory, and as a copy
//! changes only the pages that contain an edited value.

mod bits;
mod chunk;
mod codec;
mod compact;
mod footer;
mod page;
mod read;
mod rewrite;
mod table;
mod thrift;

pub(super) use read::{is_parquet, read_parquet};
