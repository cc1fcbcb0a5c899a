//! Exports in UTF-16, as PowerShell writes the output of a program into a file: their characters of ASCII, which all keys,
//! numbers and addresses consist of.

/// Order of the two bytes of a character in UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WideOrder {
    Little,
    Big,
}

/// Byte that stands for a character outside ASCII.
const OTHER: u8 = b'?';

impl WideOrder {
    /// Returns the order in a text that begins with a byte order mark of UTF-16.
    pub(super) fn of_text(head: &[u8]) -> Option<WideOrder> {
        match head {
            [0xff, 0xfe, ..] => Some(WideOrder::Little),
            [0xfe, 0xff, ..] => Some(WideOrder::Big),
            _ => None,
        }
    }

    /// Returns a character as one byte.
    pub(super) fn narrow(self, unit: [u8; 2]) -> u8 {
        let [high, low] = match self {
            WideOrder::Little => [unit[1], unit[0]],
            WideOrder::Big => unit,
        };
        match (high, low.is_ascii()) {
            (0, true) => low,
            _ => OTHER,
        }
    }
}

/// Returns the first `most` characters of a text, without its byte order mark, each as one byte.
pub(super) fn narrow_head(text: &[u8], most: usize) -> Vec<u8> {
    let Some(order) = WideOrder::of_text(text) else {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        return text[..text.len().min(most)].to_vec();
    };
    let units = text[2..].chunks_exact(2).take(most);
    units.map(|unit| order.narrow([unit[0], unit[1]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_one_byte_each_in_both_orders() {
        let text = "[{é\u{10000}}";
        for is_big in [false, true] {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            let bytes = |unit: u16| match is_big {
                true => unit.to_be_bytes(),
                false => unit.to_le_bytes(),
            };
            let bytes: Vec<u8> = units.flat_map(bytes).collect();
            assert_eq!(narrow_head(&bytes, 9), b"[{???}");
            assert_eq!(narrow_head(&bytes, 2), b"[{");
        }
        assert_eq!(narrow_head("\u{feff}[1".as_bytes(), 9), b"[1");
    }
}
