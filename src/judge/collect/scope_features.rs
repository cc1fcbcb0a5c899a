//! Features of the names that enclose a value.

use std::ops::Range;

use super::callee::{is_login_callee, is_quoted};
use super::feature_set::FeatureSet;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::Feature;
use crate::judge::site::lines::{is_comment, line_around_within};
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::site::{Site, host_names};
use crate::judge::vocabulary::{WordClass, WordReading, lists};
use crate::span::line_start;

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
        // The value's own block declares its service.
        self.service |= observed.has(Feature::ScopeGithub);
        for (name, is_call) in site.brackets() {
            self.add_enclosing_name(site, observed, name, *is_call);
        }
    }

    /// Walks through the lines above with a smaller indent. The value's own line has priority for its service.
    pub(crate) fn add_ancestors(&mut self, site: &Site<'_>, observed: &mut FeatureSet) {
        self.own = site.line_before(site.value.start).has(WordClass::GITHUB);
        for line in site.ancestors() {
            if !holds_value(&site.text[line.clone()]) {
                self.add_enclosing_name(site, observed, line, false);
            }
        }
    }

    fn add_enclosing_name(
        &mut self,
        site: &Site<'_>,
        observed: &mut FeatureSet,
        name: &Range<usize>,
        is_call: bool,
    ) {
        const COUNTING: WordClass = WordClass::GITHUB
            .or(WordClass::SECRET)
            .or(WordClass::HASH)
            .or(WordClass::DERIVED)
            .or(WordClass::MAYBE_HASH);
        let reading = site.read(name);
        let classes = enclosing_classes(site, name, reading, is_call);
        let place = EvidenceLocation::Text(name.clone());
        let counts = classes.has(COUNTING);
        if is_call && !self.called && counts {
            self.called = true;
            add_call(site, reading, classes, &place, observed);
        } else if !self.service {
            observed.add_classes(
                classes,
                &[(WordClass::GITHUB, Feature::ScopeGithub)],
                &place,
            );
        }
        if !is_call {
            self.add_list(site, reading, &place, observed);
            self.add_section(reading, classes, &place, observed);
            self.counted |= counts;
        }
        let is_other_host =
            !is_call && host_names::is_in_foreign_host(site.vocabulary(), site.text, name);
        if !self.service && !self.own {
            observed.add_classes(
                classes,
                &[(WordClass::VENDOR, Feature::ScopeVendor)],
                &place,
            );
            let counts = is_other_host && !observed.has(Feature::KeyOauth);
            observed.add_if(counts, Feature::ScopeHost, place);
        }
        // The value belongs to the innermost service that is named.
        self.service |= is_other_host || classes.has(WordClass::SERVICE);
        observed.github |= classes.has(WordClass::GITHUB);
    }

    /// Adds the features of a name other than a call's.
    fn add_section(
        &self,
        name: WordReading,
        classes: WordClass,
        place: &EvidenceLocation,
        observed: &mut FeatureSet,
    ) {
        observed.add_classes(classes, &[(WordClass::SECRET, Feature::ScopeSecret)], place);
        // `jwt:` with `secret:` below it.
        let signs = observed.shared && !self.counted && name.end.has(WordClass::SIGNING);
        observed.add_if(signs, Feature::KeySigning, place.clone());
        // The innermost name decides: `SPEC CHECKSUMS:`, not a heading far above.
        let closest = !self.counted && classes.has(WordClass::HASH.or(WordClass::DERIVED));
        // The same is true for the ignore list of a scanner: `matches-ignore:`.
        let sums = closest && name.end.has(WordClass::SUMS.or(WordClass::DERIVED));
        observed.add_if(sums, Feature::ScopeChecksumList, place.clone());
        observed.add_if(closest && !sums, Feature::ScopeHash, place.clone());
    }

    /// Adds the feature of a list of credentials of GitHub. Its innermost name or the next one must be GitHub's.
    fn add_list(
        &mut self,
        site: &Site<'_>,
        name: WordReading,
        place: &EvidenceLocation,
        observed: &mut FeatureSet,
    ) {
        // `GITHUB_ACCOUNTS = [("ann", "value")]`.
        let weak = name.end.has(WordClass::WEAK) && name.all.has(WordClass::GITHUB);
        let listed = *self.listed.get_or_insert(
            (name.end.has(WordClass::CREDENTIAL) || weak)
                && !name.all.has(WordClass::HASH.or(WordClass::VENDOR)),
        );
        // `tokens: {github: "value"}`.
        let named = observed.has(Feature::KeyGithub) && site.key_words().end.has(WordClass::GITHUB);
        let own = named || is_remarked_as_github(site);
        // `Two keys:`, then `- for GitHub: value`.
        let announced = own
            && name.all.has(WordClass::CREDENTIAL)
            && matches!(place, EvidenceLocation::Text(p) if site.text[p.clone()].ends_with(b":"));
        let is_of_github =
            (listed || announced) && !self.service && (own || name.all.has(WordClass::GITHUB));
        observed.add_if(is_of_github, Feature::ScopePair, place.clone());
    }
}

/// Adds the feature of a list of credentials whose name is a comment above it: `# github tokens`, then `ann:value`.
pub(crate) fn add_comment_heading(site: &Site<'_>, slot: &Slot, observed: &mut FeatureSet) {
    let may_be_listed = matches!(
        slot.kind,
        SlotKind::Assigned | SlotKind::Argument | SlotKind::Listed | SlotKind::Alone
    );
    let is_open = observed.has(Feature::KeyPlain) || observed.nameless;
    if may_be_listed
        && is_open
        && !observed.has(Feature::AfterRepo)
        && let Some(CommentHeading::Credentials(comment)) = comment_heading(site)
    {
        observed.github = true;
        observed.add(Feature::ScopePair, EvidenceLocation::Text(comment));
    }
}

/// Comment above the rows of a list, which names what the list holds.
pub(crate) enum CommentHeading {
    Credentials(Range<usize>),
    Ids,
}

/// Returns the comment above the rows of a list that the value is in, if it names credentials of GitHub or ids:
/// `# github tokens`, `# package -> commit`.
pub(crate) fn comment_heading(site: &Site<'_>) -> Option<CommentHeading> {
    const REACH: usize = 2000;
    const LINES: usize = 40;
    const OTHER: WordClass = WordClass::MAYBE_HASH
        .or(WordClass::VENDOR)
        .or(WordClass::THING);
    let text = site.text;
    let floor = site.value.start.saturating_sub(REACH);
    let mut end = line_start(text, floor, site.value.start);
    let mut list = WordClass::NONE;
    for _ in 0..LINES {
        let stop = end.checked_sub(1).filter(|stop| *stop > floor)?;
        let line = line_start(text, floor, stop)..stop;
        let body = text[line.clone()].trim_ascii();
        end = line.start;
        if is_comment(body) && !holds_value(body) {
            let class = site.whole_word_classes(&line);
            let is_listed = list.has(WordClass::CREDENTIAL.or(WordClass::WEAK));
            if class.has(WordClass::HASH) {
                return (!class.has(WordClass::SECRET)).then_some(CommentHeading::Ids);
            }
            let named = class.has(WordClass::PAIR) || class.has(WordClass::GITHUB) && is_listed;
            if named && !is_title(body) {
                return (!class.has(OTHER)).then_some(CommentHeading::Credentials(line));
            }
        } else if matches!(body.last(), Some(b'[' | b'{' | b'(' | b':')) {
            list = site.whole_word_classes(&line);
            if list.has(OTHER) {
                return None;
            }
        } else if !holds_value(body) && !body.is_empty() && !body.starts_with(b"[") {
            return None;
        }
    }
    None
}

/// Returns true if the first word of a comment is that of the title of a change.
fn is_title(comment: &[u8]) -> bool {
    const WORDS: usize = 3;
    let mut words = comment
        .split(|b| !b.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty());
    let count = words.clone().count();
    count > WORDS
        && words
            .next()
            .is_some_and(|w| lists().title_words.contains_any_case(w))
}

/// Returns true if the comment behind the value names GitHub and no other service: `"value", # github, for the bot`.
fn is_remarked_as_github(site: &Site<'_>) -> bool {
    let line = line_around_within(site.text, &site.value);
    let rest = &site.text[site.value.end..line.end];
    let mark = |b: &u8| matches!(b, b'"' | b'\'' | b',' | b';' | b' ' | b'\t');
    let skip = rest.iter().take_while(|b| mark(b)).count();
    let comment = rest[skip..].starts_with(b"#") || rest[skip..].starts_with(b"//");
    let class = site.whole_word_classes(&(site.value.end..line.end));
    comment && class.has(WordClass::GITHUB) && !class.has(WordClass::VENDOR)
}

/// Adds the features of the innermost call with a word class that counts.
fn add_call(
    site: &Site<'_>,
    name: WordReading,
    classes: WordClass,
    place: &EvidenceLocation,
    observed: &mut FeatureSet,
) {
    observed.add_classes(classes, &[(WordClass::SECRET, Feature::CallSecret)], place);
    // A bare word is not a string: the value of CMake's `from_github(REPO o/r REF value)` is an id.
    let given = (is_quoted(site) || observed.has(Feature::KeySecret))
        && !observed.has(Feature::KeyMaybeHash);
    let opens = given && classes.has(WordClass::GITHUB) && is_login_callee(name);
    observed.add_if(opens, Feature::CallGithub, place.clone());
    // `Base64.strict_encode64("user:value")`.
    let encodes = |place: &EvidenceLocation| match place {
        EvidenceLocation::Text(callee) => lists()
            .encoders
            .suffix_of(&site.text[callee.clone()])
            .is_some(),
        _ => false,
    };
    let hash = classes.has(WordClass::HASH.or(WordClass::MAYBE_HASH))
        && !name.end.has(WordClass::OPENS)
        && !encodes(place);
    observed.add_if(hash, Feature::CallHash, place.clone());
}

/// Returns the classes that an enclosing name gives to the value.
fn enclosing_classes(
    site: &Site<'_>,
    name: &Range<usize>,
    reading: WordReading,
    is_call: bool,
) -> WordClass {
    if !is_call {
        return reading.all;
    }
    // The name of a test is about its subject, not about an id.
    let is_test = lists().test_calls.contains(&site.text[name.clone()]);
    let own = if is_test {
        WordClass::NONE
    } else {
        reading.all
    };
    // In `provider('github', ...)` the first argument names the service.
    let first = first_string(site.text, name.end, site.value.start);
    own.or(site.word_classes(&first).only(WordClass::SERVICE))
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
