//! Detection of the structures that the bytes right beside a value settle: most values, without an allocation.

use std::ops::Range;

use super::listing::listing_structure;
use super::records;
use crate::judge::feature::Feature;
use crate::judge::vocabulary::lists;

/// Returns `true` if a structure contains only ids of git. A listing or a path may contain any other value.
pub(crate) fn is_of_git(structure: Feature, text: &[u8], value: &Range<usize>) -> bool {
    match structure {
        Feature::CommitUrl | Feature::CommitRange => true,
        // The tag of an image, `user/name:value`, is the same structure but not of git.
        Feature::Pin => text[..value.start].last() != Some(&b':'),
        _ => false,
    }
}

/// Returns `true` if the same value is in the URL of a commit or file close by, as in a forge's data on a commit.
pub(crate) fn has_forge_url_nearby(
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
/// Cases: `own-plumbing-9`, `corpus-neg-102`.
const PATCH_HEAD: &[u8] = b" Mon Sep 17 00:00:00 2001";

/// Returns the structure that a value is part of, if the bytes beside the value determine it.
pub(crate) fn find_structure(text: &[u8], value: &Range<usize>) -> Option<Feature> {
    let before = &text[value.start.saturating_sub(64)..value.start];
    let after = &text[value.end..text.len().min(value.end + 64)];
    if records::is_record(text, value, before) {
        return Some(Feature::CommitRange);
    }
    match before.last().copied()? {
        b'/' => path_structure(before, after),
        b'\\' if records::is_path_part(before, after) => Some(Feature::PathSegment),
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
        _ if after.starts_with(b" refs/") => Some(Feature::ListingLine),
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
    let mut command = words.next().unwrap_or_default();
    // `git -C folder checkout`.
    while lists().git_options.contains(command) {
        words.next();
        command = words.next().unwrap_or_default();
    }
    // Options, paths and one name, such as that of a remote, are arguments; more words than that are a sentence.
    let names = words
        .filter(|w| !w.starts_with(b"-") && !w.contains(&b'/'))
        .count();
    let starts_a_word = at == 0 || !line[at - 1].is_ascii_alphanumeric();
    // After a quote or another command, the word is no longer an argument of git.
    let is_whole = !arguments
        .iter()
        .any(|b| matches!(b, b';' | b'|' | b'&' | b'"' | b'\'' | b'`' | b'$'));
    starts_a_word && is_whole && names <= 1 && lists().git_commands.contains(command)
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
pub(crate) fn after_repository(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
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
    let closes = matches!(text.get(value.end), Some(b')' | b']'));
    if at > floor + 1 && matches!(&text[at - 2..at], b" (" | b" [") && closes {
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
        && word
            .strip_suffix(b"/")
            .unwrap_or(word)
            .last()
            .is_some_and(u8::is_ascii_alphanumeric);
    let api = memchr::memmem::find(word, b"://api.").is_some();
    (at < value.start && slash && !api).then_some(start..at)
}

/// Returns the end of the text before a flag that takes a revision: `https://github.com/o/r.git -r value`.
fn end_before_flag(before: &[u8]) -> Option<usize> {
    // In `gh secret set NAME -R o/r -b value` the flag takes the secret.
    if lists().store_commands.is_part_of(before) {
        return None;
    }
    let flag = before.rsplit(u8::is_ascii_whitespace).next()?;
    let head = &before[..before.len() - flag.len()];
    let end = head.trim_ascii_end().len();
    (lists().revision_flags.contains(flag) && end < head.len()).then_some(end)
}

/// Returns `true` if a string that ends in `/` is joined to that of the value: `"https://host/blobs/" + "value"`.
pub(crate) fn after_joined_path(text: &[u8], value: &Range<usize>) -> bool {
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
pub(crate) fn is_given_to_a_client(text: &[u8], value: &Range<usize>) -> bool {
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
    lists().client_calls.ends_any_case(callee)
}

/// Returns `true` if an option that takes a token ends `before`: `-t value`, `bundle config github.com value`.
fn is_token_option(before: &[u8]) -> bool {
    match before.split_last() {
        Some((b' ' | b'"' | b'\'', head)) => {
            let head = head.trim_ascii_end();
            let start = head.iter().rposition(|b| matches!(b, b' ' | b'\t'));
            let quoted = |b: &u8| matches!(b, b'"' | b'\'' | b',' | b'[');
            let option = start.map(|at| head[at + 1..].trim_ascii()).map(|option| {
                let skip = option.iter().take_while(|b| quoted(b)).count();
                let end = option
                    .iter()
                    .rposition(|b| !quoted(b))
                    .map_or(skip, |n| n + 1);
                &option[skip..end.max(skip)]
            });
            option.is_some_and(|option| lists().token_flags.contains(option))
                || lists().github_host.suffix_of(head).is_some()
        }
        Some((b':', head)) => lists().host_settings.is_part_of(head),
        _ => false,
    }
}

/// Returns the version number right before the value, in brackets or not: `Maven 3.3.9 (value; ...)`.
pub(crate) fn after_version(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(40);
    let before = &text[floor..value.start];
    let gap = before
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'(' | b'[' | b'-' | b'/'));
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
    if before.ends_with(b"//") || after.starts_with(b":x-") {
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
    if lists().forge_segments.contains(segment) {
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

/// Returns the name of an id or checksum right before the value, over quotes, blanks and an operator.
pub(crate) fn hash_name_before(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
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
    if lists().hash_names.contains(word) {
        return Some(start..at);
    }
    // `tree_id`, `commit-id`.
    if lists().id_words.contains(word)
        && let Some(b'_' | b'-') = text[floor..start].last()
    {
        let owner = &text[floor..start - 1];
        let letters = owner.iter().rev().take_while(|b| b.is_ascii_alphanumeric());
        let owner = start - 1 - letters.count();
        return lists()
            .object_names
            .contains(&text[owner..start - 1])
            .then_some(owner..at);
    }
    // `commitSha`, `headRefOid`, `GitCommit`.
    lists().hash_endings.ends_longer(word).then_some(start..at)
}

#[cfg(test)]
mod tests {
    use super::super::listing;
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
            ("RUN git -C src checkout <H>", "pin"),
            ("<o/r/pull/1/after/<H>@github.com>", "path-segment"),
            ("x\n<H> (HEAD -> main) Fix it\n", "listing-line"),
            ("x\n<H> (ann 2020-01-01 1) x\n", "listing-line"),
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
    fn a_line_of_a_list_of_checksums_is_one_of_a_listing() {
        const PARTS: [&str; 16] = [
            "\n", " ", "*", "-> ", "=>", "→", "(", ")", "x", "name.gz", ".", "/", ">", "~", ":",
            "é",
        ];
        let mut mint = Mint::new(4);
        let value = String::from_utf8(mint.hex(40)).unwrap();
        let mut lines = 0;
        for round in 0..20_000 {
            let mut draw = |count: usize| -> String {
                let all = 0..mint.random_below(count);
                all.map(|_| PARTS[mint.random_below(PARTS.len())]).collect()
            };
            let before = draw(5) + ["\n", "\n", "\n", ""][round % 4];
            let after = ["  ", " *", " "][round % 3].to_owned() + &draw(6);
            let text = [&before, &value, &after].map(String::as_str).concat();
            let range = before.len()..before.len() + value.len();
            if listing::is_checksum_line(text.as_bytes(), &range) {
                let structure = find_structure(text.as_bytes(), &range);
                assert_eq!(structure, Some(Feature::ListingLine), "{text}");
                lines += 1;
            }
        }
        assert!(lines > 1000, "{lines}");
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
            "x\n<H>  (of the bot)\n",
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
