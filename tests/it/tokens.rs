//! Every prefixed form, planted at random offsets in random bytes and in source text, across the borders
//! of windows: found whole and proved; damaged ones stay below `medium`.
//!
//! `TOKENSWEEP_CASES=10000 cargo test --release tokens` runs the full number of each form.

use std::ops::Range;
use std::path::Path;

use tokensweep::internals::token::{Mint, Shape};
use tokensweep::{Checksum, Confidence, Finding, Scanner};

fn cases() -> usize {
    std::env::var("TOKENSWEEP_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(120)
}

fn scanner(min_confidence: Confidence) -> Scanner {
    Scanner::builder().min_confidence(min_confidence).build()
}

/// Real source text: this project's own.
fn source_text() -> Vec<u8> {
    include_str!("../../src/scan/chunk.rs").as_bytes().to_vec()
}

/// A text of at least `len` bytes with tokens of one form planted in it, and where they stand.
///
/// Tokens stand between borders; in random bytes those are any bytes that belong to no run.
fn planted(
    mint: &mut Mint,
    tokens: &[Vec<u8>],
    mut filler: impl FnMut(&mut Mint) -> Vec<u8>,
) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut text = Vec::new();
    let mut places = Vec::new();
    for token in tokens {
        text.extend(filler(mint));
        text.push(b"\" =\0\n:@"[mint.random_below(7)]);
        places.push(text.len()..text.len() + token.len());
        text.extend(token);
        text.push(b"\" ;\0\n:@"[mint.random_below(7)]);
    }
    text.extend(filler(mint));
    (text, places)
}

fn random_bytes(mint: &mut Mint) -> Vec<u8> {
    let len = mint.random_below(3000);
    mint.random_bytes(len)
}

/// Reads `text` as a stream, so that what is longer than a window is read in windows.
fn found(scanner: &Scanner, text: &[u8]) -> Vec<Finding> {
    scanner.scan_stream(text, Path::new("planted")).findings
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn assert_all_found(text: &[u8], places: &[Range<usize>], form: Shape) {
    let findings = found(&scanner(Confidence::Medium), text);
    let expected = if form.checksum().is_none() && form != Shape::GhsStateless {
        (Confidence::High, Checksum::None)
    } else {
        (Confidence::Certain, Checksum::Valid)
    };
    let ours: Vec<&Finding> = findings
        .iter()
        .filter(|f| f.decoded_from.is_empty())
        .collect();
    assert_eq!(ours.len(), places.len(), "{form:?}: number of findings");
    for (finding, place) in ours.iter().zip(places) {
        assert_eq!(
            finding.bytes,
            place.start as u64..place.end as u64,
            "{form:?}"
        );
        assert_eq!(
            finding.secret.expose_the_secret(),
            &text[place.clone()],
            "{form:?}"
        );
        assert_eq!((finding.confidence, finding.checksum), expected, "{form:?}");
    }
}

#[test]
fn every_form_is_found_whole_in_random_bytes() {
    let mut mint = Mint::new(21);
    for form in Shape::prefixed() {
        let tokens: Vec<Vec<u8>> = (0..cases()).map(|_| mint.new_token(form)).collect();
        let (text, places) = planted(&mut mint, &tokens, random_bytes);
        assert_all_found(&text, &places, form);
    }
}

#[test]
fn every_form_is_found_whole_in_source_text() {
    let source = source_text();
    let mut mint = Mint::new(22);
    for form in Shape::prefixed() {
        let tokens: Vec<Vec<u8>> = (0..cases()).map(|_| mint.new_token(form)).collect();
        let (text, places) = planted(&mut mint, &tokens, |mint| {
            let start = mint.random_below(source.len());
            source[start..source.len().min(start + mint.random_below(9000))].to_vec()
        });
        assert_all_found(&text, &places, form);
    }
}

#[test]
fn a_token_is_found_wherever_it_lies_across_the_border_of_a_window() {
    const WINDOW: usize = 1 << 20;
    let mut mint = Mint::new(23);
    for form in Shape::prefixed() {
        let token = mint.new_token(form);
        for before_border in [
            0,
            1,
            39,
            40,
            token.len() - 1,
            token.len(),
            4096,
            16_384,
            16_400,
        ] {
            let start = WINDOW - before_border;
            let mut text = b"word ".repeat(WINDOW / 5 + 20_000);
            text[start - 1] = b'"';
            text.splice(start..start, token.iter().copied().chain(*b"\""));
            let place = start..start + token.len();
            assert_all_found(&text, std::slice::from_ref(&place), form);
        }
    }
}

#[test]
fn one_changed_character_takes_all_confidence_away() {
    let mut mint = Mint::new(24);
    for form in Shape::prefixed() {
        // The signature of a stateless token can only be checked by GitHub.
        if form == Shape::GhsStateless {
            continue;
        }
        let (body, end) = match form {
            // The last eight characters of a fine-grained token are covered by nothing.
            Shape::FineGrained => (11, 85),
            Shape::Ghr => (4, 80),
            _ => (4, 40),
        };
        let tokens: Vec<Vec<u8>> = (0..cases())
            .map(|_| {
                let token = mint.new_token(form);
                let at = body + mint.random_below(end - body);
                mint.damage_token(&token, at)
            })
            .collect();
        let (text, places) = planted(&mut mint, &tokens, random_bytes);
        assert_eq!(
            found(&scanner(Confidence::Medium), &text).len(),
            0,
            "{form:?}"
        );
        // They are not hidden from who asks, but for those whose shape the change destroyed.
        let low = found(&scanner(Confidence::Low), &text);
        assert!(
            low.iter().all(|f| f.checksum != Checksum::Valid),
            "{form:?}"
        );
        assert!(
            low.len() > places.len() * 9 / 10,
            "{form:?}: {} of {}",
            low.len(),
            places.len()
        );
    }
}

#[test]
fn a_stateless_token_is_certain_where_its_structure_agrees_and_high_with_other_claims() {
    let mut mint = Mint::new(26);
    let scanner = scanner(Confidence::Low);
    for _ in 0..50 {
        let token = text(mint.new_token(Shape::GhsStateless));
        let other = text(mint.opaque_stateless());
        let claims = r#"{"iss":"somebody","iat":1790000000,"exp":1790003600}"#;
        let stranger = text(mint.stateless_with(15368, claims));
        for (before, behind) in [
            ("T=", "\n"),
            ("", ".log"),
            ("x-access-token:", "@github.com"),
            ("_", "_"),
            ("'", ".'"),
        ] {
            for (token, confidence) in [
                (&token, Confidence::Certain),
                (&other, Confidence::High),
                (&stranger, Confidence::High),
            ] {
                if behind == ".log" && confidence != Confidence::Certain {
                    continue;
                }
                let found = found(&scanner, format!("{before}{token}{behind}").as_bytes());
                assert_eq!(found.len(), 1, "{before}{behind}: {confidence:?}");
                assert_eq!(found[0].confidence, confidence, "{before}{behind}");
                assert_eq!(found[0].secret.expose_the_secret(), token.as_bytes());
            }
        }
        // The same JWT without the prefix, or with that of others, is no token of GitHub.
        let jwt = token.splitn(3, '_').nth(2).unwrap();
        for other in [
            jwt.to_owned(),
            format!("nbwt1_{jwt}"),
            format!("ghs_{jwt}"),
            format!("ghs_app_{jwt}"),
        ] {
            let found = found(&scanner, format!("T={other}\n").as_bytes());
            // `ghs_` and a header are forty characters, which a checksum then denies.
            assert!(
                found.iter().all(|f| f.confidence == Confidence::Low),
                "{found:?}"
            );
        }
    }
}

#[test]
fn a_stateless_token_whose_header_is_no_json_is_a_dummy() {
    let mut mint = Mint::new(25);
    let mut token = mint.new_token(Shape::GhsStateless);
    let header = token.iter().position(|b| *b == b'e').unwrap();
    token[header + 8..header + 16].copy_from_slice(b"XXXXXXXX");
    assert_eq!(found(&scanner(Confidence::Medium), &token).len(), 0);
    assert_eq!(found(&scanner(Confidence::Low), &token).len(), 1);
}
