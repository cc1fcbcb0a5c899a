#!/usr/bin/env python3
"""Containers written by Python and by the programs zip, 7z, xz, zstd, gzip, bzip2 and tar: tokensweep redacts them, and
the same programs read what it wrote: the texts without their secrets, and every other member, header, order, comment and
time as before.

    apt-get install zip unzip 7zip xz-utils zstd bzip2 tar
    tests/redact_packed.py [PROGRAM]

What is not installed is named as skipped.
"""

import bz2
import gzip
import io
import json
import lzma
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import mint

RNG = random.Random(20261128)
PROGRAM = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug/tokensweep").resolve())
PLACEHOLDER = re.compile(rb"REDACTED-[a-z-]+-[0-9a-f]{8}")
counts = {"redacted": 0, "refused": 0}


def make_text(token):
    words = " ".join(RNG.choice("alpha beta gamma delta 0123 é 漢".split()) for _ in range(RNG.randrange(2000)))
    return f"# {words}\nexport GITHUB_TOKEN={token}\n{words}\n".encode()


def run(*arguments):
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def tool(*command, cwd=None, text=None):
    """Runs a program; None if it is not installed."""
    if shutil.which(command[0]) is None:
        return None
    return subprocess.run(list(map(str, command)), cwd=cwd, input=text, capture_output=True, check=True).stdout


def redact(path, name):
    """Redacts a file. Its dry run must have said the same, and have changed nothing."""
    before = path.read_bytes()
    check = run("redact", "--check", path)
    assert check.returncode == 1, (name, check)
    diff = run("redact", "--diff", path)
    assert diff.returncode == 1 and b"REDACTED-" in diff.stdout, (name, diff)
    assert path.read_bytes() == before, name
    report = path.with_name("report.json")
    done = run("redact", path, "--report", report)
    assert done.returncode == 0, (name, done)
    members = {one.get("member") for one in json.loads(report.read_text())["replaced"]}
    report.unlink()
    assert run("scan", path, "--min-confidence", "low", "--format", "json").returncode in (0, 1), name
    scan = json.loads(run("scan", path, "--format", "json").stdout)
    assert not scan["findings"] and not scan["scan"]["skipped"], (name, scan)
    counts["redacted"] += 1
    return members


def is_redacted(old, new, token):
    """True if the new text is the old one but for the placeholder."""
    parts = old.split(token.encode())
    return len(parts) == 2 and PLACEHOLDER.fullmatch(new[len(parts[0]) : len(new) - len(parts[1])]) is not None and (
        new.startswith(parts[0]) and new.endswith(parts[1])
    )


def singles(folder):
    token = mint.any_token(RNG)
    text = make_text(token)
    long = b"".join(b"line %d of the log\n" % number for number in range(20_000)) + text
    # More than one frame of what tokensweep writes.
    longest = b"".join(b"line %d of the log\n" % number for number in range(450_000)) + text
    named = io.BytesIO()
    with gzip.GzipFile("app.log", "wb", 9, named, mtime=1234567) as out:
        out.write(text)
    made = {
        "named.gz": (named.getvalue(), gzip.decompress, text),
        "two.gz": (gzip.compress(b"first\n") + gzip.compress(text), gzip.decompress, b"first\n" + text),
        "padded.gz": (gzip.compress(text) + b"\0" * 100, gzip.decompress, text),
        "long.gz": (gzip.compress(long, 1), gzip.decompress, long),
        "python.bz2": (bz2.compress(text, 1), bz2.decompress, text),
        "long.bz2": (bz2.compress(long), bz2.decompress, long),
        "long.xz": (lzma.compress(long, preset=1), lzma.decompress, long),
    }
    for check in (lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256):
        made[f"check{check}.xz"] = (lzma.compress(text, check=check), lzma.decompress, text)
    for ending, command in (("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz"), ("zst", "zstd")):
        for size, content in (("short", text), ("long", longest if command == "zstd" else long)):
            packed = tool(command, "-c", text=content)
            if packed is None:
                print(f"skipped: {command} is not installed")
                continue
            made[f"{size}-by-{command}.{ending}"] = (
                packed,
                lambda data, command=command: tool(command, "-dc", text=data),
                content,
            )
    for name, (packed, unpack, content) in made.items():
        path = folder / name
        path.write_bytes(packed)
        assert redact(path, name) == {name}, name
        assert is_redacted(content, unpack(path.read_bytes()), token), name
        if name == "named.gz":
            assert path.read_bytes()[:18] == packed[:18], "the header stays"
        if name.startswith("check"):
            assert path.read_bytes()[6:12] == packed[6:12], "the type of the checksum stays"
        path.unlink()


def zip_facts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        fields = ("filename", "date_time", "compress_type", "comment", "create_system", "external_attr", "flag_bits")
        facts = [tuple(getattr(info, field) for field in fields) for info in archive.infolist()]
        # The directory's copy of the extra field states lengths, if they are of 64 bits.
        return archive.comment, facts, {info.filename: archive.read(info) for info in archive.infolist()}


def raw_members(data):
    """The bytes of each member as the archive stores them, with its local header."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        starts = sorted((info.header_offset, info.filename) for info in archive.infolist())
        ends = [at for at, _ in starts[1:]] + [archive.start_dir]
        return {name: data[at:end] for (at, name), end in zip(starts, ends)}


class Pipe(io.RawIOBase):
    """A file that cannot seek, so that lengths follow the contents."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def python_zip(method, text, pipe=False, large=False):
    out = Pipe() if pipe else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.comment = b"comment of the archive"
        for name, content in (("first.bin", RNG.randbytes(3000)), ("conf/a.env", text), ("last.txt", b"words " * 300)):
            info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            info.compress_type = method
            info.comment = b"comment of " + name.encode()
            info.external_attr = 0o640 << 16
            with archive.open(info, "w", force_zip64=large) as member:
                member.write(content)
    return bytes(out.data) if pipe else out.getvalue()


def zips(folder):
    token = mint.any_token(RNG)
    text = make_text(token)
    methods = {"stored": 0, "deflated": 8, "bzip2": 12}
    made = {}
    for name, method in methods.items():
        for pipe in (False, True):
            for large in (False, True):
                made[f"{name}-{pipe}-{large}.zip"] = python_zip(method, text, pipe, large)
    for name, data in made.items():
        path = folder / name
        path.write_bytes(data)
        assert redact(path, name) == {f"{name}!conf/a.env"}, name
        new = path.read_bytes()
        (comment, facts, contents), (new_comment, new_facts, new_contents) = zip_facts(data), zip_facts(new)
        assert (comment, facts) == (new_comment, new_facts), name
        assert is_redacted(contents.pop("conf/a.env"), new_contents.pop("conf/a.env"), token), name
        assert contents == new_contents, name
        raw, new_raw = raw_members(data), raw_members(new)
        for member in ("first.bin", "last.txt"):
            assert raw[member] == new_raw[member], (name, member)
        for command in (("unzip", "-t"), ("7z", "t")):
            if tool(*command, path) is None:
                print(f"skipped: {command[0]} is not installed")
        path.unlink()


def zips_by_programs(folder):
    token = mint.any_token(RNG)
    source = folder / "source"
    (source / "conf").mkdir(parents=True)
    (source / "conf" / "a.env").write_bytes(make_text(token))
    (source / "b.txt").write_bytes(b"words " * 1000)
    (source / "c.bin").write_bytes(RNG.randbytes(5000))
    path = folder / "x.zip"
    for command in (
        ("zip", "-q", "-r", "-9", path, "."),
        ("zip", "-q", "-r", "-0", path, "."),
        ("zip", "-q", "-r", "-fd", path, "."),
        ("7z", "a", "-tzip", path, "."),
        ("7z", "a", "-tzip", "-mm=BZip2", path, "."),
        ("7z", "a", "-tzip", "-mm=ZSTD", path, "."),
        ("7z", "a", "-tzip", "-mm=XZ", path, "."),
    ):
        try:
            if tool(*command, cwd=source) is None:
                print(f"skipped: {command[0]} is not installed")
                continue
        except subprocess.CalledProcessError:
            print(f"skipped: this {command[0]} does not know {command[3]}")
            continue
        before = raw_members(path.read_bytes())
        redact(path, command)
        after = raw_members(path.read_bytes())
        for name, raw in before.items():
            assert name.endswith("a.env") or raw == after[name], (command, name)
        for check in (("unzip", "-t"), ("7z", "t")):
            # Info-ZIP's unzip does not know all methods.
            if check[0] == "7z" or "-mm" not in str(command):
                tool(*check, path)
        path.unlink()
    shutil.rmtree(source)


def tar_facts(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        fields = ("name", "mode", "uid", "gid", "mtime", "type", "linkname", "uname", "gname", "pax_headers")
        facts = [tuple(str(getattr(member, field)) for field in fields) for member in archive]
        contents = {}
        for member in archive:
            if member.isreg():
                contents[member.name] = archive.extractfile(member).read()
        return facts, contents


def tars(folder):
    token = mint.any_token(RNG)
    text = make_text(token)
    long_name = "d/" * 60 + "long.env"
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            for name, content in (("first", b"1" * 700), ("é/a.env", text), (long_name, text), ("last", b"z")):
                info = tarfile.TarInfo(name)
                info.size, info.mtime, info.mode, info.uname = len(content), 987654321, 0o600, "ünïcode"
                archive.addfile(info, io.BytesIO(content))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.LNKTYPE, "first"
            archive.addfile(link)
        for ending, pack in (
            ("tar", bytes),
            ("tar.gz", gzip.compress),
            ("tar.bz2", bz2.compress),
            ("tar.xz", lzma.compress),
        ):
            name = f"x{form}.{ending}"
            path = folder / name
            path.write_bytes(pack(out.getvalue()))
            redact(path, name)
            with_contents = tar_facts(out.getvalue())
            new = path.read_bytes()
            if ending != "tar":
                new = {"gz": gzip, "bz2": bz2, "xz": lzma}[ending[4:]].decompress(new)
            assert len(new) % 10240 == 0, name
            facts, contents = tar_facts(new)
            assert facts == with_contents[0], name
            for member, content in with_contents[1].items():
                if content == text:
                    assert is_redacted(content, contents[member], token), (name, member)
                else:
                    assert content == contents[member], (name, member)
            listed = tool("tar", "-tvf", path)
            assert listed is not None and len(listed.splitlines()) == len(facts), name
            path.unlink()


def nested(folder):
    token = mint.any_token(RNG)
    text = make_text(token)
    inner = python_zip(8, text)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in (("in.zip", inner), ("app.log.xz", lzma.compress(text)), ("other", b"words")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deep/x.tar.gz", out.getvalue())
        archive.writestr("readme", "nothing")
    assert redact(path, "nested") == {"all.zip!deep/x.tar.gz!in.zip!conf/a.env", "all.zip!deep/x.tar.gz!app.log.xz"}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        with tarfile.open(fileobj=io.BytesIO(archive.read("deep/x.tar.gz"))) as packed:
            assert packed.extractfile("other").read() == b"words"
            new = zip_facts(packed.extractfile("in.zip").read())
            assert is_redacted(text, new[2]["conf/a.env"], token)
            assert is_redacted(text, lzma.decompress(packed.extractfile("app.log.xz").read()), token)
    path.unlink()


def refusals(folder):
    """What cannot be written exactly stays, is named, and is trouble."""
    token = mint.any_token(RNG)
    source = folder / "source"
    source.mkdir()
    (source / "a.env").write_bytes(make_text(token))
    for command, why in (
        (("7z", "a", "x.7z", "a.env"), b"a 7z archive is not rewritten"),
        (("zip", "-q", "-P", "pw", "x.zip", "a.env"), None),
        (("7z", "a", "-tzip", "-mm=LZMA", "x.zip", "a.env"), b"compressed by LZMA"),
    ):
        path = source / command[-2]
        if tool(*command, cwd=source) is None:
            print(f"skipped: {command[0]} is not installed")
            continue
        with zipfile.ZipFile(path, "a") if path.suffix == ".zip" else open(path, "rb") as archive:
            if path.suffix == ".zip":
                archive.writestr("plain.env", f"GITHUB_TOKEN={token}\n")
        before = path.read_bytes()
        for dry in ((), ("--check",)):
            done = run("redact", path, *dry)
            assert done.returncode == 2 and b"left alone" in done.stderr, (command, done)
            assert token.encode()[10:20] not in done.stderr + done.stdout
            assert why is None or why in done.stderr, (command, done)
            assert why is not None or b"encrypted" in done.stderr, (command, done)
        assert path.read_bytes() == before
        path.unlink()
        counts["refused"] += 1
    shutil.rmtree(source)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for check in (singles, zips, zips_by_programs, tars, nested, refusals):
            check(folder)
            print(f"{check.__name__}: ok")
    print(f"{counts['redacted']} containers redacted, {counts['refused']} refused")


main()
