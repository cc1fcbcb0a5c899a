//! Detection of columns: the header of a value's cell in CSV, in tables of markup and in SQL.

use super::table_layouts::{self, is_value};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};
use crate::span::line_start;
use std::ops::Range;

/// Maximum number of bytes of a row on either side of a value, and maximum length of a header.
const ROW: usize = 1500;

/// Maximum distance in bytes from a value up to the head of its table or `INSERT`.
const ABOVE: usize = 6000;

/// End of a statement that rows follow.
const STDIN: &[u8] = b" from stdin";

/// Returns the name of the value's column.
pub(crate) fn column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let name = separated_column(text, value)
        .or_else(|| copied_column(text, value))
        .or_else(|| piped_column(text, value))
        .or_else(|| inserted_column(text, value))
        .or_else(|| table_layouts::column(text, value))
        .or_else(|| row_head(text, value))?;
    if is_value(&text[name.clone()]) {
        return cells_before(text, value).or(Some(name));
    }
    Some(name)
}

/// Returns the cell before the value's, in a table of markup without a head.
fn row_head(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let line = row_of(text, value)?;
    let piped = memchr::memchr(b'|', &text[line.start..value.start]).is_some()
        && memchr::memchr(b'|', &text[value.end..line.end]).is_some();
    piped.then(|| cell_before(text, value)).flatten()
}

/// Returns the range of all cells before the value's in its row. The first may be a name, another one a remark.
fn cells_before(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let last = cell_before(text, value)?;
    let line = row_of(text, value)?;
    let head = &text[line.start..last.end];
    let blank = |b: &u8| matches!(b, b' ' | b'|' | b'"' | b'\'' | b'`' | b'\t');
    let rows = memchr::memrchr(b'(', head).map_or(0, |open| open + 1);
    let skip = head[rows..].iter().take_while(|b| blank(b)).count();
    Some((line.start + rows + skip).min(last.start)..last.end)
}

/// Returns the content of the cell before the value's in its row.
fn cell_before(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let line = row_of(text, value)?;
    let mark = |b: &u8| matches!(b, b',' | b';' | b'\t' | b'|');
    let blank = |b: &u8| matches!(b, b' ' | b'"' | b'\'' | b'`');
    let head = &text[line.start..value.start];
    let end = head.iter().rposition(mark)?;
    let end = head[..end].iter().rposition(|b| !blank(b))? + 1;
    let start = head[..end]
        .iter()
        .rposition(|b| mark(b) || matches!(b, b'"' | b'\'' | b'`' | b'('))
        .map_or(0, |i| i + 1);
    let start = start + head[start..].iter().take_while(|b| blank(b)).count();
    (start < end).then_some(line.start + start..line.start + end)
}

/// Returns the column of a row after `COPY t (a, b) FROM stdin;`, with tabs as delimiters.
/// Cases: `own-rows-1`, `own-rows-not-1`.
fn copied_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let line = row_of(text, value)?;
    let index = memchr::memchr_iter(b'\t', &text[line.start..value.start]).count();
    let after = text.get(value.end).copied();
    if index == 0 || !matches!(after, None | Some(b'\t' | b'\n' | b'\r')) {
        return None;
    }
    let floor = line.start.saturating_sub(ABOVE);
    let above = &text[floor..line.start];
    let from = memchr::memrchr_iter(b';', above)
        .map(|end| end.saturating_sub(STDIN.len()))
        .find(|&from| begins(&above[from..], STDIN))?;
    let open = memchr::memrchr(b'(', &above[..from])? + 1;
    let close = memchr::memrchr(b')', &above[..from])?;
    let cell = nth_cell(above.get(open..close)?, b',', index)?;
    Some(floor + open + cell.start..floor + open + cell.end)
}

/// Returns the column of values separated by commas, semicolons or tabs, under names in the text's first line.
fn separated_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let quotes = usize::from(value.start > 0 && text[value.start - 1] == b'"');
    let before = value.start.checked_sub(1 + quotes).map(|i| text[i]);
    let after = text.get(value.end + quotes).copied();
    let edge = |b: Option<u8>| matches!(b, None | Some(b'\n' | b'\r'));
    let delimiter = |b: Option<u8>| b.filter(|b| matches!(b, b',' | b';' | b'\t'));
    let mark = match (delimiter(before), delimiter(after)) {
        (Some(a), Some(b)) if a == b => a,
        (Some(a), None) if edge(after) => a,
        (None, Some(b)) if edge(before) => b,
        _ => return None,
    };
    let head_end = memchr::memchr(b'\n', &text[..text.len().min(ROW)])?;
    if value.start <= head_end {
        return None;
    }
    let head = text[..head_end].trim_ascii_end();
    let names = |b: &u8| {
        b.is_ascii_alphanumeric()
            || *b >= 0x80
            || matches!(b, b'_' | b'-' | b' ' | b'.' | b'"' | b'#')
    };
    if !head.iter().all(|b| *b == mark || names(b)) {
        return None;
    }
    let line = row_of(text, value)?;
    let index = count_marks(&text[line.start..value.start], mark);
    let width = count_marks(&text[line], mark);
    if width == 0 || width != memchr::memchr_iter(mark, head).count() {
        return None;
    }
    nth_cell(head, mark, index)
}

/// Returns the number of delimiters in a row; those in quoted cells do not count.
fn count_marks(row: &[u8], mark: u8) -> usize {
    let mut is_quoted = false;
    let is_delimiter = |b: &&u8| {
        is_quoted ^= **b == b'"';
        **b == mark && !is_quoted
    };
    row.iter().filter(is_delimiter).count()
}

/// Returns the column in a table of markup with `|` as delimiter. The head is the first of the adjacent lines with one.
fn piped_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let line = row_of(text, value)?;
    let index = memchr::memchr_iter(b'|', &text[line.start..value.start]).count();
    if index == 0 || memchr::memchr(b'|', &text[value.end..line.end]).is_none() {
        return None;
    }
    let floor = value.start.saturating_sub(ABOVE);
    let mut head = None;
    let mut end = line.start;
    while end > floor {
        let start = line_start(text, floor, end - 1);
        let row = text[start..end].trim_ascii();
        // reStructuredText has rules between the rows: `+----+----+`.
        let is_rule = row.starts_with(b"+") && row.iter().all(|b| matches!(b, b'+' | b'-' | b'='));
        if !is_rule && memchr::memchr(b'|', row).is_none() {
            break;
        }
        if !is_rule {
            head = Some(start..end - 1);
        }
        end = start;
    }
    let head = head?;
    let cell = nth_cell(&text[head.clone()], b'|', index)?;
    Some(head.start + cell.start..head.start + cell.end)
}

/// Returns the column in `INSERT INTO t (a, b) VALUES (1, 'value')`.
fn inserted_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(ABOVE);
    let quote = text.get(value.start.checked_sub(1)?)?;
    if !matches!(quote, b'\'' | b'"') {
        return None;
    }
    // Finds the place in the row; commas in strings do not count.
    let (mut index, mut open, mut string) = (0, None, false);
    for i in (floor.max(value.start.saturating_sub(ROW))..value.start - 1).rev() {
        match text[i] {
            b'\'' => string = !string,
            b',' if !string => index += 1,
            b'(' if !string => {
                open = Some(i);
                break;
            }
            b')' | b';' if !string => return None,
            _ => {}
        }
    }
    let above = &text[floor..open?];
    let values =
        memchr::memrchr2_iter(b'v', b'V', above).find(|&i| begins(&above[i..], b"values"))?;
    let head = above[..values].trim_ascii_end();
    let cell = match head.strip_suffix(b")") {
        Some(list) => {
            let start = memchr::memrchr(b'(', list)? + 1;
            let cell = nth_cell(&list[start..], b',', index)?;
            start + cell.start..start + cell.end
        }
        None => declared_column(head, index).or_else(|| credential_table(head))?,
    };
    Some(floor + cell.start..floor + cell.end)
}

/// Returns a column, as `CREATE TABLE t` declares it, for an `INSERT INTO t` at the end of `text` without names of
/// columns, as in dumps.
/// Cases: `own-dump-1`, `own-dump-3`.
fn declared_column(text: &[u8], index: usize) -> Option<Range<usize>> {
    let mark = |b: &u8| matches!(b, b'`' | b'"' | b'[' | b']');
    let table = inserted_table(text)?;
    let (into, table) = (&text[..table.start], &text[table]);
    let name = |word: &[u8]| {
        word.iter()
            .copied()
            .filter(|b| !mark(b))
            .collect::<Vec<u8>>()
    };
    let (open, _) = memchr::memrchr2_iter(b't', b'T', into)
        .filter(|&at| begins(&into[at..], b"table "))
        .filter_map(|at| {
            let open = at + memchr::memchr(b'(', &into[at..])?;
            let words = into[at + 6..open].trim_ascii_end();
            Some((open, words.rsplit(u8::is_ascii_whitespace).next()?))
        })
        .find(|(_, word)| name(word) == name(table))?;
    let mut columns = declared_columns(into, open + 1);
    columns.nth(index)
}

/// Returns the name of the table of an `INSERT INTO` at the end of `text`, if the table is one of credentials. It names
/// the values whose columns are not named.
fn credential_table(text: &[u8]) -> Option<Range<usize>> {
    let table = inserted_table(text)?;
    let class = Vocabulary::builtin().lexicon.sense(&text[table.clone()]);
    (class.has(WordClass::SECRET) && !class.has(WordClass::HASH)).then_some(table)
}

/// Returns the name of the table of an `INSERT INTO` at the end of `text`.
fn inserted_table(text: &[u8]) -> Option<Range<usize>> {
    let table = text.rsplit(u8::is_ascii_whitespace).next()?;
    let start = text.len() - table.len();
    let into = text[..start].trim_ascii_end();
    let verb = &into[into.len().saturating_sub(4)..];
    begins(verb, b"into").then_some(start..text.len())
}

/// Iterates over the names of the columns declared from `at` on, in order.
fn declared_columns(text: &[u8], at: usize) -> impl Iterator<Item = Range<usize>> {
    let (mut start, mut at) = (Some(at), at);
    let declarations = std::iter::from_fn(move || {
        let from = start.take()?;
        let mut depth = 0;
        while let Some(b) = text.get(at) {
            at += 1;
            match b {
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b',' if depth == 0 => {
                    start = Some(at);
                    break;
                }
                _ => {}
            }
        }
        Some(from..at - 1)
    });
    declarations.filter_map(move |part| {
        let body = text[part.clone()].trim_ascii_start();
        let from = part.end - body.len();
        let len = body.iter().position(u8::is_ascii_whitespace)?;
        let word = &body[..len];
        let is_column = !lists().sql_constraints.contains_any_case(word);
        (is_column && word.iter().any(u8::is_ascii_alphanumeric)).then_some(from..from + len)
    })
}

/// Returns `true` if `text` begins with a lower-case word, whatever its case in `text`.
fn begins(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// Returns the line of the value, if it is short enough to be a row.
fn row_of(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let from = value.start.saturating_sub(ROW);
    let start = match memchr::memrchr(b'\n', &text[from..value.start]) {
        Some(n) => from + n + 1,
        None if from == 0 => 0,
        None => return None,
    };
    let to = text.len().min(value.end + ROW);
    let end = memchr::memchr(b'\n', &text[value.end..to]).map_or(to, |n| value.end + n);
    Some(start..end)
}

fn nth_cell(head: &[u8], mark: u8, index: usize) -> Option<Range<usize>> {
    let mut start = 0;
    for (i, cell) in head.split(|b| *b == mark).enumerate() {
        if i == index {
            let skip = cell.len() - cell.trim_ascii_start().len();
            let len = cell.trim_ascii().len();
            return (len > 0).then_some(start + skip..start + skip + len);
        }
        start += cell.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        let at = text.find("<H>").unwrap();
        column(text.as_bytes(), &(at..at + 3)).map(|r| text[r].to_owned())
    }

    #[test]
    fn cells_have_the_names_of_their_columns() {
        for (text, want) in [
            ("a,token,c\n1,<H>,3\n", Some("token")),
            ("a\tgh_token\r\n1\t<H>\r\n", Some("gh_token")),
            ("sha;author\n<H>;x\n", Some("sha")),
            (
                "\"a\",\"b\",\"c\"\n\"1, 2\",\"<H>\",\"x, y\"\n",
                Some("\"b\""),
            ),
            ("\"a\",\"b\"\n\"1\",\"<H>\"\n", Some("\"b\"")),
            ("var a, b;\nf(1,<H>)\n", None),
            ("a,b\n1,2,<H>\n", None),
            ("| asset | sha1 |\n|---|---|\n| x | <H> |\n", Some("sha1")),
            (
                "INSERT INTO t (id, `tok`, x) VALUES\n(1,'a,b',2),\n(2, '<H>', 3);",
                Some("`tok`"),
            ),
            ("insert into t (a) values ('<H>')", Some("a")),
            (
                "CREATE TABLE `u` (\n  `id` decimal(4,2) NOT NULL,\n  `tok` text,\n  PRIMARY KEY (`id`)\n);\n\
                 CREATE TABLE v (x int, y text);\nINSERT INTO `u` VALUES (1,'<H>'),(2,'');",
                Some("`tok`"),
            ),
            (
                "create table if not exists s.t (primary key (a), a text)\ninsert into s.t values ('<H>')",
                Some("a"),
            ),
            (
                "create table t (a text);\ninsert into t values (1, '<H>')",
                None,
            ),
            (
                "create table t (a text);\ninsert into u values ('<H>')",
                None,
            ),
            ("insert into t values ('<H>')", None),
            ("insert into tokens values (1, 'a', '<H>')", Some("tokens")),
            ("INSERT INTO `commits` VALUES (1, '<H>')", None),
            ("create table t (;\ninsert into t values ('<H>')", None),
            ("f('x', '<H>')", None),
            ("a\n| gh_tok | <H> |\n", Some("gh_tok")),
            (
                "+---+---+\n| a | sha1 |\n+===+===+\n| x | <H> |\n",
                Some("sha1"),
            ),
            ("COPY t (a, tok) FROM stdin;\n1\tx\n2\t<H>\n", Some("tok")),
            ("key,value\ngh_tok,<H>\n", Some("gh_tok")),
            (
                "insert into t (n, v_value) values ('gh.tok', '<H>')",
                Some("gh.tok"),
            ),
        ] {
            assert_eq!(name(text).as_deref(), want, "{text}");
        }
    }
}
