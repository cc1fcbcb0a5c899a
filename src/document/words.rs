//! Formatting for files and people: strings in TOML syntax, and suggestions for misspelled words.

use strsim::osa_distance;
use toml_writer::{ToTomlValue as _, TomlStringBuilder};

/// Returns a string in TOML syntax, on one line.
#[must_use]
pub(crate) fn toml_quote(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

/// Number of characters of a word that are compared with the known ones.
const LONGEST_WORD: usize = 64;

/// Returns "did you mean …?" if one of `known` is close to `word`, else the whole list.
#[must_use]
pub(crate) fn suggest_known(word: &str, known: &[&str]) -> String {
    let word: String = word.chars().take(LONGEST_WORD).collect();
    let lower = word.to_lowercase().replace('_', "-");
    let nearest = known
        .iter()
        .map(|k| {
            (
                osa_distance(&lower, &k.to_lowercase()),
                osa_distance(&word, k),
                k,
            )
        })
        .min();
    match nearest {
        Some((steps, _, name)) if steps <= 1 + name.len() / 4 => format!("did you mean `{name}`?"),
        _ => format!("write one of: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_string_is_read_as_what_it_was() {
        let text = "a \"b\" \\ \u{7}\n\u{7f} é";
        let document = format!("x = {}\n", toml_quote(text));
        let document = super::super::TomlDocument::parse("f", document.as_bytes()).unwrap();
        assert_eq!(document.root().string_value("x").unwrap().value, text);
    }

    #[test]
    fn a_suggestion_is_near_or_it_is_the_list() {
        let known = ["severity", "regex", "id"];
        assert_eq!(suggest_known("regexp", &known), "did you mean `regex`?");
        assert_eq!(
            suggest_known("sevreity", &known),
            "did you mean `severity`?"
        );
        assert_eq!(
            suggest_known("colour", &known),
            "write one of: severity, regex, id"
        );
        // The cost grows with the product of the lengths.
        let list = "write one of: severity, regex, id";
        assert_eq!(suggest_known(&"x".repeat(1 << 20), &known), list);
    }
}
