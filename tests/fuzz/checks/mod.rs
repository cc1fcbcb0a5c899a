//! Checks that hold for every input. The fuzz targets call them with inputs that libFuzzer makes, the tests of the
//! suite with random ones, which they shrink.

#![allow(
    dead_code,
    reason = "a fuzz target uses one check, the tests use all of them"
)]

pub(crate) mod baseline;
pub(crate) mod columns;
pub(crate) mod config;
pub(crate) mod containers;
pub(crate) mod deltas;
pub(crate) mod excerpts;
pub(crate) mod layers;
pub(crate) mod pictures;
pub(crate) mod rules;
pub(crate) mod slots;

use tokensweep::Diagnostics;

/// Decisions, read from bytes: a fuzzer changes and a test draws them.
pub(crate) struct Decisions<'b> {
    bytes: &'b [u8],
}

impl<'b> Decisions<'b> {
    /// Creates a source of the decisions in these bytes.
    pub(crate) fn new(bytes: &'b [u8]) -> Decisions<'b> {
        Decisions { bytes }
    }

    /// Returns true if all decisions have been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns a number below `limit`, which is at most 256; 0 behind the last decision.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let (first, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
        self.bytes = rest;
        usize::from(*first) % limit
    }

    /// Returns the next `len` bytes, or those that are left.
    pub(crate) fn raw(&mut self, len: usize) -> &'b [u8] {
        let (raw, rest) = self.bytes.split_at(len.min(self.bytes.len()));
        self.bytes = rest;
        raw
    }
}

/// First byte of an input that is a text as it stands; other inputs are decisions.
pub(crate) const RAW: u8 = b'#';

/// Returns the text that an input stands for: what follows [`RAW`], or a text composed of `fragments`.
pub(crate) fn text_of(input: &[u8], fragments: &[&str]) -> Vec<u8> {
    if let Some((&RAW, text)) = input.split_first() {
        return text.to_vec();
    }
    let mut decisions = Decisions::new(input);
    let mut text = Vec::new();
    while !decisions.is_empty() {
        match decisions.below(fragments.len() + 2).checked_sub(2) {
            Some(fragment) => text.extend(fragments[fragment].as_bytes()),
            None => {
                let len = decisions.below(8);
                text.extend(decisions.raw(len));
            }
        }
    }
    text
}

/// Checks that every mistake has a sentence, and a place in the file if it has one.
pub(crate) fn check_diagnostics(text: &[u8], mistakes: &Diagnostics) {
    assert!(mistakes.iter().len() > 0, "a failure without a mistake");
    let lines = text.split(|b| matches!(b, b'\n' | b'\r')).count() as u64;
    for mistake in mistakes.iter() {
        assert!(!mistake.message.trim().is_empty(), "{mistake:?}");
        let Some(at) = mistake.at else { continue };
        assert!(
            (1..=lines).contains(&at.line) && at.column >= 1,
            "{mistake:?}"
        );
    }
}
