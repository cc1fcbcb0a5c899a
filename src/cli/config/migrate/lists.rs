//! Lists without a form of their own: expressions for paths, one a line, as trufflehog's `--exclude-paths` takes them,
//! and lists of accepted findings, which are for `baseline import`.

use super::MigratedConfig;
use crate::cli::kingfisher_baseline::read_accepted_places;
use crate::import::is_kingfisher_baseline;
use crate::message::count_noun;

impl MigratedConfig {
    /// Names the accepted findings of a `.gitleaksignore` or of a baseline of kingfisher; false if this is neither.
    pub(super) fn add_acceptances(&mut self, name: &str, text: &str) -> bool {
        let lines = read_lines(text);
        let count = if is_kingfisher_baseline(text.as_bytes()) {
            read_accepted_places(text).len()
        } else if lines.iter().all(|line| is_fingerprint(line)) {
            lines.len()
        } else {
            0
        };
        if count > 0 {
            let findings = count_noun(count as u64, "finding");
            self.left.push(format!(
                "the {findings} that it accepts: `tokensweep baseline import {name}`"
            ));
        }
        count > 0
    }

    /// Accepts the paths of a list of expressions; false if a line is none.
    pub(super) fn add_path_list(&mut self, name: &str, text: &str) -> bool {
        let lines = read_lines(text);
        let is_word = |line: &&str| !line.contains(char::is_whitespace) && !line.contains('=');
        let is_path = |line: &&str| line.contains(['/', '\\', '.', '*', '^', '$']);
        if !lines.iter().all(is_word) || !lines.iter().any(is_path) {
            return false;
        }
        let expressions: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        self.add_path_rules(&expressions, &[], &format!("excluded in {name}"));
        true
    }
}

/// Returns the lines that are neither empty nor comments.
fn read_lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Returns true for `file:rule:line`, with or without a commit before it.
fn is_fingerprint(line: &str) -> bool {
    let parts: Vec<&str> = line.split(':').collect();
    matches!(parts[..], [.., _, rule, number]
        if !rule.is_empty() && !rule.contains(['/', ' ', '"']) && number.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::super::tests::migrated;

    #[test]
    fn expressions_for_paths_are_accepted_paths() {
        let said = migrated("# trufflehog\n\\.md$\n^test/\nvendor/\n.*\n[bad(\n");
        assert!(
            said.contains("path-regex = [\"\\\\.md$\", \"^test/\", \"vendor/\"]\nreason = \"excluded in other\"\n"),
            "{said}"
        );
        assert!(
            said.contains("# - the path `.*`, which would accept every file"),
            "{said}"
        );
        assert!(said.contains("# - the path `[bad(`"), "{said}");
    }

    #[test]
    fn accepted_findings_are_for_the_baseline() {
        for (text, count) in [
            ("# old\na/b.env:github-pat:7\n0123abcd:c.env:npm:9\n", 2),
            (
                "ExactFindings:\n  matches:\n  - filepath: a\n    fingerprint: '1'\n    linenum: 7\n",
                1,
            ),
        ] {
            let said = migrated(text);
            let noun = if count == 1 { "finding" } else { "findings" };
            let line = format!(
                "# - the {count} {noun} that it accepts: `tokensweep baseline import other`\n"
            );
            assert!(said.contains(&line), "{said}");
        }
    }
}
