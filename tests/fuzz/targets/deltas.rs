//! Looks for a git delta that is decoded wrongly. How to run it: CONTRIBUTING.md.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::deltas::check(bytes));
