//! Forty mistakes and more in flags, configuration, rules and baselines, and the sentence that each gives: what is
//! wrong, where, and what to write instead.

use crate::env::Env;

/// A file that is written first, the arguments, and how the one line on standard error starts.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

const HEAD: &str = "version = 1\nsalt = '00112233445566778899aabbccddeeff'\n";

const FLAGS: &[Mistake] = &[
    (
        "",
        "",
        "scan --min-confidence hihg",
        "error: invalid value 'hihg' for '--min-confidence <LEVEL>'",
    ),
    (
        "",
        "",
        "scan --formatt json",
        "error: unexpected argument '--formatt' found",
    ),
    (
        "",
        "",
        "scan --format jsno",
        "error: invalid value 'jsno' for '--format <FORMAT>': did you mean `json`?",
    ),
    (
        "",
        "",
        "scan --output sarif",
        "error: invalid value 'sarif' for '--output <FORMAT=FILE>': write FORMAT=FILE, as in sarif=leaks.sarif",
    ),
    (
        "",
        "",
        "scan --output sraif=x",
        "error: invalid value 'sraif=x' for '--output <FORMAT=FILE>': did you mean `sarif`?",
    ),
    (
        "",
        "",
        "scan --output sarif=no/such/dir/x .",
        "tokensweep: cannot write the report no/such/dir/x: No such file or directory",
    ),
    (
        "",
        "",
        "scan --max-file-size 5parsecs",
        "error: invalid value '5parsecs' for '--max-file-size <SIZE>': write a number of bytes",
    ),
    (
        "",
        "",
        "scan --threads many",
        "error: invalid value 'many' for '--threads <N>': write a number from 0 on",
    ),
    (
        "",
        "",
        "scan --threads -1",
        "error: invalid value '-1' for '--threads <N>': write a number from 0 on",
    ),
    (
        "",
        "",
        "scan --staged",
        "tokensweep: no git repository can be read at the working directory or above it: there is none; run this in one, or name one",
    ),
    (
        "",
        "",
        "scan --history none",
        "tokensweep: no git repository can be read at none or above it: there is no such file or folder; run this in one, or name one",
    ),
    (
        "",
        "",
        "why-not a.env",
        "tokensweep: `a.env` names no line; write FILE:LINE, such as src/a.rs:12",
    ),
    (
        "",
        "",
        "explain 123",
        "tokensweep: `123` is neither a fingerprint (32 hex digits, as in a JSON report) nor FILE:LINE",
    ),
    (
        "other.json",
        "{}",
        "config migrate other.json",
        "tokensweep: other.json: this JSON is no baseline of detect-secrets",
    ),
    (
        "",
        "",
        "baseline create --interactive",
        "tokensweep: --interactive asks questions, which needs a terminal; leave it out to accept everything that is found",
    ),
    (
        "",
        "",
        "scan --rule githb-pat",
        "tokensweep: there is no rule `githb-pat`; did you mean `github-pat`?",
    ),
    (
        "",
        "",
        "scan --exclude-rule nmp-access-token",
        "tokensweep: there is no rule `nmp-access-token`; did you mean `npm-access-token`?",
    ),
    (
        "",
        "",
        "scan --config none.toml",
        "tokensweep: cannot read the configuration none.toml: No such file or directory",
    ),
    (
        "",
        "",
        "scan --baseline none",
        "tokensweep: cannot read the baseline none: No such file or directory",
    ),
    (
        "",
        "",
        "scan --config a --no-config",
        "error: the argument '--config <FILE>' cannot be used with '--no-config'",
    ),
    (
        "",
        "",
        "scan - .",
        "tokensweep: `-` (standard input) cannot be combined with other paths",
    ),
    (
        "",
        "",
        "scan none",
        "tokensweep: none: no such file or directory",
    ),
    (
        "",
        "",
        "scan --ci",
        "tokensweep: no CI system that --ci supports has set its variables",
    ),
    ("", "", "sacn", "error: unrecognized subcommand 'sacn'"),
];

const CONFIGURATION: &[Mistake] = &[
    (
        "tokensweep.toml",
        "min-confidense = 'high'",
        "scan",
        "tokensweep: tokensweep.toml:1:1: the configuration has no key `min-confidense`; did you mean `min-confidence`?",
    ),
    (
        "tokensweep.toml",
        "min-confidence = 'hgih'",
        "scan",
        "tokensweep: tokensweep.toml:1:18: `min-confidence` cannot be `hgih`; did you mean `high`?",
    ),
    (
        "tokensweep.toml",
        "min-confidence = high",
        "scan",
        "tokensweep: tokensweep.toml:1:18: this is not TOML: ",
    ),
    (
        "tokensweep.toml",
        "threads = 'two'",
        "scan",
        "tokensweep: tokensweep.toml:1:11: `threads` is a string but must be a number from 0 on; write threads = 1",
    ),
    (
        "tokensweep.toml",
        "rules = 'a.toml'",
        "scan",
        "tokensweep: tokensweep.toml:1:9: `rules` is a string but must be a list of strings; write rules = [\"…\"]",
    ),
    (
        "tokensweep.toml",
        "rules = ['none.toml']",
        "scan",
        "tokensweep: tokensweep.toml:1: cannot read none.toml: No such file or directory",
    ),
    (
        "tokensweep.toml",
        "rules = ['/etc/hostname']",
        "scan",
        "tokensweep: tokensweep.toml:1: `rules` names /etc/hostname, which is outside of ",
    ),
    (
        "tokensweep.toml",
        "exclude-rules = ['github-patt']",
        "scan",
        "tokensweep: tokensweep.toml:1: exclude-rules: there is no rule `github-patt`; did you mean `github-pat`?",
    ),
    (
        "tokensweep.toml",
        "[[accept]]\npaths = ['a[']\nreason = 'x'",
        "scan",
        "tokensweep: tokensweep.toml:1: `a[` is no glob: ",
    ),
    (
        "tokensweep.toml",
        "[[accept]]\npaths = ['a']",
        "scan",
        "tokensweep: tokensweep.toml:1:1: an [[accept]] needs a `reason`; add reason = \"…\"",
    ),
    (
        "tokensweep.toml",
        "[[accept]]\npaths = ['a']\nreason = 'x'\nrules = ['npm']",
        "scan",
        "tokensweep: tokensweep.toml:1: accept: there is no rule `npm`; ",
    ),
    (
        "pyproject.toml",
        "[tool.tokensweep]\nthread = 1",
        "scan",
        "tokensweep: pyproject.toml:2:1: the configuration has no key `thread`; did you mean `threads`?",
    ),
    (
        "pyproject.toml",
        "[project]\nname = 'x'",
        "scan --config pyproject.toml",
        "tokensweep: pyproject.toml has no table [tool.tokensweep]",
    ),
];

const RULES: &[Mistake] = &[
    (
        "r.toml",
        "",
        "scan --rules r.toml",
        "tokensweep: r.toml: the file holds no rule; a rule starts with [[rule]]",
    ),
    (
        "r.toml",
        "[[rule]]\nid = 'a'\ntitle = 'A'\nregex = 'a('",
        "scan --rules r.toml",
        "tokensweep: r.toml:4:11: in `regex`, at character 2: unclosed group",
    ),
    (
        "r.toml",
        "[[rule]]\nid = 'A_b'\ntitle = 'A'\nregex = 'ab'",
        "scan --rules r.toml",
        "tokensweep: r.toml:2:6: `A_b` is no id; write lower-case words joined by hyphens, as in acme-api-key",
    ),
    (
        "r.toml",
        "[[rule]]\nid = 'a'\ntitle = 'A'\nregex = 'a*'",
        "scan --rules r.toml",
        "tokensweep: r.toml:4:10: in `regex`, at character 1: the expression matches the empty string; write + for *, or {1,} for {0,}",
    ),
    (
        "r.toml",
        "[[rule]]\nid = 'a'\ntitle = 'A'\nshapes = ['ghpp']",
        "scan --rules r.toml",
        "tokensweep: r.toml:4:11: there is no shape `ghpp`; write one of: ghp, ",
    ),
    (
        "r.toml",
        "[[rule]]\nid = 'a'\ntitle = 'A'\nregex = 'ab'\n[[rule.example]]\ntext = 'cd'",
        "scan --rules r.toml",
        "tokensweep: r.toml:5: the example of `a` is not found (the expression does not match it): cd",
    ),
    (
        "r.toml",
        "[[rule]]\nid = 'a'\ntitle = 'A'\nregex = '(\\w{500}){500}'",
        "scan --rules r.toml",
        "tokensweep: r.toml:4:9: in `regex`: the expression takes more than 1024 KiB when compiled",
    ),
];

const BASELINES: &[Mistake] = &[
    (
        "tokensweep.baseline",
        "salt = 'x'",
        "scan",
        "tokensweep: tokensweep.baseline:1:1: a baseline needs its `version`; make one with `tokensweep baseline create`",
    ),
    (
        "tokensweep.baseline",
        "version = 9\nsalt = '00112233445566778899aabbccddeeff'",
        "scan",
        "tokensweep: tokensweep.baseline:1:11: this program reads version 1, not 9; use a newer tokensweep",
    ),
    (
        "tokensweep.baseline",
        "HEAD[secrets]\nabc = { rule = 'x', status = 'test' }",
        "scan",
        "tokensweep: tokensweep.baseline:4:7: `abc` names no secret; ",
    ),
    (
        "tokensweep.baseline",
        "HEAD[secrets]\n00112233445566778899aabbccddeeff = { rule = 'x', status = 'ok' }",
        "scan",
        "tokensweep: tokensweep.baseline:4:59: `status` cannot be `ok`; write one of: accepted, false-positive, revoked, test",
    ),
    (
        "tokensweep.baseline",
        "HEAD<<<<<<< ours\n",
        "scan",
        "tokensweep: tokensweep.baseline:3:1: git has left conflict markers here; ",
    ),
    (
        "x",
        "",
        "baseline update",
        "tokensweep: there is no baseline tokensweep.baseline; make one with `tokensweep baseline create`",
    ),
    (
        "x",
        "",
        "baseline create --expires tomorrow",
        "error: invalid value 'tomorrow' for '--expires <DATE>': write a date as YYYY-MM-DD",
    ),
];

/// Whether `line` starts with `pattern`, in which `[..]` stands for anything.
fn starts_like(line: &str, pattern: &str) -> bool {
    match pattern.split_once("[..]") {
        None => line.starts_with(pattern),
        Some((head, tail)) => line
            .strip_prefix(head)
            .is_some_and(|rest| rest.match_indices(tail).next().is_some()),
    }
}

#[test]
fn every_mistake_gives_its_sentence_and_exit_code_2() {
    let tables = [FLAGS, CONFIGURATION, RULES, BASELINES];
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, content, args, said) in tables.into_iter().flatten() {
        count += 1;
        let env = Env::new();
        if !file.is_empty() {
            env.write(file, content.replace("HEAD", HEAD));
        }
        let run = env.run(args);
        let first = run.stderr.lines().next().unwrap_or_default();
        if run.code != 2 || !starts_like(first, said) || run.stderr.contains("panicked") {
            wrong.push(format!(
                "{args} ({content}): {} {first}\n   and not {said}",
                run.code
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 40, "{count}");
}
