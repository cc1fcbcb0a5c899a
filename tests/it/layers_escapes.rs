//! Tokens with escapes, markup or colour codes in them: found whole, once, and at their place.

use std::path::Path;

use tokensweep::internals::token::{Mint, Shape};
use tokensweep::parts::Layer;
use tokensweep::{Finding, Scanner};

fn scan(text: &str) -> Vec<Finding> {
    Scanner::default().scan_text(text.as_bytes(), Path::new("file"))
}

/// The only finding in `before + written + behind`, which must be `secret` under `layers`, at `written`.
fn assert_found(before: &str, written: &str, behind: &str, secret: &str, layers: &[Layer]) {
    let text = format!("{before}{written}{behind}");
    let findings = scan(&text);
    assert_eq!(findings.len(), 1, "{text}: {findings:?}");
    let finding = &findings[0];
    assert_eq!(finding.secret.expose_the_secret(), secret.as_bytes());
    assert_eq!(finding.decoded_from, layers, "{text}");
    let place = before.len() as u64..(before.len() + written.len()) as u64;
    assert_eq!(finding.bytes, place, "{text}");
    let shown = finding.snippet.text();
    assert!(!shown.contains(&secret[12..30]), "{shown}");
}

fn token(mint: &mut Mint) -> String {
    let shapes = [
        Shape::Ghp,
        Shape::Gho,
        Shape::FineGrained,
        Shape::Ghr,
        Shape::Npm,
    ];
    let shape = shapes[mint.random_below(shapes.len())];
    String::from_utf8(mint.new_token(shape)).unwrap()
}

/// `text` with the character at `at` written by `escape`.
fn with_escape(text: &str, at: usize, escape: impl Fn(u8) -> String) -> String {
    format!(
        "{}{}{}",
        &text[..at],
        escape(text.as_bytes()[at]),
        &text[at + 1..]
    )
}

#[test]
fn any_one_character_may_be_an_escape() {
    type Escape = fn(u8) -> String;
    let escapes: [(Layer, Escape); 9] = [
        (Layer::Percent, |b| format!("%{b:02x}")),
        (Layer::QuotedPrintable, |b| format!("={b:02X}")),
        (Layer::Json, |b| format!("\\u{b:04x}")),
        (Layer::Json, |b| format!("\\x{b:02x}")),
        (Layer::Json, |b| format!("\\u{{{b:x}}}")),
        (Layer::Json, |b| format!("\\U{b:08x}")),
        (Layer::Html, |b| format!("&#{b};")),
        (Layer::Html, |b| format!("&#x{b:X};")),
        (Layer::Html, |b| format!("&#{b:04};")),
    ];
    let mut mint = Mint::new(41);
    for (layer, escape) in escapes {
        for _ in 0..60 {
            let token = token(&mut mint);
            let at = mint.random_below(token.len());
            let written = with_escape(&token, at, escape);
            assert_found("\"key\": \"", &written, "\", and so on\n", &token, &[layer]);
        }
    }
}

#[test]
fn any_one_place_may_hold_a_tag_a_colour_or_a_soft_line_break() {
    let cuts = [
        (Layer::Html, "<b>"),
        (Layer::Html, "</span><span class=\"hl\">"),
        (Layer::Html, "<wbr/>"),
        (Layer::Html, "&shy;"),
        (Layer::Html, "&#8203;"),
        (Layer::Ansi, "\x1b[0m"),
        (Layer::Ansi, "\x1b[01;31m\x1b[K"),
        (Layer::QuotedPrintable, "=\r\n"),
        (Layer::QuotedPrintable, "=\n"),
    ];
    let mut mint = Mint::new(42);
    for (layer, cut) in cuts {
        for _ in 0..60 {
            let token = token(&mut mint);
            let at = 1 + mint.random_below(token.len() - 1);
            let written = format!("{}{cut}{}", &token[..at], &token[at..]);
            assert_found("key: ", &written, " and so on\n", &token, &[layer]);
        }
    }
}

#[test]
fn layers_may_be_nested() {
    let mut mint = Mint::new(43);
    let token = token(&mut mint);
    let coloured = format!("{}\\u001b[0m{}", &token[..25], &token[25..]);
    assert_found(
        "{\"log\": \"",
        &coloured,
        "\"}",
        &token,
        &[Layer::Json, Layer::Ansi],
    );
    let encoded = data_encoding::BASE64.encode(format!("???>>>??? {token} ???").as_bytes());
    let slashes = encoded.replace('/', "\\/");
    assert_ne!(slashes, encoded);
    let found = scan(&format!("{{\"data\":\"{slashes}\"}}"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].secret.expose_the_secret(), token.as_bytes());
}

#[test]
fn a_token_beside_an_escape_is_found_once() {
    let mut mint = Mint::new(44);
    for (before, behind) in [
        ("a%3D", "%26b"),
        ("\"a\\n", "\\n\""),
        ("\"\\u003d", "\\u0026\""),
        ("<b>", "</b>"),
        ("<td>", "</td>"),
        ("&quot;", "&quot;"),
        ("\x1b[32m", "\x1b[0m"),
        ("=\n", "=\n"),
    ] {
        let token = token(&mut mint);
        assert_found(before, &token, behind, &token, &[]);
    }
}

#[test]
fn words_that_tags_part_are_no_token() {
    let mut mint = Mint::new(45);
    let hex = String::from_utf8(mint.hex(40)).unwrap();
    let dummy = mint.new_token(Shape::Ghp);
    let dummy = String::from_utf8(mint.damage_token(&dummy, 30)).unwrap();
    for text in [
        format!("token <b>{}</b>{}", &hex[..20], &hex[20..]),
        format!("<b>{}</b>{}", &dummy[..20], &dummy[20..]),
        format!("<td>{}</td><td>{}</td>", &hex[..20], &hex[20..]),
    ] {
        assert!(scan(&text).is_empty(), "{text}");
    }
}

#[test]
fn a_value_in_an_encoded_address_is_judged_as_the_address_says() {
    let mut mint = Mint::new(46);
    let hex = String::from_utf8(mint.hex(40)).unwrap();
    let before = "next=https%3A%2F%2F";
    let behind = "%3Ax-oauth-basic%40github.com%2Fo%2Fr.git\n";
    assert_found(before, &hex, behind, &hex, &[Layer::Percent]);
}
