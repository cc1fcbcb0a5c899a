//! Speed of the detector over each kind of text: the search for runs alone, and the whole detector.

mod corpus;

use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use tokensweep::internals::detect::{Detector, Scratch, runs};
use tokensweep::internals::rule;

/// Size of a chunk of a large file in bytes.
const LEN: usize = 1 << 20;

fn main() {
    divan::main();
}

#[divan::bench(args = corpus::KINDS)]
fn find_runs(bencher: Bencher, kind: &str) {
    let text = corpus::text(kind, LEN);
    let mut out = Vec::new();
    bencher
        .counter(BytesCount::of_slice(&text))
        .bench_local(|| {
            out.clear();
            runs::find(black_box(&text), &mut out)
        });
}

#[divan::bench(args = corpus::KINDS)]
fn look(bencher: Bencher, kind: &str) {
    let text = corpus::text(kind, LEN);
    let detector = Detector::new(&rule::builtin_rules());
    let mut scratch = Scratch::default();
    bencher
        .counter(BytesCount::of_slice(&text))
        .bench_local(|| detector.find_candidates(black_box(&text), &mut scratch));
}
