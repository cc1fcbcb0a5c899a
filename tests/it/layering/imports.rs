//! Graph of the imports between source files: an arrow for each path that leads from a file to an item of another.
//!
//! A path is followed through re-exports and private imports to the file that defines the item, so that
//! `super::Item` leads to the file of `Item` even if the parent only imports it. `mod` declarations are no arrows, and
//! neither is a re-export (`pub use`) unless the code of the same file uses the name. Tests, comments and strings do
//! not count.

use std::collections::{BTreeMap, BTreeSet};

/// A module: one file.
struct Module {
    file: String,
    imports: Vec<Import>,
    /// Paths in the code outside of `use` declarations; a single name is a path too.
    paths: BTreeSet<Vec<String>>,
}

/// One name that a `use` declaration brings in.
struct Import {
    path: Vec<String>,
    /// The name in this file; `*` for all names.
    name: String,
    is_reexport: bool,
}

/// All modules, by their path from the root of the crate.
pub(super) struct ImportGraph(BTreeMap<Vec<String>, Module>);

impl ImportGraph {
    /// Returns the graph of files, given by their path below `src/` and their code.
    pub(super) fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let modules = files.into_iter().map(|(file, code)| {
            let path = file.trim_end_matches(".rs");
            let path = path.strip_suffix("/mod").unwrap_or(path);
            let path = match path {
                "lib" => Vec::new(),
                path => path.split('/').map(str::to_owned).collect(),
            };
            (path, read_module(file, &code))
        });
        ImportGraph(modules.collect())
    }

    /// Returns the files that each file uses.
    pub(super) fn arrows(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let of_module = |(at, module): (&Vec<String>, &'_ Module)| -> BTreeSet<&str> {
            let imported = module
                .imports
                .iter()
                .filter(|i| !i.is_reexport)
                .map(|i| &i.path);
            let paths = imported.chain(&module.paths);
            let targets = paths.filter_map(|path| self.defining_file(at, path, 0));
            targets.filter(|file| *file != module.file).collect()
        };
        self.0
            .iter()
            .map(|(at, module)| (module.file.as_str(), of_module((at, module))))
            .collect()
    }

    /// Returns the groups of files that use each other in a circle.
    pub(super) fn circles(&self) -> Vec<BTreeSet<&str>> {
        let arrows = self.arrows();
        let reached: BTreeMap<&str, BTreeSet<&str>> = arrows
            .keys()
            .map(|file| (*file, files_reached(&arrows, file)))
            .collect();
        let mut circles = BTreeSet::new();
        for (file, ahead) in &reached {
            if ahead.contains(file) {
                let is_mutual = |other: &&&str| reached[**other].contains(file);
                circles.insert(ahead.iter().filter(is_mutual).copied().collect());
            }
        }
        circles.into_iter().collect()
    }

    /// Returns the file that defines the item at `path`, as seen in the module `at`. None for other crates, and for
    /// a path that names only a module.
    fn defining_file(&self, at: &[String], path: &[String], depth: usize) -> Option<&str> {
        let (first, rest) = path.split_first()?;
        let module = self.0.get(at)?;
        // Imports that lead to each other would never end.
        if depth > 20 {
            return None;
        }
        match first.as_str() {
            "crate" => return self.defining_file(&[], rest, depth + 1),
            "self" => return self.defining_file(at, rest, depth + 1),
            "super" => return self.defining_file(&at[..at.len().checked_sub(1)?], rest, depth + 1),
            "*" => return Some(&module.file),
            _ => {}
        }
        let child: Vec<String> = at.iter().chain([first]).cloned().collect();
        if self.0.contains_key(&child) {
            return self.defining_file(&child, rest, depth + 1);
        }
        if let Some(import) = module.imports.iter().find(|i| i.name == *first) {
            let onward: Vec<String> = import.path.iter().chain(rest).cloned().collect();
            return self.imported_file(at, &onward, depth);
        }
        // Only paths from outside end at an item of this file.
        (depth > 0).then_some(module.file.as_str())
    }

    /// Returns the file that an import of the module `at` leads to: a path that starts with the name of another crate
    /// leads to none.
    fn imported_file(&self, at: &[String], path: &[String], depth: usize) -> Option<&str> {
        let first = path.first()?;
        let child: Vec<String> = at.iter().chain([first]).cloned().collect();
        let is_local = matches!(first.as_str(), "crate" | "self" | "super")
            || self.0.contains_key(&child)
            || self.0[at]
                .imports
                .iter()
                .any(|i| i.name == *first && i.path.first() != Some(first));
        is_local.then(|| self.defining_file(at, path, depth + 1))?
    }
}

/// Returns the files that can be reached from `start` by at least one arrow.
fn files_reached<'f>(
    arrows: &BTreeMap<&'f str, BTreeSet<&'f str>>,
    start: &str,
) -> BTreeSet<&'f str> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<&str> = arrows[start].iter().copied().collect();
    while let Some(file) = pending.pop() {
        if reached.insert(file) {
            pending.extend(arrows[file].iter().copied());
        }
    }
    reached
}

fn read_module(file: String, code: &str) -> Module {
    let tokens = split_tokens(code);
    let mut module = Module {
        file,
        imports: Vec::new(),
        paths: BTreeSet::new(),
    };
    // Number of braces that are open, and of those at the start of each module inside the file.
    let (mut depth, mut inside) = (0, Vec::new());
    let mut children = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inside.pop_if(|start| *start == depth);
            }
            "mod" if tokens.get(at + 1).is_some_and(|t| t == "{") => inside.push(depth),
            "mod" => children.extend(tokens.get(at).map(String::as_str)),
            "use" if is_start_of_item(&tokens[..at - 1]) => {
                let is_reexport = matches!(
                    tokens.get(at.wrapping_sub(2)).map(String::as_str),
                    Some("pub" | ")")
                );
                let first = module.imports.len();
                read_use_tree(&tokens, &mut at, &[], is_reexport, &mut module.imports);
                for import in &mut module.imports[first..] {
                    leave_inner_modules(&mut import.path, inside.len());
                }
            }
            word if is_word(word) => {
                let mut path = vec![word.to_owned()];
                while tokens.get(at).is_some_and(|t| t == "::")
                    && tokens.get(at + 1).is_some_and(|t| is_word(t))
                {
                    path.push(tokens[at + 1].clone());
                    at += 2;
                }
                leave_inner_modules(&mut path, inside.len());
                module.paths.insert(path);
            }
            _ => {}
        }
    }
    // Most paths start with the name of a type or a variable.
    let imported = module.imports.iter().map(|i| i.name.as_str());
    let heads: BTreeSet<&str> = children.into_iter().chain(imported).collect();
    module.paths.retain(|path| {
        matches!(path[0].as_str(), "crate" | "self" | "super") || heads.contains(path[0].as_str())
    });
    module
}

/// Turns `super` in a module inside a file, `depth` modules deep, into a path from the file.
fn leave_inner_modules(path: &mut Vec<String>, depth: usize) {
    let supers = path.iter().take_while(|name| *name == "super").count();
    if supers > 0 {
        path.drain(..supers.min(depth));
        path.insert(0, "self".to_owned());
    }
    if supers > depth {
        path.remove(0);
    }
}

/// Returns true if a declaration may start after these tokens: `use` is also a part of types (`impl Fn + use<'a>`).
fn is_start_of_item(before: &[String]) -> bool {
    before
        .last()
        .is_none_or(|t| matches!(t.as_str(), ";" | "}" | "{" | "]" | "pub" | ")"))
}

/// Reads `a::{b, c as d, e::*}` from `at` on.
fn read_use_tree(
    tokens: &[String],
    at: &mut usize,
    base: &[String],
    is_reexport: bool,
    out: &mut Vec<Import>,
) {
    let mut path = base.to_vec();
    let mut name = None;
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token.as_str() {
            "::" => {}
            "as" => {
                name = tokens.get(*at).cloned();
                *at += 1;
            }
            "{" => {
                while tokens.get(*at).is_some_and(|t| t != "}") {
                    read_use_tree(tokens, at, &path, is_reexport, out);
                }
                *at += 1;
                path.clear();
            }
            "," | ";" => break,
            "}" => {
                *at -= 1;
                break;
            }
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
    }
    if let Some(last) = path.last().cloned() {
        out.push(Import {
            name: name.unwrap_or(last),
            path,
            is_reexport,
        });
    }
}

fn is_word(token: &str) -> bool {
    token.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Splits code into words, `::` and other characters, without white space, comments, strings and lifetimes.
fn split_tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let word = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(length) = literal_length(rest) {
            length
        } else if word > 0 {
            tokens.push(rest[..word].to_owned());
            word
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// Returns the length of the string, character or lifetime that `code` starts with.
fn literal_length(code: &str) -> Option<usize> {
    let prefixed = code.trim_start_matches(['b', 'r']);
    let prefix = code.len() - prefixed.len();
    let hashes = prefixed.len() - prefixed.trim_start_matches('#').len();
    if code[..prefix].ends_with('r') && prefixed[hashes..].starts_with('"') && prefix <= 2 {
        let end = format!("\"{}", "#".repeat(hashes));
        let body = prefix + hashes + 1;
        return Some(
            code[body..]
                .find(&end)
                .map_or(code.len(), |at| body + at + end.len()),
        );
    }
    let quote = prefixed
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    if prefix > 1 {
        return None;
    }
    let mut is_escaped = false;
    let body = &prefixed[1..];
    let end = body.char_indices().find(|(_, c)| {
        let is_end = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    let end = end.map_or(code.len(), |(at, _)| prefix + 1 + at + 1);
    let is_lifetime = quote == '\'' && !body.starts_with('\\') && body.chars().nth(1) != Some('\'');
    Some(if is_lifetime { prefix + 1 } else { end })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the arrows between these files, as `from -> to`.
    fn arrows_of(files: &[(&str, &str)]) -> Vec<String> {
        let files = files
            .iter()
            .map(|(file, code)| ((*file).to_owned(), (*code).to_owned()));
        let graph = ImportGraph::new(files);
        let arrows = graph.arrows();
        let arrows = arrows
            .iter()
            .flat_map(|(from, to)| to.iter().map(move |to| format!("{from} -> {to}")));
        arrows.collect()
    }

    #[test]
    fn a_path_leads_to_the_file_that_defines_the_item() {
        let root = (
            "a/mod.rs",
            "mod b; mod c; pub use b::Item; use c::run; fn f() { run() } pub struct Own;",
        );
        for (code, to) in [
            ("use super::b::Item;", Some("a/b.rs")),
            ("use crate::a::{b::{Item as Other}};", Some("a/b.rs")),
            ("use super::Item;", Some("a/b.rs")),
            ("use crate::a; fn f(x: a::Item) {}", Some("a/b.rs")),
            ("fn f(x: super::Item) {}", Some("a/b.rs")),
            (
                "mod inner { fn f(x: super::super::Item) {} }",
                Some("a/b.rs"),
            ),
            ("use super::Own;", Some("a/mod.rs")),
            (
                "pub(in crate::a) fn f() -> &'static str { \"super::Own\" }",
                None,
            ),
            ("use super::b;", None),
            ("mod inner { fn f() { super::own() } } fn own() {}", None),
            (
                "use std::ops::Range; // use super::Own;\nfn f(c: char) { c == '\"' }",
                None,
            ),
        ] {
            let arrows = arrows_of(&[
                ("lib.rs", "mod a;"),
                root,
                ("a/b.rs", "pub struct Item;"),
                ("a/c.rs", code),
            ]);
            let mut expected = vec!["a/mod.rs -> a/c.rs".to_owned()];
            expected.splice(0..0, to.map(|to| format!("a/c.rs -> {to}")));
            assert_eq!(arrows, expected, "{code}");
        }
    }

    #[test]
    fn a_circle_has_all_its_files_and_no_others() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "fn f() { crate::c::run(r#\"\"{\"#) } pub struct B;"),
            ("c.rs", "use crate::{a::A, d}; fn run() { d::stop() }"),
            ("d.rs", "pub fn stop() {}"),
            ("e.rs", "use crate::a::A;"),
        ];
        let files = files.map(|(file, code)| (file.to_owned(), code.to_owned()));
        let graph = ImportGraph::new(files);
        assert_eq!(graph.circles(), [BTreeSet::from(["a.rs", "b.rs", "c.rs"])]);
    }
}
