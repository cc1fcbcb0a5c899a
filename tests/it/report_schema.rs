//! The JSON schema of reports: it describes what is written, and what was once written stays.

use regex::Regex;
use serde_json::{Value, json};
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::git::git_out;

/// Fields of version 1 as they were first written down.
const FIRST: &str = include_str!("../fixtures/report-schema-1.json");

/// Validator of the keywords that our schema uses. Any other keyword fails the test.
struct Validator<'s> {
    root: &'s Value,
    /// True if a field that the schema does not describe is a mistake.
    is_strict: bool,
    mistakes: Vec<String>,
}

impl<'s> Validator<'s> {
    fn mistakes_in(root: &'s Value, is_strict: bool, report: &Value) -> Vec<String> {
        let mut validator = Validator {
            root,
            is_strict,
            mistakes: Vec::new(),
        };
        validator.check(root, report, "report");
        validator.mistakes
    }

    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        for (keyword, wanted) in schema.as_object().unwrap() {
            let holds = match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" => true,
                "$ref" => {
                    let name = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                    self.check(self.root.pointer(name).unwrap(), value, at);
                    true
                }
                "type" => has_type(value, wanted.as_str().unwrap()),
                "const" => value == wanted,
                "enum" => wanted.as_array().unwrap().contains(value),
                "minimum" => value.as_f64().is_none_or(|n| Some(n) >= wanted.as_f64()),
                "pattern" => {
                    let pattern = Regex::new(wanted.as_str().unwrap()).unwrap();
                    value.as_str().is_some_and(|text| pattern.is_match(text))
                }
                "required" => {
                    let mut names = wanted.as_array().unwrap().iter();
                    names.all(|name| value.get(name.as_str().unwrap()).is_some())
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}[{index}]"));
                    }
                    true
                }
                "properties" | "additionalProperties" => {
                    self.check_fields(schema, value, at, keyword == "properties");
                    true
                }
                unknown => panic!("the test does not know the keyword {unknown}"),
            };
            if !holds {
                self.mistakes.push(format!("{at}: {keyword} {wanted}"));
            }
        }
    }

    fn check_fields(&mut self, schema: &Value, value: &Value, at: &str, are_named: bool) {
        for (name, field) in value.as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            match (
                schema["properties"].get(name),
                schema.get("additionalProperties"),
            ) {
                (Some(wanted), _) if are_named => self.check(wanted, field, &at),
                (None, Some(wanted)) if !are_named => self.check(wanted, field, &at),
                (None, None) if self.is_strict => {
                    self.mistakes.push(format!("{at} is not described"))
                }
                _ => {}
            }
        }
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        other => panic!("no type {other}"),
    }
}

fn schema() -> Value {
    Env::new().run("config schema --report").expect(0).json()
}

/// Reports that together contain every field.
fn reports() -> Vec<Run> {
    let env = Env::new();
    let mut mint = Mint::new(44);
    let mut token = || String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
    let [first, second] = [token(), token()];
    git_out(env.root(), &["init", "-q"]);
    env.write("a.env", format!("T={first}\n"));
    env.write("copy.env", format!("T={first}\n"));
    env.write("b.sh", format!("T={second} # tokensweep:allow a dummy\n"));
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-q", "-m", "one"]);
    env.write(
        "b.sh",
        format!("#\nT={second} # tokensweep:allow a dummy\n"),
    );
    git_out(env.root(), &["commit", "-q", "-a", "-m", "two"]);
    for number in 0..25 {
        git_out(env.root(), &["branch", &format!("b{number:02}")]);
    }
    let history = env.run("scan --history --format json").expect(1);
    env.write("history.json", &history.stdout);
    let other = json!([{"RuleID": "aws", "File": "gone", "StartLine": 1, "Secret": ""}]);
    env.write("other.json", other.to_string());
    vec![
        env.run("scan . missing --format json").expect(2),
        env.run("scan . --format json --show-secrets").expect(1),
        env.run("view history.json other.json --format json")
            .expect(1),
        history,
    ]
}

#[test]
fn reports_are_as_the_schema_describes_them() {
    let schema = schema();
    for report in reports() {
        let report = report.json();
        let mistakes = Validator::mistakes_in(&schema, true, &report);
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        // What the schema requires is missed.
        let mut wrong = report.clone();
        wrong["findings"][0]
            .as_object_mut()
            .unwrap()
            .remove("fingerprint");
        wrong["findings"][0]["line"] = json!(0);
        wrong["findings"][0]["origin"]["kind"] = json!("paper");
        wrong["scan"]["files"] = json!("many");
        assert_eq!(Validator::mistakes_in(&schema, true, &wrong).len(), 4);
    }
}

#[test]
fn lines_of_jsonl_are_findings_and_the_rest_of_the_document() {
    let (env, schema) = (Env::new(), schema());
    let token = String::from_utf8(Mint::new(45).new_token(Shape::Npm)).unwrap();
    env.write("a.env", format!("T={token}\n"));
    let text = env.run("scan a.env --format jsonl").expect(1).stdout;
    let lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let [finding, rest] = &lines[..] else {
        panic!("{text}");
    };
    let mut document = rest.clone();
    document["findings"] = json!([finding]);
    let mistakes = Validator::mistakes_in(&schema, true, &document);
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn every_field_of_the_schema_says_what_it_means() {
    fn collect_silent(schema: &Value, at: &str, silent: &mut Vec<String>) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            if field.get("$ref").is_none() && !field["description"].is_string() {
                silent.push(at.clone());
            }
            collect_silent(field, &at, silent);
            collect_silent(&field["items"], &at, silent);
        }
    }
    let schema = schema();
    let mut silent = Vec::new();
    collect_silent(&schema, "report", &mut silent);
    for (name, part) in schema["$defs"].as_object().unwrap() {
        assert!(part["description"].is_string(), "{name}");
        collect_silent(part, name, &mut silent);
    }
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn a_reader_of_the_first_reports_reads_those_of_today() {
    let first: Value = serde_json::from_str(FIRST).unwrap();
    for report in reports() {
        let mistakes = Validator::mistakes_in(&first, false, &report.json());
        assert!(mistakes.is_empty(), "{mistakes:#?}");
    }
    // A field may get more values, but it may neither go nor change its type.
    fn collect_lost(first: &Value, now: &Value, at: &str, lost: &mut Vec<String>) {
        for (name, field) in first["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            let (before, after) = (field, &now["properties"][name]);
            let same = |key: &str| before[key] == after[key];
            if after.is_null() || !same("type") || !same("$ref") || !same("const") {
                lost.push(at.clone());
            }
            collect_lost(before, after, &at, lost);
            collect_lost(&before["items"], &after["items"], &at, lost);
        }
        for name in first["required"].as_array().into_iter().flatten() {
            if !now["required"]
                .as_array()
                .is_some_and(|all| all.contains(name))
            {
                lost.push(format!("{at}: {name} is no longer required"));
            }
        }
    }
    let now = schema();
    let mut lost = Vec::new();
    collect_lost(&first, &now, "report", &mut lost);
    for (name, part) in first["$defs"].as_object().unwrap() {
        collect_lost(part, &now["$defs"][name], name, &mut lost);
    }
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn refs_and_authors_are_data() {
    let reports = reports();
    let history = reports.last().unwrap();
    let origin = &history.findings()[0]["origin"];
    let refs = origin["refs"].as_array().unwrap();
    // 25 branches, the one that is checked out, and HEAD.
    assert_eq!((refs.len(), &origin["refs_left_out"]), (20, &json!(7)));
    let is_name = |name: &Value| !name.as_str().unwrap().contains(' ');
    assert!(refs.iter().all(is_name), "{refs:?}");
    let author = format!(
        "{} <{}>",
        origin["author_name"].as_str().unwrap(),
        origin["author_email"].as_str().unwrap()
    );
    assert_eq!(origin["author"], json!(author));
}
