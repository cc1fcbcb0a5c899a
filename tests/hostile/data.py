"""Databases, packs of git and pictures that lead a reader in circles, and files of every kind that are cut."""

import bz2
import gzip
import hashlib
import io
import lzma
import pathlib
import sqlite3
import struct
import subprocess
import tempfile
import zlib

from . import archives, compressed, documents
from .case import DAMAGED, LIMIT, SOME, Case, line, noise, token

MB = 1 << 20


def database(rows, page=512):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x.db")
        base = sqlite3.connect(path)
        base.execute(f"PRAGMA page_size={page}")
        base.execute("CREATE TABLE notes(v)")
        base.executemany("INSERT INTO notes VALUES(?)", [(row,) for row in rows])
        base.commit()
        base.close()
        return bytearray(path.read_bytes())


def databases():
    long = "x" * 900 + token().decode() + "y" * 900
    base = database([long])
    yield Case("long-value.db", bytes(base), None, 1)
    loop = bytearray(base)
    for page in range(2, len(base) // 512):
        loop[page * 512 : page * 512 + 4] = struct.pack(">I", page + 1)
    yield Case("overflow-loop.db", bytes(loop), "either")
    far = bytearray(base)
    for page in range(2, len(base) // 512):
        far[page * 512 : page * 512 + 4] = struct.pack(">I", 0x7FFFFFFF)
    yield Case("overflow-outside.db", bytes(far), SOME)
    cells = bytearray(base)
    # A leaf whose cells all are the same value of four petabytes, which goes round and round.
    leaf = bytearray(512)
    leaf[0] = 13
    leaf[3:5] = struct.pack(">H", 120)
    for cell in range(120):
        leaf[8 + 2 * cell : 10 + 2 * cell] = struct.pack(">H", 300)
    leaf[300:309] = b"\xff" * 7 + b"\x7f\x01"
    cells[512:1024] = leaf
    yield Case("value-huge.db", bytes(cells), "either")
    inner = bytearray(base)
    inner[512:1024] = bytes(512)
    inner[512:524] = b"\5\0\0" + struct.pack(">HHB", 100, 0, 0) + struct.pack(">I", 2)
    yield Case("page-loop.db", bytes(inner), "either")
    many = database([f"{n}" + "z" * 600 for n in range(4000)])
    yield Case("overflows.db", bytes(many), None)
    header = bytearray(base)
    header[28:32] = struct.pack(">I", 0xFFFFFFFF)
    yield Case("page-count.db", bytes(header), "either", 1)
    size = bytearray(base)
    size[16:18] = b"\0\0"
    yield Case("page-size-0.db", bytes(size), DAMAGED)
    size[16:18] = b"\0\1"
    yield Case("page-size-64k.db", bytes(size), "either")
    reserved = bytearray(base)
    reserved[20] = 255
    yield Case("reserved.db", bytes(reserved), "either")


def pack_entry(kind, size, content):
    head = bytearray()
    byte, size = kind << 4 | size & 15, size >> 4
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head) + content


def varint(number):
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def back(distance):
    out = [distance & 0x7F]
    while distance > 0x7F:
        distance = (distance >> 7) - 1
        out.append(0x80 | distance & 0x7F)
    return bytes(reversed(out))


def pack(entries, count=None):
    body = b"PACK" + struct.pack(">II", 2, len(entries) if count is None else count) + b"".join(entries)
    return body + hashlib.sha1(body).digest()


def copy(offset, size):
    return b"\xff" + struct.pack("<I", offset) + struct.pack("<I", min(size, 0xFFFFFF))[:3]


def doubling(levels, size):
    """A blob and deltas, each of which copies the one before over and over."""
    entries = [pack_entry(3, size, zlib.compress(bytes(size)))]
    length = len(entries[0])
    for _ in range(levels):
        delta = varint(size) + varint(size * 2) + copy(0, size) * 2
        entry = pack_entry(6, len(delta), back(length) + zlib.compress(delta))
        entries.append(entry)
        length, size = len(entry), size * 2
    return pack(entries)


def chain(count):
    """Deltas on each other, each as long as the one before."""
    content = line()
    entries = [pack_entry(3, len(content), zlib.compress(content))]
    length = len(entries[0])
    for _ in range(count):
        delta = varint(len(content)) + varint(len(content)) + copy(0, len(content))
        entry = pack_entry(6, len(delta), back(length) + zlib.compress(delta))
        entries.append(entry)
        length = len(entry)
    return pack(entries)


def wide_chain(count, size):
    """A base of some megabytes with many deltas that each copy all of it."""
    entries = [pack_entry(3, size, zlib.compress(bytes(size), 9))]
    length = len(entries[0])
    for _ in range(count):
        delta = varint(size) + varint(size) + copy(0, min(size, 0xFFFFFF))
        entry = pack_entry(6, len(delta), back(length) + zlib.compress(delta))
        entries.append(entry)
        length += len(entry)
    return pack(entries)


def packs():
    blob = pack_entry(3, 52, zlib.compress(line()))
    own = pack_entry(7, 4, hashlib.sha1(b"nothing").digest() + zlib.compress(b"\1\1\1x"))
    yield Case("delta-without-base.pack", pack([blob, own]), SOME, 1)
    self_based = pack_entry(6, 4, back(0) + zlib.compress(b"\1\1\1x"))
    yield Case("delta-of-itself.pack", pack([blob, self_based]), SOME)
    forward = pack_entry(6, 4, b"\x80" * 10 + b"\0" + zlib.compress(b"\1\1\1x"))
    yield Case("delta-overflow.pack", pack([blob, forward]), SOME)
    yield Case("delta-doubling.pack", doubling(40, 1024), SOME)
    yield Case("delta-chain.pack", chain(20_000), "either", 1)
    yield Case("delta-wide.pack", wide_chain(3_000, 7 * MB), SOME)
    yield Case("inflate-bomb.pack", pack([pack_entry(3, 120 * MB, zlib.compress(bytes(120 * MB), 9))]), LIMIT)
    yield Case("size-lies.pack", pack([pack_entry(3, 5, zlib.compress(bytes(100 * MB), 9)), blob]), SOME, 1)
    yield Case("count-lies.pack", pack([blob], 0xFFFFFFFF), SOME, 1)
    yield Case("objects.pack", pack([pack_entry(3, 0, zlib.compress(b""))] * 300_000), SOME)
    delta = varint(52) + varint(1 << 50) + copy(0, 52)
    yield Case("result-huge.pack", pack([blob, pack_entry(6, len(delta), back(len(blob)) + zlib.compress(delta))]), SOME, 1)
    yield Case("bundle-endless.bundle", b"# v2 git bundle\n" + b"-" * 3_000_000, SOME)
    yield Case("bundle-lines.bundle", b"# v2 git bundle\n" + b"x\n" * 1_500_000, SOME)
    yield Case("object-bomb.git", zlib.compress(b"blob 5\0" + bytes(120 * MB), 9), LIMIT)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, depth, color, content):
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def jpeg_of(width, height, frame=0xC0, scans=1):
    """A grey picture whose blocks all have the code 0: no difference, and nothing behind it."""
    tables = b"".join(b"\xff\xc4\0\x14" + bytes([kind]) + b"\1" + bytes(15) + b"\0" for kind in (0, 0x10))
    quantised = b"\xff\xdb\0\x43\0" + b"\1" * 64
    head = b"\xff" + bytes([frame]) + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    blocks = -(-width // 8) * -(-height // 8)
    end = 0 if frame == 0xC2 else 63
    scan = b"\xff\xda\0\x08\1\1\0\0" + bytes([end, 0]) + bytes(blocks * (1 if end == 0 else 2) // 8 + 1)
    if scans > 1:
        scan += (b"\xff\xda\0\x08\1\1\0\1\x3f\0" + bytes(20)) * scans
    return b"\xff\xd8" + quantised + head + tables + scan + b"\xff\xd9"


def pictures():
    ocr = ("--ocr",)
    yield Case("huge.png", png(60_000, 60_000, 8, 0, zlib.compress(bytes(60 * MB), 9)), LIMIT, flags=ocr)
    yield Case("largest.png", png(2**31 - 1, 2**31 - 1, 16, 6, b""), LIMIT, flags=ocr)
    yield Case("allowed.png", png(6_000, 6_000, 16, 6, zlib.compress(bytes(6_000 * 48_001), 9)), "either", flags=ocr)
    yield Case("thin.png", png(40_000_000, 1, 8, 0, zlib.compress(bytes(40_000_001), 9)), "either", flags=ocr)
    text = zlib.compress(bytes(120 * MB), 9)
    bomb = png(1, 1, 8, 0, zlib.compress(b"\0\0"))
    yield Case("text-bomb.png", bomb[:33] + chunk(b"zTXt", b"a\0\0" + text) + bomb[33:], "either", flags=ocr)
    yield Case("huge.gif", b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0xF0, 0, 0) + bytes(6) + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x4c\x01\0;", LIMIT, flags=ocr)
    yield Case("huge.bmp", b"BM" + struct.pack("<IIIIiiHHIIIIII", 200, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(100), LIMIT, flags=ocr)
    tags = [(256, 60_000), (257, 60_000), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 60_000), (279, 0xFFFFFFFF)]
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in tags) + bytes(4)
    yield Case("huge.tif", tiff, SOME, flags=ocr)
    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 256, 4, 1, 1) + struct.pack("<I", 8)
    yield Case("loop.tif", loop, SOME, flags=ocr)
    jpeg = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 65_000, 65_000, 1) + b"\1\x11\0\xff\xd9"
    yield Case("huge.jpg", jpeg, SOME, flags=ocr)
    webp = b"RIFF\x20\0\0\0WEBPVP8L\x14\0\0\0\x2f" + struct.pack("<I", 16383 | 16383 << 14) + bytes(15)
    yield Case("huge.webp", webp, SOME, flags=ocr)
    small = struct.pack("<I", 10) + b"\0\0\0\0\x07\0\0\x07\0\0"
    frame = struct.pack("<I", 10) + b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f"
    chunks = b"WEBPVP8X" + small + b"VP8 " + frame
    yield Case("small-frame-huge.webp", b"RIFF" + struct.pack("<I", len(chunks)) + chunks, "either", flags=ocr)
    wide = b"GIF89a" + struct.pack("<HHBBB", 65535, 1, 0, 0, 0) + (b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x4c\x01\0") * 2 + b";"
    yield Case("frames-huge.gif", wide, SOME, flags=ocr)
    frames = b"GIF89a" + struct.pack("<HHBBB", 100, 100, 0xF0, 0, 0) + bytes(6) + (b"," + struct.pack("<HHHHB", 0, 0, 65535, 60_000, 0) + b"\x02\x02\x4c\x01\0") + b";"
    yield Case("frame-larger.gif", frames, "either", flags=ocr)
    yield Case("large.jpg", jpeg_of(6_000, 6_000), "either", flags=ocr)
    yield Case("progressive.jpg", jpeg_of(6_000, 6_000, frame=0xC2), LIMIT, flags=ocr)
    yield Case("scans.jpg", jpeg_of(3_000, 3_000, frame=0xC2, scans=3_000), DAMAGED, flags=ocr)
    yield Case("wide.png", png(33_000, 1_000, 8, 0, zlib.compress(b"\1" * 33_001_000)), SOME, flags=ocr)
    rows = (b"\0" + bytes(11_999) + b"\xff") * 3_000
    yield Case("line.png", png(12_000, 3_000, 8, 0, zlib.compress(rows)), None, flags=ocr)
    tags = [(256, 6_000), (257, 6_000), (258, 8), (259, 8), (262, 1), (273, 122), (277, 3), (278, 6_000), (279, 105_000)]
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in tags) + bytes(4)
    yield Case("large.tif", head + zlib.compress(bytes(6_000 * 6_000 * 3), 9), LIMIT, flags=ocr)


def ordinary():
    """Files of every kind, each with a token, by their names."""
    lz = compressed.lz4
    members = [("a.txt", b"words\n" * 50 + line()), ("b.txt", line())]
    tar = archives.tar_of(members)
    cpio = b"".join(archives.cpio_entry(n.encode(), len(c), c) for n, c in members) + archives.cpio_entry(b"TRAILER!!!", 0, b"")
    ar = b"!<arch>\n" + b"".join(archives.ar_entry(n.encode() + b"/", b"%d" % len(c), c) for n, c in members)
    rpm = b"\xed\xab\xee\xdb\x03\0" + bytes(90) + (b"\x8e\xad\xe8\x01" + bytes(12)) * 2 + gzip.compress(cpio)
    attached = b"--b\nContent-Type: text/plain\n\nhello\n--b\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=a.zip\n\n"
    attached += __import__("base64").encodebytes(archives.zip_of(members)) + b"--b--\n"
    word = documents.word(documents.WORD % documents.paragraph(line()))
    sheet = documents.SHEET % (b"<row r='1'><c r='A1' t='inlineStr'><is><t>" + line() + b"</t></is></c></row>")
    picture = png(8, 8, 8, 0, zlib.compress(bytes(72)))
    return {
        "x.zip": archives.zip_of(members),
        "x.tar": tar,
        "x.tar.gz": gzip.compress(tar),
        "x.tar.bz2": bz2.compress(tar),
        "x.tar.xz": lzma.compress(tar),
        "x.lzma": lzma.compress(line() * 20, lzma.FORMAT_ALONE),
        "x.zst": compressed.zstd(line() * 20),
        "x.lz4": lz(line() * 20),
        "x.7z": archives.seven_zip(content=members[0][1]),
        "x.a": ar,
        "x.cpio": cpio,
        "x.rpm": rpm,
        "x.pdf": documents.paged(documents.stream(b"/Filter/Fl", documents.flate(documents.text()))),
        "x.doc": documents.ole([0xFFFFFFFD, 0xFFFFFFFE] + list(range(3, 10)) + [0xFFFFFFFE] + [0xFFFFFFFF] * 118, documents.ole_entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + documents.ole_entry("Data", 2, 0xFFFFFFFF, 2, 4096) + bytes(256)),
        "x.db": bytes(database(["x" * 900 + token().decode() + "y" * 900])),
        "x.pack": pack([pack_entry(3, 52, zlib.compress(line())), pack_entry(3, 5, zlib.compress(b"hello"))]),
        "x.docx": word,
        "x.xlsx": archives.zip_of([documents.TYPES, ("xl/worksheets/sheet1.xml", sheet)]),
        "x.odt": archives.zip_of([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<office:document-content><text:p>" + line() + b"</text:p></office:document-content>")]),
        "x.eml": documents.mail(b"Content-Type: multipart/mixed; boundary=b", body=attached),
        "x.ipynb": b'{"cells": [{"cell_type": "code", "source": ["a = 1\\n", "t = \'' + token() + b"'\"]}]}",
        "x.rtf": b"{\\rtf1\\ansi {\\b bold} " + line() + b"\\par}",
        "x.png": picture,
    }


def cuts():
    """Every ordinary file, cut at ten places."""
    for name, content in ordinary().items():
        for tenth in range(10):
            at = len(content) * tenth // 10 + 3
            yield Case(f"cut-{tenth}-{name}", content[: min(at, len(content) - 1)], "either")


def cases():
    yield from databases()
    yield from packs()
    yield from pictures()
    yield from cuts()
