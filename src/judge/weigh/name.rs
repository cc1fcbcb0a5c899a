//! Features of the value's name: its slot, the words of its key, and the enclosing names.

use std::ops::Range;

use super::{EvidenceLocation, FeatureSet, Site, host, thing, whose};
use crate::judge::piece::Feature;
use crate::judge::slot::{Slot, SlotKind};
use crate::judge::words::{WordClass, WordReading};
use crate::judge::{quick, scope, slot};
use crate::span::line_start;

/// Adds the features of the slot. Not for values whose adjacent bytes already gave their structure.
pub(super) fn add_slot(look: &Site<'_>, slot: &Slot, tally: &mut FeatureSet) {
    let (text, value) = (look.text, look.value);
    tally.add_if(slot.marker, Feature::UserMarker, look.own_location());
    let pinned = match slot.kind {
        SlotKind::Argument | SlotKind::Listed | SlotKind::Follows | SlotKind::Other => true,
        SlotKind::Alone => is_quoted(look),
        _ => false,
    };
    if pinned
        && let Some(name) = quick::after_repository(text, value)
        && !is_path_of_secret(look, &name)
    {
        tally.add(Feature::AfterRepo, EvidenceLocation::Text(name));
    }
    if matches!(
        slot.kind,
        SlotKind::Argument | SlotKind::Follows | SlotKind::Other
    ) && let Some(version) = quick::after_version(text, value)
    {
        tally.add(Feature::AfterRepo, EvidenceLocation::Text(version));
    }
    if quick::after_joined_path(text, value) {
        return tally.add(Feature::PathSegment, look.own_location());
    }
    if slot.kind == SlotKind::Argument {
        add_callee(look, slot, tally);
    }
    // The URL before a revision is the address it is fetched from.
    if !tally.has(Feature::AfterRepo) {
        host::add_called_host(look, slot, tally);
    }
    let piece = match slot.kind {
        SlotKind::UrlUser => {
            let host = look.word_classes(&slot.host);
            let place = EvidenceLocation::Text(slot.host.clone());
            tally.hear(host, &[(WordClass::VENDOR, Feature::KeyVendor)], &place);
            if host.has(WordClass::GITHUB) {
                Feature::UrlUserGithub
            } else {
                Feature::UrlUser
            }
        }
        SlotKind::BasicUser => Feature::BasicUser,
        SlotKind::Query => {
            let key = look.word_classes(&slot.key);
            // GitHub has no parameter named only `secret`.
            let name = look.text[slot.key.clone()].trim_ascii_start();
            let alone = name.eq_ignore_ascii_case(b"secret");
            if key.has(WordClass::SECRET) && !key.has(WordClass::DERIVED) && !alone {
                Feature::Query
            } else {
                Feature::QueryOther
            }
        }
        SlotKind::AuthHeader => {
            let head = text[..value.start].trim_ascii_end();
            tally.add_if(
                head.ends_with(b"token"),
                Feature::SchemeToken,
                look.own_location(),
            );
            Feature::AuthHeader
        }
        SlotKind::Header if !look.word_classes(&slot.key).has(WordClass::GITHUB) => {
            Feature::HeaderOther
        }
        SlotKind::Argument => Feature::Argument,
        SlotKind::Assigned | SlotKind::Listed | SlotKind::Header => Feature::Assigned,
        SlotKind::Compared => Feature::Compared,
        SlotKind::LineHead => Feature::LineStart,
        SlotKind::Alone if text.trim_ascii().len() == value.len() => Feature::AloneInFile,
        SlotKind::Coordinate => Feature::Pin,
        SlotKind::Cited => Feature::CitedChange,
        SlotKind::Glued => Feature::JoinedToWord,
        // The value has no opening mark, so it may be a part of a longer word.
        SlotKind::Other if is_joined(text, value) => Feature::JoinedToWord,
        SlotKind::Alone | SlotKind::Follows | SlotKind::Cell | SlotKind::Other => return,
    };
    tally.add(piece, look.own_location());
}

/// Returns true if an apparent repository name is the path of a secret in a store: `services/github/token`.
fn is_path_of_secret(look: &Site<'_>, name: &Range<usize>) -> bool {
    let path = &look.text[name.clone()];
    let deep = memchr::memchr_iter(b'/', path).nth(1).is_some();
    deep && !path.contains(&b'.') && look.model.lexicon.read(path).last.has(WordClass::SECRET)
}

/// Adds the features of the function that takes an unnamed value: one that logs in, or another one.
fn add_callee(look: &Site<'_>, slot: &Slot, tally: &mut FeatureSet) {
    let key = look.model.lexicon.read(&look.text[slot.key.clone()]);
    let callee = look.model.lexicon.read(&look.text[slot.callee.clone()]);
    let place = EvidenceLocation::Text(slot.callee.clone());
    let all = key.all.or(callee.all);
    if is_signing_callee(callee) {
        tally.add(Feature::KeySigning, place.clone());
    }
    tally.asked = is_query_callee(callee) && callee.all.has(WordClass::SECRET);
    if callee.end.has(WordClass::OPENS) && !callee.all.has(WordClass::HASH) {
        tally.add(Feature::CallLogin, place);
    } else if !slot.callee.is_empty()
        && !all.has(WordClass::SECRET)
        && !is_login_callee(callee)
        && !key.end.has(WordClass::GITHUB)
    {
        tally.add(Feature::CallOther, place);
    }
}

/// Returns true if a quote opens directly before the value.
fn is_quoted(look: &Site<'_>) -> bool {
    let before = look.text[..look.value.start].last();
    matches!(before, Some(b'"' | b'\'' | b'`'))
}

/// Returns true if a callee signs or encrypts with its argument.
fn is_signing_callee(callee: WordReading) -> bool {
    callee.all.has(WordClass::SIGNING) && !callee.end.has(WordClass::OPENS)
}

/// Returns true if a callee queries or revokes its argument: `getGist`, `revokeToken`, not `getOctokit`.
fn is_query_callee(callee: WordReading) -> bool {
    callee.all.has(WordClass::ASKS) && !callee.end.has(WordClass::OPENS)
}

/// Returns true if a callee logs in or creates a client, rather than sends a query to one.
fn is_login_callee(callee: WordReading) -> bool {
    const SAYS: WordClass = WordClass::OPENS
        .or(WordClass::GITHUB)
        .or(WordClass::SECRET)
        .or(WordClass::CLIENT);
    if is_query_callee(callee) {
        return false;
    }
    callee.end.has(SAYS) || (callee.end.has(WordClass::MAKES) && callee.all.has(WordClass::GITHUB))
}

fn is_joined(text: &[u8], value: &Range<usize>) -> bool {
    let before = value.start.checked_sub(1).and_then(|i| text.get(i));
    matches!(
        before,
        Some(b'-' | b'_' | b'.' | b'+' | b'*' | b'~' | b'/' | b'@' | b'#')
    )
}

/// Returns the classes of all words of a name and of the last one, and true if the name is that of an OAuth 1 secret.
fn read_key_words(look: &Site<'_>, key: &[u8]) -> (WordClass, WordClass, bool) {
    let WordReading { mut all, last, .. } = look.model.lexicon.read(key);
    if all.has(WordClass::GITHUB) && all.has(WordClass::WEAK) && joins(key, b"api", b"key") {
        all = all.or(WordClass::SECRET);
    }
    if joins(key, b"secure", b"string") {
        all = all.or(WordClass::CREDENTIAL);
    }
    // In OAuth 1 each token has a secret; GitHub never supported OAuth 1.
    let token_secret = joins(key, b"token", b"secret") && !all.has(WordClass::GITHUB);
    if token_secret {
        all = all.or(WordClass::VENDOR);
    }
    (all, last, token_secret)
}

/// Adds the features of the words of the value's name.
pub(super) fn add_key(look: &Site<'_>, slot: &Slot, tally: &mut FeatureSet) {
    if matches!(
        slot.kind,
        SlotKind::UrlUser | SlotKind::Coordinate | SlotKind::Cited | SlotKind::Glued
    ) {
        return;
    }
    if let Some(name) = quick::hash_name_before(look.text, look.value) {
        return tally.add(Feature::KeyHash, EvidenceLocation::Text(name));
    }
    // The name of an adjacent repository is not the name of the value.
    if slot.key.is_empty() || tally.has(Feature::AfterRepo) {
        tally.nameless = true;
        return;
    }
    let key = &look.text[slot.key.clone()];
    let place = EvidenceLocation::Text(slot.key.clone());
    if is_file_name(key) {
        return tally.add(Feature::KeyFile, place);
    }
    if let Some(piece) = thing::named_so(look, slot, key) {
        return tally.add(piece, place);
    }
    // A tool named after GitHub takes its token as `-t`.
    if slot.kind == SlotKind::Follows && whose::is_flag_of_tool(look, &slot.key) {
        return tally.add(Feature::KeySecret, place);
    }
    match host::host_kind(look, key) {
        Some(true) => return tally.add(Feature::KeyHost, place),
        Some(false) => tally.add(Feature::ScopeHost, place.clone()),
        None => {}
    }
    let (all, last, token_secret) = read_key_words(look, key);
    // A callee, an earlier argument or a user name is the name of the value only if its words have a class. A function
    // that creates a commit takes a message with arbitrary words, followed by ids.
    let message = slot.kind == SlotKind::Argument
        && slot.key != slot.callee
        && key.contains(&b' ')
        && look.word_classes(&slot.callee).has(WordClass::HASH);
    let means = all.has(WordClass::ANY) && !message;
    if matches!(slot.kind, SlotKind::Argument | SlotKind::BasicUser) && !means {
        tally.nameless = true;
        return;
    }
    // Prose with a word for a commit is about the commit, even if it has other words too.
    let blanks = memchr::memchr_iter(b' ', key).count();
    let prose = blanks > 3;
    if blanks > 1
        && !all.has(WordClass::SECRET)
        && all.has(WordClass::VENDOR)
        && is_told(look, slot)
    {
        tally.nameless = true;
        return;
    }
    let signing = (all.has(WordClass::SIGNING)
        && all.has(WordClass::SECRET.or(WordClass::WEAK))
        && !last.has(WordClass::HASH))
        || (joins(key, b"secret", b"key") && !all.has(WordClass::GITHUB.or(WordClass::CLIENT)));
    let hash = !signing
        && (last.has(WordClass::HASH)
            || (prose && all.has(WordClass::HASH))
            || all.has(WordClass::DERIVED)
            || joins(key, b"page", b"token")
            || (all.has(WordClass::HASH) && !all.has(WordClass::SECRET)));
    let maybe_hash =
        last.has(WordClass::MAYBE_HASH) && !hash && !(prose && all.has(WordClass::PAIR));
    let secret = all.has(WordClass::SECRET) && !hash;
    let github = all.has(WordClass::GITHUB) && !hash && !signing;
    tally.shared = secret && !all.has(WordClass::SHOWN.or(WordClass::CLIENT));
    for (condition, piece) in [
        (hash, Feature::KeyHash),
        (maybe_hash, Feature::KeyMaybeHash),
        (
            secret && all.has(WordClass::CLIENT),
            Feature::KeyClientSecret,
        ),
        (secret && github, Feature::KeyGithubSecret),
        (secret && !github, Feature::KeySecret),
        (signing, Feature::KeySigning),
        (
            secret && !signing && !token_secret && is_oauth_token(key),
            Feature::KeyOauth,
        ),
        (!secret && github, Feature::KeyGithub),
        (
            all.has(WordClass::WEAK) && !secret && !hash,
            Feature::KeyWeak,
        ),
        (!all.has(WordClass::ANY), Feature::KeyPlain),
    ] {
        tally.add_if(condition, piece, place.clone());
    }
    tally.hear(all, &[(WordClass::VENDOR, Feature::KeyVendor)], &place);
    if secret
        && !all.has(WordClass::GITHUB)
        && let Some(name) = whose::another(look, slot)
    {
        tally.add(Feature::ScopeVendor, EvidenceLocation::Text(name));
    }
}

/// Returns true if the sentence before a value's name has a credential of GitHub, which then has priority over another
/// service in the name: "the GitHub token, until we have Vault: value".
fn is_told(look: &Site<'_>, slot: &Slot) -> bool {
    let from = slot.key.start.saturating_sub(OWN_LINE);
    let line = line_start(look.text, from, slot.key.start);
    look.whole_word_classes(&(line..slot.key.start))
        .has(WordClass::PAIR)
}

/// Returns true if a name contains both `oauth` and `token`.
fn is_oauth_token(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    [&b"oauth"[..], b"token"]
        .iter()
        .all(|w| memchr::memmem::find(&key, w).is_some())
}

/// Returns true if a name contains two adjacent words in any style. An `api key` is a credential though neither word is
/// one alone, a `secret key` is for signing, and a `page token` is a position in a list.
fn joins(key: &[u8], of: &[u8], what: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    memchr::memmem::find_iter(&key, of).any(|at| {
        let rest = &key[at + of.len()..];
        let joint = matches!(rest.first(), Some(b'_' | b'-' | b' ' | b'.'));
        rest[usize::from(joint)..].starts_with(what)
    })
}

/// Features that the uses of a name may add.
pub(super) const OF_USE: &[Feature] = &[
    Feature::UsedAsGithubLogin,
    Feature::UsedAsLogin,
    Feature::UsedAsId,
    Feature::KeySigning,
];

/// Adds the features of the uses of the value's name: a login, or a place that takes only ids.
pub(super) fn of_use(look: &Site<'_>, slot: &Slot, tally: &mut FeatureSet) {
    let text = look.text;
    let own = look.word_classes(&slot.key);
    let key = &text[slot.key.clone()];
    let plain = !key.contains(&b' ') || memchr::memmem::find(key, b": ").is_some();
    let named = matches!(slot.kind, SlotKind::Assigned | SlotKind::Follows)
        && !tally.has(Feature::AfterRepo);
    if !named || !plain || own.has(WordClass::HASH) {
        return;
    }
    // In `"user:value"` the name of the whole string is used, not the user.
    let login = host::whole_login(look, slot).map(|(_, outer)| outer.key);
    let name = login.as_ref().unwrap_or(&slot.key);
    slot::for_each_use(text, look.value, name, |place| {
        let filled = slot::find_placeholder(text, &place).unwrap_or(place);
        let seen = EvidenceLocation::Text(filled.clone());
        match feature_of_use(look, &filled) {
            Some(Feature::UsedAsLogin) if own.has(WordClass::SECRET) => {}
            Some(piece) => tally.add(piece, seen),
            None => {}
        }
    });
}

/// Returns the feature of one place in which the value's name is used.
fn feature_of_use(look: &Site<'_>, place: &Range<usize>) -> Option<Feature> {
    let text = look.text;
    match quick::find_structure(text, place) {
        Some(Feature::ListingLine) | None => {}
        Some(_) => return Some(Feature::UsedAsId),
    }
    let slot = slot::read(text, place);
    let key = look.read(&slot.key);
    const ENCODERS: [&[u8]; 7] = [
        b"btoa",
        b"b64encode",
        b"encode64",
        b"strict_encode64",
        b"base64_encode",
        b"ToBase64String",
        b"EncodeToString",
    ];
    let encodes = |callee: &Range<usize>| {
        ENCODERS
            .iter()
            .any(|name| text[callee.clone()].ends_with(name))
    };
    match slot.kind {
        // `format!("token {}", name)`, with the header in another place.
        SlotKind::Follows if is_scheme_alone(text, &slot.key) => Some(Feature::UsedAsLogin),
        SlotKind::Argument if encodes(&slot.callee) => Some(Feature::UsedAsLogin),
        SlotKind::UrlUser if look.word_classes(&slot.host).has(WordClass::GITHUB) => {
            Some(Feature::UsedAsGithubLogin)
        }
        SlotKind::UrlUser | SlotKind::AuthHeader | SlotKind::BasicUser => {
            Some(Feature::UsedAsLogin)
        }
        SlotKind::Argument => {
            let callee = look.read(&slot.callee);
            let client = is_login_callee(callee) && callee.all.has(WordClass::GITHUB);
            let hash = callee.end.has(WordClass::HASH);
            match (is_signing_callee(callee), client, hash) {
                (true, ..) => Some(Feature::KeySigning),
                (_, true, _) => Some(Feature::UsedAsGithubLogin),
                (.., true) => Some(Feature::UsedAsId),
                _ => None,
            }
        }
        SlotKind::Assigned if key.last.has(WordClass::HASH) => Some(Feature::UsedAsId),
        SlotKind::Assigned
            if key.all.has(WordClass::SECRET)
                && !key.all.has(WordClass::SIGNING.or(WordClass::DERIVED)) =>
        {
            Some(Feature::UsedAsLogin)
        }
        _ => None,
    }
}

/// Returns true if a word is the scheme of a header at the start of a string: `"token {}"`.
fn is_scheme_alone(text: &[u8], word: &Range<usize>) -> bool {
    let scheme = matches!(&text[word.clone()], b"token" | b"Bearer" | b"bearer");
    scheme && matches!(text[..word.start].last(), Some(b'"' | b'\'' | b'`'))
}

const CALL: [(WordClass, Feature); 1] = [(WordClass::SECRET, Feature::CallSecret)];

/// Features that the names of enclosing calls may add.
pub(super) const OF_CALLS: &[Feature] =
    &[Feature::CallGithub, Feature::CallSecret, Feature::CallHash];

/// Features that all enclosing names may add.
pub(super) const OF_SCOPE: &[Feature] = &[
    Feature::ScopePair,
    Feature::ScopeGithub,
    Feature::ScopeSecret,
    Feature::ScopeHash,
    Feature::ScopeChecksumList,
    Feature::ScopeVendor,
];

/// Number of bytes of the value's own line in which its service is searched.
const OWN_LINE: usize = 120;

/// State of the walk through the enclosing names, from the innermost one outwards.
#[derive(Default)]
pub(super) struct EnclosingNames {
    /// Set once a service was named.
    service: bool,
    /// Set once the name of a call had a word class that counts.
    called: bool,
    /// Set once a name other than a call's had a word class that counts.
    spoken: bool,
    /// Set if the value's own line has the name of GitHub before the value.
    own: bool,
    /// `Some(true)` if the innermost name other than a call's is one of credentials of an unknown service.
    listed: Option<bool>,
}

impl EnclosingNames {
    /// Walks through the brackets around the value.
    pub(super) fn add_brackets(&mut self, look: &Site<'_>, tally: &mut FeatureSet) {
        scope::brackets(look.text, look.value, |name, call| {
            self.add_enclosing_name(look, tally, name, call);
        });
    }

    /// Walks through the lines above with a smaller indent. The value's own line has priority for its service.
    pub(super) fn add_ancestors(&mut self, look: &Site<'_>, tally: &mut FeatureSet) {
        let from = look.value.start.saturating_sub(OWN_LINE);
        let own = line_start(look.text, from, look.value.start);
        self.own = look
            .whole_word_classes(&(own..look.value.start))
            .has(WordClass::GITHUB);
        scope::for_each_ancestor(look.text, &look.memory.lines, look.value, |line| {
            if !holds_value(&look.text[line.clone()]) {
                self.add_enclosing_name(look, tally, line, false);
            }
        });
    }

    fn add_enclosing_name(
        &mut self,
        look: &Site<'_>,
        tally: &mut FeatureSet,
        name: Range<usize>,
        call: bool,
    ) {
        const SPEAKING: WordClass = WordClass::GITHUB
            .or(WordClass::SECRET)
            .or(WordClass::HASH)
            .or(WordClass::MAYBE_HASH);
        const SERVICE: WordClass = WordClass::GITHUB.or(WordClass::VENDOR);
        let reading = look.read(&name);
        let mut sense = reading.all;
        // The name of a test is about its subject, not about an id.
        if call && look.text[name.clone()] == *b"describe" {
            sense = WordClass::NONE;
        }
        if call {
            // In `provider('github', ...)` the first argument names the service.
            let first = first_string(look.text, name.end, look.value.start);
            sense = sense.or(look.word_classes(&first).only(SERVICE));
        }
        let other = !call && host::is_in_foreign_host(look, &name);
        let place = EvidenceLocation::Text(name);
        let speaks = sense.has(SPEAKING);
        if call && !self.called && speaks {
            self.called = true;
            tally.hear(sense, &CALL, &place);
            // A bare word is not a string: the value of CMake's `from_github(REPO o/r REF value)` is an id.
            let given = is_quoted(look) || tally.has(Feature::KeySecret);
            let opens = given && sense.has(WordClass::GITHUB) && is_login_callee(reading);
            tally.add_if(opens, Feature::CallGithub, place.clone());
            let hash = sense.has(WordClass::HASH.or(WordClass::MAYBE_HASH))
                && !reading.end.has(WordClass::OPENS);
            tally.add_if(hash, Feature::CallHash, place.clone());
        } else if !self.service {
            tally.hear(sense, &[(WordClass::GITHUB, Feature::ScopeGithub)], &place);
        }
        if !call {
            self.hear_list(reading, &place, tally);
            tally.hear(sense, &[(WordClass::SECRET, Feature::ScopeSecret)], &place);
            // `jwt:` with `secret:` below it.
            let signs = tally.shared && !self.spoken && reading.end.has(WordClass::SIGNING);
            tally.add_if(signs, Feature::KeySigning, place.clone());
            // The innermost name decides: `SPEC CHECKSUMS:`, not a heading far above.
            let closest = !self.spoken && sense.has(WordClass::HASH);
            // The same is true for the ignore list of a scanner: `matches-ignore:`.
            let sums = closest && reading.end.has(WordClass::SUMS.or(WordClass::DERIVED));
            tally.add_if(sums, Feature::ScopeChecksumList, place.clone());
            tally.add_if(closest && !sums, Feature::ScopeHash, place.clone());
            self.spoken |= speaks;
        }
        if !self.service && !self.own {
            tally.hear(sense, &[(WordClass::VENDOR, Feature::ScopeVendor)], &place);
            tally.add_if(
                other && !tally.has(Feature::KeyOauth),
                Feature::ScopeHost,
                place,
            );
        }
        // The value belongs to the innermost service that is named.
        self.service |= other || sense.has(SERVICE);
        tally.github |= sense.has(WordClass::GITHUB);
    }
}

impl EnclosingNames {
    /// Adds the feature of a list of credentials of GitHub. Its innermost name or the next one must be GitHub's.
    fn hear_list(&mut self, name: WordReading, place: &EvidenceLocation, tally: &mut FeatureSet) {
        let listed = *self.listed.get_or_insert(
            name.end.has(WordClass::CREDENTIAL)
                && !name.all.has(WordClass::HASH.or(WordClass::VENDOR)),
        );
        if listed && !self.service {
            tally.add_if(
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

/// Returns true if a key ends like a file name.
fn is_file_name(key: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 30] = [
        b"js", b"mjs", b"ts", b"css", b"svg", b"png", b"jpg", b"html", b"json", b"md", b"rs",
        b"go", b"py", b"rb", b"c", b"h", b"java", b"zip", b"gz", b"tgz", b"xz", b"jar", b"exe",
        b"txt", b"woff", b"map", b"lock", b"yml", b"php", b"so",
    ];
    let key = key.strip_suffix(b"\"").unwrap_or(key);
    memchr::memrchr(b'.', key).is_some_and(|dot| dot > 0 && ENDINGS.contains(&&key[dot + 1..]))
}
