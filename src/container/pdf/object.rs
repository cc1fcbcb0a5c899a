//! Objects of PDF, and the lexer that reads them from bytes.

/// Maximum depth of arrays and dictionaries inside each other.
const MOST_DEPTH: usize = 48;

/// Maximum number of values in one object. The values behind them are left out.
const MOST_VALUES: usize = 1 << 18;

/// Object of a PDF document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PdfObject {
    Number(f64),
    Name(Vec<u8>),
    /// String without its escapes.
    Text(Vec<u8>),
    Array(Vec<PdfObject>),
    Dictionary(PdfDictionary),
    /// Number of another object.
    Reference(u32),
    /// Word without a mark: an operator, `true`, `null`.
    Keyword(Vec<u8>),
}

/// Entries of a dictionary, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PdfDictionary(pub(super) Vec<(Vec<u8>, PdfObject)>);

impl PdfDictionary {
    /// Returns the value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Option<&PdfObject> {
        let entry = self.0.iter().find(|(own, _)| own == key);
        entry.map(|(_, value)| value)
    }

    /// Returns true if the value of a key is this name.
    pub(super) fn has_name(&self, key: &[u8], name: &[u8]) -> bool {
        self.get(key).and_then(PdfObject::as_name) == Some(name)
    }

    /// Returns the number that a key refers to.
    pub(super) fn reference(&self, key: &[u8]) -> Option<u32> {
        match self.get(key) {
            Some(PdfObject::Reference(number)) => Some(*number),
            _ => None,
        }
    }
}

impl PdfObject {
    pub(super) fn as_name(&self) -> Option<&[u8]> {
        match self {
            PdfObject::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            PdfObject::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the number as a whole one; `None` if it is negative or too large.
    pub(super) fn as_index(&self) -> Option<u32> {
        let number = self.as_number().filter(|n| (0.0..4e9).contains(n))?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range is checked"
        )]
        Some(number as u32)
    }

    pub(super) fn as_array(&self) -> Option<&[PdfObject]> {
        match self {
            PdfObject::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_dictionary(&self) -> Option<&PdfDictionary> {
        match self {
            PdfObject::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    /// Returns the array, or this object as the only item of one.
    pub(super) fn items(&self) -> &[PdfObject] {
        match self {
            PdfObject::Array(items) => items,
            item => std::slice::from_ref(item),
        }
    }
}

/// Reader of objects in bytes.
pub(super) struct PdfLexer<'l> {
    pub(super) bytes: &'l [u8],
    /// Offset of the next byte.
    pub(super) at: usize,
    /// True once the bytes ended within an object.
    pub(super) is_cut: bool,
    /// Number of values of the object that is read.
    values: usize,
}

impl<'l> PdfLexer<'l> {
    pub(super) fn new(bytes: &'l [u8]) -> Self {
        PdfLexer {
            bytes,
            at: 0,
            is_cut: false,
            values: 0,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes over white space and comments.
    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let rest = &self.bytes[self.at..];
                let end = memchr::memchr2(b'\n', b'\r', rest);
                self.at += end.unwrap_or(rest.len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Returns the next object; `None` at the end.
    pub(super) fn next_object(&mut self) -> Option<PdfObject> {
        self.values = 0;
        self.read_object(0)
    }

    fn read_object(&mut self, depth: usize) -> Option<PdfObject> {
        self.skip_space();
        let byte = self.peek()?;
        let next = self.bytes.get(self.at + 1).copied();
        match byte {
            b'/' => {
                self.at += 1;
                Some(PdfObject::Name(self.read_name()))
            }
            b'(' => Some(PdfObject::Text(self.read_literal())),
            b'<' if next == Some(b'<') && depth < MOST_DEPTH => {
                self.at += 2;
                let items = self.read_items(b'>', depth + 1);
                Some(PdfObject::Dictionary(pair_items(items)))
            }
            b'[' if depth < MOST_DEPTH => {
                self.at += 1;
                Some(PdfObject::Array(self.read_items(b']', depth + 1)))
            }
            b'<' if next != Some(b'<') => Some(PdfObject::Text(self.read_hex())),
            b'0'..=b'9' | b'+' | b'-' | b'.' => Some(PdfObject::Number(self.read_number())),
            _ if is_delimiter(byte) => {
                self.at += 1;
                Some(PdfObject::Keyword(vec![byte]))
            }
            _ => Some(PdfObject::Keyword(self.read_word().to_vec())),
        }
    }

    /// Reads the items of an array or a dictionary to its end.
    fn read_items(&mut self, end: u8, depth: usize) -> Vec<PdfObject> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(end) {
                self.at += if end == b'>' { 2 } else { 1 };
                return items;
            }
            // What ends an object ends all that is open in it.
            if self.bytes[self.at.min(self.bytes.len())..].starts_with(b"endobj") {
                return items;
            }
            let Some(item) = self.read_object(depth) else {
                self.is_cut = true;
                return items;
            };
            match (item, &items[..]) {
                (PdfObject::Keyword(word), [.., number, PdfObject::Number(_)])
                    if word == b"R" && number.as_index().is_some() =>
                {
                    let reference = number.as_index().map(PdfObject::Reference);
                    items.truncate(items.len() - 2);
                    items.extend(reference);
                }
                (item, _) if self.values < MOST_VALUES => {
                    self.values += 1;
                    items.push(item);
                }
                _ => {}
            }
        }
    }

    fn read_word(&mut self) -> &'l [u8] {
        let rest = &self.bytes[self.at..];
        let len = rest
            .iter()
            .take_while(|b| !is_space(**b) && !is_delimiter(**b))
            .count();
        self.at += len;
        &rest[..len]
    }

    fn read_name(&mut self) -> Vec<u8> {
        let word = self.read_word();
        let mut name = Vec::with_capacity(word.len());
        let mut rest = word;
        while let Some((&byte, behind)) = rest.split_first() {
            let code = behind.first_chunk::<2>().filter(|_| byte == b'#');
            let code = code.and_then(|code| Some(hex_digit(code[0])? << 4 | hex_digit(code[1])?));
            name.push(code.unwrap_or(byte));
            rest = if code.is_some() { &behind[2..] } else { behind };
        }
        name
    }

    /// Reads a number. Bytes that belong to none end it.
    fn read_number(&mut self) -> f64 {
        let rest = &self.bytes[self.at..];
        let is_digit = |b: &&u8| matches!(**b, b'0'..=b'9' | b'+' | b'-' | b'.');
        let len = rest.iter().take_while(is_digit).count();
        self.at += len;
        let text = std::str::from_utf8(&rest[..len]).unwrap_or_default();
        text.parse().unwrap_or_default()
    }

    fn read_hex(&mut self) -> Vec<u8> {
        let rest = &self.bytes[self.at + 1..];
        let end = memchr::memchr(b'>', rest);
        self.is_cut |= end.is_none();
        let len = end.unwrap_or(rest.len());
        self.at = (self.at + len + 2).min(self.bytes.len());
        decode_hex(&rest[..len])
    }

    /// Reads a string in parentheses, which may contain pairs of them.
    fn read_literal(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut open = 0;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' if open == 0 => {}
                b')' if open == 1 => return text,
                b')' => text.push(byte),
                b'\\' => self.read_escape(&mut text),
                _ => text.push(byte),
            }
            open += i32::from(byte == b'(') - i32::from(byte == b')');
        }
        self.is_cut = true;
        text
    }

    fn read_escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' if self.peek() == Some(b'\n') => self.at += 1,
            b'\r' | b'\n' => {}
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                let mut left = 2;
                while let Some(digit @ b'0'..=b'7') = self.peek().filter(|_| left > 0) {
                    code = code * 8 + u32::from(digit - b'0');
                    self.at += 1;
                    left -= 1;
                }
                text.push((code & 0xff) as u8);
            }
            _ => text.push(byte),
        }
    }
}

/// Returns the dictionary of these keys and values.
fn pair_items(items: Vec<PdfObject>) -> PdfDictionary {
    let mut entries = Vec::with_capacity(items.len() / 2);
    let mut key = None;
    for item in items {
        match (key.take(), item) {
            (None, PdfObject::Name(name)) => key = Some(name),
            // A key without a value makes no difference to the next ones.
            (None, _) => {}
            (Some(key), value) => entries.push((key, value)),
        }
    }
    PdfDictionary(entries)
}

/// Returns the bytes that hex digits stand for. Other bytes are passed over, and a missing last digit is zero.
pub(super) fn decode_hex(digits: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = digits.iter().filter_map(|b| hex_digit(*b)).collect();
    let byte = |pair: &[u8]| pair[0] << 4 | pair.get(1).copied().unwrap_or_default();
    digits.chunks(2).map(byte).collect()
}

fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_with_their_escapes() {
        let bytes = b"<< /A#42 [1 -2.5 (a\\(b\\)(c)\\101\\n) <6a6B7>] /B 12 0 R /C << /D true >> >> % x\n/E";
        let mut lexer = PdfLexer::new(bytes);
        let Some(PdfObject::Dictionary(read)) = lexer.next_object() else {
            panic!("no dictionary");
        };
        let items = read.get(b"AB").unwrap().as_array().unwrap();
        assert_eq!(items[1], PdfObject::Number(-2.5));
        assert_eq!(items[2], PdfObject::Text(b"a(b)(c)A\n".to_vec()));
        assert_eq!(items[3], PdfObject::Text(b"jkp".to_vec()));
        assert_eq!(read.reference(b"B"), Some(12));
        assert_eq!(lexer.next_object(), Some(PdfObject::Name(b"E".to_vec())));
        assert_eq!(lexer.next_object(), None);
        assert!(!lexer.is_cut);
    }

    #[test]
    fn objects_that_do_not_end_are_cut() {
        for bytes in [&b"(a(b)"[..], b"<61", b"[1 2", b"<< /A (", b"[[[[(\\"] {
            let mut lexer = PdfLexer::new(bytes);
            assert!(lexer.next_object().is_some());
            assert!(lexer.is_cut, "{bytes:?}");
        }
        let deep = [b"[".repeat(100_000), b"<<".repeat(100_000)].concat();
        let mut lexer = PdfLexer::new(&deep);
        while lexer.next_object().is_some() {}
    }
}
