//! Tokens: their forms, their checksums, what stateless ones state, and fresh ones for examples and tests.

pub(crate) mod checksum;
mod mint;
pub(crate) mod repair;
mod shape;
pub(crate) mod stateless;

pub use mint::{Mint, StatelessForm};
pub(crate) use shape::ChecksumKind;
pub use shape::Shape;
