//! Texts for the benches and for the instruction guard, the same for the same seed on every machine.

#![allow(dead_code, reason = "each bench uses some of it")]

use tokensweep::mint::Mint;
use tokensweep::rule::Shape;

/// A kind of text, by name.
pub(crate) const KINDS: [&str; 11] = [
    "source",
    "hashes",
    "hex",
    "prefixes",
    "underscores",
    "base64",
    "one-line",
    "candidates",
    "utf-16",
    "nested",
    "zeros",
];

/// `len` bytes (or a little less) of one of [`KINDS`].
pub(crate) fn text(kind: &str, len: usize) -> Vec<u8> {
    let mut mint = Mint::new(42);
    match kind {
        "source" => repeat(len, |out| source_line(&mut mint, out)),
        "hashes" => repeat(len, |out| {
            out.extend(mint.hex(40));
            out.extend(b"  ");
            out.extend(mint.base62(12));
            out.push(b'\n');
        }),
        "hex" => repeat(len, |out| out.extend(mint.hex(64))),
        "prefixes" => repeat(len, |out| out.extend(b"ghp_")),
        "underscores" => vec![b'_'; len],
        "base64" => {
            let plain = repeat(len / 4 * 3, |out| out.extend(mint.bytes(57)));
            data_encoding::BASE64.encode(&plain).into_bytes()
        }
        "one-line" => {
            let mut text = self::text("source", len);
            text.iter_mut()
                .filter(|b| **b == b'\n')
                .for_each(|b| *b = b' ');
            text
        }
        // Damaged, so that they are looked at in full and not reported.
        "candidates" => repeat(len, |out| {
            let token = mint.token(Shape::Ghp);
            out.extend(mint.damaged(&token, 20));
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
        other => panic!("there is no text {other}; see KINDS"),
    }
}

/// Repeats `add` until there are `len` bytes, cut there.
fn repeat(len: usize, mut add: impl FnMut(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(len + 256);
    while out.len() < len {
        add(&mut out);
    }
    out.truncate(len);
    out
}

/// A line that is like program text in the length of its words and in how rare its long ones are.
fn source_line(mint: &mut Mint, out: &mut Vec<u8>) {
    const GLUE: [&[u8]; 12] = [
        b" ", b" ", b" ", b", ", b"(", b")", b"->", b" = ", b";", b".", b" * ", b"\t",
    ];
    out.extend(&b"\t\t\t"[..mint.below(4)]);
    for _ in 0..mint.below(9) {
        let len = match mint.below(400) {
            0 => 20 + mint.below(60),
            n => 1 + n % 11,
        };
        out.extend(mint.text(b"abcdefghijklmnopqrstuvwxyz_etaoin_A0", len));
        out.extend(GLUE[mint.below(GLUE.len())]);
    }
    out.push(b'\n');
}
