//! Baselines of kingfisher: the places of the findings that it accepts. Version 1 is one list, version 2 has a list for
//! each repository.

use super::flat_yaml::{parse_flat_yaml, unquote};

/// Returns the paths and lines of the accepted findings, in their order.
pub(super) fn read_accepted_places(text: &str) -> Vec<(String, u64)> {
    let mut places = Vec::new();
    for item in parse_flat_yaml(text) {
        let mut path = None;
        for (key, value) in item.fields {
            match key.as_str() {
                "filepath" => path = Some(value),
                // The first key of a finding in the list of its repository.
                "findings" => path = value.strip_prefix("path: ").map(unquote),
                "linenum" | "line" => places.extend(path.clone().zip(value.parse().ok())),
                _ => {}
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_both_versions_are_read() {
        let one = "ExactFindings:\n  matches:\n  - filepath: a/b.env\n    fingerprint: '12'\n    linenum: 7\n  \
                   - filepath: 'c d'\n    fingerprint: '13'\n    linenum: 8\n";
        let finding = |path: &str, line: u64| {
            format!("  - path: {path}\n    fingerprint: '12'\n    rule_id: x\n    line: {line}\n")
        };
        let two = format!(
            "version: 2\nfingerprint_algorithm: kingfisher-v1\nrepositories:\n- id: local:///x\n  findings:\n{}{}\
             - id: local:///y\n  findings:\n{}",
            finding("a/b.env", 7),
            finding("'c d'", 8),
            finding("e", 9)
        );
        let place = |path: &str, line| (path.to_owned(), line);
        let places = [place("a/b.env", 7), place("c d", 8), place("e", 9)];
        assert_eq!(read_accepted_places(one), places[..2]);
        assert_eq!(read_accepted_places(&two), places);
    }
}
