#!/usr/bin/env python3
"""Redacts a git tree of 1,000 files of mixed formats and reads every one of them again.

    tests/redact_tree.py --bin target/release/tokensweep [--seed N] [--files 1000]

Plants tokens into JSON, JSON lines, notebooks, YAML, dotenv, CSV, HTML, coloured logs, mail, UTF-16 and git
configuration, commits, redacts, and checks: every JSON parses, every notebook has its shape, every YAML loads
(where PyYAML is there), a scan finds nothing, and `git diff` names only lines that held tokens.
"""

import argparse
import base64
import csv
import email
import io
import json
import os
import random
import subprocess
import sys
import tempfile

from mint import any_token

try:
    import yaml
except ImportError:
    yaml = None

WORDS = "alpha beta gamma delta epsilon host port value name übung größe 令牌".split()


def words(rng, count=6):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, count)))


def as_json(rng, secret):
    data = {words(rng, 3) + str(n): words(rng) for n in range(rng.randrange(1, 30))}
    data["token"] = secret
    data["note"] = 'a "quoted"\n%s\ttext' % secret
    return json.dumps(data, indent=rng.choice([None, 2]), ensure_ascii=rng.random() < 0.5)


def as_escaped_json(rng, secret):
    at = rng.randrange(len(secret))
    return '{"a": "x %s\\u%04x%s", "b": [1, "\\u00fc"]}' % (secret[:at], ord(secret[at]), secret[at + 1:])


def as_jsonl(rng, secret):
    return "\n".join(json.dumps({"n": n, "m": words(rng) + (" " + secret if n == 2 else "")}) for n in range(9))


def as_notebook(rng, secret):
    output = {"name": "stdout", "output_type": "stream", "text": ["got " + secret + "\n", "\x1b[31mred\x1b[0m\n"]}
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [output], "source": ["t = '%s'\n" % secret]}
    return json.dumps({"cells": [cell] * 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def as_yaml(rng, secret):
    encoded = base64.b64encode(("user:" + secret).encode()).decode()
    return "a: %s\nb: '%s'\nc:\n  - \"%s\" # note\nd: |\n  %s\ne: %s\n" % (secret, secret, words(rng), secret, encoded)


def as_dotenv(rng, secret):
    return "A=%s\r\nexport B='%s'\r\n# %s\r\n" % (words(rng).replace(" ", "_"), secret, words(rng))


def as_csv(rng, secret):
    rows = io.StringIO()
    csv.writer(rows).writerows([[n, words(rng), secret if n % 4 == 1 else 'a "b", c'] for n in range(12)])
    return rows.getvalue()


def as_html(rng, secret):
    at = rng.randrange(4, 36)
    return "<p>%s</p>\n<pre>%s<b>%s</b></pre>\n<i>%s&#%d;%s</i>\n" % (words(rng), secret[:at], secret[at:], secret[:at], ord(secret[at]), secret[at + 1:])


def as_log(rng, secret):
    at = rng.randrange(4, 36)
    return "".join("\x1b[32mok\x1b[0m %s\n" % words(rng) for _ in range(20)) + "\x1b[1m%s\x1b[31m%s\x1b[0m\n" % (secret[:at], secret[at:])


def as_mail(rng, secret):
    at = rng.randrange(4, 36)
    return "Subject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nThe token=3D%s=\n%s here.\n" % (secret[:at], secret[at:])


def as_git_config(rng, secret):
    encoded = base64.b64encode(("x-access-token:" + secret).encode()).decode()
    return '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic %s\n[core]\n\tbare = false\n' % encoded


def as_url(rng, secret):
    return "see https://x.org/?next=https%%3A%%2F%%2Fapi.github.com%%3Faccess_token%%3D%s%%26a%%3D1 and\n%s\n" % (secret, words(rng))


FORMATS = [
    (as_json, ".json"), (as_escaped_json, ".json"), (as_jsonl, ".jsonl"), (as_notebook, ".ipynb"), (as_yaml, ".yaml"),
    (as_dotenv, ".env"), (as_csv, ".csv"), (as_html, ".html"), (as_log, ".log"), (as_mail, ".eml"),
    (as_git_config, ".gitconfig"), (as_url, ".md"),
]


def reread(path, text):
    if path.endswith((".json", ".ipynb", ".har")):
        data = json.loads(text)
        if path.endswith(".ipynb"):
            assert data["nbformat"] == 4 and all(c["cell_type"] == "code" and c["outputs"] for c in data["cells"])
    elif path.endswith(".jsonl"):
        assert [json.loads(line)["n"] for line in text.splitlines()] == list(range(9))
    elif path.endswith(".yaml") and yaml:
        data = yaml.safe_load(text)
        assert base64.b64decode(data["e"], validate=True).startswith(b"user:REDACTED-")
    elif path.endswith(".csv"):
        assert all(len(row) == 3 for row in csv.reader(io.StringIO(text)))
    elif path.endswith(".eml"):
        assert b"REDACTED-" in email.message_from_string(text).get_payload(decode=True)
        assert all(len(line) <= 76 for line in text.splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=1000)
    args = parser.parse_args()
    program = os.path.abspath(args.bin)
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="redact-tree-") as root:
        git = lambda *a: subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "core.autocrlf=false", *a], cwd=root, capture_output=True, check=True).stdout
        texts, secrets = {}, {}
        for number in range(args.files):
            make, suffix = FORMATS[number % len(FORMATS)]
            name = "d%02d/f%04d%s" % (number % 17, number, suffix)
            secrets[name] = any_token(rng)
            texts[name] = make(rng, secrets[name])
            wide = suffix in (".csv", ".log") and number % 3 == 0
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "wb") as file:
                file.write(texts[name].encode("utf-16" if wide else "utf-8"))
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "planted")
        run = subprocess.run([program, "redact", "-q", "."], cwd=root, capture_output=True, text=True)
        assert run.returncode == 0, run
        again = subprocess.run([program, "scan", "-q", "."], cwd=root, capture_output=True, text=True)
        assert again.returncode == 0, again.stdout[-2000:]
        unread = 0
        for name, secret in secrets.items():
            with open(os.path.join(root, name), "rb") as file:
                data = file.read()
            text = data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8")
            assert secret not in text and "REDACTED-" in text or name.endswith((".gitconfig", ".eml")), name
            try:
                reread(name, text)
            except Exception as error:
                unread += 1
                print("NOT VALID:", name, error)
        changed = git("diff", "--stat", "--stat-count=3").decode().strip().splitlines()
        wrong = 0
        for name in secrets:
            before, after = texts[name].splitlines(), None
            with open(os.path.join(root, name), "rb") as file:
                data = file.read()
            after = data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8").splitlines()
            if len(before) != len(after):
                wrong += 1
                continue
            for old, new in zip(before, after):
                held = any(secrets[name][i:i + 4] in old for i in range(0, 37)) or "base64" in old or "basic " in old or old.startswith("e: ")
                wrong += old != new and not held
        print("%d files redacted; not valid: %d; lines changed without need: %d; PyYAML: %s" % (len(secrets), unread, wrong, bool(yaml)))
        print("git:", changed[-1])
        return 1 if unread or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
