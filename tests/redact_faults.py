#!/usr/bin/env python3
"""Breaks `tokensweep redact` in the middle of its work and looks at what is left.

    tests/redact_faults.py --bin target/release/tokensweep [--seed N] [--kills 200] [--files 1000]

Kills it at random moments, fills the disk, writes to files meanwhile, takes away permissions, and swaps a
folder for a link. Each part prints what it did; the exit code is 1 if anything was lost, half done or leaked.
The part with the full disk mounts a small tmpfs, and the one with permissions changes its user; both need root
and say so if they are skipped.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from mint import token

failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("  FAILED:", what)


def make_tree(root, rng, files):
    secrets = []
    for number in range(files):
        folder = os.path.join(root, "d%02d" % (number % 20))
        os.makedirs(folder, exist_ok=True)
        lines = ["line %d %s" % (n, "x" * rng.randrange(80)) for n in range(rng.randrange(5, 400))]
        secret = token(rng)
        secrets.append(secret)
        lines.insert(rng.randrange(len(lines)), "token = " + secret)
        with open(os.path.join(folder, "f%04d.txt" % number), "w") as file:
            file.write("\n".join(lines))
    return secrets


def read_tree(root):
    tree = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                tree[os.path.relpath(path, root)] = file.read()
    return tree


def redact(args, *more, **options):
    return subprocess.run([args.bin, "redact", *more], capture_output=True, text=True, **options)


def kills(args, rng, base):
    pristine = os.path.join(base, "pristine")
    secrets = make_tree(pristine, rng, args.files)
    done = os.path.join(base, "done")
    shutil.copytree(pristine, done)
    begun = time.monotonic()
    check(redact(args, done).returncode == 0, "a whole run ends with 0")
    whole = time.monotonic() - begun
    old, new = read_tree(pristine), read_tree(done)
    check(all(old[p] != new[p] for p in old), "a whole run changes every file")
    counts = {"old": 0, "new": 0, "left over": 0}
    partly = 0
    for _ in range(args.kills):
        work = os.path.join(base, "work")
        shutil.copytree(pristine, work)
        child = subprocess.Popen([args.bin, "redact", work], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.random() * whole)
        child.kill()
        child.wait()
        tree = read_tree(work)
        before = dict(counts)
        for path, data in old.items():
            now = tree.pop(path, None)
            check(now in (data, new[path]), "%s is old or new" % path)
            counts["old" if now == data else "new"] += 1
        for path, data in tree.items():
            counts["left over"] += 1
            check(os.path.basename(path).startswith(".tokensweep-"), "only our own files are left: " + path)
            check(not any(s.encode()[4:] in data for s in secrets), "no secret is left in " + path)
        partly += counts["old"] > before["old"] and counts["new"] > before["new"]
        shutil.rmtree(work)
    print("killed %d times over %d files (a whole run: %.2f s), %d times in the middle: %s" % (args.kills, args.files, whole, partly, counts))


def full_disk(args, rng, base):
    mount = os.path.join(base, "small")
    os.makedirs(mount)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", mount], capture_output=True).returncode:
        print("full disk: SKIPPED, a tmpfs cannot be mounted here")
        return
    try:
        secrets = [token(rng) for _ in range(2)]
        for name, size, secret in (("big.txt", 300_000, secrets[0]), ("small.txt", 100, secrets[1])):
            with open(os.path.join(mount, name), "w") as file:
                file.write("y" * size + "\n" + secret + "\n" + "z" * 10)
        old = read_tree(mount)
        run = redact(args, mount)
        now = read_tree(mount)
        check(run.returncode == 2, "a full disk ends with 2")
        check("big.txt: left alone" in run.stderr and "space" in run.stderr, "the file is named: " + run.stderr)
        check(now.get("big.txt") == old["big.txt"], "the file that did not fit is untouched")
        check(secrets[1].encode() not in now["small.txt"], "the file that did fit is done")
        check(set(now) == set(old), "nothing is left over: %s" % sorted(now))
        print("full disk:", run.stderr.strip().splitlines()[0])
    finally:
        subprocess.run(["umount", mount])


def writers(args, rng, base):
    folder = os.path.join(base, "written")
    os.makedirs(folder)
    path = os.path.join(folder, "app.log")
    written, refused, runs, said = 0, 0, 0, 0
    stop = threading.Event()

    def write():
        nonlocal written
        while not stop.is_set():
            # A new handle for each line, as most programs that append have after a rotation.
            with open(path, "a") as file:
                file.write("line %d %s\n" % (written, token(rng)))
            written += 1
            time.sleep(rng.random() * 0.004)

    thread = threading.Thread(target=write)
    open(path, "w").close()
    thread.start()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        run = redact(args, folder)
        runs += 1
        said += "that very moment is lost" in run.stderr
        refused += ": left alone: " in run.stderr
    stop.set()
    thread.join()
    redact(args, folder)
    with open(path) as file:
        lines = file.read().splitlines()
    lost = written - len(lines)
    print("written to meanwhile: %d runs, %d refused, %d lines written, %d lost, %d times said so" % (runs, refused, written, lost, said))
    check(lost == 0 or said > 0, "a line that is lost between the last look and the rename is told of")
    check(all("REDACTED" in line for line in lines), "every line is redacted in the end")


def permissions(args, rng, base):
    folder = os.path.join(base, "guarded")
    os.makedirs(os.path.join(folder, "shut"))
    os.makedirs(os.path.join(folder, "open"))
    names = ("shut/a.txt", "open/b.txt", "open/c.txt")
    for name in names:
        with open(os.path.join(folder, name), "w") as file:
            file.write("token " + token(rng))
    for name, mode in (("open/b.txt", 0o444), ("shut", 0o555), ("open", 0o777), ("", 0o755), ("open/c.txt", 0o666), ("shut/a.txt", 0o666)):
        os.chmod(os.path.join(folder, name), mode)
    if os.geteuid() != 0:
        print("permissions: SKIPPED, not root")
        return
    os.chmod(base, 0o755)
    copy = os.path.join(base, "program")
    shutil.copy(args.bin, copy)
    old = read_tree(folder)
    run = subprocess.run([copy, "redact", folder], capture_output=True, text=True, user=65534, group=65534)
    now = read_tree(folder)
    check(run.returncode == 2, "what may not be written ends with 2")
    check(now["shut/a.txt"] == old["shut/a.txt"], "a file in a folder without leave is untouched")
    check(now["open/b.txt"] == old["open/b.txt"], "a file without leave is untouched")
    check(b"REDACTED" in now["open/c.txt"], "the others are done")
    check(set(now) == set(old), "nothing is left over")
    print("permissions:", *run.stderr.strip().splitlines(), sep="\n  ")


def swapped(args, rng, base):
    root, outside = os.path.join(base, "named"), os.path.join(base, "outside")
    os.makedirs(outside)
    with open(os.path.join(outside, "f.txt"), "w") as file:
        file.write("outside " + token(rng))
    old = read_tree(outside)
    stop = threading.Event()

    def swap():
        real, aside = os.path.join(root, "sub"), os.path.join(base, "aside")
        while not stop.is_set():
            try:
                os.rename(real, aside)
                os.symlink(outside, real)
                os.unlink(real)
                os.rename(aside, real)
            except OSError:
                pass

    os.makedirs(os.path.join(root, "sub"))
    thread = threading.Thread(target=swap)
    thread.start()
    runs, reasons = 0, {}
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            with open(os.path.join(root, "sub", "f.txt"), "w") as file:
                file.write("inside " + token(rng))
        except OSError:
            continue
        finally:
            # The writer of this test may itself have gone through the link.
            with open(os.path.join(outside, "f.txt"), "wb") as file:
                file.write(old["f.txt"])
        run = redact(args, root)
        runs += 1
        for line in run.stderr.splitlines():
            if ": left alone: " in line or ": not scanned: " in line:
                reason = line.rsplit(": ", 1)[1]
                reasons[reason] = reasons.get(reason, 0) + 1
        check(read_tree(outside) == old, "nothing outside the named folder changes")
    stop.set()
    thread.join()
    print("folder swapped for a link: %d runs, refused: %s" % (runs, reasons))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--files", type=int, default=1000)
    args = parser.parse_args()
    args.bin = os.path.abspath(args.bin)
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="redact-faults-") as base:
        for part in (kills, full_disk, writers, permissions, swapped):
            part(args, rng, base)
    print("FAILED: %d" % len(failures) if failures else "all held")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
