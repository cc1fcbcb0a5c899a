//! Tests with hostile texts, each doubled: the work, counted in bytes examined, must not more than double.

#![cfg(test)]

use std::path::Path;

use super::Scanner;
use crate::finding::Confidence;
use crate::redact::{RedactOptions, ReplacementStyle, plan_edits};
use crate::rule::builtin_rules;
use crate::steps::count_steps;
use crate::token::{Mint, Shape};

/// Length of the shorter text, in bytes.
const LEN: usize = 8_000;

/// Allowed work beyond 2 5/8 times that of the shorter text, in bytes, for effects at the ends of the texts. Windows
/// around values are not yet full in the shorter text, and a text with a finding is scanned twice. Quadratic work is
/// four times as much.
const SLACK: u64 = 60_000;

/// Maximum work per byte, on average, in bytes examined. Layers within layers take most.
const MOST: u64 = 1500;

/// Heads of tokens, whole and cut. None is a whole token, so a scan of this file finds nothing.
const HEADS: [&str; 13] = [
    "gh",
    "ghp_",
    "gho_",
    "ghs_",
    "ghr_",
    "npm_",
    "github_pat_",
    "github_pat_11",
    "secret_scanning_",
    "v1.",
    "ghs_1_",
    "ghs_1_eyJ",
    "ghs_12345678901234567890_eyJ",
];

/// Texts that may separate parts of tokens, and openings of layers.
const JOINTS: [&str; 26] = [
    "", ".", "-", "_", " ", "\n", "\r\n    ", "\n> ", "\n--", "\\", "\\n", "%", "%41", "=", "=\n",
    "<", "<b>", "<a ", "&#103;", "\x1b[31m", "\x1b]", "+", "\\u0041", "\0", "\" +\n\"", "\n12:00 ",
];

/// Name of a text and the function that makes one part of it.
type NastyText = (String, Box<dyn Fn(&mut Mint) -> Vec<u8>>);

/// Returns texts that repeat one part, each with its name.
fn repeated() -> Vec<NastyText> {
    let mut out: Vec<NastyText> = Vec::new();
    for head in HEADS {
        for joint in JOINTS {
            let piece = move |mint: &mut Mint| {
                let len = [0, 28, 28, 44][mint.random_below(4)];
                [head.as_bytes(), &mint.random_base62(len), joint.as_bytes()].concat()
            };
            out.push((format!("{head} {joint:?}"), Box::new(piece)));
        }
    }
    out
}

/// Texts around a token `{}`.
const FRAMES: [&str; 25] = [
    "{} ",
    "{}\n",
    "T={}; ",
    "GITHUB_TOKEN={}\n",
    "https://{}@github.com/a ",
    "\"token\": \"{}\",\n",
    "f({}",
    "[{{",
    "x = '{}'; use(x);",
    "<b>{}</b>",
    "<{}>",
    "&#103;{}",
    "%3D{}%26",
    "=3D{}=\n",
    "\x1b[31m{}\x1b[0m",
    "\\u003d{}\\n",
    "..{}..",
    "_{}_",
    "{} # tokensweep:allow\n",
    "{} # tokensweep:allow ",
    "tokensweep:off {} tokensweep:on ",
    "'{}' + ",
    "+{}\n",
    "\0{}\0",
    "a/{}/b ",
];

/// Returns texts around whole tokens: one line and many, comments, regions, strings, tags, and layers in layers.
fn around_tokens() -> Vec<NastyText> {
    let shapes = [
        Shape::Ghp,
        Shape::GhsStateless,
        Shape::FineGrained,
        Shape::Hex40,
    ];
    let mut out: Vec<NastyText> = Vec::new();
    for frame in FRAMES {
        for shape in shapes {
            let piece = move |mint: &mut Mint| {
                let (before, behind) = frame.split_once("{}").unwrap_or((frame, ""));
                [before.as_bytes(), &mint.new_token(shape), behind.as_bytes()].concat()
            };
            out.push((format!("{shape:?} in {frame:?}"), Box::new(piece)));
        }
    }
    let cut = |mint: &mut Mint| {
        let token = mint.new_token(Shape::Ghp);
        let at = 5 + mint.random_below(30);
        [&token[..at], b"\n", &token[at..], b"\n"].concat()
    };
    out.push(("cut tokens".to_owned(), Box::new(cut)));
    let nested = |mint: &mut Mint| {
        let inner = data_encoding::BASE64.encode(&mint.new_token(Shape::Ghp));
        data_encoding::BASE64
            .encode(format!("a: \\u0041{inner}%41&#65;").as_bytes())
            .into_bytes()
    };
    out.push(("base64 in base64".to_owned(), Box::new(nested)));
    let mixed =
        |mint: &mut Mint| [&mint.random_base62(21)[..], b"%41\\u0041&#65;=41\x1b[1m<b>"].concat();
    out.push(("every escape in a word".to_owned(), Box::new(mixed)));
    let wide = |mint: &mut Mint| {
        mint.new_token(Shape::Ghp)
            .into_iter()
            .chain(*b"\xe9 ")
            .flat_map(|b| [b, 0])
            .collect()
    };
    out.push(("UTF-16".to_owned(), Box::new(wide)));
    out
}

/// Returns `len` bytes of such parts.
fn text_of(piece: &dyn Fn(&mut Mint) -> Vec<u8>, len: usize) -> Vec<u8> {
    let mut mint = Mint::new(1);
    let mut text = Vec::new();
    while text.len() < len {
        text.extend(piece(&mut mint));
    }
    text.truncate(len);
    text
}

/// Returns the work of a scan of `text` and of the redaction of its findings, in bytes examined.
fn work_on(scanner: &Scanner, text: &[u8]) -> u64 {
    let options = RedactOptions {
        mask: ReplacementStyle::Placeholder,
        min_confidence: Confidence::Low,
        reported_from: Confidence::Low,
        include_accepted: true,
    };
    count_steps(|| {
        let found = scanner.scan_text(text, Path::new("file.env"));
        // Some findings cannot be redacted so that the text stays valid; this does not matter here.
        let _ = plan_edits(&found.iter().collect::<Vec<_>>(), &options, false);
        let _ = scanner.partial_tokens(text);
    })
}

fn check_doubling(texts: &[NastyText]) {
    let scanner = Scanner::builder()
        .rules(builtin_rules())
        .min_confidence(Confidence::Low)
        .rewrite_context()
        .build();
    // Initialisation that happens once in a process must not count for a text.
    let all = Shape::ALL.map(|shape| Mint::new(2).new_token(shape));
    work_on(&scanner, &all.join(&b' '));
    let (mut worst, mut wrong) = (Vec::new(), Vec::new());
    for (name, piece) in texts {
        let once = work_on(&scanner, &text_of(piece, LEN));
        let twice = work_on(&scanner, &text_of(piece, 2 * LEN));
        assert!(once >= LEN as u64, "{name}: {once} steps");
        worst.push((twice / (2 * LEN) as u64, name));
        if twice > 2 * once + once * 5 / 8 + SLACK {
            wrong.push(format!("{name}: {once} steps, then {twice}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    worst.sort();
    let (most, name) = worst[worst.len() - 1];
    assert!(most <= MOST, "{name}: {most} steps for a byte");
}

#[test]
fn pieces_of_tokens_take_twice_the_work_when_there_are_twice_as_many() {
    check_doubling(&repeated());
}

#[test]
fn tokens_in_every_frame_take_twice_the_work_when_there_are_twice_as_many() {
    check_doubling(&around_tokens());
}
