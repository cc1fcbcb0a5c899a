//! Features of the value's name: its slot, the words of its key, and the enclosing names.

use std::ops::Range;

use super::{Look, Place, Tally, host, thing, whose};
use crate::judge::piece::Piece;
use crate::judge::slot::{Kind, Slot};
use crate::judge::words::{Reading, Sense};
use crate::judge::{quick, scope, slot};
use crate::span::line_start;

/// Adds the features of the slot. Not for values whose adjacent bytes already gave their structure.
pub(super) fn of_slot(look: &Look<'_>, slot: &Slot, tally: &mut Tally) {
    let (text, value) = (look.text, look.value);
    tally.when(slot.marker, Piece::UserMarker, look.here());
    let pinned = match slot.kind {
        Kind::Argument | Kind::Listed | Kind::Follows | Kind::Other => true,
        Kind::Alone => is_quoted(look),
        _ => false,
    };
    if pinned
        && let Some(name) = quick::after_repository(text, value)
        && !is_path_of_secret(look, &name)
    {
        tally.add(Piece::AfterRepo, Place::Text(name));
    }
    if matches!(slot.kind, Kind::Argument | Kind::Follows | Kind::Other)
        && let Some(version) = quick::after_version(text, value)
    {
        tally.add(Piece::AfterRepo, Place::Text(version));
    }
    if quick::after_joined_path(text, value) {
        return tally.add(Piece::PathSegment, look.here());
    }
    if slot.kind == Kind::Argument {
        of_callee(look, slot, tally);
    }
    // The URL before a revision is the address it is fetched from.
    if !tally.has(Piece::AfterRepo) {
        host::of_call(look, slot, tally);
    }
    let piece = match slot.kind {
        Kind::UrlUser => {
            let host = look.sense(&slot.host);
            let place = Place::Text(slot.host.clone());
            tally.hear(host, &[(Sense::VENDOR, Piece::KeyVendor)], &place);
            if host.has(Sense::GITHUB) {
                Piece::UrlUserGithub
            } else {
                Piece::UrlUser
            }
        }
        Kind::BasicUser => Piece::BasicUser,
        Kind::Query => {
            let key = look.sense(&slot.key);
            // GitHub has no parameter named only `secret`.
            let name = look.text[slot.key.clone()].trim_ascii_start();
            let alone = name.eq_ignore_ascii_case(b"secret");
            if key.has(Sense::SECRET) && !key.has(Sense::DERIVED) && !alone {
                Piece::Query
            } else {
                Piece::QueryOther
            }
        }
        Kind::AuthHeader => {
            let head = text[..value.start].trim_ascii_end();
            tally.when(head.ends_with(b"token"), Piece::SchemeToken, look.here());
            Piece::AuthHeader
        }
        Kind::Header if !look.sense(&slot.key).has(Sense::GITHUB) => Piece::HeaderOther,
        Kind::Argument => Piece::Argument,
        Kind::Assigned | Kind::Listed | Kind::Header => Piece::Assigned,
        Kind::Compared => Piece::Compared,
        Kind::LineHead => Piece::LineHead,
        Kind::Alone if text.trim_ascii().len() == value.len() => Piece::AloneInFile,
        Kind::Coordinate => Piece::Pin,
        Kind::Cited => Piece::Cited,
        Kind::Glued => Piece::Glued,
        // The value has no opening mark, so it may be a part of a longer word.
        Kind::Other if is_joined(text, value) => Piece::Glued,
        Kind::Alone | Kind::Follows | Kind::Cell | Kind::Other => return,
    };
    tally.add(piece, look.here());
}

/// Returns true if an apparent repository name is the path of a secret in a store: `services/github/token`.
fn is_path_of_secret(look: &Look<'_>, name: &Range<usize>) -> bool {
    let path = &look.text[name.clone()];
    let deep = memchr::memchr_iter(b'/', path).nth(1).is_some();
    deep && !path.contains(&b'.') && look.model.lexicon.read(path).last.has(Sense::SECRET)
}

/// Adds the features of the function that takes an unnamed value: one that logs in, or another one.
fn of_callee(look: &Look<'_>, slot: &Slot, tally: &mut Tally) {
    let key = look.model.lexicon.read(&look.text[slot.key.clone()]);
    let callee = look.model.lexicon.read(&look.text[slot.callee.clone()]);
    let place = Place::Text(slot.callee.clone());
    let all = key.all.or(callee.all);
    if signs(callee) {
        tally.add(Piece::KeySigning, place.clone());
    }
    tally.asked = asks(callee) && callee.all.has(Sense::SECRET);
    if callee.end.has(Sense::OPENS) && !callee.all.has(Sense::HASH) {
        tally.add(Piece::CallOpens, place);
    } else if !slot.callee.is_empty()
        && !all.has(Sense::SECRET)
        && !logs_in(callee)
        && !key.end.has(Sense::GITHUB)
    {
        tally.add(Piece::CallOther, place);
    }
}

/// Returns true if a quote opens directly before the value.
fn is_quoted(look: &Look<'_>) -> bool {
    let before = look.text[..look.value.start].last();
    matches!(before, Some(b'"' | b'\'' | b'`'))
}

/// Returns true if a callee signs or encrypts with its argument.
fn signs(callee: Reading) -> bool {
    callee.all.has(Sense::SIGNING) && !callee.end.has(Sense::OPENS)
}

/// Returns true if a callee queries or revokes its argument: `getGist`, `revokeToken`, not `getOctokit`.
fn asks(callee: Reading) -> bool {
    callee.all.has(Sense::ASKS) && !callee.end.has(Sense::OPENS)
}

/// Returns true if a callee logs in or creates a client, rather than sends a query to one.
fn logs_in(callee: Reading) -> bool {
    const SAYS: Sense = Sense::OPENS
        .or(Sense::GITHUB)
        .or(Sense::SECRET)
        .or(Sense::CLIENT);
    if asks(callee) {
        return false;
    }
    callee.end.has(SAYS) || (callee.end.has(Sense::MAKES) && callee.all.has(Sense::GITHUB))
}

fn is_joined(text: &[u8], value: &Range<usize>) -> bool {
    let before = value.start.checked_sub(1).and_then(|i| text.get(i));
    matches!(
        before,
        Some(b'-' | b'_' | b'.' | b'+' | b'*' | b'~' | b'/' | b'@' | b'#')
    )
}

/// Adds the features of the words of the value's name.
pub(super) fn of_key(look: &Look<'_>, slot: &Slot, tally: &mut Tally) {
    if matches!(
        slot.kind,
        Kind::UrlUser | Kind::Coordinate | Kind::Cited | Kind::Glued
    ) {
        return;
    }
    if let Some(name) = quick::named_hash(look.text, look.value) {
        return tally.add(Piece::KeyHash, Place::Text(name));
    }
    // The name of an adjacent repository is not the name of the value.
    if slot.key.is_empty() || tally.has(Piece::AfterRepo) {
        tally.nameless = true;
        return;
    }
    let key = &look.text[slot.key.clone()];
    let place = Place::Text(slot.key.clone());
    if is_file_name(key) {
        return tally.add(Piece::KeyFile, place);
    }
    if let Some(piece) = thing::named_so(look, slot, key) {
        return tally.add(piece, place);
    }
    // A tool named after GitHub takes its token as `-t`.
    if slot.kind == Kind::Follows && whose::is_flag_of_tool(look, &slot.key) {
        return tally.add(Piece::KeySecret, place);
    }
    match host::of_name(look, key) {
        Some(true) => return tally.add(Piece::KeyHost, place),
        Some(false) => tally.add(Piece::ScopeHost, place.clone()),
        None => {}
    }
    let Reading { mut all, last, .. } = look.model.lexicon.read(key);
    if all.has(Sense::GITHUB) && all.has(Sense::WEAK) && joins(key, b"api", b"key") {
        all = all.or(Sense::SECRET);
    }
    if joins(key, b"secure", b"string") {
        all = all.or(Sense::CREDENTIAL);
    }
    // In OAuth 1 each token has a secret; GitHub never supported OAuth 1.
    let token_secret = joins(key, b"token", b"secret") && !all.has(Sense::GITHUB);
    if token_secret {
        all = all.or(Sense::VENDOR);
    }
    // A callee, an earlier argument or a user name is the name of the value only if its words have a class. A function
    // that creates a commit takes a message with arbitrary words, followed by ids.
    let message = slot.kind == Kind::Argument
        && slot.key != slot.callee
        && key.contains(&b' ')
        && look.sense(&slot.callee).has(Sense::HASH);
    let means = all.has(Sense::ANY) && !message;
    if matches!(slot.kind, Kind::Argument | Kind::BasicUser) && !means {
        tally.nameless = true;
        return;
    }
    // Prose with a word for a commit is about the commit, even if it has other words too.
    let blanks = memchr::memchr_iter(b' ', key).count();
    let prose = blanks > 3;
    if blanks > 1 && !all.has(Sense::SECRET) && all.has(Sense::VENDOR) && is_told(look, slot) {
        tally.nameless = true;
        return;
    }
    let signing = (all.has(Sense::SIGNING)
        && all.has(Sense::SECRET.or(Sense::WEAK))
        && !last.has(Sense::HASH))
        || (joins(key, b"secret", b"key") && !all.has(Sense::GITHUB.or(Sense::CLIENT)));
    let hash = !signing
        && (last.has(Sense::HASH)
            || (prose && all.has(Sense::HASH))
            || all.has(Sense::DERIVED)
            || joins(key, b"page", b"token")
            || (all.has(Sense::HASH) && !all.has(Sense::SECRET)));
    let maybe_hash = last.has(Sense::MAYBE_HASH) && !hash && !(prose && all.has(Sense::PAIR));
    let secret = all.has(Sense::SECRET) && !hash;
    let github = all.has(Sense::GITHUB) && !hash && !signing;
    tally.shared = secret && !all.has(Sense::SHOWN.or(Sense::CLIENT));
    for (condition, piece) in [
        (hash, Piece::KeyHash),
        (maybe_hash, Piece::KeyMaybeHash),
        (secret && all.has(Sense::CLIENT), Piece::KeyClientSecret),
        (secret && github, Piece::KeyGithubSecret),
        (secret && !github, Piece::KeySecret),
        (signing, Piece::KeySigning),
        (
            secret && !signing && !token_secret && is_oauth_token(key),
            Piece::KeyOauth,
        ),
        (!secret && github, Piece::KeyGithub),
        (all.has(Sense::WEAK) && !secret && !hash, Piece::KeyWeak),
        (!all.has(Sense::ANY), Piece::KeyPlain),
    ] {
        tally.when(condition, piece, place.clone());
    }
    tally.hear(all, &[(Sense::VENDOR, Piece::KeyVendor)], &place);
    if secret
        && !all.has(Sense::GITHUB)
        && let Some(name) = whose::another(look, slot)
    {
        tally.add(Piece::ScopeVendor, Place::Text(name));
    }
}

/// Returns true if the sentence before a value's name has a credential of GitHub, which then has priority over another
/// service in the name: "the GitHub token, until we have Vault: value".
fn is_told(look: &Look<'_>, slot: &Slot) -> bool {
    let from = slot.key.start.saturating_sub(OWN_LINE);
    let line = line_start(look.text, from, slot.key.start);
    look.heard(&(line..slot.key.start)).has(Sense::PAIR)
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
pub(super) const OF_USE: &[Piece] = &[
    Piece::UsedGithub,
    Piece::UsedLogin,
    Piece::UsedId,
    Piece::KeySigning,
];

/// Adds the features of the uses of the value's name: a login, or a place that takes only ids.
pub(super) fn of_use(look: &Look<'_>, slot: &Slot, tally: &mut Tally) {
    let text = look.text;
    let own = look.sense(&slot.key);
    let key = &text[slot.key.clone()];
    let plain = !key.contains(&b' ') || memchr::memmem::find(key, b": ").is_some();
    let named = matches!(slot.kind, Kind::Assigned | Kind::Follows) && !tally.has(Piece::AfterRepo);
    if !named || !plain || own.has(Sense::HASH) {
        return;
    }
    // In `"user:value"` the name of the whole string is used, not the user.
    let login = host::whole_login(look, slot).map(|(_, outer)| outer.key);
    let name = login.as_ref().unwrap_or(&slot.key);
    slot::each_use(text, look.value, name, |place| {
        let filled = slot::placeholder(text, &place).unwrap_or(place);
        let seen = Place::Text(filled.clone());
        match use_of(look, &filled) {
            Some(Piece::UsedLogin) if own.has(Sense::SECRET) => {}
            Some(piece) => tally.add(piece, seen),
            None => {}
        }
    });
}

/// Returns the feature of one place in which the value's name is used.
fn use_of(look: &Look<'_>, place: &Range<usize>) -> Option<Piece> {
    let text = look.text;
    match quick::structure(text, place) {
        Some(Piece::Listing) | None => {}
        Some(_) => return Some(Piece::UsedId),
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
        Kind::Follows if is_scheme_alone(text, &slot.key) => Some(Piece::UsedLogin),
        Kind::Argument if encodes(&slot.callee) => Some(Piece::UsedLogin),
        Kind::UrlUser if look.sense(&slot.host).has(Sense::GITHUB) => Some(Piece::UsedGithub),
        Kind::UrlUser | Kind::AuthHeader | Kind::BasicUser => Some(Piece::UsedLogin),
        Kind::Argument => {
            let callee = look.read(&slot.callee);
            let client = logs_in(callee) && callee.all.has(Sense::GITHUB);
            let hash = callee.end.has(Sense::HASH);
            match (signs(callee), client, hash) {
                (true, ..) => Some(Piece::KeySigning),
                (_, true, _) => Some(Piece::UsedGithub),
                (.., true) => Some(Piece::UsedId),
                _ => None,
            }
        }
        Kind::Assigned if key.last.has(Sense::HASH) => Some(Piece::UsedId),
        Kind::Assigned
            if key.all.has(Sense::SECRET) && !key.all.has(Sense::SIGNING.or(Sense::DERIVED)) =>
        {
            Some(Piece::UsedLogin)
        }
        _ => None,
    }
}

/// Returns true if a word is the scheme of a header at the start of a string: `"token {}"`.
fn is_scheme_alone(text: &[u8], word: &Range<usize>) -> bool {
    let scheme = matches!(&text[word.clone()], b"token" | b"Bearer" | b"bearer");
    scheme && matches!(text[..word.start].last(), Some(b'"' | b'\'' | b'`'))
}

const CALL: [(Sense, Piece); 1] = [(Sense::SECRET, Piece::CallSecret)];

/// Features that the names of enclosing calls may add.
pub(super) const OF_CALLS: &[Piece] = &[Piece::CallGithub, Piece::CallSecret, Piece::CallHash];

/// Features that all enclosing names may add.
pub(super) const OF_SCOPE: &[Piece] = &[
    Piece::ScopePair,
    Piece::ScopeGithub,
    Piece::ScopeSecret,
    Piece::ScopeHash,
    Piece::ScopeSums,
    Piece::ScopeVendor,
];

/// Number of bytes of the value's own line in which its service is searched.
const OWN_LINE: usize = 120;

/// State of the walk through the enclosing names, from the innermost one outwards.
#[derive(Default)]
pub(super) struct Enclosed {
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

impl Enclosed {
    /// Walks through the brackets around the value.
    pub(super) fn by_brackets(&mut self, look: &Look<'_>, tally: &mut Tally) {
        scope::brackets(look.text, look.value, |name, call| {
            self.hear(look, tally, name, call);
        });
    }

    /// Walks through the lines above with a smaller indent. The value's own line has priority for its service.
    pub(super) fn by_lines(&mut self, look: &Look<'_>, tally: &mut Tally) {
        let from = look.value.start.saturating_sub(OWN_LINE);
        let own = line_start(look.text, from, look.value.start);
        self.own = look.heard(&(own..look.value.start)).has(Sense::GITHUB);
        scope::ancestors(look.text, &look.memory.lines, look.value, |line| {
            if !holds_value(&look.text[line.clone()]) {
                self.hear(look, tally, line, false);
            }
        });
    }

    fn hear(&mut self, look: &Look<'_>, tally: &mut Tally, name: Range<usize>, call: bool) {
        const SPEAKING: Sense = Sense::GITHUB
            .or(Sense::SECRET)
            .or(Sense::HASH)
            .or(Sense::MAYBE_HASH);
        const SERVICE: Sense = Sense::GITHUB.or(Sense::VENDOR);
        let reading = look.read(&name);
        let mut sense = reading.all;
        // The name of a test is about its subject, not about an id.
        if call && look.text[name.clone()] == *b"describe" {
            sense = Sense::NONE;
        }
        if call {
            // In `provider('github', ...)` the first argument names the service.
            let first = first_string(look.text, name.end, look.value.start);
            sense = sense.or(look.sense(&first).only(SERVICE));
        }
        let other = !call && host::encloses(look, &name);
        let place = Place::Text(name);
        let speaks = sense.has(SPEAKING);
        if call && !self.called && speaks {
            self.called = true;
            tally.hear(sense, &CALL, &place);
            // A bare word is not a string: the value of CMake's `from_github(REPO o/r REF value)` is an id.
            let given = is_quoted(look) || tally.has(Piece::KeySecret);
            let opens = given && sense.has(Sense::GITHUB) && logs_in(reading);
            tally.when(opens, Piece::CallGithub, place.clone());
            let hash =
                sense.has(Sense::HASH.or(Sense::MAYBE_HASH)) && !reading.end.has(Sense::OPENS);
            tally.when(hash, Piece::CallHash, place.clone());
        } else if !self.service {
            tally.hear(sense, &[(Sense::GITHUB, Piece::ScopeGithub)], &place);
        }
        if !call {
            self.hear_list(reading, &place, tally);
            tally.hear(sense, &[(Sense::SECRET, Piece::ScopeSecret)], &place);
            // `jwt:` with `secret:` below it.
            let signs = tally.shared && !self.spoken && reading.end.has(Sense::SIGNING);
            tally.when(signs, Piece::KeySigning, place.clone());
            // The innermost name decides: `SPEC CHECKSUMS:`, not a heading far above.
            let closest = !self.spoken && sense.has(Sense::HASH);
            // The same is true for the ignore list of a scanner: `matches-ignore:`.
            let sums = closest && reading.end.has(Sense::SUMS.or(Sense::DERIVED));
            tally.when(sums, Piece::ScopeSums, place.clone());
            tally.when(closest && !sums, Piece::ScopeHash, place.clone());
            self.spoken |= speaks;
        }
        if !self.service && !self.own {
            tally.hear(sense, &[(Sense::VENDOR, Piece::ScopeVendor)], &place);
            tally.when(
                other && !tally.has(Piece::KeyOauth),
                Piece::ScopeHost,
                place,
            );
        }
        // The value belongs to the innermost service that is named.
        self.service |= other || sense.has(SERVICE);
        tally.github |= sense.has(Sense::GITHUB);
    }
}

impl Enclosed {
    /// Adds the feature of a list of credentials of GitHub. Its innermost name or the next one must be GitHub's.
    fn hear_list(&mut self, name: Reading, place: &Place, tally: &mut Tally) {
        let listed = *self.listed.get_or_insert(
            name.end.has(Sense::CREDENTIAL) && !name.all.has(Sense::HASH.or(Sense::VENDOR)),
        );
        if listed && !self.service {
            tally.when(name.all.has(Sense::GITHUB), Piece::ScopePair, place.clone());
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
