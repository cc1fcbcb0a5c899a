//! Formatting for files and people: strings in TOML syntax, and suggestions for misspelled words.

use std::fmt::Write as _;

/// Returns a string in TOML syntax.
#[must_use]
pub fn toml_quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Returns "did you mean …?" if one of `known` is close to `word`, else the whole list.
#[must_use]
pub fn suggest_known(word: &str, known: &[&str]) -> String {
    let lower = word.to_lowercase().replace('_', "-");
    let nearest = known
        .iter()
        .map(|k| {
            (
                edit_distance(&lower, &k.to_lowercase()),
                edit_distance(word, k),
                k,
            )
        })
        .min();
    match nearest {
        Some((steps, _, name)) if steps <= 1 + name.len() / 4 => format!("did you mean `{name}`?"),
        _ => format!("write one of: {}", known.join(", ")),
    }
}

/// Returns the number of characters to insert, remove, change or swap with their neighbour to turn `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
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
        assert_eq!(edit_distance("abc", "acb"), 1);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
