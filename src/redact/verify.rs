//! Search for the bytes of secrets in the result, without the scanner: an independent check on all earlier steps.

use std::io::{self, Read, Seek, SeekFrom};

use aho_corasick::AhoCorasick;
use memchr::memmem;

use super::{RedactError, RedactOptions};
use crate::finding::{Finding, Secret};

/// Function that writes one byte of a text in another form.
type WriteByte = fn(&mut Vec<u8>, u8);

/// Ways to write every byte of a text differently. Hexadecimal digits may be in any case.
const ESCAPES: [WriteByte; 8] = [
    |out, b| push_hex(out, b"%", b),
    |out, b| push_hex(out, b"=", b),
    |out, b| push_hex(out, b"\\x", b),
    |out, b| push_hex(out, b"\\u00", b),
    |out, b| out.extend_from_slice(format!("&#{b};").as_bytes()),
    |out, b| out.extend_from_slice(format!("&#x{b:x};").as_bytes()),
    |out, b| out.extend_from_slice(&[b, 0]),
    |out, b| out.extend_from_slice(&[0, b]),
];

fn push_hex(out: &mut Vec<u8>, prefix: &[u8], byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(prefix);
    out.push(DIGITS[usize::from(byte >> 4)]);
    out.push(DIGITS[usize::from(byte & 15)]);
}

/// Length in bytes from which the occurrence of a secret cannot be chance.
const SHORTEST: usize = 16;

/// Length in bytes up to which a text is searched for each trace by itself: that takes less time than to build an
/// automaton.
const SHORT_TEXT: usize = 1 << 16;

/// Maximum number of secrets in one search by an automaton.
const AT_ONCE: usize = 64;

/// Checks the result of a redaction: what a scan `found` in it, and its bytes. Fails if a secret is left.
pub(super) fn check_result(
    options: &RedactOptions,
    secrets: &[Secret],
    found: &[Finding],
    text: impl Read + Seek,
    reading: &impl Fn(io::Error) -> RedactError,
) -> Result<(), RedactError> {
    let left = found.iter().filter(|f| options.includes_finding(f)).count();
    if left > 0 {
        return Err(RedactError::refusal(format!(
            "the redacted text still holds {left} of its secrets"
        )));
    }
    // An accepted finding stays, even if the same value was replaced elsewhere.
    let accepted = || found.iter().filter(|f| f.accepted.is_some());
    let stays = |secret: &Secret| accepted().any(|f| f.secret == *secret);
    let gone: Vec<&Secret> = secrets.iter().filter(|s| !stays(s)).collect();
    if holds_any(text, &gone).map_err(reading)? {
        return Err(RedactError::refusal(
            "the redacted text still holds the bytes of a secret, in a place that cannot be replaced",
        ));
    }
    Ok(())
}

/// Returns true if a text still contains one of these secrets, plain or in an encoding of all its bytes.
///
/// # Errors
/// Fails if the text cannot be read.
pub(super) fn holds_any(mut text: impl Read + Seek, secrets: &[&Secret]) -> io::Result<bool> {
    text.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    let most = SHORT_TEXT as u64 + 1;
    text.by_ref().take(most).read_to_end(&mut start)?;
    if start.len() <= SHORT_TEXT {
        start.make_ascii_lowercase();
        return Ok(secrets.iter().any(|secret| holds_trace(&start, secret)));
    }
    for some in secrets.chunks(AT_ONCE) {
        let Some(search) = search_for(some) else {
            continue;
        };
        text.seek(SeekFrom::Start(0))?;
        if let Some(found) = search.stream_find_iter(&mut text).next() {
            return found.map(|_| true);
        }
    }
    Ok(false)
}

/// Returns true if a text in lower case contains this secret, plain or in an encoding of all its bytes.
fn holds_trace(lower_text: &[u8], secret: &Secret) -> bool {
    let mut traces = Vec::new();
    add_traces(secret.expose_the_secret(), &mut traces);
    traces.iter_mut().any(|trace| {
        trace.make_ascii_lowercase();
        memmem::find(lower_text, trace).is_some()
    })
}

/// Creates a search for these secrets, if any of them is long enough.
fn search_for(secrets: &[&Secret]) -> Option<AhoCorasick> {
    let mut traces: Vec<Vec<u8>> = Vec::new();
    for secret in secrets {
        add_traces(secret.expose_the_secret(), &mut traces);
    }
    if traces.is_empty() {
        return None;
    }
    // An encoding in another case encodes the same text, and such long matches do not occur by chance.
    let builder = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(&traces);
    builder.ok()
}

/// Counts the places in `text` of these secrets, plain or in an encoding of all their bytes.
pub(super) fn count_places(text: &[u8], secrets: &[&Secret]) -> usize {
    let searches = secrets.chunks(AT_ONCE).filter_map(search_for);
    searches.map(|search| search.find_iter(text).count()).sum()
}

fn add_traces(secret: &[u8], out: &mut Vec<Vec<u8>>) {
    if secret.len() < SHORTEST {
        return;
    }
    out.push(secret.to_vec());
    for escape in ESCAPES {
        let mut trace = Vec::new();
        secret.iter().for_each(|b| escape(&mut trace, *b));
        out.push(trace);
    }
    for offset in 0..3usize {
        let padded = [&b"\0\0"[..offset], secret].concat();
        let inside = (offset * 8).div_ceil(6)..padded.len() * 8 / 6;
        for encoding in [data_encoding::BASE64, data_encoding::BASE64URL] {
            out.push(encoding.encode(&padded).as_bytes()[inside.clone()].to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_secret_is_traced_in_every_encoding_and_another_is_not() {
        let mut mint = Mint::new(3);
        let (secret, other) = (Secret::new(&mint.hex(40)), Secret::new(&mint.hex(40)));
        let mut traces = Vec::new();
        add_traces(secret.expose_the_secret(), &mut traces);
        assert_eq!(traces.len(), 15);
        for trace in traces {
            let text = [&b"before "[..], &trace, b" behind"].concat();
            assert!(holds_any(io::Cursor::new(&text), &[&secret]).unwrap());
            assert!(!holds_any(io::Cursor::new(&text), &[&other]).unwrap());
            assert_eq!(count_places(&text, &[&other, &secret]), 1);
        }
    }

    #[test]
    fn short_texts_are_searched_as_an_automaton_searches_long_ones() {
        let mut mint = Mint::new(29);
        let mut counts = [0; 2];
        for round in 0..400 {
            let values: Vec<_> = (0..3).map(|_| Secret::new(&mint.hex(24))).collect();
            let secrets: Vec<&Secret> = values.iter().collect();
            let mut traces = Vec::new();
            add_traces(secrets[round % 3].expose_the_secret(), &mut traces);
            let mut trace = traces.swap_remove(mint.random_below(traces.len()));
            if round % 4 == 0 {
                trace.make_ascii_uppercase();
            }
            if round % 5 == 0 {
                let at = mint.random_below(trace.len());
                trace[at] ^= 1 << mint.random_below(8);
            }
            let front = mint.random_below(40);
            let text = [mint.text(b"0aF\0%", front), trace, b"0\0".to_vec()].concat();
            let expected = search_for(&secrets).unwrap().is_match(&text);
            let is_found = |text: &[u8]| holds_any(io::Cursor::new(text), &secrets).unwrap();
            assert_eq!(is_found(&text), expected, "{text:02x?}");
            // Behind the length that is read first, and across it.
            for padding in [SHORT_TEXT, SHORT_TEXT - front - 9] {
                let long = [vec![b' '; padding], text.clone()].concat();
                assert_eq!(is_found(&long), expected);
            }
            counts[usize::from(expected)] += 1;
        }
        assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    }
}
