//! Looks for a baseline that is neither refused with its mistakes nor written as it was read. How to run it: CONTRIBUTING.md.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::baseline::check(bytes));
