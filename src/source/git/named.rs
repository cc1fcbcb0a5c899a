//! Collects the ids in git's own files, present as objects or not. Only a value that git itself reads as an id counts:
//! a column of a reflog, a line of a list, the whole content of a ref. Messages, names and addresses are text.

use std::collections::HashSet;
use std::path::Path;

use gix::hash::{Kind as HashKind, ObjectId};

use crate::source::git_dirs::GitDirs;

/// Maximum number of bytes of the reflogs and ref files that are read for ids.
const MOST_READ: u64 = 64 << 20;

/// Function that parses a file's content and calls back with each id.
type IdFileFormat = fn(&[u8], &mut dyn FnMut(ObjectId));

/// Files and folders in a git directory that contain ids.
const SOURCES: [(&str, IdFileFormat); 8] = [
    ("HEAD", parse_ref),
    ("ORIG_HEAD", parse_ref),
    ("MERGE_HEAD", parse_list),
    ("shallow", parse_list),
    ("FETCH_HEAD", parse_fetch_head),
    ("packed-refs", parse_packed_refs),
    ("logs", parse_reflog),
    ("refs", parse_ref),
];

/// Collects every id in the refs, the reflogs and the submodule entries of the index.
pub(super) fn collect_named_ids(dirs: &GitDirs) -> HashSet<ObjectId> {
    let mut reader = Reader {
        budget: MOST_READ,
        ids: HashSet::new(),
    };
    for dir in [&dirs.git, &dirs.common] {
        for (name, format) in SOURCES {
            reader.read_below(&dir.join(name), format);
        }
        if dirs.git == dirs.common {
            break;
        }
    }
    let mut ids = reader.ids;
    let options = gix::index::decode::Options::default();
    if let Ok(index) = gix::index::File::at(dirs.git.join("index"), HashKind::Sha1, true, options) {
        let links = index.entries().iter().filter(|e| e.mode.is_submodule());
        ids.extend(links.map(|e| e.id));
    }
    ids
}

/// Reader of files with a budget of bytes.
struct Reader {
    budget: u64,
    ids: HashSet<ObjectId>,
}

impl Reader {
    fn read_below(&mut self, path: &Path, format: IdFileFormat) {
        let Ok(meta) = std::fs::symlink_metadata(path) else {
            return;
        };
        if meta.is_dir() {
            for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
                self.read_below(&entry.path(), format);
            }
        } else if meta.is_file() && meta.len() <= self.budget {
            self.budget -= meta.len();
            if let Ok(text) = std::fs::read(path) {
                format(&text, &mut |id| {
                    self.ids.insert(id);
                });
            }
        }
    }
}

/// Parses a ref: one id and nothing else. A symbolic ref contains a name, which is no id.
pub(super) fn parse_ref(text: &[u8], each: &mut dyn FnMut(ObjectId)) {
    if let Some(id) = parse_id(text.trim_ascii_end()) {
        each(id);
    }
}

/// Parses a list: one id a line.
pub(super) fn parse_list(text: &[u8], each: &mut dyn FnMut(ObjectId)) {
    for line in text.split(|b| *b == b'\n') {
        parse_ref(line, each);
    }
}

/// Parses `FETCH_HEAD`: an id, `not-for-merge` or nothing, and a text about its origin, with tabs between them.
fn parse_fetch_head(text: &[u8], each: &mut dyn FnMut(ObjectId)) {
    for line in text.split(|b| *b == b'\n') {
        let mut columns = line.splitn(3, |b| *b == b'\t');
        let id = columns.next().and_then(parse_id);
        let is_marked = matches!(columns.next(), Some(b"" | b"not-for-merge"));
        if let (Some(id), true, Some(_)) = (id, is_marked, columns.next()) {
            each(id);
        }
    }
}

/// Parses `packed-refs`: an id and the name of a ref, and below a tag `^` and the id of its target.
fn parse_packed_refs(text: &[u8], each: &mut dyn FnMut(ObjectId)) {
    let mut is_below_ref = false;
    for line in text.split(|b| *b == b'\n') {
        if let Some(peeled) = line.strip_prefix(b"^") {
            if let Some(id) = parse_id(peeled).filter(|_| is_below_ref) {
                each(id);
            }
            is_below_ref = false;
            continue;
        }
        let (id, name) = split_word(line);
        let id = parse_id(id).filter(|_| name.starts_with(b"refs/") && !name.contains(&b' '));
        is_below_ref = id.is_some();
        if let Some(id) = id {
            each(id);
        }
    }
}

/// Parses a reflog: old id, new id, person, time, and a message that is ignored.
fn parse_reflog(text: &[u8], each: &mut dyn FnMut(ObjectId)) {
    for line in text.split(|b| *b == b'\n') {
        if let Some((old, new)) = parse_reflog_line(line) {
            each(old);
            each(new);
        }
    }
}

/// Parses a line of a reflog as git itself does; returns the old id and the new one.
pub(super) fn parse_reflog_line(line: &[u8]) -> Option<(ObjectId, ObjectId)> {
    let (old, rest) = split_word(line);
    let (new, rest) = split_word(rest);
    let ids = (parse_any_id(old)?, parse_any_id(new)?);
    let end = rest.iter().position(|b| *b == b'>')?;
    let (seconds, zone) = split_word(rest[end + 1..].strip_prefix(b" ")?);
    let is_time = !seconds.is_empty() && seconds.iter().all(u8::is_ascii_digit);
    let is_zone = match zone {
        [b'+' | b'-', digits @ ..] => {
            digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    (is_time && is_zone).then_some(ids)
}

/// Splits a line at its first blank.
fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|b| *b == b' ') {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, b""),
    }
}

/// Parses a full id; zeros mean no object.
fn parse_id(hex: &[u8]) -> Option<ObjectId> {
    parse_any_id(hex).filter(|id| !id.is_null())
}

fn parse_any_id(hex: &[u8]) -> Option<ObjectId> {
    ObjectId::from_hex(hex).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    /// Checks that a format finds exactly the words `{i}` in a text, and none of the words `{t}`.
    fn check(format: IdFileFormat, text: &str) {
        let mut mint = Mint::new(11);
        let (mut filled, mut ids) = (String::new(), HashSet::new());
        for piece in text.split('{') {
            let rest = match piece.split_once('}') {
                Some((kind, rest)) => {
                    let hex = String::from_utf8_lossy(&mint.hex(40)).into_owned();
                    if kind == "i" {
                        ids.insert(hex.clone());
                    }
                    filled.push_str(&hex);
                    rest
                }
                None => piece,
            };
            filled.push_str(rest);
        }
        let mut found = HashSet::new();
        format(filled.as_bytes(), &mut |id| {
            found.insert(id.to_string());
        });
        found.remove(&"0".repeat(40));
        assert_eq!(found, ids, "{filled}");
    }

    #[test]
    fn a_ref_is_an_id_and_nothing_else() {
        check(parse_ref, "{i}\n");
        check(parse_ref, "{i}");
        for text in [
            "ref: refs/heads/{t}\n",
            "{t} {t}\n",
            "{t}\n{t}\n",
            "x{t}",
            "{t}0",
            "# {t}",
            "",
        ] {
            check(parse_ref, text);
        }
        check(parse_list, "{i}\n{i}\n{t} {t}\nbranch '{t}'\n{i}");
    }

    #[test]
    fn of_what_was_fetched_only_the_first_column_is_an_id() {
        let text = "{i}\t\tbranch 'main' of https://{t}@github.com/acme/x\n\
            {i}\tnot-for-merge\ttag '{t}' of ../x\n\
            {t}\tsomething\tbranch '{t}' of ../x\n{t}\n{t} \t\t{t}\n";
        check(parse_fetch_head, text);
    }

    #[test]
    fn names_of_packed_refs_are_no_ids() {
        let text = "# pack-refs with: peeled {t}\n{i} refs/heads/{t}\n{i} refs/tags/v1\n^{i}\n^{t}\n\
            {i} refs/remotes/{t}/main\n{t} {t}\n{t}\n{t} refs/heads/a {t}\n^{t}\n{i} refs/stash\n";
        check(parse_packed_refs, text);
    }

    #[test]
    fn of_a_reflog_only_the_two_columns_are_ids() {
        let zeros = "0".repeat(40);
        let text = format!(
            "{zeros} {{i}} Ann <ann@example.com> 1700000000 +0100\tcommit (initial): {{t}}\n\
            {{i}} {{i}} {{t}} <{{t}}> 1700000000 -0800\tpull https://{{t}}@github.com/a/b: Fast-forward\n\
            {{i}} {{i}} A <> 1 +0000\n\
            {{t}} {{t}}\n{{t}} {{t}} {{t}}\n{{t}} {{t}} Ann <a@b> {{t}} +0100\tx\n{{t}} {{t}} Ann <a@b> 17\t{{t}}\n\
            {{t}} commit {{t}} <a@b> 1 +0000\n"
        );
        check(parse_reflog, &text);
    }
}
