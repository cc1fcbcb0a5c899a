//! Tokens: their forms, their checksums, what stateless ones state, and fresh ones for examples and tests.

pub mod checksum;
mod mint;
mod shape;
pub mod stateless;

pub use mint::{Mint, StatelessForm};
pub use shape::{ChecksumKind, Shape};
