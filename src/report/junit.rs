//! JUnit XML: a finding is a failed test, an accepted one a skipped test, an unreadable source an error. Only
//! elements of the Jenkins schema (`junit-10.xsd`) are written.

use std::collections::HashMap;
use std::io::{self, Write};

use super::ReportOptions;
use super::provenance::short_commit;
use super::words;
use super::xml::escape;
use crate::finding::{Finding, FindingStatus, Outcome};
use crate::message::portable_path;

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let trouble: Vec<_> = outcome.trouble_skips().collect();
    let [open, accepted, old] = words::status_counts(outcome);
    let tests = (outcome.findings.len() + trouble.len()).max(1);
    let seconds = outcome.elapsed.as_secs_f64();
    let counts = format!(
        "tests=\"{tests}\" failures=\"{open}\" errors=\"{}\" time=\"{seconds:.3}\"",
        trouble.len()
    );
    let skipped = accepted + old;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"tokensweep\" {counts}>")?;
    writeln!(
        out,
        "  <testsuite name=\"tokensweep\" {counts} skipped=\"{skipped}\">"
    )?;
    let mut names = CaseNames::default();
    for finding in &outcome.findings {
        write_finding(finding, &mut names, out)?;
    }
    for skip in &trouble {
        let path = portable_path(&skip.path);
        let name = escape(&names.make_unique(&path, "scan".to_owned()));
        let (path, reason) = (escape(&path), escape(&skip.reason.to_string()));
        writeln!(
            out,
            "    <testcase classname=\"{path}\" name=\"{name}\" time=\"0\">\n      \
             <error message=\"not scanned: {reason}\" type=\"not-scanned\"/>\n    </testcase>"
        )?;
    }
    if outcome.findings.is_empty() && trouble.is_empty() {
        let read = escape(&words::describe_read(outcome));
        let found = escape(&words::nothing_found(outcome, options.rules));
        writeln!(
            out,
            "    <testcase classname=\"tokensweep\" name=\"{found} in {read}\" time=\"{seconds:.3}\"/>"
        )?;
    }
    let mut notes = outcome.notes.clone();
    let not_read = words::not_read(outcome);
    if !not_read.is_empty() {
        notes.push(format!("not read: {not_read}"));
    }
    if !notes.is_empty() {
        let notes = escape(&notes.join("\n"));
        writeln!(out, "    <system-out>{notes}</system-out>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// Names of test cases. Viewers join cases of one name in one class, or show only the last.
#[derive(Default)]
struct CaseNames {
    used: HashMap<(String, String), u64>,
}

impl CaseNames {
    /// Returns the name, with a number behind it if a case of this class has it already.
    fn make_unique(&mut self, class: &str, name: String) -> String {
        let count = self.used.entry((class.to_owned(), name.clone()));
        let count = count.or_insert(0);
        *count += 1;
        match *count {
            1 => name,
            n => self.make_unique(class, format!("{name} ({n})")),
        }
    }
}

fn write_finding(finding: &Finding, names: &mut CaseNames, out: &mut dyn Write) -> io::Result<()> {
    let path = words::full_path(finding);
    let commit = finding.origin.first_commit();
    let commit = commit.map_or_else(String::new, |id| format!(" in commit {}", short_commit(id)));
    let name = format!(
        "{} at line {}, column {}{}{commit}",
        finding.rule_id,
        finding.start.line,
        finding.start.column,
        words::place_in_brackets(finding)
    );
    let name = names.make_unique(&path, name);
    let (path, name) = (escape(&path), escape(&name));
    writeln!(
        out,
        "    <testcase classname=\"{path}\" name=\"{name}\" time=\"0\">"
    )?;
    let what = escape(&words::describe_finding(finding));
    if finding.status() == FindingStatus::Open {
        let body = format!(
            "{}:{}:{}{}\nDo first: {}\n{}\nfingerprint: {}",
            words::full_path(finding),
            finding.start.line,
            finding.start.column,
            words::place_in_brackets(finding),
            finding.remediation,
            words::how_to_accept(words::TO_ACCEPT, finding),
            finding.fingerprint
        );
        let kind = escape(&finding.rule_id);
        writeln!(
            out,
            "      <failure message=\"{what}\" type=\"{kind}\">{}</failure>",
            escape(&body)
        )?;
    } else {
        writeln!(out, "      <skipped message=\"{what}\"/>")?;
    }
    writeln!(out, "    </testcase>")
}

#[cfg(test)]
mod tests {
    use crate::finding::Outcome;
    use crate::report::{ReportFormat, samples};

    #[test]
    fn counts_are_those_of_the_cases() {
        let said = samples::report(ReportFormat::Junit, &samples::outcome(), 0);
        assert!(
            said.contains(
                "<testsuite name=\"tokensweep\" tests=\"6\" failures=\"3\" errors=\"1\" time=\"0.250\" skipped=\"2\">"
            ),
            "{said}"
        );
        for (tag, count) in [
            ("<testcase ", 6),
            ("<failure ", 3),
            ("<error ", 1),
            ("<skipped ", 2),
            ("</testcase>", 6),
            ("<system-out>a note&#10;not read: 1 link</system-out>", 1),
        ] {
            assert_eq!(said.matches(tag).count(), count, "{tag} in {said}");
        }
        assert!(said.contains("Do first: Revoke it now"), "{said}");
    }

    #[test]
    fn no_two_cases_have_one_name() {
        let mut outcome = samples::outcome();
        let one = outcome.findings[0].clone();
        let mut other = one.clone();
        samples::set_commit(&mut other, Some(false));
        outcome.findings = vec![one.clone(), one, other.clone(), other];
        outcome.skipped.push(outcome.skipped[1].clone());
        let said = samples::report(ReportFormat::Junit, &outcome, 0);
        let cases = said.lines().filter(|line| line.contains("<testcase "));
        let names: Vec<&str> = cases.collect();
        assert_eq!(names.len(), 6, "{said}");
        let unlike: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unlike.len(), names.len(), "{said}");
        for name in [
            "name=\"github-pat at line 3, column 7 (2)\"",
            "name=\"github-pat at line 3, column 7 in commit 0123456789ab\"",
            "name=\"scan (2)\"",
        ] {
            assert_eq!(said.matches(name).count(), 1, "{name} in {said}");
        }
        assert!(
            said.contains("It came in with commit 0123456789ab of 2024-03-01 by Ann Lee"),
            "{said}"
        );
    }

    #[test]
    fn a_clean_run_is_one_test_that_passes() {
        let outcome = Outcome {
            files: 12,
            ..Outcome::default()
        };
        let said = samples::report(ReportFormat::Junit, &outcome, 0);
        assert!(said.contains("tests=\"1\" failures=\"0\""), "{said}");
        assert!(
            said.contains("name=\"no GitHub or npm tokens found in 12 files\""),
            "{said}"
        );
    }
}
