//! Settings of the user: a user's file, the project's file, the environment and flags, where later ones
//! override earlier ones. Every value has its source.

mod containers;
mod find;
mod keys;
mod setting;
mod values;

use std::path::Path;

use crate::document::{Diagnostics, Table, TomlDocument, suggest_known};

pub use find::ConfigFile;
pub(crate) use find::{display_path, find_project, find_user, repository_root};
pub use keys::KEYS;
pub(crate) use keys::config_schema;
pub use setting::ValueSource;
pub(crate) use setting::{Setting, parse_size};
pub(crate) use values::AcceptRule;
pub use values::Config;

impl Config {
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
        let mut known: Vec<&str> = KEYS.iter().map(|k| k.name()).collect();
        known.push("accept");
        table.only("the configuration", &known);
        let base = file.base_folder();
        let mut config = self.clone();
        let source_at = |line| ValueSource::File {
            path: file.path.clone(),
            line,
            scanned: file.scanned,
        };
        for key in KEYS {
            key.read_file(&table, &base, &source_at, &mut config);
        }
        let accept: Vec<AcceptRule> = table
            .table_list("accept")
            .iter()
            .filter_map(|t| read_accept_rule(t, file, &base))
            .collect();
        document.finish(())?;
        *self = config;
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
        let known: Vec<String> = KEYS.iter().map(|k| k.variable()).collect();
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
            key.read_variable(&text, self)
                .map_err(|e| format!("{name}: {e}"))?;
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
    let (globs, expressions) = (words("paths"), words("path-regex"));
    if globs.is_empty() && expressions.is_empty() {
        table.report_mistake("an [[accept]] needs its `paths`; write paths = [\"docs/\"]");
    }
    let reason = table.required_string("an [[accept]]", "reason");
    Some(AcceptRule {
        base: base.to_owned(),
        globs,
        expressions,
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
    use std::path::PathBuf;

    use super::*;
    use crate::finding::Confidence;

    fn found(path: &str) -> ConfigFile {
        ConfigFile {
            path: PathBuf::from(path),
            scanned: true,
        }
    }

    fn read(path: &str, text: &str) -> Result<Config, String> {
        let mut config = Config::default();
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
        let level = &config.min_confidence;
        assert_eq!(
            (level.value, level.source.to_string()),
            (Confidence::High, "/p/tokensweep.toml:2".into())
        );
        assert_eq!(config.rules.value, [PathBuf::from("/p/r/a.toml")]);
        let env = [
            ("TOKENSWEEP_MIN_CONFIDENCE".to_owned(), "low".to_owned()),
            ("PATH".into(), "/bin".into()),
        ];
        config.read_environment(env).unwrap();
        let level = &mut config.min_confidence;
        assert_eq!(level.value, Confidence::Low);
        level.override_by_flag("--min-confidence", None);
        assert_eq!(level.source.to_string(), "TOKENSWEEP_MIN_CONFIDENCE");
        level.override_by_flag("--min-confidence", Some(Confidence::Certain));
        assert_eq!(level.value, Confidence::Certain);
        assert_eq!(level.source.to_string(), "--min-confidence");
        assert_eq!(config.threads.source, ValueSource::Default);
    }

    #[test]
    fn pyproject_has_a_table_for_us_or_says_nothing() {
        let mut config = Config::default();
        let file = found("/p/pyproject.toml");
        assert_eq!(config.read(&file, b"[project]\nname = 'x'\n"), Ok(false));
        assert_eq!(
            config.read(&file, b"[tool.tokensweep]\ncompat-comments = true\n"),
            Ok(true)
        );
        assert!(config.compat_comments.value);
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
            Config::default()
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
