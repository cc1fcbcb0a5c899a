#!/usr/bin/env python3
"""Rewrites the history of a repository as `tokensweep scan --history --format plan` says, and scans it again.

    tests/redact_history.py --bin target/release/tokensweep [--seed N] [--commits 200]

Needs git and git-filter-repo (PyPI). Plants tokens in files, in a binary file, on two branches, in a merge, in
commit messages and in the message of a tag, each in another commit, most of them removed later. Then: the file
for filter-repo, the very commands of the plan (the last for binary files), garbage collection, and a scan of all objects that are left. The
exit code is 1 if a token is left, if anything but the tokens changed at HEAD, or if the number of commits did.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

from mint import any_token


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--commits", type=int, default=200)
    args = parser.parse_args()
    program = os.path.abspath(args.bin)
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="redact-history-") as base:
        repo = os.path.join(base, "repo")
        os.makedirs(repo)
        env = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", HOME=base, GIT_AUTHOR_NAME="n", GIT_AUTHOR_EMAIL="e@example.com",
                   GIT_COMMITTER_NAME="n", GIT_COMMITTER_EMAIL="e@example.com")

        def run(*command, ok=(0,)):
            done = subprocess.run(command, cwd=repo, env=env, capture_output=True)
            assert done.returncode in ok, (command, done.returncode, done.stderr.decode())
            return done.stdout.decode(errors="replace")

        def git(*command):
            return run("git", *command)

        def write(name, data):
            path = os.path.join(repo, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)

        secrets = []

        def fresh():
            secrets.append(any_token(rng))
            return secrets[-1]

        git("init", "-q", "-b", "main")
        for number in range(args.commits):
            if number == args.commits // 2:
                git("checkout", "-q", "-b", "side")
            if number == args.commits * 3 // 4:
                git("checkout", "-q", "main")
            name = "d%d/f%d.txt" % (number % 5, number % 40)
            text = "\n".join("line %d %s" % (n, "y" * rng.randrange(60)) for n in range(rng.randrange(2, 50)))
            if number % 4 == 0:
                text += "\ntoken = %s # set\n" % fresh()
            write(name, text.encode())
            if number % 25 == 3:
                write("bin/%d.bin" % (number % 50), os.urandom(100).replace(b"\n", b"") + b"\0" + fresh().encode() + b"\0\xff")
            message = "Change %d" % number + (", with %s in it" % fresh() if number % 20 == 7 else "")
            git("add", "-A")
            git("commit", "-qm", message)
        git("merge", "-q", "-s", "ours", "-m", "Join", "side")
        git("tag", "-a", "v1", "-m", "Released with " + fresh())
        before = {n: git("rev-list", "--count", n).strip() for n in ("main", "side")}
        lines = {n: git("show", "HEAD:" + n).count("\n") for n in git("ls-files", "--", "d*").split()}

        plan = run(program, "scan", "--history", "--format", "plan", ok=(1,))
        commands = [line.split() for line in plan.splitlines() if line.startswith("     ") and line.split()[0] in ("tokensweep", "git", "rm")]
        assert [c[0] for c in commands] == ["tokensweep", "git", "rm", "tokensweep", "git"], plan
        assert not any(s in plan for s in secrets), "the plan shows no secret"
        run(program, *commands[0][1:], "-q", ok=(1,))
        # This is no fresh clone, which filter-repo would insist on.
        run(*commands[1], "--force")
        run(*commands[2])
        found = json.loads(run(program, *commands[3][1:], "--format", "json", ok=(1,)))["findings"]
        paths = sorted({f["path"] for f in found})
        assert all(p.startswith("bin/") for p in paths), paths
        for path in paths:
            run(*commands[4][:-1], path, "--force")
        git("reflog", "expire", "--expire=now", "--all")
        git("gc", "-q", "--prune=now")

        left = subprocess.run([program, "scan", "--history", "--unreachable", "--no-cache"], cwd=repo, env=env, capture_output=True, text=True)
        after = {n: git("rev-list", "--count", n).strip() for n in ("main", "side")}
        same = all(git("show", "HEAD:" + n).count("\n") == count for n, count in lines.items())
        objects = git("cat-file", "--batch-all-objects", "--batch", "--unordered")
        raw = sum(s in objects for s in secrets)
        print("%d secrets in %s commits, %d left in %d binary files after --replace-text; afterwards: exit code %d, %d in the raw objects, commits %s, lines at HEAD the same: %s"
              % (len(secrets), before, len(found), len(paths), left.returncode, raw, after, same))
        print(left.stdout[-3000:] + left.stderr[-500:], end="")
        return 0 if left.returncode == 0 and not raw and before == after and same else 1


if __name__ == "__main__":
    sys.exit(main())
