//! Filling of placeholders in examples and test cases. They contain placeholders so that no file contains a whole token.
//!
//! | placeholder | value |
//! |---|---|
//! | `{{ghp}}`, any shape's name | a fresh token |
//! | `{{ghp!}}` | one with a wrong checksum |
//! | `{{hex:40}}` | 40 random characters of an alphabet |
//! | `{{ghp#1}}`, `{{hex:40#a}}` | the same value wherever the name behind `#` is the same |
//! | `{{private-key}}` | a private key in PEM |
//! | `{{base64-of:…}}` | the base64 of its content |
//! | `{{code:900}}` | about 900 bytes of minified program text |
//! | `{{nothing}}` | nothing, inside what must not be a whole token in the file |
//!
//! `{{` before anything but a letter is text, as in `${{ secrets.TOKEN }}`.

use std::collections::HashMap;

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

/// Placeholder that has no value.
const NOTHING: &str = "nothing";

/// Placeholder of program text.
const CODE: &str = "code:";

/// Text with its placeholders filled.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilledExample {
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
pub(crate) fn fill(text: &str, mint: &mut Mint) -> Result<FilledExample, BadPlaceholder> {
    let mut filler = ExampleFiller::new(mint);
    Ok(FilledExample {
        text: filler.fill_text(text)?,
        values: filler.values,
    })
}

/// Fills the placeholders of texts that belong together: a named value is the same in all of them.
#[derive(Debug)]
pub struct ExampleFiller<'m> {
    mint: &'m mut Mint,
    named: HashMap<String, Vec<u8>>,
    /// Values of the placeholders, in order. A named one is listed once.
    pub values: Vec<Vec<u8>>,
    /// Values that are tokens, with a right checksum or a wrong one.
    pub tokens: Vec<Vec<u8>>,
}

impl<'m> ExampleFiller<'m> {
    /// Creates a filler that takes its values from `mint`.
    #[must_use]
    pub fn new(mint: &'m mut Mint) -> Self {
        ExampleFiller {
            mint,
            named: HashMap::new(),
            values: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// Fills the placeholders of a text.
    ///
    /// # Errors
    /// Fails if one of them is unknown or not closed.
    pub fn fill_text(&mut self, text: &str) -> Result<Vec<u8>, BadPlaceholder> {
        self.fill_part(text, 0)
    }

    /// Fills a part of a text that starts at `base`.
    fn fill_part(&mut self, text: &str, base: usize) -> Result<Vec<u8>, BadPlaceholder> {
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(open) = next_placeholder(text, at) {
            out.extend(&text.as_bytes()[at..open]);
            let bad = |message: String| BadPlaceholder {
                at: base + open,
                message,
            };
            let close = closing_brace(text, open).ok_or_else(|| {
                bad("the placeholder is not closed; write `}}` behind it".to_owned())
            })?;
            let inner = &text[open + 2..close];
            if let Some(plain) = inner.strip_prefix(BASE64_OF) {
                let plain = self.fill_part(plain, base + open + 2 + BASE64_OF.len())?;
                out.extend(data_encoding::BASE64.encode(&plain).into_bytes());
            } else {
                out.extend(self.fill_placeholder(inner).map_err(bad)?);
            }
            at = close + 2;
        }
        out.extend(&text.as_bytes()[at..]);
        Ok(out)
    }

    /// Returns the value of a placeholder, named or not.
    fn fill_placeholder(&mut self, inner: &str) -> Result<Vec<u8>, String> {
        if inner == NOTHING {
            return Ok(Vec::new());
        }
        if let Some(len) = inner.strip_prefix(CODE) {
            return program_text(len);
        }
        if let Some(same) = self.named.get(inner) {
            return Ok(same.clone());
        }
        let (kind, name) = match inner.split_once('#') {
            Some((kind, name)) => (kind, Some(name)),
            None => (inner, None),
        };
        let value = placeholder_value(kind, self.mint)?;
        self.values.push(secret_part(value.clone()));
        if !kind.contains(':') {
            self.tokens.push(value.clone());
        }
        if name.is_some() {
            self.named.insert(inner.to_owned(), value.clone());
        }
        Ok(value)
    }
}

/// Returns about `len` bytes of program text.
fn program_text(len: &str) -> Result<Vec<u8>, String> {
    let Ok(len @ 1..=LONGEST) = len.parse() else {
        return Err(bad_length(len));
    };
    let function = |i: usize| format!("function f{i}(a,b){{return a+b*{}}}", i % 97);
    Ok((0..=len / 30)
        .map(function)
        .collect::<String>()
        .into_bytes())
}

fn bad_length(len: &str) -> String {
    format!("`{len}` is no length; write a number from 1 to {LONGEST}, as in {{{{hex:40}}}}")
}

/// Returns the start of the next placeholder from `at` on.
fn next_placeholder(text: &str, at: usize) -> Option<usize> {
    let is_open = |w: &[u8]| w.starts_with(b"{{") && w[2].is_ascii_alphabetic();
    let found = text.as_bytes()[at..].windows(3).position(is_open);
    found.map(|i| at + i)
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
            _ => Err(bad_length(len)),
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
    fn a_named_value_is_the_same_in_all_texts_and_listed_once() {
        let mut mint = Mint::new(3);
        let mut filler = ExampleFiller::new(&mut mint);
        let first = filler
            .fill_text("{{hex40#1}} {{hex40#2}} {{hex:40#1}}")
            .unwrap();
        let again = filler.fill_text("{{hex40#1}}").unwrap();
        let parts: Vec<&[u8]> = first.split(|b| *b == b' ').collect();
        assert_eq!(parts[0], again);
        assert!(parts[0] != parts[1] && parts[1] != parts[2] && parts[0] != parts[2]);
        assert_eq!(filler.values, parts);
        assert_eq!(filler.tokens, parts[..2]);
    }

    #[test]
    fn braces_around_a_placeholder_stay() {
        let text = |text: &str| String::from_utf8(filled(text).text).unwrap();
        assert_eq!(text("{{{nothing}}{secrets.X}}"), "{{secrets.X}}");
        assert_eq!(text("f\"{{{nothing}}}\""), "f\"{}\"");
        assert_eq!(text("ghp_{{nothing}}x"), "ghp_x");
        let code = text("{{code:900}}");
        assert!((800..1300).contains(&code.len()) && code.starts_with("function f0("));
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
        assert!(bad("{{code:x}}").starts_with("0 `x` is no length"));
        assert!(bad("{{hex:99999}}").contains("from 1 to 4096"));
        assert!(bad("{{hex40!}}").contains("no checksum that could be wrong"));
        assert!(bad("x {{ghp").starts_with("2 the placeholder is not closed"));
        assert!(bad("{{base64-of:{{ghp}}").contains("not closed"));
        assert!(bad("{{base64-of:{{nope}}}}").starts_with("12 there is no placeholder"));
    }
}
