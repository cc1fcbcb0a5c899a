#!/usr/bin/env python3
"""Renders pages with tokens in a real browser, scans the pictures with `--ocr`, and prints which tokens were read
exactly, which were repaired by their checksum, and which were missed. Needs Chromium and tesseract
(Debian: `apt-get install chromium tesseract-ocr fonts-liberation fonts-dejavu-core`).

    tests/pictures.py PROGRAM [--pages N] [--seed N] [--keep DIR] [--text FILE]
    tests/pictures.py --glyphs FILE

--pages N      pages of each kind (2)
--keep DIR     keep pages and pictures there
--text FILE    also renders this text; what is found in the text must be found in the picture
--glyphs FILE  writes the picture of characters that the tests of the crate put together (tests/fixtures/glyphs.png)

Exits 1 if the program reports a value that is not on the page.
"""

import argparse
import html
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter

import mint

FONTS = {"sans": "16px 'Liberation Sans', sans-serif", "mono": "14px 'DejaVu Sans Mono', monospace"}
COLOURS = {"light": ("#1f2328", "#ffffff"), "dark": ("#e6edf3", "#0d1117")}
SCALES = (1, 2)

# Each form in a sentence as pages have it.
SENTENCES = {
    "ghp": "Export the token before you deploy: GITHUB_TOKEN={}",
    "gho": "The OAuth token of the app is {} until it is revoked.",
    "ghu": 'curl -H "Authorization: Bearer {}" https://api.github.com/user',
    "ghs": "The job printed ::add-mask::{} in its log.",
    "npm": "//registry.npmjs.org/:_authToken={}",
    "ghr": "Refresh token: {}",
    "fine-grained": "Use the fine-grained token {} for this repository.",
    "hex in a URL": "git clone https://octo:{}@github.com/acme/site.git",
    "hex in prose": "The personal access token of the GitHub account is {} since 2019.",
}


def new_values(rng):
    values = {}
    for kind in SENTENCES:
        if kind.startswith("hex"):
            values[kind] = rng.randbytes(20).hex()
        elif kind == "fine-grained":
            values[kind] = mint.fine_grained(rng)
        else:
            values[kind] = mint.token(rng, kind + "_")
    return values


def page(paragraphs, font, colours):
    ink, ground = COLOURS[colours]
    style = f"margin:24px;width:980px;font:{FONTS[font]};line-height:1.5;color:{ink};background:{ground};overflow-wrap:anywhere"
    body = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs)
    return f'<!doctype html><meta charset=utf-8><body style="{style}"><h1>Set up the deployment</h1>{body}'


def take_picture(browser, folder, name, text, scale, size):
    with open(f"{folder}/{name}.html", "w") as file:
        file.write(text)
    picture = f"{folder}/{name}.png"
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={folder}/profile", f"--force-device-scale-factor={scale}",
         f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}", f"file://{folder}/{name}.html"],
        stderr=subprocess.DEVNULL, check=True, timeout=300)
    return picture


def scan(program, *args):
    run = subprocess.run(
        [program, "scan", "--no-config", "--format", "json", "--show-secrets", *args],
        stdin=subprocess.DEVNULL, capture_output=True)
    if not run.stdout:
        sys.exit(run.stderr.decode())
    return json.loads(run.stdout)


def read_picture(program, picture):
    """The values that are reported, each with True if it was repaired, and the number of unclear pictures."""
    report = scan(program, "--ocr", picture)
    found = {}
    for finding in report["findings"]:
        how = [e["detail"] for e in finding["evidence"] if e["name"] == "picture"]
        found[finding["secret"]] = bool(how) and "repaired" in how[0]
    return found, report["scan"]["not_read"]["unclear_images"]


def is_same_but_end(value, other):
    """The last eight characters of a fine-grained token have no checksum."""
    return value == other or value.startswith("github_pat_") and value[:85] == other[:85]


def print_table(rows, totals):
    print(f"{'':16}{'exactly':>9}{'repaired':>10}{'all but end':>13}{'missed':>8}{'of':>6}")
    for name in rows:
        count = totals[name]
        print(f"{name:16}{count['exactly']:9}{count['repaired']:10}{count['end']:13}{count['missed']:8}{sum(count.values()):6}")


def measure(args, browser, folder):
    rng = random.Random(args.seed)
    by_kind = {kind: Counter() for kind in SENTENCES}
    by_look, wrong, unclear, seconds, pictures = {}, [], 0, 0.0, 0
    for number in range(args.pages):
        for font in FONTS:
            for colours in COLOURS:
                for scale in SCALES:
                    values = new_values(rng)
                    look = f"{font} {colours} {scale}x"
                    sentences = [SENTENCES[kind].format(value) for kind, value in values.items()]
                    name = f"{number}-{look}".replace(" ", "-")
                    picture = take_picture(browser, folder, name, page(sentences, font, colours), scale, (1040, 640))
                    started = time.monotonic()
                    found, count = read_picture(args.program, picture)
                    seconds += time.monotonic() - started
                    pictures += 1
                    unclear += count
                    for kind, value in values.items():
                        result = "missed"
                        if value in found:
                            result = "repaired" if found[value] else "exactly"
                        elif any(is_same_but_end(value, other) for other in found):
                            result = "end"
                        by_kind[kind][result] += 1
                        by_look.setdefault(look, Counter())[result] += 1
                    wrong += [(name, other) for other in found
                              if not any(is_same_but_end(value, other) for value in values.values())]
    print_table(by_kind, by_kind)
    print()
    print_table(by_look, by_look)
    print(f"\n{pictures} pictures, {seconds / pictures:.1f} s each; {unclear} said to be unclear; "
          f"{len(wrong)} values reported that are not on the page")
    for name, value in wrong:
        print(f"  {name}: {value[:8]}…{value[-4:]}, {len(value)} characters")
    return not wrong


def measure_text(args, browser, folder):
    with open(args.text) as file:
        paragraphs = file.read().split("\n")
    wanted = {finding["secret"] for finding in scan(args.program, args.text)["findings"]}
    for font in FONTS:
        for colours in COLOURS:
            for scale in SCALES:
                look = f"{font} {colours} {scale}x"
                name = f"text-{look}".replace(" ", "-")
                size = (1040, 120 + 64 * len(paragraphs))
                picture = take_picture(browser, folder, name, page(paragraphs, font, colours), scale, size)
                found, _ = read_picture(args.program, picture)
                print(f"{os.path.basename(args.text)} {look}: {len(wanted & set(found))} of {len(wanted)} found, "
                      f"{len(set(found) - wanted)} others")


def write_glyphs(browser, folder, target):
    """The printable characters of ASCII in a row, each in a cell of 17 x 34 pixels."""
    cells = "".join(f"<i>{html.escape(chr(code))}</i>" for code in range(32, 127))
    text = ("<!doctype html><style>body{margin:0;background:#fff;white-space:pre}"
            "i{position:relative;float:left;width:17px;height:34px;font:28px/34px 'DejaVu Sans Mono';color:#111}"
            f"</style>{cells}")
    shutil.copy(take_picture(browser, folder, "glyphs", text, 1, (17 * 95, 34)), target)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--pages", type=int, default=2)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--keep")
    parser.add_argument("--text")
    parser.add_argument("--glyphs")
    args = parser.parse_args()
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None or args.program and not shutil.which("tesseract"):
        sys.exit("needs Chromium and tesseract (Debian: apt-get install chromium tesseract-ocr)")
    with tempfile.TemporaryDirectory() as temporary:
        folder = temporary
        if args.keep:
            os.makedirs(args.keep, exist_ok=True)
            folder = os.path.realpath(args.keep)
        if args.glyphs:
            return write_glyphs(browser, folder, args.glyphs)
        if not args.program:
            parser.error("name the program to be tested")
        args.program = os.path.realpath(args.program)
        is_right = measure(args, browser, folder)
        if args.text:
            measure_text(args, browser, folder)
        sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
