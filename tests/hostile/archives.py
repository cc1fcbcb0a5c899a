"""Zip, tar, cpio, ar, rpm and 7z archives that lie."""

import gzip
import io
import lzma
import pathlib
import struct
import subprocess
import tarfile
import tempfile
import warnings
import zipfile
import zlib

from .case import DAMAGED, ENCRYPTED, LIMIT, SOME, Case, line, noise

MB = 1 << 20
warnings.simplefilter("ignore")


def zip_of(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


def local(name, packed, size, crc, method=8, flags=0, version=20):
    return struct.pack("<4sHHHIIIIHH", b"PK\3\4", version, flags, method, 0, crc, len(packed), size, len(name), 0) + name + packed


def entry(name, packed, size, crc, offset, method=8, flags=0, extra=b""):
    fields = (b"PK\1\2", 0x314, 20, flags, method, 0, crc, packed, size, len(name), len(extra), 0, 0, 0, 0, offset)
    return struct.pack("<4sHHHHIIIIHHHHHII", *fields) + name + extra


def end(count, size, offset):
    return struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, min(count, 65535), min(count, 65535), size, offset, 0)


def deflate(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def overlapping(count):
    """Entries that all name one member, as in the bomb of 42 kB that holds petabytes."""
    content = bytes(20 * MB)
    packed, crc = deflate(content), zlib.crc32(content)
    body = local(b"a", packed, len(content), crc)
    entries = b"".join(entry(b"a%d" % n, len(packed), len(content), crc, 0) for n in range(count))
    return body + entries + end(count, len(entries), len(body))


def quoted(count):
    """Fifield's bomb: each member begins with a stored block that quotes the header behind it, and goes on with the
    content of that member."""
    kernel = deflate(bytes(8 * MB))
    packed, size, name = len(kernel), 8 * MB, b"kernel"
    body = local(name, kernel, size, 0)
    places = [(len(body), name, packed, size)]
    for number in range(count):
        quote = body[: 30 + len(name)]
        block = b"\0" + struct.pack("<HH", len(quote), len(quote) ^ 0xFFFF)
        packed, size, name = packed + len(block) + len(quote), size + len(quote), b"%05d" % number
        fields = (b"PK\3\4", 20, 0, 8, 0, 0, packed, size, len(name), 0)
        body = struct.pack("<4sHHHIIIIHH", *fields) + name + block + body
        places.append((len(body), name, packed, size))
    entries = b"".join(entry(n, p, s, 0, len(body) - back) for back, n, p, s in reversed(places))
    return body + entries + end(len(places), len(entries), len(body))


def nested_zip(depth, width):
    content = zip_of([("z", bytes(10 * MB))])
    for level in range(depth):
        content = zip_of([(f"{level}-{n}.zip", content) for n in range(width)])
    return content


def many_members(count, name="m"):
    return zip_of([(f"{name}{n}", b"x") for n in range(count)], zipfile.ZIP_STORED)


def many_entries(count):
    """A directory of entries that point nowhere."""
    entries = b"".join(entry(b"", 1, 1, 0, 0x10000000 + 40 * n) for n in range(count))
    return b"PK\3\4" + bytes(40) + entries + end(count, len(entries), 44)


def hidden_in_gap():
    """A member that only a local header names, between two others."""
    first, second = line(), line()
    body = local(b"a", deflate(b"words"), 5, zlib.crc32(b"words"))
    hidden = local(b"hidden", deflate(first), len(first), zlib.crc32(first))
    last_at = len(body + hidden)
    last = local(b"b", deflate(second), len(second), zlib.crc32(second))
    packed = len(deflate(second))
    entries = entry(b"a", len(deflate(b"words")), 5, zlib.crc32(b"words"), 0)
    entries += entry(b"b", packed, len(second), zlib.crc32(second), last_at)
    body += hidden + last
    return body + entries + end(2, len(entries), len(body))


def disagreeing():
    """The directory and the local header give another name, size and method."""
    content = line()
    body = local(b"local", deflate(content), 3, 1, method=8)
    entries = entry(b"directory", len(deflate(content)), 4_000_000_000, zlib.crc32(content), 0)
    return body + entries + end(1, len(entries), len(body))


def zip64(sizes):
    content = line()
    extra = struct.pack("<HH", 1, 8 * len(sizes)) + b"".join(struct.pack("<Q", s) for s in sizes)
    body = local(b"a", deflate(content), 0xFFFFFFFF, 0)
    entries = entry(b"a", 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFF, extra=extra)
    return body + entries + end(1, len(entries), len(body))


def encrypted_zip():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "a").write_bytes(line())
        subprocess.run(["zip", "-q", "-P", "pw", "x.zip", "a"], cwd=folder, check=True)
        return pathlib.Path(folder, "x.zip").read_bytes()


def zips():
    yield Case("flat.zip", zip_of([("zeros", bytes(120 * MB))]), LIMIT)
    yield Case("overlapping.zip", overlapping(60_000), "shares its bytes|more members")
    yield Case("quoted.zip", quoted(2_000), SOME)
    yield Case("nested.zip", nested_zip(3, 16), LIMIT)
    yield Case("nested-deep.zip", nested_zip(12, 1), LIMIT)
    yield Case("members.zip", many_members(60_000), None)
    yield Case("entries-nowhere.zip", many_entries(65_000), DAMAGED)
    yield Case("long-names.zip", many_members(200, "n" * 60_000), None)
    headers = b"PK\3\4\x14\0" + bytes(24)
    yield Case("headers-only.zip", headers * 100_000, DAMAGED)
    yield Case("headers-only-large.zip", headers * 700_000, "damaged|raises the limit")
    yield Case("headers-encrypted.zip", (b"PK\3\4\x14\0\1\0" + bytes(22)) * 100_000, SOME)
    unsized = struct.pack("<4sHHHIIIIHH", b"PK\3\4", 20, 8, 8, 0, 0, 0, 0, 0, 0)
    yield Case("headers-unsized.zip", (unsized + b"\x03\0") * 100_000, SOME)
    yield Case("hidden.zip", hidden_in_gap(), None, 2)
    yield Case("disagreeing.zip", disagreeing(), DAMAGED, 1)
    yield Case("same-names.zip", zip_of([("a", line()), ("a", line()), ("a", line())]), None, 3)
    yield Case("parents.zip", zip_of([("../../etc/passwd", line()), ("/abs", line()), ("C:\\x", line())]), None, 3)
    yield Case("control-names.zip", zip_of([("a\x1b[2J\n\r!b", line())]), None, 1)
    yield Case("zip64-huge.zip", zip64([1 << 62, 1 << 62, 0]), SOME)
    yield Case("zip64-offset.zip", zip64([10, 10, (1 << 64) - 1]), SOME)
    yield Case("zip64-short.zip", zip64([]), SOME)
    whole = zip_of([("a", line())])
    yield Case("offset-wrong.zip", whole[:-6] + struct.pack("<I", 5) + whole[-2:], "either", 1)
    yield Case("size-wrong.zip", whole[:-10] + struct.pack("<I", 0xFFFFFFF0) + whole[-6:], SOME, 1)
    yield Case("two-ends.zip", whole + zip_of([("b", line())]), None, 2)
    yield Case("comment-with-end.zip", whole[:-2] + struct.pack("<H", 22) + end(0, 0, 0), "either", 1)
    yield Case("encrypted.zip", encrypted_zip(), ENCRYPTED)
    for method, name in ((9, "deflate64"), (97, "wavpack"), (12345, "unknown")):
        content = line()
        body = local(b"a", content, len(content), 0, method=method)
        entries = entry(b"a", len(content), len(content), 0, 0, method=method)
        yield Case(f"method-{name}.zip", body + entries + end(1, len(entries), len(body)), "which this program cannot read")
    lzma_head = struct.pack("<HH", 0x1409, 5) + b"\x5d" + struct.pack("<I", 0xFFFFFFFF)
    body = local(b"a", lzma_head + noise(100), 10, 0, method=14)
    entries = entry(b"a", 109, 10, 0, 0, method=14)
    yield Case("dictionary-4g-lzma.zip", body + entries + end(1, len(entries), len(body)), SOME)
    yield Case("bomb-bzip2.zip", zip_of([("z", bytes(120 * MB))], zipfile.ZIP_BZIP2), LIMIT)
    yield Case("bomb-lzma.zip", zip_of([("z", bytes(120 * MB))], zipfile.ZIP_LZMA), LIMIT)


def tar_of(members, kind=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def header(name, size, kind=b"0", link=b"", raw_size=None):
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[124:136] = raw_size or b"%011o\0" % size
    block[156:157] = kind
    block[157 : 157 + len(link)] = link
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pad(content):
    return content + bytes(-len(content) % 512)


def pax(records):
    return header(b"pax", len(records), b"x") + pad(records)


def tars():
    tail = bytes(1024)
    smuggled = header(b"hidden", 60) + pad(line())
    yield Case("pax-size.tar", pax(b"13 size=1024\n") + header(b"a", 0) + smuggled + tail, "either", 1)
    yield Case("pax-huge.tar", pax(b"29 size=18446744073709551615\n") + header(b"a", 10) + pad(line()) + tail, SOME)
    yield Case("pax-lengths.tar", pax(b"99999999999999999999 path=x\n0 a=b\n-5 c=d\n") + header(b"a", 51) + pad(line()) + tail, "either", 1)
    yield Case("pax-endless.tar", header(b"pax", 8 * MB, b"x") + b"9 path=a\n" * 900_000, "either")
    yield Case("records-only.tar", pax(b"9 path=a\n") * 20_000, "either")
    yield Case("size-binary.tar", header(b"a", 0, raw_size=b"\xff" + b"\xff" * 11) + pad(line()) + tail, SOME)
    yield Case("size-not-octal.tar", header(b"a", 0, raw_size=b"99999999999\0") + pad(line()) + tail, "either")
    yield Case("links.tar", b"".join(header(b"l%d" % n, 0, b"1", b"l%d" % (n + 1)) for n in range(20_000)) + tail, None)
    cyclic = header(b"a", 0, b"2", b"b") + header(b"b", 0, b"2", b"a") + header(b"c", 0, b"1", b"c")
    yield Case("cyclic.tar", cyclic + header(b"d", 51) + pad(line()) + tail, None, 1)
    yield Case("link-to-root.tar", header(b"x", 0, b"2", b"/etc/passwd") + tail, None)
    yield Case("devices.tar", header(b"d", 1 << 30, b"4") + header(b"f", 0, b"6") + header(b"d", 51) + pad(line()) + tail, "either")
    sparse = bytearray(header(b"s", 1024, b"S"))
    sparse[386:410] = b"77777777777\x0077777777777\0"
    sparse[482] = 1
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse)
    maps = bytearray(512)
    maps[504] = 1
    yield Case("sparse-maps.tar", bytes(sparse) + bytes(maps) * 20_000, "either")
    yield Case("long-link.tar", header(b"././@LongLink", 1 << 33, b"L") + noise(4096), SOME)
    yield Case("long-links.tar", (header(b"././@LongLink", 512, b"L") + b"n" * 512) * 5_000 + header(b"a", 51) + pad(line()) + tail, "either", 1)
    yield Case("members.tar", tar_of([(f"m{n}", b"") for n in range(20_000)]), None)
    yield Case("members.tar.gz", gzip.compress(tar_of([(f"m{n}", b"x" * 600) for n in range(60_000)]), 9), "either")
    yield Case("headers.tar.gz", gzip.compress(header(b"a", 0) * 800_000), "either")
    yield Case("same-names.tar", tar_of([("a", line()), ("a", line())]), None, 2)
    yield Case("parents.tar", tar_of([("../../a", line()), ("/etc/b", line())]), None, 2)
    bad = bytearray(tar_of([("a", line()), ("b", line())]))
    bad[2 * 512 + 1024 - 512 + 124] ^= 1
    yield Case("checksum.tar", bytes(bad), "either", 1)


def cpio_entry(name, size, content, name_size=None):
    name_size = len(name) + 1 if name_size is None else name_size
    fields = [1, 0o100644, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0]
    block = b"070701" + b"".join(b"%08x" % f for f in fields) + name + b"\0"
    block += bytes(-len(block) % 4)
    return block + content + bytes(-len(content) % 4)


def ar_entry(name, size, content):
    return b"%-16s%-12s%-6s%-6s%-8s%-10s`\n" % (name, b"0", b"0", b"0", b"100644", size) + content + b"\n" * (len(content) % 2)


def others():
    end_of_cpio = cpio_entry(b"TRAILER!!!", 0, b"")
    yield Case("size.cpio", cpio_entry(b"a", 0xFFFFFFFF, line()) + end_of_cpio, SOME)
    yield Case("name-size.cpio", cpio_entry(b"a", 51, line(), 0xFFFFFFFF) + end_of_cpio, SOME)
    yield Case("name-zero.cpio", cpio_entry(b"", 0, b"", 0) * 50_000, "either")
    yield Case("no-trailer.cpio", cpio_entry(b"a", 51, line()), "either", 1)
    yield Case("behind-trailer.cpio", end_of_cpio + cpio_entry(b"a", 51, line()), "either")
    yield Case("members.cpio", cpio_entry(b"a", 0, b"") * 60_000 + end_of_cpio, None)
    yield Case("size.a", b"!<arch>\n" + ar_entry(b"a/", b"9999999999", line()), SOME)
    yield Case("size-negative.a", b"!<arch>\n" + ar_entry(b"a/", b"-5", line()), SOME)
    yield Case("names.a", b"!<arch>\n" + ar_entry(b"//", b"9999999999", b"x"), SOME)
    yield Case("name-offset.a", b"!<arch>\n" + ar_entry(b"/99999999999", b"51", line()), "either")
    yield Case("bsd-name.a", b"!<arch>\n" + ar_entry(b"#1/9999999", b"51", line()), "either")
    yield Case("members.a", b"!<arch>\n" + ar_entry(b"a/", b"0", b"") * 60_000, None)
    lead = b"\xed\xab\xee\xdb\x03\0" + bytes(90)
    for name, index, data in (("index", 0xFFFFFFFF, 0), ("data", 0, 0xFFFFFFFF), ("both", 0x0FFFFFFF, 0xF0000000)):
        head = b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", index, data)
        yield Case(f"header-{name}.rpm", lead + head + noise(2000), SOME)
    rpm = lead + (b"\x8e\xad\xe8\x01" + bytes(12)) * 2
    yield Case("payload-unknown.rpm", rpm + b"????" + noise(2000), SOME)
    yield Case("payload-bomb.rpm", rpm + gzip.compress(cpio_entry(b"a", 120 * MB, bytes(120 * MB))), LIMIT)


def seven_zip(*flags, content=None):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "a").write_bytes(line() if content is None else content)
        subprocess.run(["7z", "a", "-bd", *flags, "x.7z", "a"], cwd=folder, check=True, capture_output=True)
        return pathlib.Path(folder, "x.7z").read_bytes()


def seven_zip_header(content, next_offset=0, next_size=None):
    start = struct.pack("<QQI", next_offset, len(content) if next_size is None else next_size, zlib.crc32(content))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + content


def seven_zips():
    yield Case("bomb.7z", seven_zip(content=bytes(120 * MB)), LIMIT)
    yield Case("bomb-1g-dictionary.7z", seven_zip("-md=1g", content=bytes(80 * MB)), "either")
    yield Case("bomb-ppmd.7z", seven_zip("-m0=PPMd:mem=256m", content=noise(1000) + line()), "either")
    yield Case("encrypted.7z", seven_zip("-ppw"), ENCRYPTED)
    yield Case("encrypted-names.7z", seven_zip("-ppw", "-mhe=on"), ENCRYPTED)
    yield Case("header-huge.7z", seven_zip_header(b"\1", 0, 1 << 60), SOME)
    yield Case("header-far.7z", seven_zip_header(b"\1", 1 << 60), SOME)
    number = b"\xff" + struct.pack("<Q", 1 << 40)
    yield Case("files-2e40.7z", seven_zip_header(b"\1\5" + number), SOME)
    yield Case("streams-2e40.7z", seven_zip_header(b"\1\4\6\0" + number + b"\x09\0\0\0"), SOME)
    yield Case("folders-2e40.7z", seven_zip_header(b"\1\4\7\x0b" + number + b"\0\0\0"), SOME)
    count = b"\xf0" + struct.pack("<I", 50_000_000)
    yield Case("files-50m.7z", seven_zip_header(b"\1\5" + count + bytes(100)), SOME)
    yield Case("empty-files.7z", seven_zip_header(b"\1\5\xe0\0\0\x10" + b"\x0e\x80" + bytes(200)), SOME)
    yield Case("archive-properties.7z", seven_zip_header(b"\1\2\1" + number), SOME)


def cases():
    yield from zips()
    yield from tars()
    yield from others()
    yield from seven_zips()
