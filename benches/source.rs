//! Speed of reading a tree of many small files, and one large file in chunks, without any use of the bytes. The bench
//! `detect` is for the detector, `scan` for the whole scan.

mod corpus;

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use divan::Bencher;
use divan::counter::BytesCount;
use tokensweep::WalkOptions;
use tokensweep::internals::source::{Chunk, Sink, walk};
use tokensweep::parts::Skip;

fn main() {
    divan::main();
}

struct Nothing;

impl Sink for Nothing {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        divan::black_box(chunk.bytes);
    }
    fn file(&mut self, _: u64) {}
    fn skip(&mut self, skip: Skip) {
        panic!("{}: {}", skip.path.display(), skip.describe_reason());
    }
}

fn options(root: PathBuf, threads: usize) -> WalkOptions {
    let mut options = WalkOptions::new([root]);
    options.threads = threads;
    options
}

/// Two thousand files of 8 KB in a hundred folders.
#[divan::bench(args = [1, 2])]
fn tree(bencher: Bencher, threads: usize) {
    const FILES: usize = 2000;
    const LEN: usize = 8000;
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let text = corpus::text("source", LEN);
    for n in 0..FILES {
        let folder = dir.path().join(format!("{}", n % 100));
        let made = fs::create_dir_all(&folder)
            .and_then(|()| File::create(folder.join(format!("{n}.txt"))))
            .and_then(|mut file| file.write_all(&text));
        made.unwrap_or_else(|e| panic!("{e}"));
    }
    let options = options(dir.path().to_owned(), threads);
    bencher
        .counter(BytesCount::new(FILES * LEN))
        .bench_local(|| walk(&options, &|| Box::new(Nothing)));
}

#[divan::bench(args = [1, 2])]
fn large_file(bencher: Bencher, threads: usize) {
    const LEN: usize = 64 << 20;
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let path = dir.path().join("large");
    let text = corpus::text("source", 1 << 20);
    let made = File::create(&path)
        .and_then(|mut file| (0..LEN >> 20).try_for_each(|_| file.write_all(&text)));
    made.unwrap_or_else(|e| panic!("{e}"));
    let options = options(path, threads);
    bencher
        .counter(BytesCount::new(LEN))
        .bench_local(|| walk(&options, &|| Box::new(Nothing)));
}
