#!/usr/bin/env python3
"""Times `tokensweep redact -` on ordinary logs, beside a scan of the same bytes and `sed -E` with the same patterns.

    benches/filter.py [--kinds "nginx-access json"] [--megabytes 500] [--rounds 3] [--no-sed] [--bin FILE]
    benches/filter.py --latency [--bin FILE]

The logs are those of benches/logs.rs; each is made in $BENCH_DIR (default /tmp/tokensweep-bench), measured and
removed. The programs take turns; each figure is the median of its rounds (sed runs once). Without --bin,
target/release/tokensweep is built and used. --latency measures how long a pipe holds things back, beside `cat`.
Both print Markdown.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What the engine looks for, as far as sed can say it: no checksum, and every commit id is a token.
SED = (
    r"s/\b(gh[pousr]_[0-9A-Za-z]{36,251}|ghs_[0-9]+_eyJ[-0-9A-Za-z_.]+|github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}"
    r"|npm_[0-9A-Za-z]{36}|[vr]1\.[0-9a-f]{40}|[0-9a-f]{40})\b/REDACTED/g"
)


def built():
    subprocess.run(["cargo", "build", "-q", "--release", "--bin", "tokensweep"], cwd=HERE, check=True)
    return os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(HERE, "target")), "release", "tokensweep")


def generator():
    command = ["cargo", "bench", "--bench", "generate", "--no-run", "--message-format=json"]
    said = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout
    return re.findall(r'"executable":"([^"]*generate-[^"]*)"', said)[-1]


def timed(command, path):
    """Runs a command on a file; returns wall seconds, CPU seconds, and the most memory in MB."""
    with open(path) as log:
        start = time.monotonic()
        child = subprocess.Popen(command, stdin=log, stdout=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit("%s: exit code %d" % (command, os.waitstatus_to_exitcode(status)))
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def piped(program, path):
    """The seconds that the filter takes between two pipes."""
    start = time.monotonic()
    feed = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
    work = subprocess.Popen([program, "redact", "--no-config", "-q", "-"], stdin=feed.stdout, stdout=subprocess.PIPE)
    sink = subprocess.Popen(["cat"], stdin=work.stdout, stdout=subprocess.DEVNULL)
    for child in (feed, work):
        child.stdout.close()
    for child in (feed, work, sink):
        child.wait()
    return time.monotonic() - start


def throughput(args, program):
    make = generator()
    kinds = subprocess.run([make, "logs"], capture_output=True, text=True, check=True).stdout.split()
    kinds = args.kinds.split() if args.kinds else kinds
    folder = os.environ.get("BENCH_DIR", "/tmp/tokensweep-bench")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "filter.log")
    print("MB/s on logs of %d MB each, median of %d rounds; scan has one thread.\n" % (args.megabytes, args.rounds))
    print("| log | filter | in a pipe | scan | sed | filter, CPU s/GB | scan, CPU s/GB | filter, MB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for kind in kinds:
        subprocess.run([make, "log", kind, str(args.megabytes * 1_000_000), path], check=True)
        filters, scans, pipes = [], [], []
        for _ in range(args.rounds):
            filters.append(timed([program, "redact", "--no-config", "-q", "-"], path))
            scans.append(timed([program, "scan", "--no-config", "-q", "--threads", "1", path], path))
            pipes.append(piped(program, path))
        sed = "" if args.no_sed else "%.0f" % (args.megabytes / timed(["sed", "-E", SED], path)[0])
        wall, cpu = ([statistics.median(r[c] for r in runs) for runs in (filters, scans)] for c in (0, 1))
        print("| %s | %.0f | %.0f | %.0f | %s | %.2f | %.2f | %.0f |" % (
            kind, args.megabytes / wall[0], args.megabytes / statistics.median(pipes), args.megabytes / wall[1], sed,
            cpu[0] * 1000 / args.megabytes, cpu[1] * 1000 / args.megabytes, max(r[2] for r in filters)), flush=True)
    os.remove(path)


class Pipe:
    """A filter that is fed by hand, and the moments at which its output has come."""

    def __init__(self, command):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.sent, self.got = 0, 0
        self.moved = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while data := os.read(self.child.stdout.fileno(), 1 << 16):
            with self.moved:
                self.got += len(data)
                self.moved.notify()

    def send(self, text):
        """Sends it; returns the milliseconds until all of it has come out."""
        self.sent += len(text)
        start = time.monotonic()
        self.child.stdin.write(text)
        with self.moved:
            while self.got < self.sent:
                if not self.moved.wait(5):
                    sys.exit("nothing came for 5 seconds after %r" % text[-60:])
        return (time.monotonic() - start) * 1000

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def bar(pipe):
    """A progress bar that moves every 5 ms; the age of each step when it comes out."""
    steps, ages = {}, []
    done = threading.Event()

    def watch():
        seen = 0
        while not (done.is_set() and seen >= pipe.sent):
            with pipe.moved:
                pipe.moved.wait(0.2)
                got, now = pipe.got, time.monotonic()
            ages.extend((now - steps.pop(end)) * 1000 for end in sorted(steps) if end <= got)
            seen = got

    watcher = threading.Thread(target=watch)
    watcher.start()
    for step in range(600):
        text = b"\r[%-40s] %3d%%" % (b"#" * (step * 40 // 600), step * 100 // 600)
        pipe.sent += len(text)
        steps[pipe.sent] = time.monotonic()
        pipe.child.stdin.write(text)
        time.sleep(0.005)
    done.set()
    watcher.join()
    return ages


def lines(pipe):
    ages = []
    for n in range(300):
        ages.append(pipe.send(b"2026-11-22 10:00:00 step %d of the deployment is done, status=200\n" % n))
        time.sleep(0.01)
    return ages


def prompts(pipe):
    return [pipe.send(b"Password for stage %d: " % n) for n in range(100)]


def bursts(pipe):
    burst = b"".join(b"2026-11-22 10:00:00 line %d of a burst, nothing to see here\n" % n for n in range(1000))
    return [pipe.send(burst) for _ in range(100)]


def long_words(pipe):
    return [pipe.send(b"layer %d is sha256:%s\n" % (n, os.urandom(32).hex().encode())) for n in range(100)]


CASES = [
    ("a whole line, one every 10 ms", lines),
    ("a line without its end, such as a prompt", prompts),
    ("1,000 lines at once, until the last is out", bursts),
    ("a line that ends in a long word, which the next may go on with", long_words),
    ("a progress bar, a step every 5 ms and no line end", bar),
]


def latency(program):
    print("Milliseconds from writing into the pipe to reading at its other end.\n")
    print("| what | median | 99 % | worst | worst with `cat` |\n|---|--:|--:|--:|--:|")
    for what, case in CASES:
        ages = []
        for command in ([program, "redact", "--no-config", "-q", "-"], ["cat"]):
            pipe = Pipe(command)
            pipe.send(b"warm\n")
            ages.append(sorted(case(pipe)))
            pipe.close()
        mine, cat = ages
        print("| %s | %.1f | %.1f | %.1f | %.1f |" % (
            what, statistics.median(mine), mine[len(mine) * 99 // 100], mine[-1], cat[-1]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin")
    parser.add_argument("--kinds")
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-sed", action="store_true")
    parser.add_argument("--latency", action="store_true")
    args = parser.parse_args()
    program = os.path.abspath(args.bin) if args.bin else built()
    if args.latency:
        latency(program)
    else:
        throughput(args, program)


if __name__ == "__main__":
    main()
