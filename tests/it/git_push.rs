//! Pushes, from the hooks on both sides: the other side has what git lists of it, nothing else.

use std::path::{Path, PathBuf};

use tokensweep::internals::token::Shape;

use crate::env::Env;
use crate::git::{git, git_out, token};
use crate::git_hook::{repository, run, stderr, sweep};

/// A clone with an old leak that its server has, and a second server that has nothing.
struct Push {
    env: Env,
    work: PathBuf,
    secret: String,
}

impl Push {
    fn new(seed: u64) -> Push {
        let env = Env::new();
        for name in ["hub.git", "new.git"] {
            git_out(env.root(), &["init", "-q", "--bare", "-b", "main", name]);
        }
        let work = repository(&env, "work");
        let secret = token(seed, Shape::Ghp);
        run(&work, &["remote", "add", "origin", "../hub.git"], true);
        env.write("work/old.env", &secret);
        run(&work, &["add", "."], true);
        run(&work, &["commit", "-qm", "Old"], true);
        env.write("work/old.env", "gone\n");
        run(&work, &["commit", "-qam", "Clean"], true);
        run(&work, &["push", "-q", "origin", "main", "main:side"], true);
        run(&work, &["fetch", "-q", "origin"], true);
        sweep(&env, &work, &["hook", "install", "pre-push"]);
        Push { env, work, secret }
    }

    /// A push that is refused, and what is said.
    fn refused(&self, args: &[&str]) -> String {
        let said = stderr(&run(&self.work, args, false));
        assert!(said.contains("nothing was pushed"), "{args:?}: {said}");
        assert!(!said.contains(&self.secret), "masked");
        said
    }

    fn git(&self, args: &[&str]) {
        run(&self.work, args, true);
    }

    fn commit(&self, name: &str) {
        self.git(&["commit", "-q", "--allow-empty", "-m", name]);
    }
}

#[test]
fn a_new_place_under_an_old_name_has_nothing() {
    let same_name: &[(&str, &[&str])] = &[
        ("set-url", &["remote", "set-url", "origin", "../new.git"]),
        (
            "set-url --push",
            &["remote", "set-url", "--push", "origin", "../new.git"],
        ),
        (
            "pushInsteadOf",
            &["config", "url.../new.git.pushInsteadOf", "../hub.git"],
        ),
        (
            "insteadOf",
            &["config", "url.../new.git.insteadOf", "../hub.git"],
        ),
        (
            "pushDefault to another remote",
            &["config", "remote.pushDefault", "../new.git"],
        ),
    ];
    for (at, (name, change)) in (700..).zip(same_name) {
        let push = Push::new(at);
        push.git(change);
        push.commit("Next");
        let target: &[&str] = match *name {
            "pushDefault to another remote" => &["-c", "push.default=current", "push"],
            _ => &["push", "origin", "main"],
        };
        let said = push.refused(target);
        assert!(said.contains("old.env:1:1"), "{name}: {said}");
        assert!(
            said.contains("refs/heads/main: new to the other side"),
            "{name}: {said}"
        );
    }
}

#[test]
fn of_two_push_addresses_each_is_asked_for_what_it_has() {
    let push = Push::new(710);
    let add = |url: &str| push.git(&["remote", "set-url", "--add", "--push", "origin", url]);
    add("../hub.git");
    add("../new.git");
    push.commit("Next");
    push.refused(&["push", "origin", "main"]);
    let refs = git_out(&push.env.root().join("new.git"), &["for-each-ref"]);
    assert_eq!(refs, "", "the second has got nothing");
}

#[test]
fn a_branch_that_was_deleted_there_or_is_new_there_is_scanned_whole() {
    let push = Push::new(711);
    // Another clone deletes it; here its tracking ref stays.
    git_out(
        &push.env.root().join("hub.git"),
        &["branch", "-q", "-D", "side"],
    );
    let said = push.refused(&["push", "origin", "main:side"]);
    assert!(
        said.contains("refs/heads/side: new to the other side"),
        "{said}"
    );
    assert!(
        said.contains("tokensweep baseline create --history"),
        "{said}"
    );
    push.refused(&["push", "origin", "HEAD:refs/heads/fresh"]);
    push.git(&["tag", "v1"]);
    push.refused(&["push", "origin", "v1"]);
    // What goes along with a branch that is there starts from what that has.
    push.commit("Next");
    push.git(&["push", "-q", "origin", "main", "HEAD:fresh", "v1"]);
    // A deletion brings nothing.
    push.git(&["push", "-q", "origin", "--delete", "fresh", "v1"]);
}

#[test]
fn an_accepted_leak_may_go_to_a_new_place() {
    let push = Push::new(712);
    push.refused(&["push", "../new.git", "main"]);
    sweep(
        &push.env,
        &push.work,
        &["baseline", "create", "--history", "--status", "revoked"],
    );
    push.git(&["push", "-q", "../new.git", "main"]);
}

#[test]
fn a_commit_of_the_other_side_that_is_not_here_counts_for_nothing() {
    let push = Push::new(713);
    let other = push.env.root().join("other");
    git_out(push.env.root(), &["clone", "-q", "hub.git", "other"]);
    run(
        &other,
        &["commit", "-q", "--allow-empty", "-m", "Theirs"],
        true,
    );
    run(&other, &["push", "-q", "origin", "main"], true);
    push.commit("Ours");
    let said = push.refused(&["push", "--force", "origin", "main"]);
    assert!(said.contains("old.env:1:1"), "{said}");
    assert!(said.contains("`git fetch` brings that"), "{said}");
    push.git(&["fetch", "-q"]);
    push.git(&["push", "-q", "--force", "origin", "main"]);
}

#[test]
fn whatever_the_user_calls_it_what_is_sent_is_read() {
    let push = Push::new(714);
    let secret = token(715, Shape::Gho);
    push.env.write("work/new.env", &secret);
    push.git(&["add", "."]);
    push.git(&["commit", "-qm", "New"]);
    // Git passes a source on as it was written, blanks included.
    let source = ["push", "origin", "main@{0 seconds ago}:refs/heads/main"];
    let said = push.refused(&source);
    assert!(said.contains("new.env:1:1"), "{said}");
    let blob = git_out(&push.work, &["rev-parse", "HEAD:new.env"]);
    push.git(&["reset", "-q", "--hard", "HEAD~1"]);
    push.git(&["tag", "-a", "-m", "A blob", "inner", &blob]);
    push.git(&["tag", "-a", "-m", "A tag", "outer", "inner"]);
    let said = push.refused(&["push", "origin", "outer"]);
    assert!(said.contains(&format!("blob:{blob}:1:1")), "{said}");
    let mut named = git(&push.work);
    let name = format!("refs/heads/{secret}");
    named.args(["push", "origin", "main", &format!("main:{name}")]);
    let output = named.output().unwrap();
    let said = stderr(&output);
    assert!(
        !output.status.success() && said.contains("refs:1:12"),
        "{said}"
    );
    assert!(!said.contains(&secret), "masked: {said}");
}

#[test]
fn lines_that_git_would_not_write_are_trouble() {
    let push = Push::new(716);
    let id = git_out(&push.work, &["rev-parse", "HEAD"]);
    let zeros = "0".repeat(40);
    for line in [
        format!("refs/heads/main {} refs/heads/main {zeros}", &id[..12]),
        format!("refs/heads/main HEAD refs/heads/main {zeros}"),
        format!("{id} refs/heads/main {zeros}"),
        format!("refs/heads/main {id} refs/heads/main "),
    ] {
        let run = push.env.run_with("hook run pre-push", line.as_bytes());
        assert_eq!(run.code, 2, "{line}: {run:?}");
    }
}

#[test]
fn from_a_shallow_clone_what_it_has_is_what_it_sends() {
    let push = Push::new(717);
    let url = format!("file://{}", push.env.root().join("hub.git").display());
    git_out(
        push.env.root(),
        &["clone", "-q", "--depth=1", &url, "short"],
    );
    let short = push.env.root().join("short");
    sweep(&push.env, &short, &["hook", "install", "pre-push"]);
    run(
        &short,
        &["commit", "-q", "--allow-empty", "-m", "Next"],
        true,
    );
    run(&short, &["push", "-q", "origin", "HEAD:topic"], true);
    push.env.write("short/new.env", token(718, Shape::Ghp));
    run(&short, &["add", "."], true);
    run(&short, &["commit", "-qm", "New"], true);
    run(&short, &["push", "-q", "origin", "HEAD:second"], false);
}

#[test]
fn a_partial_clone_says_how_to_bring_what_a_new_branch_needs() {
    let push = Push::new(721);
    let hub = push.env.root().join("hub.git");
    git_out(&hub, &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", hub.display());
    let partial = ["clone", "-q", "--filter=blob:none", &url, "partial"];
    git_out(push.env.root(), &partial);
    let work = push.env.root().join("partial");
    sweep(&push.env, &work, &["hook", "install", "pre-push"]);
    let said = stderr(&run(&work, &["push", "origin", "HEAD:topic"], false));
    assert!(said.contains("`git backfill`"), "{said}");
    // What the other side has is not asked for.
    run(
        &work,
        &["commit", "-q", "--allow-empty", "-m", "Next"],
        true,
    );
    run(&work, &["push", "-q", "origin", "HEAD:main"], true);
}

/// A server that refuses leaks, with a clone whose branch holds one.
fn server(env: &Env, seed: u64) -> (PathBuf, PathBuf) {
    git_out(
        env.root(),
        &["init", "-q", "--bare", "-b", "main", "hub.git"],
    );
    let (hub, work) = (env.root().join("hub.git"), repository(env, "work"));
    run(&work, &["remote", "add", "origin", "../hub.git"], true);
    run(
        &work,
        &["commit", "-q", "--allow-empty", "-m", "Start"],
        true,
    );
    run(&work, &["push", "-q", "origin", "main"], true);
    env.write("work/x.env", token(seed, Shape::Ghp));
    run(&work, &["add", "."], true);
    run(&work, &["commit", "-qm", "Leak"], true);
    (hub, work)
}

fn push_to_server(work: &Path, refspec: &str, well: bool) {
    run(work, &["push", "-q", "origin", refspec], well);
}

#[test]
fn a_server_has_what_its_branches_and_tags_have_and_not_what_it_keeps_aside() {
    let env = Env::new();
    let (hub, work) = server(&env, 719);
    // Left over from a request, from a deleted branch, from a mirror.
    for kept in [
        "refs/keep-around/1",
        "refs/pull/1/head",
        "refs/remotes/origin/x",
    ] {
        push_to_server(&work, &format!("main:{kept}"), true);
    }
    sweep(&env, &hub, &["hook", "install"]);
    push_to_server(&work, "main:main", false);
    push_to_server(&work, "main:refs/pull/2/head", false);
    let secret = token(720, Shape::Ghp);
    push_to_server(&work, &format!("HEAD~1:refs/heads/{secret}"), false);
    std::fs::remove_file(hub.join("hooks/pre-receive")).unwrap();
    push_to_server(&work, "main:main", true);
    sweep(&env, &hub, &["hook", "install"]);
    // It has the leak in a branch, so another one brings nothing.
    push_to_server(&work, "main:second", true);
}
