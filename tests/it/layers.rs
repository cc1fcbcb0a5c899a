//! Secrets under encodings: found, with their place in the original bytes, and named for what they are.

use std::ops::Range;
use std::path::Path;

use data_encoding::BASE64;
use tokensweep::internals::token::{Mint, Shape};
use tokensweep::parts::Layer;
use tokensweep::{Finding, Scanner};

fn scan(text: &[u8], path: &str) -> Vec<Finding> {
    Scanner::default().scan_text(text, Path::new(path))
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let bytes = |u: u16| {
        if little {
            u.to_le_bytes()
        } else {
            u.to_be_bytes()
        }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// The only finding in `text`, which must be `secret` under `layers`, at `place`.
fn assert_found(text: &[u8], secret: &str, layers: &[Layer], place: Range<usize>) {
    let findings = scan(text, "file");
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = &findings[0];
    assert_eq!(finding.secret.expose_the_secret(), secret.as_bytes());
    assert_eq!(finding.decoded_from, layers);
    assert_eq!(finding.bytes, place.start as u64..place.end as u64);
}

#[test]
fn the_extraheader_of_actions_checkout() {
    let mut mint = Mint::new(31);
    for shape in [Shape::Ghs, Shape::GhsStateless] {
        let token = ascii(mint.new_token(shape));
        let encoded = BASE64.encode(format!("x-access-token:{token}").as_bytes());
        let before = "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic ";
        let text = format!("{before}{encoded}\n[branch \"main\"]\n");
        // `x-access-token:` fills its 20 characters, so the token starts with one of its own.
        let start = before.len() + 20;
        let end = start + (token.len() * 4).div_ceil(3);
        assert_found(text.as_bytes(), &token, &[Layer::Base64], start..end);
        let finding = &scan(text.as_bytes(), "config")[0];
        assert_eq!((finding.start.line, finding.start.column), (2, 57));
        assert!(
            !finding.snippet.text().contains(&encoded[40..52]),
            "the encoded form is masked"
        );
    }
}

#[test]
fn url_safe_base64_without_padding_in_a_query() {
    let token = ascii(Mint::new(32).new_token(Shape::FineGrained));
    let encoded = data_encoding::BASE64URL_NOPAD.encode(format!("??>{token}").as_bytes());
    let text = format!("GET /cb?state={encoded}&x=1");
    assert_found(text.as_bytes(), &token, &[Layer::Base64], 18..18 + 124);
}

#[test]
fn base64_in_base64() {
    let token = ascii(Mint::new(33).new_token(Shape::Gho));
    let inner = BASE64.encode(format!("{{\"auth\":\"{token}\"}}").as_bytes());
    let text = format!("data: {}\n", BASE64.encode(inner.as_bytes()));
    let findings = scan(text.as_bytes(), "secret.yml");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].decoded_from, [Layer::Base64, Layer::Base64]);
    assert_eq!(findings[0].secret.expose_the_secret(), token.as_bytes());
    assert_eq!(findings[0].start.line, 1);
}

#[test]
fn utf16_with_and_without_byte_order_mark() {
    let token = ascii(Mint::new(34).new_token(Shape::Ghp));
    for (little, layer) in [(true, Layer::Utf16le), (false, Layer::Utf16be)] {
        for mark in ["\u{feff}", ""] {
            let before = utf16(&format!("{mark}# Schlüssel\r\nGITHUB_TOKEN="), little);
            let mut text = before.clone();
            text.extend(utf16(&format!("{token}\r\n"), little));
            let place = before.len()..before.len() + 80;
            assert_found(&text, &token, &[layer], place);
        }
    }
}

#[test]
fn utf16_in_a_compiled_file() {
    let token = ascii(Mint::new(35).new_token(Shape::Ghu));
    let mut text = Mint::new(36).random_bytes(5001);
    let start = text.len();
    text.extend(utf16(&token, true));
    text.extend([0xff; 100]);
    assert_found(&text, &token, &[Layer::Utf16le], start..start + 80);
}

#[test]
fn base64_in_utf16_as_powershell_writes_it() {
    let token = ascii(Mint::new(37).new_token(Shape::Ghp));
    let text = utf16(
        &format!("\u{feff}auth: {}\r\n", BASE64.encode(token.as_bytes())),
        true,
    );
    let findings = scan(&text, "out.txt");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].decoded_from, [Layer::Utf16le, Layer::Base64]);
    assert_eq!(findings[0].bytes, 14..14 + 108);
}

#[test]
fn a_python_cache_file() {
    // Marshalled strings: a type byte, the length, the characters, with nothing between them.
    let mut mint = Mint::new(38);
    for (shape, length) in [(Shape::Ghp, 40), (Shape::Ghr, 80), (Shape::FineGrained, 93)] {
        let token = mint.new_token(shape);
        let text = [
            b"\xa7\r\r\n\0\0\0\0\xe3\0\0z\x03abc\xda",
            &[length][..],
            &token,
            b"\xda\x04mainN)\0",
        ]
        .concat();
        let findings = scan(&text, "config.cpython-312.pyc");
        assert_eq!(findings.len(), 1, "{shape:?}");
        assert_eq!(findings[0].secret.expose_the_secret(), token);
    }
}
