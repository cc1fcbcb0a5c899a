//! Character encodings of a text, which determine its lines and columns.

/// Encoding of the characters of a text. An unknown encoding counts as UTF-8, which includes ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, ASCII, and bytes of unknown encoding.
    #[default]
    Utf8,
    /// UTF-16, little endian.
    Utf16le,
    /// UTF-16, big endian.
    Utf16be,
    /// UTF-32, little endian.
    Utf32le,
    /// UTF-32, big endian.
    Utf32be,
}

/// Byte order marks, longer ones before their own prefixes.
const MARKS: [(&[u8], Charset); 5] = [
    (b"\xff\xfe\0\0", Charset::Utf32le),
    (b"\0\0\xfe\xff", Charset::Utf32be),
    (b"\xff\xfe", Charset::Utf16le),
    (b"\xfe\xff", Charset::Utf16be),
    (b"\xef\xbb\xbf", Charset::Utf8),
];

/// Number of bytes at the head of a file that determine its charset.
const HEAD: usize = 4096;

impl Charset {
    /// Returns the charset of a file that begins with `text`: the one of its byte order mark, or the one in which all
    /// of its head is text.
    #[must_use]
    pub fn of_file(text: &[u8]) -> Charset {
        if let Some((_, charset)) = MARKS.iter().find(|(mark, _)| text.starts_with(mark)) {
            return *charset;
        }
        let head = &text[..text.len().min(HEAD)];
        if memchr::memchr(0, head).is_none() {
            return Charset::Utf8;
        }
        let wide = [
            Charset::Utf32le,
            Charset::Utf32be,
            Charset::Utf16le,
            Charset::Utf16be,
        ];
        let mut fitting = wide.into_iter().filter(|charset| charset.is_text(head));
        fitting.next().unwrap_or_default()
    }

    /// Returns `text` without a byte order mark at its beginning.
    pub(super) fn without_mark(self, text: &[u8]) -> &[u8] {
        let mark = MARKS.iter().find(|(_, charset)| *charset == self);
        mark.and_then(|(mark, _)| text.strip_prefix(*mark))
            .unwrap_or(text)
    }

    /// Returns the length of the shortest character, in bytes.
    #[must_use]
    pub fn unit_len(self) -> usize {
        match self {
            Charset::Utf8 => 1,
            Charset::Utf16le | Charset::Utf16be => 2,
            Charset::Utf32le | Charset::Utf32be => 4,
        }
    }

    /// Returns the units of `text` as numbers.
    pub(super) fn decode_units(self, text: &[u8]) -> impl DoubleEndedIterator<Item = u32> + '_ {
        text.chunks_exact(self.unit_len())
            .map(move |unit| match (self, unit) {
                (Charset::Utf16le, [a, b]) => u16::from_le_bytes([*a, *b]).into(),
                (Charset::Utf16be, [a, b]) => u16::from_be_bytes([*a, *b]).into(),
                (Charset::Utf32le, [a, b, c, d]) => u32::from_le_bytes([*a, *b, *c, *d]),
                (Charset::Utf32be, [a, b, c, d]) => u32::from_be_bytes([*a, *b, *c, *d]),
                _ => unit[0].into(),
            })
    }

    /// Returns true if `head` is text in this wide charset: characters only, some of them ASCII, few with a number
    /// that ends in a zero byte, and at most as many units of two ASCII bytes as other non-ASCII units.
    fn is_text(self, head: &[u8]) -> bool {
        let (mut ascii, mut round, mut plain, mut others) = (0, 0, 0, 0);
        for (unit, bytes) in self
            .decode_units(head)
            .zip(head.chunks_exact(self.unit_len()))
        {
            if !is_textual(unit) || self.unit_len() == 4 && char::from_u32(unit).is_none() {
                return false;
            }
            ascii += usize::from(unit < 0x80);
            others += usize::from(unit >= 0x80);
            plain += usize::from(bytes.iter().all(is_plain));
            round += usize::from(unit.trailing_zeros() >= 8);
        }
        ascii > 0 && 8 * round <= ascii && (plain < 3 || 2 * plain <= others)
    }

    /// Returns the start of the text in this wide charset that contains the unit at `at`, but not before `floor`.
    #[must_use]
    pub fn text_start(self, text: &[u8], floor: usize, at: usize) -> usize {
        let len = self.unit_len();
        let before = &text[floor..at];
        let before = &before[before.len() % len..];
        let mut start = at;
        // Pairs of ASCII characters are rare in UTF-16, but plain text beside it consists of them.
        let mut plain = 0;
        for (unit, bytes) in self
            .decode_units(before)
            .rev()
            .zip(before.rchunks_exact(len))
        {
            if !is_textual(unit) {
                break;
            }
            plain = if bytes.iter().all(is_plain) {
                plain + 1
            } else {
                0
            };
            if plain * len > 8 {
                return start + plain * len - len;
            }
            start -= len;
            if unit == MARK {
                break;
            }
        }
        start
    }
}

/// Code point of the byte order mark.
pub(super) const MARK: u32 = 0xfeff;

/// Returns true if `byte` is a character of plain text.
fn is_plain(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Returns true if a unit may occur in a text.
fn is_textual(unit: u32) -> bool {
    match unit {
        0x09 | 0x0a | 0x0c | 0x0d | 0x1b | 0x85 => true,
        0..0x20 | 0x7f..0xa0 | 0xfffe | 0xffff => false,
        _ => unit <= 0x0010_ffff,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Encodes `text` in `charset`.
    pub(in crate::span) fn encode_text(text: &str, charset: Charset) -> Vec<u8> {
        let wide = text.encode_utf16();
        match charset {
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Utf16le => wide.flat_map(u16::to_le_bytes).collect(),
            Charset::Utf16be => wide.flat_map(u16::to_be_bytes).collect(),
            Charset::Utf32le => text
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect(),
            Charset::Utf32be => text
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect(),
        }
    }

    pub(in crate::span) const ALL: [Charset; 5] = [
        Charset::Utf8,
        Charset::Utf16le,
        Charset::Utf16be,
        Charset::Utf32le,
        Charset::Utf32be,
    ];

    #[test]
    fn a_file_tells_its_charset_with_a_mark_or_without() {
        for charset in ALL {
            for text in [
                "a",
                "token = x\r\n",
                "令牌 = 🔑 x\n",
                "Ā is round, but seldom",
            ] {
                let plain = encode_text(text, charset);
                assert_eq!(Charset::of_file(&plain), charset, "{text}");
                let marked = encode_text(&format!("\u{feff}{text}"), charset);
                assert_eq!(Charset::of_file(&marked), charset, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_text_has_no_wide_charset() {
        for data in [
            &b""[..],
            b"\0",
            b"a\0",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0",
            b"GITHUB\0x\0y\0",
            &[0; 64],
        ] {
            let expected = if data == b"a\0" {
                Charset::Utf16le
            } else {
                Charset::Utf8
            };
            assert_eq!(Charset::of_file(data), expected, "{data:?}");
        }
    }

    #[test]
    fn text_begins_behind_what_is_written_otherwise() {
        for charset in &ALL[1..] {
            let text = encode_text("令牌 = x", *charset);
            for before in [&b"plain text of a log\n"[..], b"\x01\x02\0\0\0\0\0\0", b""] {
                let all = [before, &text].concat();
                let start = charset.text_start(&all, 0, all.len());
                assert_eq!(start, before.len(), "{charset:?} {before:?}");
            }
        }
    }
}
