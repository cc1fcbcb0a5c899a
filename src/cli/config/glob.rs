//! Conversion of regular expressions for paths to globs. Other scanners exclude paths by expressions, which match
//! anywhere in the path; this program uses globs. Expressions without an equivalent glob are left to the user.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytes, Hir, HirKind, Look, Repetition};

/// Maximum number of globs for an expression; a longer list is of no use.
const MOST: usize = 32;

/// Part of a glob under construction.
#[derive(Clone, Debug, PartialEq, Eq)]
enum GlobPart {
    /// Text in glob syntax.
    Text(String),
    /// Any text, also across folders: `.*`.
    Anything,
    /// Start or end of the path.
    Start,
    End,
}

/// Returns the globs that match the same paths as the expression, or `None` if there are none.
pub(super) fn globs_for_regex(expression: &str) -> Option<Vec<String>> {
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(expression)
        .ok()?;
    let mut globs = Vec::new();
    for way in alternatives_of(&hir)? {
        globs.extend(finish_globs(&way)?);
        if globs.len() > MOST {
            return None;
        }
    }
    globs.sort_unstable();
    globs.dedup();
    Some(globs)
}

/// Returns every alternative sequence of parts in an expression.
fn alternatives_of(hir: &Hir) -> Option<Vec<Vec<GlobPart>>> {
    let one = |piece| Some(vec![vec![piece]]);
    let ways = match hir.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(literal) => return one(GlobPart::Text(literal_text(&literal.0)?)),
        HirKind::Class(class) => return one(GlobPart::Text(class_text(class)?)),
        HirKind::Look(Look::Start) => return one(GlobPart::Start),
        HirKind::Look(Look::End) => return one(GlobPart::End),
        HirKind::Look(_) => return None,
        HirKind::Repetition(repetition) => expand_repetition(repetition)?,
        HirKind::Capture(capture) => return alternatives_of(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let next = alternatives_of(part)?;
                all = all
                    .iter()
                    .flat_map(|head: &Vec<GlobPart>| {
                        next.iter().map(|tail| [&head[..], &tail[..]].concat())
                    })
                    .collect();
                if all.len() > MOST {
                    return None;
                }
            }
            all
        }
        HirKind::Alternation(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(alternatives_of).collect();
            parts?.concat()
        }
    };
    (ways.len() <= MOST).then_some(ways)
}

/// Returns the text, or `None` if it contains a special character of globs.
fn literal_text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let special = |c: char| "*?[]{}!\\".contains(c) || c.is_control();
    (!text.contains(special)).then(|| text.to_owned())
}

/// Returns a class of one byte in glob syntax: `?` for any byte, or a class of a few characters.
fn class_text(class: &Class) -> Option<String> {
    let Class::Bytes(class) = class else {
        return None;
    };
    if is_any(class) {
        return Some("?".to_owned());
    }
    let mut out = String::from("[");
    for range in class.ranges() {
        let (from, to) = (char::from(range.start()), char::from(range.end()));
        if !from.is_ascii_alphanumeric() || !to.is_ascii_alphanumeric() {
            return (class.ranges().len() == 2 && is_separator(class)).then(|| "/".to_owned());
        }
        out.push(from);
        if from != to {
            out.push('-');
            out.push(to);
        }
    }
    out.push(']');
    Some(out)
}

/// Returns true for `[/\\]`, a common class for both kinds of separator.
fn is_separator(class: &ClassBytes) -> bool {
    let ranges: Vec<(u8, u8)> = class.iter().map(|r| (r.start(), r.end())).collect();
    ranges == [(b'/', b'/'), (b'\\', b'\\')]
}

/// Returns true if a class is `.` or everything but the separator.
fn is_any(class: &ClassBytes) -> bool {
    let missing: usize = 256
        - class
            .iter()
            .map(|r| usize::from(r.end() - r.start()) + 1)
            .sum::<usize>();
    missing <= 2 && class.iter().any(|r| r.start() <= b'a' && r.end() >= b'z')
}

fn expand_repetition(repetition: &Repetition) -> Option<Vec<Vec<GlobPart>>> {
    let any = match repetition.sub.kind() {
        HirKind::Class(Class::Bytes(class)) if is_any(class) => {
            let over_folders = class.iter().any(|r| r.start() <= b'/' && b'/' <= r.end());
            Some(if over_folders {
                GlobPart::Anything
            } else {
                GlobPart::Text("*".to_owned())
            })
        }
        _ => None,
    };
    match (any, repetition.min, repetition.max) {
        (Some(any), 0, None) => Some(vec![vec![any]]),
        (Some(any), 1, None) => Some(vec![vec![GlobPart::Text("?".to_owned()), any]]),
        (None, 0, Some(1)) => {
            let mut ways = alternatives_of(&repetition.sub)?;
            ways.push(Vec::new());
            Some(ways)
        }
        _ => None,
    }
}

/// Returns the globs of one sequence: `.*` spans any number of folders, and a side without an anchor is open.
fn finish_globs(way: &[GlobPart]) -> Option<Vec<String>> {
    let (anchored, way) = match way {
        [GlobPart::Start, rest @ ..] => (true, rest),
        [GlobPart::Anything, rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (ended, way) = match way {
        [rest @ .., GlobPart::End] => (true, rest),
        [rest @ .., GlobPart::Anything] => (false, rest),
        rest => (false, rest),
    };
    let mut globs = vec![String::new()];
    for piece in way {
        match piece {
            GlobPart::Text(text) => globs.iter_mut().for_each(|glob| glob.push_str(text)),
            GlobPart::Anything => {
                let over = globs.iter().map(|glob| format!("{glob}*/**/*"));
                let over: Vec<String> = over.collect();
                globs.iter_mut().for_each(|glob| glob.push('*'));
                globs.extend(over);
            }
            GlobPart::Start | GlobPart::End => return None,
        }
    }
    // An expression that matches every path would accept everything.
    if globs
        .iter()
        .any(|glob| !glob.contains(char::is_alphanumeric))
        || globs.len() > MOST
    {
        return None;
    }
    Some(
        globs
            .into_iter()
            .map(|glob| anchor_glob(&glob, anchored, ended))
            .collect(),
    )
}

fn anchor_glob(glob: &str, anchored: bool, ended: bool) -> String {
    let head = match (anchored, glob.starts_with('/')) {
        (true, true) => "",
        (true, false) => "/",
        // A slash that is not at the start follows a folder.
        (false, true) => "*/**",
        (false, false) => "**/*",
    };
    let tail = if ended || glob.ends_with(['/', '*']) {
        ""
    } else {
        "*"
    };
    format!("{head}{glob}{tail}").replace("**/**/", "**/")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regex::Regex;

    use super::*;
    use crate::accept::PathRule;

    #[test]
    fn common_expressions_have_globs() {
        for (expression, wanted) in [
            (r"^vendor/", &["/vendor/"][..]),
            (
                r"(^|/)node_modules/",
                &["*/**/node_modules/", "/node_modules/"],
            ),
            (r"package-lock\.json$", &["**/*package-lock.json"]),
            (r"^docs/.*\.md$", &["/docs/*.md", "/docs/*/**/*.md"]),
            (r"(?i)readme", &["**/*[Rr][Ee][Aa][Dd][Mm][Ee]*"]),
            (r".*fixtures?/.*", &["**/*fixture/", "**/*fixtures/"]),
            (r"^src/[^/]+\.snap$", &["/src/?*.snap"]),
        ] {
            let globs = globs_for_regex(expression);
            assert_eq!(
                globs.as_deref(),
                Some(&wanted.map_to_owned()[..]),
                "{expression}"
            );
        }
        for none in [".*", "", "^$", r"\d{3}\.txt", r"a\b", "[", r"(?m)^a", r"x*"] {
            assert_eq!(globs_for_regex(none), None, "{none}");
        }
    }

    trait MapToOwned {
        fn map_to_owned(&self) -> Vec<String>;
    }

    impl MapToOwned for &[&str] {
        fn map_to_owned(&self) -> Vec<String> {
            self.iter().map(|s| (*s).to_owned()).collect()
        }
    }

    #[test]
    fn the_globs_match_what_the_expression_does() {
        let paths = [
            "vendor/a.go",
            "lib/vendor/a.go",
            "vendors/a",
            "docs/a.md",
            "docs/b/c/d.md",
            "docs/a.mdx",
            "README",
            "x/readme.txt",
            "package-lock.json",
            "a/package-lock.json",
            "a/package-lock.json5",
            "test/fixture/x",
            "testfixtures/y/z",
            "node_modules/a/b",
            "a/node_modules/b",
            "src/a.snap",
            "src/b/a.snap",
            "src/.snap",
            "fixtures",
            "a/docs/a.md",
        ];
        for expression in [
            r"^vendor/",
            r"vendor/",
            r"(^|/)vendor/",
            r"/vendor/",
            r"^docs/.*\.md$",
            r"docs/.*\.md$",
            r"\.md$",
            r"(?i)readme",
            r"package-lock\.json$",
            r"fixtures?/",
            r"(^|/)node_modules/",
            r"^src/[^/]+\.snap$",
            r"^(src|docs)/",
            r"a\.(md|snap)$",
            r"doc.*d$",
        ] {
            let regex = Regex::new(expression).unwrap();
            let globs = globs_for_regex(expression).unwrap_or_else(|| panic!("{expression}"));
            let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
            let text = String::new;
            let rule = PathRule::new(Path::new("/r"), &globs, vec![], text(), text()).unwrap();
            for path in paths {
                let covered = rule.covers_finding(&Path::new("/r").join(path), "x");
                assert_eq!(
                    covered,
                    regex.is_match(path),
                    "{expression} {globs:?} {path}"
                );
            }
        }
    }
}
