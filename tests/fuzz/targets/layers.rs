//! Looks for an encoded text whose decoded bytes are traced to wrong places. How to run it: CONTRIBUTING.md.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::layers::check(bytes));
