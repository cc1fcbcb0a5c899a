//! Kinds of functions, by the words of their names.

use crate::judge::site::Site;
use crate::judge::vocabulary::{WordClass, WordReading};

/// Returns true if a quote opens directly before the value.
pub(crate) fn is_quoted(site: &Site<'_>) -> bool {
    let before = site.text[..site.value.start].last();
    matches!(before, Some(b'"' | b'\'' | b'`'))
}

/// Returns true if a callee signs or encrypts with its argument.
pub(crate) fn is_signing_callee(callee: WordReading) -> bool {
    callee.all.has(WordClass::SIGNING) && !callee.end.has(WordClass::OPENS)
}

/// Returns true if a callee queries or revokes its argument: `getGist`, `revokeToken`, not `getOctokit`.
pub(crate) fn is_query_callee(callee: WordReading) -> bool {
    callee.all.has(WordClass::ASKS) && !callee.end.has(WordClass::OPENS)
}

/// Returns true if a callee logs in or creates a client, rather than sends a query to one.
pub(crate) fn is_login_callee(callee: WordReading) -> bool {
    const SAYS: WordClass = WordClass::OPENS
        .or(WordClass::GITHUB)
        .or(WordClass::SECRET)
        .or(WordClass::CLIENT);
    if is_query_callee(callee) {
        return false;
    }
    callee.end.has(SAYS) || (callee.end.has(WordClass::MAKES) && callee.all.has(WordClass::GITHUB))
}
