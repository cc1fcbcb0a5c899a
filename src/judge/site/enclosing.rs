//! Detection of the scope of a value: brackets around it, and lines above it that are indented less.

use std::cell::RefCell;
use std::ops::Range;

/// Maximum distance to an enclosing bracket, in bytes and in line breaks.
const BRACKET_REACH: usize = 600;
const BRACKET_LINES: usize = 16;

/// Maximum distance to a less indented line, in bytes and in lines.
const INDENT_REACH: usize = 4096;
const INDENT_LINES: usize = 60;

/// Maximum number of enclosing names.
const MOST: usize = 6;

/// Maximum length of a line in bytes; the rest is cut off.
const LONGEST: usize = 120;

/// Cache of the lines of a text, shared by values that are close together.
#[derive(Debug, Default)]
pub(crate) struct LineCache(RefCell<LineIndex>);

/// Offsets of the lines that follow a line break in `from..to`, and their indents.
#[derive(Debug, Default)]
struct LineIndex {
    from: usize,
    to: usize,
    lines: Vec<(usize, usize)>,
}

impl LineIndex {
    /// Number of lines above which those too far from the value are dropped.
    const MOST: usize = 2 * INDENT_REACH;

    /// Adds the lines that begin after `floor` and not after `to`.
    fn index_lines(&mut self, text: &[u8], floor: usize, to: usize) {
        if floor < self.from || floor > self.to {
            self.lines.clear();
            (self.from, self.to) = (floor, floor);
        }
        if self.lines.len() > LineIndex::MOST {
            self.lines
                .drain(..self.lines.partition_point(|(start, _)| *start <= floor));
            self.from = floor;
        }
        if self.to < to {
            let breaks = memchr::memchr_iter(b'\n', &text[self.to..to]);
            let starts = breaks.map(|n| self.to + n + 1);
            self.lines.extend(starts.map(|s| (s, indent(&text[s..]))));
            self.to = to;
        }
    }
}

/// Calls `then` with the word before every bracket that is open at the value, innermost first, and with `true` if
/// the bracket is that of a call.
pub(crate) fn brackets(
    text: &[u8],
    value: &Range<usize>,
    mut then: impl FnMut(Range<usize>, bool),
) {
    let floor = value.start.saturating_sub(BRACKET_REACH);
    let (mut depth, mut lines, mut found) = (0usize, 0, 0);
    let mut end = value.start;
    while let Some(at) = text[floor..end]
        .iter()
        .rposition(|b| is_bracket_or_break(*b))
    {
        let mut i = floor + at;
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
                // A bracket after `=` or `:` opens a tuple, not the arguments of a call.
                let joint = &text[name.end.min(at)..at];
                let call = open == b'(' && memchr::memchr2(b'=', b':', joint).is_none();
                if text[name.clone()]
                    .iter()
                    .any(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
                {
                    then(name, call);
                    found += 1;
                }
                if found == MOST {
                    return;
                }
            }
            _ => {}
        }
        end = i;
    }
}

/// Returns `true` if a byte opens or closes a bracket or ends a line.
fn is_bracket_or_break(b: u8) -> bool {
    const MARKS: [bool; 256] = {
        let mut marks = [false; 256];
        let mut rest: &[u8] = b"()[]{}\n";
        while let Some((mark, others)) = rest.split_first() {
            marks[*mark as usize] = true;
            rest = others;
        }
        marks
    };
    MARKS[usize::from(b)]
}

/// Returns the name before a bracket, over quotes, blanks and an operator: `new Octokit(`, `"github": {`, `TOKENS = [`.
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
    // Type arguments may be between a name and its bracket: `Github[IO](`, `Vec::<u8>(`.
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

/// Calls `then` with every line above that is indented less, innermost first, and with the header of the section.
pub(crate) fn for_each_ancestor(
    text: &[u8],
    lines: &LineCache,
    value: &Range<usize>,
    mut then: impl FnMut(Range<usize>),
) {
    let floor = value.start.saturating_sub(INDENT_REACH);
    let mut known = lines.0.borrow_mut();
    known.index_lines(text, floor, value.start);
    let mine = known
        .lines
        .partition_point(|(start, _)| *start <= value.start);
    let mut within = known.lines[..mine]
        .iter()
        .rev()
        .copied()
        .take_while(|(start, _)| *start > floor);
    let Some((mut below, depth)) = within.next() else {
        return;
    };
    let first = (floor == 0).then(|| (0, indent(text)));
    let mut least = depth.min(value.start - below);
    let (mut section, mut found) = (false, 0);
    for (start, depth) in within.chain(first).take(INDENT_LINES) {
        let end = below - 1;
        below = start;
        // Most lines are indented as much as the value's line or more; only a header counts among them.
        let opens = || depth == least && text[start + depth] == b'[';
        if depth >= least && !opens() {
            continue;
        }
        let line = &text[start..end];
        let body = line.trim_ascii();
        let header = !section && body.first() == Some(&b'[') && body.last() == Some(&b']');
        if !body.is_empty() && (depth < least || header) {
            section |= header;
            least = depth.min(least);
            if !is_prose(body) {
                found += 1;
                let from = start + (line.len() - line.trim_ascii_start().len());
                let from = from + last_field(body);
                then(from..end.min(from + LONGEST));
            }
            if found == MOST || (least == 0 && section) {
                return;
            }
        }
    }
}

/// Returns the offset of the field that encloses the lines below, in a line with several: `{"pk": 17, "fields": {`.
fn last_field(body: &[u8]) -> usize {
    let opens = matches!(body.last(), Some(b'{' | b'['));
    let is_object = opens && matches!(body.first(), Some(b'{' | b'"'));
    let comma = memchr::memrchr(b',', body).filter(|_| is_object);
    comma.map_or(0, |at| at + 1)
}

/// Returns `true` if a line is a sentence that announces nothing and so encloses nothing.
fn is_prose(body: &[u8]) -> bool {
    const WORDS: usize = 8;
    let announces = matches!(
        body.last(),
        Some(b':' | b'{' | b'(' | b'[' | b',' | b'=' | b'>')
    );
    !announces && memchr::memchr_iter(b' ', body).count() >= WORDS
}

/// Returns the indent in bytes of the line at the start of `text`.
fn indent(text: &[u8]) -> usize {
    // The dash of a YAML list counts as an indent.
    text.iter()
        .take_while(|b| matches!(b, b' ' | b'\t' | b'-' | b'+'))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    fn names(text: &str) -> Vec<String> {
        let at = text.find("<H>").unwrap();
        let (text, value) = (text.as_bytes(), at..at + 3);
        let mut out = Vec::new();
        brackets(text, &value, |r, _| out.push(r));
        for_each_ancestor(text, &LineCache::default(), &value, |r| out.push(r));
        let name = |r: Range<usize>| String::from_utf8(text[r].to_vec()).unwrap();
        out.into_iter().map(name).collect()
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

    /// Returns the lines above by the simplest method, without a cache.
    fn obvious(text: &[u8], value: &Range<usize>) -> Vec<Range<usize>> {
        let floor = value.start.saturating_sub(INDENT_REACH);
        let starts: Vec<usize> = (floor..value.start)
            .filter(|&i| text[i] == b'\n')
            .map(|i| i + 1)
            .collect();
        let Some((mine, above)) = starts.split_last() else {
            return Vec::new();
        };
        let mut least = indent(&text[*mine..value.start]);
        let (mut section, mut out, mut end) = (false, Vec::new(), mine - 1);
        let first = (floor == 0).then_some(0);
        for &start in above.iter().rev().chain(&first).take(INDENT_LINES) {
            let line = &text[start..end];
            let depth = indent(line);
            let body = line.trim_ascii();
            let header = !section && body.starts_with(b"[") && body.ends_with(b"]");
            if !body.is_empty() && (depth < least || (header && depth <= least)) {
                section |= header;
                least = depth.min(least);
                if !is_prose(body) {
                    let from = start + line.len() - line.trim_ascii_start().len();
                    out.push(from..end.min(from + LONGEST));
                }
                if out.len() == MOST || (least == 0 && section) {
                    break;
                }
            }
            end = start.wrapping_sub(1);
        }
        out
    }

    #[test]
    fn lines_that_are_remembered_are_those_of_the_text() {
        const LINES: [&str; 10] = [
            "\n",
            "    \n",
            "a:\n",
            "  - b:\n",
            "      c = d\n",
            "[s]\n",
            "\t[t]\n",
            "one two three four five six seven eight nine\n",
            "        e",
            "- [f] g",
        ];
        let mut mint = Mint::new(41);
        for round in 0..40 {
            let mut text = String::new();
            for _ in 0..20 + 50 * round {
                text.push_str(LINES[mint.random_below(LINES.len())]);
            }
            let (text, lines) = (text.as_bytes(), LineCache::default());
            let forwards = (0..text.len()).step_by(1 + 17 * round);
            for at in forwards.chain((0..text.len()).step_by(501).rev()) {
                let mut out = Vec::new();
                for_each_ancestor(text, &lines, &(at..at), |r| out.push(r));
                assert_eq!(out, obvious(text, &(at..at)), "{at}");
            }
        }
    }
}
