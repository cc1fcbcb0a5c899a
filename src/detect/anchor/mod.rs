//! Parts that every match of an expression contains, computed from the expression: a part of a long run of word
//! characters, or one of a few literals. A rule is searched for only near these parts.

mod alphabet;
mod literals;
mod sure_runs;

use regex_syntax::hir::Hir;

use super::runs::MIN_SHORTER;
pub(super) use alphabet::AnchorAlphabet;
use literals::required_literals;
use sure_runs::{SureRuns, unbounded_repetition};

/// Parts that every match contains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Anchor {
    /// Literals one of which is in every match, ASCII letters in either case. Empty if none are known.
    pub(super) literals: Vec<Vec<u8>>,
    /// Run that every match has a part in; the rest of the match is near the run.
    pub(super) run: Option<NearRun>,
    /// Maximum length of a match, in bytes.
    pub(super) longest: Option<usize>,
}

/// Run of word characters that each match has a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NearRun {
    /// Minimum number of consecutive characters of this alphabet in the run.
    pub(super) shortest: usize,
    pub(super) alphabet: AnchorAlphabet,
    /// Maximum distance in bytes from the run to the start and to the end of a match.
    pub(super) reach: usize,
}

/// Maximum distance from a run, in bytes, of the matches of a rule that is searched for around runs.
const FURTHEST: usize = 256;

impl Anchor {
    /// Returns the parts that every match of `hir` contains.
    pub(super) fn of(hir: &Hir) -> Anchor {
        Anchor {
            literals: required_literals(hir),
            run: near_run(hir),
            longest: hir.properties().maximum_len(),
        }
    }
}

/// Returns the rarest run near each match.
fn near_run(hir: &Hir) -> Option<NearRun> {
    let in_one_run = SureRuns::of(hir, AnchorAlphabet::Word).only;
    let near = |alphabet| {
        let words = SureRuns::of(hir, alphabet);
        let (shortest, reach) = if words.only {
            (words.shortest, 0)
        } else if let Some(longest) = hir.properties().maximum_len() {
            (words.longest_run, longest.saturating_sub(words.longest_run))
        } else {
            let (shortest, reach) = unbounded_repetition(hir, alphabet)?;
            (shortest?, reach)
        };
        let near = NearRun {
            shortest,
            alphabet,
            reach: if in_one_run { 0 } else { reach },
        };
        (near.shortest >= MIN_SHORTER && near.reach <= FURTHEST).then_some(near)
    };
    AnchorAlphabet::ALL.into_iter().find_map(near)
}

#[cfg(test)]
mod tests {
    use super::AnchorAlphabet::{Alphanumeric, Hex, Word};
    use super::*;

    fn of(source: &str) -> (Vec<String>, Option<(AnchorAlphabet, usize, usize)>) {
        let hir = crate::rule::expression::parse(source).unwrap();
        let anchor = Anchor::of(&hir);
        let literals = anchor.literals.into_iter();
        (
            literals.map(|l| String::from_utf8(l).unwrap()).collect(),
            anchor.run.map(|r| (r.alphabet, r.shortest, r.reach)),
        )
    }

    fn texts(literals: &[&str]) -> Vec<String> {
        literals.iter().map(|l| (*l).to_owned()).collect()
    }

    #[test]
    fn a_token_is_a_run_and_its_prefix_a_literal() {
        assert_eq!(
            of(r"\bacme_[a-z0-9]{32}\b"),
            (texts(&["acme_"]), Some((Alphanumeric, 32, 0)))
        );
        assert_eq!(
            of(r"acme_(?<secret>[a-z]{20,})"),
            (texts(&["acme_"]), Some((Alphanumeric, 20, 0)))
        );
        assert_eq!(
            of(r"acme_[a-z]{9}_[a-z]{9}"),
            (texts(&["acme_"]), Some((Word, 24, 0)))
        );
        assert_eq!(
            of(r#"(?:foo|bar)_[a-z]{30}['"]"#),
            (texts(&["foo_", "bar_"]), Some((Alphanumeric, 30, 5)))
        );
    }

    #[test]
    fn a_key_may_stand_apart_from_its_run() {
        assert_eq!(
            of(r#"(?i)acme.{0,20}?["']([0-9a-f]{32})["']"#).1,
            Some((Hex, 32, 4 + 80 + 2))
        );
        assert_eq!(
            of(r"acme=[0-9a-f]{32,};?"),
            (texts(&["acme="]), Some((Hex, 32, 6)))
        );
        assert_eq!(of(r"acme\s*=\s*[0-9a-f]{32,}").1, None);
        assert_eq!(of(r"acme\s*=\s*[0-9a-f]{32,}").0, texts(&["acme"]));
    }

    #[test]
    fn either_case_is_one_literal_and_the_long_s_another() {
        assert_eq!(of("(?i)acme:[0-9]").0, texts(&["acme:"]));
        assert_eq!(of("(?i)ask[0-9]").0.len(), 4);
    }

    #[test]
    fn what_is_sure_of_nothing_has_no_anchor() {
        for source in [
            "[a-z]{5}",
            r"\w{40}",
            "(?:acme)?[a-z]{5}",
            "a|bcde",
            "x[0-9]y[0-9]",
        ] {
            assert_eq!(of(source), (vec![], None), "{source}");
        }
        assert_eq!(of(r"(?-u)\w{40}").1, Some((Word, 40, 0)));
    }
}
