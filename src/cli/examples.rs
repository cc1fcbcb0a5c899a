//! Examples at the end of `--help`. `tests/it/help.rs` parses every command in them.

/// Hint at the end of `-h`.
pub(super) const MORE: &str = "--help shows all options and examples.";

pub(super) const PROGRAM: &str = "\
Examples:
  tokensweep scan                                # the current folder
  tokensweep scan --history                      # every blob and message of a repository
  tokensweep hook install                        # keep leaks out of commits and pushes
  tokensweep explain src/a.py:12                 # all evidence for a finding
  tokensweep view gitleaks.json --format html    # a report of another scanner
  tokensweep scan --help                         # options and examples of a command

Exit codes: 0 nothing found, everything scanned; 1 leaks found; 2 bad usage, or something that was asked for could not \
     be scanned.";

pub(super) const SCAN: &str = "\
Examples:
  tokensweep scan                                # the current folder
  tokensweep scan src config.env                 # folders and files
  tokensweep scan --staged                       # what the next commit would contain
  tokensweep scan --history --format plan        # a repository, and what to do about its leaks
  tokensweep scan --history clones               # every repository below a folder
  tokensweep scan --range origin/main..HEAD      # the commits of a branch
  tokensweep scan --ci --output sarif=leaks.sarif
  some-deploy 2>&1 | tokensweep scan -           # standard input
  tokensweep scan rows.parquet --column text     # a column of a table, row by row
  tokensweep scan --min-confidence low -v        # all that looks like a secret";

pub(super) const VIEW: &str = "\
Examples:
  tokensweep view leaks.json                     # read it again
  tokensweep view leaks.json gitleaks.json trufflehog.jsonl --output html=leaks.html
  tokensweep view .secrets.baseline --min-confidence low
  cat report.sarif | tokensweep view - --root ../site --format markdown";

pub(super) const AUDIT: &str = "\
Examples:
  tokensweep audit clones                        # every repository below a folder
  tokensweep audit list.txt --output-dir results # those that a file names; run it again to go on
  tokensweep audit merge results-1 results-2     # the results of several machines";

pub(super) const REDACT: &str = "\
Examples:
  tokensweep redact --diff .                     # show what would be replaced
  tokensweep redact config.env                   # replace it
  tokensweep redact --check .                    # exit 1 if something would be replaced
  some-deploy 2>&1 | tokensweep redact -         # filter a log
  tokensweep redact rows.jsonl --column text --output-dir clean";

pub(super) const BASELINE: &str = "\
Examples:
  tokensweep baseline create --reason \"known, revoked\"
  tokensweep baseline update --prune             # add what is new, remove what is gone
  tokensweep baseline update --expires 2028-06-30   # and renew what ends
  tokensweep baseline check                      # exit 1 if an entry has expired
  tokensweep baseline import .secrets.baseline   # what detect-secrets accepts";

pub(super) const HOOK: &str = "\
Examples:
  tokensweep hook install                        # pre-commit, commit-msg and pre-push
  tokensweep hook install pre-commit             # one of them
  tokensweep hook status                         # what git really runs
  tokensweep hook uninstall";

pub(super) const EXPLAIN: &str = "\
Examples:
  tokensweep explain src/a.py:12
  tokensweep explain 79d83108d66b5dfb00848dc0e4be2532 src   # by fingerprint
  tokensweep explain 79d83108 --history          # as `--format plan` prints it";

pub(super) const WHY_NOT: &str = "\
Examples:
  tokensweep why-not .github/workflows/ci.yml:7
  tokensweep why-not HEAD~3:conf/app.env:12      # a line of a commit";

pub(super) const RULES: &str = "\
Examples:
  tokensweep rules list
  tokensweep rules show github-pat               # what it is, and what to do about a leak
  tokensweep rules test security/acme.toml       # your own rules and their examples";

pub(super) const CONFIG: &str = "\
Examples:
  tokensweep config show                         # every value and its origin
  tokensweep config schema --report              # the JSON schema of reports
  tokensweep config migrate .gitleaks.toml --rules-to rules.toml > tokensweep.toml";
