//! Interactive part of `baseline create --interactive`: asks for the status of each finding.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use crate::accept::EntryStatus;
use crate::finding::{Finding, SecretFragments};
use crate::message::portable_path;
use crate::report::escape_control;

/// Answer to a question, and its meaning.
enum Answer {
    /// The finding may stay, with this status.
    Is(EntryStatus),
    /// The finding is left out of the baseline.
    LeaveOut,
    /// The questions end.
    Stop,
}

const CHOICES: &str =
    "  [a]ccept, [f]alse positive, [r]evoked, [t]est dummy, [l]eave it out, [q]uit? ";

/// Asks once about each secret, in the order of the findings. Returns the accepted findings with their statuses.
pub(super) fn ask_about_all<'f>(
    findings: &[&'f Finding],
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<Vec<(&'f Finding, EntryStatus)>> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        *places.entry(&finding.fingerprint).or_default() += 1;
    }
    let secrets = places.len();
    let fragments = SecretFragments::of_secrets(findings.iter().map(|f| &f.secret));
    let mut asked = 0;
    let mut answers = Vec::new();
    for finding in findings {
        // The first place of a secret removes its count; the other places are the same question.
        let Some(count) = places.remove(finding.fingerprint.as_str()) else {
            continue;
        };
        asked += 1;
        let about = describe_finding(finding, count);
        write!(out, "[{asked}/{secrets}] {}", fragments.mask_in(&about))?;
        match read_answer(input, out)? {
            Answer::Is(status) => answers.push((*finding, status)),
            Answer::LeaveOut => {}
            Answer::Stop => break,
        }
    }
    Ok(answers)
}

/// Returns a description of a finding and its line, with the secrets masked.
fn describe_finding(finding: &Finding, places: usize) -> String {
    let mut text = format!(
        "{}:{}: {} {} ({})",
        portable_path(&finding.path),
        finding.start.line,
        finding.title,
        finding.secret.masked(),
        finding.confidence.name()
    );
    match places {
        0 | 1 => {}
        2 => text.push_str(", and in 1 other place"),
        n => text.push_str(&format!(", and in {} other places", n - 1)),
    }
    let mut text = escape_control(&text).into_owned() + "\n";
    for line in &finding.snippet.lines {
        text.push_str(&format!("  | {}\n", escape_control(&line.text)));
    }
    text
}

/// Reads one answer. Asks again after an invalid one, and stops at the end of the input.
fn read_answer(input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<Answer> {
    loop {
        out.write_all(CHOICES.as_bytes())?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(Answer::Stop);
        }
        return Ok(match line.trim() {
            "a" => Answer::Is(EntryStatus::Accepted),
            "f" => Answer::Is(EntryStatus::FalsePositive),
            "r" => Answer::Is(EntryStatus::Revoked),
            "t" => Answer::Is(EntryStatus::Test),
            "l" => Answer::LeaveOut,
            "q" => Answer::Stop,
            _ => {
                writeln!(out, "  Answer with one of the letters in brackets.")?;
                continue;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scan::Scanner;
    use crate::token::{Mint, Shape};

    /// Returns the accepted lines with their statuses, and the output, after these answers to questions about three
    /// secrets, one of them in two places.
    fn after(answers: &str) -> (Vec<(u64, &'static str)>, String) {
        let mut mint = Mint::new(12);
        let [a, b, c] = [(); 3].map(|()| String::from_utf8(mint.new_token(Shape::Ghp)).unwrap());
        let text = format!("A={a}\nB={b}\nA2={a}\nC={c}\n");
        let scanner = Scanner::default();
        let findings = scanner.scan_text(text.as_bytes(), Path::new("./x.env"));
        assert_eq!(findings.len(), 4);
        let findings: Vec<&Finding> = findings.iter().collect();
        let mut said = Vec::new();
        let answers = ask_about_all(&findings, &mut answers.as_bytes(), &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        for token in [a, b, c] {
            assert!(!said.contains(&token[..12]), "{said}");
        }
        let answers = answers.iter().map(|(f, s)| (f.start.line, s.name()));
        (answers.collect(), said)
    }

    #[test]
    fn each_secret_is_asked_for_once_and_the_answer_is_its_status() {
        let (answers, said) = after("t\nl\nr\n");
        assert_eq!(answers, [(1, "test"), (4, "revoked")]);
        assert_eq!(said.matches(CHOICES).count(), 3, "{said}");
        let head = "[1/3] x.env:1: GitHub personal access token (classic) ghp_";
        assert!(said.starts_with(head), "{said}");
        assert!(
            said.contains("(certain), and in 1 other place\n  | A=ghp_"),
            "{said}"
        );
        assert!(said.contains("[3/3] x.env:4: "), "{said}");
    }

    #[test]
    fn what_is_no_answer_is_asked_again_and_quitting_keeps_what_was_said() {
        let (answers, said) = after("yes\n\na\nq\n");
        assert_eq!(answers, [(1, "accepted")]);
        assert_eq!(said.matches("one of the letters").count(), 2, "{said}");
        assert!(!said.contains("[3/3]"), "{said}");
        assert_eq!(
            after("f\n").0,
            [(1, "false-positive")],
            "the end of the input is the end"
        );
    }
}
