//! Slot, and the reader that all files of this folder extend: bytes, quotes and blanks before a place.

use std::ops::Range;

use crate::judge::vocabulary::WordList;

/// Number of digits of a value.
pub(crate) const DIGITS: usize = 40;

/// Maximum length of a key in bytes.
pub(crate) const LONGEST_KEY: usize = 96;

/// Kind of place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// User or password in a URL.
    UrlUser,
    /// `user:value` given to a client.
    BasicUser,
    /// `?key=value` or `&key=value`.
    Query,
    /// Value after `token`, `Bearer` or `Basic` in a header.
    AuthHeader,
    /// Argument of a call, without a name of its own.
    Argument,
    /// Right side of `=`, `:` or a similar operator, or the text of an XML element.
    Assigned,
    /// Right side of `==` or `!=`.
    Compared,
    /// Value after a word and blanks.
    Follows,
    /// Value in a header with a name of its own.
    Header,
    /// Value at the start of a line of text.
    LineHead,
    /// Value alone on its line.
    Alone,
    /// Value in a cell of a table.
    Cell,
    /// Value in a list or after a bracket without a name.
    Listed,
    /// Version in a coordinate: `group:artifact:value`, `{:git, "url", "value"}`.
    Coordinate,
    /// Value after words that cite a change: `since`, `reverts`, `introduced in`.
    Cited,
    /// Value joined to a word: `name-value`.
    Glued,
    /// Any other place.
    Other,
}

/// Slot and the words that belong to it, as ranges of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    /// Key, flag, header or attribute that the value belongs to; empty if none.
    pub(crate) key: Range<usize>,
    /// Callee of the call that has the value as an argument; empty if none.
    pub(crate) callee: Range<usize>,
    /// Host of the URL whose user or password the value is; empty if none.
    pub(crate) host: Range<usize>,
    /// True if a user name that GitHub reserves for tokens is beside the value.
    pub(crate) marker: bool,
}

impl Slot {
    pub(crate) fn new(kind: SlotKind, key: Range<usize>) -> Slot {
        Slot {
            kind,
            key,
            callee: 0..0,
            host: 0..0,
            marker: false,
        }
    }
}

/// Reader of a text backwards, down to the offset `floor`.
pub(crate) struct SlotReader<'t> {
    pub(crate) text: &'t [u8],
    pub(crate) floor: usize,
}

/// Openings of a value besides ASCII quotes: escaped quotes and typographic ones.
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

impl SlotReader<'_> {
    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        (at > self.floor).then(|| self.text[at - 1])
    }

    pub(crate) fn ends_with(&self, at: usize, what: &[u8]) -> bool {
        self.text[self.floor..at].ends_with(what)
    }

    /// Returns true if a word of the list ends at `at`.
    pub(crate) fn ends_with_any(&self, at: usize, list: &WordList) -> bool {
        list.suffix_of(&self.text[self.floor..at]).is_some()
    }

    /// Skips the opening of a value: quotes, emphasis and prefixes of string literals.
    pub(crate) fn open(&self, mut at: usize, end: usize) -> usize {
        for _ in 0..8 {
            let before = at;
            // Every opener ends in one of these bytes.
            let may_end = matches!(self.byte(at), Some(b';' | b'2' | b'7' | 0x80..));
            let opener = || OPENERS.iter().find(|o| self.ends_with(at, o));
            if let Some(o) = may_end.then(opener).flatten() {
                at -= o.len();
            } else if let Some(b'"' | b'\'' | b'`') = self.byte(at) {
                at -= 1;
                while self.byte(at) == Some(b'\\') {
                    at -= 1;
                }
                // Prefix of a string literal: r"", b"", f"", @"".
                if let Some(b'r' | b'b' | b'f' | b'u' | b'L' | b'@' | b'$') = self.byte(at)
                    && !self.byte(at - 1).is_some_and(is_word_byte)
                {
                    at -= 1;
                }
            } else if let Some(mark @ (b'*' | b'_' | b'@' | b'+')) = self.byte(at)
                && self.text.get(end) == Some(&mark)
            {
                while self.byte(at) == Some(mark) {
                    at -= 1;
                }
            }
            if at == before {
                at = self.perl_quote(at, end).unwrap_or(at);
            }
            if at == before {
                break;
            }
        }
        at
    }

    /// Returns the offset of `q{`, `qq(` or `%q[`, if its closing bracket is at `end`.
    pub(crate) fn perl_quote(&self, at: usize, end: usize) -> Option<usize> {
        let close = match self.byte(at)? {
            b'{' => b'}',
            b'(' => b')',
            b'[' => b']',
            _ => return None,
        };
        const QUOTES: [&[u8]; 5] = [b"%q", b"%w", b"qq", b"qw", b"q"];
        let name = QUOTES.iter().find(|q| self.ends_with(at - 1, q))?;
        let start = at - 1 - name.len();
        let whole = !self.byte(start).is_some_and(is_word_byte);
        // A list of words goes on behind a blank.
        let ends = |b: &u8| *b == close || name.ends_with(b"w") && *b == b' ';
        (whole && self.text.get(end).is_some_and(ends)).then_some(start)
    }

    pub(crate) fn skip_blanks(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t') = self.byte(at) {
            at -= 1;
        }
        while self.ends_with(at, b"&nbsp;") {
            at -= 6;
        }
        at
    }

    /// Skips blanks and line breaks, escaped or not.
    pub(crate) fn skip_spaces(&self, mut at: usize) -> usize {
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
}

/// Returns true for a byte of a word.
pub(crate) fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

/// Returns true for a byte of a name, with the marks of member access.
pub(crate) fn is_key_byte(b: u8) -> bool {
    is_word_byte(b)
        || matches!(
            b,
            b'.' | b'-' | b'$' | b'/' | b'@' | b':' | b'[' | b']' | b'"' | b'\'' | b'!' | b'\\'
        )
}

/// Returns true for a run of hex digits that may be an id.
pub(crate) fn is_long_hex(text: &[u8]) -> bool {
    text.len() >= 16 && text.iter().all(u8::is_ascii_hexdigit)
}
