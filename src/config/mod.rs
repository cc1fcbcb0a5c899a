//! Settings of the user: a user's file, the project's file, the environment and flags, where later ones
//! override earlier ones. Every value has its source.

mod find;
mod keys;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::document::{Diagnostics, Table, TomlDocument, suggest_known};
use crate::finding::Confidence;

pub use find::{ConfigFile, display_path, find_project, find_user, repository_root};
pub use keys::{ConfigKey, ConfigValue, KEYS, ValueType, config_schema, key, parse_size};

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

/// Paths under which findings are accepted, as written in a file.
#[derive(Clone, Debug)]
pub struct AcceptRule {
    /// Folder that the globs are relative to.
    pub base: PathBuf,
    /// Globs.
    pub globs: Vec<String>,
    /// Rules that are accepted there. All if empty.
    pub rules: Vec<String>,
    /// Reason.
    pub reason: String,
    /// File and line of the rule.
    pub source: ValueSource,
}

/// Settings of the user.
#[derive(Clone, Debug, Default)]
pub struct Config {
    values: BTreeMap<&'static str, (ConfigValue, ValueSource)>,
    /// Path rules, from all files.
    pub accept: Vec<AcceptRule>,
    /// Files that were read.
    pub files: Vec<PathBuf>,
}

impl Config {
    /// Returns the default configuration.
    #[must_use]
    pub fn new() -> Self {
        let mut config = Config::default();
        for (name, value) in [
            ("min-confidence", ConfigValue::Level(Confidence::Medium)),
            ("exclude-rules", ConfigValue::Words(Vec::new())),
            ("rules", ConfigValue::Files(Vec::new())),
            ("comments", ConfigValue::Truth(true)),
            ("compat-comments", ConfigValue::Truth(false)),
            ("threads", ConfigValue::Number(0)),
        ] {
            config.set_value(name, value, ValueSource::Default);
        }
        config
    }

    /// Sets a key, and overrides its earlier value.
    pub fn set_value(&mut self, name: &str, value: ConfigValue, source: ValueSource) {
        if let Some(key) = key(name) {
            self.values.insert(key.name, (value, source));
        }
    }

    /// Returns the value of a key and its source.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&ConfigValue, &ValueSource)> {
        self.values.get(name).map(|(value, source)| (value, source))
    }

    /// Returns the files under a key.
    #[must_use]
    pub fn files_of(&self, name: &str) -> &[PathBuf] {
        match self.get(name) {
            Some((ConfigValue::Files(files), _)) => files,
            _ => &[],
        }
    }

    /// Returns true if a key is set to true.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some((ConfigValue::Truth(true), _)))
    }

    /// Returns the number under a key.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some((ConfigValue::Number(number), _)) => Some(*number),
            _ => None,
        }
    }

    /// Reads a file over earlier settings. Returns true if it has settings: a `pyproject.toml` may have none.
    ///
    /// # Errors
    /// Returns all mistakes in the file.
    pub fn read(&mut self, file: &ConfigFile, bytes: &[u8]) -> Result<bool, Diagnostics> {
        let name = display_path(&file.path);
        let document = TomlDocument::parse(&name, bytes)?;
        let root = document.root();
        let table = if file.is_pyproject() {
            let tool = root.has("tool").then(|| root.subtable("tool")).flatten();
            match tool.and_then(|t| {
                t.has("tokensweep")
                    .then(|| t.subtable("tokensweep"))
                    .flatten()
            }) {
                Some(table) => table,
                None => return document.finish(false),
            }
        } else {
            root
        };
        let mut known: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
        known.push("accept");
        table.only("the configuration", &known);
        let base = file.base_folder();
        let mut read = Vec::new();
        for key in &KEYS {
            let Some(value) = key.read(&table) else {
                continue;
            };
            let source = ValueSource::File {
                path: file.path.clone(),
                line: table.line_of(key.name),
                scanned: file.scanned,
            };
            let value = match value {
                ConfigValue::Files(files) => {
                    ConfigValue::Files(files.iter().map(|f| base.join(f)).collect())
                }
                other => other,
            };
            read.push((key.name, value, source));
        }
        let accept: Vec<AcceptRule> = table
            .table_list("accept")
            .iter()
            .filter_map(|t| read_accept_rule(t, file, &base))
            .collect();
        document.finish(())?;
        for (name, value, source) in read {
            self.set_value(name, value, source);
        }
        self.accept.extend(accept);
        self.files.push(file.path.clone());
        Ok(true)
    }

    /// Reads the variables of the environment that start with `TOKENSWEEP_`.
    ///
    /// # Errors
    /// Returns what is wrong with one of them, in words.
    pub fn read_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), String> {
        let known: Vec<String> = KEYS.iter().map(ConfigKey::variable).collect();
        for (name, text) in variables {
            if !name.starts_with("TOKENSWEEP_") {
                continue;
            }
            let Some(key) = KEYS.iter().find(|k| k.variable() == name) else {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let hint = suggest_known(&name, &known);
                return Err(format!(
                    "there is no setting for the variable {name}; {hint}"
                ));
            };
            let value = key.parse_value(&text).map_err(|e| format!("{name}: {e}"))?;
            self.set_value(key.name, value, ValueSource::Environment(name));
        }
        Ok(())
    }
}

fn read_accept_rule(table: &Table<'_>, file: &ConfigFile, base: &Path) -> Option<AcceptRule> {
    table.only("an [[accept]]", &keys::ACCEPT_KEYS);
    let words = |key| -> Vec<String> {
        let texts = table.string_list(key);
        texts.iter().map(|t| t.value.to_owned()).collect()
    };
    let globs = words("paths");
    if globs.is_empty() {
        table.report_mistake("an [[accept]] needs its `paths`; write paths = [\"docs/\"]");
    }
    let reason = table.required_string("an [[accept]]", "reason");
    Some(AcceptRule {
        base: base.to_owned(),
        globs,
        rules: words("rules"),
        reason: reason?.value.to_owned(),
        source: ValueSource::File {
            path: file.path.clone(),
            line: table.line(),
            scanned: file.scanned,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> ConfigFile {
        ConfigFile {
            path: PathBuf::from(path),
            scanned: true,
        }
    }

    fn read(path: &str, text: &str) -> Result<Config, String> {
        let mut config = Config::new();
        let read = config.read(&found(path), text.as_bytes());
        read.map(|_| config).map_err(|e| e.to_string())
    }

    #[test]
    fn the_later_stands_over_the_earlier_and_knows_where_it_is_from() {
        let mut config = read(
            "/p/tokensweep.toml",
            "\nmin-confidence = 'high'\nrules = ['r/a.toml']\n",
        )
        .unwrap();
        let (value, source) = config.get("min-confidence").unwrap();
        assert_eq!(
            (value.to_string(), source.to_string()),
            ("high".into(), "/p/tokensweep.toml:2".into())
        );
        assert_eq!(config.files_of("rules"), [PathBuf::from("/p/r/a.toml")]);
        let env = [
            ("TOKENSWEEP_MIN_CONFIDENCE".to_owned(), "low".to_owned()),
            ("PATH".into(), "/bin".into()),
        ];
        config.read_environment(env).unwrap();
        assert_eq!(
            config.get("min-confidence").unwrap().0,
            &ConfigValue::Level(Confidence::Low)
        );
        config.set_value(
            "min-confidence",
            ConfigValue::Level(Confidence::Certain),
            ValueSource::Flag("--min-confidence"),
        );
        assert_eq!(
            config.get("min-confidence").unwrap().1.to_string(),
            "--min-confidence"
        );
        assert_eq!(config.get("threads").unwrap().1, &ValueSource::Default);
    }

    #[test]
    fn pyproject_has_a_table_for_us_or_says_nothing() {
        let mut config = Config::new();
        let file = found("/p/pyproject.toml");
        assert_eq!(config.read(&file, b"[project]\nname = 'x'\n"), Ok(false));
        assert_eq!(
            config.read(&file, b"[tool.tokensweep]\ncompat-comments = true\n"),
            Ok(true)
        );
        assert!(config.is_on("compat-comments"));
    }

    #[test]
    fn every_mistake_says_where_it_is_and_what_to_write() {
        for (text, said) in [
            (
                "min-confidense = 'high'",
                "c.toml:1:1: the configuration has no key `min-confidense`; did you mean `min-confidence`?",
            ),
            (
                "min_confidence = 'high'",
                "c.toml:1:1: the configuration has no key `min_confidence`; did you mean `min-confidence`?",
            ),
            (
                "min-confidence = 'hgih'",
                "c.toml:1:18: `min-confidence` cannot be `hgih`; did you mean `high`?",
            ),
            (
                "min-confidence = 3",
                "c.toml:1:18: `min-confidence` is a whole number but must be a string; write min-confidence = \"…\"",
            ),
            (
                "threads = -1",
                "c.toml:1:11: `threads` is a whole number but must be a number from 0 on; write threads = 1",
            ),
            (
                "max-file-size = '3 parsecs'",
                "c.toml:1:17: `max-file-size`: write a number of bytes, or one with k, M, G, Ki, Mi or Gi",
            ),
            (
                "comments = 'yes'",
                "c.toml:1:12: `comments` is a string but must be true or false; write comments = true",
            ),
            (
                "rules = 'a.toml'",
                "c.toml:1:9: `rules` is a string but must be a list of strings; write rules = [\"…\"]",
            ),
            (
                "baseline = ['a']",
                "c.toml:1:12: `baseline` is a list but must be a string; write baseline = \"…\"",
            ),
            (
                "[[accept]]\nreason = 'x'",
                "c.toml:1:1: an [[accept]] needs its `paths`; write paths = [\"docs/\"]",
            ),
            (
                "[[accept]]\npaths = ['x']",
                "c.toml:1:1: an [[accept]] needs a `reason`; add reason = \"…\"",
            ),
            (
                "[[accept]]\npaths = ['x']\nreason = 'y'\nrule = 'z'",
                "c.toml:4:1: an [[accept]] has no key `rule`; did you mean `rules`?",
            ),
            (
                "[accept]\npaths = ['x']",
                "c.toml:1:1: `accept` is a table but must be a list of tables; write its header in double brackets, [[…]]",
            ),
        ] {
            assert_eq!(read("c.toml", text).unwrap_err(), said);
        }
        let env = |name: &str, text: &str| {
            Config::new()
                .read_environment([(name.to_owned(), text.to_owned())])
                .unwrap_err()
        };
        assert_eq!(
            env("TOKENSWEEP_THREADS", "x"),
            "TOKENSWEEP_THREADS: it cannot be `x`; write a number"
        );
        assert_eq!(
            env("TOKENSWEEP_TREADS", "1"),
            "there is no setting for the variable TOKENSWEEP_TREADS; did you mean `TOKENSWEEP_THREADS`?"
        );
    }
}
