//! The integration tests: one binary, one module a topic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod env;
mod layering;
mod tokens;
mod walk;
