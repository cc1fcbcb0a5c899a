//! Detection of the use of a value: the placeholder of a format that it fills, and the places that use its name.
//!
//! `"https://%s@github.com" % "value"` puts a value into a URL as surely as the URL itself does.
//! `who = "value"` means nothing until `"https://${who}@github.com"` follows.

use std::ops::Range;

use super::positional;
use super::reader::{SlotReader, is_word_byte};
use crate::judge::site::urls;
use crate::judge::vocabulary::lists;
use crate::span::line_start;

/// Maximum distances in bytes before and after a value to a use of its name, and maximum number of uses.
const BEFORE: usize = 400;
const AFTER: usize = 2500;
const MOST: usize = 12;

/// Maximum distance in bytes before a value to the format that it fills.
const REACH: usize = 400;

/// Maximum distance in bytes from the use of a format to its definition.
const DEFINED: usize = 1500;

/// Arguments of a call, or right side of `%`, that contain a value.
struct FormatArguments {
    /// Offset of the end of the format's string, after its closing quote.
    format_end: usize,
    /// Number of arguments before the value.
    index: usize,
}

/// Returns the placeholder that the value at `value` fills, in the string of a format before it.
pub(crate) fn find_placeholder(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    if let Some(parameter) = positional::find_parameter(text, value) {
        return Some(parameter);
    }
    let reader = SlotReader {
        text,
        floor: value.start.saturating_sub(REACH),
    };
    let open = reader.open(value.start, value.end);
    let arguments = reader.enclosing_format(reader.skip_blanks(open))?;
    let format = reader.string_before(arguments.format_end)?;
    let keyword = reader.keyword_argument(open);
    format_placeholders(&text[format.clone()])
        .filter(|hole| {
            keyword.is_none() || placeholder_name(&text[format.clone()][hole.clone()]) == keyword
        })
        .nth(if keyword.is_some() {
            0
        } else {
            arguments.index
        })
        .map(|hole| format.start + hole.start..format.start + hole.end)
}

/// Calls `then` with every place near the value that uses `name`, the name of the value. A place includes the marks
/// that put the name into a string (`${name}`, `#{name}`, `{name}`, `\(name)`, `$name`, `%name%`).
pub(crate) fn for_each_use(
    text: &[u8],
    value: &Range<usize>,
    name: &Range<usize>,
    mut then: impl FnMut(Range<usize>),
) {
    let word = last_identifier(text, name);
    if word.is_empty() {
        return;
    }
    let from = value.start.saturating_sub(BEFORE);
    let to = text.len().min(value.end + AFTER);
    let whole = |at: usize| {
        let end = at + word.len();
        let joined = |b: u8| is_word_byte(b) || b == b'-';
        // A part of a path or of an address is not a use of the name.
        let before = |b: u8| joined(b) || matches!(b, b'/' | b'@' | b'#' | b':');
        let starts = at == 0 || !before(text[at - 1]);
        // `git@github.com:o/r` uses no variable.
        let after = |b: u8| joined(b) || b == b'@';
        starts && !text.get(end).copied().is_some_and(after)
    };
    memchr::memmem::find_iter(&text[from..to], &text[word.clone()])
        .map(|at| from + at)
        .filter(|&at| at != word.start && whole(at))
        .take(MOST)
        .for_each(|at| then(with_interpolation_marks(text, at..at + word.len())));
}

/// Returns the last identifier of a name: `pw` of `self.pw`, `const pw`, `"pw"`, `pw: string`.
fn last_identifier(text: &[u8], name: &Range<usize>) -> Range<usize> {
    let end =
        memchr::memmem::find(&text[name.clone()], b": ").map_or(name.end, |at| name.start + at);
    let name = name.start..end;
    let trimmed = text[name.clone()]
        .iter()
        .rposition(|b| is_word_byte(*b))
        .map_or(name.start, |last| name.start + last + 1);
    let len = text[name.start..trimmed]
        .iter()
        .rev()
        .take_while(|b| is_word_byte(**b))
        .count();
    trimmed - len..trimmed
}

/// Returns the range of a name and the marks around it that put it into a string.
pub(crate) fn with_interpolation_marks(text: &[u8], name: Range<usize>) -> Range<usize> {
    if let Some(braced) = with_braces(text, &name) {
        return braced;
    }
    let (start, end) = (name.start, name.end);
    let before = |back: usize| start.checked_sub(back).map(|i| text[i]);
    let after = text.get(end).copied();
    match (before(1), after) {
        (Some(b'('), Some(b')')) if matches!(before(2), Some(b'$' | b'\\')) => start - 2..end + 1,
        (Some(b'%'), Some(b'%')) => start - 1..end + 1,
        // `{$name}` in a string of PHP.
        (Some(b'$'), Some(b'}')) if before(2) == Some(b'{') => start - 2..end + 1,
        (Some(b'$'), _) => start - 1..end,
        _ => start..end,
    }
}

/// Returns the range of a name in braces with the mark before them: `${name}`, `{{ name }}`.
fn with_braces(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let (mut start, mut end) = (name.start, name.end);
    let is_between = |start: usize, end: usize, open: u8, close: u8| {
        start > 0 && text[start - 1] == open && text.get(end) == Some(&close)
    };
    while is_between(start, end, b' ', b' ') {
        (start, end) = (start - 1, end + 1);
    }
    let inside = start;
    while is_between(start, end, b'{', b'}') {
        (start, end) = (start - 1, end + 1);
    }
    let marked = start > 0 && matches!(text[start - 1], b'$' | b'#' | b'@');
    (start < inside).then(|| start - usize::from(marked)..end)
}

/// Iterates over the placeholders of a format, in order: `%s`, `%v`, `%@`, `{}`, `{0}`, `{name}`.
fn format_placeholders(format: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < format.len() {
            let start = at;
            let rest = &format[at + 1..];
            let inside = |b: &&u8| is_word_byte(**b);
            match format[at] {
                b'{' => {
                    let len = rest.iter().take_while(inside).count();
                    at += 1 + len;
                    if rest.get(len) == Some(&b'}') {
                        at += 1;
                        return Some(start..at);
                    }
                }
                b'%' if matches!(rest.first(), Some(b's' | b'v' | b'q' | b'd' | b'@' | b'S')) => {
                    at += 2;
                    return Some(start..at);
                }
                _ => at += 1,
            }
        }
        None
    })
}

/// Returns the name in a placeholder such as `{name}`.
fn placeholder_name(hole: &[u8]) -> Option<&[u8]> {
    let inside = hole.strip_prefix(b"{")?.strip_suffix(b"}")?;
    inside
        .first()
        .is_some_and(|b| !b.is_ascii_digit())
        .then_some(inside)
}

impl<'t> SlotReader<'t> {
    /// Returns the format that has the value opened at `at` among its arguments.
    fn enclosing_format(&self, at: usize) -> Option<FormatArguments> {
        if self.byte(at) == Some(b'%') {
            return Some(FormatArguments {
                format_end: self.format_before(self.skip_blanks(at - 1))?,
                index: 0,
            });
        }
        if let Some(arguments) = self.infix_format_end(at) {
            return Some(arguments);
        }
        if let Some(arguments) = self.printf_format_end(at) {
            return Some(arguments);
        }
        let (open, commas) = self.opening_bracket(at)?;
        let callee = self.skip_blanks(open);
        if self.byte(callee) == Some(b'%') {
            return Some(FormatArguments {
                format_end: self.format_before(self.skip_blanks(callee - 1))?,
                index: commas,
            });
        }
        let methods = &lists().format_methods;
        if let Some(method) = methods.suffix_of(&self.text[self.floor..callee]) {
            let end = self.skip_blanks(callee - method.len());
            if let Some(format_end) = self.format_before(end) {
                return Some(FormatArguments {
                    format_end,
                    index: commas,
                });
            }
        }
        self.format_of_call(open, commas, at)
    }

    /// Returns the format of a call such as `sprintf(target, "%s:%s", user, "value")`, whose bracket opens at `open`
    /// with so many commas before the value at `at`.
    fn format_of_call(&self, open: usize, commas: usize, at: usize) -> Option<FormatArguments> {
        let name = self.text[self.floor..open].trim_ascii_end();
        if commas == 0 || !lists().format_calls.ends_any_case(name) {
            return None;
        }
        // The format is the first string; the target of the output may precede it.
        let targeted = lists().targeted_format_calls.ends_any_case(name);
        let target = |b: u8| is_word_byte(b) || matches!(b, b',' | b'.' | b'-' | b'>' | b'&');
        let first = open
            + 1
            + self.text[open + 1..at]
                .iter()
                .take_while(|b| b.is_ascii_whitespace() || targeted && target(**b))
                .count();
        let skip = usize::from(matches!(self.text.get(first), Some(b'@' | b'$')));
        let Some(&quote @ (b'"' | b'\'' | b'`')) = self.text.get(first + skip) else {
            let name = self.text[first..at]
                .iter()
                .take_while(|b| is_word_byte(**b));
            return Some(FormatArguments {
                format_end: self.format_before(first + name.count())?,
                index: commas - 1,
            });
        };
        let end = first + skip + 1;
        let len = memchr::memchr(quote, &self.text[end..at])?;
        let format_end = end + len + 1;
        let between = self.text[format_end..at]
            .iter()
            .filter(|b| **b == b',')
            .count();
        Some(FormatArguments {
            format_end,
            index: between.checked_sub(1)?,
        })
    }

    /// Returns the end of the format that ends at `end`: a string, or the name of one that is defined above.
    fn format_before(&self, end: usize) -> Option<usize> {
        if matches!(self.byte(end), Some(b'"' | b'\'' | b'`')) {
            return Some(end);
        }
        let letters = self.text[self.floor..end].iter().rev();
        let start = end - letters.take_while(|b| is_word_byte(**b)).count();
        let name = &self.text[start..end];
        let from = start.saturating_sub(DEFINED);
        let above = &self.text[from..start];
        if name.is_empty() {
            return None;
        }
        memchr::memmem::rfind_iter(above, name).find_map(|at| {
            let whole = !above[..at].last().is_some_and(|b| is_word_byte(*b));
            let rest = &above[at + name.len()..];
            let sign = rest
                .iter()
                .take_while(|b| matches!(b, b' ' | b':' | b'='))
                .count();
            let quote = *rest
                .get(sign)
                .filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
            let len = memchr::memchr2(quote, b'\n', &rest[sign + 1..])?;
            let close = at + name.len() + sign + 1 + len;
            let is_string = whole && rest[..sign].contains(&b'=') && above[close] == quote;
            is_string.then_some(from + close + 1)
        })
    }

    /// Returns the format that PowerShell's operator joins to its arguments: `"{0}:{1}" -f 'ann', 'value'`.
    fn infix_format_end(&self, at: usize) -> Option<FormatArguments> {
        const OPERATOR: &[u8] = b" -f ";
        let line = line_start(self.text, self.floor, at);
        let head = &self.text[line..at];
        let found = memchr::memmem::rfind(head, OPERATOR)?;
        let list = &head[found + OPERATOR.len()..];
        let is_list = !list.iter().any(|b| matches!(b, b';' | b'|' | b')'));
        let format_end = self.format_before(line + head[..found].trim_ascii_end().len())?;
        is_list.then_some(FormatArguments {
            format_end,
            index: memchr::memchr_iter(b',', list).count(),
        })
    }

    /// Returns the format of a shell's `printf` that has an argument at `at`: `printf '%s:%s' user "value"`.
    fn printf_format_end(&self, at: usize) -> Option<FormatArguments> {
        let line = urls::command_start(self.text, at).max(self.floor);
        let command = &self.text[line..at];
        let first = memchr::memmem::rfind(command, b"printf ")? + 7;
        let skip = command[first..].iter().take_while(|b| **b == b' ').count();
        let open = first + skip;
        let quote = *command.get(open).filter(|b| matches!(b, b'"' | b'\''))?;
        let end = open + 1 + memchr::memchr(quote, &command[open + 1..])? + 1;
        let rest = &command[end..];
        let ends = rest
            .iter()
            .any(|b| matches!(b, b';' | b'|' | b'&' | b'>' | b'('));
        let words = rest.split(u8::is_ascii_whitespace);
        let index = words
            .filter(|w| w.iter().any(|b| !matches!(b, b'"' | b'\'' | b'\\')))
            .count();
        (!ends).then_some(FormatArguments {
            format_end: line + end,
            index,
        })
    }

    /// Returns the opening bracket of the arguments around `at`, and the number of commas between the two.
    pub(crate) fn opening_bracket(&self, at: usize) -> Option<(usize, usize)> {
        let (mut depth, mut commas) = (0usize, 0);
        let mut quote = None;
        for i in (self.floor..at).rev() {
            let b = self.text[i];
            match quote {
                Some(q) if b == q => quote = None,
                Some(_) => {}
                None => match b {
                    b'"' | b'\'' | b'`' => quote = Some(b),
                    b')' | b']' | b'}' => depth += 1,
                    b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
                    b'(' => return Some((i, commas)),
                    b'[' | b'{' | b';' => return None,
                    b',' if depth == 0 => commas += 1,
                    _ => {}
                },
            }
        }
        None
    }

    /// Returns the content of the string that ends at `end`.
    fn string_before(&self, end: usize) -> Option<Range<usize>> {
        let quote = self
            .byte(end)
            .filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
        let start = memchr::memrchr(quote, &self.text[self.floor..end - 1])? + self.floor + 1;
        Some(start..end - 1)
    }

    /// Returns the name of the argument whose value opens at `open`: `pw` in `format(pw="value")`.
    fn keyword_argument(&self, open: usize) -> Option<&'t [u8]> {
        let equals = self.skip_blanks(open);
        if self.byte(equals) != Some(b'=') {
            return None;
        }
        let end = self.skip_blanks(equals - 1);
        let len = self.text[self.floor..end]
            .iter()
            .rev()
            .take_while(|b| is_word_byte(**b))
            .count();
        (len > 0).then(|| &self.text[end - len..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    fn filled(text: &str) -> (String, Range<usize>) {
        let value = String::from_utf8(Mint::new(9).hex(40)).unwrap();
        let start = text.find("<H>").unwrap();
        (text.replacen("<H>", &value, 1), start..start + 40)
    }

    #[test]
    fn values_fill_the_placeholders_of_formats() {
        for (text, want) in [
            ("u = \"https://%s@h\" % \"<H>\"", Some("//%s@")),
            ("u = \"https://%s:%s@h\" % (\"bot\", \"<H>\")", Some(":%s@")),
            ("u = 'https://{}@h'.format('<H>')", Some("//{}@")),
            ("'{user}:{pw}@'.format(user='a', pw='<H>')", Some(":{pw}@")),
            ("fmt.Sprintf(\"a %s b %s@h\", x(1, 2), \"<H>\")", None),
            ("fmt.Sprintf(\"a %s b %s@h\", x, \"<H>\")", Some(" %s@")),
            ("string.Format(\"a{0}b{1}c\", x, \"<H>\")", Some("b{1}c")),
            ("[NSString stringWithFormat:@\"%@\", @\"<H>\"]", None),
            ("\"group\" % \"artifact\" % \"<H>\"", None),
            ("f(\"100%\", \"<H>\")", None),
            (
                "snprintf(head, sizeof head, \"a %s;\", \"<H>\")",
                Some(" %s;"),
            ),
            ("printf 'a %s;' <H>", Some(" %s;")),
            ("printf 'a %s b %s;' \\\n  x \\\n  <H>", Some(" %s;")),
            ("L = \"%s:%s@h\"\nw(L % (\"a\", \"<H>\"))", Some(":%s@")),
            (
                "T = 'u: %s\\nt: %s\\n'\nformat(T, 'a', '<H>')",
                Some(" %s\\"),
            ),
            (
                "$l = \"login {0} pw {1}\"\n$t = $l -f 'a', '<H>'",
                Some(" {1}\""),
            ),
            ("f(L, \"a\", \"<H>\")", None),
            ("printf 'a %s;' '<H>'", Some(" %s;")),
        ] {
            let (filled, value) = filled(text);
            let found = find_placeholder(filled.as_bytes(), &value)
                .map(|r| filled[r.start - 1..r.end + 1].to_owned());
            let inner = want.map(|w| {
                let w = w.strip_prefix("/").unwrap_or(w);
                w.to_owned()
            });
            assert_eq!(found, inner, "{text}");
        }
    }

    #[test]
    fn uses_of_a_name_are_found_with_their_marks() {
        let text = "who = \"<H>\"\na ${who} b #{who} c {who} \\(who) $who %who% $(who) whoever awho {{ who }} + who;";
        let (filled, value) = filled(text);
        let mut uses = Vec::new();
        for_each_use(filled.as_bytes(), &value, &(0..3), |r| {
            uses.push(filled[r].to_owned())
        });
        assert_eq!(
            uses,
            [
                "${who}",
                "#{who}",
                "{who}",
                "\\(who)",
                "$who",
                "%who%",
                "$(who)",
                "{{ who }}",
                "who"
            ]
        );
    }
}
