//! Tables and strings of a file, read key by key. Mistakes are noted at their place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::text::DocumentText;
use super::words::suggest_known;
use crate::date::Date;

/// Table of a file.
#[derive(Clone, Debug)]
pub struct Table<'d> {
    pub(super) text: &'d DocumentText<'d>,
    pub(super) table: &'d DeTable<'d>,
    pub(super) span: Range<usize>,
}

/// String of a file, with its place.
#[derive(Clone, Copy, Debug)]
pub struct TextValue<'d> {
    text: &'d DocumentText<'d>,
    /// Value of the string.
    pub value: &'d str,
    start: usize,
    end: usize,
}

impl TextValue<'_> {
    /// Notes a mistake in this string.
    pub fn report_mistake(&self, message: impl Into<String>) {
        self.text.report_mistake(self.start, message);
    }

    /// Notes a mistake at byte `at` of this string.
    pub fn report_mistake_at(&self, at: usize, message: impl Into<String>) {
        self.text.report_mistake(self.byte(at), message);
    }

    /// Returns the offset in the file of byte `at` of the string, or the string's start if it contains escapes.
    fn byte(&self, at: usize) -> usize {
        let written = &self.text.text[self.start..self.end];
        match written.find(self.value) {
            Some(quotes) if !self.value.is_empty() => self.start + quotes + at,
            _ => self.start,
        }
    }
}

impl<'d> Table<'d> {
    /// Notes a mistake in this table as a whole.
    pub fn report_mistake(&self, message: impl Into<String>) {
        self.text.report_mistake(self.span.start, message);
    }

    /// Returns the first line of the table, 1-based.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.text.position_at(self.span.start).line
    }

    /// Notes every key that is not one of `known`. `what` describes the table, as in "a rule".
    pub fn only(&self, what: &str, known: &[&str]) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let hint = suggest_known(name, known);
                self.text.report_mistake(
                    key.span().start,
                    format!("{what} has no key `{name}`; {hint}"),
                );
            }
        }
    }

    /// Iterates over the keys of the table.
    pub fn keys(&self) -> impl Iterator<Item = &'d str> {
        self.table.iter().map(|(key, _)| &**key.get_ref())
    }

    /// Returns the first line of the value of this key, 1-based.
    #[must_use]
    pub fn line_of(&self, key: &str) -> u64 {
        let at = self.table.get(key).map_or(0, |v| v.span().start);
        self.text.position_at(at).line
    }

    /// Returns true if the value of this key is a whole number.
    #[must_use]
    pub fn is_number(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|v| v.get_ref().is_integer())
    }

    /// Returns true if the table has this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes a mistake in the value of this key.
    pub fn report_mistake_in(&self, key: &str, message: impl Into<String>) {
        let at = self
            .table
            .get(key)
            .map_or(self.span.start, |v| v.span().start);
        self.text.report_mistake(at, message);
    }

    /// Reads a string.
    #[must_use]
    pub fn string_value(&self, key: &str) -> Option<TextValue<'d>> {
        let value = self.table.get(key)?;
        let text = self.text(value);
        if text.is_none() {
            self.report_wrong_type(key, value, &format!("a string; write {key} = \"…\""));
        }
        text
    }

    /// Reads a string that is required and must not be empty.
    #[must_use]
    pub fn required_string(&self, what: &str, key: &str) -> Option<TextValue<'d>> {
        if !self.has(key) {
            self.report_mistake(format!("{what} needs a `{key}`; add {key} = \"…\""));
            return None;
        }
        let text = self.string_value(key)?;
        if text.value.trim().is_empty() {
            text.report_mistake(format!("`{key}` is empty; write {key} = \"…\""));
            return None;
        }
        Some(text)
    }

    /// Returns true if the value of `key` is a list.
    #[must_use]
    pub fn is_list(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|value| value.get_ref().is_array())
    }

    /// Reads a list of strings. Empty if the key is missing.
    #[must_use]
    pub fn string_list(&self, key: &str) -> Vec<TextValue<'d>> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let texts = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| self.text(item))
                .collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.report_wrong_type(
                key,
                value,
                &format!("a list of strings; write {key} = [\"…\"]"),
            );
            Vec::new()
        })
    }

    /// Reads a truth value.
    #[must_use]
    pub fn boolean_value(&self, key: &str) -> Option<bool> {
        let value = self.table.get(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.report_wrong_type(key, value, &format!("true or false; write {key} = true"));
        }
        found
    }

    /// Reads a number from 0 on.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        let value = self.table.get(key)?;
        let found = value
            .get_ref()
            .as_integer()
            .and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        if found.is_none() {
            self.report_wrong_type(key, value, &format!("a number from 0 on; write {key} = 1"));
        }
        found
    }

    /// Reads one of a few words.
    #[must_use]
    pub fn choice_value<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.string_value(key)?;
        let found = choices.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            text.report_mistake(format!(
                "`{key}` cannot be `{}`; {}",
                text.value,
                suggest_known(text.value, &names)
            ));
        }
        found.map(|(_, choice)| *choice)
    }

    /// Returns the table under this key.
    #[must_use]
    pub fn subtable(&self, key: &str) -> Option<Table<'d>> {
        let value = self.table.get(key)?;
        let table = self.as_table(value);
        if table.is_none() {
            self.report_wrong_type(key, value, &format!("a table; write [{key}]"));
        }
        table
    }

    /// Returns the tables of the array under this key. Empty if the key is missing.
    #[must_use]
    pub fn table_list(&self, key: &str) -> Vec<Table<'d>> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let tables = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| self.as_table(item))
                .collect::<Option<Vec<_>>>()
        });
        tables.unwrap_or_else(|| {
            self.report_wrong_type(
                key,
                value,
                "a list of tables; write its header in double brackets, [[…]]",
            );
            Vec::new()
        })
    }

    /// Returns the tables under all keys of this table.
    #[must_use]
    pub fn tables_by_key(&self) -> Vec<(&'d str, Table<'d>)> {
        let mut out = Vec::new();
        for (key, value) in self.table {
            match self.as_table(value) {
                Some(table) => out.push((&**key.get_ref(), table)),
                None => self.report_wrong_type(key.get_ref(), value, "a table; write it as { … }"),
            }
        }
        out
    }

    /// Reads a date, in TOML syntax or as a string.
    #[must_use]
    pub fn date_value(&self, key: &str) -> Option<Date> {
        let value = self.table.get(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let date = text.parse().ok();
        if date.is_none() {
            self.report_mistake_in(key, format!("`{key}` is no date; write {key} = 2026-12-31"));
        }
        date
    }

    fn text(&self, value: &'d Spanned<DeValue<'d>>) -> Option<TextValue<'d>> {
        let span = value.span();
        value.get_ref().as_str().map(|text| TextValue {
            text: self.text,
            value: text,
            start: span.start,
            end: span.end,
        })
    }

    fn as_table(&self, value: &'d Spanned<DeValue<'d>>) -> Option<Table<'d>> {
        value.get_ref().as_table().map(|table| Table {
            text: self.text,
            table,
            span: value.span(),
        })
    }

    fn report_wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let is = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "a truth value",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.text.report_mistake(
            value.span().start,
            format!("`{key}` is {is} but must be {wanted}"),
        );
    }
}
