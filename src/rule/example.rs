//! Filling of placeholders in examples. Examples contain placeholders so that no file contains a whole token.
//!
//! `{{ghp}}` (any shape's name) becomes a fresh token, `{{ghp!}}` one with a wrong checksum,
//! `{{hex:40}}` 40 random hex digits, `{{private-key}}` a private key in PEM, `{{base64-of:…}}` the base64 of its content. `{{` before a
//! space is text, as in `${{ secrets.TOKEN }}`.

use crate::document::suggest_known;
use crate::token::checksum::BASE62;
use crate::token::{ChecksumKind, Mint, Shape};

/// Alphabets for the random characters of a placeholder.
const ALPHABETS: [(&str, &[u8]); 7] = [
    ("hex", b"0123456789abcdef"),
    ("HEX", b"0123456789ABCDEF"),
    ("digits", b"0123456789"),
    ("lower", b"abcdefghijklmnopqrstuvwxyz"),
    ("base32", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    ("base62", BASE62),
    (
        "base64",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    ),
];

/// Maximum number of bytes of the text for one placeholder.
const LONGEST: usize = 4096;

/// Placeholder that encodes its content.
const BASE64_OF: &str = "base64-of:";

/// Placeholder for a private key in PEM.
const PRIVATE_KEY: &str = "private-key";

/// Text with its placeholders filled.
#[derive(Clone, Debug, Default)]
pub struct FilledExample {
    /// Filled text.
    pub text: Vec<u8>,
    /// Values of the placeholders, in order.
    pub values: Vec<Vec<u8>>,
}

/// Invalid placeholder, with its place and the correct form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPlaceholder {
    /// Byte offset of its start in the text.
    pub at: usize,
    /// Description of the mistake, with the correct form.
    pub message: String,
}

/// Fills the placeholders of a text with tokens from a mint.
///
/// # Errors
/// Fails if one of them is unknown or not closed.
pub fn fill(text: &str, mint: &mut Mint) -> Result<FilledExample, BadPlaceholder> {
    let mut filled = FilledExample::default();
    filled.text = expand_placeholders(text, 0, mint, &mut filled.values)?;
    Ok(filled)
}

fn expand_placeholders(
    text: &str,
    base: usize,
    mint: &mut Mint,
    values: &mut Vec<Vec<u8>>,
) -> Result<Vec<u8>, BadPlaceholder> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(open) = next_placeholder(text, at) {
        out.extend(&text.as_bytes()[at..open]);
        let bad = |message: String| BadPlaceholder {
            at: base + open,
            message,
        };
        let close = closing_brace(text, open)
            .ok_or_else(|| bad("the placeholder is not closed; write `}}` behind it".to_owned()))?;
        let inner = &text[open + 2..close];
        if let Some(plain) = inner.strip_prefix(BASE64_OF) {
            let plain =
                expand_placeholders(plain, base + open + 2 + BASE64_OF.len(), mint, values)?;
            out.extend(data_encoding::BASE64.encode(&plain).into_bytes());
        } else {
            let value = placeholder_value(inner, mint).map_err(bad)?;
            out.extend(&value);
            values.push(secret_part(value));
        }
        at = close + 2;
    }
    out.extend(&text.as_bytes()[at..]);
    Ok(out)
}

/// Returns the start of the next placeholder from `at` on.
fn next_placeholder(text: &str, at: usize) -> Option<usize> {
    let is_open = |&(i, _): &(usize, &str)| {
        let next = text.as_bytes().get(at + i + 2);
        next.is_some_and(u8::is_ascii_alphabetic)
    };
    let found = text[at..].match_indices("{{").find(is_open);
    found.map(|(i, _)| at + i)
}

/// Returns the end of the placeholder that opens at `open`, those inside it skipped.
fn closing_brace(text: &str, open: usize) -> Option<usize> {
    let (mut at, mut depth) = (open + 2, 1);
    loop {
        let close = at + text[at..].find("}}")?;
        match next_placeholder(text, at) {
            Some(inner) if inner < close => {
                depth += 1;
                at = inner + 2;
            }
            _ => {
                depth -= 1;
                if depth == 0 {
                    return Some(close);
                }
                at = close + 2;
            }
        }
    }
}

/// Returns the secret in the value of a placeholder: of a private key the base64 between its armour lines.
fn secret_part(value: Vec<u8>) -> Vec<u8> {
    let armour =
        memchr::memmem::find(&value, b"-----\n").zip(memchr::memmem::rfind(&value, b"\n-----END "));
    match armour {
        Some((start, end)) if value.starts_with(b"-----BEGIN ") => value[start + 6..end].to_vec(),
        _ => value,
    }
}

fn placeholder_value(name: &str, mint: &mut Mint) -> Result<Vec<u8>, String> {
    if let Some((alphabet, len)) = name.split_once(':') {
        let Some((_, letters)) = ALPHABETS.iter().find(|(n, _)| *n == alphabet) else {
            let names: Vec<&str> = ALPHABETS.iter().map(|(n, _)| *n).collect();
            let hint = suggest_known(alphabet, &names);
            return Err(format!("there is no alphabet `{alphabet}`; {hint}"));
        };
        return match len.parse() {
            Ok(len @ 1..=LONGEST) => Ok(mint.text(letters, len)),
            _ => Err(format!(
                "`{len}` is no length; write a number from 1 to {LONGEST}, as in {{{{hex:40}}}}"
            )),
        };
    }
    if name == PRIVATE_KEY {
        return Ok(mint.private_key("RSA PRIVATE KEY").into_bytes());
    }
    let plain = name.trim_end_matches('!');
    let Some(shape) = Shape::from_name(plain) else {
        let names: Vec<&str> = Shape::ALL.iter().map(|s| s.name()).collect();
        return Err(format!(
            "there is no placeholder `{{{{{name}}}}}`; {} (Braces that are meant as they stand have a space \
             behind them: `{{{{ {name} }}}}`.)",
            suggest_known(plain, &names)
        ));
    };
    let token = mint.new_token(shape);
    if plain.len() == name.len() {
        return Ok(token);
    }
    match shape.checksum() {
        // The last character of a CRC. For the other kind one inside the checksum, which is not at the end.
        Some(ChecksumKind::Crc32Base62) => Ok(mint.damage_token(&token, token.len() - 1)),
        Some(ChecksumKind::Sha256Base32) => Ok(mint.damage_token(&token, 80)),
        None => Err(format!(
            "`{plain}` carries no checksum that could be wrong; write {{{{{plain}}}}}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Checksum;

    fn filled(text: &str) -> FilledExample {
        fill(text, &mut Mint::new(3)).unwrap()
    }

    #[test]
    fn every_shape_has_a_placeholder_and_a_damaged_one_fails_its_checksum() {
        for shape in Shape::ALL {
            let name = shape.name();
            let whole = filled(&format!("<{{{{{name}}}}}>"));
            assert_eq!(whole.text.len(), whole.values[0].len() + 2, "{name}");
            let Some(kind) = shape.checksum() else {
                continue;
            };
            assert_eq!(kind.check(&whole.values[0]), Checksum::Valid, "{name}");
            let damaged = filled(&format!("{{{{{name}!}}}}"));
            assert_eq!(kind.check(&damaged.values[0]), Checksum::Invalid, "{name}");
            assert_eq!(damaged.text.len(), whole.values[0].len(), "{name}");
        }
    }

    #[test]
    fn alphabets_encodings_and_text_between_braces() {
        let some = filled("a {{hex:8}} ${{ secrets.X }} {{base64-of:me:{{digits:4}}}} {{");
        let text = String::from_utf8(some.text).unwrap();
        let parts: Vec<&str> = text.split(' ').collect();
        assert_eq!((parts[1].len(), parts[3]), (8, "secrets.X"));
        let decoded = data_encoding::BASE64.decode(parts[5].as_bytes()).unwrap();
        assert_eq!(&decoded[..3], b"me:");
        assert_eq!(&decoded[3..], &some.values[1][..]);
        assert!(text.ends_with(" {{"), "{text}");
    }

    #[test]
    fn the_same_seed_gives_the_same_text() {
        assert_eq!(
            filled("{{ghp}}{{npm!}}").text,
            filled("{{ghp}}{{npm!}}").text
        );
    }

    #[test]
    fn what_cannot_be_filled_is_said_with_its_place() {
        let bad = |text: &str| {
            let bad = fill(text, &mut Mint::new(3)).unwrap_err();
            format!("{} {}", bad.at, bad.message)
        };
        assert!(
            bad("ab {{ghq}}").starts_with("3 there is no placeholder `{{ghq}}`; did you mean `gh")
        );
        assert!(
            bad("{{hexx:4}}").starts_with("0 there is no alphabet `hexx`; did you mean `hex`?")
        );
        assert!(bad("{{hex:0}}").starts_with("0 `0` is no length"));
        assert!(bad("{{hex:99999}}").contains("from 1 to 4096"));
        assert!(bad("{{hex40!}}").contains("no checksum that could be wrong"));
        assert!(bad("x {{ghp").starts_with("2 the placeholder is not closed"));
        assert!(bad("{{base64-of:{{ghp}}").contains("not closed"));
        assert!(bad("{{base64-of:{{nope}}}}").starts_with("12 there is no placeholder"));
    }
}
