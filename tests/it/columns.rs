//! Columns of JSON lines: every value is scanned by itself, with its row and column as place.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};
use tokensweep::internals::rule::example::ExampleFiller;
use tokensweep::internals::token::{Mint, Shape};
use tokensweep::{Confidence, Finding, Scanner};

use crate::env::{Env, Run};
use crate::pack;
use crate::parquet::zstd;

/// A fresh token.
pub(crate) fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

/// The texts of labelled cases, with fresh secrets in them.
pub(crate) fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut mint = Mint::new(19);
    let mut filler = ExampleFiller::new(&mut mint);
    let mut texts = Vec::new();
    for name in ["held-out.jsonl", "leaks.jsonl", "innocent.jsonl"] {
        let cases = std::fs::read_to_string(root.join(name)).unwrap();
        for line in cases.lines().take(150) {
            let case: Value = serde_json::from_str(line).unwrap();
            let text = filler.fill_text(case["text"].as_str().unwrap()).unwrap();
            texts.extend(String::from_utf8(text));
        }
    }
    texts
}

/// Returns the parts of a finding that do not depend on the file that its text was read from.
fn facts(rule: &str, confidence: &str, fingerprint: &str, start: u64, end: u64) -> String {
    format!("{rule} {confidence} {fingerprint} {start}..{end}")
}

/// Returns the findings of a scan of one text by itself.
pub(crate) fn alone(text: &str, path: &str) -> Vec<String> {
    let scanner = Scanner::builder().min_confidence(Confidence::Low).build();
    let findings = scanner.scan_text(text.as_bytes(), Path::new(path));
    let show = |f: &Finding| {
        let bytes = &f.bytes;
        facts(
            &f.rule_id,
            f.confidence.name(),
            &f.fingerprint,
            bytes.start,
            bytes.end,
        )
    };
    findings.iter().map(show).collect()
}

/// The findings of a JSON report, each with its place.
pub(crate) fn placed(run: &Run) -> Vec<(String, String)> {
    let show = |f: &Value| {
        let number = |key: &str| f[key].as_u64().unwrap();
        let text = |key: &str| f[key].as_str().unwrap();
        let facts = facts(
            text("rule_id"),
            text("confidence"),
            text("fingerprint"),
            number("byte_start"),
            number("byte_end"),
        );
        (f["origin"]["place"].as_str().unwrap().to_owned(), facts)
    };
    run.findings().iter().map(show).collect()
}

/// Returns the findings of each text by itself, with the place of its row.
pub(crate) fn expected(texts: &[String], path: &str, column: &str) -> Vec<(String, String)> {
    let mut expected = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let place = format!("row {} column \"{column}\"", row + 1);
        let found = alone(text, path).into_iter();
        expected.extend(found.map(|facts| (place.clone(), facts)));
    }
    expected
}

#[test]
fn every_row_has_the_findings_of_its_text_alone() {
    let env = Env::new();
    let texts = texts();
    let rows: Vec<String> = texts
        .iter()
        .map(|text| format!("{}\n", json!({"id": 7, "meta": {"text": text}})))
        .collect();
    let lines = rows.concat();
    env.write("rows.jsonl", &lines);
    env.write("rows.jsonl.gz", pack::gzip(lines.as_bytes()));
    env.write("rows.jsonl.zst", zstd(lines.as_bytes()));
    let options = "--column meta.text --min-confidence low --format json --accept-nothing";
    for path in ["rows.jsonl", "rows.jsonl.gz", "rows.jsonl.zst"] {
        let wanted = expected(&texts, path, "meta.text");
        assert!(wanted.len() > 200, "{}", wanted.len());
        let run = env.run(&format!("scan {path} {options}")).expect(1);
        assert_eq!(placed(&run), wanted, "{path}");
    }
    let run = env.run_with(
        &format!("scan - --stdin-filename rows.jsonl {options}"),
        lines.as_bytes(),
    );
    assert_eq!(placed(&run), expected(&texts, "rows.jsonl", "meta.text"));
}

#[test]
fn the_place_of_a_row_is_in_every_format() {
    let env = Env::new();
    let token = token(1);
    let rows = [
        json!({"text": "nothing"}),
        json!({"text": null, "turns": [{"words": "a"}, {"words": format!("é\nkey {token}")}]}),
    ];
    env.write("chat.jsonl", rows.map(|row| format!("{row}\n")).concat());
    let scan = "scan chat.jsonl --column text --column turns.words";
    let place = "row 2 column \"turns.words\" item 2";
    for format in tokensweep::ReportFormat::ALL {
        let name = format.name();
        let run = env.run(&format!("{scan} --format {name}"));
        if name == "html" {
            assert!(run.stdout.contains("row 2 column"), "{}", run.stdout);
            continue;
        }
        let shown = run.stdout.replace("\\\"", "\"").replace("\"\"", "\"");
        let shown = shown.replace("&quot;", "\"").replace("&#34;", "\"");
        assert!(shown.contains(place), "{name}: {}", run.stdout);
        assert!(!run.stdout.contains(&token), "{name}");
    }
    let found = env.run(&format!("{scan} --format json")).expect(1);
    let [found] = &found.findings()[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (found["line"].as_u64(), found["column"].as_u64()),
        (Some(2), Some(5))
    );
    assert_eq!(found["origin"]["member"], "chat.jsonl");
}

#[test]
fn what_is_damaged_is_named_and_the_rest_is_scanned() {
    let env = Env::new();
    let (one, two, three) = (token(1), token(2), token(3));
    env.write(
        "rows.jsonl",
        format!(
            "{{\"text\": \"{one}\"}}\n\n{{\"text\": \"{two}\n{{\"text\": 7}}\n{{\"text\": \"\\u0067{}\"}}",
            &three[1..]
        ),
    );
    let run = env
        .run("scan rows.jsonl --column text --format json")
        .expect(2);
    let places: Vec<String> = placed(&run).into_iter().map(|(place, _)| place).collect();
    assert_eq!(
        places,
        ["row 1 column \"text\"", "row 3", "row 5 column \"text\""]
    );
    run.says("rows.jsonl: row 3 is no JSON: it ends too early; it was scanned as a text");
    run.says("the column `text` is a number, not a text, in row 4\n");

    let mut packed = pack::gzip(format!("{{\"text\": \"{one}\"}}\n").repeat(5000).as_bytes());
    packed.truncate(packed.len() - 20);
    env.write("cut.jsonl.gz", packed);
    let run = env
        .run("scan cut.jsonl.gz --column text --format json")
        .expect(2);
    assert!(!run.findings().is_empty());
    run.says("rows were read");
}

#[test]
fn a_column_that_is_not_there_is_told_those_that_are() {
    let env = Env::new();
    let token = token(4);
    env.write(
        "rows.jsonl",
        format!("{{\"a\": \"x\", \"b\": {{\"c\": \"{token}\"}}}}\n"),
    );
    let run = env.run("scan rows.jsonl --column text").expect(2);
    run.says("rows.jsonl: it has no column `text`; its columns are a, b");
    let run = env
        .run("scan rows.jsonl --column text --column b.c")
        .expect(2);
    run.says("it has no column `text`");
    run.prints("1 leak");
    env.run("scan rows.jsonl --column b")
        .expect(2)
        .says("the column `b` is an object, not a text");
    env.write("text.txt", "plain text\n");
    env.run("scan text.txt --column a")
        .expect(2)
        .says("row 1 is no JSON object");
    env.run("scan . --column a")
        .expect(2)
        .says("a folder; with --column, name the files in it");
    env.run("scan none.jsonl --column a")
        .expect(2)
        .says("none.jsonl: no such file");
    env.run("scan --column a")
        .expect(2)
        .says("tokensweep scan --column NAME FILE");
    env.run("scan rows.jsonl --staged --column a")
        .expect(2)
        .says("not a repository");
    env.write("a.zip", "PK\x03\x04 and more");
    env.run("scan a.zip --column a")
        .expect(2)
        .says("it is a zip archive, which has no columns");
}

#[test]
fn a_copy_differs_in_the_secrets_only() {
    let env = Env::new();
    let (one, two) = (token(5), token(6));
    let line = |text: &str| {
        format!("{{ \"id\":1,\"text\" : \"{text}\\u00e9\\/\\ud83d\\ude00\",\"x\":\"{two}\"}}\r\n")
    };
    let lines = format!("\u{feff}{}{}\n{}", line("a"), line(&one), "{\"text\":null}");
    env.write("in/rows.jsonl", &lines);
    env.write("in/rows.jsonl.gz", pack::gzip(lines.as_bytes()));
    let run = env
        .run("redact in/rows.jsonl in/rows.jsonl.gz --column text --output-dir out --report report.json")
        .expect(0);
    run.says("2 secrets replaced in copies of 2 files in out");
    let copy = std::fs::read_to_string(env.root().join("out/rows.jsonl")).unwrap();
    let report = std::fs::read_to_string(env.root().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let replaced = &report["replaced"][0];
    assert_eq!(replaced["place"], "row 2 column \"text\"");
    let id = &replaced["fingerprint"].as_str().unwrap()[..8];
    let wanted = lines.replace(&one, &format!("REDACTED-github-pat-{id}"));
    assert_eq!(copy, wanted);
    let packed = std::fs::File::open(env.root().join("out/rows.jsonl.gz")).unwrap();
    let mut inflated = String::new();
    flate2::read::MultiGzDecoder::new(packed)
        .read_to_string(&mut inflated)
        .unwrap();
    assert_eq!(inflated, wanted);
    env.run("scan out/rows.jsonl out/rows.jsonl.gz --column text")
        .expect(0);
}

#[test]
fn a_value_of_which_a_part_is_not_read_is_named_with_its_copy() {
    let env = Env::new();
    let picture = data_encoding::BASE64.encode(&[&b"GIF89a"[..], &[0; 60]].concat());
    let mail = format!(
        "From: a@example.com\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: image/gif\n\
         Content-Transfer-Encoding: base64\n\n{picture}\n--B--\n"
    );
    let lines = format!("{}\n{}\n", json!({"text": token(8)}), json!({"text": mail}));
    env.write("in/rows.jsonl", lines);
    let run = env
        .run("redact in/rows.jsonl --column text --output-dir out --report report.json")
        .expect(2);
    run.says("in/rows.jsonl: row 2 column \"text\": a GIF image, not opened");
    run.says("1 secret replaced in copies of 1 file in out");
    let read = |path: &str| std::fs::read_to_string(env.root().join(path)).unwrap();
    assert!(read("out/rows.jsonl").ends_with(&format!("{}\n", json!({"text": mail}))));
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report["left_alone"].as_array().unwrap().len(), 1);
}

#[test]
fn a_copy_that_would_keep_a_secret_is_not_written() {
    let env = Env::new();
    let token = token(7);
    env.write(
        "in/rows.jsonl",
        format!("{{\"text\": \"{token}\"}}\n{{\"text\": \"{token}\n"),
    );
    let run = env
        .run("redact in/rows.jsonl --column text --output-dir out")
        .expect(2);
    run.says("in/rows.jsonl: not copied: row 2 is no JSON: it ends too early");
    assert_eq!(
        std::fs::read_dir(env.root().join("out")).unwrap().count(),
        0
    );
    env.run("redact in/rows.jsonl --column text")
        .expect(2)
        .says("--output-dir");
    env.run("redact - --column text --output-dir new")
        .expect(2)
        .says("files that are named");
}
