//! Looks for a text of which a report shows twelve consecutive characters of a found secret. How to run it: CONTRIBUTING.md.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

use checks::{Decisions, excerpts};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    excerpts::check(&excerpts::compose(&mut Decisions::new(bytes)));
});
