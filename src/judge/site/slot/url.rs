//! Detection of values in the user part of a URL and in netrc files.

use std::ops::Range;

use super::reader::{Slot, SlotKind, SlotReader};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};

impl SlotReader<'_> {
    /// Returns the slot if the value is user or password of a URL, or if a marker is beside it.
    pub(crate) fn slot_of_user_info(&self, value: &Range<usize>) -> Option<Slot> {
        let start = self.joined_before(value.start).unwrap_or(value.start);
        let end = self.joined_after(value.end).unwrap_or(value.end);
        let after = &self.text[end..self.text.len().min(end + 120)];
        let marker = starts_with_marker(after);
        let at_sign = at_sign_distance(after);
        let scheme = self.user_info_start(start);
        let named_before = scheme.is_some_and(|from| {
            self.text[from..start]
                .strip_suffix(b":")
                .is_some_and(is_marker_user)
        });
        let scp = scheme.is_none() && after.first() == Some(&b'@');
        if let (Some(skip), true) = (at_sign, scheme.is_some() || scp) {
            let from = end + skip;
            let len = self.text[from..self.text.len().min(from + 80)]
                .iter()
                .take_while(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'.' | b'-' | b'$' | b'{' | b'}' | b'_')
                })
                .count();
            let host = &self.text[from..from + len];
            let whole = !scp || memchr::memchr3(b'.', b'$', b'{', host).is_some();
            if len > 0 && whole {
                return Some(Slot {
                    kind: SlotKind::UrlUser,
                    key: 0..0,
                    callee: 0..0,
                    host: self.named_scheme(scheme).unwrap_or(from..from + len),
                    marker: marker || named_before,
                });
            }
        }
        if marker {
            return Some(Slot {
                kind: SlotKind::BasicUser,
                key: 0..0,
                callee: 0..0,
                host: 0..0,
                marker: true,
            });
        }
        None
    }

    /// Returns the scheme of the URL whose user info begins at `user`, if it names a service: `github://user:value@o/r`.
    fn named_scheme(&self, user: Option<usize>) -> Option<Range<usize>> {
        let end = user?.checked_sub(3).filter(|end| *end >= self.floor)?;
        let letters = self.text[self.floor..end].iter().rev();
        let len = letters.take_while(|b| b.is_ascii_lowercase()).count();
        let scheme = &self.text[end - len..end];
        let names = Vocabulary::builtin()
            .lexicon
            .sense(scheme)
            .has(WordClass::SERVICE);
        names.then_some(end - len..end)
    }

    /// Returns the end of the string that is joined to the one at `at`: `"https://" + "value"`, `"https://" + name`.
    pub(crate) fn joined_before(&self, at: usize) -> Option<usize> {
        let open = match self.byte(at) {
            Some(b'"' | b'\'' | b'`') => at - 1,
            _ => at,
        };
        let mark = self.skip_blanks(open);
        self.inner_of_joined_string(mark)
    }

    /// Returns the beginning of the string that is joined to the one that ends at `at`.
    fn joined_after(&self, at: usize) -> Option<usize> {
        let rest = &self.text[at..self.text.len().min(at + 16)];
        let close = usize::from(matches!(rest.first(), Some(b'"' | b'\'' | b'`')));
        let mut len = close;
        let mut marks = 0;
        while let Some(b) = rest.get(len) {
            match b {
                b' ' | b'\t' => {}
                b'+' | b'.' | b'&' => marks += 1,
                b'"' | b'\'' | b'`' if marks > 0 => return Some(at + len + 1),
                _ => return None,
            }
            len += 1;
        }
        None
    }

    /// Returns the slot of the login or password of a netrc entry of one or several lines. The machine is its host.
    pub(crate) fn slot_of_netrc(&self, value: &Range<usize>) -> Option<Slot> {
        let word = self.key(self.skip_blanks(value.start));
        if word.end == value.start || !lists().netrc_words.contains(&self.text[word.clone()]) {
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
            kind: SlotKind::UrlUser,
            key: word,
            callee: 0..0,
            host: from..from + host,
            marker: false,
        })
    }

    /// Returns the beginning of the user info, if `://` and at most a user name precede `at`.
    pub(crate) fn user_info_start(&self, at: usize) -> Option<usize> {
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

/// Returns `true` if the text after a value may end the user info of a URL. The mark may be encoded.
pub(crate) fn is_login(after: &[u8]) -> bool {
    [&b"@"[..], b":", b"%40", b"=40", b"&#64;", b"\\u0040"]
        .iter()
        .any(|mark| after.starts_with(mark))
}

/// Returns the distance in bytes from the value to the end of `@`, with or without a password between them.
pub(crate) fn at_sign_distance(after: &[u8]) -> Option<usize> {
    let code = |rest: &[u8]| -> Option<usize> {
        [&b"@"[..], b"&#64;", b"%40", b"=40", b"\\u0040"]
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

/// Returns true if `after` begins with a password that GitHub reserves for tokens given as user name.
pub(crate) fn starts_with_marker(after: &[u8]) -> bool {
    lists().marker_passwords.prefix_of(after).is_some()
}

/// Returns true for a user name that GitHub reserves for tokens.
pub(crate) fn is_marker_user(user: &[u8]) -> bool {
    lists().marker_users.contains_any_case(user)
}
