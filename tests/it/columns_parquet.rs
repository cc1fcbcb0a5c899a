//! Columns of Parquet files. `tests/columns.py` does the same with files that other programs have written.

use crate::columns::{expected, placed, texts, token};
use crate::env::Env;
use crate::parquet::{Codec, Form, write};

const FORM: Form = Form {
    codec: Codec::Plain,
    dictionary: false,
    second: false,
    group: 100,
    page: 30,
};

fn forms() -> Vec<Form> {
    let mut forms = Vec::new();
    for codec in [Codec::Plain, Codec::Snappy, Codec::Gzip, Codec::Zstd] {
        for (dictionary, second) in [(false, false), (true, false), (false, true), (true, true)] {
            forms.push(Form {
                codec,
                dictionary,
                second,
                ..FORM
            });
        }
    }
    forms
}

/// Returns a part of the texts, as each form of a file is scanned with them.
fn some_texts() -> Vec<String> {
    texts().into_iter().step_by(6).collect()
}

const SCAN: &str = "--min-confidence low --format json --accept-nothing";

#[test]
fn every_row_has_the_findings_of_its_text_alone() {
    let env = Env::new();
    let texts = some_texts();
    let rows: Vec<Option<&str>> = texts.iter().map(|text| Some(&**text)).collect();
    let wanted = expected(&texts, "rows.parquet", "text");
    for form in forms() {
        env.write("rows.parquet", write(&[("text", rows.clone())], form));
        let run = env
            .run(&format!("scan rows.parquet --column text {SCAN}"))
            .expect(1);
        assert_eq!(placed(&run), wanted, "{form:?}");
    }
}

#[test]
fn a_missing_value_is_a_row_and_columns_are_chosen() {
    let env = Env::new();
    let (one, two) = (token(1), token(2));
    let columns = [
        ("text", vec![None, Some(&*one), None, Some("x")]),
        ("note", vec![Some(&*two), Some("y"), None, Some(&*two)]),
    ];
    env.write("rows.parquet", write(&columns, Form { group: 2, ..FORM }));
    let places = |args: &str| -> Vec<String> {
        let run = env
            .run(&format!("scan rows.parquet {args} --format json"))
            .expect(1);
        placed(&run).into_iter().map(|(place, _)| place).collect()
    };
    assert_eq!(places("--column text"), ["row 2 column \"text\""]);
    assert_eq!(
        places("--column note --column text"),
        [
            "row 1 column \"note\"",
            "row 2 column \"text\"",
            "row 4 column \"note\""
        ]
    );
    let run = env.run("scan rows.parquet --column id").expect(2);
    run.says("the column `id` is a number, not a text");
    let run = env.run("scan rows.parquet --column body").expect(2);
    run.says("it has no column `body`; its columns are id, note, text");
    let run = env.run_with("scan - --column text", b"PAR1 and so on");
    run.expect(2).says("Parquet is read from a file");
}

#[test]
fn a_damaged_page_loses_its_rows_only() {
    let env = Env::new();
    let tokens: Vec<String> = (0..40).map(token).collect();
    let rows: Vec<Option<&str>> = tokens.iter().map(|token| Some(&**token)).collect();
    let form = Form {
        codec: Codec::Gzip,
        group: 10,
        page: 5,
        ..FORM
    };
    let whole = write(&[("text", rows)], form);
    // Of the second page of the second row group, the rest of its bytes is damaged.
    let pages: Vec<usize> = whole
        .windows(3)
        .enumerate()
        .filter(|(_, w)| *w == [0x1f, 0x8b, 8])
        .map(|(at, _)| at)
        .collect();
    assert_eq!(pages.len(), 8);
    let mut damaged = whole.clone();
    damaged[pages[3] + 12..pages[3] + 40].fill(0xff);
    env.write("rows.parquet", damaged);
    let run = env
        .run("scan rows.parquet --column text --format json")
        .expect(2);
    run.says("the column `text` was not read from row 16 to row 20: ");
    assert_eq!(run.findings().len(), 35);

    for len in [0, 3, 11, whole.len() / 2, whole.len() - 1] {
        env.write("cut.parquet", &whole[..len.max(4)]);
        let run = env.run("scan cut.parquet --column text").expect(2);
        run.says("does not end as Parquet does");
    }
}

#[test]
fn no_change_of_a_byte_makes_the_program_fail() {
    let env = Env::new();
    let token = token(3);
    let rows = vec![Some(&*token), None, Some("x"), Some(&*token)];
    let form = Form {
        dictionary: true,
        codec: Codec::Snappy,
        ..FORM
    };
    let whole = write(&[("text", rows)], form);
    for step in 0..24 {
        let mut changed = whole.clone();
        for at in (step..whole.len()).step_by(24) {
            changed[at] ^= 1 << (at % 8);
        }
        // One damaged file a byte would be slow to start a program for; so each has several damaged bytes.
        env.write(&format!("changed/{step}.parquet"), changed);
        let mut one = whole.clone();
        let at = whole.len() - 9 - step * 7;
        one[at] ^= 0x55;
        env.write(&format!("changed/one-{step}.parquet"), one);
    }
    let mut command = env.command();
    command.args(["scan", "--column", "text", "--quiet"]);
    for file in std::fs::read_dir(env.root().join("changed")).unwrap() {
        command.arg(file.unwrap().path());
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_copy_has_the_same_rows_without_the_secrets() {
    let env = Env::new();
    let texts = some_texts();
    let rows: Vec<Option<&str>> = texts.iter().map(|text| Some(&**text)).collect();
    let other: Vec<Option<&str>> = texts.iter().map(|_| Some("another column")).collect();
    for (number, form) in forms().into_iter().enumerate() {
        let columns = [("text", rows.clone()), ("other", other.clone())];
        env.write("rows.parquet", write(&columns, form));
        let out = format!("out{number}");
        let options = "--column text --min-confidence low --mask template=GONE{id}";
        let run = env.run(&format!(
            "redact rows.parquet {options} --output-dir {out} -q --include-accepted"
        ));
        assert_eq!(run.code, 0, "{form:?} {run:?}");
        let copy = std::fs::read(env.root().join(&out).join("rows.parquet")).unwrap();
        let scan = env.run(&format!(
            "scan {out}/rows.parquet --column text --column other {SCAN}"
        ));
        assert_eq!(scan.expect(0).findings().len(), 0, "{form:?}");
        for text in &texts {
            for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                let is_token = word.len() == 40 && word.starts_with("gh");
                let found = memchr::memmem::find(&copy, word.as_bytes());
                assert!(!is_token || found.is_none(), "{form:?}");
            }
        }
    }
}

#[test]
fn a_copy_without_secrets_is_as_it_was() {
    let env = Env::new();
    let rows: Vec<Option<&str>> = (0..50)
        .map(|n| (n % 3 > 0).then_some("some text"))
        .collect();
    for (number, form) in forms().into_iter().enumerate() {
        env.write("rows.parquet", write(&[("text", rows.clone())], form));
        let options = format!("--column text --output-dir out{number} -q");
        env.run(&format!("redact rows.parquet {options}")).expect(0);
        // The statistics of pages and the sizes change, so it is the rows that are compared: by another copy.
        let again = format!("--column text --output-dir again{number} -q");
        env.run(&format!("redact out{number}/rows.parquet {again}"))
            .expect(0);
        let read =
            |folder: &str| std::fs::read(env.root().join(folder).join("rows.parquet")).unwrap();
        assert_eq!(
            read(&format!("out{number}")),
            read(&format!("again{number}"))
        );
    }
}
