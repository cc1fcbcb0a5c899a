//! Descriptions of tables and indexes: their names, their first pages and their columns.

use super::page::split_row;

/// Maximum number of characters of a name.
const MOST_NAME: usize = 200;

/// Maximum number of columns whose names are kept.
const MOST_COLUMNS: usize = 100;

/// Words that begin a rule of a table, not a column.
const RULES: [&str; 5] = ["constraint", "primary", "unique", "check", "foreign"];

/// Table or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableSchema {
    /// Name of the table.
    pub(super) name: String,
    /// Number of the first page of its tree.
    pub(super) root: u32,
    /// Names of the columns, as far as the statement that made the table tells them.
    pub(super) columns: Vec<String>,
}

/// Returns what a row of the schema describes: type, name, name of the table, root, statement.
pub(super) fn parse_schema(row: &[u8]) -> Option<TableSchema> {
    let fields = split_row(row, 5)?;
    let [_, _, (_, name), (code, root), (_, statement)] = &fields[..] else {
        return None;
    };
    // The texts of a database may be in UTF-16, whose zeros no report needs.
    let text = |place: &std::ops::Range<usize>| {
        let text = String::from_utf8_lossy(row.get(place.clone()).unwrap_or_default());
        text.replace('\0', "")
    };
    let root = match code {
        9 => 1,
        1..=6 => row[root.clone()]
            .iter()
            .fold(0u64, |number, byte| number << 8 | u64::from(*byte)),
        _ => return None,
    };
    Some(TableSchema {
        name: text(name).chars().take(MOST_NAME).collect(),
        root: u32::try_from(root).ok()?,
        columns: parse_columns(&text(statement)),
    })
}

/// Returns the names of the columns in a statement that makes a table or an index.
fn parse_columns(statement: &str) -> Vec<String> {
    let Some((_, list)) = statement.split_once('(') else {
        return Vec::new();
    };
    // There the key comes first, whatever the order of the columns.
    if list.to_ascii_lowercase().contains("without rowid") {
        return Vec::new();
    }
    let mut columns = Vec::new();
    for part in split_list(list).take(MOST_COLUMNS) {
        let name = leading_name(part.trim());
        if name.is_empty() || RULES.contains(&&*name.to_ascii_lowercase()) {
            break;
        }
        columns.push(name);
    }
    columns
}

/// Splits the rest of a list in parentheses at its commas, up to its end.
fn split_list(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    let mut is_over = false;
    list.split(move |c: char| {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => is_over = true,
            ')' => depth -= 1,
            _ => {}
        }
        is_over || c == ',' && depth == 0
    })
}

/// Returns the first name of a part, without its quotes.
fn leading_name(part: &str) -> String {
    let mut chars = part.chars();
    let end = match chars.next() {
        Some('"') => '"',
        Some('`') => '`',
        Some('\'') => '\'',
        Some('[') => ']',
        _ => {
            let is_name = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
            return part.chars().take_while(is_name).take(MOST_NAME).collect();
        }
    };
    chars.take_while(|c| *c != end).take(MOST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_statement() {
        for (statement, columns) in [
            ("CREATE TABLE notes(v)", &["v"][..]),
            (
                "create table t (\n  id integer primary key,\n \"the key\" text default (1, 2), [v] , PRIMARY KEY (id))",
                &["id", "the key", "v"],
            ),
            (
                "CREATE INDEX i ON t (`key`, value DESC) WHERE (a, b)",
                &["key", "value"],
            ),
            ("create table t (a, b) without rowid", &[]),
            ("create view v as select 1", &[]),
        ] {
            assert_eq!(parse_columns(statement), columns, "{statement}");
        }
    }
}
