//! Words that git writes down for people: messages, names, addresses. They are text, and no testimony that a value
//! is an object, whatever they look like.

use std::collections::BTreeSet;

use tokensweep::internals::token::Shape;

use crate::env::{Env, Run};
use crate::git::{git, git_out, token};

/// Places into which a person can put a word `$H` that git writes down, and the commands, each line in a repository of its own
/// branch and commits. `../other` is a repository to fetch from.
const PLACES: &[(&str, &str)] = &[
    ("message of a commit", "git commit -qm \"revoke $H\""),
    ("message that is nothing else", "git commit -qm $H"),
    (
        "message of an amended commit",
        "git commit -qm x; git commit -q --amend -m \"Drop $H\"",
    ),
    (
        "message after an id",
        "git commit -qm \"$(git rev-parse HEAD) $H\"",
    ),
    ("name of an author", "git -c user.name=$H commit -qm x"),
    (
        "name of a committer",
        "GIT_COMMITTER_NAME=$H git commit -qm x",
    ),
    (
        "address of a committer",
        "GIT_COMMITTER_EMAIL=$H git commit -qm x",
    ),
    (
        "name of a branch",
        "git commit -qm x; git update-ref refs/heads/$H HEAD",
    ),
    (
        "part of the name of a branch",
        "git commit -qm x; git branch fix/$H",
    ),
    (
        "name of a branch that was left",
        "git commit -qm x; git checkout -qb $H; git checkout -q -",
    ),
    (
        "name of a branch that was renamed",
        "git commit -qm x; git branch a$H; git branch -m a$H $H",
    ),
    (
        "name of a deleted branch",
        "git commit -qm x; git branch $H; git branch -q -D $H",
    ),
    ("name of a tag", "git commit -qm x; git tag $H"),
    ("message of a tag", "git commit -qm x; git tag -a -m $H v$N"),
    (
        "message of a stash",
        "git commit -qm x; echo $N >tracked; git stash push -qm $H",
    ),
    (
        "name of a remote",
        "git commit -qm x; git fetch -q ../other \"+refs/heads/*:refs/remotes/$H/*\"",
    ),
    (
        "address of a remote",
        "git commit -qm x; git remote add r$N https://$H@example.com/a/b",
    ),
    (
        "address that was pulled from",
        "git commit -qm x; git -c url.../other.insteadOf=https://$H@example.com/x \
        pull -q --no-rebase --no-edit --allow-unrelated-histories https://$H@example.com/x main",
    ),
    (
        "branch that was fetched",
        "git commit -qm x; git fetch -q ../other main:refs/heads/$H",
    ),
    (
        "reason in a reflog",
        "git commit -qm x; git update-ref -m $H HEAD HEAD~1; git update-ref HEAD HEAD@{1}",
    ),
    (
        "reason in the environment",
        "GIT_REFLOG_ACTION=$H git commit -qm x",
    ),
    (
        "message of a merge",
        "git commit -qm x; git merge -q -s ours --allow-unrelated-histories -m $H $OTHER",
    ),
    (
        "message of a note",
        "git commit -qm x; git notes add -f -m $H",
    ),
    (
        "name of a ref for notes",
        "git commit -qm x; git notes --ref $H add -f -m x",
    ),
    (
        "name of a replaced object",
        "git commit -qm x; git update-ref refs/replace/$H HEAD~1",
    ),
    (
        "graft",
        "git commit -qm x; echo \"$H $H\" >>.git/info/grafts",
    ),
    (
        "path of an alternate",
        "git commit -qm x; echo \"#$H\" >>.git/objects/info/alternates",
    ),
    (
        "path of a linked tree",
        "git commit -qm x; git worktree add -q --detach ../$H HEAD",
    ),
    (
        "name of a submodule",
        "git commit -qm x; git init -q --bare .git/modules/$H",
    ),
    (
        "path of a file",
        "mkdir $H; echo x >$H/$H; git add $H; git commit -qm x",
    ),
    (
        "list of ignored paths",
        "git commit -qm x; echo $H >>.git/info/exclude",
    ),
    (
        "todo of a rebase",
        "git commit -qm x; git rebase -q -x \"false $H\" HEAD~1; git rebase --quit",
    ),
    (
        "log of a bisection",
        "git commit -qm $H; git bisect start HEAD HEAD~1",
    ),
    (
        "message that is being written",
        "git commit -qm x; echo $H >.git/COMMIT_EDITMSG; echo $H >.git/MERGE_MSG",
    ),
    (
        "name that a ref stands for",
        "git commit -qm x; git symbolic-ref -m $H refs/heads/s$N refs/heads/$H",
    ),
];

/// A repository in which each place holds a token that also stands in a file.
struct Words {
    env: Env,
    /// The command that is given to every run, after which comes a mode.
    seed: u64,
}

impl Words {
    fn new(seed: u64) -> Words {
        let env = Env::new();
        git_out(env.root(), &["init", "-q", "-b", "main", "other"]);
        let other = env.root().join("other");
        git_out(&other, &["commit", "-q", "--allow-empty", "-m", "Other"]);
        git_out(env.root(), &["init", "-q", "-b", "main", "work"]);
        let work = env.root().join("work");
        git_out(&work, &["config", "advice.detachedHead", "false"]);
        env.write("work/tracked", "0\n");
        git_out(&work, &["add", "."]);
        git_out(&work, &["commit", "-qm", "Start"]);
        git_out(&work, &["fetch", "-q", "../other", "main"]);
        let other = git_out(&other, &["rev-parse", "HEAD"]);
        for (at, (place, script)) in PLACES.iter().enumerate() {
            let secret = token(seed + at as u64, Shape::Hex40);
            env.write(
                &format!("work/{at}.env"),
                format!("GITHUB_TOKEN={secret}\n"),
            );
            let script = format!("set -e\ngit add {at}.env\n{script}\ntrue");
            let mut shell = std::process::Command::new("sh");
            let output = shell
                .args(["-c", &script])
                .current_dir(&work)
                .envs(variables(git(&work)))
                .envs([("H", &secret), ("N", &at.to_string()), ("OTHER", &other)])
                .output()
                .unwrap();
            let well = output.status.success() || script.contains("rebase");
            assert!(well, "{place}: {output:?}");
        }
        Words { env, seed }
    }

    /// Runs a scan in the repository.
    fn scan(&self, args: &str) -> Run {
        let mut command = self.env.command();
        let output = command
            .current_dir(self.env.root().join("work"))
            .args(["scan", "--format", "json", "--show-secrets"])
            .args(args.split_whitespace())
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The places whose token was not found in its file.
    fn missed(&self, args: &str) -> Vec<&str> {
        let run = self.scan(args);
        let found: BTreeSet<(String, String)> = run
            .findings()
            .iter()
            .map(|f| {
                let text = |key: &str| f[key].as_str().unwrap().to_owned();
                (
                    text("path").trim_start_matches("./").to_owned(),
                    text("secret"),
                )
            })
            .collect();
        let missed = PLACES.iter().enumerate().filter(|(at, _)| {
            let secret = token(self.seed + *at as u64, Shape::Hex40);
            !found.contains(&(format!("{at}.env"), secret))
        });
        missed.map(|(_, (place, _))| *place).collect()
    }
}

/// The variables of a command that is made but not run.
fn variables(command: std::process::Command) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    let set = command.get_envs();
    set.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect()
}

#[test]
fn a_token_that_is_also_a_word_of_git_is_found_in_every_mode() {
    let words = Words::new(800);
    let root = git_out(
        &words.env.root().join("work"),
        &["rev-list", "--max-parents=0", "main"],
    );
    let first = root.lines().last().unwrap();
    for mode in [
        ".".to_owned(),
        "--history".to_owned(),
        "--history --no-cache --unreachable".to_owned(),
        format!("--range {first}..HEAD"),
        "--history --max-commits 1000".to_owned(),
        "0.env .".to_owned(),
    ] {
        assert_eq!(words.missed(&mode), Vec::<&str>::new(), "{mode}");
    }
    let work = words.env.root().join("work");
    git_out(&work, &["checkout", "-q", "--orphan", "empty"]);
    assert_eq!(words.missed("--staged"), Vec::<&str>::new(), "--staged");
    assert_eq!(words.missed("--changes"), Vec::<&str>::new(), "--changes");
    // Names of refs stand in another file then.
    git_out(&work, &["pack-refs", "--all"]);
    assert_eq!(words.missed("."), Vec::<&str>::new(), "packed");
}

/// Words in files that git or a person writes in a git directory, and the file in which a scan finds them.
const FILES: &[(&str, &str)] = &[
    (
        "git config remote.r.url https://$T@example.com/a/b",
        ".git/config",
    ),
    ("git commit -q --allow-empty -m $T", ".git/COMMIT_EDITMSG"),
    ("git commit -q --allow-empty -m \"x $T\"", ".git/logs/HEAD"),
    (
        "git update-ref -m $T refs/heads/z HEAD --create-reflog",
        ".git/logs/refs/heads/z",
    ),
    (
        "git checkout -q -b z; echo $N >tracked; git stash push -q -m $T",
        ".git/logs/refs/stash",
    ),
    (
        "git clone -q --bare ../other ../$T; git fetch -q ../$T main",
        ".git/FETCH_HEAD",
    ),
    ("git branch x-$T", ".git/refs"),
    ("git tag $T", ".git/refs"),
    ("git branch $T; git pack-refs --all", ".git/packed-refs"),
    ("git symbolic-ref HEAD refs/heads/$T", ".git/HEAD"),
    (
        "git merge -q --no-commit -s ours --allow-unrelated-histories -m $T FETCH_HEAD",
        ".git/MERGE_MSG",
    ),
    (
        "git merge -q --squash --allow-unrelated-histories FETCH_HEAD; echo $T >>.git/SQUASH_MSG",
        ".git/SQUASH_MSG",
    ),
    ("echo $T >.git/TAG_EDITMSG", ".git/TAG_EDITMSG"),
    ("echo $T >.git/NOTES_EDITMSG", ".git/NOTES_EDITMSG"),
    ("echo $T >.git/description", ".git/description"),
    ("echo $T >>.git/info/exclude", ".git/info/exclude"),
    (
        "echo \"*.x filter=$T\" >>.git/info/attributes",
        ".git/info/attributes",
    ),
    (
        "echo \"#$T\" >.git/objects/info/alternates",
        ".git/objects/info/alternates",
    ),
    (
        "echo https://$T@example.com/x.git/objects >.git/objects/info/http-alternates",
        ".git/objects/info/http-alternates",
    ),
    (
        "echo \"#$T\" >.git/hooks/post-commit",
        ".git/hooks/post-commit",
    ),
    ("git bisect start -- $T", ".git/BISECT_LOG"),
    (
        "git rebase -q -x \"false $T\" HEAD~1",
        ".git/rebase-merge/done",
    ),
    (
        "mkdir .git/branches; echo \"URL: https://$T@example.com/x\" >.git/branches/old",
        ".git/branches/old",
    ),
    (
        "mkdir .git/remotes; echo \"URL: https://$T@example.com/x\" >.git/remotes/old",
        ".git/remotes/old",
    ),
    ("git worktree add -q ../$T-tree HEAD", ".git/worktrees/"),
    (
        "git init -q --bare .git/modules/a/b; git -C .git/modules/a/b config x.y $T",
        ".git/modules/a/b/config",
    ),
    (
        "mkdir -p .git/lost-found/other; echo $T >.git/lost-found/other/1",
        ".git/lost-found/other/1",
    ),
    (
        "echo https://x:$T@github.com >.git/credentials",
        ".git/credentials",
    ),
];

/// A repository in which a script has run with `$T`, a token.
fn planted(seed: u64, script: &str) -> Env {
    let env = Env::new();
    let setup = "git init -q -b main other; git -C other commit -q --allow-empty -m Other\n\
        git init -q -b main work; cd work; rm -rf .git/branches\n\
        echo 0 >tracked; git add .; git commit -qm Start; echo 1 >tracked; git commit -qam Next\n\
        git fetch -q ../other main\n";
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", &format!("{setup}{script}\ntrue")])
        .current_dir(env.root())
        .envs(variables(git(env.root())))
        .envs([("T", token(seed, Shape::Ghp)), ("N", seed.to_string())]);
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    env
}

#[test]
fn text_in_a_git_directory_is_scanned_whatever_git_calls_the_file() {
    let mut missed = Vec::new();
    for (seed, (script, file)) in (900..).zip(FILES) {
        let env = planted(seed, script);
        let run = env.run("scan work --format json --show-secrets");
        let secret = token(seed, Shape::Ghp);
        let is_there = run.findings().iter().any(|f| {
            let path = f["path"].as_str().unwrap();
            f["secret"] == *secret && path.starts_with(&format!("work/{file}"))
        });
        if !is_there || run.code != 1 {
            missed.push((script, run.stdout));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn redaction_never_edits_what_git_reads_the_names_of_refs_from() {
    for (seed, script) in (960..).zip([
        "git branch x-$T",
        "git tag $T; git pack-refs --all",
        "git symbolic-ref HEAD refs/heads/$T",
        "git worktree add -q -b $T ../tree",
    ]) {
        let env = planted(seed, script);
        let work = env.root().join("work");
        let refs =
            || git_out(&work, &["for-each-ref"]) + &git_out(&work, &["symbolic-ref", "HEAD"]);
        let before = refs();
        let run = env.run("redact work");
        assert_ne!(run.code, 0, "{script}: {run:?}");
        run.says("left alone");
        assert_eq!(refs(), before, "{script}");
        git_out(&work, &["fsck", "--strict"]);
    }
}

/// Lines that are doubtful: a word that calls their value an id elsewhere would end the doubt.
const DOUBTFUL: [&str; 3] = [
    "# see github.com, token: {}\n",
    "the github credential, {}, was\n",
    "github-auth {}\n",
];

#[test]
fn what_a_person_writes_to_git_does_not_make_a_value_an_id_elsewhere() {
    let plain = [
        "x",
        "{}",
        "revoke commit {}",
        "Bump to rev {}",
        "owner/name@{}",
    ];
    for (seed, (line, message)) in (980..).zip(
        DOUBTFUL
            .iter()
            .flat_map(|line| plain.map(|message| (line, message))),
    ) {
        let env = Env::new();
        let secret = token(seed, Shape::Hex40);
        git_out(env.root(), &["init", "-q", "."]);
        env.write("app.txt", line.replace("{}", &secret));
        git_out(env.root(), &["add", "."]);
        let message = message.replace("{}", &secret);
        git_out(env.root(), &["commit", "-qm", &message]);
        for mode in [".", "--history"] {
            let run = env.run(&format!("scan {mode} --format json")).expect(1);
            let found = run.findings();
            let in_file = found
                .iter()
                .find(|f| f["path"].as_str().unwrap().ends_with("app.txt"));
            assert!(in_file.is_some(), "{line} {message} {mode}: {}", run.stdout);
        }
    }
}

#[test]
fn the_name_of_a_ref_is_part_of_the_history_and_masked_in_every_report() {
    let secret = token(998, Shape::Ghp);
    let hex = token(997, Shape::Hex40);
    for pack in ["true", "git pack-refs --all"] {
        let env = planted(998, "git branch fix/$T; git tag $T; git branch -q $T-2");
        let work = env.root().join("work");
        env.write("work/app.env", format!("GITHUB_TOKEN={hex}\n"));
        git_out(&work, &["add", "."]);
        git_out(&work, &["commit", "-qm", "Leak"]);
        git_out(&work, &["update-ref", &format!("refs/heads/{hex}"), "HEAD"]);
        git_out(&work, &["branch", &format!("with-{secret}")]);
        let packed = std::process::Command::new("sh")
            .args(["-c", pack])
            .current_dir(&work)
            .status();
        assert!(packed.unwrap().success());
        let run = env.run("scan --history --format json work").expect(1);
        let count = |path: &str| run.findings().iter().filter(|f| f["path"] == path).count();
        assert_eq!((count("refs"), count("app.env")), (4, 1), "{}", run.stdout);
        for format in [
            "json", "jsonl", "plan", "sarif", "html", "csv", "human", "markdown",
        ] {
            let run = env.run(&format!("scan --history -vvv --format {format} work"));
            for part in [&secret[4..], &hex] {
                assert!(!run.stdout.contains(part), "{format}: {}", run.stdout);
            }
        }
        let heads = env.run("scan --history --refs heads/main --format json work");
        let of_names = heads
            .findings()
            .iter()
            .filter(|f| f["path"] == "refs")
            .count();
        assert_eq!(of_names, 0, "only what was asked for");
    }
}
