//! Copies of a secret under several encodings at once, and tokens that are glued to each other: all are found, and a
//! redaction leaves none.

use std::collections::BTreeMap;

use tokensweep::internals::token::{Mint, Shape};

use super::env::Env;
use super::redact::token;

/// One of the encodings of a text, by number, and its name.
fn encode(kind: usize, text: &[u8], mint: &mut Mint) -> (&'static str, Vec<u8>) {
    let each =
        |f: &dyn Fn(u8) -> String| text.iter().map(|b| f(*b)).collect::<String>().into_bytes();
    match kind {
        0 => ("percent", each(&|b| format!("%{b:02X}"))),
        1 => ("unicode escapes", each(&|b| format!("\\u{b:04x}"))),
        2 => ("hex escapes", each(&|b| format!("\\x{b:02x}"))),
        3 => ("entities", each(&|b| format!("&#{b};"))),
        4 => ("hex entities", each(&|b| format!("&#x{b:X};"))),
        5 => ("quoted-printable", each(&|b| format!("={b:02X}"))),
        _ => {
            let before = mint.random_below(3);
            let text = [&b"\x01\x02"[..before], text].concat();
            ("base64", data_encoding::BASE64.encode(&text).into_bytes())
        }
    }
}

/// The number of encodings.
const KINDS: usize = 7;

/// A text that tells once that a value is a secret, with copies of it under one to `depth` encodings, each in a line.
/// Returns it with the names of the encodings of each copy.
fn compose(mint: &mut Mint, secret: &str, depth: usize) -> (String, Vec<Vec<&'static str>>) {
    let mut text = format!("GITHUB_TOKEN={secret}\n");
    let mut names = Vec::new();
    for _ in 0..5 {
        let mut copy = secret.as_bytes().to_vec();
        let mut name = Vec::new();
        for _ in 0..=mint.random_below(depth) {
            let kind = mint.random_below(KINDS);
            let (layer, encoded) = encode(kind, &copy, mint);
            copy = encoded;
            name.push(layer);
        }
        text.push_str(&format!("copy {} here\n", String::from_utf8(copy).unwrap()));
        names.push(name);
    }
    (text, names)
}

fn wide(text: &str, kind: usize) -> Vec<u8> {
    let units = text.encode_utf16();
    match kind {
        0 => text.as_bytes().to_vec(),
        1 => units.flat_map(u16::to_le_bytes).collect(),
        _ => units.flat_map(u16::to_be_bytes).collect(),
    }
}

#[test]
fn copies_under_any_mix_of_encodings_are_found_and_none_is_left() {
    let mut mint = Mint::new(84);
    let env = Env::new();
    let mut wanted = BTreeMap::new();
    for number in 0..24 {
        let charset = number % 3;
        let secret = match number % 2 {
            0 => String::from_utf8(mint.hex(40)).unwrap(),
            _ => token(&mut mint, Shape::Ghp),
        };
        // A decoded text is decoded again up to a depth of three.
        let (text, names) = compose(&mut mint, &secret, if charset == 0 { 3 } else { 2 });
        let path = format!("{number}.txt");
        env.write(&path, wide(&text, charset));
        wanted.insert(path, names);
    }
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for finding in env.run("scan --format json .").expect(1).findings() {
        let path = finding["path"]
            .as_str()
            .unwrap()
            .trim_start_matches("./")
            .to_owned();
        let line = finding["start"]["line"]
            .as_u64()
            .or(finding["line"].as_u64());
        found.entry(path).or_default().push(line.unwrap());
    }
    for (path, names) in &wanted {
        let mut lines = found.get(path).cloned().unwrap_or_default();
        lines.sort_unstable();
        let missing: Vec<_> = (0..names.len())
            .filter(|at| !lines.contains(&(*at as u64 + 2)))
            .collect();
        let missing: Vec<_> = missing.iter().map(|at| &names[*at]).collect();
        assert!(missing.is_empty(), "{path}: {missing:?} of lines {lines:?}");
    }
    // Base64 cannot change its length, and not every escape below or above it can be written in the same length.
    let run = env.run("redact .");
    for (path, names) in &wanted {
        if run
            .stderr
            .contains(&format!("tokensweep: {path}: left alone"))
        {
            let is_rigid = |name: &Vec<&str>| name.len() > 1 && name.contains(&"base64");
            assert!(names.iter().any(is_rigid), "{path}: {names:?}");
        } else {
            env.run(&format!("scan --min-confidence low {path}"))
                .expect(0);
        }
    }
}

#[test]
fn tokens_that_are_glued_to_each_other_are_all_found_and_replaced() {
    let mut mint = Mint::new(85);
    let all = [
        Shape::Ghp,
        Shape::Gho,
        Shape::Ghu,
        Shape::Ghs,
        Shape::Ghr,
        Shape::FineGrained,
        Shape::Npm,
        Shape::GhsStateless,
    ];
    for count in [2, 3] {
        let env = Env::new();
        for number in 0..40 {
            let shapes: Vec<Shape> = (0..count)
                .map(|_| all[mint.random_below(all.len())])
                .collect();
            let tokens: Vec<String> = shapes.iter().map(|s| token(&mut mint, *s)).collect();
            env.write(&format!("{number}.env"), format!("H={}\n", tokens.concat()));
        }
        let found = env.run("scan --format json .").expect(1).findings();
        assert_eq!(found.len(), 40 * count);
        env.run("redact .").expect(0);
        env.run("scan --min-confidence low .").expect(0);
    }
}

#[test]
fn forty_hex_digits_beside_a_token_are_told_from_it() {
    let mut mint = Mint::new(86);
    let hex = String::from_utf8(mint.hex(40)).unwrap();
    for shape in [Shape::Ghp, Shape::Npm, Shape::FineGrained] {
        let secret = token(&mut mint, shape);
        for text in [format!("{hex}{secret}"), format!("{secret}{hex}")] {
            let env = Env::new();
            env.write("a.env", format!("GITHUB_TOKEN={text}\n"));
            env.run("redact . --min-confidence low").expect(0);
            let left = std::fs::read_to_string(env.root().join("a.env")).unwrap();
            assert!(!left.contains(&secret) && !left.contains(&hex), "{left}");
            assert_eq!(left.matches("REDACTED-").count(), 2, "{left}");
        }
    }
}
