//! Keys of the configuration: one table for files, environment, `config show` and the schema.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::setting::{Setting, SettingValue, ValueSource};
use super::values::Config;
use crate::document::Table;

/// Key of a setting, and the field of [`Config`] that it sets.
pub(crate) struct ConfigKey<T> {
    name: &'static str,
    description: &'static str,
    get: fn(&Config) -> &Setting<T>,
    get_mut: fn(&mut Config) -> &mut Setting<T>,
}

/// Key of a setting with a value of any type.
pub trait AnyConfigKey: Sync {
    /// Returns the name in files.
    fn name(&self) -> &'static str;

    /// Returns the variable that sets the key.
    fn variable(&self) -> String {
        format!(
            "TOKENSWEEP_{}",
            self.name().to_uppercase().replace('-', "_")
        )
    }

    /// Returns the value in words, empty for none, and its source.
    fn show<'c>(&self, config: &'c Config) -> (String, &'c ValueSource);

    /// Sets the value to that of the file, if the file has the key. Mistakes are noted there. Files are below `base`.
    fn read_file(
        &self,
        table: &Table<'_>,
        base: &Path,
        source_at: &dyn Fn(u64) -> ValueSource,
        config: &mut Config,
    );

    /// Sets the value to that of its variable.
    ///
    /// # Errors
    /// Returns a message with the correct form.
    fn read_variable(&self, text: &str, config: &mut Config) -> Result<(), String>;

    /// Returns the schema of the value in a file.
    fn schema(&self) -> Json;
}

impl<T: SettingValue + 'static> AnyConfigKey for ConfigKey<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn show<'c>(&self, config: &'c Config) -> (String, &'c ValueSource) {
        let setting = (self.get)(config);
        (setting.value.to_words(), &setting.source)
    }

    fn read_file(
        &self,
        table: &Table<'_>,
        base: &Path,
        source_at: &dyn Fn(u64) -> ValueSource,
        config: &mut Config,
    ) {
        if table.has(self.name)
            && let Some(value) = T::read_toml(table, self.name, base)
        {
            let source = source_at(table.line_of(self.name));
            *(self.get_mut)(config) = Setting { value, source };
        }
    }

    fn read_variable(&self, text: &str, config: &mut Config) -> Result<(), String> {
        let value = T::parse_variable(text)?;
        let source = ValueSource::Environment(self.variable());
        *(self.get_mut)(config) = Setting { value, source };
        Ok(())
    }

    fn schema(&self) -> Json {
        let mut schema = T::schema();
        schema["description"] = json!(self.description);
        schema
    }
}

/// Makes the key for a field of [`Config`].
macro_rules! key {
    ($name:literal, $($field:ident).+, $description:literal) => {
        &ConfigKey {
            name: $name,
            description: $description,
            get: |config| &config.$($field).+,
            get_mut: |config| &mut config.$($field).+,
        }
    };
}

/// All keys except `accept`, which is a list of tables and allowed in files only.
pub const KEYS: [&dyn AnyConfigKey; 20] = [
    key!(
        "min-confidence",
        min_confidence,
        "Report findings of this confidence and above."
    ),
    key!("exclude-rules", exclude_rules, "Rules that are left out."),
    key!("rules", rules, "Files with rules of your own."),
    key!(
        "baseline",
        baseline,
        "The file of accepted secrets; tokensweep.baseline at the root of the repository if there is one."
    ),
    key!(
        "comments",
        comments,
        "Whether comments in the source may accept what stands beside them."
    ),
    key!(
        "compat-comments",
        compat_comments,
        "Whether the comments of other scanners count as well."
    ),
    key!(
        "max-file-size",
        max_file_size,
        "Leave out files larger than this."
    ),
    key!(
        "containers",
        containers.are_opened,
        "Whether archives and other containers are opened."
    ),
    key!(
        "max-container-depth",
        containers.depth,
        "How many containers inside each other are opened."
    ),
    key!(
        "max-container-members",
        containers.members,
        "How many members of one file are read."
    ),
    key!(
        "max-member-size",
        containers.member_bytes,
        "How much of one compressed member is read."
    ),
    key!(
        "max-container-ratio",
        containers.ratio,
        "How many times its size a file may hold; its first 64 MiB do not count."
    ),
    key!(
        "max-container-size",
        containers.file_bytes,
        "How much is decompressed from one file, at all levels."
    ),
    key!(
        "max-container-total",
        containers.scan_bytes,
        "How much is decompressed in one scan."
    ),
    key!(
        "max-container-memory",
        containers.memory,
        "How much of the containers inside one file is held in memory."
    ),
    key!(
        "max-container-seconds",
        containers.seconds,
        "How many seconds of processor time one file may take, and one more for each 4 MiB of it."
    ),
    key!(
        "max-picture-pixels",
        containers.picture_pixels,
        "How many pixels a picture may have whose text is read."
    ),
    key!(
        "max-picture-memory",
        containers.picture_memory,
        "How much memory the decoding of a picture may take."
    ),
    key!(
        "max-picture-seconds",
        containers.picture_seconds,
        "How many seconds the text of one picture may take."
    ),
    key!(
        "threads",
        threads,
        "How many threads to use; 0 for one per core."
    ),
];

/// Keys of an `[[accept]]` table.
pub(super) const ACCEPT_KEYS: [&str; 4] = ["paths", "path-regex", "rules", "reason"];

/// Returns the JSON schema of a configuration file.
#[must_use]
pub(crate) fn config_schema() -> Json {
    let mut properties: Map<String, Json> = KEYS
        .iter()
        .map(|key| (key.name().to_owned(), key.schema()))
        .collect();
    let strings = json!({"type": "array", "items": {"type": "string"}});
    let mut paths = strings.clone();
    paths["description"] = json!("Globs as in .gitignore, below the folder of this file.");
    paths["minItems"] = json!(1);
    let mut expressions = paths.clone();
    expressions["description"] =
        json!("Regular expressions that match anywhere in a path below the folder of this file.");
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
                "required": ["reason"],
                "anyOf": [{"required": ["paths"]}, {"required": ["path-regex"]}],
                "properties": {
                    "paths": paths,
                    "path-regex": expressions,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_knows_every_key_and_no_other() {
        let schema = config_schema();
        let properties = schema["properties"].as_object().unwrap();
        let mut known: Vec<&str> = KEYS.iter().map(|k| k.name()).collect();
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
    fn every_key_has_a_variable_and_a_field_of_its_own() {
        let mut config = Config::default();
        for (index, key) in KEYS.iter().enumerate() {
            let text = ["high", "1"][usize::from(key.read_variable("1", &mut config).is_ok())];
            key.read_variable(text, &mut config).unwrap();
            let set: Vec<bool> = KEYS
                .iter()
                .map(|k| *k.show(&config).1 != ValueSource::Default)
                .collect();
            let expected: Vec<bool> = (0..KEYS.len()).map(|at| at <= index).collect();
            assert_eq!(set, expected, "{}", key.name());
            assert_eq!(key.show(&config).1.to_string(), key.variable());
        }
        assert_eq!(KEYS[6].variable(), "TOKENSWEEP_MAX_FILE_SIZE");
    }
}
