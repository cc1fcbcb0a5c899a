//! The slot: the syntactic place of a value, in text of any language, read outwards from the value itself.
//!
//! Every look is bounded, so that a value on a line of a megabyte costs no more than one on a short line.

use std::ops::Range;

use super::table;

/// How far back the slot is read.
const REACH: usize = 200;

/// The longest key.
const LONGEST_KEY: usize = 96;

/// The place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// User or password in a URL.
    UrlUser,
    /// `user:value` given to a client.
    BasicUser,
    /// `?key=value` or `&key=value`.
    Query,
    /// After `token`, `Bearer` or `Basic` in a header.
    AuthHeader,
    /// An argument of a call, without a name of its own.
    Argument,
    /// On the right of `=`, `:` or the like, or the text of an XML element.
    Assigned,
    /// On the right of `==` or `!=`.
    Compared,
    /// After a word and blanks.
    Follows,
    /// First on a line of text.
    LineHead,
    /// Alone on its line.
    Alone,
    /// In a cell of a table.
    Cell,
    /// In a list or after a bracket without a name.
    Listed,
    /// The version in a coordinate: `group:artifact:value`, `{:git, "url", "value"}`.
    Coordinate,
    /// After words that cite a change: `since`, `reverts`, `introduced in`.
    Cited,
    /// Joined to a word: `name-value`.
    Glued,
    /// None of these.
    Other,
}

/// A slot and the words that belong to it, as ranges of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) kind: Kind,
    /// The key, flag, header or attribute that the value belongs to; empty if none.
    pub(super) key: Range<usize>,
    /// The host of the URL whose user or password the value is; empty if none.
    pub(super) host: Range<usize>,
    /// Whether a user name that GitHub keeps for tokens stands beside it.
    pub(super) marker: bool,
}

impl Slot {
    fn new(kind: Kind, key: Range<usize>) -> Slot {
        Slot {
            kind,
            key,
            host: 0..0,
            marker: false,
        }
    }
}

/// Reads the slot of the value at `value`.
pub(super) fn read(text: &[u8], value: &Range<usize>) -> Slot {
    let floor = value.start.saturating_sub(REACH);
    let reader = Reader { text, floor };
    if let Some(slot) = reader.user_info(value).or_else(|| reader.netrc(value)) {
        return slot;
    }
    let open = reader.open(value.start, value.end);
    let slot = reader.left_of(open, value);
    if matches!(slot.kind, Kind::Assigned | Kind::Query | Kind::AuthHeader) {
        return slot;
    }
    if let Some(name) = table::column(text, value) {
        return Slot::new(Kind::Cell, name);
    }
    match slot.kind {
        Kind::Alone | Kind::LineHead | Kind::Other | Kind::Follows => {
            reader.said_around(slot, open, value)
        }
        Kind::Argument => reader.unwrapped(slot, value),
        _ => slot,
    }
}

/// Reads text backwards, not beyond `floor`.
struct Reader<'t> {
    text: &'t [u8],
    floor: usize,
}

/// What may open a value, besides ASCII quotes: written-out quotes, typographic ones, escaped line breaks.
const OPENERS: [&[u8]; 16] = [
    b"&quot;",
    b"&#34;",
    b"&#39;",
    b"&#x27;",
    b"&#x22;",
    b"&apos;",
    b"\\u0022",
    b"\\u0027",
    b"%22",
    b"%27",
    "“".as_bytes(),
    "‘".as_bytes(),
    "„".as_bytes(),
    "«".as_bytes(),
    "「".as_bytes(),
    "『".as_bytes(),
];

impl Reader<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        (at > self.floor).then(|| self.text[at - 1])
    }

    fn ends_with(&self, at: usize, what: &[u8]) -> bool {
        self.text[self.floor..at].ends_with(what)
    }

    /// Skips what opens a value: quotes, emphasis, tags of markup.
    fn open(&self, mut at: usize, end: usize) -> usize {
        for _ in 0..8 {
            let before = at;
            if let Some(o) = OPENERS.iter().find(|o| self.ends_with(at, o)) {
                at -= o.len();
            } else if let Some(b'"' | b'\'' | b'`') = self.byte(at) {
                at -= 1;
                while self.byte(at) == Some(b'\\') {
                    at -= 1;
                }
                // The letter of a string literal: r"", b"", f"", @"".
                if let Some(b'r' | b'b' | b'f' | b'u' | b'L' | b'@' | b'$') = self.byte(at)
                    && !self.byte(at - 1).is_some_and(is_word)
                {
                    at -= 1;
                }
            } else if let Some(mark @ (b'*' | b'_')) = self.byte(at)
                && self.text.get(end) == Some(&mark)
            {
                while self.byte(at) == Some(mark) {
                    at -= 1;
                }
            }
            if at == before {
                break;
            }
        }
        at
    }

    fn blanks(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t') = self.byte(at) {
            at -= 1;
        }
        while self.ends_with(at, b"&nbsp;") {
            at -= 6;
        }
        at
    }

    /// Blanks and line breaks, written out as escapes or not.
    fn spaces(&self, mut at: usize) -> usize {
        loop {
            let before = at;
            while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.byte(at) {
                at -= 1;
            }
            if let Some(b'n' | b'r' | b't') = self.byte(at)
                && self.byte(at - 1) == Some(b'\\')
            {
                at -= 2;
            }
            if at == before {
                return at;
            }
        }
    }

    /// The slot, `at` being where the value opens.
    fn left_of(&self, at: usize, value: &Range<usize>) -> Slot {
        if let Some(slot) = self.operator(at, value) {
            return slot;
        }
        let blank = self.blanks(at);
        if let Some(line) = self.speaker(blank, value) {
            return self.line_start(line, value);
        }
        match self.byte(blank) {
            None if blank == 0 => return self.line_start(blank, value),
            Some(b'\n' | b'\r') => return self.line_start(blank, value),
            _ if self.escaped_break(blank) => return self.line_start(blank, value),
            _ => {}
        }
        if blank < at
            && let Some(slot) = self.operator(blank, value)
        {
            return slot;
        }
        self.after_word(blank, value)
    }

    /// The start of the line if only who speaks stands before the value, as in the log of a chat, and nothing after.
    fn speaker(&self, at: usize, value: &Range<usize>) -> Option<usize> {
        let from = self.floor.max(at.saturating_sub(64));
        let line = from + memchr::memrchr(b'\n', &self.text[from..at])? + 1;
        let rest = &self.text[value.end..self.text.len().min(value.end + 2)];
        if !rest.is_empty() && !matches!(rest[0], b'\n' | b'\r') {
            return None;
        }
        let head = &self.text[line..at];
        let time = head
            .iter()
            .take_while(|b| {
                b.is_ascii_digit() || matches!(b, b'[' | b']' | b':' | b'-' | b' ' | b'/')
            })
            .count();
        let nick = head[time..].trim_ascii();
        let angled = nick.strip_prefix(b"<").and_then(|n| n.strip_suffix(b">"));
        let name = match angled {
            Some(name) => name,
            None if head[..time].iter().any(u8::is_ascii_digit) => nick.strip_suffix(b":")?,
            None => return None,
        };
        let word = |b: &u8| is_word(*b) || matches!(b, b'-' | b' ' | b'@');
        let above = line - 1;
        let talk = memchr::memrchr(b'\n', &self.text[self.floor..above])
            .map_or(self.floor, |n| self.floor + n + 1);
        // Somebody speaks on the line above too.
        let talks = self.text.get(talk) == self.text.get(line)
            || (time > 0 && self.text[talk].is_ascii_digit());
        (!name.is_empty() && name.iter().all(word) && talks).then_some(line)
    }

    fn escaped_break(&self, at: usize) -> bool {
        self.ends_with(at, b"\\n") || self.ends_with(at, b"\\r")
    }

    /// The slot, if an operator or a bracket ends at `at`.
    fn operator(&self, at: usize, value: &Range<usize>) -> Option<Slot> {
        let coded = [
            &b"%3D"[..],
            b"%3d",
            b"\\u003d",
            b"\\u003D",
            b"&#61;",
            b"=3D",
            b"%3A",
            b"%3a",
        ];
        if let Some(code) = coded.iter().find(|c| self.ends_with(at, c)) {
            return Some(self.assigned(at - code.len(), value));
        }
        if self.ends_with(at, "：".as_bytes()) || self.ends_with(at, "＝".as_bytes()) {
            let mut slot = self.assigned(at - 3, value);
            slot.key = self.phrase(slot.key);
            return Some(slot);
        }
        Some(match self.byte(at)? {
            b'=' => self.equals(at - 1, value),
            b':' => self.colon(at - 1, value),
            b'>' if self.ends_with(at, b"=>") || self.ends_with(at, b"->") => {
                self.assigned(at - 2, value)
            }
            b'>' => self.element(at, value),
            b'(' => Slot::new(Kind::Argument, self.key(at - 1)),
            b',' => self.listed(at - 1),
            b'[' | b'{' => self.bracket(at - 1, value),
            b'|' => Slot::new(Kind::Cell, 0..0),
            // `"group" % "artifact" % "value"`.
            b'%' if self.open(self.blanks(at - 1), at) < self.blanks(at - 1) => {
                Slot::new(Kind::Coordinate, 0..0)
            }
            b'-' | b'_' | b'.' if at == value.start && self.byte(at - 1).is_some_and(is_word) => {
                Slot::new(Kind::Glued, 0..0)
            }
            b'<' => self.left_of(self.blanks(at - 1), value),
            _ => return None,
        })
    }

    fn equals(&self, at: usize, value: &Range<usize>) -> Slot {
        let mut at = at;
        let mut compared = false;
        while let Some(b @ (b'=' | b'!' | b':' | b'?' | b'+' | b'~' | b'|')) = self.byte(at) {
            compared |= matches!(b, b'=' | b'!' | b'~');
            at -= 1;
        }
        if compared {
            return Slot::new(Kind::Compared, self.key(self.blanks(at)));
        }
        self.assigned(at, value)
    }

    fn colon(&self, at: usize, value: &Range<usize>) -> Slot {
        let mut slot = self.assigned(at, value);
        // `-u user:value` without a blank.
        if at + 1 == value.start || self.open(value.start, value.end) == at + 1 {
            let user = slot.key.start.max(self.floor);
            let before = self.open(self.blanks(user), user);
            let flag = self.blanks(before);
            if [&b"-u"[..], b"--user", b"--userpwd", b"--proxy-user"]
                .iter()
                .any(|f| self.ends_with(flag, f))
                || self.takes_login(before)
            {
                slot.kind = Kind::BasicUser;
            }
            if self.is_coordinate(at) {
                return Slot::new(Kind::Coordinate, 0..0);
            }
        }
        slot.marker |= is_marker(&self.text[slot.key.clone()]);
        let prose = slot.kind == Kind::Assigned && at + 1 < value.start;
        if prose && self.byte(slot.key.start) == Some(b' ') {
            slot.key = self.phrase(slot.key);
        }
        slot
    }

    /// Whether what stands before a string takes `user:password`: `CURLOPT_USERPWD, 'user:value'`, `-a user:value`.
    fn takes_login(&self, at: usize) -> bool {
        let at = self.blanks(at);
        let before = match self.byte(at) {
            Some(b',') => self.key(self.blanks(at - 1)),
            Some(b'=' | b':' | b'(') => self.key(self.blanks(at - 1)),
            _ => self.key(at),
        };
        let name = self.text[before].to_ascii_lowercase();
        name == b"-a"
            || [&b"userpwd"[..], b"auth", b"basic", b"httpauth"]
                .iter()
                .any(|w| memchr::memmem::find(&name, w).is_some())
    }

    /// Whether `group:artifact` ends at `at`, the group a reversed host name.
    fn is_coordinate(&self, at: usize) -> bool {
        let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let mut artifact = at;
        while self.byte(artifact).is_some_and(part) {
            artifact -= 1;
        }
        if artifact == at || self.byte(artifact) != Some(b':') {
            return false;
        }
        let mut group = artifact - 1;
        while self.byte(group).is_some_and(part) {
            group -= 1;
        }
        let name = &self.text[group..artifact - 1];
        let host = [&b".com"[..], b".org", b".net", b".io"];
        memchr::memchr(b'.', name).is_some_and(|dot| dot > 0)
            && !host.iter().any(|h| name.ends_with(h))
    }

    /// The value of a key that ends at `at`.
    fn assigned(&self, at: usize, value: &Range<usize>) -> Slot {
        let key = self.key(self.blanks(at));
        let kind = match self.byte(key.start) {
            Some(b'?' | b'&') => Kind::Query,
            Some(b';') if self.ends_with(key.start, b"&amp;") => Kind::Query,
            _ => Kind::Assigned,
        };
        let mut slot = Slot::new(kind, key);
        if is_generic(&self.text[slot.key.clone()]) {
            let named = self.sibling_name(slot.key.start, value.end);
            if let Some(name) = named.or_else(|| self.first_string(slot.key.start)) {
                slot.key = name;
            }
        }
        slot
    }

    /// The first string in the call around `at`: `add_argument("--token", default=...)`.
    fn first_string(&self, at: usize) -> Option<Range<usize>> {
        let open = memchr::memrchr(b'(', &self.text[self.floor..at])? + self.floor + 1;
        let quote = *self.text.get(open)?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let len = memchr::memchr(quote, &self.text[open + 1..at])?;
        Some(open + 1..open + 1 + len)
    }

    /// A key of prose with the words before it: `my GitHub token for CI`, `jeton GitHub`.
    fn phrase(&self, key: Range<usize>) -> Range<usize> {
        let mut start = key.start;
        for _ in 0..5 {
            let end = self.blanks(start);
            if end == start || start - end > 1 {
                break;
            }
            // Code marks, quotes and emphasis around a word of prose.
            let mut from = end;
            while let Some(b'`' | b'"' | b'*') = self.byte(from) {
                from -= 1;
            }
            let end = from;
            while self
                .byte(from)
                .is_some_and(|b| is_word(b) || matches!(b, b'-' | b'\'' | b'/'))
            {
                from -= 1;
            }
            if from == end || key.end - from > LONGEST_KEY {
                break;
            }
            while let Some(b'`' | b'"' | b'*') = self.byte(from) {
                from -= 1;
            }
            start = from;
        }
        start..key.end
    }

    /// The identifier that ends at `at`, dots, brackets and quotes of access to members included.
    fn key(&self, at: usize) -> Range<usize> {
        let floor = self.floor.max(at.saturating_sub(LONGEST_KEY));
        let mut end = at;
        let mut start = end;
        // A quoted key may hold blanks: take it to its opening quote.
        let quote_end = self.open(at, at);
        if quote_end < at {
            end = quote_end;
            start = end;
            while start > floor
                && !matches!(self.text[start - 1], b'"' | b'\'' | b'`' | b'\n' | b';')
            {
                start -= 1;
            }
            while end > start && self.text[end - 1] == b'\\' {
                end -= 1;
            }
            return start..end;
        }
        while start > floor && is_key(self.text[start - 1]) && !self.opens_string(start - 1, end) {
            start -= 1;
        }
        if let Some(name) = self.typed(at) {
            return name;
        }
        // A type may stand between name and value: `token: str = `, `final String token = `.
        if is_type(&self.text[start..end]) {
            let mut name = start;
            while name > floor && matches!(self.text[name - 1], b' ' | b':' | b'\t' | b'&') {
                name -= 1;
            }
            while name > floor && is_key(self.text[name - 1]) {
                name -= 1;
            }
            start = name;
        }
        start..end
    }

    /// The name of a declaration whose type ends at `at`: `token: Option[String]`, `token As String`.
    fn typed(&self, at: usize) -> Option<Range<usize>> {
        let from = self.floor.max(at.saturating_sub(LONGEST_KEY));
        let line = memchr::memrchr(b'\n', &self.text[from..at]).map_or(from, |n| from + n + 1);
        let before = &self.text[line..at];
        let (stop, skip) = memchr::memmem::rfind(before, b" As ")
            .map(|i| (i, 4))
            .or_else(|| {
                let colon = memchr::memrchr(b':', before)?;
                (before.get(colon + 1) == Some(&b' ')).then_some((colon, 2))
            })?;
        let kind = &before[stop + skip..];
        let letters = kind.iter().any(u8::is_ascii_uppercase) || kind.contains(&b'|');
        let plain = |b: &u8| {
            is_word(*b)
                || matches!(
                    b,
                    b'<' | b'>' | b'[' | b']' | b'?' | b'.' | b'|' | b' ' | b'&' | b'!'
                )
        };
        // Two words without a bar between them are prose, not a type.
        let prose = memchr::memchr(b' ', kind).is_some() && !kind.contains(&b'|');
        if kind.is_empty() || !letters || prose || !kind.iter().all(plain) {
            return None;
        }
        let end = self.blanks(line + stop);
        let mut start = end;
        while start > line && is_word(self.text[start - 1]) {
            start -= 1;
        }
        (start < end).then_some(start..end)
    }

    /// Whether the quote at `at` opens a string rather than a member's name in brackets.
    fn opens_string(&self, at: usize, end: usize) -> bool {
        matches!(self.text[at], b'"' | b'\'')
            && self.byte(at) != Some(b'[')
            && !(at + 1 < end && self.text[at + 1] == b']')
    }

    /// For `value="..."` and its like: what `key="..."` or `name="..."` says in the same element or object.
    fn sibling_name(&self, at: usize, end: usize) -> Option<Range<usize>> {
        let from = self.floor.max(at.saturating_sub(160));
        let before = &self.text[from..at];
        let object = memchr::memrchr3(b'<', b'{', b';', before).map_or(0, |o| o + 1);
        let found =
            name_in(&before[object..]).map(|r| from + object + r.start..from + object + r.end);
        found.or_else(|| {
            let to = self.text.len().min(end + 100);
            let after = &self.text[end..to];
            let close = memchr::memchr2(b'>', b'}', after).unwrap_or(after.len());
            name_in(&after[..close]).map(|r| end + r.start..end + r.end)
        })
    }

    /// The text of an XML or HTML element whose opening tag ends at `at`.
    fn element(&self, at: usize, value: &Range<usize>) -> Slot {
        let Some(open) = memchr::memrchr(b'<', &self.text[self.floor..at]) else {
            return Slot::new(Kind::Other, 0..0);
        };
        let tag = self.floor + open + 1..at - 1;
        let body = &self.text[tag.clone()];
        if body.first() == Some(&b'/') || body.is_empty() {
            return Slot::new(Kind::Follows, 0..0);
        }
        let name = body
            .iter()
            .position(|b| b.is_ascii_whitespace())
            .unwrap_or(body.len());
        if !is_generic(&body[..name]) || name < body.len() {
            return Slot::new(Kind::Assigned, tag);
        }
        // `<key>Name</key><string>`, `<td>Name</td><td>`: what the element before holds.
        let outside = self.spaces(tag.start - 1);
        if self.byte(outside) == Some(b'>')
            && let Some(close) = memchr::memrchr(b'<', &self.text[self.floor..outside])
            && self.text.get(self.floor + close + 1) == Some(&b'/')
        {
            let to = self.floor + close;
            let from = memchr::memrchr(b'>', &self.text[self.floor..to])
                .map_or(self.floor, |g| self.floor + g + 1);
            return Slot::new(Kind::Assigned, from..to);
        }
        self.left_of(tag.start - 1, value)
    }

    /// After a comma: the name of an argument or pair before it, or the callee.
    fn listed(&self, at: usize) -> Slot {
        let mut at = self.spaces(at);
        let quoted = self.open(at, at);
        if quoted < at {
            let name = self.key(at);
            if self.is_source(&name) {
                return Slot::new(Kind::Coordinate, 0..0);
            }
            if !name.is_empty() && !is_long_hex(&self.text[name.clone()]) {
                return Slot::new(Kind::Argument, name);
            }
            at = name.start;
        } else {
            let name = self.key(at);
            if !name.is_empty() && !is_long_hex(&self.text[name.clone()]) {
                let tuple = self.byte(name.start) == Some(b'{');
                return Slot::new(
                    if tuple {
                        Kind::Assigned
                    } else {
                        Kind::Argument
                    },
                    name,
                );
            }
        }
        let mut depth = 0usize;
        for i in (self.floor..at).rev() {
            match self.text[i] {
                b')' | b']' | b'}' => depth += 1,
                b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
                b'(' => return Slot::new(Kind::Argument, self.key(i)),
                b'[' | b'{' => {
                    let name = self.blanks(i);
                    return match self.byte(name) {
                        Some(b'=' | b':') => {
                            Slot::new(Kind::Listed, self.key(self.blanks(name - 1)))
                        }
                        _ => Slot::new(Kind::Listed, 0..0),
                    };
                }
                _ => {}
            }
        }
        Slot::new(Kind::Listed, 0..0)
    }

    /// Whether a string is the address of a dependency: `{:git, "url", ...}`, `{git, "url", {ref, ...}}`.
    fn is_source(&self, name: &Range<usize>) -> bool {
        let before = self.spaces(self.open(name.start, name.start));
        self.byte(before) == Some(b',')
            && [&b"{:git"[..], b"{git", b"{hg", b"{:hg"]
                .iter()
                .any(|g| self.ends_with(self.spaces(before - 1), g))
    }

    /// What a value is wrapped in is not its name: `token = Some("value")`.
    fn unwrapped(&self, slot: Slot, value: &Range<usize>) -> Slot {
        const WRAPPERS: [&[u8]; 14] = [
            b"Some",
            b"Just",
            b"Ok",
            b"String",
            b"str",
            b"string",
            b"std::string",
            b"Secret",
            b"SecretString",
            b"Optional.of",
            b"String::from",
            b"quote",
            b"Array",
            b"array",
        ];
        let callee = &self.text[slot.key.clone()];
        if !WRAPPERS.contains(&callee) || self.text.get(slot.key.end) != Some(&b'(') {
            return slot;
        }
        let at = self.blanks(slot.key.start);
        match self.byte(at) {
            Some(b'=' | b':' | b'>') => self.operator(at, value).unwrap_or(slot),
            _ => slot,
        }
    }

    /// What prose and code around a value without a name say of it: who cites it, which function gives it back, who
    /// said it in a chat.
    fn said_around(&self, slot: Slot, open: usize, value: &Range<usize>) -> Slot {
        let end = self.spaces(open);
        let word = self.key(end);
        if self.cites(&word) {
            return Slot::new(Kind::Cited, word);
        }
        if let Some(name) = self.placed_as(value) {
            return Slot::new(Kind::Assigned, name);
        }
        let quoted = open < value.start;
        let emits = is_emitter(&self.text[word.clone()]);
        if (emits || quoted)
            && let Some(name) = self.function(if emits { word.start } else { end })
        {
            return Slot::new(Kind::Assigned, name);
        }
        slot
    }

    /// Whether these words cite a change.
    fn cites(&self, word: &Range<usize>) -> bool {
        let text = &self.text[word.clone()];
        let any = |list: &[&str], text: &[u8]| {
            list.iter().any(|w| text.eq_ignore_ascii_case(w.as_bytes()))
        };
        if any(CITING, text) {
            return true;
        }
        let verb = self.key(self.spaces(word.start));
        any(CITING_AFTER_VERB, text) && any(VERBS, &self.text[verb])
    }

    /// `value as name`.
    fn placed_as(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let mark = |b: &u8| matches!(b, b'`' | b'"' | b'\'' | b'*');
        let rest = &self.text[value.end..self.text.len().min(value.end + LONGEST_KEY)];
        let closed = rest.iter().take_while(|b| mark(b)).count();
        let after = rest[closed..].strip_prefix(b" as ")?;
        let skip = after.iter().take_while(|b| mark(b)).count();
        let len = after[skip..]
            .iter()
            .take_while(|b| is_word(**b) || matches!(b, b'-' | b'.'))
            .count();
        let start = value.end + closed + 4 + skip;
        (skip > 0 && len > 0).then_some(start..start + len)
    }

    /// The name of the function whose body begins right before `at`, or the comment above it if it has none.
    fn function(&self, at: usize) -> Option<Range<usize>> {
        let mut end = self.spaces(at);
        while let Some(b'{' | b';' | b':' | b'=' | b'>') = self.byte(end) {
            end = self.spaces(end - 1);
        }
        let line = memchr::memrchr(b'\n', &self.text[self.floor..end])
            .map_or(self.floor, |n| self.floor + n + 1);
        let head = &self.text[line..end];
        let keyword = KEYWORDS
            .iter()
            .find_map(|k| memchr::memmem::find(head, k).map(|i| i + k.len()));
        let name = match (keyword, memchr::memchr(b'(', head)) {
            (Some(from), _) => {
                let len = head[from..]
                    .iter()
                    .take_while(|b| is_word(**b) || matches!(b, b'.' | b'-' | b':'))
                    .count();
                line + from..line + from + len
            }
            (None, Some(open)) if end < self.spaces(at) || head.ends_with(b")") => {
                self.key(line + open)
            }
            _ => return None,
        };
        let comment = self.comment_above(line);
        match comment {
            Some(comment) if !is_telling(&self.text[name.clone()]) => Some(comment),
            _ => (!name.is_empty()).then_some(name),
        }
    }

    fn comment_above(&self, line: usize) -> Option<Range<usize>> {
        let end = line.checked_sub(1).filter(|e| *e > self.floor)?;
        let start = memchr::memrchr(b'\n', &self.text[self.floor..end])
            .map_or(self.floor, |n| self.floor + n + 1);
        let body = self.text[start..end].trim_ascii_start();
        let comment = [&b"//"[..], b"#", b"/*", b"*", b"--", b";", b"'", b"\"\"\""]
            .iter()
            .any(|c| body.starts_with(c));
        comment.then_some(end - body.len()..end)
    }

    /// After `[` or `{`: the name of the list.
    fn bracket(&self, at: usize, value: &Range<usize>) -> Slot {
        let name = self.blanks(at);
        match self.byte(name) {
            Some(b'=') => self.equals(name - 1, value),
            Some(b':') => self.assigned(name - 1, value),
            Some(b'(') => Slot::new(Kind::Argument, self.key(name - 1)),
            _ => Slot::new(Kind::Listed, self.key(at)),
        }
    }

    /// At the start of a line.
    fn line_start(&self, _at: usize, value: &Range<usize>) -> Slot {
        let rest = &self.text[value.end..self.text.len().min(value.end + 40)];
        let rest = rest
            .iter()
            .find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'`' | b','));
        let escaped = self.text[value.end..].starts_with(b"\\n");
        match rest {
            None | Some(b'\n') => Slot::new(Kind::Alone, 0..0),
            _ if escaped => Slot::new(Kind::Alone, 0..0),
            _ => Slot::new(Kind::LineHead, 0..0),
        }
    }

    /// After a word, blanks between them or not.
    fn after_word(&self, at: usize, value: &Range<usize>) -> Slot {
        let word = self.key(at);
        let text = &self.text[word.clone()];
        if !text.iter().any(|b| is_word(*b)) || is_symbol(text) {
            return self.bullet(at, value);
        }
        if is_copula(text) {
            return Slot::new(Kind::Follows, self.phrase(word));
        }
        let scheme = [&b"token"[..], b"bearer", b"basic"]
            .iter()
            .any(|s| text.eq_ignore_ascii_case(s));
        if scheme {
            let mut header = word.start;
            while let Some(
                b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b'=' | b'>' | b':' | b',' | b'('
                | b'-',
            ) = self.byte(header)
            {
                header -= 1;
            }
            let key = self.key(header);
            let colon = header < word.start;
            let named = self.text[key.clone()]
                .to_ascii_lowercase()
                .ends_with(b"authorization");
            if colon && named {
                return Slot::new(Kind::AuthHeader, key);
            }
            return Slot::new(Kind::Follows, word);
        }
        Slot::new(Kind::Follows, word)
    }

    /// After a mark that opens a line: a bullet, a tick, a prompt.
    fn bullet(&self, at: usize, value: &Range<usize>) -> Slot {
        let line = memchr::memrchr(b'\n', &self.text[self.floor..at])
            .map_or(self.floor, |n| self.floor + n + 1);
        let mark = &self.text[line..at];
        if mark.len() <= 12 && !mark.iter().any(u8::is_ascii_alphanumeric) {
            return self.line_start(line, value);
        }
        Slot::new(Kind::Other, 0..0)
    }

    /// The slot, if the value is user or password of a URL, or stands beside a marker.
    fn user_info(&self, value: &Range<usize>) -> Option<Slot> {
        let after = &self.text[value.end..self.text.len().min(value.end + 120)];
        let marker = is_marked(after);
        let at_sign = at_sign(after);
        let scheme = self.scheme(value.start);
        let named_before = scheme.is_some_and(|from| {
            self.text[from..value.start]
                .strip_suffix(b":")
                .is_some_and(is_marker)
        });
        let scp = scheme.is_none() && after.first() == Some(&b'@');
        if let (Some(skip), true) = (at_sign, scheme.is_some() || scp) {
            let from = value.end + skip;
            let len = self.text[from..self.text.len().min(from + 80)]
                .iter()
                .take_while(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'.' | b'-' | b'$' | b'{' | b'}' | b'_')
                })
                .count();
            if len > 0 {
                return Some(Slot {
                    kind: Kind::UrlUser,
                    key: 0..0,
                    host: from..from + len,
                    marker: marker || named_before,
                });
            }
        }
        if marker {
            return Some(Slot {
                kind: Kind::BasicUser,
                key: 0..0,
                host: 0..0,
                marker: true,
            });
        }
        None
    }

    /// Login or password of a netrc entry, on one line or over several: the machine is its host.
    fn netrc(&self, value: &Range<usize>) -> Option<Slot> {
        let word = self.key(self.blanks(value.start));
        if word.end == value.start
            || !matches!(
                &self.text[word.clone()],
                b"login" | b"password" | b"account"
            )
        {
            return None;
        }
        let before = &self.text[self.floor..word.start];
        let machine = memchr::memmem::rfind(before, b"machine ")? + 8;
        let host = before[machine..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            .count();
        let from = self.floor + machine;
        Some(Slot {
            kind: Kind::UrlUser,
            key: word,
            host: from..from + host,
            marker: false,
        })
    }

    /// Where the user info begins, if `://` and nothing but a user name stands before `at`.
    fn scheme(&self, at: usize) -> Option<usize> {
        let floor = self.floor.max(at.saturating_sub(80));
        for i in (floor..at).rev() {
            match self.text[i] {
                b'/' if i > floor && self.text[i - 1] == b'/' => return Some(i + 1),
                b';' if self.text[floor..=i].ends_with(b"&#47;&#47;") => return Some(i + 1),
                b'/' | b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'@' | b'<' | b'>' | b'?' | b'=' => {
                    return None;
                }
                _ => {}
            }
        }
        None
    }
}

/// How far after the value `@` stands, a password between them or not.
fn at_sign(after: &[u8]) -> Option<usize> {
    let code = |rest: &[u8]| -> Option<usize> {
        [&b"@"[..], b"&#64;", b"%40", b"\\u0040"]
            .iter()
            .find(|c| rest.starts_with(c))
            .map(|c| c.len())
    };
    if let Some(len) = code(after) {
        return Some(len);
    }
    let password = after.strip_prefix(b":")?;
    let len = password
        .iter()
        .take_while(|b| {
            !matches!(
                b,
                b'@' | b'/' | b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'<' | b'&' | b'%'
            )
        })
        .count();
    code(&password[len..]).map(|skip| 1 + len + skip)
}

/// Whether `after` begins with a password that GitHub keeps for tokens given as user name.
fn is_marked(after: &[u8]) -> bool {
    [
        &b":x-oauth-basic"[..],
        b":x-access-token",
        b":X-OAUTH-BASIC",
        b"%3Ax-oauth-basic",
    ]
    .iter()
    .any(|m| after.starts_with(m))
}

/// Whether this is a user name that GitHub keeps for tokens.
fn is_marker(user: &[u8]) -> bool {
    [
        &b"x-access-token"[..],
        b"x-oauth-basic",
        b"oauth2",
        b"x-token-auth",
    ]
    .iter()
    .any(|m| user.eq_ignore_ascii_case(m))
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

fn is_key(b: u8) -> bool {
    is_word(b)
        || matches!(
            b,
            b'.' | b'-' | b'$' | b'/' | b'@' | b':' | b'[' | b']' | b'"' | b'\'' | b'!' | b'\\'
        )
}

/// Whether this is a sign such as a tick, an arrow, a bullet or an emoji, in UTF-8.
fn is_symbol(text: &[u8]) -> bool {
    matches!(text, [0xe2, _, _, ..] | [0xf0, 0x9f, _, _, ..])
        && !text.iter().any(u8::is_ascii_alphanumeric)
}

fn is_long_hex(text: &[u8]) -> bool {
    text.len() >= 16 && text.iter().all(u8::is_ascii_hexdigit)
}

/// Names that say only that a value follows.
fn is_generic(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 24] = [
        b"value",
        b"val",
        b"v",
        b"content",
        b"contents",
        b"default",
        b"data",
        b"text",
        b"string",
        b"code",
        b"pre",
        b"td",
        b"th",
        b"span",
        b"b",
        b"i",
        b"em",
        b"strong",
        b"tt",
        b"kbd",
        b"p",
        b"li",
        b"dd",
        b"property",
    ];
    NAMES.iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// Words that join a name to its value in prose.
fn is_copula(word: &[u8]) -> bool {
    const WORDS: [&str; 20] = [
        "is", "was", "are", "equals", "be", "use", "using", "ist", "lautet", "est", "es", "é", "è",
        "是", "为", "は", "to", "called", "named", "как",
    ];
    WORDS
        .iter()
        .any(|w| word.eq_ignore_ascii_case(w.as_bytes()))
}

/// Words that a cited change follows, whatever stands before them.
const CITING: &[&str] = &[
    "since",
    "until",
    "reverts",
    "revert",
    "introduced",
    "bisected",
    "onto",
    "by",
    "in",
    "at",
    "from",
    "seit",
    "desde",
    "depuis",
    "до",
    "с",
    "в",
    "od",
    "vanaf",
    "sedan",
    "via",
    "upto",
];

/// Words that a cited change follows only after one of [`VERBS`].
const CITING_AFTER_VERB: &[&str] = &[
    "to", "with", "is", "was", "as", "of", "after", "before", "up",
];

const VERBS: &[&str] = &[
    "bisected",
    "bisects",
    "back",
    "reset",
    "rebased",
    "moved",
    "updated",
    "update",
    "bumped",
    "bump",
    "upgraded",
    "rolled",
    "reverted",
    "pinned",
    "up",
    "down",
    "downgraded",
    "traced",
    "narrowed",
    "commit",
    "culprit",
    "fixed",
    "broken",
    "merged",
    "backported",
    "synced",
    "points",
    "pointing",
    "checked",
    "as",
    "revision",
];

/// Words that begin the head of a function.
const KEYWORDS: [&[u8]; 8] = [
    b"def self.",
    b"def ",
    b"function ",
    b"fn ",
    b"func ",
    b"fun ",
    b"sub ",
    b"defn ",
];

/// Whether a word gives back or prints what follows it.
fn is_emitter(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] = [
        b"return", b"echo", b"printf", b"print", b"puts", b"yield", b"give", b"Return",
    ];
    WORDS.contains(&word)
}

/// Whether a function's name says more than that something is exported.
fn is_telling(name: &[u8]) -> bool {
    name.len() > 2
        && ![
            &b"exports"[..],
            b"module.exports",
            b"function",
            b"default",
            b"lambda",
        ]
        .contains(&name)
        && memchr::memmem::find(name, b"xport").is_none()
}

fn is_type(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 10] = [
        b"str",
        b"String",
        b"string",
        b"&str",
        b"&'static",
        b"char",
        b"text",
        b"var",
        b"const",
        b"let",
    ];
    NAMES.contains(&name)
}

/// The value of `key`, `name`, `id`, `label` or `field` in the insides of an element or object.
fn name_in(inside: &[u8]) -> Option<Range<usize>> {
    const NAMES: [&[u8]; 7] = [
        b"key",
        b"name",
        b"id",
        b"label",
        b"field",
        b"title",
        b"variable",
    ];
    for name in NAMES {
        for at in memchr::memmem::rfind_iter(inside, name) {
            let bordered = at == 0 || !is_word(inside[at - 1]);
            let mut i = at + name.len();
            while i < inside.len() && matches!(inside[i], b'"' | b'\'' | b' ' | b'\\') {
                i += 1;
            }
            if !bordered || !matches!(inside.get(i), Some(b'=' | b':')) {
                continue;
            }
            i += 1;
            while i < inside.len() && matches!(inside[i], b'"' | b'\'' | b' ' | b'\\' | b'>') {
                i += 1;
            }
            let len = inside[i..]
                .iter()
                .take_while(|b| is_word(**b) || matches!(b, b'-' | b'.' | b' ' | b':' | b'/'))
                .count();
            if len > 0 {
                return Some(i..i + len);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;

    /// The slot of `H` in `text`, with its key in words.
    fn slot(text: &str) -> (Kind, String, String) {
        let value = String::from_utf8(Mint::new(7).hex(40)).unwrap();
        let start = text.find("<H>").unwrap();
        let text = text.replacen("<H>", &value, 1);
        let slot = read(text.as_bytes(), &(start..start + 40));
        (
            slot.kind,
            text[slot.key].to_owned(),
            text[slot.host].to_owned(),
        )
    }

    fn key(text: &str) -> String {
        slot(text).1
    }

    #[test]
    fn user_info_of_urls() {
        for text in [
            "https://<H>@github.com/o/r.git",
            "https://<H>:x-oauth-basic@github.com/o/r.git",
            "url = https://octocat:<H>@github.com/o/r.git",
            "https&#58;&#47;&#47;<H>:x-oauth-basic&#64;github.com/o/r",
        ] {
            let (kind, _, host) = slot(text);
            assert_eq!((kind, &*host), (Kind::UrlUser, "github.com"), "{text}");
        }
        assert_eq!(
            slot("curl -u <H>:x-oauth-basic https://x").0,
            Kind::BasicUser
        );
        assert_eq!(slot("curl -u octocat:<H> https://x").0, Kind::BasicUser);
    }

    #[test]
    fn assignments_in_many_languages() {
        for (text, want) in [
            ("export GITHUB_TOKEN=<H>", "GITHUB_TOKEN"),
            ("GITHUB_TOKEN='<H>'", "GITHUB_TOKEN"),
            ("  token: <H>\r\n", "token"),
            ("{\"token\":\"<H>\"}", "token"),
            ("{\\\"token\\\": \\\"<H>\\\"}", "token"),
            (":access_token => \"<H>\"", ":access_token"),
            (
                "os.environ[\"GH_TOKEN\"] = \"<H>\"",
                "os.environ[\"GH_TOKEN\"]",
            ),
            ("const token: &str = \"<H>\"", "token: &str"),
            ("<accessToken><H></accessToken>", "accessToken"),
            ("<add key=\"GitHubToken\" value=\"<H>\" />", "GitHubToken"),
            ("{\"key\":\"password\",\"value\":\"<H>\"}", "password"),
            (
                "<key>GitHubAccessToken</key>\n  <string><H></string>",
                "GitHubAccessToken",
            ),
            ("curl --token=<H>", "--token"),
            ("setenv(\"GH_TOKEN\", \"<H>\")", "GH_TOKEN"),
            ("\"GitHub Token\" : \"<H>\"", "GitHub Token"),
            ("TOKENS = ['<H>', 'x']", "TOKENS"),
            ("令牌：<H>", "令牌"),
        ] {
            assert_eq!(key(text), want, "{text}");
        }
    }

    #[test]
    fn other_places() {
        assert_eq!(slot("x?a=b&access_token=<H>&c=d").0, Kind::Query);
        assert_eq!(slot("Authorization: token <H>").0, Kind::AuthHeader);
        assert_eq!(slot("'Authorization' => 'token <H>'").0, Kind::AuthHeader);
        assert_eq!(
            slot("g = Github(\"<H>\")"),
            (Kind::Argument, "Github".into(), String::new())
        );
        assert_eq!(slot("setx GITHUB_TOKEN <H>").1, "GITHUB_TOKEN");
        assert_eq!(slot("a\n    <H>\nb").0, Kind::Alone);
        assert_eq!(slot("✓ <H> \n").0, Kind::Alone);
        assert_eq!(slot("<H>  name.tar.gz").0, Kind::LineHead);
        assert_eq!(slot("if head == \"<H>\" {").0, Kind::Compared);
    }
}
