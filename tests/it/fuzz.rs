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
