//! Looks for a text of which a report shows twelve consecutive characters of a found secret. How to run it:
//! CONTRIBUTING.md.

#![no_main]

#[path = "../composition.rs"]
mod composition;

use composition::{Decisions, check, compose};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(&compose(&mut Decisions::new(bytes)));
});
