//! No report shows twelve consecutive characters of a found secret, however secrets touch, overlap, go on or hide.

#[path = "../fuzz/composition.rs"]
mod composition;

use composition::{Decisions, check, compose};
use proptest::prelude::{ProptestConfig, any, prop, proptest};

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
        check(&compose(&mut Decisions::new(&decisions)));
    }
}

#[test]
fn compositions_hold_secrets_to_find() {
    let mut mint = tokensweep::mint::Mint::new(9);
    let found: usize = (0..10)
        .map(|_| check(&compose(&mut Decisions::new(&mint.random_bytes(60)))))
        .sum();
    assert!(found > 50, "{found}");
}
