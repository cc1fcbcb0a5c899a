"""PDF, OLE, office documents, mails, notebooks and rich text that lead a reader in circles or blow up."""

import base64
import io
import struct
import zipfile
import zlib

from .archives import zip_of
from .case import DAMAGED, ENCRYPTED, LIMIT, SOME, Case, line, noise, token

MB = 1 << 20


def stream(keys, content):
    return b"<<%s/Length %d>> stream\n" % (keys, len(content)) + content + b"\nendstream"


def pdf(objects, trailer=b"<</Root 1 0 R>>"):
    body = b"".join(b"%d 0 obj %s endobj\n" % (number, content) for number, content in objects)
    return b"%PDF-1.7\n" + body + b"trailer " + trailer + b"\n%%EOF\n"


def paged(contents, more=(), page=b""):
    objects = [
        (1, b"<</Type/Catalog/Pages 2 0 R>>"),
        (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        (3, b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>%s>>" % page),
        (4, contents),
        (5, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
    ]
    return pdf(objects + list(more))


def flate(content, times=1):
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content


def text(value=None):
    return b"BT /F 9 Tf 9 9 Td (" + (value or token()) + b") Tj ET"


def pdfs():
    yield Case("bomb.pdf", paged(stream(b"/Filter/FlateDecode", flate(bytes(120 * MB)))), SOME)
    chain = b"/Filter[" + b"/FlateDecode" * 100 + b"]"
    yield Case("filters-100.pdf", paged(stream(chain, flate(text(), 100))), "either")
    yield Case("filters-10000.pdf", paged(stream(b"/Filter[" + b"/AHx" * 10_000 + b"]", b"41>")), "either")
    bomb = bytes(120 * MB)
    yield Case("filters-bomb.pdf", paged(stream(b"/Filter[/Fl/Fl/Fl]", flate(bomb, 3))), SOME)
    attached = (7, stream(b"/Type/EmbeddedFile/Filter[/Fl/Fl]", flate(bomb, 2)))
    yield Case("attached-bomb.pdf", paged(stream(b"", text()), [attached]), LIMIT, 1)
    runs = (7, stream(b"/Type/EmbeddedFile/Filter[/RL/RL/RL/RL]", b"\x81\x81" * 300_000))
    yield Case("run-length-bomb.pdf", paged(stream(b"", text()), [runs]), "either", 1)
    lzw = (7, stream(b"/Type/EmbeddedFile/Filter/LZWDecode", noise(3 * MB)))
    yield Case("lzw-noise.pdf", paged(stream(b"", text()), [lzw]), "either", 1)
    kids = [(1, b"<</Type/Catalog/Pages 2 0 R>>"), (2, b"<</Type/Pages/Kids[2 0 R 3 0 R]>>"), (3, b"<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]>>")]
    yield Case("page-loop.pdf", pdf(kids), "either")
    deep = [(1, b"<</Type/Catalog/Pages 2 0 R>>")] + [(n, b"<</Type/Pages/Kids[%d 0 R]>>" % (n + 1)) for n in range(2, 60_000)]
    yield Case("page-chain.pdf", pdf(deep), "either")
    many = b"<</Type/Pages/Kids[" + b"3 0 R " * 300_000 + b"]>>"
    yield Case("page-many.pdf", pdf([(1, b"<</Type/Catalog/Pages 2 0 R>>"), (2, many), (3, b"<</Type/Page>>")]), "either")
    wide = [(1, b"<</Type/Catalog/Pages 2 0 R>>"), (2, b"<</Type/Pages/Kids[%s]>>" % b" ".join(b"%d 0 R" % n for n in range(10, 3010)))]
    content = [(3, stream(b"/Filter/Fl", flate(text(b"x" * 8000) * 900)))]
    pages = [(n, b"<</Type/Page/Contents 3 0 R>>") for n in range(10, 3010)]
    yield Case("page-shared.pdf", pdf(wide + content + pages), SOME)
    shared = [(3, b"<</Type/Page/Contents[%s]>>" % (b"4 0 R " * 100_000))]
    yield Case("contents-repeated.pdf", pdf(wide[:1] + [(2, b"<</Type/Pages/Kids[3 0 R]>>")] + shared + [(4, stream(b"/Filter/Fl", flate(text(b"y" * 50_000))))]), "either")
    form = stream(b"/Subtype/Form/Resources<</XObject<</X 6 0 R>>>>", b"/X Do /X Do /X Do")
    yield Case("form-loop.pdf", paged(stream(b"", text() + b" /X Do"), [(6, form)]), "either", 1)
    forms = [(n, stream(b"/Subtype/Form/Resources<</XObject<</X %d 0 R>>>>" % (n + 1), b"/X Do /X Do")) for n in range(6, 46)]
    yield Case("form-doubling.pdf", paged(stream(b"", text() + b" /X Do"), forms), "either", 1)
    own = stream(b"/Type/ObjStm/N 3/First 20", b"7 0 8 9 9 18       <</A 7 0 R>> 8 0 R 9 0 R")
    yield Case("objects-self.pdf", paged(stream(b"", text()), [(7, own)]), "either", 1)
    index = b"7 0 " * 200_000
    yield Case("objects-many.pdf", paged(stream(b"", text()), [(7, stream(b"/Type/ObjStm/N 4000000000/First %d/Filter/Fl" % len(index), flate(index + b"<<>>")))]), "either", 1)
    streams = [(n, stream(b"/Type/ObjStm/N 1000/First 9000/Filter/Fl", flate(b"%d 0 " % n * 1000 + b" " * 9000 + b"(a)" * 1000_000))) for n in range(7, 27)]
    yield Case("objects-alternating.pdf", paged(stream(b"", text()), streams), "either", 1)
    yield Case("references.pdf", paged(stream(b"", text()), [(n, b"%d 0 R" % (n + 1)) for n in range(7, 20_000)] + [(20_000, b"7 0 R")]), "either", 1)
    length = b"<</Length %d>> stream\n" + text() + b"\nendstream"
    yield Case("length-huge.pdf", paged(length % (1 << 40)), "either", 1)
    yield Case("length-self.pdf", paged(b"<</Length 4 0 R>> stream\n" + text() + b"\nendstream"), "either", 1)
    yield Case("length-negative.pdf", paged(length % -5), "either", 1)
    yield Case("no-endstream.pdf", b"%PDF-1.4\n" + b"1 0 obj <</Length 9>> stream\nx endobj\n" * 20_000, "either")
    yield Case("objects-open.pdf", b"%PDF-1.4\n" + b"1 0 obj <<" * 300_000, "either")
    yield Case("objects-empty.pdf", b"%PDF-1.4\n" + b"1 0 obj 1 endobj " * 400_000, "either")
    yield Case("objects-distinct.pdf", b"%PDF-1.4\n" + b"".join(b"%d 0 obj 1 " % n for n in range(600_000)), "either")
    yield Case("arrays-deep.pdf", paged(stream(b"", text()), [(7, b"[" * 500_000)]), "either", 1)
    yield Case("dictionaries-deep.pdf", paged(stream(b"", text()), [(7, b"<</A" * 200_000)]), "either", 1)
    yield Case("content-deep.pdf", paged(stream(b"", b"[" * 500_000 + text())), "either")
    yield Case("string-long.pdf", paged(stream(b"", text()), [(7, b"(" * 3_000_000)]), "either", 1)
    yield Case("trailers.pdf", b"%PDF-1.4\n" + b"trailer <</Root 1 0 R/Prev 0>>\n" * 100_000, "either")
    xref = stream(b"/Type/XRef/Prev 9/Size 99999999/W[1 9999999 9999999]/Index[0 4294967295]", b"x")
    yield Case("xref-loop.pdf", paged(stream(b"", text()), [(7, xref)]) + b"startxref\n9\n%%EOF", "either", 1)
    cmap = b"beginbfrange " + b"<0000> <FFFFFFFF> <0041> " * 1000 + b"endbfrange"
    font = [(5, b"<</Subtype/Type0/ToUnicode 7 0 R>>"), (7, stream(b"", cmap))]
    yield Case("font-ranges.pdf", pdf([(1, b"<</Type/Catalog/Pages 2 0 R>>"), (2, b"<</Type/Pages/Kids[3 0 R]>>"), (3, b"<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"), (4, stream(b"", b"BT /F 9 Tf <00410042> Tj ET"))] + font), "either")
    cmap = b"beginbfchar " + b"".join(b"<%04X> <%s> " % (n, b"0041" * 500) for n in range(2000)) + b"endbfchar"
    grown = [(5, b"<</Subtype/Type0/ToUnicode 7 0 R>>"), (7, stream(b"/Filter/Fl", flate(cmap)))]
    yield Case("font-expansion.pdf", pdf([(1, b"<</Type/Catalog/Pages 2 0 R>>"), (2, b"<</Type/Pages/Kids[3 0 R]>>"), (3, b"<</Type/Page/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"), (4, stream(b"/Filter/Fl", flate(b"BT /F 9 Tf <" + b"0001" * 1_500_000 + b"> Tj ET")))] + grown), "either")
    yield Case("widths.pdf", paged(stream(b"", text()), [(5, b"<</Subtype/Type0/DescendantFonts[7 0 R]>>"), (7, b"<</W[" + b"0 65535 500 " * 100_000 + b"]>>")]), "either")
    yield Case("encrypted.pdf", pdf([(1, b"<</Type/Catalog>>")], b"<</Root 1 0 R/Encrypt<</Filter/Standard/V 2>>>>"), ENCRYPTED)
    positions = b"BT /F 9 Tf " + b"1 0 0 1 %d %d Tm (a) Tj " * 60_000
    values = tuple((n * 7919) % 100_000 for n in range(120_000))
    yield Case("scattered.pdf", paged(stream(b"/Filter/Fl", flate(positions % values))), "either")


def ole(fat, directory=None, header=None):
    """A compound file of 512-byte sectors with this table."""
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    head[24:34] = struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head[44:76] = struct.pack("<IIIIIIII", len(fat) // 128, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head[76:512] = struct.pack("<109I", *[0] * min(len(fat) // 128, 109), *[0xFFFFFFFF] * (109 - min(len(fat) // 128, 109)))
    for at, value in (header or {}).items():
        head[at : at + 4] = struct.pack("<I", value)
    return bytes(head) + struct.pack(f"<{len(fat)}I", *fat) + (directory or ole_entry("Root Entry", 5, 1, 0, 0) + ole_entry("Data", 2, 0xFFFFFFFF, 2, 1 << 30) + bytes(256)) + noise(4096)


def ole_entry(name, kind, child, start, size):
    data = bytearray(128)
    encoded = name.encode("utf-16-le")
    data[: len(encoded)] = encoded
    data[64:67] = struct.pack("<HB", len(encoded) + 2, kind)
    data[68:80] = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
    data[116:124] = struct.pack("<II", start, size)
    return bytes(data)


def oles():
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    plain = [0xFFFFFFFD, end, 3, 4, 5, 6, 7, 8, 9, end] + [free] * 118
    yield Case("size-lies.doc", ole(plain), SOME)
    loop = [0xFFFFFFFD, end, 3, 4, 2] + [free] * 123
    yield Case("fat-loop.doc", ole(loop), SOME)
    yield Case("directory-loop.doc", ole([0xFFFFFFFD, 1] + [free] * 126), SOME)
    yield Case("difat-loop.doc", ole(plain, header={44: 0xFFFFFFFF, 68: 5, 72: 0xFFFFFFFF}), SOME)
    yield Case("mini-loop.doc", ole(plain, header={60: 2, 64: 0xFFFFFFFF}), "either")
    yield Case("sectors-huge.doc", ole(plain, header={30: 0x00061F00}), SOME)
    yield Case("sectors-2e31.doc", ole(plain, header={28: 0x001FFFFE}), SOME)
    yield Case("header-only.doc", ole(plain)[:512], SOME)
    siblings = bytearray(ole_entry("Root Entry", 5, 1, end, 0) + b"".join(ole_entry(f"S{n}", 1, n % 4, end, 0) for n in range(1, 4)))
    yield Case("tree-loop.doc", ole(plain, bytes(siblings)), "either")
    shared = ole_entry("Root Entry", 5, 1, end, 0) + b"".join(ole_entry(f"S{n}", 2, free, 2, 4096) for n in range(1, 4))
    yield Case("shared-sectors.doc", ole(plain, shared), "either")
    count = 12_000
    sectors = count // 4
    fat = [0xFFFFFFFD] + [n + 1 for n in range(1, sectors)] + [end] + [n + 1 for n in range(sectors + 1, sectors + 8)] + [end]
    fat += [free] * (-len(fat) % 128)
    tables = len(fat) // 128
    shift = tables - 1
    moved = [0xFFFFFFFD] * tables + [n + shift if n < 0xFFFFFF00 else n for n in fat[1:]]
    moved = (moved + [free] * (-len(moved) % 128))[: tables * 128]
    head = bytearray(ole(moved, b"")[:512])
    head[44:52] = struct.pack("<II", tables, tables)
    head[76 : 76 + 4 * min(tables, 109)] = struct.pack(f"<{min(tables, 109)}I", *range(min(tables, 109)))
    entries = ole_entry("Root Entry", 5, 1, end, 0) + b"".join(ole_entry(f"S{n}", 2, free, sectors + tables, 4096) for n in range(1, count))
    yield Case("streams-12000.doc", bytes(head) + struct.pack(f"<{len(moved)}I", *moved) + entries + noise(4096), "either")


def encrypted_office():
    name = "EncryptedPackage"
    entries = ole_entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + ole_entry(name, 2, 0xFFFFFFFF, 2, 4096) + bytes(256)
    return ole([0xFFFFFFFD, 0xFFFFFFFE] + list(range(3, 10)) + [0xFFFFFFFE] + [0xFFFFFFFF] * 118, entries)


WORD = b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body>%s</w:body></w:document>"
TYPES = ("[Content_Types].xml", b"<Types/>")
SHEET = b"<worksheet><sheetData>%s</sheetData></worksheet>"


def paragraph(content):
    return b"<w:p><w:r><w:t>" + content + b"</w:t></w:r></w:p>"


def word(body):
    return zip_of([TYPES, ("word/document.xml", body)])


def offices():
    laughs = b"<!DOCTYPE l [<!ENTITY a 'ha'>" + b"".join(b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(20)) + b"]>"
    yield Case("billion-laughs.docx", word(laughs + WORD % (paragraph(b"&u;") + paragraph(line()))), "either", 1)
    external = b"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    yield Case("external-entity.docx", word(external + WORD % (paragraph(b"&x;") + paragraph(line()))), "either", 1)
    yield Case("deep.docx", word(WORD % (paragraph(line()) + b"<w:sdt>" * 500_000)), SOME, 1)
    yield Case("deep-closed.docx", word(WORD % (b"<w:sdt>" * 900 + paragraph(line()) + b"</w:sdt>" * 900)), None, 1)
    yield Case("bomb.docx", word(WORD % (paragraph(line()) + b"<w:p/>" * 20_000_000)), "either", 1)
    yield Case("long-text.docx", word(WORD % (paragraph(line()) + paragraph(b"x" * (30 * MB)))), "either", 1)
    yield Case("long-attribute.docx", word(WORD % (paragraph(line()) + b"<w:p a='" + b"x" * (30 * MB) + b"'/>")), "either", 1)
    yield Case("attributes.docx", word(WORD % (paragraph(line()) + b"<w:p " + b" ".join(b"a%d=''" % n for n in range(300_000)) + b"/>")), "either", 1)
    yield Case("attributes-same.docx", word(WORD % (paragraph(line()) + b"<w:p " + b"a='' " * 500_000 + b"/>")), "either", 1)
    yield Case("runs.docx", word(WORD % (paragraph(line()) + b"<w:p>" + b"<w:r><w:t>a</w:t></w:r>" * 400_000 + b"</w:p>")), "either", 1)
    yield Case("open-tag.docx", word(WORD[:20] + b"<" * 3_000_000), SOME)
    yield Case("comment-open.docx", word(WORD % (paragraph(line()) + b"<!--" + b"-" * 3_000_000)), SOME, 1)
    yield Case("not-utf8.docx", word(WORD % (paragraph(line()) + b"\xff\xfe" * 100_000)), "either", 1)
    yield Case("utf16.docx", word((WORD % paragraph(line())).decode().encode("utf-16")), "either")
    same = zip_of([TYPES, ("word/document.xml", WORD % paragraph(line())), ("word/document.xml", WORD % paragraph(line()))])
    yield Case("same-parts.docx", same, None, 2)
    shared = b"<sst>" + b"<si><t>" + b"s" * 3000 + b"</t></si>"
    strings = shared * 1 + b"".join(b"<si><t>%d%s</t></si>" % (n, b"s" * 5000) for n in range(20_000)) + b"</sst>"
    cells = b"".join(b"<row r='%d'><c r='A%d' t='s'><v>%d</v></c></row>" % (n, n, n % 20_000) for n in range(1, 30_000))
    yield Case("shared-strings.xlsx", zip_of([TYPES, ("xl/sharedStrings.xml", strings), ("xl/worksheets/sheet1.xml", SHEET % cells)]), "either")
    one = b"<sst><si><t>" + b"w" * 4000 + b"</t></si></sst>"
    cells = b"<row r='1'>" + b"<c r='A1' t='s'><v>0</v></c>" * 300_000 + b"</row>"
    yield Case("string-repeated.xlsx", zip_of([TYPES, ("xl/sharedStrings.xml", one), ("xl/worksheets/sheet1.xml", SHEET % cells)]), "either")
    cells = b"<row r='4294967295'><c r='%s4294967295' t='s'><v>99999999999999999999</v></c></row>" % (b"Z" * 10_000)
    yield Case("references.xlsx", zip_of([TYPES, ("xl/worksheets/sheet1.xml", SHEET % cells)]), "either")
    repeated = b"<office:document-content><table:table table:name='t'><table:table-row table:number-rows-repeated='1048576'><table:table-cell table:number-columns-repeated='16384'><text:p>%s</text:p></table:table-cell></table:table-row></table:table></office:document-content>"
    kind = ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")
    yield Case("repeated-cells.ods", zip_of([kind, ("content.xml", repeated % token())]), "either", 1)
    spaces = b"<office:document-content><text:p>%s<text:s text:c='4294967295'/></text:p></office:document-content>"
    yield Case("spaces.odt", zip_of([kind, ("content.xml", spaces % token())]), "either", 1)
    manifest = b"<manifest:manifest><manifest:file-entry manifest:full-path='content.xml'><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    yield Case("encrypted.odt", zip_of([kind, ("content.xml", noise(300)), ("META-INF/manifest.xml", manifest)]), ENCRYPTED)
    yield Case("encrypted.docx", encrypted_office(), ENCRYPTED)
    yield Case("sheets-many.xlsx", zip_of([TYPES] + [(f"xl/worksheets/sheet{n}.xml", SHEET % b"") for n in range(20_000)]), "either")
    inner = word(WORD % paragraph(line()))
    for level in range(12):
        inner = zip_of([TYPES, (f"word/embeddings/{level}.docx", inner)])
    yield Case("embedded-deep.docx", inner, LIMIT)


def mail(*headers, body=b""):
    return b"From: a@b.org\nTo: c@d.org\n" + b"".join(h + b"\n" for h in headers) + b"\n" + body


def mails():
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000))
    yield Case("deep.eml", mail(b"Mime-Version: 1.0") [:-1] + deep + b"\n" + line(), "either", 1)
    rfc822 = b"Content-Type: message/rfc822\n\n" * 50_000
    yield Case("messages-deep.eml", mail()[:-1] + rfc822 + line(), "either", 1)
    yield Case("same-boundary.eml", mail(b"Content-Type: multipart/mixed; boundary=b", body=(b"--b\nContent-Type: multipart/mixed; boundary=b\n\n") * 20_000 + line()), "either", 1)
    parts = b"--b\nContent-Disposition: attachment; filename=a\n\nx\n" * 50_000
    yield Case("parts.eml", mail(b"Content-Type: multipart/mixed; boundary=b", body=parts + line()), "either", 1)
    bomb = base64.encodebytes(zip_of([("z", bytes(120 * MB))]))
    attached = b"--b\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=z.zip\n\n" + bomb + b"\n--b--\n"
    yield Case("attached-bomb.eml", mail(b"Content-Type: multipart/mixed; boundary=b", body=attached), LIMIT)
    yield Case("boundary-empty.eml", mail(b'Content-Type: multipart/mixed; boundary=""', body=b"--\n" * 300_000 + line()), "either", 1)
    yield Case("boundary-long.eml", mail(b"Content-Type: multipart/mixed; boundary=" + b"b" * 1_000_000, body=(b"--" + b"b" * 100_000 + b"\n") * 20 + line()), "either", 1)
    yield Case("header-endless.eml", mail()[:-1] + b"X-A: " + b"a\n " * 1_500_000, "either")
    yield Case("headers-many.eml", mail()[:-1] + b"X-A: b\n" * 400_000 + b"\n" + line(), "either", 1)
    yield Case("words.eml", mail()[:-1] + b"Subject: " + b"=?utf-8?q?a?= " * 200_000 + b"\n\n" + line(), "either", 1)
    yield Case("words-open.eml", mail()[:-1] + b"Subject: " + b"=?" * 1_000_000 + b"\n\n" + line(), "either", 1)
    yield Case("parameters.eml", mail(b"Content-Type: multipart/mixed" + b"; a=b" * 300_000, body=line()), "either", 1)
    yield Case("base64-broken.eml", mail(b"Content-Transfer-Encoding: base64", body=b"=" * 3_000_000), "either")
    yield Case("mails-many.mbox", b"From x\n" + mail(body=line()) + (b"From x\n" + mail(body=b"x\n\n")) * 60_000, "either", 1)


def texts():
    yield Case("deep.ipynb", b'{"cells": ' + b"[" * 500_000, "either")
    yield Case("deep-objects.ipynb", b'{"cells": [' + b'{"a":' * 300_000, "either")
    cell = b'{"cell_type":"code","source":["' + b"x" * 20 + b'\\n"]},'
    yield Case("cells.ipynb", b'{"cells": [' + cell * 60_000 + b'{"cell_type":"code","source":["' + token()[:20] + b'"]}]}', "either")
    yield Case("string-open.ipynb", b'{"cells": [{"cell_type":"code","source":["' + b"x" * 8_000_000, "either")
    yield Case("lines.ipynb", b'{"cells": [{"cell_type":"code","source":["' + b"a\\n" * 1_000_000 + b'"]}]}', "either")
    yield Case("escapes.ipynb", b'{"cells": [{"cell_type":"code","source":["' + b"\\ud800" * 1_000_000 + b'"]}]}', "either")
    yield Case("deep.rtf", b"{\\rtf1 " + b"{" * 3_000_000 + line(), "either", 1)
    yield Case("binary.rtf", b"{\\rtf1 \\bin4294967295 " + line() + b"}", "either")
    yield Case("binary-negative.rtf", b"{\\rtf1 \\bin-5 " + line() + b"}", "either")
    yield Case("unicode-skip.rtf", b"{\\rtf1\\uc999999999\\u65 " + line() + b"}", "either")
    yield Case("words.rtf", b"{\\rtf1" + b"\\a" * 2_000_000 + b"}", "either")


def cases():
    yield from pdfs()
    yield from oles()
    yield from offices()
    yield from mails()
    yield from texts()
