#!/usr/bin/env python3
"""Bombs and broken files: none makes the program panic or takes more time and memory than the limits allow, and what is
not read of it is said. The limits, above what an ordinary file takes: two seconds of processor time, once more for each
128 MiB of the file, and 68 MiB of memory, of which the window of one decoder of `xz -9` needs 64.

    tests/bombs.py PROGRAM [WORD...]       only the inputs whose name contains one of the words
    tests/bombs.py --seeds FOLDER          writes the small ones as seeds of the fuzz target `containers`

The inputs are made as it runs. It needs the Debian packages 7zip or p7zip-full, lz4, zstd, zip, lzip and time.
"""

import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

from hostile import archives, compressed, data, documents

# The clock is read now and then.
SECONDS = 2.25
STOPPED = 20


def all_cases():
    for part in (compressed, archives, documents, data):
        yield from part.cases()


def measure(program, path, flags):
    """Runs a scan; returns its exit code, its outputs, processor seconds and peak memory in megabytes."""
    with tempfile.NamedTemporaryFile("r") as used:
        command = ["/usr/bin/time", "-q", "-o", used.name, "-f", "%U %S %M", program, "scan", "--format", "json", *flags, path]
        limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (STOPPED, STOPPED))
        run = subprocess.run(command, capture_output=True, cwd=path.parent, preexec_fn=limit)
        user, system, peak = used.read().split()[-3:]
    return run.returncode, run.stdout, run.stderr, float(user) + float(system), int(peak) / 1024


def find_faults(case, code, out, err):
    """Returns what is wrong with the outcome of a scan, in words."""
    if b"panicked" in err or code not in (0, 1, 2):
        return [f"exit code {code}: {err[-200:]!r}"]
    report = json.loads(out)
    reasons = [skip["reason"] for skip in report["scan"]["skipped"]]
    found = len({f["fingerprint"] for f in report["findings"]})
    faults = [f"said {reason!r}" for reason in reasons if "reader failed" in reason]
    if found < case.finds:
        faults.append(f"{found} of {case.finds} tokens found")
    if case.said is None and reasons:
        faults.append(f"not read: {reasons[:2]}")
    if case.said not in (None, "either") and not any(re.search(case.said, reason) for reason in reasons):
        faults.append(f"not said: {reasons[:2]}")
    # A picture counts only where it was asked for.
    is_complete = all("image, not opened" in reason for reason in reasons)
    expected = 2 if not is_complete else 1 if report["findings"] else 0
    if code != expected:
        faults.append(f"exit code {code}, expected {expected}")
    if report["scan"]["complete"] != (code != 2):
        faults.append("the report calls it complete")
    return faults


def find_summary(program, path, flags):
    """Returns the last line that a person reads."""
    run = subprocess.run([program, "scan", *flags, path], capture_output=True, cwd=path.parent)
    lines = (run.stdout + run.stderr).decode(errors="replace").strip().splitlines()
    return next((line for line in lines if "not read: " in line), "")


def check(program, case, folder, base):
    path = folder / case.name
    path.write_bytes(case.content)
    code, out, err, seconds, memory = measure(program, path, case.flags)
    faults = find_faults(case, code, out, err)
    if seconds - base[0] > SECONDS + len(case.content) / 64 / 1024**2:
        faults.append(f"{seconds:.2f} s")
    if memory - base[1] > case.memory:
        faults.append(f"{memory:.0f} MB")
    reason = ""
    if not faults or code == 2:
        skipped = json.loads(out or b"{}").get("scan", {}).get("skipped", [])
        reason = skipped[0]["reason"][:90] if skipped else ""
        if skipped and code == 2 and not find_summary(program, path, case.flags):
            faults.append("the summary does not say it")
    print(f"{'FAULT' if faults else 'ok':5} {case.name:28} {len(case.content):>10,} B {seconds:6.2f} s {memory:5.0f} MB  {'; '.join(faults) or reason}", flush=True)
    path.unlink()
    return bool(faults), seconds - base[0], memory - base[1]


def write_seeds(folder):
    """Writes inputs as the fuzz target takes them: any file as it stands is form 26."""
    folder.mkdir(parents=True, exist_ok=True)
    small = [(name, content) for name, content in data.ordinary().items()]
    small += [(case.name, case.content) for case in all_cases() if len(case.content) < 8192 and not case.name.startswith("cut-")]
    for number, (name, content) in enumerate(small):
        (folder / name).write_bytes(bytes([26, number % 5]) + content)
    print(f"{len(small)} seeds in {folder}")


def main():
    if sys.argv[1:2] == ["--seeds"]:
        return write_seeds(pathlib.Path(sys.argv[2]))
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    program, words = os.path.abspath(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plain = folder / "ordinary.zip"
        plain.write_bytes(data.ordinary()["x.zip"])
        base = min(measure(program, plain, ())[3:] for _ in range(3))
        print(f"an ordinary file: {base[0]:.2f} s, {base[1]:.0f} MB")
        chosen = (c for c in all_cases() if not words or any(word in c.name for word in words))
        done = [check(program, case, folder, base) for case in chosen]
    faults = sum(fault for fault, *_ in done)
    print(f"{len(done)} inputs, {faults} with faults; worst: {max(d[1] for d in done):.2f} s, {max(d[2] for d in done):.0f} MB above an ordinary file")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
