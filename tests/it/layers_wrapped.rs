//! Tokens that line ends cut: found whole, once and at their place, and only where the pieces prove it.

use std::path::Path;

use tokensweep::internals::token::{Mint, Shape};
use tokensweep::parts::Layer;
use tokensweep::{Confidence, Finding, Scanner};

fn scan(text: &[u8]) -> Vec<Finding> {
    Scanner::default().scan_text(text, Path::new("file"))
}

/// Texts between the pieces of a token, and in the same way before and behind it.
const GAPS: [&str; 18] = [
    "\n",
    "\r\n",
    "\n\t    ",
    "   \r\n   ",
    "\\\n",
    " \\\n    ",
    "\n> ",
    "\n>> > ",
    "\n# ",
    "\n    // ",
    "\r\n * ",
    "\n;; ",
    "\n-- ",
    "\n+",
    "\"\n    \"",
    "' +\n  '",
    "\\n",
    "\\n\",\n    \"",
];

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Returns true if the `n` of an escaped line break may be that of the prefix.
fn is_ambiguous(secret: &str, at: usize, gap: &str) -> bool {
    gap.ends_with("\\n") && secret[at..].starts_with("pm_")
}

/// The only finding in `before + written + behind`, which must be `secret` at `written`.
fn assert_found(before: &str, written: &str, behind: &str, secret: &str, layers: &[Layer]) {
    let text = format!("{before}{written}{behind}");
    let findings = scan(text.as_bytes());
    assert_eq!(findings.len(), 1, "{text}: {findings:?}");
    let finding = &findings[0];
    assert_eq!(finding.secret.expose_the_secret(), secret.as_bytes());
    assert_eq!(finding.decoded_from, layers, "{text}");
    let place = before.len() as u64..(before.len() + written.len()) as u64;
    assert_eq!(finding.bytes, place, "{text}");
    let lines = written.matches('\n').count() as u64;
    assert_eq!(finding.end.line, finding.start.line + lines, "{text}");
    let shown = finding.snippet.text();
    assert!(
        !secret
            .as_bytes()
            .windows(12)
            .any(|w| memchr::memmem::find(shown.as_bytes(), w).is_some())
    );
}

#[test]
fn a_line_end_may_stand_anywhere_in_a_token() {
    let mut mint = Mint::new(61);
    for gap in GAPS {
        for shape in Shape::checked_shapes() {
            let secret = text(mint.new_token(shape));
            for at in 1..secret.len() {
                if is_ambiguous(&secret, at, gap) {
                    continue;
                }
                let written = format!("{}{gap}{}", &secret[..at], &secret[at..]);
                let behind = format!("{gap}and so on\n");
                assert_found(
                    "the token is ",
                    &written,
                    &behind,
                    &secret,
                    &[Layer::Wrapped],
                );
            }
        }
    }
}

/// `text` in lines of `width`, of which the first holds `first` characters.
fn wrapped(text: &str, first: usize, width: usize, gap: &str) -> String {
    let (head, rest) = text.split_at(first);
    let lines = rest.as_bytes().chunks(width);
    let lines: Vec<&str> = lines.map(|l| std::str::from_utf8(l).unwrap()).collect();
    format!("{head}{gap}{}", lines.join(gap))
}

#[test]
fn several_line_ends_may() {
    let mut mint = Mint::new(62);
    for gap in GAPS {
        for shape in Shape::checked_shapes() {
            let secret = text(mint.new_token(shape));
            for (first, width) in [(1, 20), (4, 30), (15, 20), (20, 5), (21, 1), (19, 20)] {
                if is_ambiguous(&secret, first, gap) {
                    continue;
                }
                let written = wrapped(&secret, first, width, gap);
                assert_found("token: ", &written, ".\nend", &secret, &[Layer::Wrapped]);
            }
        }
    }
}

#[test]
fn a_stateless_token_goes_on_while_the_lines_are_full() {
    let mut mint = Mint::new(63);
    for gap in GAPS {
        for width in [40, 64, 80, 100] {
            let secret = text(mint.new_token(Shape::GhsStateless));
            let indent = gap.rsplit('\n').next().unwrap_or_default().len();
            let first = width - "token: ".len() + indent;
            let written = wrapped(&secret, first, width, gap);
            let last = written.rsplit('\n').next().unwrap_or_default().len() - indent;
            if last == width {
                continue;
            }
            assert_found(
                "token: ",
                &written,
                "\nnext line\n",
                &secret,
                &[Layer::Wrapped],
            );
        }
    }
}

#[test]
fn whole_tokens_at_line_ends_are_found_as_they_are() {
    let mut mint = Mint::new(64);
    let mut lines = String::new();
    let mut count = 0;
    for _ in 0..20 {
        for shape in Shape::prefixed() {
            lines += &text(mint.new_token(shape));
            lines += "\n";
            count += 1;
        }
    }
    let found = scan(lines.as_bytes());
    assert_eq!(found.len(), count);
    assert!(found.iter().all(|f| f.decoded_from.is_empty()));
}

#[test]
fn pieces_that_prove_nothing_are_not_joined() {
    let mut mint = Mint::new(65);
    let scanner = Scanner::builder().min_confidence(Confidence::Low).build();
    for at in 5..39 {
        let hex = text(mint.hex(40));
        let secret = mint.new_token(Shape::Ghp);
        let damaged = text(mint.damage_token(&secret, 30));
        let secret = text(secret);
        for written in [
            format!("{}\n{}\n", &hex[..at], &hex[at..]),
            format!("{}\n{}\n", &damaged[..at], &damaged[at..]),
            // Something else stands between, or not at the line's end.
            format!("{}\nx = {}\n", &secret[..at], &secret[at..]),
            format!("{} {}\n", &secret[..at], &secret[at..]),
            format!("{}\n\n\n{}\n", &secret[..at], &secret[at..]),
            format!("{}\n{}x\n", &secret[..at], &secret[at..]),
        ] {
            let found = scanner.scan_text(written.as_bytes(), Path::new("file"));
            assert!(found.is_empty(), "{written}: {found:?}");
        }
    }
}

#[test]
fn other_layers_may_lie_around() {
    let mut mint = Mint::new(66);
    for at in 1..40 {
        let secret = text(mint.new_token(Shape::Ghp));
        let written = format!("key: {}\n  {}\n", &secret[..at], &secret[at..]);
        let encoded = data_encoding::BASE64.encode(format!("a: b c d\n{written}").as_bytes());
        let found = scan(format!("data: {encoded}\n").as_bytes());
        assert_eq!(found.len(), 1, "{written}");
        assert_eq!(found[0].decoded_from, [Layer::Base64, Layer::Wrapped]);
        let wide: Vec<u8> = written.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = scan(&wide);
        assert_eq!(found.len(), 1, "{written}");
        assert_eq!(found[0].decoded_from, [Layer::Utf16le, Layer::Wrapped]);
    }
}
