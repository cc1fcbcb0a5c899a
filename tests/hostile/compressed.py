"""Compressed texts: bombs, streams in a row, empty streams without end, dictionaries, wrong lengths."""

import bz2
import gzip
import lzma
import shutil
import struct
import subprocess
import zlib

from .case import DAMAGED, LIMIT, Case, line, noise

MB = 1 << 20
XZ_LARGE = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 64 * MB}]


def piped(command, content):
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def inflating(pack, size):
    """A text of zeros and a token behind them, packed by `pack`."""
    return pack(bytes(size) + line())


def lz4(content):
    return piped(["lz4", "-q", "-9", "-c"], content)


def zstd(content, *flags):
    return piped(["zstd", "-q", "-c", *flags], content)


def zstd_window(log):
    """A frame whose window has this many bits."""
    return b"\x28\xb5\x2f\xfd" + bytes([0, (log - 10) << 3]) + b"\x01\x00\x00"


def lzma_alone(size):
    return lzma.compress(bytes(size) + line(), lzma.FORMAT_ALONE)


def nested_windows(levels):
    """Dictionaries of 64 MiB inside each other, each filled before the next one begins."""
    content = line()
    for level in range(levels):
        # Frames that programs put in for themselves are passed over: 64 MiB that fill the window.
        skipped = b"\x50\x2a\x4d\x18" + struct.pack("<I", 65 * MB) + bytes(65 * MB)
        content = lzma.compress(skipped + zstd(content), filters=XZ_LARGE)
    return content + noise(0)


def deep(levels):
    content = line()
    for _ in range(levels):
        content = gzip.compress(content, 1)
    return content


def quine_like():
    """A gzip file that contains a member of each level of itself, so that it never ends by itself."""
    content = line()
    for _ in range(30):
        content = gzip.compress(content + content, 9)
    return content


def cases():
    gz = gzip.compress(line())
    yield Case("bomb.gz", inflating(gzip.compress, 120 * MB), LIMIT)
    yield Case("bomb.bz2", inflating(bz2.compress, 120 * MB), LIMIT)
    yield Case("bomb.xz", inflating(lambda c: lzma.compress(c, preset=1), 120 * MB), LIMIT)
    yield Case("bomb-9.xz", inflating(lambda c: lzma.compress(c, filters=XZ_LARGE), 120 * MB), LIMIT)
    yield Case("bomb.lzma", lzma_alone(120 * MB), LIMIT)
    yield Case("bomb.zst", inflating(zstd, 120 * MB), LIMIT)
    yield Case("bomb-long.zst", inflating(lambda c: zstd(c, "--long=26"), 120 * MB), LIMIT)
    yield Case("bomb.lz4", inflating(lz4, 120 * MB), None, 1)
    yield Case("bomb.bz2.gz", gzip.compress(inflating(bz2.compress, 120 * MB)), LIMIT)
    yield Case("bomb.gz.xz.bz2", bz2.compress(lzma.compress(inflating(gzip.compress, 120 * MB))), LIMIT)
    yield Case("deep.gz", deep(100), LIMIT)
    yield Case("doubling.gz", quine_like(), LIMIT)
    yield Case("streams.gz", gzip.compress(b"words\n") * 20_000 + gz, None, 1)
    yield Case("empty-streams.gz", gzip.compress(b"") * 200_000 + gz, "either")
    yield Case("empty-streams.bz2", bz2.compress(b"") * 300_000 + bz2.compress(line()), "either")
    yield Case("empty-streams.xz", lzma.compress(b"") * 130_000 + lzma.compress(line()), "either")
    yield Case("empty-blocks.xz", lzma.compress(b"", filters=XZ_LARGE) * 50_000 + lzma.compress(line()), "either")
    small = lzma.compress(b"a", filters=XZ_LARGE)
    yield Case("small-streams.xz", small * 60_000 + lzma.compress(line()), "either")
    yield Case("small-streams.bz2", bz2.compress(b"a") * 100_000 + bz2.compress(line()), "either")
    empty = zstd(b"")
    yield Case("empty-frames.zst", empty * 300_000 + zstd(line()), "either")
    frame = zstd_window(26)
    yield Case("empty-wide-frames.zst", frame * 300_000 + zstd(line()), "either")
    yield Case("skippable-frames.zst", b"\x50\x2a\x4d\x18\0\0\0\0" * 500_000 + zstd(line()), "either")
    yield Case("empty-frames.lz4", lz4(b"") * 200_000 + lz4(line()), "either")
    yield Case("window-2g.zst", zstd_window(31) + noise(1000), LIMIT)
    yield Case("window-64m.zst", zstd_window(26) + noise(1000), "either")
    yield Case("skip-length.zst", b"\x50\x2a\x4d\x18\xff\xff\xff\xff" + noise(1000), DAMAGED)
    alone = bytearray(lzma_alone(100))
    alone[1:5] = struct.pack("<I", 0x80000000)
    yield Case("dictionary-2g.lzma", bytes(alone), "either")
    alone[5:13] = struct.pack("<Q", 1 << 60)
    alone[1:5] = struct.pack("<I", 1 << 23)
    yield Case("length-2e60.lzma", bytes(alone), "either")
    yield Case("nested-windows.xz", nested_windows(2), LIMIT)
    padded = nested_windows(6) + b"\x50\x2a\x4d\x18" + struct.pack("<I", 4 * MB) + noise(4 * MB)
    # As a stream the padding is damage; the first part is read before.
    # Each of the others may hold 8 MiB.
    yield Case("nested-windows-padded.xz", padded, "either", memory=74)
    stored = b"\x50\x2a\x4d\x18" + struct.pack("<I", 3 * MB) + noise(3 * MB) + zstd(nested_windows(5))
    yield Case("nested-windows.zst", stored, "either", memory=74)
    wrong = bytearray(gz)
    wrong[-4:] = struct.pack("<I", 5)
    yield Case("wrong-length.gz", bytes(wrong), DAMAGED, 1)
    wrong = bytearray(gz)
    wrong[-8:-4] = b"1234"
    yield Case("wrong-checksum.gz", bytes(wrong), DAMAGED, 1)
    yield Case("rubbish-behind.gz", gz + noise(100_000), "either", 1)
    yield Case("reserved-flags.gz", gz[:3] + b"\xe0" + gz[4:], "either")
    name = gz[:3] + b"\x08" + gz[4:10] + b"n" * 3_000_000 + b"\0" + gz[10:]
    yield Case("long-name.gz", name, "either")
    unterminated = gz[:3] + b"\x08" + gz[4:10] + b"n" * 3_000_000
    yield Case("endless-name.gz", unterminated, "either")
    dictionary = zlib.compressobj(zdict=b"blob words")
    yield Case("dictionary.zlib", dictionary.compress(b"blob 5\0hello") + dictionary.flush(), "either")
    if shutil.which("lzip"):
        yield Case("unopened.lz", piped(["lzip", "-c"], line()), "not opened|is not|archive")
