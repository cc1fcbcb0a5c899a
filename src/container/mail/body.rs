//! Content of a part of a mail without its transfer encoding.

use std::io::{self, Read};

use super::lines::MailLines;

/// Transfer encoding of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransferEncoding {
    /// The lines are the content.
    Identity,
    Base64,
    QuotedPrintable,
}

/// Content of a part, to its end.
pub(super) struct PartBody<'b, 'l> {
    lines: &'b mut MailLines<'l>,
    encoding: TransferEncoding,
    /// Bits of base64 that do not fill a byte yet, and their number.
    bits: (u32, u32),
    /// Decoded bytes of the last line, and the number of those that were read.
    decoded: Vec<u8>,
    taken: usize,
}

impl<'b, 'l> PartBody<'b, 'l> {
    pub(super) fn new(lines: &'b mut MailLines<'l>, encoding: TransferEncoding) -> Self {
        PartBody {
            lines,
            encoding,
            bits: (0, 0),
            decoded: Vec::new(),
            taken: 0,
        }
    }
}

impl Read for PartBody<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.decoded.len() {
            self.decoded.clear();
            self.taken = 0;
            let Some(line) = self.lines.next_line()? else {
                return Ok(0);
            };
            match self.encoding {
                TransferEncoding::Identity => self.decoded.extend_from_slice(line),
                TransferEncoding::Base64 => decode_base64(line, &mut self.bits, &mut self.decoded),
                TransferEncoding::QuotedPrintable => decode_quoted(line, &mut self.decoded),
            }
        }
        let rest = &self.decoded[self.taken..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Decodes base64. As mail programs do, it passes over what is no digit.
pub(super) fn decode_base64(text: &[u8], bits: &mut (u32, u32), out: &mut Vec<u8>) {
    for &byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                *bits = (0, 0);
                continue;
            }
            _ => continue,
        };
        *bits = (bits.0 << 6 | u32::from(digit), bits.1 + 6);
        if bits.1 >= 8 {
            bits.1 -= 8;
            out.push((bits.0 >> bits.1 & 0xff) as u8);
            bits.0 &= 0xff;
        }
    }
}

/// Decodes a line of quoted-printable. A `=` at its end joins it with the next one.
pub(super) fn decode_quoted(line: &[u8], out: &mut Vec<u8>) {
    let text = line.trim_ascii_end();
    let (mut rest, is_joined) = match text.strip_suffix(b"=") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    while let Some((&byte, behind)) = rest.split_first() {
        let code = behind.first_chunk::<2>().filter(|_| byte == b'=');
        let code = code.and_then(|code| hex_byte(*code));
        out.push(code.unwrap_or(byte));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    if !is_joined {
        out.extend_from_slice(&line[text.len()..]);
    }
}

/// Returns the byte that two hex digits stand for.
pub(super) fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_encodings_are_decoded_across_lines() {
        let (mut bits, mut out) = ((0, 0), Vec::new());
        for line in ["aGVsb\r\n", "G8g\n", "d29y!bGQ=\n", "Lg==\n"] {
            decode_base64(line.as_bytes(), &mut bits, &mut out);
        }
        assert_eq!(out, b"hello world.");
        let mut out = Vec::new();
        for line in ["a=3Db so=\r\n", "ft =\n", "=zz=C3=A9  \n", "="] {
            decode_quoted(line.as_bytes(), &mut out);
        }
        assert_eq!(out, "a=b soft =zzé  \n".as_bytes());
    }
}
