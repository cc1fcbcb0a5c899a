//! The checks of the fuzz targets on random inputs, which shrink to the part that matters.

#[path = "../fuzz/checks/mod.rs"]
mod checks;

use checks::{Decisions, RAW, excerpts};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};

/// Returns decisions, or a text as it stands.
fn inputs(len: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_byte();
    (any::<bool>(), prop::collection::vec(byte, 0..len)).prop_map(|(is_raw, mut input)| {
        if is_raw {
            input.insert(0, RAW);
        }
        input
    })
}

/// First bytes of pictures, up to where their sizes are.
const PICTURES: [&[u8]; 6] = [
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x20\0\0\0\x20",
    b"\xff\xd8\xff\xc0\0\x0b\x08\0\x20\0\x20\x01\x01\x11\0",
    b"GIF89a\x20\0\x20\0\xf0\0\0",
    b"BM\xff\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x20\0\0\0\x20\0\0\0\x01\0\x18\0",
    b"II*\0\x08\0\0\0\x04\0",
    b"RIFF\xff\0\0\0WEBPVP8L",
];

/// Returns any byte, and text more often.
fn prop_byte() -> impl Strategy<Value = u8> {
    proptest::prop_oneof![any::<u8>(), b' '..=b'~']
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_report_on_any_composition_shows_a_part_of_a_secret(
        decisions in prop::collection::vec(any::<u8>(), 0..80)
    ) {
        excerpts::check(&excerpts::compose(&mut Decisions::new(&decisions)));
    }

    #[test]
    fn every_decoded_byte_is_encoded_where_it_is_said_to_be(input in inputs(120)) {
        checks::layers::check(&input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_finding_is_exactly_one_of_the_values(input in prop::collection::vec(any::<u8>(), 0..60)) {
        checks::slots::check(&input);
    }

    #[test]
    fn a_rule_file_is_refused_or_can_be_used(input in inputs(60)) {
        checks::rules::check(&input);
    }

    #[test]
    fn a_configuration_is_refused_or_can_be_used(input in inputs(60)) {
        checks::config::check(&input);
    }

    #[test]
    fn a_baseline_is_refused_or_written_as_it_was_read(input in inputs(60)) {
        checks::baseline::check(&input);
    }

    #[test]
    fn no_reader_fails_on_a_container_and_no_limit_is_silent(
        form in any::<u8>(), limit in any::<u8>(), rest in prop::collection::vec(prop_byte(), 0..700)
    ) {
        checks::containers::check(&[vec![form, limit], rest].concat());
    }

    #[test]
    fn a_table_is_refused_or_copied_with_its_values(
        rows in prop::collection::vec(prop::collection::vec(prop_byte(), 0..30), 0..6),
        rest in prop::collection::vec(prop_byte(), 0..40)
    ) {
        let row = |text: &Vec<u8>| {
            let text = String::from_utf8_lossy(text);
            serde_json::json!({ "text": text, "tags": [text] }).to_string() + "\n"
        };
        let lines: String = rows.iter().map(row).collect();
        checks::columns::check(&[lines.as_bytes(), &rest].concat());
        checks::columns::check(&[b"PAR1", &rest[..], b"\x10\0\0\0PAR1"].concat());
    }

    #[test]
    fn a_picture_is_decoded_or_refused(
        mark in 0..PICTURES.len(), rest in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        checks::pictures::check(&[PICTURES[mark], &rest].concat());
    }

    #[test]
    fn a_delta_gives_what_it_was_made_of(input in prop::collection::vec(any::<u8>(), 0..200)) {
        checks::deltas::check(&input);
    }
}

#[test]
fn compositions_hold_secrets_to_find() {
    let mut mint = tokensweep::internals::token::Mint::new(9);
    let found: usize = (0..10)
        .map(|_| {
            excerpts::check(&excerpts::compose(&mut Decisions::new(
                &mint.random_bytes(60),
            )))
        })
        .sum();
    assert!(found > 50, "{found}");
}

#[test]
fn texts_of_fragments_hold_values_to_find() {
    let mut mint = tokensweep::internals::token::Mint::new(9);
    let found: usize = (0..80)
        .map(|_| checks::slots::check(&mint.random_bytes(60)))
        .sum();
    assert!(found > 8, "{found}");
}

/// Inputs that a fuzzer found, each with what it broke.
#[test]
fn inputs_that_broke_something_once_hold() {
    // The place of a secret under several layers in UTF-16 was taken for one in the text of the outermost.
    let deep = [&[0xff; 89][..], &[0x2e, 0x7e, 0x08, 0x3b]].concat();
    excerpts::check(&excerpts::compose(&mut Decisions::new(&deep)));
}
