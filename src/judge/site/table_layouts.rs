//! Detection of columns in tables without delimiters on the value's line: ruled text, stacked cells, HTML rows.

use std::ops::Range;

use crate::judge::vocabulary::lists;
use crate::span::line_start;

/// Maximum distance in bytes from a value up to the head of its table, and maximum length of a row or a cell.
const ABOVE: usize = 4000;
const ROW: usize = 600;

/// Returns the head of the value's column, or the cells before the value if that head names none.
pub(crate) fn column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    ruled_column(text, value)
        .or_else(|| stacked_column(text, value))
        .or_else(|| wiki_column(text, value))
        .or_else(|| itemized_column(text, value))
}

/// Returns true for a column of values whose names are in the column before it.
pub(crate) fn is_value(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    let name = name
        .strip_suffix(b"\"")
        .or(name.strip_suffix(b"`"))
        .unwrap_or(name);
    let first = name.split(|b| *b == b' ').next().unwrap_or_default();
    lists().value_columns.contains_any_case(name)
        || lists().value_column_endings.contains_any_case(first)
        || lists().value_column_endings.ends_any_case(name)
}

/// Returns the head, or the cells of the row if the head only announces values.
fn named(text: &[u8], head: Option<Range<usize>>, row: Range<usize>) -> Option<Range<usize>> {
    match head {
        Some(head) if !is_value(&text[head.clone()]) => Some(head),
        _ => (!text[row.clone()].trim_ascii().is_empty()).then_some(row),
    }
}

/// Returns the column of blanks under a line of rules, as in reStructuredText and terminals: `====  =======`.
fn ruled_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(ABOVE);
    let row = line_start(text, value.start.saturating_sub(ROW), value.start);
    let offset = value.start - row;
    if !text[row..value.start].ends_with(b"  ") {
        return None;
    }
    let mut end = row;
    while end > floor {
        let start = line_start(text, floor, end - 1);
        let line = text[start..end - 1].trim_ascii_end();
        if line.is_empty() {
            return None;
        }
        if let Some(column) = rule_column(line, offset) {
            let head_end = start.checked_sub(1)?;
            let head_start = line_start(text, floor, head_end);
            let head = &text[head_start..head_end];
            let from = column.start.min(head.len());
            let to = column.end.min(head.len());
            return named(
                text,
                Some(head_start + from..head_start + to),
                row..value.start,
            );
        }
        end = start;
    }
    None
}

/// Returns the column of a rule that covers this offset. A rule has two columns or more.
fn rule_column(line: &[u8], offset: usize) -> Option<Range<usize>> {
    let is_rule = line.iter().all(|b| matches!(b, b'=' | b'-' | b' ')) && line.contains(&b' ');
    if !is_rule || line.first() == Some(&b' ') {
        return None;
    }
    let mut start = 0;
    for part in line.split(|b| *b == b' ') {
        let end = start + part.len();
        if !part.is_empty() && (start..end).contains(&offset) {
            return Some(start..end);
        }
        start = end + 1;
    }
    None
}

/// Returns the column of cells on lines of their own, each after a bar, as AsciiDoc writes a row.
/// Cases: `own-b-tables-3`, `own-b-tables-not-3`.
fn stacked_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(ABOVE);
    let own = line_start(text, value.start.saturating_sub(ROW), value.start);
    if !matches!(text[own..value.start].trim_ascii(), b"|" | b"|`") {
        return None;
    }
    let (mut start, mut index) = (own, 0);
    while start > floor {
        let above = line_start(text, floor, start - 1);
        let line = &text[above..start - 1];
        if line.first() != Some(&b'|') || line.starts_with(b"|=") {
            break;
        }
        (start, index) = (above, index + 1);
    }
    let table = memchr::memmem::rfind(&text[floor..start], b"|===\n")? + floor + 5;
    let head_end = table + memchr::memchr(b'\n', &text[table..own])?;
    let mut cells = memchr::memchr_iter(b'|', &text[table..head_end]).map(|at| table + at + 1);
    let head = cells.nth(index).map(|from| {
        let len = memchr::memchr(b'|', &text[from..head_end]).unwrap_or(head_end - from);
        from..from + len
    });
    (index > 0).then(|| named(text, head, start..own)).flatten()
}

/// Returns the column in a row of a wiki: `| name || value` under `! Name !! Value`.
/// Cases: `own-b-tables-11`.
fn wiki_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(ABOVE);
    let row = line_start(text, value.start.saturating_sub(ROW), value.start);
    let before = text[row..value.start].trim_ascii_end();
    if !before.starts_with(b"|") || !before.ends_with(b"||") {
        return None;
    }
    let index = memchr::memmem::find_iter(before, b"||").count();
    let from = memchr::memmem::rfind(&text[floor..row], b"\n!").map(|at| floor + at + 2);
    let head = from.and_then(|from| {
        let end = from + memchr::memchr(b'\n', &text[from..row])?;
        let mut start = from;
        for _ in 0..index {
            start += memchr::memmem::find(&text[start..end], b"!!")? + 2;
        }
        let len = memchr::memmem::find(&text[start..end], b"!!").unwrap_or(end - start);
        Some(start..start + len)
    });
    named(text, head, row..value.start)
}

/// Returns the column of a table whose rows are lists of cells, as reStructuredText writes it: `.. list-table::`.
fn itemized_column(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    const TABLE: &[u8] = b".. list-table::";
    let floor = value.start.saturating_sub(ABOVE);
    let is_row = |line: &[u8]| line.trim_ascii_start().starts_with(b"* - ");
    let item = |line: &[u8]| {
        let skip = line
            .iter()
            .take_while(|b| matches!(b, b' ' | b'*' | b'-'))
            .count();
        is_row(line) || line.trim_ascii_start().starts_with(b"- ") && skip > 1
    };
    let table = memchr::memmem::rfind(&text[floor..value.start], TABLE)? + floor;
    let own = line_start(text, floor, value.start);
    let mut index = None;
    let mut end =
        memchr::memchr(b'\n', &text[value.start..]).map_or(text.len(), |n| value.start + n);
    let mut start = own;
    while start > table {
        let line = &text[start..end];
        if !item(line) {
            return None;
        }
        index = Some(index.map_or(0, |n| n + 1));
        if is_row(line) {
            break;
        }
        end = start - 1;
        start = line_start(text, floor, end);
    }
    let rows = text.get(table..start)?;
    let mut from = table + memchr::memmem::find(rows, b"* - ")?;
    for _ in 0..index? {
        from += memchr::memchr(b'\n', &text[from..start])? + 1;
    }
    let mark = |b: &&u8| matches!(b, b' ' | b'*' | b'-');
    let from = from + text[from..start].iter().take_while(mark).count();
    let len = memchr::memchr(b'\n', &text[from..start])?;
    (len > 0).then_some(from..from + len)
}

/// Returns the head of the HTML column whose cell opens at `tag`, or the cells before that cell in the row.
/// Cases: `own-html-2`, `own-b-tables-5`.
pub(crate) fn html_cell(text: &[u8], tag: usize) -> Option<Range<usize>> {
    let floor = tag.saturating_sub(ABOVE);
    let row = memchr::memmem::rfind(&text[floor..tag], b"<tr")? + floor;
    let cells = |part: Range<usize>| {
        memchr::memmem::find_iter(&text[part], b"<t")
            .skip(1)
            .count()
    };
    if text[row..tag].len() > ROW || memchr::memmem::find(&text[row..tag], b"</tr").is_some() {
        return None;
    }
    let index = cells(row..tag);
    let table = memchr::memmem::rfind(&text[floor..row], b"<table").map(|at| floor + at);
    let head = table.and_then(|table| {
        let from = table + memchr::memmem::find(&text[table..row], b"<th>")?;
        let open = memchr::memmem::find_iter(&text[from..row], b"<th>").nth(index)? + from + 4;
        let len = memchr::memchr(b'<', &text[open..row])?;
        Some(open..open + len)
    });
    (index > 0).then(|| named(text, head, row..tag)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        let at = text.find("<H>").unwrap();
        column(text.as_bytes(), &(at..at + 3)).map(|r| text[r].trim().to_owned())
    }

    #[test]
    fn cells_have_the_names_of_their_columns_or_rows() {
        for (text, want) in [
            ("Name  Commit\n====  ======\nx     <H>\n", Some("Commit")),
            (
                "Name    Value\n----    -----\nGH_TOK  <H>\n",
                Some("GH_TOK"),
            ),
            ("|===\n|Name |Value\n\n|tok\n|<H>\n", Some("|tok")),
            ("|===\n|Name |Commit\n\n|tok\n|<H>\n", Some("Commit")),
            ("{|\n! Name !! Sha\n|-\n| tok || <H>\n", Some("Sha")),
            ("| tok || <H>\n", Some("| tok ||")),
            (
                ".. list-table::\n\n   * - Sha\n     - tok\n   * - x\n     - <H>\n",
                Some("tok"),
            ),
            (
                ".. list-table::\n\n   * - Sha\n     - tok\n   * - <H>\n     - x\n",
                Some("Sha"),
            ),
            ("  .. list-table::\n- <H>\n", None),
            ("     .. list-table:: - <H>\n", None),
            ("a  <H>\n", None),
            ("| <H>\n", None),
        ] {
            assert_eq!(name(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_cell_of_html_is_named_by_its_head_or_its_row() {
        for (head, want) in [("Commit", "Commit"), ("Value", "<tr><td>tok</td>")] {
            let text = format!("<table><tr><th>Name</th><th>{head}</th></tr><tr><td>tok</td><td>");
            let tag = text.rfind("<td").unwrap();
            let name = html_cell(text.as_bytes(), tag).map(|r| &text[r]);
            assert_eq!(name, Some(want));
        }
    }
}
