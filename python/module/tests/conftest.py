"""What the tests share: tokens made as they run, texts with and without them, and the program to compare with."""

import base64
import json
import os
import pathlib
import random
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests"))

import mint  # noqa: E402

WORDS = "the quick brown fox jumps over a lazy dog and writes é, ü, 漢字 and 😀 into its config".split()

PROGRAM = pathlib.Path(os.environ.get("TOKENSWEEP", ROOT / "target/debug/tokensweep"))

# Settings of the program under which a scan depends on nothing but the text.
OPTIONS = ["--no-config", "--accept-nothing"]


def hex_value(rng):
    return "".join(rng.choice("0123456789abcdef") for _ in range(40))


def make_text(rng):
    """A text of some words, with a token, an encoded token, a commit id, or a value after the name of a token."""
    words = [rng.choice(WORDS) for _ in range(rng.randrange(40))]
    kind = rng.randrange(8)
    if kind == 0:
        words.insert(rng.randrange(len(words) + 1), mint.any_token(rng))
    if kind == 1:
        words.insert(0, "commit " + hex_value(rng))
    if kind == 2:
        words.append("\nGITHUB_TOKEN=" + hex_value(rng))
    if kind == 3:
        words.append(base64.b64encode(f"x-access-token:{mint.any_token(rng)}".encode()).decode())
    if kind == 4:
        words.append(mint.token(rng, damaged=True))
    if kind == 5:
        words.append(mint.fine_grained(rng) + "\r\n" + mint.any_token(rng))
    return " ".join(words)


def make_texts(seed, count, nulls=True):
    """Texts from a seed, some of them missing."""
    rng = random.Random(seed)
    return [None if nulls and rng.randrange(9) == 0 else make_text(rng) for _ in range(count)]


@pytest.fixture
def rng():
    return random.Random(20261127)


@pytest.fixture
def token(rng):
    return mint.token(rng)


@pytest.fixture(scope="session")
def program():
    """The program, from `TOKENSWEEP` or the build of the checkout."""
    assert PROGRAM.is_file(), f"{PROGRAM} is missing: cargo build, or set TOKENSWEEP"

    def run(folder, *arguments, codes=(0, 1)):
        command = [str(PROGRAM.resolve()), *map(str, arguments), *OPTIONS]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode in codes, (command, done)
        return done.stdout

    return run


def facts_of_program(report):
    """What a report in JSON says about each row."""
    found = []
    for finding in json.loads(report)["findings"]:
        number = int(finding["origin"]["place"].split('row ')[1].split()[0])
        found.append(
            {
                "row": number - 1,
                "start": finding["byte_start"],
                "end": finding["byte_end"],
                "rule": finding["rule_id"],
                "title": finding["title"],
                "severity": finding["severity"],
                "confidence": finding["confidence"],
                "checksum": finding["checksum"],
                "fingerprint": finding["fingerprint"],
                "masked": finding["match"],
                "evidence": finding["evidence"],
                "line": finding["line"],
                "column": finding["column"],
                "path": finding["path"],
                "decoded_from": finding["decoded_from"],
            }
        )
    return found


def facts_of_table(table):
    """The same of a table of findings."""
    left_out = {"start_char", "end_char", "member", "place", "replaced"}
    return [{k: v for k, v in row.items() if k not in left_out} for row in table.to_pylist()]
