//! What innocent values cost: a text with ids and checksums in their usual places, and the same text with words
//! of the same length in their stead. `innocent/words` is the yardstick for `innocent/ids`.

use std::hint::black_box;
use std::path::Path;

use divan::Bencher;
use divan::counter::ItemsCount;
use tokensweep::mint::Mint;
use tokensweep::rule;
use tokensweep::{ScanOptions, Scanner};

/// How many values the text holds.
const VALUES: usize = 20_000;

/// Lines of program text and prose after each value.
const FILLER: usize = 10;

/// Where ids and checksums stand, `{}` being one.
const PLACES: [&str; 14] = [
    "      - uses: actions/checkout@{} # v4\n",
    "* fix the parser ([1a2b3c4](https://github.com/o/r/commit/{}))\n",
    "    \"sha\": \"{}\",\n",
    "source = \"git+https://github.com/o/r?branch=main#{}\"\n",
    "{}  src/main.rs\n",
    "  revision: {}\n",
    "resolved \"https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#{}\"\n",
    "      \"reference\": \"{}\"\n",
    "{} refs/tags/v1.0\n",
    "rev = \"{}\"\n",
    "commit {}\n",
    "  \"git-tree\": \"{}\",\n",
    "    name = \"{}\"\n",
    "- {}\n",
];

fn main() {
    divan::main();
}

fn text(mut value: impl FnMut() -> String) -> Vec<u8> {
    let mut out = String::new();
    for i in 0..VALUES {
        // A place is used for a stretch, as in a file of its kind.
        out.push_str(&PLACES[i / 100 % PLACES.len()].replace("{}", &value()));
        for _ in 0..FILLER {
            out.push_str("    let value = compute(input, 42)?; // the usual line of a program\n");
        }
    }
    out.into_bytes()
}

#[divan::bench(args = ["words", "ids"])]
fn innocent(bencher: Bencher, kind: &str) {
    let mut mint = Mint::new(1);
    let text = match kind {
        "words" => text(|| "lorem_ipsum_dolor_sit_amet_consectetur_a".to_owned()),
        _ => text(|| String::from_utf8_lossy(&mint.hex(40)).into_owned()),
    };
    let scanner = Scanner::new(rule::builtin(), ScanOptions::default());
    bencher
        .counter(ItemsCount::new(VALUES))
        .bench_local(|| scanner.scan_text(black_box(&text), Path::new("bench.txt")));
}
