//! Detection of the structures that the bytes right beside a value settle: most values, without an allocation.

use std::ops::Range;

use super::piece::Feature;

/// Returns `true` for a path segment that precedes an id in the URL of a forge.
fn is_forge_segment(word: &[u8]) -> bool {
    matches!(
        word,
        b"commit"
            | b"commits"
            | b"tree"
            | b"blob"
            | b"raw"
            | b"compare"
            | b"archive"
            | b"zipball"
            | b"tarball"
            | b"tar.gz"
            | b"zip"
            | b"statuses"
            | b"blame"
            | b"trees"
            | b"blobs"
            | b"tags"
            | b"refs"
            | b"rev"
            | b"changeset"
            | b"patch"
            | b"src"
            | b"sha"
    )
}

/// Returns `true` for a word that names the id or checksum right after it, in any context.
fn is_hash_name(word: &[u8]) -> bool {
    matches!(
        word,
        b"sha"
            | b"sha1"
            | b"SHA"
            | b"SHA1"
            | b"Sha"
            | b"Sha1"
            | b"commit"
            | b"Commit"
            | b"COMMIT"
            | b"rev"
            | b"REV"
            | b"revision"
            | b"Revision"
            | b"REVISION"
            | b"reference"
            | b"oid"
            | b"Oid"
            | b"blob"
            | b"tree"
            | b"parent"
            | b"etag"
            | b"ETag"
            | b"Etag"
            | b"hash"
            | b"Hash"
            | b"HASH"
            | b"checksum"
            | b"Checksum"
            | b"digest"
            | b"SRCREV"
            | b"shasum"
            | b"gitHead"
            | b"sum"
    )
}

/// Returns `true` for a word that names an object that git, or a checker of files, identifies by an id.
fn is_object_name(word: &[u8]) -> bool {
    matches!(
        word,
        b"commit"
            | b"COMMIT"
            | b"tree"
            | b"TREE"
            | b"blob"
            | b"object"
            | b"parent"
            | b"revision"
            | b"changeset"
    )
}

/// Returns `true` if a structure contains only ids of git. A listing or a path may contain any other value.
pub(super) fn is_of_git(structure: Feature, text: &[u8], value: &Range<usize>) -> bool {
    match structure {
        Feature::CommitUrl | Feature::CommitRange => true,
        // The tag of an image, `user/name:value`, is the same structure but not of git.
        Feature::Pin => text[..value.start].last() != Some(&b':'),
        _ => false,
    }
}

/// Returns `true` if the same value is in the URL of a commit or file close by, as in a forge's data on a commit.
pub(super) fn has_forge_url_nearby(
    text: &[u8],
    value: &Range<usize>,
    peers: &[Range<usize>],
) -> bool {
    const CLOSE: usize = 4;
    let me = peers.partition_point(|p| p.end < value.end);
    let close = &peers[me.saturating_sub(CLOSE)..peers.len().min(me + 1 + CLOSE)];
    close.iter().any(|p| {
        p.end != value.end
            && text[p.clone()] == text[value.clone()]
            && find_structure(text, p) == Some(Feature::CommitUrl)
    })
}

/// Text after the id in the first line of a patch by `git format-patch`, always the same.
const PATCH_HEAD: &[u8] = b" Mon Sep 17 00:00:00 2001";

/// Returns the structure that a value is part of, if the bytes beside the value determine it.
pub(super) fn find_structure(text: &[u8], value: &Range<usize>) -> Option<Feature> {
    let before = &text[value.start.saturating_sub(64)..value.start];
    let after = &text[value.end..text.len().min(value.end + 64)];
    let last = *before.last()?;
    match last {
        b'/' => path_structure(before, after),
        b'\\' if is_path_part(before, after) => Some(Feature::PathSegment),
        b'@' => pin_structure(before, after),
        b'#' => fragment_structure(before),
        b'.' if before.ends_with(b"..") => Some(Feature::CommitRange),
        _ if after.starts_with(b"..")
            && after
                .get(2)
                .is_some_and(|b| b.is_ascii_hexdigit() || *b == b'.') =>
        {
            Some(Feature::CommitRange)
        }
        b'\n' => listing_structure(after),
        b':' => image_tag(before, after),
        b' ' if after.starts_with(PATCH_HEAD) => Some(Feature::ListingLine),
        b' ' if is_argument_of_git(before) => Some(Feature::Pin),
        _ => None,
    }
}

/// Returns `true` if a word after `before` is an argument of a git command that takes revisions, as in CI logs:
/// `> git checkout -f <id>`.
fn is_argument_of_git(before: &[u8]) -> bool {
    let line = memchr::memrchr(b'\n', before).map_or(before, |at| &before[at + 1..]);
    let mut places = memchr::memrchr_iter(b'g', line);
    let Some(at) = places.find(|at| line[*at..].starts_with(b"git ")) else {
        return false;
    };
    let arguments = &line[at + 4..];
    let mut words = arguments.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let command = words.next().unwrap_or_default();
    // Options, paths and one name, such as that of a remote, are arguments; more words than that are a sentence.
    let names = words
        .filter(|w| !w.starts_with(b"-") && !w.contains(&b'/'))
        .count();
    let starts_a_word = at == 0 || !line[at - 1].is_ascii_alphanumeric();
    // After a quote or another command, the word is no longer an argument of git.
    let is_whole = !arguments
        .iter()
        .any(|b| matches!(b, b';' | b'|' | b'&' | b'"' | b'\'' | b'`' | b'$'));
    starts_a_word
        && is_whole
        && names <= 1
        && matches!(
            command,
            b"archive"
                | b"bisect"
                | b"blame"
                | b"branch"
                | b"cat-file"
                | b"checkout"
                | b"cherry-pick"
                | b"describe"
                | b"diff"
                | b"fetch"
                | b"log"
                | b"ls-tree"
                | b"merge"
                | b"merge-base"
                | b"rebase"
                | b"reset"
                | b"rev-list"
                | b"rev-parse"
                | b"revert"
                | b"show"
                | b"switch"
                | b"tag"
                | b"worktree"
        )
}

/// Returns the structure of the tag of a container image: `registry/owner/name:value`.
fn image_tag(before: &[u8], after: &[u8]) -> Option<Feature> {
    let head = &before[..before.len() - 1];
    let word = head
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/'))
        .count();
    let name = &head[head.len() - word..];
    let slash = memchr::memchr(b'/', name).is_some_and(|i| i > 0) && !name.ends_with(b"/");
    let url = head[..head.len() - word].ends_with(b":") || name.starts_with(b"//");
    (slash && !url && after.first() != Some(&b'@')).then_some(Feature::Pin)
}

/// Returns the name of the repository (`owner/name`, a URL) right before the value. Quotes, blanks and what joins
/// two strings may be between the two.
pub(super) fn after_repository(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(160);
    let mut at = value.start;
    while at > floor
        && matches!(
            text[at - 1],
            b'"' | b'\'' | b' ' | b'\t' | b'\n' | b'\r' | b',' | b'+' | b'@' | b'#' | b'=' | b'>'
        )
    {
        at -= 1;
    }
    at = end_before_flag(&text[floor..at]).map_or(at, |end| floor + end);
    // In brackets of its own: `https://github.com/o/r (value)`.
    if at > floor + 1 && &text[at - 2..at] == b" (" && text.get(value.end) == Some(&b')') {
        at -= 2;
    }
    let mut start = at;
    let name =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b':' | b'@');
    while start > floor && name(text[start - 1]) {
        start -= 1;
    }
    let word = &text[start..at];
    let slash = memchr::memchr(b'/', word).is_some_and(|i| i > 0)
        && word.last().is_some_and(u8::is_ascii_alphanumeric);
    let api = memchr::memmem::find(word, b"://api.").is_some();
    (at < value.start && slash && !api).then_some(start..at)
}

/// Returns the end of the text before a flag that takes a revision: `https://github.com/o/r.git -r value`.
fn end_before_flag(before: &[u8]) -> Option<usize> {
    const FLAGS: [&[u8]; 8] = [
        b"-r",
        b"-b",
        b"--rev",
        b"--ref",
        b"--branch",
        b"--revision",
        b"--commit",
        b"--sha",
    ];
    let flag = before.rsplit(u8::is_ascii_whitespace).next()?;
    let head = &before[..before.len() - flag.len()];
    let end = head.trim_ascii_end().len();
    (FLAGS.contains(&flag) && end < head.len()).then_some(end)
}

/// Returns `true` if a string that ends in `/` is joined to that of the value: `"https://host/blobs/" + "value"`.
pub(super) fn after_joined_path(text: &[u8], value: &Range<usize>) -> bool {
    let before = &text[value.start.saturating_sub(64)..value.start];
    let joint = |b: &&u8| {
        matches!(
            b,
            b'"' | b'\'' | b' ' | b'\t' | b'\n' | b'\r' | b'\\' | b'+' | b'.' | b'&'
        )
    };
    let gap = before.iter().rev().take_while(joint).count();
    let (head, gap) = before.split_at(before.len() - gap);
    let quotes = gap.iter().filter(|b| matches!(b, b'"' | b'\'')).count();
    quotes == 2 && head.ends_with(b"/") && !head.ends_with(b"//")
}

/// Returns `true` if the value is an unnamed argument of a call that makes a client or logs in, or of a flag that
/// may take a token: `client("value")`, `connect('user', 'value')`, `-t value`.
pub(super) fn is_given_to_a_client(text: &[u8], value: &Range<usize>) -> bool {
    const ENDS: [&[u8]; 5] = [b"client", b"connect", b"login", b"session", b"api"];
    let before = &text[value.start.saturating_sub(80)..value.start];
    if is_token_option(before) {
        return true;
    }
    let Some((b'"' | b'\'', before)) = before.split_last() else {
        return false;
    };
    let before = before.trim_ascii_end();
    let callee = match before.last() {
        Some(b'(') => &before[..before.len() - 1],
        Some(b',') => match memchr::memrchr2(b'(', b'\n', before) {
            Some(at) if before[at] == b'(' => &before[..at],
            _ => return false,
        },
        _ => return false,
    };
    ENDS.iter().any(|end| {
        let from = callee.len().saturating_sub(end.len());
        callee[from..].eq_ignore_ascii_case(end)
    })
}

/// Returns `true` if an option that takes a token ends `before`: `-t value`, `bundle config github.com value`.
fn is_token_option(before: &[u8]) -> bool {
    const BUNDLER: &[u8] = b"bundle config";
    match before.split_last() {
        Some((b' ' | b'"' | b'\'', head)) => {
            let head = head.trim_ascii_end();
            matches!(head, [.., b' ' | b'\t', b'-', b't' | b'p' | b'a'])
                || head.ends_with(b"github.com")
        }
        Some((b':', head)) => memchr::memmem::find(head, BUNDLER).is_some(),
        _ => false,
    }
}

/// Returns `true` if backslashes, escaped or not, make the value a folder: `files-2.1\\group\\value\\name.jar`.
fn is_path_part(before: &[u8], after: &[u8]) -> bool {
    let name = before.iter().rev().find(|b| **b != b'\\');
    let next = after.iter().find(|b| **b != b'\\');
    after.first() == Some(&b'\\')
        && name.is_some_and(u8::is_ascii_alphanumeric)
        && next.is_some_and(u8::is_ascii_alphanumeric)
        && (after.starts_with(b"\\\\") == before.ends_with(b"\\\\"))
}

/// Returns the version number right before the value, in brackets or not: `Maven 3.3.9 (value; ...)`.
pub(super) fn after_version(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(40);
    let before = &text[floor..value.start];
    let gap = before
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'(' | b'[' | b'-'));
    let end = value.start - gap.count();
    let number = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let len = text[floor..end]
        .iter()
        .rev()
        .take_while(|b| number(b))
        .count();
    let word = &text[end - len..end];
    let digits = word.strip_prefix(b"v").unwrap_or(word);
    let dots = memchr::memchr_iter(b'.', digits).count();
    let version = digits.first().is_some_and(u8::is_ascii_digit) && (1..=3).contains(&dots);
    (version && end < value.start && len < 20).then_some(end - len..end)
}

fn path_structure(before: &[u8], after: &[u8]) -> Option<Feature> {
    if before.ends_with(b"//") || after.first() == Some(&b'@') || after.starts_with(b":x-") {
        return None;
    }
    let head = &before[..before.len() - 1];
    // JSON may escape its slashes, and JSON in JSON the backslashes too.
    let escapes = head.iter().rev().take_while(|b| **b == b'\\');
    let head = &head[..head.len() - escapes.count()];
    let segment = head
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'.')
        .count();
    let segment = &head[head.len() - segment..];
    if segment.is_empty() {
        return None;
    }
    if is_forge_segment(segment) {
        Some(Feature::CommitUrl)
    } else {
        Some(Feature::PathSegment)
    }
}

/// Returns the structure of `owner/name@value`, as in workflows, purls and package managers.
fn pin_structure(before: &[u8], after: &[u8]) -> Option<Feature> {
    let head = &before[..before.len() - 1];
    let word = head
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b'}'))
        .count();
    let user = matches!(after.first(), Some(b':' | b'@'));
    (word > 0 && !user).then_some(Feature::Pin)
}

fn fragment_structure(before: &[u8]) -> Option<Feature> {
    let head = &before[..before.len() - 1];
    let word = head
        .last()
        .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'}'));
    word.then_some(Feature::Fragment)
}

/// Returns the structure of a line that begins with a value, as those of `sha1sum`, a reflog and `git blame` do.
fn listing_structure(after: &[u8]) -> Option<Feature> {
    let rest = match after.first()? {
        b' ' | b'\t' => &after[1..],
        _ => return None,
    };
    let hex = rest.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let listed = rest.starts_with(b" ")
        || rest.starts_with(b"*")
        || rest.starts_with(b"refs/")
        || rest.starts_with(b"HEAD")
        || rest.starts_with(b"(")
        || hex >= 7
        || rest.first().is_some_and(u8::is_ascii_digit);
    listed.then_some(Feature::ListingLine)
}

/// Returns the name of an id or checksum right before the value, over quotes, blanks and an operator.
pub(super) fn hash_name_before(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(48);
    let mut at = value.start;
    let mut gap = 0;
    while at > floor
        && matches!(
            text[at - 1],
            b'"' | b'\'' | b' ' | b'=' | b':' | b'\t' | b'`' | b'>' | b'\\' | b'-'
        )
    {
        at -= 1;
        gap += 1;
    }
    // A weak entity tag: `ETag: W/"..."`.
    if gap > 0 && text[floor..at].ends_with(b"W/") {
        return Some(at - 2..at);
    }
    let mut start = at;
    while start > floor && text[start - 1].is_ascii_alphanumeric() {
        start -= 1;
    }
    let word = &text[start..at];
    if gap == 0 || word.is_empty() || (start == floor && floor > 0) {
        return None;
    }
    if is_hash_name(word) {
        return Some(start..at);
    }
    // `tree_id`, `commit-id`.
    if let b"id" | b"ID" | b"Id" = word
        && let Some(b'_' | b'-') = text[floor..start].last()
    {
        let owner = &text[floor..start - 1];
        let letters = owner.iter().rev().take_while(|b| b.is_ascii_alphanumeric());
        let owner = start - 1 - letters.count();
        return is_object_name(&text[owner..start - 1]).then_some(owner..at);
    }
    // `commitSha`, `headRefOid`, `GitCommit`.
    let camel = [
        &b"Sha"[..],
        b"SHA",
        b"Oid",
        b"OID",
        b"Commit",
        b"Rev",
        b"Revision",
        b"Hash",
        b"Checksum",
        b"CommitId",
        b"TreeId",
    ]
    .iter()
    .any(|w| word.ends_with(w) && word.len() > w.len());
    camel.then_some(start..at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    fn of(text: &str) -> Option<&'static str> {
        let value = String::from_utf8(Mint::new(3).hex(40)).unwrap();
        let start = text.find("<H>").unwrap();
        let text = text.replace("<H>", &value);
        let range = start..start + 40;
        find_structure(text.as_bytes(), &range)
            .map(Feature::name)
            .or_else(|| hash_name_before(text.as_bytes(), &range).map(|_| "key-hash"))
    }

    #[test]
    fn structures_that_need_no_second_look() {
        for (text, want) in [
            ("see https://github.com/o/r/commit/<H>)", "commit-url"),
            ("https://codeload.github.com/o/r/tar.gz/<H>", "commit-url"),
            (
                "https://raw.githubusercontent.com/o/r/<H>/x",
                "path-segment",
            ),
            ("uses: actions/checkout@<H> # v4", "pin"),
            ("git+https://github.com/o/r?branch=m#<H>\"", "fragment"),
            ("x\n<H> refs/heads/main", "listing-line"),
            ("x\n<H>  name.tar.gz", "listing-line"),
            ("x\n<H> <H> Name", "listing-line"),
            ("From <H> Mon Sep 17 00:00:00 2001\n", "listing-line"),
            ("\"reference\": \"<H>\"", "key-hash"),
            ("100644 blob <H>\tsrc/a.c", "key-hash"),
            ("git diff <H>..<H>", "commit-range"),
            (" > git checkout -f <H> # timeout=10", "pin"),
            ("[command]/usr/bin/git fetch --depth=1 origin <H>\n", "pin"),
            ("\"sha\": \"<H>\"", "key-hash"),
            ("headRefOid: <H>", "key-hash"),
            ("rev = \"<H>\"", "key-hash"),
            ("ETag: W/\"<H>\"", "key-hash"),
            ("\"tree_id\": \"<H>\"", "key-hash"),
            ("\"gitHead\":\"<H>\"", "key-hash"),
            ("\"_shasum\": \"<H>\"", "key-hash"),
            ("originalCommitId: '<H>'", "key-hash"),
        ] {
            assert_eq!(of(text), Some(want), "{text}");
        }
    }

    #[test]
    fn what_may_be_a_credential_is_left_open() {
        for text in [
            "https://<H>@github.com/o/r",
            "https://<H>:x-oauth-basic@github.com",
            "https://user@x:<H>@github.com",
            "token: <H>",
            "x\n<H>\n",
            "# <H>",
            "Authorization: token <H>",
            "git fetch with my token <H>",
            "git log && echo <H>",
            "git config github.token <H>",
            "client_id: <H>",
            "id: <H>",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_after_a_repository_is_its_revision() {
        let after = |text: &str| {
            let start = text.find("<H>").unwrap();
            after_repository(text.as_bytes(), &(start..start + 3)).map(|r| text[r].to_owned())
        };
        for (text, want) in [
            ("('o/r', '<H>')", Some("o/r")),
            (
                "install https://x.org/o/r.git -r <H>",
                Some("https://x.org/o/r.git"),
            ),
            ("clone o/r --branch  \"<H>\"", Some("o/r")),
            ("clone o/r -p <H>", None),
            ("-r <H>", None),
        ] {
            assert_eq!(after(text).as_deref(), want, "{text}");
        }
    }
}
