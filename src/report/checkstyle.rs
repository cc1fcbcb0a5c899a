//! Checkstyle XML, which many code review tools read. Accepted findings are left out, pre-existing ones are `info`.

use std::io::{self, Write};

use super::words;
use super::xml::escape;
use crate::finding::{Finding, FindingStatus, Outcome, Severity};
use crate::message::portable_path;

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<checkstyle version=\"10.0\">")?;
    let shown: Vec<&Finding> = outcome
        .findings
        .iter()
        .filter(|f| f.status() != FindingStatus::Accepted)
        .collect();
    for same_file in shown.chunk_by(|a, b| a.path == b.path) {
        let path = portable_path(&same_file[0].path);
        writeln!(out, "  <file name=\"{}\">", escape(&path))?;
        for finding in same_file {
            let message = format!(
                "{}. Do first: {}",
                words::describe_in_file(finding),
                finding.remediation
            );
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"tokensweep.{}\"/>",
                finding.start.line,
                finding.start.column,
                severity_name(finding),
                escape(&message),
                escape(&finding.rule_id)
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    for skip in outcome.trouble_skips() {
        let path = escape(&portable_path(&skip.path));
        let message = escape(&format!("not scanned: {}", skip.reason));
        writeln!(
            out,
            "  <file name=\"{path}\">\n    <error line=\"1\" severity=\"error\" message=\"{message}\" \
             source=\"tokensweep.not-scanned\"/>\n  </file>"
        )?;
    }
    writeln!(out, "</checkstyle>")
}

fn severity_name(finding: &Finding) -> &'static str {
    match (finding.status(), finding.severity) {
        (FindingStatus::Open, Severity::Error) => "error",
        (FindingStatus::Open, Severity::Warning) => "warning",
        _ => "info",
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{ReportFormat, samples};

    #[test]
    fn each_file_has_its_errors_and_what_is_accepted_is_none() {
        let text = samples::report(ReportFormat::Checkstyle, &samples::outcome(), 0);
        assert!(
            text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=")
        );
        assert!(text.contains("<file name=\"src/a b&amp;.env\">\n    <error line=\"3\" column=\"7\" severity=\"error\" message=\"GitHub personal"), "{text}");
        assert!(text.contains("severity=\"info\""), "the pre-existing one");
        assert_eq!(text.matches("<error ").count(), 5, "{text}");
        assert_eq!(
            text.matches("<file ").count(),
            text.matches("</file>").count()
        );
        assert!(text.contains("not scanned: permission denied"), "{text}");
    }
}
