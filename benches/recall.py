#!/usr/bin/env python3
"""How many leaks other scanners find, and in how many innocent files they see one: a table in Markdown.

    benches/recall.py [--bench-dir DIR] [--program FILE] [--seed N] CASES.jsonl...

CASES are labelled cases as in tests/cases. Those are taken whose values are 40 hex digits (legacy tokens, client
secrets, and all innocent ones); each becomes one file with fresh values. The other scanners are those that
benches/end_to_end.sh puts into DIR (default: $BENCH_DIR, else /tmp/tokensweep-bench); each runs with its own defaults,
without asking the network. A leak is found if anything is reported on the line of its value. An alarm is an innocent
file in which anything is reported at all. Files that hold another vendor's secret count for neither.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LEAF = re.compile(r"\{\{hex(40|:40|:16|:20)(#\d+)?\}\}")


def cases(paths):
    """The cases of these files whose placeholders are hex digits only."""
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            kind = case.get("kind") or case.get("label")
            rest = LEAF.sub("", case["text"])
            if kind in ("legacy", "client_secret", "benign") and "{{" not in rest.replace("{{nothing}}", ""):
                yield kind, case


def fill(text, rng):
    """The text with fresh values, and the lines of those of 40 digits."""
    same, out, lines, at = {}, [], set(), 0
    for leaf in LEAF.finditer(text):
        out.append(text[at:leaf.start()])
        at = leaf.end()
        value = "".join(rng.choice("0123456789abcdef") for _ in range(int(leaf[1].strip(":"))))
        value = same.setdefault(leaf[0], value) if leaf[2] else value
        if leaf[1] == "40":
            lines.add("".join(out).count("\n") + 1)
        out.append(value)
    return "".join(out) + text[at:], lines


def materialise(folder, paths, seed):
    """Writes the cases; gives the lines of each leak and the names of the innocent files."""
    leaks, innocent = {}, set()
    for number, (kind, case) in enumerate(cases(paths)):
        text, lines = fill(case["text"].replace("{{nothing}}", ""), random.Random(f"{seed}:{case['id']}"))
        name = f"{number}/{case['path'].lstrip('/')}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")
        if kind == "benign":
            innocent.add(name)
        elif lines:
            leaks[name] = lines
    return leaks, innocent


def run(folder, *command):
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True)
    return done.stdout.decode(errors="replace")


def tokensweep(folder, program):
    found = run(folder, program, "scan", "--no-ignore", "--no-config", "--format", "json", ".")
    return [(f["path"], f["line"]) for f in json.loads(found)["findings"]]


def kingfisher(folder, program):
    found = run(folder, program, "scan", "--no-validate", "--git-history", "none", "--format", "json", ".")
    found = json.JSONDecoder().raw_decode(found[found.index("{"):])[0]["findings"]
    return [(f["finding"]["path"], f["finding"]["line"]) for f in found]


def gitleaks(folder, program):
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        run(folder, program, "dir", "--no-banner", "--report-format", "json", "--report-path", report, ".")
        found = json.loads(report.read_text(encoding="utf-8"))
    return [(f["File"], f["StartLine"]) for f in found]


def betterleaks(folder, program):
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        run(folder, program, "fs", ".", "--no-banner", "-s", "-o", report)
        found = json.loads(report.read_text(encoding="utf-8"))["findings"]
    return [(f["location"]["path"], f["location"]["start_line"]) for f in found]


def ripsecrets(folder, program):
    lines = (line.split(":", 2) for line in run(folder, program, "--strict-ignore", ".").splitlines())
    return [(path, int(number)) for path, number, _ in lines]


def detect_secrets(folder, program):
    found = json.loads(run(folder, program, "scan", "--all-files", "."))["results"]
    return [(path, one["line_number"]) for path, all_of_it in found.items() for one in all_of_it]


def credsweeper(folder, program):
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        run(folder, program, "--path", ".", "--save-json", report)
        found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else []
    return [(line["path"], line["line_num"]) for one in found for line in one["line_data_list"]]


def secretlint(folder, program):
    settings = program.parents[2] / "secretlintrc.json"
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        run(folder, program, "--secretlintrc", settings, "--format", "json", "--output", report, "**/*")
        found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else []
    return [(f["filePath"], m["loc"]["start"]["line"]) for f in found for m in f["messages"]]


PEERS = [
    (kingfisher, "venv/bin/kingfisher"),
    (gitleaks, "venv/bin/gitleaks"),
    (betterleaks, "betterleaks/bin/betterleaks"),
    (ripsecrets, "cargo/bin/ripsecrets"),
    (detect_secrets, "venv/bin/detect-secrets"),
    (credsweeper, "venv/bin/credsweeper"),
    (secretlint, "node/node_modules/.bin/secretlint"),
]


def row(name, found, folder, leaks, innocent):
    places = {(os.path.relpath(os.path.join(folder, path), folder), line) for path, line in found}
    right = sum(any((name, line) in places for line in lines) for name, lines in leaks.items())
    wrong = len({path for path, _ in places} & innocent)
    share = [100 * right / max(len(leaks), 1), 100 * wrong / max(len(innocent), 1)]
    print(f"| {name} | {right} of {len(leaks)} ({share[0]:.1f} %) | {wrong} of {len(innocent)} ({share[1]:.1f} %) |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    home = Path(__file__).resolve().parent.parent
    parser.add_argument("--bench-dir", type=Path, default=os.environ.get("BENCH_DIR", "/tmp/tokensweep-bench"))
    parser.add_argument("--program", type=Path, default=home / "target/release/tokensweep")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("cases", nargs="+")
    asked = parser.parse_args()
    if not asked.program.exists():
        sys.exit(f"{asked.program} is not there; `cargo build --release` makes it")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        leaks, innocent = materialise(folder, asked.cases, asked.seed)
        print("| scanner | leaks found | innocent files with an alarm |")
        print("|---|--:|--:|")
        row("tokensweep", tokensweep(folder, asked.program.resolve()), folder, leaks, innocent)
        for scan, program in PEERS:
            program = Path(asked.bench_dir).resolve() / program
            if program.exists():
                row(scan.__name__.replace("_", "-"), scan(folder, program), folder, leaks, innocent)
            else:
                print(f"{program} is not there; benches/end_to_end.sh installs it", file=sys.stderr)


if __name__ == "__main__":
    main()
