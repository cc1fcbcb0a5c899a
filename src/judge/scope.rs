//! What encloses a value: brackets around it, and lines above it that are indented less.

use std::ops::Range;

/// How far back enclosing brackets are looked for, in bytes and in line breaks.
const BRACKET_REACH: usize = 600;
const BRACKET_LINES: usize = 16;

/// How far back less indented lines are looked for.
const INDENT_REACH: usize = 4096;
const INDENT_LINES: usize = 60;

/// At most this many enclosing names are given.
const MOST: usize = 6;

/// The longest name or line that is given.
const LONGEST: usize = 120;

/// Calls `then` with the name of everything that encloses the value, innermost first: the word before an open
/// bracket, and every line above that is indented less.
pub(super) fn each(text: &[u8], value: &Range<usize>, mut then: impl FnMut(Range<usize>, bool)) {
    brackets(text, value, &mut then);
    ancestors(text, value, |range| then(range, false));
}

fn brackets(text: &[u8], value: &Range<usize>, mut then: impl FnMut(Range<usize>, bool)) {
    let floor = value.start.saturating_sub(BRACKET_REACH);
    let (mut depth, mut lines, mut found) = (0usize, 0, 0);
    let mut i = value.start;
    while i > floor {
        i -= 1;
        match text[i] {
            b'\n' => {
                lines += 1;
                if lines > BRACKET_LINES {
                    return;
                }
            }
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            open @ (b'(' | b'[' | b'{') => {
                let at = i;
                let name = name_before(text, i, floor);
                i = name.start;
                // What stands behind `=` or `:` is a tuple, not the arguments of a call.
                let joint = &text[name.end.min(at)..at];
                let call = open == b'(' && memchr::memchr2(b'=', b':', joint).is_none();
                if !name.is_empty() {
                    then(name, call);
                    found += 1;
                }
                if found == MOST {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// The name before a bracket, over quotes, blanks and an operator: `new Octokit(`, `"github": {`, `TOKENS = [`.
fn name_before(text: &[u8], at: usize, floor: usize) -> Range<usize> {
    let mut end = at;
    while end > floor
        && matches!(
            text[end - 1],
            b' ' | b'\t' | b':' | b'=' | b'>' | b'"' | b'\'' | b'%' | b'?' | b'\\'
        )
    {
        end -= 1;
    }
    // Type arguments stand between a name and its bracket: `Github[IO](`, `Vec::<u8>(`.
    if let Some(close @ (b']' | b'>')) = text[floor..end].last().copied() {
        let open = if close == b']' { b'[' } else { b'<' };
        let from = floor.max(end.saturating_sub(40));
        if let Some(at) = memchr::memrchr(open, &text[from..end]) {
            end = from + at;
        }
    }
    let mut start = end;
    let name = |b: u8| {
        b.is_ascii_alphanumeric()
            || b >= 0x80
            || matches!(b, b'_' | b'.' | b':' | b'-' | b'$' | b'/' | b'@' | b'!')
    };
    while start > floor && name(text[start - 1]) {
        start -= 1;
    }
    start..end
}

fn ancestors(text: &[u8], value: &Range<usize>, mut then: impl FnMut(Range<usize>)) {
    let floor = value.start.saturating_sub(INDENT_REACH);
    let line_start = |at: usize| memchr::memrchr(b'\n', &text[floor..at]).map(|n| floor + n + 1);
    let Some(mut start) = line_start(value.start) else {
        return;
    };
    let mut least = indent(&text[start..value.start], usize::MAX);
    let (mut section, mut found) = (false, 0);
    for _ in 0..INDENT_LINES {
        let end = start - 1;
        let Some(above) = line_start(end).or((floor == 0).then_some(0)) else {
            return;
        };
        let line = &text[above..end];
        let depth = indent(line, least);
        // Most lines are indented as the value's is, or more: only a header could say something there.
        let opens = line.get(depth).is_some_and(|b| *b == b'[');
        let body = if depth < least || opens {
            line.trim_ascii()
        } else {
            b""
        };
        let header = !section && body.first() == Some(&b'[') && body.last() == Some(&b']');
        if !body.is_empty() && (depth < least || (header && depth <= least)) {
            section |= header;
            least = depth.min(least);
            if !is_prose(body) {
                found += 1;
                let from = above + (line.len() - line.trim_ascii_start().len());
                then(from..end.min(from + LONGEST));
            }
            if found == MOST || (least == 0 && section) {
                return;
            }
        }
        if above == 0 || above <= floor {
            return;
        }
        start = above;
    }
}

/// Whether a line is a sentence that announces nothing: it encloses nothing either.
fn is_prose(body: &[u8]) -> bool {
    const WORDS: usize = 8;
    let announces = matches!(
        body.last(),
        Some(b':' | b'{' | b'(' | b'[' | b',' | b'=' | b'>')
    );
    !announces && memchr::memchr_iter(b' ', body).count() >= WORDS
}

/// How deep a line is indented; more than `least` is counted as one more.
fn indent(line: &[u8], least: usize) -> usize {
    // The dash of a YAML list stands for an indent of its own.
    line.iter()
        .take(least.saturating_add(1))
        .take_while(|b| matches!(b, b' ' | b'\t' | b'-' | b'+'))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let at = text.find("<H>").unwrap();
        let mut out = Vec::new();
        each(text.as_bytes(), &(at..at + 3), |r, _| {
            out.push(text[r].to_owned())
        });
        out
    }

    #[test]
    fn brackets_and_indents() {
        assert_eq!(names("a(b); new Octokit({auth: \"<H>\"})"), ["Octokit"]);
        assert_eq!(
            names("x: 1\ngithub.com:\n  users:\n    me:\n      oauth_token: <H>"),
            ["me:", "users:", "github.com:"]
        );
        assert_eq!(names("[a]\nb=1\n[github]\n\ttoken = <H>"), ["[github]"]);
        assert_eq!(
            names("{\"github-oauth\":{\"github.com\":\"<H>\"}}"),
            ["github-oauth"]
        );
        assert_eq!(
            names("one two three four five six seven eight nine ten\n    x = <H>"),
            Vec::<String>::new()
        );
        assert_eq!(names("T = [\n  '<H>',\n]"), ["T", "T = ["]);
    }
}
