//! Checks of the documentation: sessions are run, command lines parsed, configuration and rules loaded, links
//! followed. `UPDATE_DOCS=1 cargo test --test it docs` writes the output of the sessions into the pages.

pub(crate) mod command;
mod console;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::env::Env;
use page::{Block, blocks, pages, root};

/// Blocks that no test can run, each marked with its reason. A new one must be worth it.
const NOT_RUN: usize = 0;

fn blocks_in(language: &str) -> impl Iterator<Item = Block> {
    blocks()
        .into_iter()
        .filter(move |b| b.language == language && !is_not_run(b))
}

fn is_not_run(block: &Block) -> bool {
    matches!(&block.note, Some((key, _)) if key == "not run")
}

#[test]
fn every_block_has_a_language_that_is_tested_or_says_why_not() {
    // Rust is compiled and run by the documentation tests of the library, Python by the tests of its module.
    const TESTED: [&str; 7] = ["console", "sh", "toml", "yaml", "json", "rust", "python"];
    let (not_run, run): (Vec<Block>, Vec<Block>) = blocks().into_iter().partition(is_not_run);
    let unknown: Vec<&str> = run
        .iter()
        .filter(|b| !TESTED.contains(&b.language.as_str()))
        .map(|b| b.place.as_str())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let places: Vec<&str> = not_run.iter().map(|b| b.place.as_str()).collect();
    assert_eq!(not_run.len(), NOT_RUN, "{places:?}");
}

#[test]
fn sessions_print_what_the_pages_show() {
    let mut wrong = String::new();
    for block in blocks_in("console") {
        let Some(text) = console::run(&block) else {
            continue;
        };
        if std::env::var_os("UPDATE_DOCS").is_some() {
            replace(&block, &text);
        }
        wrong += &format!("== {}\n{text}", block.place);
    }
    assert!(
        wrong.is_empty(),
        "the pages show something else than is printed; UPDATE_DOCS=1 writes this into them:\n{wrong}"
    );
}

/// Writes a new body into a block.
fn replace(block: &Block, text: &str) {
    let (name, _) = block.place.split_once(':').unwrap();
    let file = root().join(name);
    let page = std::fs::read_to_string(&file).unwrap();
    let body = |text: &str| format!("```console\n{}\n```", text.trim_end());
    let page = page.replacen(&body(&block.body), &body(text), 1);
    let mut file = std::fs::File::create(file).unwrap();
    file.write_all(page.as_bytes()).unwrap();
}

#[test]
fn command_lines_are_ones_that_the_program_takes() {
    let lines: BTreeMap<String, String> = blocks_in("sh")
        .flat_map(|b| {
            command::lines(&b.body)
                .into_iter()
                .map(move |l| (l, b.place.clone()))
        })
        .collect();
    assert_all(&lines, command::check_line);
}

#[test]
fn commands_and_options_in_the_text_exist() {
    let mut mentions: BTreeMap<String, String> = BTreeMap::new();
    for page in pages() {
        for code in page.inline_code() {
            mentions.insert(code.to_owned(), page.name.clone());
        }
    }
    assert_all(&mentions, command::check_mention);
}

/// Checks each key once, half of them in another thread; the value names its place.
#[track_caller]
fn assert_all(texts: &BTreeMap<String, String>, check: fn(&str) -> Result<(), String>) {
    let wrong_in = |odd: bool| -> Vec<String> {
        let half = texts.iter().skip(usize::from(odd)).step_by(2);
        half.filter_map(|(text, place)| Some(format!("{place}: `{text}`: {}", check(text).err()?)))
            .collect()
    };
    let wrong = std::thread::scope(|scope| {
        let odd = scope.spawn(|| wrong_in(true));
        [wrong_in(false), odd.join().unwrap()].concat()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn toml_blocks_are_read_by_the_loader_that_they_are_for() {
    let mut wrong = Vec::new();
    for block in blocks_in("toml") {
        let run = read_toml(&block);
        if run.code != 0 {
            wrong.push(format!("{}: {}{}", block.place, run.stdout, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Loads a rule file, a configuration, or a `pyproject.toml` with one.
fn read_toml(block: &Block) -> crate::env::Run {
    let env = Env::new();
    if block.body.contains("[[rule]]") {
        env.write("acme.toml", &block.body);
        return env.run("rules test acme.toml");
    }
    let name = match block.body.contains("[tool.") {
        true => "pyproject.toml",
        false => "tokensweep.toml",
    };
    env.write(name, &block.body);
    let rule = blocks_in("toml").find(|b| b.body.contains("[[rule]]"));
    env.write("security/acme.toml", rule.unwrap().body);
    env.run("baseline create");
    env.run("scan")
}

#[test]
fn yaml_names_hooks_and_inputs_that_exist_and_commands_that_parse() {
    let mut texts: Vec<(String, String)> = blocks_in("yaml").map(|b| (b.place, b.body)).collect();
    for file in command::files_below(&root().join("examples")) {
        if file.extension().is_some_and(|e| e == "yml") {
            let text = std::fs::read_to_string(&file).unwrap();
            texts.push((file.display().to_string(), text));
        }
    }
    assert!(texts.len() > 5);
    let mut wrong = Vec::new();
    for (place, text) in texts {
        let documents = YamlLoader::load_from_str(&text).unwrap_or_else(|e| panic!("{place}: {e}"));
        let known = Known::read();
        for document in &documents {
            known.check(document, &mut |error| {
                wrong.push(format!("{place}: {error}"));
            });
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names that users of the action and of the pre-commit hooks write.
struct Known {
    hooks: BTreeSet<String>,
    inputs: BTreeSet<String>,
}

impl Known {
    fn read() -> Known {
        let load = |name: &str| {
            let text = std::fs::read_to_string(root().join(name)).unwrap();
            YamlLoader::load_from_str(&text).unwrap().remove(0)
        };
        let hooks = load(".pre-commit-hooks.yaml");
        let ids = hooks.as_vec().unwrap().iter();
        let action = load("action.yml");
        let inputs = action["inputs"].as_hash().unwrap().keys();
        Known {
            hooks: ids
                .filter_map(|h| h["id"].as_str())
                .map(str::to_owned)
                .collect(),
            inputs: inputs.filter_map(Yaml::as_str).map(str::to_owned).collect(),
        }
    }

    fn check(&self, node: &Yaml, report: &mut dyn FnMut(String)) {
        match node {
            Yaml::Array(nodes) => nodes.iter().for_each(|n| self.check(n, report)),
            Yaml::Hash(map) => {
                self.check_names(node, report);
                map.values().for_each(|n| self.check(n, report));
            }
            Yaml::String(text) => {
                for line in command::commands_in(text) {
                    if let Err(error) = command::check_line(&line) {
                        report(format!("{line}: {error}"));
                    }
                }
            }
            _ => {}
        }
    }

    /// Checks `uses:` with its inputs, and the ids of hooks.
    fn check_names(&self, node: &Yaml, report: &mut dyn FnMut(String)) {
        let uses = node["uses"].as_str().unwrap_or_default();
        if uses.contains("/tokensweep@") {
            for input in node["with"].as_hash().iter().flat_map(|m| m.keys()) {
                if !self.inputs.contains(input.as_str().unwrap_or_default()) {
                    report(format!("the action has no input {input:?}"));
                }
            }
        }
        for hook in node["hooks"].as_vec().into_iter().flatten() {
            if !self.hooks.contains(hook["id"].as_str().unwrap_or_default()) {
                report(format!("there is no hook {hook:?}"));
            }
        }
    }
}

#[test]
fn example_scripts_hold_commands_that_parse() {
    let mut count = 0;
    for file in command::files_below(&root().join("examples")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in command::commands_in(&text) {
            count += 1;
            let checked = command::check_line(&line);
            assert!(checked.is_ok(), "{}: {checked:?}", file.display());
        }
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn json_blocks_have_the_shape_of_a_real_report() {
    for block in blocks_in("json") {
        let shown: Value =
            serde_json::from_str(&block.body).unwrap_or_else(|e| panic!("{}: {e}", block.place));
        let real = console::website_report();
        assert_same_keys(&shown, &real, &block.place);
    }
}

/// Asserts that the report has every key that a page shows.
#[track_caller]
fn assert_same_keys(shown: &Value, real: &Value, place: &str) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            for (key, value) in shown {
                assert!(real.contains_key(key), "{place}: the report has no {key}");
                assert_same_keys(value, &real[key], &format!("{place}: {key}"));
            }
        }
        (Value::Array(shown), Value::Array(real)) => {
            if let (Some(shown), Some(real)) = (shown.first(), real.first()) {
                assert_same_keys(shown, real, place);
            }
        }
        _ => {}
    }
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let anchors: BTreeMap<String, Vec<String>> = pages()
        .iter()
        .map(|p| (p.name.clone(), p.anchors()))
        .collect();
    let mut wrong = Vec::new();
    for page in pages() {
        let folder = std::path::Path::new(&page.name).parent().unwrap();
        for link in page.links().into_iter().filter(|l| !l.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.name.clone(),
                _ => normalized(&folder.join(file)),
            };
            let has_anchor = || {
                anchors
                    .get(&target)
                    .is_some_and(|a| a.iter().any(|a| a == anchor))
            };
            if !root().join(&target).exists() || !(anchor.is_empty() || has_anchor()) {
                wrong.push(format!("{}: {link}", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A relative path without `..`.
fn normalized(path: &std::path::Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str().unwrap().split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." | "" => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn files_that_the_text_names_are_there() {
    const TOPS: [&str; 6] = ["src/", "tests/", "rules/", "benches/", "docs/", "examples/"];
    let mut wrong = Vec::new();
    for page in pages() {
        for code in page.inline_code() {
            let path = code.split([' ', ':']).next().unwrap();
            let is_path = TOPS.iter().any(|top| path.starts_with(top)) && !path.contains('*');
            if is_path && !root().join(path).exists() {
                wrong.push(format!("{}: `{code}`", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_is_short_and_opens_every_page() {
    let pages = pages();
    let readme = pages.iter().find(|p| p.name == "README.md").unwrap();
    let words = readme.text.split_whitespace().count();
    assert!(words <= 1300, "{words} words");
    let links = readme.links();
    for page in pages.iter().filter(|p| p.name.starts_with("docs/")) {
        assert!(links.contains(&page.name.as_str()), "{}", page.name);
    }
}

#[test]
fn every_table_of_measurements_has_its_command_and_date() {
    let text = std::fs::read_to_string(root().join("docs/benchmarks.md")).unwrap();
    for section in text.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap();
        if section.contains("|--:|") {
            let commands = ["benches/", "tests/", "cargo bench"];
            let has_command = commands.iter().any(|command| section.contains(command));
            assert!(has_command, "{title}: no command");
            assert!(section.contains("2026-"), "{title}: no date");
        }
    }
}

#[test]
fn the_reader_of_command_lines_is_strict() {
    let words = command::split(r#"tokensweep scan --since "2 weeks ago" # comment"#);
    assert_eq!(words, ["tokensweep", "scan", "--since", "2 weeks ago"]);
    assert!(command::check_line("tokensweep scan --no-such-option .").is_err());
    assert!(command::check_line("tokensweep scan --staged --history").is_err());
    assert!(command::check_line("some-deploy 2>&1 | tokensweep redact -").is_ok());
    assert!(command::check_line("cargo bench --bench none").is_err());
    assert!(command::check_line("no-such-program").is_err());
    assert!(command::check_mention("--no-such-option").is_err());
    assert!(command::check_mention("--history").is_ok());
    assert!(command::check_mention("tokensweep nonsense").is_err());
}
