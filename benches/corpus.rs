//! Texts for the benches and for the instruction guard, the same for the same seed on every machine.

#![allow(dead_code, reason = "each bench uses some of it")]

use tokensweep::internals::token::{Mint, Shape};

/// Names of the kinds of text.
pub(crate) const KINDS: [&str; 15] = [
    "source",
    "hashes",
    "packed-hashes",
    "hex",
    "prefixes",
    "underscores",
    "base64",
    "one-line",
    "candidates",
    "fine-grained",
    "packed-candidates",
    "utf-16",
    "nested",
    "zeros",
    "heard",
];

/// Lines with ids and checksums, in place of `{}`.
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

pub(crate) const CALM: &str =
    "    let value = compute(input, 42)?; // the usual line of a program\n";
pub(crate) const SPEAKING: &str =
    "    let token = self.next_token()?; // the usual line of a parser\n";

/// Number of lines of program text and prose after each value.
const FILLER: usize = 10;

/// Adds an id or a checksum in the `n`th place, and lines of `filler`.
pub(crate) fn innocent(n: usize, value: &str, filler: &str, out: &mut String) {
    out.push_str(&PLACES[n % PLACES.len()].replace("{}", value));
    (0..FILLER).for_each(|_| out.push_str(filler));
}

/// Returns a text of [`KINDS`] of `len` bytes, or slightly less.
pub(crate) fn text(kind: &str, len: usize) -> Vec<u8> {
    let mut mint = Mint::new(42);
    match kind {
        "source" => repeat(len, |out| source_line(&mut mint, out)),
        "hashes" => one_in_100(len, |mint| mint.hex(40)),
        "packed-hashes" => repeat(len, |out| {
            out.extend(mint.hex(40));
            out.extend(b"  ");
            out.extend(mint.random_base62(12));
            out.push(b'\n');
        }),
        "hex" => repeat(len, |out| out.extend(mint.hex(64))),
        "prefixes" => repeat(len, |out| out.extend(b"ghp_")),
        "underscores" => vec![b'_'; len],
        "base64" => {
            let plain = repeat(len / 4 * 3, |out| out.extend(mint.random_bytes(57)));
            data_encoding::BASE64.encode(&plain).into_bytes()
        }
        "one-line" => {
            let mut text = self::text("source", len);
            text.iter_mut()
                .filter(|b| **b == b'\n')
                .for_each(|b| *b = b' ');
            text
        }
        "candidates" => one_in_100(len, |mint| damaged(mint, Shape::Ghp)),
        "fine-grained" => one_in_100(len, |mint| damaged(mint, Shape::FineGrained)),
        "packed-candidates" => repeat(len, |out| {
            out.extend(damaged(&mut mint, Shape::Ghp));
            out.push(b'\n');
        }),
        "utf-16" => {
            let text = self::text("source", len / 2);
            text.into_iter().flat_map(|b| [b, 0]).collect()
        }
        "nested" => {
            let mut text = self::text("source", len / 3);
            for _ in 0..3 {
                text = data_encoding::BASE64.encode(&text).into_bytes();
            }
            text.truncate(len);
            text
        }
        "zeros" => vec![0; len],
        // Ids in all their places, in a text with many words for tokens.
        "heard" => {
            let mut places = 0..;
            repeat(len, |out| {
                let (value, mut text) = (mint.hex(40), String::new());
                let n = places.next().unwrap_or_default();
                innocent(n, &String::from_utf8_lossy(&value), SPEAKING, &mut text);
                out.extend(text.as_bytes());
            })
        }
        other => panic!("there is no text {other}; see KINDS"),
    }
}

/// Repeats `add` until there are `len` bytes, and cuts the rest.
fn repeat(len: usize, mut add: impl FnMut(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(len + 256);
    while out.len() < len {
        add(&mut out);
    }
    out.truncate(len);
    out
}

/// Returns a token with a wrong checksum, which is checked in full and not reported.
fn damaged(mint: &mut Mint, shape: Shape) -> Vec<u8> {
    let token = mint.new_token(shape);
    mint.damage_token(&token, 20)
}

/// Returns program text with a candidate in every 100 bytes, which is 10 million in a gigabyte.
fn one_in_100(len: usize, candidate: impl Fn(&mut Mint) -> Vec<u8>) -> Vec<u8> {
    let mut mint = Mint::new(43);
    let mut line = Vec::new();
    repeat(len, |out| {
        let value = candidate(&mut mint);
        let room = 98 - value.len();
        line.clear();
        while line.len() < room {
            source_line(&mut mint, &mut line);
        }
        out.extend(&line[..room]);
        out.push(b' ');
        out.extend(value);
        out.push(b'\n');
    })
}

/// Adds a line with the word lengths of program text, in which long words are as rare.
fn source_line(mint: &mut Mint, out: &mut Vec<u8>) {
    const GLUE: [&[u8]; 12] = [
        b" ", b" ", b" ", b", ", b"(", b")", b"->", b" = ", b";", b".", b" * ", b"\t",
    ];
    out.extend(&b"\t\t\t"[..mint.random_below(4)]);
    for _ in 0..mint.random_below(9) {
        let len = match mint.random_below(400) {
            0 => 20 + mint.random_below(60),
            n => 1 + n % 11,
        };
        out.extend(mint.text(b"abcdefghijklmnopqrstuvwxyz_etaoin_A0", len));
        out.extend(GLUE[mint.random_below(GLUE.len())]);
    }
    out.push(b'\n');
}
