//! Tells the form of a report by its content, and reads it.

use serde_json::Value;

use super::reported::ImportedReport;
use super::{betterleaks, detect_secrets, gitleaks, kingfisher, own, sarif, trufflehog};

/// Sentence on what is read, for errors.
const KNOWN: &str = "JSON of tokensweep, gitleaks, betterleaks, trufflehog or kingfisher, SARIF, or a baseline of \
     detect-secrets";

/// Function that returns true for items of one kind.
type ItemTest = fn(&Value) -> bool;

/// Reads a report.
///
/// # Errors
/// Returns a sentence without any value of the report.
pub(crate) fn read_report(bytes: &[u8]) -> Result<ImportedReport, String> {
    let text = decode_text(bytes);
    if text.trim().is_empty() {
        return Err("it is empty; leave it out if its program found nothing".to_owned());
    }
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(items)) => read_list(&items),
        Ok(document) => read_object(document),
        Err(error) if error.line() < 2 && !text.trim_start().starts_with(['{', '[']) => {
            Err(format!("it is no JSON; a report is {KNOWN}"))
        }
        Err(whole) => read_items(&parse_lines(&text, &whole)?),
    }
}

/// Returns the text of a report. PowerShell writes the output of programs in UTF-16.
fn decode_text(bytes: &[u8]) -> String {
    let units = |from: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].as_chunks::<2>().0.iter();
        String::from_utf16_lossy(&pairs.map(|pair| from(*pair)).collect::<Vec<u16>>())
    };
    match bytes {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => {
            let text = String::from_utf8_lossy(bytes);
            text.trim_start_matches('\u{feff}').to_owned()
        }
    }
}

fn read_list(items: &[Value]) -> Result<ImportedReport, String> {
    if items.iter().all(gitleaks::is_finding) {
        return Ok(gitleaks::read_findings(items));
    }
    read_items(items)
}

fn read_object(document: Value) -> Result<ImportedReport, String> {
    if sarif::is_document(&document) {
        return sarif::read_document(&document);
    }
    if own::is_audit(&document) {
        return own::read_audit(&document);
    }
    let findings = document["findings"].as_array();
    if let Some(findings) = findings {
        if own::is_summary(&document) {
            return own::read_findings(findings, Some(&document));
        }
        if betterleaks::is_scan(&document) {
            return Ok(betterleaks::read_findings(findings, Some(&document)));
        }
        if kingfisher::is_scan(&document) {
            return Ok(kingfisher::read_findings(findings, &[&document]));
        }
    }
    if detect_secrets::is_baseline(&document) {
        return Ok(detect_secrets::read_baseline(&document));
    }
    read_items(&[document])
}

/// Parses a value from each line; `whole` is the error of the text as one document.
fn parse_lines(text: &str, whole: &serde_json::Error) -> Result<Vec<Value>, String> {
    let mut items = Vec::new();
    let lines = text.lines().enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(item) => items.push(item),
            // The first line of a document over several lines.
            Err(_) if items.is_empty() => {
                let (line, column) = (whole.line(), whole.column());
                let what = if whole.is_eof() {
                    "it ends in the middle of its JSON"
                } else {
                    "its JSON is wrong"
                };
                return Err(format!("{what} in line {line}, column {column}"));
            }
            Err(error) if error.is_eof() => {
                return Err(format!("line {} ends in the middle of its JSON", index + 1));
            }
            Err(_) => return Err(format!("line {} is no JSON", index + 1)),
        }
    }
    Ok(items)
}

/// Returns the items with the findings of each document among them as items of their own: a program may write a whole
/// document on a line, and a summary on the next one.
fn split_documents(items: &[Value]) -> Vec<Value> {
    let mut split = Vec::new();
    for item in items {
        let mut item = item.clone();
        if let Some(findings) = item.get_mut("findings").and_then(Value::as_array_mut) {
            split.append(findings);
        }
        split.push(item);
    }
    split
}

/// Reads findings of one program, and the objects that describe its scan.
fn read_items(items: &[Value]) -> Result<ImportedReport, String> {
    let items = &split_documents(items)[..];
    let reach_of = |is_one: &[ItemTest]| {
        let strange = |item| !is_one.iter().any(|is| is(item));
        items.iter().position(strange).unwrap_or(items.len())
    };
    let only = |is: ItemTest| items.iter().filter(move |item| is(item));
    let programs: [&[ItemTest]; 4] = [
        &[own::is_finding_line, own::is_summary],
        &[trufflehog::is_finding, trufflehog::is_log_line],
        &[kingfisher::is_finding, kingfisher::is_scan],
        &[betterleaks::is_finding, betterleaks::is_scan],
    ];
    // Number of items from the first one on that each program writes.
    let reach = programs.map(reach_of);
    let [ours, truffle, king, better] = reach.map(|count| count == items.len());
    if ours {
        return own::read_findings(
            only(own::is_finding_line),
            only(own::is_summary).next_back(),
        );
    }
    if truffle {
        return Ok(trufflehog::read_lines(items));
    }
    if king {
        let scans: Vec<&Value> = only(kingfisher::is_scan).collect();
        return Ok(kingfisher::read_findings(
            only(kingfisher::is_finding),
            &scans,
        ));
    }
    if better {
        let scan = only(betterleaks::is_scan).next_back();
        return Ok(betterleaks::read_findings(
            only(betterleaks::is_finding),
            scan,
        ));
    }
    let first = reach.into_iter().max().unwrap_or_default();
    Err(format!(
        "item {} is no finding of a known program; a report is {KNOWN}",
        first + 1
    ))
}
