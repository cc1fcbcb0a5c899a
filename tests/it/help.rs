//! `-h` is short, `--help` is complete and has examples that work.

use crate::docs::command::check_line;
use crate::env::Env;

/// Commands that people call, and `""` for the program.
const COMMANDS: [&str; 11] = [
    "", "scan", "audit", "view", "redact", "baseline", "hook", "explain", "why-not", "rules",
    "config",
];

fn help(flag: &str, command: &str) -> String {
    Env::new()
        .run(&format!("{command} {flag}"))
        .expect(0)
        .stdout
}

#[test]
fn the_short_help_is_short_and_names_the_long_one() {
    for command in COMMANDS {
        let (short, long) = (help("-h", command), help("--help", command));
        assert!(short.lines().count() < long.lines().count(), "{command}");
        assert!(!short.contains("Examples:"), "{command}: {short}");
        assert!(
            short.contains("--help shows all options and examples."),
            "{command}: {short}"
        );
    }
    let short = help("-h", "scan");
    assert!(short.lines().count() <= 60, "{}", short.lines().count());
    for option in [
        "--staged",
        "--history",
        "--range",
        "--ci",
        "--format",
        "--min-confidence",
        "--baseline",
    ] {
        assert!(short.contains(option), "{option}");
    }
}

#[test]
fn the_long_help_has_every_option_and_examples_that_parse() {
    for command in COMMANDS {
        let long = help("--help", command);
        let examples = long
            .split("Examples:\n")
            .nth(1)
            .unwrap_or_else(|| panic!("{command}: {long}"));
        let lines = examples.lines().take_while(|line| line.starts_with("  "));
        let mut count = 0;
        for line in lines {
            check_line(line).unwrap_or_else(|wrong| panic!("{command}: {line}: {wrong}"));
            count += 1;
        }
        assert!(count > 0, "{command}");
    }
    let long = help("--help", "scan");
    for option in [
        "--threads",
        "--no-containers",
        "--replace-text",
        "--ci-since",
        "--strict",
        "--progress",
    ] {
        assert!(long.contains(option), "{option}");
    }
}
