//! A configuration gives mistakes with their places, or settings that can be used.

use std::path::{Path, PathBuf};

use tokensweep::internals::accept::PathRule;
use tokensweep::internals::config::{Config, ConfigFile, KEYS, ValueSource};

use super::{check_diagnostics, text_of};

/// Parts of configurations.
const FRAGMENTS: &[&str] = &[
    "min-confidence = 'high'\n",
    "exclude-rules = ['github-pat']\n",
    "rules = ['a.toml']\n",
    "baseline = 'b'\n",
    "comments = false\n",
    "compat-comments = true\n",
    "threads = 2\n",
    "max-file-size = '10 MiB'\n",
    "exclude = ['a/']\n",
    "[[accept]]\n",
    "[tool.tokensweep]\n",
    "[[tool.tokensweep.accept]]\n",
    "[tool]\n",
    "paths = ['",
    "rules = ['",
    "']\n",
    "', '",
    "reason = 'x'\n",
    "docs/",
    "**/",
    "*.env",
    "{a,b}",
    "[a-",
    "]",
    "[",
    "!",
    "\\\\",
    "..",
    "threads = ",
    "max-file-size = ",
    "min-confidence = ",
    "0x",
    "-1",
    "99999999999999999999",
    "1e9",
    "'''",
    "\"\"\"",
    "\"",
    "\\u00fc",
    "{ ",
    " }",
    " = ",
    ", ",
    "#",
    "\n",
    "<<<<<<< ours\n",
];

/// Reads the text as a file of our own, as a table of another tool's, and as values of the environment.
pub(crate) fn check(input: &[u8]) {
    let text = text_of(input, FRAGMENTS);
    for name in ["/p/tokensweep.toml", "/p/pyproject.toml"] {
        check_file(name, &text);
    }
    let Ok(text) = str::from_utf8(&text) else {
        return;
    };
    for key in &KEYS {
        let mut config = Config::default();
        let read = config.read_environment([(key.variable(), text.to_owned())]);
        match read {
            Err(message) => assert!(message.starts_with(&key.variable()), "{message}"),
            Ok(()) => assert_eq!(
                *key.show(&config).1,
                ValueSource::Environment(key.variable())
            ),
        }
    }
}

fn check_file(name: &str, text: &[u8]) {
    let file = ConfigFile {
        path: PathBuf::from(name),
        scanned: true,
    };
    let mut config = Config::default();
    if let Err(mistakes) = config.read(&file, text) {
        check_diagnostics(text, &mistakes);
        let untouched = format!("{:?}", Config::default());
        assert_eq!(format!("{config:?}"), untouched, "half of a file was used");
        return;
    }
    for rule in &config.accept {
        assert!(!(rule.globs.is_empty() && rule.expressions.is_empty()));
        assert!(!rule.reason.trim().is_empty());
        let built = PathRule::new(
            &rule.base,
            &rule.globs,
            &rule.expressions,
            rule.rules.clone(),
            rule.reason.clone(),
            rule.source.to_string(),
        );
        match built {
            Ok(built) => _ = built.covers_finding(Path::new("/p/docs/a.env"), "github-pat"),
            Err(message) => assert!(!message.is_empty()),
        }
    }
    let mut again = Config::default();
    assert!(again.read(&file, text).is_ok());
    assert_eq!(format!("{again:?}"), format!("{config:?}"));
}
