//! Detection of private keys: the base64 behind a line such as `-----BEGIN RSA PRIVATE KEY-----`, also where line
//! breaks are written as escapes or as spaces.
//!
//! A key without a passphrase is a DER structure, which begins with its own length, so a shortened key in a manual is
//! no candidate. A key with a passphrase is none either.

use std::cell::LazyCell;
use std::ops::Range;
use std::sync::LazyLock;

use crate::detect::candidate::{Candidate, CandidateKind};
use crate::steps::add_steps;

/// End of the line before a key.
const ARMOUR_END: &[u8] = b"PRIVATE KEY-----";

/// Start of the line before a key.
const ARMOUR_START: &[u8] = b"-----BEGIN ";

/// Maximum length in bytes of the line before a key.
const LONGEST_ARMOUR: usize = 48;

/// Maximum length in bytes of a key. An RSA key of 8192 bits takes 6,400 with its line ends.
const LONGEST_KEY: usize = 12 * 1024;

/// Maximum length in bytes of the gap between two lines of a key, or before the first one.
const WIDEST_GAP: usize = 64;

/// Number of base64 characters that contain the head of a DER sequence.
const HEAD_CHARS: usize = 8;

/// Lengths of the lines of a key, with and without the sign of a change before them.
const LINE_LENGTHS: [usize; 4] = [64, 65, 76, 77];

/// Minimum length of a key that is written without line breaks. A shorter one is that of an elliptic curve.
pub(super) const SHORTEST_UNBROKEN: usize = 160;

/// Number of bytes around possible lines of keys that are searched before all of the text is.
const SEARCHED_FIRST: usize = 128 * 1024;

/// Appends the private keys that contain one of the long runs or, if there are none, one of the shorter `parts`: a short
/// key may have no long run. Both are in order.
///
/// Searching a whole text for the line before a key would take longer than all of the scan, so only the text between a
/// run that may be a line of a key and the one before it is searched. If there are many such runs, as in other base64,
/// the whole text is searched after all, once, and nothing more if no line before a key is in it.
pub(in crate::detect) fn find_private_keys(
    text: &[u8],
    runs: &[Range<usize>],
    parts: &[Range<usize>],
    out: &mut Vec<Candidate>,
) {
    let has_armour = LazyCell::new(|| ARMOUR_FINDER.find(text).is_some());
    let before = out.len();
    find_around_runs(text, runs, &has_armour, out);
    if out.len() == before {
        find_around_runs(text, parts, &has_armour, out);
    }
}

/// Searcher for [`ARMOUR_END`].
static ARMOUR_FINDER: LazyLock<memchr::memmem::Finder<'static>> =
    LazyLock::new(|| memchr::memmem::Finder::new(ARMOUR_END));

fn find_around_runs(
    text: &[u8],
    runs: &[Range<usize>],
    has_armour: &LazyCell<bool, impl FnOnce() -> bool>,
    out: &mut Vec<Candidate>,
) {
    let (mut done, mut searched) = (0, 0);
    for run in runs {
        if run.start < done || is_short_line(text, run) || is_long_name(&text[run.clone()]) {
            continue;
        }
        let line = widen_to_line(text, run, done);
        if !may_be_key_line(&text[line.clone()]) {
            continue;
        }
        // Any key before the last line of this form ends there.
        let floor = done.max(line.start.saturating_sub(LONGEST_KEY));
        // The line was read byte by byte.
        searched += line.start - floor + 4 * line.len();
        if searched > SEARCHED_FIRST && !**has_armour {
            return;
        }
        done = line.end;
        if let Some(key) = key_after_armour(text, floor..line.start)
            && key.end > run.start
        {
            done = key.end;
            out.push(Candidate {
                kind: CandidateKind::PrivateKey,
                range: key.into(),
            });
        }
    }
}

/// Returns true if a run has no base64 beside it and is shorter than a line of a key. This is so for most runs, such as
/// tokens and ids. Beside a run are no word characters.
#[inline]
fn is_short_line(text: &[u8], run: &Range<usize>) -> bool {
    let is_sign = |at: usize| matches!(text.get(at), Some(b'+' | b'/'));
    run.len() < LINE_LENGTHS[0] && !is_sign(run.start.wrapping_sub(1)) && !is_sign(run.end)
}

/// Returns the base64 around a run, from `floor` on.
fn widen_to_line(text: &[u8], run: &Range<usize>, floor: usize) -> Range<usize> {
    let is_inside = |b: &&u8| is_base64(**b);
    let left = text[floor..run.start].iter().rev().take(LONGEST_KEY);
    let left = left.take_while(is_inside).count();
    let right = text[run.end..].iter().take(LONGEST_KEY);
    let right = right.take_while(is_inside).count();
    add_steps(left + right);
    let start = run.start - left;
    let is_escape = start > 0 && text[start - 1] == b'\\' && matches!(text[start], b'n' | b'r');
    start + usize::from(is_escape)..run.end + right
}

/// Returns true if a long run has an underscore, so that it is no line of a key. An unbroken key may end at one.
#[inline]
fn is_long_name(word: &[u8]) -> bool {
    word.len() < SHORTEST_UNBROKEN && memchr::memchr(b'_', word).is_some()
}

/// Returns true if a line of base64 has the length of one in a key, and is not a hash in hex.
fn may_be_key_line(line: &[u8]) -> bool {
    const PROBE: usize = 16;
    let has_length = LINE_LENGTHS.contains(&line.len()) || line.len() >= SHORTEST_UNBROKEN;
    has_length && !line.iter().take(PROBE).all(u8::is_ascii_hexdigit)
}

/// Returns the whole key after the last line before a key that ends in `range`.
fn key_after_armour(text: &[u8], range: Range<usize>) -> Option<Range<usize>> {
    if range.len() < ARMOUR_START.len() + ARMOUR_END.len() {
        return None;
    }
    add_steps(range.len());
    // The forward search is much the quicker one, and mostly there is nothing.
    ARMOUR_FINDER.find(&text[range.clone()])?;
    let armour = memchr::memmem::rfind(&text[range.clone()], ARMOUR_END)?;
    let (start, armour) = start_after(text, range.start + armour + ARMOUR_END.len())?;
    match read_body(text, start, armour) {
        KeyBody::Whole(end) => Some(start..end),
        KeyBody::Cut | KeyBody::Broken => None,
    }
}

/// Returns the start of the base64 after the line before a key, which ends at `end`, and that line.
fn start_after(text: &[u8], end: usize) -> Option<(usize, ArmourLine)> {
    // The sign of a change is a part of the gap only before the first line.
    let start = end + gap_len(&text[end..], ArmourLine { is_added: true });
    Some((start, armour_before(text, start)?))
}

/// Returns the part of a private key at the end of `text` that may continue in the text after it.
pub(in crate::detect) fn partial_key(text: &[u8]) -> Option<Range<usize>> {
    let floor = text.len().saturating_sub(LONGEST_KEY);
    let armour = memchr::memmem::rfind(&text[floor..], ARMOUR_END)?;
    let (start, armour) = start_after(text, floor + armour + ARMOUR_END.len())?;
    let is_open = matches!(read_body(text, start, armour), KeyBody::Cut);
    (is_open && start < text.len()).then_some(start..text.len())
}

/// Line before a key.
#[derive(Clone, Copy, Debug)]
struct ArmourLine {
    /// True if the sign of an added line in a diff precedes it.
    is_added: bool,
}

/// Returns the line before a key, if that and a gap end at `at`.
fn armour_before(text: &[u8], at: usize) -> Option<ArmourLine> {
    let floor = at.saturating_sub(WIDEST_GAP + LONGEST_ARMOUR);
    let before = &text[floor..at];
    let end = memchr::memmem::rfind(before, ARMOUR_END)?;
    let start = memchr::memmem::rfind(&before[..end], ARMOUR_START)?;
    let label = &before[start + ARMOUR_START.len()..end];
    let lead = &text[..floor + start];
    let armour = ArmourLine {
        is_added: lead == b"+" || lead.ends_with(b"\n+"),
    };
    let gap = &before[end + ARMOUR_END.len()..];
    let is_plain = memchr::memmem::find(label, b"ENCRYPTED").is_none();
    (is_plain && gap_len(gap, armour) == gap.len()).then_some(armour)
}

/// Result of reading a key from its first base64 character on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyBody {
    /// Whole key, with its end.
    Whole(usize),
    /// The text ends before the key does.
    Cut,
    /// Something else than the rest of a key follows.
    Broken,
}

/// Reads the base64 at `start`, over line breaks, up to the length that its DER head states.
fn read_body(text: &[u8], start: usize, armour: ArmourLine) -> KeyBody {
    let limit = text.len().min(start + LONGEST_KEY);
    let mut head = Vec::with_capacity(HEAD_CHARS);
    let (mut at, mut count) = (start, 0);
    let mut wanted = None;
    loop {
        let len = leading_base64(&text[at..limit]);
        add_steps(len);
        head.extend(text[at..at + len].iter().take(HEAD_CHARS - head.len()));
        if head.len() == HEAD_CHARS && wanted.is_none() {
            match der_base64_len(&head) {
                Some(chars) => wanted = Some(chars),
                None => return KeyBody::Broken,
            }
        }
        count += len;
        at += len;
        if wanted.is_some_and(|wanted| count >= wanted) {
            let padding = text[at..limit].iter().take(2).take_while(|b| **b == b'=');
            return KeyBody::Whole(at + padding.count());
        }
        let gap = gap_len(&text[at..limit], armour);
        if at + gap == text.len() {
            return KeyBody::Cut;
        }
        if gap == 0 || at + gap >= limit {
            return KeyBody::Broken;
        }
        at += gap;
    }
}

/// Returns the number of base64 characters, without padding, of the DER sequence that `head` begins.
fn der_base64_len(head: &[u8]) -> Option<usize> {
    let bytes = data_encoding::BASE64.decode(head).ok()?;
    let len = match bytes[..] {
        [0x30, 0x82, high, low, ..] => 4 + usize::from(high) * 256 + usize::from(low),
        [0x30, 0x81, len, ..] => 3 + usize::from(len),
        [0x30, len @ ..=0x7f, ..] => 2 + usize::from(len),
        _ => return None,
    };
    Some((len * 4).div_ceil(3))
}

fn leading_base64(text: &[u8]) -> usize {
    text.iter().take_while(|b| is_base64(**b)).count()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Returns the length of the white space, escaped line breaks, quotes and signs that `text` begins with.
fn gap_len(text: &[u8], armour: ArmourLine) -> usize {
    let mut at = 0;
    while at < text.len().min(WIDEST_GAP) {
        at += match &text[at..] {
            [b'\n', b'+', ..] if armour.is_added => 2,
            [b'\\', b'n' | b'r', ..] => 2,
            [
                b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'"' | b'\'' | b'`',
                ..,
            ]
            | [b',' | b';' | b'|' | b'>' | b'#' | b'*', ..] => 1,
            // A plus sign or a hyphen joins strings or marks a change; within a line the plus belongs to the key.
            [b'+', b' ' | b'\r' | b'\n' | b'\\' | b'"' | b'\'', ..] => 1,
            [b'-', next, ..] if is_base64(*next) => 1,
            [b'-'] => 1,
            _ => break,
        };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::runs;
    use crate::token::Mint;

    /// Returns the base64 that is found in a text, without what separates its lines.
    fn keys(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut out = Vec::new();
        runs::for_each_shorter(text.as_bytes(), |run| found.push(run));
        find_private_keys(text.as_bytes(), &found, &[], &mut out);
        let base64 = |c: &Candidate| {
            let value = text[c.range].replace("\\n", "");
            let value = value.replace("\" +\n", "");
            let joint = if text.starts_with('+') { "\n+" } else { "\n" };
            let value = value.replace(joint, "");
            let is_inside = |c: &char| c.is_ascii_alphanumeric() || "+/=".contains(*c);
            value.chars().filter(is_inside).collect()
        };
        out.iter().map(base64).collect()
    }

    fn body(pem: &str) -> String {
        pem.lines()
            .filter(|line| !line.starts_with("-----"))
            .collect()
    }

    #[test]
    fn a_key_is_found_in_every_way_of_writing_its_lines() {
        let mut mint = Mint::new(11);
        for label in ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY"] {
            let pem = mint.private_key(label);
            let escaped = pem.trim_end().replace('\n', "\\n");
            let texts = [
                pem.clone(),
                pem.replace('\n', "\r\n"),
                pem.replace('\n', " "),
                pem.replace('\n', "\n    "),
                pem.lines().map(|line| format!("+{line}\n")).collect(),
                pem.lines().map(|line| format!("-{line}\n")).collect(),
                pem.lines().map(|line| format!("> {line}\n")).collect(),
                pem.lines()
                    .map(|line| format!("  \"{line}\\n\" +\n"))
                    .collect(),
                pem.lines().map(|line| format!("'{line}',\n")).collect(),
                format!("KEY=\"{escaped}\""),
                format!("KEY=\"{}\"", escaped.replace("\\n", "\\\\n")),
            ];
            for text in texts {
                assert_eq!(keys(&text), [body(&pem)], "{text}");
            }
        }
    }

    #[test]
    fn a_shortened_key_a_locked_one_and_a_certificate_are_nothing() {
        let mut mint = Mint::new(12);
        let pem = mint.private_key("RSA PRIVATE KEY");
        let cut: String = pem
            .lines()
            .take(3)
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(
            keys(&format!("{cut}...\n-----END RSA PRIVATE KEY-----\n")),
            [""; 0]
        );
        assert_eq!(keys(&pem.replace("RSA", "ENCRYPTED")), [""; 0]);
        assert_eq!(
            keys(&pem.replace("RSA PRIVATE KEY", "CERTIFICATE")),
            [""; 0]
        );
        assert_eq!(keys(&pem.replacen("-----BEGIN", "-----", 1)), [""; 0]);
    }

    #[test]
    fn a_key_that_the_text_cuts_is_partial_from_its_first_character_to_its_last() {
        let mut mint = Mint::new(13);
        let text = format!("key:\n{}done\n", mint.private_key("RSA PRIVATE KEY"));
        let start = text.find("MII").unwrap();
        let end = text.find("\n-----END").unwrap();
        for at in 0..text.len() {
            let part = partial_key(&text.as_bytes()[..at]);
            // The padding may come or not.
            if at > start && at + 2 < end {
                assert_eq!(part, Some(start..at));
            } else if at <= start || at > end {
                assert_eq!(part, None, "{at}");
            }
        }
    }
}
