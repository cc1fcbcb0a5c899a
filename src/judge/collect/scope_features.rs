//! Features of the names that enclose a value.

use std::ops::Range;

use super::callee::{is_login_callee, is_quoted};
use super::feature_set::FeatureSet;
use super::host;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::{Site, enclosing};
use crate::judge::vocabulary::{WordClass, WordReading, lists};

const CALL: [(WordClass, Feature); 1] = [(WordClass::SECRET, Feature::CallSecret)];

/// State of the walk through the enclosing names, from the innermost one outwards.
#[derive(Default)]
pub(crate) struct EnclosingNames {
    /// Set once a service was named.
    service: bool,
    /// Set once the name of a call had a word class that counts.
    called: bool,
    /// Set once a name other than a call's had a word class that counts.
    counted: bool,
    /// Set if the value's own line has the name of GitHub before the value.
    own: bool,
    /// `Some(true)` if the innermost name other than a call's is one of credentials of an unknown service.
    listed: Option<bool>,
}

impl EnclosingNames {
    /// Walks through the brackets around the value.
    pub(crate) fn add_brackets(&mut self, site: &Site<'_>, observed: &mut FeatureSet) {
        enclosing::brackets(site.text, site.value, |name, call| {
            self.add_enclosing_name(site, observed, name, call);
        });
    }

    /// Walks through the lines above with a smaller indent. The value's own line has priority for its service.
    pub(crate) fn add_ancestors(&mut self, site: &Site<'_>, observed: &mut FeatureSet) {
        self.own = site.line_before(site.value.start).has(WordClass::GITHUB);
        enclosing::for_each_ancestor(site.text, &site.memory.lines, site.value, |line| {
            if !holds_value(&site.text[line.clone()]) {
                self.add_enclosing_name(site, observed, line, false);
            }
        });
    }

    fn add_enclosing_name(
        &mut self,
        site: &Site<'_>,
        observed: &mut FeatureSet,
        name: Range<usize>,
        call: bool,
    ) {
        const COUNTING: WordClass = WordClass::GITHUB
            .or(WordClass::SECRET)
            .or(WordClass::HASH)
            .or(WordClass::MAYBE_HASH);
        const SERVICE: WordClass = WordClass::GITHUB.or(WordClass::VENDOR);
        let reading = site.read(&name);
        let mut sense = reading.all;
        // The name of a test is about its subject, not about an id.
        if call && lists().test_calls.contains(&site.text[name.clone()]) {
            sense = WordClass::NONE;
        }
        if call {
            // In `provider('github', ...)` the first argument names the service.
            let first = first_string(site.text, name.end, site.value.start);
            sense = sense.or(site.word_classes(&first).only(SERVICE));
        }
        let other = !call && host::is_in_foreign_host(site, &name);
        let place = EvidenceLocation::Text(name);
        let counts = sense.has(COUNTING);
        if call && !self.called && counts {
            self.called = true;
            observed.add_classes(sense, &CALL, &place);
            // A bare word is not a string: the value of CMake's `from_github(REPO o/r REF value)` is an id.
            let given = is_quoted(site) || observed.has(Feature::KeySecret);
            let opens = given && sense.has(WordClass::GITHUB) && is_login_callee(reading);
            observed.add_if(opens, Feature::CallGithub, place.clone());
            let hash = sense.has(WordClass::HASH.or(WordClass::MAYBE_HASH))
                && !reading.end.has(WordClass::OPENS);
            observed.add_if(hash, Feature::CallHash, place.clone());
        } else if !self.service {
            observed.add_classes(sense, &[(WordClass::GITHUB, Feature::ScopeGithub)], &place);
        }
        if !call {
            self.add_list(reading, &place, observed);
            observed.add_classes(sense, &[(WordClass::SECRET, Feature::ScopeSecret)], &place);
            // `jwt:` with `secret:` below it.
            let signs = observed.shared && !self.counted && reading.end.has(WordClass::SIGNING);
            observed.add_if(signs, Feature::KeySigning, place.clone());
            // The innermost name decides: `SPEC CHECKSUMS:`, not a heading far above.
            let closest = !self.counted && sense.has(WordClass::HASH);
            // The same is true for the ignore list of a scanner: `matches-ignore:`.
            let sums = closest && reading.end.has(WordClass::SUMS.or(WordClass::DERIVED));
            observed.add_if(sums, Feature::ScopeChecksumList, place.clone());
            observed.add_if(closest && !sums, Feature::ScopeHash, place.clone());
            self.counted |= counts;
        }
        if !self.service && !self.own {
            observed.add_classes(sense, &[(WordClass::VENDOR, Feature::ScopeVendor)], &place);
            observed.add_if(
                other && !observed.has(Feature::KeyOauth),
                Feature::ScopeHost,
                place,
            );
        }
        // The value belongs to the innermost service that is named.
        self.service |= other || sense.has(SERVICE);
        observed.github |= sense.has(WordClass::GITHUB);
    }
}

impl EnclosingNames {
    /// Adds the feature of a list of credentials of GitHub. Its innermost name or the next one must be GitHub's.
    fn add_list(&mut self, name: WordReading, place: &EvidenceLocation, observed: &mut FeatureSet) {
        let listed = *self.listed.get_or_insert(
            name.end.has(WordClass::CREDENTIAL)
                && !name.all.has(WordClass::HASH.or(WordClass::VENDOR)),
        );
        if listed && !self.service {
            observed.add_if(
                name.all.has(WordClass::GITHUB),
                Feature::ScopePair,
                place.clone(),
            );
        }
    }
}

/// Returns true if a line contains 40 hex digits itself, which makes it a pair next to this one, not an enclosing line.
fn holds_value(line: &[u8]) -> bool {
    line.split(|b| !b.is_ascii_hexdigit())
        .any(|run| run.len() >= 40)
}

/// Returns the first argument, if it is a string, of the call whose name ends at `at`; reads up to `end`.
fn first_string(text: &[u8], at: usize, end: usize) -> Range<usize> {
    let head = &text[at.min(end)..end];
    let open = head
        .iter()
        .position(|b| !matches!(b, b' ' | b'(' | b'\n' | b':'));
    let Some((open, quote @ (b'"' | b'\''))) = open.map(|i| (i, head[i])) else {
        return at..at;
    };
    match memchr::memchr(quote, &head[open + 1..]) {
        Some(len) if len < 40 => at + open + 1..at + open + 1 + len,
        _ => at..at,
    }
}
