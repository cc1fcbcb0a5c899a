//! Binary files of compilers and programs whose strings stand in them as they are, and tables whose strings do not.

#![expect(clippy::print_stderr, reason = "a test that is left out says so")]

use std::process::Command;

use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;

fn tokens(seed: u64, count: usize) -> Vec<String> {
    let mut mint = Mint::new(seed);
    let mut next = || String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
    (0..count).map(|_| next()).collect()
}

/// Has Python write a file by this script, with the tokens as its arguments. Returns false if there is no Python.
fn write_by_python(env: &Env, script: &str, tokens: &[String]) -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", script]).args(tokens);
    let written = python.current_dir(env.root()).status();
    let is_written = written.is_ok_and(|status| status.success());
    if !is_written {
        eprintln!("python3 is not here, so what it writes is not tested");
    }
    is_written
}

/// Checks that the tokens are found in a file, each where its first byte stands, and that nothing was left out.
#[track_caller]
fn check_found(env: &Env, name: &str, wanted: &[(&str, usize)]) {
    let run = env.run(&format!("scan {name} --format json --show-secrets"));
    let run = run.expect(1);
    let findings = run.findings();
    let mut found: Vec<(String, u64)> = findings
        .iter()
        .map(|finding| {
            assert_eq!(finding["path"], name);
            let secret = finding["secret"].as_str().unwrap().to_owned();
            (secret, finding["byte_start"].as_u64().unwrap())
        })
        .collect();
    let mut wanted: Vec<(String, u64)> = wanted
        .iter()
        .map(|(token, at)| ((*token).to_owned(), *at as u64))
        .collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted, "{name}");
    let report = run.json();
    assert_eq!(report["scan"]["complete"], true, "{name}");
}

fn place_of(file: &[u8], text: &[u8]) -> usize {
    memchr::memmem::find(file, text).unwrap()
}

#[test]
fn strings_of_compiled_python_are_found() {
    const SCRIPT: &str = r#"
import py_compile, sys
a, b, c, d = sys.argv[1:]
open("m.py", "w").write(f'''A = "{a}"
def load(default="{b}"):
    return [x for x in ("\u00e4 {c}", None)]
B = b"{d}"
''')
py_compile.compile("m.py", "m.pyc", doraise=True)
"#;
    let env = Env::new();
    let tokens = tokens(1, 4);
    if write_by_python(&env, SCRIPT, &tokens) {
        let file = std::fs::read(env.root().join("m.pyc")).unwrap();
        let wanted: Vec<(&str, usize)> = tokens
            .iter()
            .map(|token| (token.as_str(), place_of(&file, token.as_bytes())))
            .collect();
        check_found(&env, "m.pyc", &wanted);
    }
}

#[test]
fn strings_of_a_binary_property_list_are_found() {
    const SCRIPT: &str = r#"
import plistlib, sys
a, b, c, d = sys.argv[1:]
values = {"token": a, "list": [b, c], "data": d.encode()}
plistlib.dump(values, open("a.plist", "wb"), fmt=plistlib.FMT_BINARY)
"#;
    let env = Env::new();
    let tokens = tokens(2, 4);
    if write_by_python(&env, SCRIPT, &tokens) {
        let file = std::fs::read(env.root().join("a.plist")).unwrap();
        let wanted: Vec<(&str, usize)> = tokens
            .iter()
            .map(|token| (token.as_str(), place_of(&file, token.as_bytes())))
            .collect();
        check_found(&env, "a.plist", &wanted);
    }
}

#[test]
fn strings_of_a_java_class_are_found() {
    let tokens = tokens(3, 3);
    let mut class = b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x07".to_vec();
    // A string constant is a length and its bytes, and a reference to it.
    for (number, text) in [
        &tokens[0][..],
        &tokens[1],
        &format!("\u{4e2d} {}", tokens[2]),
    ]
    .iter()
    .enumerate()
    {
        class.extend([1, 0, u8::try_from(text.len()).unwrap()]);
        class.extend(text.as_bytes());
        class.extend([8, 0, u8::try_from(number * 2 + 1).unwrap()]);
    }
    class.extend([0, 0x21, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    let env = Env::new();
    env.write("M.class", &class);
    let wanted: Vec<(&str, usize)> = tokens
        .iter()
        .map(|token| (token.as_str(), place_of(&class, token.as_bytes())))
        .collect();
    check_found(&env, "M.class", &wanted);
}

#[test]
fn tables_whose_blocks_are_packed_are_counted_as_not_read() {
    let env = Env::new();
    let files: [(&str, &[u8], &str); 3] = [
        (
            "a.avro",
            b"Obj\x01\x04\x16avro.schema\x1e{\"type\":\"int\"}",
            "an Avro table",
        ),
        (
            "b.arrow",
            b"ARROW1\0\0\xff\xff\xff\xff\x10\0\0\0",
            "an Arrow table",
        ),
        (
            "c.h5",
            b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0",
            "an HDF5 file",
        ),
    ];
    for (name, bytes, form) in files {
        env.write(name, bytes);
        let run = env.run(&format!("scan {name} --format json")).expect(2);
        let report = run.json();
        let skipped = &report["scan"]["skipped"];
        assert!(skipped.to_string().contains(form), "{name}: {skipped}");
        assert_eq!(report["scan"]["complete"], false);
    }
}
