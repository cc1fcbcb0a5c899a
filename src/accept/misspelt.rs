//! Comments that look like an acceptance and are none: misspelt ones, and those of other scanners.

use strsim::osa_distance;

use super::comment::{OTHERS, OWN};

/// Name of the program in its comments.
const NAME: &str = "tokensweep";

/// Words behind the name that somebody may write to accept a finding.
const VERBS: [&str; 6] = ["allow", "ignore", "skip", "disable", "off", "noqa"];

/// Maximum number of edits of a misspelt word.
const EDITS: usize = 2;

/// Returns a sentence about a comment on this line that accepts nothing, although it looks as if it should.
#[must_use]
pub(crate) fn explain_unread_comment(line: &str) -> Option<String> {
    let own = OWN.0;
    if line.contains(own) {
        return None;
    }
    if let Some(written) = find_misspelt(line) {
        return Some(format!("`{written}` accepts nothing; write `{own}`"));
    }
    let other = OTHERS.iter().map(|(words, _)| *words);
    let found = other
        .filter(|words| line.contains(words))
        .max_by_key(|words| words.len())?;
    Some(format!(
        "`{found}` counts only with `compat-comments = true` in the configuration; `{own}` always does"
    ))
}

/// Returns the words of a comment with the name of the program and a verb beside it, as they are written.
fn find_misspelt(line: &str) -> Option<&str> {
    let lower = line.to_ascii_lowercase();
    lower.match_indices(NAME).find_map(|(start, _)| {
        let behind = start + NAME.len();
        let rest = &lower[behind..];
        let gap = rest.len() - rest.trim_start_matches([' ', ':', '-', '_', '=']).len();
        let verb = &rest[gap..];
        let end = verb
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(verb.len());
        let verb = &verb[..end];
        let is_close = |known: &&str| osa_distance(known, verb) <= EDITS.min(known.len() / 2);
        let is_verb = gap <= 3 && gap > 0 && VERBS.iter().any(is_close);
        // The words around a region, where they are written as they must be.
        let is_region = line[start..].starts_with("tokensweep:off");
        (is_verb && !is_region).then(|| &line[start..behind + gap + end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_comment_is_told_with_the_right_words() {
        for (line, written) in [
            ("t = 'x' # tokensweep: allow dummy", "tokensweep: allow"),
            ("t = 'x' // tokensweep:alow", "tokensweep:alow"),
            ("t = 'x' // TokenSweep:Allow", "TokenSweep:Allow"),
            ("t = 'x' /* tokensweep-ignore */", "tokensweep-ignore"),
            ("t = 'x' # tokensweep:ignore", "tokensweep:ignore"),
        ] {
            let expected = format!("`{written}` accepts nothing; write `tokensweep:allow`");
            assert_eq!(explain_unread_comment(line), Some(expected), "{line}");
        }
        for line in [
            "t = 'x' # tokensweep:allow(github-pat) dummy",
            "x = 1 # tokensweep:off",
            "x = 1 # tokensweep:on",
            "run: tokensweep scan .",
            "tokensweep: 1 leak",
            "tokensweep",
            "é tokensweep ",
        ] {
            assert_eq!(explain_unread_comment(line), None, "{line}");
        }
    }

    #[test]
    fn comments_of_other_scanners_are_told_with_the_setting_that_reads_them() {
        for words in ["gitleaks:allow", "pragma: allowlist secret", "ggignore"] {
            let said = explain_unread_comment(&format!("t = 'x' # {words}")).unwrap();
            assert!(
                said.starts_with(&format!("`{words}` counts only with")),
                "{said}"
            );
        }
    }
}
