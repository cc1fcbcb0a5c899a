//! Speed of the whole scan of a text in memory, over each kind of text: detector, judge and findings.

mod corpus;

use std::hint::black_box;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use tokensweep::Scanner;

/// Size of a chunk of a large file in bytes.
const LEN: usize = 1 << 20;

fn main() {
    divan::main();
}

#[divan::bench(args = corpus::KINDS)]
fn text(bencher: Bencher, kind: &str) {
    let text = corpus::text(kind, LEN);
    let scanner = Scanner::default();
    bencher
        .counter(BytesCount::of_slice(&text))
        .bench_local(|| scanner.scan_text(black_box(&text), Path::new("bench.txt")));
}
