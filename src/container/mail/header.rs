//! Headers of mails and of their parts.

use std::io;

use super::super::member::MemberVisitor;
use super::body::{TransferEncoding, decode_base64, hex_byte};
use super::lines::MailLines;

/// Maximum length in bytes of the headers that are kept, of one part.
const MOST_HEADERS: usize = 256 << 10;

/// Headers of a part that tell how to read it.
#[derive(Debug, Default)]
pub(super) struct PartHeaders {
    content_type: Vec<u8>,
    transfer: Vec<u8>,
    disposition: Vec<u8>,
}

/// Reads headers to the empty line behind them. Those with encoded words are scanned without the encoding.
pub(super) fn read_headers(
    lines: &mut MailLines<'_>,
    visitor: &mut dyn MemberVisitor,
) -> io::Result<PartHeaders> {
    let mut headers = PartHeaders::default();
    let mut field = Vec::new();
    let mut kept = 0;
    while let Some(line) = lines.next_line()? {
        let is_end = line.trim_ascii().is_empty();
        if is_end || !matches!(line[0], b' ' | b'\t') {
            headers.take_field(&field, visitor);
            field.clear();
        }
        if is_end {
            return Ok(headers);
        }
        kept += line.len();
        if kept <= MOST_HEADERS {
            field.extend_from_slice(line);
        }
    }
    headers.take_field(&field, visitor);
    Ok(headers)
}

impl PartHeaders {
    fn take_field(&mut self, field: &[u8], visitor: &mut dyn MemberVisitor) {
        if let Some(decoded) = decode_cut_words(field) {
            visitor.note_text(&decoded);
        }
        let Some(colon) = memchr::memchr(b':', field) else {
            return;
        };
        let value = || field[colon + 1..].trim_ascii().to_vec();
        match field[..colon].trim_ascii().to_ascii_lowercase().as_slice() {
            b"content-type" => self.content_type = value(),
            b"content-transfer-encoding" => self.transfer = value().to_ascii_lowercase(),
            b"content-disposition" => self.disposition = value(),
            _ => {}
        }
    }

    fn has_type(&self, start: &[u8]) -> bool {
        let own = self.content_type.get(..start.len());
        own.is_some_and(|own| own.eq_ignore_ascii_case(start))
    }

    pub(super) fn encoding(&self) -> TransferEncoding {
        match &self.transfer[..] {
            b"base64" => TransferEncoding::Base64,
            b"quoted-printable" => TransferEncoding::QuotedPrintable,
            _ => TransferEncoding::Identity,
        }
    }

    /// Returns true if the part is a message whose lines are those of the mail.
    pub(super) fn is_message(&self) -> bool {
        self.has_type(b"message/rfc822") && self.encoding() == TransferEncoding::Identity
    }

    /// Returns true if the part is encrypted with S/MIME or PGP.
    pub(super) fn is_encrypted(&self) -> bool {
        let text = self.content_type.to_ascii_lowercase();
        let has = |word: &[u8]| memchr::memmem::find(&text, word).is_some();
        self.has_type(b"multipart/encrypted")
            || has(b"pkcs7-mime") && !has(b"signed-data") && !has(b"certs-only")
    }

    /// Returns the line that ends each part of this part, without its first dashes, if it has parts.
    pub(super) fn boundary(&self) -> Option<Vec<u8>> {
        let boundary = find_parameter(&self.content_type, b"boundary");
        boundary.filter(|text| self.has_type(b"multipart/") && !text.is_empty())
    }

    /// Returns true if mail programs show the part as an attachment.
    pub(super) fn is_attachment(&self) -> bool {
        let is_shown = self.content_type.is_empty() || self.has_type(b"text/");
        !is_shown || !self.file_name().is_empty()
    }

    /// Returns the name of the file; empty if it has none.
    pub(super) fn file_name(&self) -> Vec<u8> {
        let name = find_parameter(&self.disposition, b"filename");
        let name = name.or_else(|| find_parameter(&self.content_type, b"name"));
        let name = name.unwrap_or_default();
        decode_words(&name).unwrap_or(name)
    }
}

/// Returns the value of a parameter of a header, which may be in parts: `name*0*=utf-8''...`.
fn find_parameter(header: &[u8], wanted: &[u8]) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    for parameter in split_parameters(header) {
        let Some(equals) = memchr::memchr(b'=', parameter) else {
            continue;
        };
        let name = parameter[..equals].trim_ascii();
        let value = parameter[equals + 1..].trim_ascii();
        let Some((own, form)) = name.split_at_checked(wanted.len()) else {
            continue;
        };
        if !own.eq_ignore_ascii_case(wanted) || !matches!(form.first(), None | Some(b'*')) {
            continue;
        }
        let unquoted = value.strip_prefix(b"\"").map(|value| {
            let value = value.strip_suffix(b"\"").unwrap_or(value);
            let escape = |at: usize| value[at] == b'\\' && (at == 0 || value[at - 1] != b'\\');
            let kept = (0..value.len()).filter(|at| !escape(*at));
            kept.map(|at| value[at]).collect::<Vec<u8>>()
        });
        let value = unquoted.unwrap_or_else(|| value.to_vec());
        let value = if form.ends_with(b"*") {
            decode_percent(&value)
        } else {
            value
        };
        let found = found.get_or_insert_default();
        if form.is_empty() {
            return Some(value);
        }
        found.extend(value);
    }
    found
}

/// Splits a header at each `;` that is not in quotes.
fn split_parameters(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    header.split(move |b| {
        is_quoted ^= *b == b'"';
        *b == b';' && !is_quoted
    })
}

/// Decodes a value such as `utf-8'en'a%20b`, of which a later part has no language.
fn decode_percent(value: &[u8]) -> Vec<u8> {
    let mut quotes = memchr::memchr_iter(b'\'', value);
    let start = match (quotes.next(), quotes.next()) {
        (Some(_), Some(second)) => second + 1,
        _ => 0,
    };
    let mut rest = &value[start..];
    let mut out = Vec::new();
    while let Some((&byte, behind)) = rest.split_first() {
        let code = behind.first_chunk::<2>().filter(|_| byte == b'%');
        let code = code.and_then(|code| hex_byte(*code));
        out.push(code.unwrap_or(byte));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    out
}

/// Returns a header without its encoding if a text goes on from one encoded word to the next.
fn decode_cut_words(field: &[u8]) -> Option<Vec<u8>> {
    let words = memchr::memmem::find_iter(field, b"=?").count();
    (words > 1).then(|| decode_words(field)).flatten()
}

/// Returns a text with its encoded words decoded, such as `=?utf-8?q?a=20b?=`; `None` if it has none. Blanks between
/// encoded words belong to the encoding.
fn decode_words(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut is_found = false;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        let Some((word, len)) = decode_word(&rest[at..]) else {
            out.extend_from_slice(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        let between = &rest[..at];
        if !is_found || !between.trim_ascii().is_empty() {
            out.extend_from_slice(between);
        }
        is_found = true;
        out.extend(word);
        rest = &rest[at + len..];
    }
    out.extend_from_slice(rest);
    is_found.then_some(out)
}

/// Returns the text of an encoded word and its length in bytes.
fn decode_word(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut marks = memchr::memchr_iter(b'?', text.get(..text.len().min(1024))?).skip(1);
    let (charset, encoding) = (marks.next()?, marks.next()?);
    let end = encoding + 1 + memchr::memmem::find(&text[encoding + 1..], b"?=")?;
    let body = &text[encoding + 1..end];
    let mut out = Vec::new();
    match &text[charset + 1..encoding] {
        b"b" | b"B" => decode_base64(body, &mut (0, 0), &mut out),
        b"q" | b"Q" => {
            let spaced: Vec<u8> = body
                .iter()
                .map(|b| if *b == b'_' { b' ' } else { *b })
                .collect();
            super::body::decode_quoted(&spaced, &mut out);
        }
        _ => return None,
    }
    Some((out, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_joined_and_decoded() {
        let find = |header: &str, name: &str| {
            let found = find_parameter(header.as_bytes(), name.as_bytes());
            found.map(|value| String::from_utf8_lossy(&value).into_owned())
        };
        let plain = "multipart/mixed; charset=x; boundary=\"a;\\\"b\"";
        assert_eq!(find(plain, "boundary").as_deref(), Some("a;\"b"));
        assert_eq!(find(plain, "bound"), None);
        let parts = "attachment; filename*0*=utf-8''a%20;\r\n filename*1=\"b.zip\"";
        assert_eq!(find(parts, "filename").as_deref(), Some("a b.zip"));
        let words = decode_words(b"S: =?utf-8?q?a=5Fb_c?=\r\n =?x?B?ZGU=?= f =?not");
        assert_eq!(words.as_deref(), Some(&b"S: a_b cde f =?not"[..]));
    }
}
