//! Looks for a rule file that is neither refused with its mistakes nor usable. How to run it: CONTRIBUTING.md.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::rules::check(bytes));
