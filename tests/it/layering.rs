//! The table of who may use whom, held against the source: a folder may name only what its row allows, and no files
//! use each other in a circle.

use std::collections::BTreeSet;
use std::path::Path;

use imports::ImportGraph;

mod imports;

/// A module at the top of `src/` and the others that it may use.
const TABLE: &[(&str, &[&str])] = &[
    // The shared words.
    ("steps", &[]),
    ("message", &[]),
    ("file_replacement", &[]),
    ("patch", &[]),
    ("threads", &[]),
    ("span", &["steps"]),
    ("container", &["message", "patch", "span"]),
    ("column", &["container", "message", "span"]),
    ("finding", &["container", "span", "steps"]),
    ("date", &[]),
    ("document", &["date", "span"]),
    ("config", &["container", "document", "finding"]),
    ("token", &["finding"]),
    ("rule", &["document", "finding", "token"]),
    // The stages.
    (
        "source",
        &[
            "file_replacement",
            "finding",
            "message",
            "patch",
            "span",
            "steps",
            "threads",
        ],
    ),
    ("detect", &["finding", "rule", "span", "steps", "token"]),
    (
        "judge",
        &["date", "finding", "rule", "span", "steps", "token"],
    ),
    (
        "redact",
        &["container", "finding", "message", "span", "steps"],
    ),
    (
        "accept",
        &["date", "document", "finding", "message", "span", "steps"],
    ),
    (
        "report",
        &[
            "accept",
            "container",
            "date",
            "finding",
            "message",
            "rule",
            "span",
        ],
    ),
    ("import", &["finding", "rule", "span"]),
    // What joins and what drives them.
    (
        "scan",
        &[
            "accept",
            "column",
            "container",
            "detect",
            "finding",
            "judge",
            "message",
            "redact",
            "rule",
            "source",
            "span",
            "steps",
            "threads",
            "token",
        ],
    ),
    (
        "cli",
        &[
            "accept",
            "column",
            "config",
            "container",
            "date",
            "document",
            "file_replacement",
            "finding",
            "import",
            "judge",
            "message",
            "redact",
            "report",
            "rule",
            "scan",
            "source",
            "span",
            "threads",
            "token",
        ],
    ),
];

/// Crates that only some modules may use.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("anyhow", &["cli"]),
    ("anstream", &["cli"]),
    ("anstyle", &["report"]),
    ("image", &["container"]),
    ("textwrap", &["report"]),
    ("ignore", &["source"]),
    ("gix", &["source"]),
    ("toml", &["document", "judge"]),
    ("regex_syntax", &["detect", "rule"]),
    ("rustix", &["container", "redact", "source"]),
];

/// Every source file with the module at the top that it belongs to.
fn sources() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut pending = vec![root.clone()];
    let mut out = Vec::new();
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let relative = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                let top = relative.split(['/', '.']).next().unwrap().to_owned();
                out.push((relative, top, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    out
}

/// The code that ships: without items for tests, without files for tests, and without comments.
fn shipped(text: &str) -> String {
    if text.contains("\n#![cfg(test)]\n") {
        return String::new();
    }
    let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    let mut code = Vec::new();
    let mut is_test = false;
    for line in lines {
        is_test |= line == "#[cfg(test)]";
        if !is_test {
            code.push(line);
        }
        // Formatted code: the last line of an item is the only one at the margin that ends so.
        let is_end = line == "}" || line.ends_with(';') && !line.starts_with(' ');
        is_test &= !is_end;
    }
    code.join("\n")
}

/// The words that follow each `marker` in `code`, groups in braces taken apart.
fn named_after(code: &str, marker: &str) -> BTreeSet<String> {
    let word = |s: &str| {
        s.trim()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(marker) {
        let rest = &code[at + marker.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group.split('}').next().unwrap_or("").split(',').map(word)),
            None => _ = names.insert(word(rest)),
        }
    }
    names.remove("");
    names
}

#[test]
fn every_module_has_its_row_and_names_only_what_the_row_allows() {
    let mut wrong = Vec::new();
    for (file, top, text) in sources() {
        if matches!(top.as_str(), "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == top) else {
            wrong.push(format!("{file}: `{top}` has no row in the table"));
            continue;
        };
        for used in named_after(&shipped(&text), "crate::") {
            let is_module = TABLE.iter().any(|(name, _)| *name == used);
            if used != top && is_module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{file}: `{top}` must not use `{used}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (file, top, text) in sources() {
        let code = shipped(&text);
        for (name, homes) in CRATES {
            let used = code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
            if used && !homes.contains(&top.as_str()) {
                wrong.push(format!("{file}: `{name}` belongs into {homes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_stands_in_one_file() {
    let marker = ["allow(unsafe", "_code"].concat();
    let files: Vec<String> = sources()
        .into_iter()
        .filter(|(_, _, text)| text.contains(&marker))
        .map(|(file, ..)| file)
        .collect();
    assert!(files.iter().all(|f| f == "detect/simd.rs"), "{files:?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, _, text)| !text.starts_with("//!"))
        .map(|(file, ..)| file)
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top of {silent:?}");
}

#[test]
fn the_reader_of_the_table_sees_groups_and_single_names() {
    let code = "use crate::{span, rule::Rule};\nlet x = crate::finding::Finding;";
    let names = named_after(code, "crate::");
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["finding", "rule", "span"]
    );
}

#[test]
fn only_the_items_for_tests_are_left_out() {
    let code = "use a;\n#[cfg(test)]\nmod b;\nmod c;\n#[cfg(test)]\n#[allow(\n    d,\n)]\nmod e {\n    use f;\n}\nfn g() {\n}\n\
                // h\n#[cfg(test)]\n#[cfg(unix)]\nmod i {\n}\n";
    assert_eq!(shipped(code), "use a;\nmod c;\nfn g() {\n}");
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let code = sources().into_iter().filter(|(_, top, _)| top != "main");
    let graph = ImportGraph::new(code.map(|(file, _, text)| (file, shipped(&text))));
    let circles = graph.circles();
    assert!(
        circles.is_empty(),
        "these files use each other: {circles:#?}"
    );
}
