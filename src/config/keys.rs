//! Keys of the configuration: one table for files, environment, `config show` and the schema.

use std::path::PathBuf;

use serde_json::{Map, Value as Json, json};

use crate::document::{Table, suggest_known};
use crate::finding::Confidence;

/// Kind of value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A confidence.
    Level,
    /// A list of words.
    Words,
    /// A list of files.
    Files,
    /// A file.
    File,
    /// True or false.
    Truth,
    /// A number of bytes, or one with a suffix.
    Size,
    /// A number.
    Count,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct ConfigKey {
    /// Name in files. The environment variable has it in upper case with `_`, after `TOKENSWEEP_`.
    pub name: &'static str,
    /// Kind of its value.
    pub kind: ValueType,
    /// Description.
    pub says: &'static str,
}

/// All keys except `accept`, which is a list of tables and allowed in files only.
pub const KEYS: [ConfigKey; 8] = [
    ConfigKey {
        name: "min-confidence",
        kind: ValueType::Level,
        says: "Report findings of this confidence and above.",
    },
    ConfigKey {
        name: "exclude-rules",
        kind: ValueType::Words,
        says: "Rules that are left out.",
    },
    ConfigKey {
        name: "rules",
        kind: ValueType::Files,
        says: "Files with rules of your own.",
    },
    ConfigKey {
        name: "baseline",
        kind: ValueType::File,
        says: "The file of accepted secrets; tokensweep.baseline at the root of the repository if there is one.",
    },
    ConfigKey {
        name: "comments",
        kind: ValueType::Truth,
        says: "Whether comments in the source may accept what stands beside them.",
    },
    ConfigKey {
        name: "compat-comments",
        kind: ValueType::Truth,
        says: "Whether the comments of other scanners count as well.",
    },
    ConfigKey {
        name: "max-file-size",
        kind: ValueType::Size,
        says: "Leave out files larger than this.",
    },
    ConfigKey {
        name: "threads",
        kind: ValueType::Count,
        says: "How many threads to use; 0 for one per core.",
    },
];

/// Keys of an `[[accept]]` table.
pub(super) const ACCEPT_KEYS: [&str; 3] = ["paths", "rules", "reason"];

/// Value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigValue {
    /// A confidence.
    Level(Confidence),
    /// A list of words.
    Words(Vec<String>),
    /// A list of files.
    Files(Vec<PathBuf>),
    /// A truth value.
    Truth(bool),
    /// A number.
    Number(u64),
}

impl std::fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConfigValue::Level(level) => f.write_str(level.name()),
            ConfigValue::Words(words) => f.write_str(&words.join(", ")),
            ConfigValue::Files(files) => {
                let files: Vec<String> = files.iter().map(|p| p.display().to_string()).collect();
                f.write_str(&files.join(", "))
            }
            ConfigValue::Truth(truth) => write!(f, "{truth}"),
            ConfigValue::Number(number) => write!(f, "{number}"),
        }
    }
}

/// Returns the key with this name.
#[must_use]
pub fn key(name: &str) -> Option<&'static ConfigKey> {
    KEYS.iter().find(|k| k.name == name)
}

impl ConfigKey {
    /// Returns the variable that sets the key.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("TOKENSWEEP_{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// Returns the value in a file. Mistakes are noted there. Files are taken as they are written.
    #[must_use]
    pub fn read(&self, table: &Table<'_>) -> Option<ConfigValue> {
        if !table.has(self.name) {
            return None;
        }
        let texts = |table: &Table<'_>| -> Vec<String> {
            let texts = table.string_list(self.name);
            texts.iter().map(|t| t.value.to_owned()).collect()
        };
        match self.kind {
            ValueType::Level => {
                let levels = Confidence::ALL.map(|l| (l.name(), l));
                table
                    .choice_value(self.name, &levels)
                    .map(ConfigValue::Level)
            }
            ValueType::Words => Some(ConfigValue::Words(texts(table))),
            ValueType::Files => Some(ConfigValue::Files(
                texts(table).into_iter().map(PathBuf::from).collect(),
            )),
            ValueType::File => {
                let file = table.string_value(self.name)?;
                Some(ConfigValue::Files(vec![PathBuf::from(file.value)]))
            }
            ValueType::Truth => table.boolean_value(self.name).map(ConfigValue::Truth),
            ValueType::Count => table.number(self.name).map(ConfigValue::Number),
            ValueType::Size if table.is_number(self.name) => {
                table.number(self.name).map(ConfigValue::Number)
            }
            ValueType::Size => {
                let text = table.string_value(self.name)?;
                match parse_size(text.value) {
                    Ok(size) => Some(ConfigValue::Number(size)),
                    Err(wrong) => {
                        text.report_mistake(format!("`{}`: {wrong}", self.name));
                        None
                    }
                }
            }
        }
    }

    /// Parses the value in an environment variable. Lists are separated by commas, lists of files as in `PATH`.
    ///
    /// # Errors
    /// Returns a message with the correct form.
    pub fn parse_value(&self, text: &str) -> Result<ConfigValue, String> {
        match self.kind {
            ValueType::Level => {
                let names = Confidence::ALL.map(Confidence::name);
                let level = Confidence::ALL.into_iter().find(|l| l.name() == text);
                level.map(ConfigValue::Level).ok_or_else(|| {
                    format!("it cannot be `{text}`; {}", suggest_known(text, &names))
                })
            }
            ValueType::Words => {
                let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
                Ok(ConfigValue::Words(words.map(str::to_owned).collect()))
            }
            ValueType::Files => Ok(ConfigValue::Files(std::env::split_paths(text).collect())),
            ValueType::File => Ok(ConfigValue::Files(vec![PathBuf::from(text)])),
            ValueType::Truth => match text {
                "1" | "true" | "yes" => Ok(ConfigValue::Truth(true)),
                "0" | "false" | "no" => Ok(ConfigValue::Truth(false)),
                _ => Err(format!("it cannot be `{text}`; write true or false")),
            },
            ValueType::Size => parse_size(text).map(ConfigValue::Number),
            ValueType::Count => text
                .parse()
                .map(ConfigValue::Number)
                .map_err(|_| format!("it cannot be `{text}`; write a number")),
        }
    }

    fn schema(&self) -> Json {
        let strings = json!({"type": "array", "items": {"type": "string"}});
        let mut schema = match self.kind {
            ValueType::Level => json!({"enum": Confidence::ALL.map(Confidence::name)}),
            ValueType::Words | ValueType::Files => strings,
            ValueType::File => json!({"type": "string"}),
            ValueType::Truth => json!({"type": "boolean"}),
            ValueType::Size => json!({"type": ["integer", "string"], "minimum": 0}),
            ValueType::Count => json!({"type": "integer", "minimum": 0}),
        };
        schema["description"] = json!(self.says);
        schema
    }
}

/// Returns the JSON schema of a configuration file.
#[must_use]
pub fn config_schema() -> Json {
    let mut properties: Map<String, Json> = KEYS
        .iter()
        .map(|key| (key.name.to_owned(), key.schema()))
        .collect();
    let strings = json!({"type": "array", "items": {"type": "string"}});
    let mut paths = strings.clone();
    paths["description"] = json!("Globs as in .gitignore, below the folder of this file.");
    paths["minItems"] = json!(1);
    let mut rules = strings;
    rules["description"] = json!("The ids of the rules that are accepted there; all without it.");
    properties.insert(
        "accept".to_owned(),
        json!({
            "description": "Paths under which findings are accepted; they are still counted.",
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["paths", "reason"],
                "properties": {
                    "paths": paths,
                    "rules": rules,
                    "reason": {"type": "string", "description": "Why they may stay."},
                },
            },
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tokensweep.toml",
        "description": "The configuration of tokensweep.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

/// Parses a number of bytes, or one with a suffix: k, M, G (powers of 1000), Ki, Mi, Gi.
///
/// # Errors
/// Returns a message with the correct form.
pub fn parse_size(text: &str) -> Result<u64, String> {
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
        _ => return Err("write a number of bytes, or one with k, M, G, Ki, Mi or Gi".to_owned()),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| "write a number of bytes such as 500k or 20M".to_owned())?;
    number
        .checked_mul(unit)
        .ok_or_else(|| "that is more than 16 exabytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_suffixes() {
        assert_eq!(parse_size("12"), Ok(12));
        assert_eq!(parse_size("20M"), Ok(20_000_000));
        assert_eq!(parse_size("1MiB"), Ok(1 << 20));
        assert!(parse_size("many").is_err());
        assert!(parse_size("5x").is_err());
        assert!(parse_size("99999999999G").is_err());
    }

    #[test]
    fn the_schema_knows_every_key_and_no_other() {
        let schema = config_schema();
        let properties = schema["properties"].as_object().unwrap();
        let mut known: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
        known.push("accept");
        known.sort_unstable();
        let mut named: Vec<&str> = properties.keys().map(String::as_str).collect();
        named.sort_unstable();
        assert_eq!(named, known);
        for (name, property) in properties {
            assert!(
                property["description"].as_str().unwrap().ends_with('.'),
                "{name}"
            );
        }
        let accept = &properties["accept"]["items"]["properties"];
        assert_eq!(accept.as_object().unwrap().len(), ACCEPT_KEYS.len());
        for key in ACCEPT_KEYS {
            assert!(accept[key].is_object(), "{key}");
        }
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn the_environment_has_a_variable_for_every_key() {
        for (name, text, value) in [
            (
                "min-confidence",
                "high",
                Ok(ConfigValue::Level(Confidence::High)),
            ),
            (
                "min-confidence",
                "hihg",
                Err("it cannot be `hihg`; did you mean `high`?".to_owned()),
            ),
            (
                "exclude-rules",
                "a, b,",
                Ok(ConfigValue::Words(vec!["a".into(), "b".into()])),
            ),
            ("comments", "no", Ok(ConfigValue::Truth(false))),
            (
                "comments",
                "maybe",
                Err("it cannot be `maybe`; write true or false".to_owned()),
            ),
            (
                "threads",
                "-1",
                Err("it cannot be `-1`; write a number".to_owned()),
            ),
            ("max-file-size", "1k", Ok(ConfigValue::Number(1000))),
        ] {
            assert_eq!(key(name).unwrap().parse_value(text), value, "{name}={text}");
        }
        assert_eq!(
            key("max-file-size").unwrap().variable(),
            "TOKENSWEEP_MAX_FILE_SIZE"
        );
    }
}
