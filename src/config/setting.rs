//! Settings: values with their sources, and the forms of each type of value.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::find::display_path;
use crate::document::{Table, suggest_known};
use crate::finding::Confidence;

/// Source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueSource {
    /// Default of the program.
    Default,
    /// A file, and the line in it.
    File {
        /// Path of the file.
        path: PathBuf,
        /// Line, 1-based.
        line: u64,
        /// True if the file is in what is scanned, so that its author also wrote what is scanned.
        scanned: bool,
    },
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl ValueSource {
    /// Returns true if the value comes from what is scanned.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        matches!(self, ValueSource::File { scanned: true, .. })
    }
}

impl fmt::Display for ValueSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueSource::Default => f.write_str("default"),
            ValueSource::File { path, line, .. } => write!(f, "{}:{line}", display_path(path)),
            ValueSource::Environment(name) => f.write_str(name),
            ValueSource::Flag(name) => f.write_str(name),
        }
    }
}

/// Value with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// Value.
    pub value: T,
    /// Source of the value.
    pub source: ValueSource,
}

impl<T> Setting<T> {
    /// Returns a setting with the default of the program.
    #[must_use]
    pub fn of_default(value: T) -> Self {
        Setting {
            value,
            source: ValueSource::Default,
        }
    }

    /// Replaces the value by that of a flag, if the flag was given.
    pub fn override_by_flag(&mut self, flag: &'static str, value: Option<T>) {
        if let Some(value) = value {
            self.value = value;
            self.source = ValueSource::Flag(flag);
        }
    }
}

/// Type of a setting's value, with its forms in files, in the environment, in the schema and in `config show`.
pub(crate) trait SettingValue: Sized {
    /// Reads the value of `key` in a file, where mistakes are noted. Files are below `base`.
    fn read_toml(table: &Table<'_>, key: &str, base: &Path) -> Option<Self>;

    /// Parses the value of a variable. Lists are separated by commas, lists of files as in `PATH`.
    ///
    /// # Errors
    /// Returns a message with the correct form.
    fn parse_variable(text: &str) -> Result<Self, String>;

    /// Returns the value in words; empty for none.
    fn to_words(&self) -> String;

    /// Returns the schema of the value in a file.
    fn schema() -> Json;
}

impl SettingValue for Confidence {
    fn read_toml(table: &Table<'_>, key: &str, _: &Path) -> Option<Self> {
        table.choice_value(key, &Confidence::ALL.map(|l| (l.name(), l)))
    }

    fn parse_variable(text: &str) -> Result<Self, String> {
        let names = Confidence::ALL.map(Confidence::name);
        let level = Confidence::ALL.into_iter().find(|l| l.name() == text);
        level.ok_or_else(|| format!("it cannot be `{text}`; {}", suggest_known(text, &names)))
    }

    fn to_words(&self) -> String {
        self.name().to_owned()
    }

    fn schema() -> Json {
        json!({"enum": Confidence::ALL.map(Confidence::name)})
    }
}

impl SettingValue for Vec<String> {
    fn read_toml(table: &Table<'_>, key: &str, _: &Path) -> Option<Self> {
        let texts = table.string_list(key);
        Some(texts.iter().map(|t| t.value.to_owned()).collect())
    }

    fn parse_variable(text: &str) -> Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
        Ok(words.map(str::to_owned).collect())
    }

    fn to_words(&self) -> String {
        self.join(", ")
    }

    fn schema() -> Json {
        json!({"type": "array", "items": {"type": "string"}})
    }
}

/// Files.
impl SettingValue for Vec<PathBuf> {
    fn read_toml(table: &Table<'_>, key: &str, base: &Path) -> Option<Self> {
        let texts = table.string_list(key);
        Some(texts.iter().map(|t| base.join(t.value)).collect())
    }

    fn parse_variable(text: &str) -> Result<Self, String> {
        Ok(std::env::split_paths(text).collect())
    }

    fn to_words(&self) -> String {
        let files: Vec<String> = self.iter().map(|p| p.display().to_string()).collect();
        files.join(", ")
    }

    fn schema() -> Json {
        Vec::<String>::schema()
    }
}

/// A file, or none.
impl SettingValue for Option<PathBuf> {
    fn read_toml(table: &Table<'_>, key: &str, base: &Path) -> Option<Self> {
        let file = table.string_value(key)?;
        Some(Some(base.join(file.value)))
    }

    fn parse_variable(text: &str) -> Result<Self, String> {
        Ok(Some(PathBuf::from(text)))
    }

    fn to_words(&self) -> String {
        self.as_deref()
            .map_or_else(String::new, |file| file.display().to_string())
    }

    fn schema() -> Json {
        json!({"type": "string"})
    }
}

impl SettingValue for bool {
    fn read_toml(table: &Table<'_>, key: &str, _: &Path) -> Option<Self> {
        table.boolean_value(key)
    }

    fn parse_variable(text: &str) -> Result<Self, String> {
        match text {
            "1" | "true" | "yes" => Ok(true),
            "0" | "false" | "no" => Ok(false),
            _ => Err(format!("it cannot be `{text}`; write true or false")),
        }
    }

    fn to_words(&self) -> String {
        self.to_string()
    }

    fn schema() -> Json {
        json!({"type": "boolean"})
    }
}

/// A size in bytes, or no limit.
impl SettingValue for Option<u64> {
    fn read_toml(table: &Table<'_>, key: &str, _: &Path) -> Option<Self> {
        if table.is_number(key) {
            return table.number(key).map(Some);
        }
        let text = table.string_value(key)?;
        match parse_size(text.value) {
            Ok(size) => Some(Some(size)),
            Err(wrong) => {
                text.report_mistake(format!("`{key}`: {wrong}"));
                None
            }
        }
    }

    fn parse_variable(text: &str) -> Result<Self, String> {
        parse_size(text).map(Some).map_err(|e| e.to_string())
    }

    fn to_words(&self) -> String {
        self.map_or_else(String::new, |size| size.to_string())
    }

    fn schema() -> Json {
        json!({"type": ["integer", "string"], "minimum": 0})
    }
}

/// A count.
impl SettingValue for u64 {
    fn read_toml(table: &Table<'_>, key: &str, _: &Path) -> Option<Self> {
        table.number(key)
    }

    fn parse_variable(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("it cannot be `{text}`; write a number"))
    }

    fn to_words(&self) -> String {
        self.to_string()
    }

    fn schema() -> Json {
        json!({"type": "integer", "minimum": 0})
    }
}

/// Mistake in a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizeError {
    /// There is no number, or one of more than 64 bits.
    NoNumber,
    /// The suffix is not known.
    UnknownSuffix,
    /// The size has more than 64 bits.
    TooLarge,
}

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SizeError::NoNumber => "write a number of bytes such as 500k or 20M",
            SizeError::UnknownSuffix => {
                "write a number of bytes, or one with k, M, G, Ki, Mi or Gi"
            }
            SizeError::TooLarge => "that is more than 16 exabytes",
        })
    }
}

impl std::error::Error for SizeError {}

/// Parses a number of bytes, or one with a suffix: k, M, G (powers of 1000), Ki, Mi, Gi.
///
/// # Errors
/// Fails if the text is no number, has another suffix, or is too large.
pub(crate) fn parse_size(text: &str) -> Result<u64, SizeError> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = text[digits.len()..].to_ascii_lowercase();
    let unit = match suffix.trim_end_matches('b') {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        "ki" => 1 << 10,
        "mi" => 1 << 20,
        "gi" => 1 << 30,
        _ => return Err(SizeError::UnknownSuffix),
    };
    let number: u64 = digits.parse().map_err(|_| SizeError::NoNumber)?;
    number.checked_mul(unit).ok_or(SizeError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_suffixes() {
        assert_eq!(parse_size("12"), Ok(12));
        assert_eq!(parse_size("20M"), Ok(20_000_000));
        assert_eq!(parse_size("1MiB"), Ok(1 << 20));
        assert_eq!(parse_size("-"), Err(SizeError::NoNumber));
        assert_eq!(parse_size("5x"), Err(SizeError::UnknownSuffix));
        assert_eq!(parse_size("99999999999G"), Err(SizeError::TooLarge));
    }

    #[test]
    fn variables_are_parsed_by_the_type_of_the_value() {
        let wrong = |text: &str| Err(text.to_owned());
        let level = Confidence::parse_variable;
        assert_eq!(level("high"), Ok(Confidence::High));
        let corrected = "it cannot be `hihg`; did you mean `high`?";
        assert_eq!(level("hihg"), wrong(corrected).map(|()| Confidence::Low));
        let words = Vec::<String>::parse_variable("a, b,");
        assert_eq!(words, Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(bool::parse_variable("no"), Ok(false));
        let choice = "it cannot be `maybe`; write true or false";
        assert_eq!(bool::parse_variable("maybe"), Err(choice.to_owned()));
        let number = "it cannot be `-1`; write a number";
        assert_eq!(u64::parse_variable("-1"), Err(number.to_owned()));
        assert_eq!(Option::<u64>::parse_variable("1k"), Ok(Some(1000)));
    }
}
