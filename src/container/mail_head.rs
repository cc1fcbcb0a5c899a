//! Recognition of mails by their headers.

/// Names of headers that are in mails and rarely elsewhere.
const MAIL_HEADERS: [&[u8]; 14] = [
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"received",
    b"return-path",
    b"delivered-to",
    b"reply-to",
    b"dkim-signature",
    b"arc-seal",
    b"content-type",
    b"x-mozilla-status",
];

/// Maximum length in bytes of the name of a header.
const LONGEST_NAME: usize = 128;

/// Returns the length of the possible name of a header that `line` begins with.
fn leading_name_len(line: &[u8]) -> usize {
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    // A text may begin with millions of letters.
    line.iter().take(LONGEST_NAME).take_while(is_name).count()
}

/// Returns true if a file begins like a mail or a mailbox: with headers of which two are those of mails.
pub(super) fn is_mail(head: &[u8]) -> bool {
    // Most texts end here: neither `Name:` nor the first line of a mailbox.
    let name = leading_name_len(head);
    let mut rest = head;
    match head.get(name) {
        Some(b':') if name > 1 => {}
        Some(b' ') if head.starts_with(b"From ") => {
            let Some(end) = memchr::memchr(b'\n', head) else {
                return false;
            };
            rest = &head[end + 1..];
        }
        _ => return false,
    }
    let mut known = [false; MAIL_HEADERS.len()];
    for (number, line) in rest.split_inclusive(|b| *b == b'\n').enumerate() {
        let is_whole = line.ends_with(b"\n");
        if line.trim_ascii().is_empty() {
            break;
        }
        if matches!(line[0], b' ' | b'\t') && number > 0 {
            continue;
        }
        let name = leading_name_len(line);
        if line.get(name) != Some(&b':') || name == 0 {
            if is_whole {
                return false;
            }
            break;
        }
        let is_known = |known: &[u8]| line[..name].eq_ignore_ascii_case(known);
        if let Some(at) = MAIL_HEADERS.iter().position(|name| is_known(name)) {
            known[at] = true;
        }
    }
    known.iter().filter(|known| **known).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_longer_than_any_header_is_none() {
        let begins = |len: usize| format!("{}: x\nFrom: a\nTo: b\n", "x".repeat(len));
        assert!(is_mail(begins(LONGEST_NAME - 1).as_bytes()));
        assert!(!is_mail(begins(LONGEST_NAME + 1).as_bytes()));
    }

    #[test]
    fn mails_are_told_from_texts_that_begin_alike() {
        for mail in [
            &b"From: a@b.c\nSubject: x\n\ntext"[..],
            b"Return-Path: <a@b.c>\r\nReceived: from x\r\n\tby y; Mon\r\n",
            b"From a@b.c Mon Nov  2 10:00:00 2026\nX-Any: 1\nFrom: a\nTo: b\n",
            b"Delivered-To: a\nReceived: by 1; a line that the first bytes do not hold to its e",
        ] {
            assert!(is_mail(mail), "{}", String::from_utf8_lossy(mail));
        }
        for text in [
            &b""[..],
            b"From here on\nit goes\n",
            b"Subject: a heading\n\nDate: none\n",
            b"From: a\nand to: b\nDate: c\n",
            b"Date: Mon\nServer: nginx\nX-Total: 1\n\n{}",
            b"Metadata-Version: 2.1\nName: x\nVersion: 1\n",
            b"To: = a\n",
        ] {
            assert!(!is_mail(text), "{}", String::from_utf8_lossy(text));
        }
    }
}
