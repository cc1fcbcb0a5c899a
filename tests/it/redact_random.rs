//! Random texts with random secrets in every layer: after redaction a scan finds nothing, what is around the
//! secrets is the same byte for byte, and redacting once more changes nothing.

use std::path::Path;

use tokensweep::internals::redact::{Edited, plan_edits};
use tokensweep::internals::token::{Mint, Shape};
use tokensweep::{Confidence, Finding, RedactOptions, ReplacementStyle, Scanner};

fn scanner() -> Scanner {
    let min_confidence = Confidence::High;
    Scanner::builder()
        .min_confidence(min_confidence)
        .rewrite_context()
        .build()
}

/// Bytes that are no text of a token and no escape.
fn noise(mint: &mut Mint) -> Vec<u8> {
    let len = mint.random_below(300);
    match mint.random_below(4) {
        0 => mint.text(b"abc de,.()\n", len),
        1 => mint.text("über größe \r\n".as_bytes(), len),
        2 => mint.text(b"{}[]:,\"0123456789 \t\n", len),
        _ => mint.text(b"/-+ lorem ipsum\n", len),
    }
}

/// A secret and how it may stand in a text: as it is, or with one layer or two around it.
fn written(mint: &mut Mint) -> (Vec<u8>, Vec<u8>) {
    if mint.random_below(8) == 0 {
        let secret = mint.hex(40);
        let text = [
            &b"git clone https://"[..],
            &secret,
            b":x-oauth-basic@github.com/o/r.git",
        ]
        .concat();
        let text = around(mint, text);
        return (secret, text);
    }
    let shapes: Vec<Shape> = Shape::prefixed().collect();
    let shape = shapes[mint.random_below(shapes.len())];
    let secret = mint.new_token(shape);
    // The forms of a stateless token are cut where one piece is still long enough to be found.
    let text = if shape == Shape::GhsStateless {
        secret.clone()
    } else {
        inside(mint, &secret)
    };
    let text = around(mint, text);
    (secret, text)
}

/// A token with something in it, or in a base64 of its own.
fn inside(mint: &mut Mint, secret: &[u8]) -> Vec<u8> {
    let at = mint.random_below(30);
    let byte = secret[at];
    let escape = |escape: String| [&secret[..at], escape.as_bytes(), &secret[at + 1..]].concat();
    let cut = |cut: &[u8]| [&secret[..at + 1], cut, &secret[at + 1..]].concat();
    match mint.random_below(15) {
        0 => escape(format!("%{byte:02X}")),
        1 => escape(format!("\\u{byte:04x}")),
        2 => escape(format!("&#{byte};")),
        3 => escape(format!("={byte:02X}")),
        4 => cut(b"\x1b[0m"),
        5 => cut(b"=\r\n"),
        6 => cut(b"<b>"),
        7 => {
            let lead = mint.random_below(9);
            let text = [
                &mint.text(b"uvw", lead)[..],
                b":",
                secret,
                b":x-oauth-basic",
            ]
            .concat();
            data_encoding::BASE64.encode(&text).into_bytes()
        }
        8 => data_encoding::BASE64URL_NOPAD
            .encode(&[b"user: ", secret, b" end"].concat())
            .into_bytes(),
        9 => secret.iter().flat_map(|b| [*b, 0]).collect(),
        10 => cut(b"\n"),
        11 => cut(b" \\\r\n\t"),
        12 => cut(b"\n    # "),
        // The n of the escape would be that of an npm token.
        13 if !secret.starts_with(b"npm_") => cut(b"\\n"),
        _ => secret.to_vec(),
    }
}

/// `text` as it is, or in another encoding.
fn around(mint: &mut Mint, text: Vec<u8>) -> Vec<u8> {
    let is_plain = text
        .iter()
        .all(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
    match mint.random_below(6) {
        0 if is_plain => {
            let text = [b"auth: \"", &text[..], b"\" and more"].concat();
            data_encoding::BASE64.encode(&text).into_bytes()
        }
        1 if is_plain => {
            let text = [b"{\"auth\": \"", &text[..], b"\"}"].concat();
            let encoded = data_encoding::BASE64.encode(&text);
            let lines: Vec<&[u8]> = encoded.as_bytes().chunks(76).collect();
            lines.join(&b"\n"[..])
        }
        2 if is_plain => {
            let text = [b" ", &text[..], b" "].concat();
            text.iter().flat_map(|b| [*b, 0]).collect()
        }
        _ => text,
    }
}

fn apply(text: &[u8], found: &[Finding], mask: ReplacementStyle) -> Option<Vec<u8>> {
    let mut options = RedactOptions::default();
    options.mask = mask;
    options.reported_from = Confidence::High;
    let found: Vec<&Finding> = found.iter().collect();
    let edits = plan_edits(&found, &options, false).ok()?;
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut Edited::new(text, &edits), &mut out).unwrap();
    Some(out)
}

/// `text` in UTF-16 with its mark.
fn wide(text: &[u8], little: bool) -> Vec<u8> {
    let text = format!("\u{feff}{}", String::from_utf8_lossy(text));
    let units = text.encode_utf16();
    units
        .flat_map(|u| {
            if little {
                u.to_le_bytes()
            } else {
                u.to_be_bytes()
            }
        })
        .collect()
}

/// One random file. Says how many secrets it had.
fn round(scanner: &Scanner, seed: u64) -> usize {
    let mut mint = Mint::new(seed);
    let mut text = Vec::new();
    // What is known to be no secret, in order.
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    let count = mint.random_below(6);
    for _ in 0..count {
        let around = noise(&mut mint);
        text.extend(&around);
        text.extend(b" \"");
        kept.push(around);
        let (secret, written) = written(&mut mint);
        text.extend(written);
        text.extend(b"\" ");
        secrets.push(secret);
    }
    // Once in a while the whole file is in UTF-16.
    if mint.random_below(4) == 0 && std::str::from_utf8(&text).is_ok() && !text.contains(&0) {
        text = wide(&text, mint.random_below(2) == 0);
        kept.clear();
    }
    let path = Path::new("file");
    let found = scanner.scan_text(&text, path);
    assert_eq!(
        found.len(),
        count,
        "seed {seed}: {:?}\n{}",
        found
            .iter()
            .map(|f| (&f.bytes, &f.rule_id, &f.decoded_from))
            .collect::<Vec<_>>(),
        String::from_utf8_lossy(&text)
    );
    for mask in [
        ReplacementStyle::Placeholder,
        ReplacementStyle::KeepLength,
        ReplacementStyle::Partial,
    ] {
        let after = apply(&text, &found, mask.clone())
            .unwrap_or_else(|| panic!("seed {seed} with {mask:?}"));
        assert!(
            scanner.scan_text(&after, path).is_empty(),
            "seed {seed} with {mask:?}"
        );
        if mask == ReplacementStyle::KeepLength {
            assert_eq!(after.len(), text.len(), "seed {seed}");
        }
        for secret in &secrets {
            let holds = |piece: &[u8]| memchr::memmem::find(&after, piece).is_some();
            // The claims of a stateless token hold words that stand in its placeholder too.
            let random = secret.rsplit(|b| *b == b'.').next().unwrap_or_default();
            assert!(!random.windows(12).any(holds), "seed {seed} with {mask:?}");
        }
        let mut rest = &after[..];
        for piece in &kept {
            let at = memchr::memmem::find(rest, piece);
            rest = &rest[at.unwrap_or_else(|| panic!("seed {seed} with {mask:?}"))..];
        }
        // Outside the places of the findings every byte is the same.
        let mut at = 0;
        let mut rest = &after[..];
        for finding in &found {
            let start = usize::try_from(finding.bytes.start).unwrap();
            let same = &text[at..start];
            let here = memchr::memmem::find(rest, same);
            assert!(
                here.is_some_and(|h| at != 0 || h == 0),
                "seed {seed} with {mask:?}"
            );
            rest = &rest[here.unwrap() + same.len()..];
            at = usize::try_from(finding.bytes.end).unwrap();
        }
        assert!(rest.ends_with(&text[at..]), "seed {seed} with {mask:?}");
    }
    count
}

#[test]
fn a_scan_of_what_was_redacted_finds_nothing_and_all_else_is_the_same() {
    // More rounds by hand: TOKENSWEEP_ROUNDS=100000 cargo test --release redact_random
    let rounds = std::env::var("TOKENSWEEP_ROUNDS").ok();
    let rounds = rounds.and_then(|r| r.parse().ok()).unwrap_or(500);
    let scanner = scanner();
    let secrets: usize = (0..rounds).map(|seed| round(&scanner, seed)).sum();
    assert!(secrets > usize::try_from(rounds).unwrap());
}
