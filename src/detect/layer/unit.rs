//! Parser of single escapes: the escape at a place of a text, and its meaning.

use std::ops::Range;

use crate::detect::runs::is_word;
use crate::finding::Layer;
use crate::steps::add_steps;

/// Escape or other unit of encoded text: its length in bytes, and the character or nothing that it encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EscapeUnit {
    pub(super) len: usize,
    pub(super) means: UnitMeaning,
}

/// Meaning of a [`EscapeUnit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitMeaning {
    /// Byte, in an encoding of bytes.
    Byte(u8),
    /// Character, in an encoding of characters.
    Char(char),
    /// Nothing: the texts before and after it are adjacent.
    Nothing,
}

impl UnitMeaning {
    /// Passes the bytes of the meaning to `take`, if there are any.
    pub(super) fn with_bytes(self, take: impl FnOnce(&[u8])) {
        match self {
            UnitMeaning::Byte(byte) => take(&[byte]),
            UnitMeaning::Char(c) => take(c.encode_utf8(&mut [0; 4]).as_bytes()),
            UnitMeaning::Nothing => {}
        }
    }
}

impl EscapeUnit {
    fn of_byte(len: usize, byte: u8) -> Option<EscapeUnit> {
        Some(EscapeUnit {
            len,
            means: UnitMeaning::Byte(byte),
        })
    }

    fn of_char(len: usize, c: char) -> Option<EscapeUnit> {
        let means = match c {
            // Soft hyphens and zero-width spaces are invisible.
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => UnitMeaning::Nothing,
            c => UnitMeaning::Char(c),
        };
        Some(EscapeUnit { len, means })
    }

    fn of_nothing(len: usize) -> Option<EscapeUnit> {
        Some(EscapeUnit {
            len,
            means: UnitMeaning::Nothing,
        })
    }

    /// Returns true if tokens or base64 continue over the meaning: it is one of their characters, or nothing.
    pub(super) fn joins_tokens(self) -> bool {
        let is_part = |b: u8| is_word(b) || matches!(b, b'+' | b'/' | b'-' | b'.');
        match self.means {
            UnitMeaning::Byte(b) => is_part(b),
            UnitMeaning::Char(c) => u8::try_from(c).is_ok_and(is_part),
            UnitMeaning::Nothing => true,
        }
    }
}

/// Returns the bytes that an escape of this layer may begin with.
pub(super) fn opener_bytes(layer: Layer) -> &'static [u8] {
    match layer {
        Layer::Percent => b"%",
        Layer::Json => b"\\",
        Layer::Html => b"<&",
        Layer::Ansi => b"\x1b",
        Layer::QuotedPrintable => b"=",
        Layer::Base64
        | Layer::Utf16le
        | Layer::Utf16be
        | Layer::Utf32le
        | Layer::Utf32be
        | Layer::Wrapped => b"",
    }
}

/// Returns the place of the last byte in `text` that an escape of this layer may begin with.
pub(super) fn last_opener(layer: Layer, text: &[u8]) -> Option<usize> {
    match *opener_bytes(layer) {
        [one] => memchr::memrchr(one, text),
        [one, other] => memchr::memrchr2(one, other, text),
        _ => None,
    }
}

/// Returns the maximum length in bytes of an escape of this layer before a run; tags and links may be longer.
pub(super) fn longest_escape(layer: Layer) -> usize {
    match layer {
        Layer::Percent | Layer::QuotedPrintable => 3,
        Layer::Json => 12,
        _ => 160,
    }
}

/// Returns the escape that joins a word with the text after it: one of `layer`, or a colour that begins with one.
pub(super) fn joining_unit(layer: Layer, text: &[u8]) -> Option<EscapeUnit> {
    let unit = at(layer, text)?;
    if unit.means == UnitMeaning::Char('\x1b') {
        return EscapeUnit::of_nothing(unit.len + control_sequence_len(&text[unit.len..])?);
    }
    unit.joins_tokens().then_some(unit)
}

/// Part of a text that is read with its escapes.
pub(super) enum DecodedPart<'t> {
    /// Text without escapes.
    Plain(&'t [u8]),
    /// Length of an escape in bytes, and its meaning.
    Escape(usize, UnitMeaning),
}

/// Passes each part of `range` in `text`, split at the escapes of `layer`, to `take` with its place. Returns the end of
/// the last one.
pub(super) fn read(
    layer: Layer,
    text: &[u8],
    range: Range<usize>,
    mut take: impl FnMut(DecodedPart<'_>, usize),
) -> usize {
    let (mut plain, mut place) = (range.start, range.start);
    add_steps(range.len());
    while let Some(skip) = next_opener(layer, &text[place..range.end.max(place)]) {
        place += skip;
        let Some(unit) = at(layer, &text[place..]) else {
            place += 1;
            continue;
        };
        if plain < place {
            take(DecodedPart::Plain(&text[plain..place]), plain);
        }
        take(DecodedPart::Escape(unit.len, unit.means), place);
        place += unit.len;
        plain = place;
    }
    if plain < range.end {
        take(DecodedPart::Plain(&text[plain..range.end]), plain);
    }
    plain.max(range.end)
}

/// Returns the place of the first byte in `text` that an escape of this layer may begin with.
fn next_opener(layer: Layer, text: &[u8]) -> Option<usize> {
    match *opener_bytes(layer) {
        [one] => memchr::memchr(one, text),
        [one, other] => memchr::memchr2(one, other, text),
        _ => None,
    }
}

/// Returns the escape of `layer` at the beginning of `text`, if there is one.
pub(super) fn at(layer: Layer, text: &[u8]) -> Option<EscapeUnit> {
    match layer {
        Layer::Percent => EscapeUnit::of_byte(3, parse_hex_byte(text.get(1..3)?)?),
        Layer::QuotedPrintable => read_quoted_printable(text),
        Layer::Json => read_json_escape(text),
        Layer::Html => read_html(text),
        Layer::Ansi => EscapeUnit::of_nothing(1 + control_sequence_len(text.get(1..)?)?),
        Layer::Base64
        | Layer::Utf16le
        | Layer::Utf16be
        | Layer::Utf32le
        | Layer::Utf32be
        | Layer::Wrapped => None,
    }
}

/// Returns the value of a few hex digits.
fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0u32, |value, b| {
        Some(value << 4 | char::from(*b).to_digit(16)?)
    })
}

fn parse_hex_byte(digits: &[u8]) -> Option<u8> {
    u8::try_from(hex(digits)?).ok()
}

fn read_quoted_printable(text: &[u8]) -> Option<EscapeUnit> {
    match text.get(1)? {
        b'\n' => EscapeUnit::of_nothing(2),
        b'\r' if text.get(2) == Some(&b'\n') => EscapeUnit::of_nothing(3),
        // RFC 2045 requires capitals; `id=5f3a…` is common in logs and no escape.
        digits if digits.is_ascii_lowercase() || text.get(2)?.is_ascii_lowercase() => None,
        _ => EscapeUnit::of_byte(3, parse_hex_byte(text.get(1..3)?)?),
    }
}

/// Parses the escapes of strings in JSON, JavaScript, Python and similar languages.
fn read_json_escape(text: &[u8]) -> Option<EscapeUnit> {
    let braced = |from: usize| {
        let len = text[from..].iter().take(8).position(|b| *b == b'}')?;
        let c = char::from_u32(hex(&text[from..from + len])?)?;
        EscapeUnit::of_char(from + len + 1, c)
    };
    match text.get(1)? {
        b'u' if text.get(2) == Some(&b'{') => braced(3),
        b'u' => {
            let first = hex(text.get(2..6)?)?;
            if let Some(c) = char::from_u32(first) {
                return EscapeUnit::of_char(6, c);
            }
            let second = text.get(6..12).filter(|s| s.starts_with(b"\\u"))?;
            let second = hex(&second[2..])?.checked_sub(0xdc00)?;
            let c = 0x10000 + (first.checked_sub(0xd800)? << 10) + second;
            EscapeUnit::of_char(12, char::from_u32(c)?)
        }
        b'U' => EscapeUnit::of_char(10, char::from_u32(hex(text.get(2..10)?)?)?),
        b'x' => EscapeUnit::of_char(4, char::from(parse_hex_byte(text.get(2..4)?)?)),
        b'"' | b'\\' | b'/' | b'\'' => EscapeUnit::of_char(2, char::from(text[1])),
        b'n' => EscapeUnit::of_char(2, '\n'),
        b'r' => EscapeUnit::of_char(2, '\r'),
        b't' => EscapeUnit::of_char(2, '\t'),
        b'b' | b'f' => EscapeUnit::of_char(2, ' '),
        _ => None,
    }
}

/// Names of tags that occur inside a line of text.
const INLINE: [&[u8]; 36] = [
    b"a", b"abbr", b"acronym", b"b", b"bdi", b"bdo", b"big", b"cite", b"code", b"data", b"del",
    b"dfn", b"em", b"font", b"i", b"ins", b"kbd", b"label", b"mark", b"nobr", b"output", b"q",
    b"s", b"samp", b"slot", b"small", b"span", b"strike", b"strong", b"sub", b"sup", b"time",
    b"tt", b"u", b"var", b"wbr",
];

/// Maximum length of a tag that is skipped, in bytes.
const LONGEST_TAG: usize = 1024;

fn read_html(text: &[u8]) -> Option<EscapeUnit> {
    if text.first() == Some(&b'&') {
        return read_character_reference(text);
    }
    if text.starts_with(b"<!--") {
        let near = &text[..text.len().min(LONGEST_TAG)];
        return EscapeUnit::of_nothing(memchr::memmem::find(near, b"-->")? + 3);
    }
    let name = text.get(1..)?;
    let name = name.strip_prefix(b"/").unwrap_or(name);
    let len = name
        .iter()
        .take(12)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    if len == 0 || !name[0].is_ascii_alphabetic() {
        return None;
    }
    add_steps(LONGEST_TAG);
    let end = memchr::memchr(b'>', &text[..text.len().min(LONGEST_TAG)])? + 1;
    if INLINE.iter().any(|i| i.eq_ignore_ascii_case(&name[..len])) {
        return EscapeUnit::of_nothing(end);
    }
    EscapeUnit::of_char(end, '\n')
}

/// Parses `&#103;`, `&#x67;` and the few names that occur between the characters of a token or around it.
fn read_character_reference(text: &[u8]) -> Option<EscapeUnit> {
    const NAMES: [(&[u8], char); 12] = [
        (b"amp", '&'),
        (b"lt", '<'),
        (b"gt", '>'),
        (b"quot", '"'),
        (b"apos", '\''),
        (b"nbsp", ' '),
        (b"lowbar", '_'),
        (b"UnderBar", '_'),
        (b"equals", '='),
        (b"colon", ':'),
        (b"shy", '\u{ad}'),
        (b"ZeroWidthSpace", '\u{200b}'),
    ];
    let len = text.iter().take(18).position(|b| *b == b';')?;
    let name = &text[1..len];
    let c = match name {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => NAMES.iter().find(|(n, _)| *n == name)?.1,
    };
    EscapeUnit::of_char(len + 1, c)
}

/// Returns the length of the text after the escape character of a terminal control sequence: of colours and other CSI
/// sequences, or of a link or title (OSC).
fn control_sequence_len(behind: &[u8]) -> Option<usize> {
    const LONGEST: usize = 512;
    let near = &behind[..behind.len().min(LONGEST)];
    match near.first()? {
        b'[' => {
            let parameters = near[1..]
                .iter()
                .take_while(|b| matches!(b, b' '..=b'?'))
                .count();
            let last = near.get(1 + parameters)?;
            (b'@'..=b'~').contains(last).then_some(2 + parameters)
        }
        b']' => {
            let end = near.iter().position(|b| matches!(b, 0x07 | b'\n'))?;
            let string = near[1..].windows(2).position(|w| w == b"\x1b\\");
            match string {
                Some(at) if at + 1 < end => Some(at + 3),
                _ => (near[end] == 0x07).then_some(end + 1),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn char(len: usize, c: char) -> Option<EscapeUnit> {
        EscapeUnit::of_char(len, c)
    }

    #[test]
    fn percent_and_quoted_printable_are_bytes() {
        assert_eq!(at(Layer::Percent, b"%67hp"), EscapeUnit::of_byte(3, b'g'));
        assert_eq!(at(Layer::Percent, b"%6"), None);
        assert_eq!(at(Layer::Percent, b"%zz"), None);
        assert_eq!(
            at(Layer::QuotedPrintable, b"=5F"),
            EscapeUnit::of_byte(3, b'_')
        );
        assert_eq!(at(Layer::QuotedPrintable, b"=5f"), None);
        assert_eq!(
            at(Layer::QuotedPrintable, b"=\r\nx"),
            EscapeUnit::of_nothing(3)
        );
        assert_eq!(
            at(Layer::QuotedPrintable, b"=\nx"),
            EscapeUnit::of_nothing(2)
        );
        assert_eq!(at(Layer::QuotedPrintable, b"="), None);
    }

    #[test]
    fn string_escapes_in_all_their_forms() {
        assert_eq!(at(Layer::Json, b"\\u0067"), char(6, 'g'));
        assert_eq!(at(Layer::Json, b"\\ud83d\\ude00"), char(12, '😀'));
        assert_eq!(at(Layer::Json, b"\\ud83d\\u0041"), None);
        assert_eq!(at(Layer::Json, b"\\u{67}"), char(6, 'g'));
        assert_eq!(at(Layer::Json, b"\\U00000067"), char(10, 'g'));
        assert_eq!(at(Layer::Json, b"\\x67"), char(4, 'g'));
        assert_eq!(at(Layer::Json, b"\\n"), char(2, '\n'));
        assert_eq!(at(Layer::Json, b"\\q"), None);
        assert_eq!(at(Layer::Json, b"\\"), None);
    }

    #[test]
    fn tags_in_a_line_join_and_others_part() {
        assert_eq!(at(Layer::Html, b"<b>x"), EscapeUnit::of_nothing(3));
        assert_eq!(at(Layer::Html, b"</SPAN>x"), EscapeUnit::of_nothing(7));
        assert_eq!(
            at(Layer::Html, b"<span class=\"k\">x"),
            EscapeUnit::of_nothing(16)
        );
        assert_eq!(at(Layer::Html, b"<!-- x -->"), EscapeUnit::of_nothing(10));
        assert_eq!(at(Layer::Html, b"</td>"), char(5, '\n'));
        assert_eq!(at(Layer::Html, b"< 5"), None);
        assert_eq!(at(Layer::Html, b"&#103;"), char(6, 'g'));
        assert_eq!(at(Layer::Html, b"&#x67;"), char(6, 'g'));
        assert_eq!(at(Layer::Html, b"&shy;"), EscapeUnit::of_nothing(5));
        assert_eq!(at(Layer::Html, b"&nothing;"), None);
        assert_eq!(at(Layer::Html, b"&"), None);
    }

    #[test]
    fn control_sequences_end_where_terminals_say() {
        assert_eq!(at(Layer::Ansi, b"\x1b[1;31mx"), EscapeUnit::of_nothing(7));
        assert_eq!(at(Layer::Ansi, b"\x1b[0Kx"), EscapeUnit::of_nothing(4));
        assert_eq!(
            at(Layer::Ansi, b"\x1b]8;;http://x\x07y"),
            EscapeUnit::of_nothing(14)
        );
        assert_eq!(
            at(Layer::Ansi, b"\x1b]8;;u\x1b\\y\x07"),
            EscapeUnit::of_nothing(8)
        );
        assert_eq!(at(Layer::Ansi, b"\x1b["), None);
    }
}
