//! Names that are host names.

use std::ops::Range;

use crate::judge::vocabulary::{Vocabulary, WordClass, lists};

/// Returns true for a byte of a host name.
pub(crate) fn is_host_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')
}

/// Returns `Some` for the name of a host, with `true` for a host of GitHub: `github.com`, `"api.github.com"`,
/// `//npm.pkg.github.com/:_authToken`.
pub(crate) fn host_kind(vocabulary: &Vocabulary, name: &[u8]) -> Option<bool> {
    // Bundler replaces the dots of a host by two underscores: `BUNDLE_GITHUB__COM`.
    if let Some(host) = name.strip_prefix(b"BUNDLE_") {
        let known = lists().bundler_hosts.suffix_of(host).is_some();
        return known.then(|| vocabulary.lexicon.sense(host).has(WordClass::GITHUB));
    }
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b' ');
    let skip = name.iter().take_while(|b| quote(b)).count();
    let scheme = memchr::memmem::find(name, b"//").map_or(skip, |at| at + 2);
    let rest = &name[scheme..];
    let len = rest.iter().take_while(|b| is_host_byte(**b)).count();
    let host = &rest[..len];
    // The host is the whole name, or that of a registry in the notation of npm.
    let rest = &rest[len..];
    let whole = rest.iter().all(quote) || (scheme > skip && rest.starts_with(b"/:_"));
    if !whole || !is_host(host) {
        return None;
    }
    Some(vocabulary.lexicon.sense(host).has(WordClass::GITHUB))
}

/// Returns true for a host name with a known top-level domain.
pub(crate) fn is_host(name: &[u8]) -> bool {
    let mut labels = name.rsplit(|b| *b == b'.');
    let top = labels.next().unwrap_or_default();
    let mut others = labels.peekable();
    others.peek().is_some()
        && others.all(|label| !label.is_empty())
        && lists().top_domains.contains_any_case(top)
}

/// Returns true if an enclosing name, in quotes or a whole line, is a host that is not GitHub's.
pub(crate) fn is_in_foreign_host(
    vocabulary: &Vocabulary,
    text: &[u8],
    name: &Range<usize>,
) -> bool {
    let quoted = name.start > 0 && text[name.start - 1] == b'"';
    let word = &text[name.clone()];
    let head = word
        .strip_suffix(b":")
        .or_else(|| word.strip_suffix(b": {"));
    let head = match head {
        Some(head) => head,
        None if quoted => word,
        None => return false,
    };
    host_kind(vocabulary, head) == Some(false)
}
