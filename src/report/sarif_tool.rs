//! Parts of SARIF that describe the tool, its rules and the repository that was scanned.

use serde_json::{Value, json};

use super::links::page_address;
use super::{ReportOptions, words};
use crate::finding::Severity;
use crate::rule::Rule;

/// Returns the description of this program; `page` is the address of its project, if that is known.
pub(super) fn build_driver(rules: &[&Rule], page: &str) -> Value {
    let mut driver = json!({
        "name": words::TOOL,
        "version": words::VERSION,
        "semanticVersion": words::VERSION,
        "rules": rules.iter().map(|r| rule_descriptor(r)).collect::<Vec<_>>(),
    });
    if !page.is_empty() {
        driver["informationUri"] = json!(page);
    }
    driver
}

/// Returns the repository that was scanned, with its commit and branch. `None` without a commit, and without the address
/// of a remote, which the form requires.
pub(super) fn describe_revision(options: &ReportOptions<'_>) -> Option<Value> {
    let mut details = json!({
        "repositoryUri": page_address(options.remote?)?,
        "revisionId": options.revision?,
    });
    if let Some(branch) = options.branch {
        details["branch"] = json!(branch);
    }
    Some(details)
}

fn rule_descriptor(rule: &Rule) -> Value {
    let help = format!("{}\n\nDo first: {}", rule.why, rule.revoke);
    let markdown = format!("{}\n\n**Do first:** {}", rule.why, rule.revoke);
    let full = if rule.why.is_empty() {
        &*rule.title
    } else {
        &rule.why
    };
    let mut value = json!({
        "id": rule.id,
        "name": camel_case(&rule.id),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": full},
        "help": {"text": help, "markdown": markdown},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": ["security", "secret"],
            "precision": "high",
            "security-severity": security_severity(rule.severity),
        },
    });
    if let Some(reference) = rule.references.first() {
        value["helpUri"] = json!(reference);
    }
    value
}

/// Returns `github-pat` as `GithubPat`, the form that viewers expect of a rule's name.
fn camel_case(id: &str) -> String {
    id.split('-')
        .filter_map(|word| {
            let (first, rest) = word.split_at_checked(1)?;
            Some(first.to_uppercase() + rest)
        })
        .collect()
}

pub(super) fn level(severity: Severity) -> &'static str {
    severity.name()
}

/// Returns the severity on GitHub's scale from 0 to 10: over 9 is critical, from 4 on medium, below that low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "9.5",
        Severity::Warning => "6.0",
        Severity::Note => "1.0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_project_is_named_where_it_is_known() {
        assert!(build_driver(&[], "")["informationUri"].is_null());
        let page = "https://forge.example/tokensweep";
        assert_eq!(build_driver(&[], page)["informationUri"], page);
    }
}
