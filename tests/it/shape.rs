//! Shape of the source: lengths of files and functions, names of types, openings of doc comments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Maximum number of lines of a function, its signature and braces included.
const LONGEST_FUNCTION: usize = 60;

/// Maximum number of lines of a file, its tests included.
const LONGEST_FILE: usize = 450;

/// Words that open a clause without a noun or a verb, such as "What the line holds".
const HEADLESS: [&str; 11] = [
    "How", "If", "That", "Those", "What", "When", "Where", "Whether", "Which", "Who", "Why",
];

/// Returns the Rust files below these folders of the project, with their text.
fn read_sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut out = Vec::new();
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" {
                pending.push(path);
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                out.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    out
}

/// Returns the lines before the tests of a file; none of a file for tests.
fn shipped_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_for_tests = text.contains("\n#![cfg(test)]\n");
    let lines = text.lines().enumerate().filter(move |_| !is_for_tests);
    lines.take_while(|(_, line)| !line.starts_with("mod tests {"))
}

/// Returns the name of the function that a formatted line begins.
fn function_name(line: &str) -> Option<&str> {
    let before = line.split("fn ").next()?.trim_start();
    let is_start = before.split_whitespace().all(|word| {
        matches!(word, "const" | "async" | "unsafe" | "extern")
            || word.starts_with("pub")
            || word.ends_with(')')
    });
    let (_, rest) = line.split_once("fn ")?;
    let name = rest
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()?;
    (is_start && !name.is_empty()).then_some(name)
}

/// Returns the name and the number of lines of each function, and the line that it begins on.
fn function_lengths(text: &str) -> Vec<(&str, usize, usize)> {
    // Formatted code: a function ends at the first brace that is as far to the right as its beginning.
    let mut open: Vec<(&str, usize, usize)> = Vec::new();
    let mut out = Vec::new();
    for (number, line) in shipped_lines(text) {
        let indent = line.len() - line.trim_start().len();
        if let Some(name) = function_name(line).filter(|_| !line.ends_with('}')) {
            open.push((name, indent, number));
        } else if let Some((name, at, start)) = open.last().copied()
            && indent == at
            && (line.trim_start() == "}" || line.ends_with(';'))
        {
            out.push((name, number - start + 1, start + 1));
            open.pop();
        }
    }
    out
}

#[test]
fn functions_fit_on_a_screen() {
    let mut long = Vec::new();
    for (path, text) in read_sources(&["src"]) {
        for (name, length, line) in function_lengths(&text) {
            if length > LONGEST_FUNCTION {
                long.push(format!("{}:{line}: {name}: {length} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for (path, text) in read_sources(&["src"]) {
        let length = text.lines().count();
        if length > LONGEST_FILE {
            long.push(format!("{}: {length} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn a_name_of_a_type_is_used_once() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in read_sources(&["src"]) {
        for (_, line) in shipped_lines(&text) {
            let words: Vec<&str> = line
                .trim_start()
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .collect();
            let kind = words
                .iter()
                .position(|w| matches!(*w, "struct" | "enum" | "trait"));
            let Some(kind) = kind.filter(|kind| {
                words[..*kind].iter().all(|w| {
                    matches!(*w, "" | "pub" | "crate" | "super" | "in") || line.contains("pub(in")
                })
            }) else {
                continue;
            };
            if let Some(name) = words
                .get(kind + 1)
                .filter(|n| n.starts_with(char::is_uppercase))
            {
                homes
                    .entry((*name).to_owned())
                    .or_default()
                    .push(path.display().to_string());
            }
        }
    }
    assert!(homes.len() > 300, "{}", homes.len());
    // The variants of a file for other systems have the types of the first.
    homes.retain(|_, files| {
        files.retain(|file| !file.ends_with("portable.rs"));
        files.len() > 1
    });
    assert!(homes.is_empty(), "{homes:#?}");
}

#[test]
fn doc_comments_open_with_a_noun_or_a_verb() {
    let mut wrong = Vec::new();
    for (path, text) in read_sources(&["src", "tests", "benches", "examples"]) {
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let is_first = !before.starts_with("///") && !before.starts_with("//!");
            let opening = line
                .strip_prefix("///")
                .or_else(|| line.strip_prefix("//!"));
            let word = opening.and_then(|text| text.split_whitespace().next());
            if is_first && word.is_some_and(|word| HEADLESS.contains(&word)) {
                wrong.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
            before = line;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_counter_of_lines_sees_whole_functions() {
    let code = "fn a() {}\npub(crate) const fn b(\n    x: u8,\n) -> u8 {\n    if x > 0 {\n    }\n    x\n}\nimpl C {\n    \
                pub(in crate::d) fn e(&self) {\n        let f = |fn_g| h;\n    }\n    fn i(&self);\n}\nmod tests {\nfn j() {\n}\n}\n";
    let found = function_lengths(code);
    assert_eq!(found, [("b", 7, 2), ("e", 3, 10)]);
}
