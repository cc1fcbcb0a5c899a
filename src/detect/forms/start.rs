//! Possible starts of a token in a run of word characters, and the end of its emphasis.

use std::ops::Range;

/// Returns true if `byte`, before a run, may be the part of an escape whose rest is in the head of the run.
pub(in crate::detect) const fn ends_escape_head(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'=' | b'[' | b';')
}

/// Returns the possible starts of a token in a run: its head, and [`starts_behind_escapes`].
pub(in crate::detect) fn token_starts(
    text: &[u8],
    run: &Range<usize>,
) -> impl Iterator<Item = usize> {
    // The head mostly decides, so the others are computed only if they are needed.
    let others = std::iter::once_with(|| starts_behind_escapes(text, run));
    std::iter::once(run.start).chain(others.flatten())
}

/// Returns the possible starts of a token in a run after the end of an escape that begins before the run.
pub(super) fn starts_behind_escapes(
    text: &[u8],
    run: &Range<usize>,
) -> impl Iterator<Item = usize> {
    let word = &text[run.clone()];
    let skips = [
        escape_tail_len(text, run),
        leading_underscores(word),
        usize::from(word.starts_with(b"Pghr_")),
    ];
    let first = run.start;
    let others = skips.into_iter().filter(|skip| *skip > 0);
    others.map(move |skip| first + skip)
}

/// Returns the number of underscores that `word` starts with. Reads eight at a time, as there may be millions.
pub(super) fn leading_underscores(word: &[u8]) -> usize {
    let (eights, _) = word.as_chunks::<8>();
    let whole = eights.iter().take_while(|e| **e == *b"________").count();
    let rest = &word[8 * whole..];
    8 * whole + rest.iter().take_while(|b| **b == b'_').count()
}

/// Returns the number of bytes at the head of a run that are the tail of an escape (`\n`, `\u003d`, `\x3d`, `%3D`,
/// `=3D`, `ESC[32m`). A token may start right after them.
fn escape_tail_len(text: &[u8], run: &Range<usize>) -> usize {
    let before = &text[..run.start];
    let word = &text[run.clone()];
    let all = |digits: Range<usize>, wanted: fn(&u8) -> bool| {
        let digits = word.get(digits);
        digits.is_some_and(|digits| digits.iter().all(wanted))
    };
    let hex = u8::is_ascii_hexdigit;
    match before.last() {
        Some(b'\\') => match word[0] {
            b'u' if all(1..5, hex) => 5,
            b'U' if all(1..9, hex) => 9,
            b'x' if all(1..3, hex) => 3,
            b'0'..=b'3' if all(1..3, |b| matches!(b, b'0'..=b'7')) => 3,
            b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' | b'e' | b'0' => 1,
            _ => 0,
        },
        Some(b'%') if all(0..2, hex) => 2,
        Some(b'=') if all(0..2, |b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) => 2,
        Some(b'[' | b';') => ansi_tail_len(before, word),
        _ => 0,
    }
}

/// Returns the length of the tail of a terminal colour sequence, `31m` of `ESC[1;31m`, in any notation of `ESC`.
fn ansi_tail_len(before: &[u8], word: &[u8]) -> usize {
    let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits > 3 || !matches!(word.get(digits), Some(b'm' | b'K')) {
        return 0;
    }
    let head = before
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit() || **b == b';')
        .count();
    let head = &before[..before.len() - head];
    let Some(head) = head.strip_suffix(b"[") else {
        return 0;
    };
    let escapes: [&[u8]; 7] = [
        b"\x1b", b"\\x1b", b"\\x1B", b"\\u001b", b"\\u001B", b"\\033", b"\\e",
    ];
    let written = escapes.iter().any(|e| head.ends_with(e)) || head.ends_with(b"^[");
    if written { digits + 1 } else { 0 }
}

/// Returns the end of a token between `start` and `end` without Markdown emphasis around it (`_ghp_…_`, `__ghp_…__`);
/// `None` if underscores before it make it part of a longer run, or if there is nothing else.
pub(super) fn end_before_emphasis(text: &[u8], start: usize, end: usize) -> Option<usize> {
    if start == 0 || text[start - 1] != b'_' {
        return Some(end);
    }
    let marks = 1 + usize::from(start > 1 && text[start - 2] == b'_');
    let closed = text[start..end]
        .iter()
        .rev()
        .take(marks)
        .all(|b| *b == b'_');
    (closed && end - start > marks).then_some(end - marks)
}

#[cfg(test)]
mod tests {
    use super::super::token_start;
    use super::*;

    #[test]
    fn an_escape_that_its_word_does_not_hold_whole_is_none() {
        let words = [
            "u", "u0", "u00e", "U", "U0000000", "x", "x1", "0", "03", "_", "g", "ghp_", "31", "31m",
        ];
        for before in ["\\", "%", "=", "\x1b[", "\\e[1;", "^["] {
            for word in words {
                let text = [before, word].concat();
                let run = before.len()..text.len();
                let all = token_starts(text.as_bytes(), &run);
                assert!(
                    all.into_iter()
                        .all(|start| run.start <= start && start <= run.end)
                );
                let begins = token_start(text.as_bytes(), &run);
                assert_eq!(begins.is_some(), word == "ghp_", "{text}");
            }
        }
    }
}
