//! Search for the bytes of secrets in the result, without the scanner: an independent check on all earlier steps.

use std::io::{self, Read, Seek, SeekFrom};

use aho_corasick::AhoCorasick;

use super::{RedactError, RedactOptions};
use crate::finding::{Finding, Secret};

/// Function that writes one byte of a text.
type WriteByte = fn(u8) -> String;

/// Ways to write every byte of a text differently.
const ESCAPES: [WriteByte; 8] = [
    |b| format!("%{b:02x}"),
    |b| format!("={b:02x}"),
    |b| format!("\\x{b:02x}"),
    |b| format!("\\u{b:04x}"),
    |b| format!("&#{b};"),
    |b| format!("&#x{b:x};"),
    |b| format!("{}\0", char::from(b)),
    |b| format!("\0{}", char::from(b)),
];

/// Length in bytes from which the occurrence of a secret cannot be chance.
const SHORTEST: usize = 16;

/// Maximum number of secrets in one search.
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
        out.push(
            secret
                .iter()
                .flat_map(|b| escape(*b).into_bytes())
                .collect(),
        );
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
}
