//! Addresses of items on GitHub, as its web pages and its API have them.

use crate::span::DocumentPlace;

/// Number of characters of a commit's id that a place shows.
const SHORT_ID: usize = 12;

/// Item that a person can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExportSubject {
    /// Issue with its number.
    Issue(u64),
    /// Pull request with its number.
    PullRequest(u64),
    /// Commit with the beginning of its id.
    Commit(String),
    /// Release with its tag.
    Release(String),
    /// Page of a wiki with its name.
    WikiPage(String),
}

impl ExportSubject {
    /// Returns the place of the item.
    pub(super) fn to_place(&self) -> DocumentPlace {
        match self {
            ExportSubject::Issue(number) => DocumentPlace::of_number("issue", *number),
            ExportSubject::PullRequest(number) => DocumentPlace::of_number("pull request", *number),
            ExportSubject::Commit(id) => DocumentPlace::of_name("commit", id),
            ExportSubject::Release(tag) => DocumentPlace::of_name("release", tag),
            ExportSubject::WikiPage(name) => DocumentPlace::of_name("wiki page", name),
        }
    }
}

/// Part of an item: a noun and a number.
pub(super) type ItemPart = (&'static str, u64);

/// Returns the item, and the part of it, that an address leads to, as far as it names them.
pub(super) fn parse_address(address: &str) -> (Option<ExportSubject>, Option<ItemPart>) {
    let Some((_, rest)) = address.split_once("://") else {
        return (None, None);
    };
    let (path, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let steps: Vec<&str> = path.split('/').collect();
    // Host, then `repos` in an address of the API, which may follow `api/v3`; then owner and repository.
    let owner = match steps.iter().take(4).position(|step| *step == "repos") {
        Some(at) => at + 1,
        None => 1,
    };
    let (subject, part) = match steps.get(owner + 2..).unwrap_or_default() {
        ["issues", "comments", id] | ["comments", id] => (None, number_part("comment", id)),
        ["issues", number, ..] => (number.parse().ok().map(ExportSubject::Issue), None),
        ["pulls", "comments", id] => (None, number_part("review comment", id)),
        ["pull" | "pulls", number, rest @ ..] => {
            let part = match rest {
                ["reviews", id, ..] => number_part("review", id),
                _ => None,
            };
            (number.parse().ok().map(ExportSubject::PullRequest), part)
        }
        ["commit" | "commits", id] => (name_commit(id), None),
        ["releases", "tag", tag] => (Some(ExportSubject::Release((*tag).to_owned())), None),
        ["wiki", page] => (Some(ExportSubject::WikiPage((*page).to_owned())), None),
        _ => (None, None),
    };
    (subject, part.or_else(|| parse_fragment(fragment)))
}

fn name_commit(id: &str) -> Option<ExportSubject> {
    let is_id = id.len() >= SHORT_ID && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| ExportSubject::Commit(id[..SHORT_ID].to_owned()))
}

fn parse_fragment(fragment: &str) -> Option<ItemPart> {
    const PARTS: [(&str, &str); 5] = [
        ("issuecomment-", "comment"),
        ("commitcomment-", "comment"),
        ("discussion_r", "review comment"),
        ("pullrequestreview-", "review"),
        ("r", "review comment"),
    ];
    let mut parts = PARTS.into_iter();
    parts.find_map(|(prefix, noun)| number_part(noun, fragment.strip_prefix(prefix)?))
}

fn number_part(noun: &'static str, number: &str) -> Option<ItemPart> {
    Some((noun, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pages_and_of_the_api_name_items_and_their_parts() {
        let say = |address: &str| {
            let (subject, part) = parse_address(address);
            let subject = subject.map(|subject| subject.to_place().to_string());
            let part = part.map(|(noun, number)| format!("{noun} {number}"));
            [subject, part].map(Option::unwrap_or_default).join("|")
        };
        for (address, said) in [
            ("https://github.com/o/r/issues/12", "issue 12|"),
            ("https://api.github.com/repos/o/r/issues/12", "issue 12|"),
            (
                "https://ghe.example/api/v3/repos/o/r/pulls/7",
                "pull request 7|",
            ),
            (
                "https://github.com/o/r/issues/12#issuecomment-99",
                "issue 12|comment 99",
            ),
            (
                "https://api.github.com/repos/o/r/issues/comments/99",
                "|comment 99",
            ),
            (
                "https://github.com/o/r/pull/7#discussion_r5",
                "pull request 7|review comment 5",
            ),
            (
                "https://github.com/o/r/pull/7/files#r5",
                "pull request 7|review comment 5",
            ),
            (
                "https://github.com/o/r/pull/7#pullrequestreview-6",
                "pull request 7|review 6",
            ),
            (
                "https://api.github.com/repos/o/r/pulls/7/reviews/6",
                "pull request 7|review 6",
            ),
            (
                "https://api.github.com/repos/o/r/pulls/comments/5",
                "|review comment 5",
            ),
            (
                "https://github.com/o/r/commit/0123456789abcdef#commitcomment-4",
                "commit \"0123456789ab\"|comment 4",
            ),
            ("https://github.com/o/r/wiki/Home", "wiki page \"Home\"|"),
            (
                "https://github.com/o/r/releases/tag/v1.2",
                "release \"v1.2\"|",
            ),
            ("https://github.com/o/r/issues/new", "|"),
            ("https://github.com/o/r", "|"),
            ("https://api.github.com/users/o", "|"),
            ("https://github.com", "|"),
            ("issues/12", "|"),
            ("", "|"),
        ] {
            assert_eq!(say(address), said, "{address}");
        }
    }
}
