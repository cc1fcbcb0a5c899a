#!/usr/bin/env python3
"""Archives and documents written by the programs that people use: every form of a token is found in each of them, alone
and in two archives, at the place that a person would name.

    python3 -m venv V && V/bin/pip install python-docx openpyxl python-pptx odfpy reportlab
    V/bin/python tests/containers.py PROGRAM [--keep FOLDER]

Debian packages: 7zip or p7zip-full, zip, cpio, rpm, binutils, lz4, zstd, xz-utils, bzip2, git, libreoffice-writer,
-calc and -impress. Writers whose program or library is missing are left out and named. `--keep` leaves the files, with
what is in each of them in `expected.json`, for the comparison with other programs. What only one kind has, such as
comments, links or attachments, is in tests/documents.py and tests/binary_documents.py.
"""

import base64
import email.message
import email.policy
import io
import json
import mailbox
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import mint

RNG = random.Random(20261127)
HEADER = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9"


def hexadecimal(length):
    return "".join(RNG.choice("0123456789abcdef") for _ in range(length))


def stateless():
    """A token of an app as GitHub makes them since 2026, with random claims."""
    encode = lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")
    app, issued = RNG.randrange(10_000, 2_000_000), 1_780_000_000 + RNG.randrange(10_000_000)
    claims = {"aud": "authnd", "ctx": hexadecimal(55), "exp": issued + 3600, "iat": issued, "iss": "github"}
    claims |= {"jti": "-".join(hexadecimal(n) for n in (8, 4, 4, 4, 12)), "ver": 3}
    text = json.dumps(claims, separators=(",", ":")).encode()
    return f"ghs_{app}_{HEADER}.{encode(text)}.{encode(RNG.randbytes(64))}"


FORMS = {
    **{prefix: lambda prefix=prefix: mint.token(RNG, prefix) for prefix in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_")},
    "github_pat_": lambda: mint.fine_grained(RNG),
    "stateless": stateless,
    "40 hex": lambda: hexadecimal(40),
    "v1.": lambda: "v1." + hexadecimal(40),
    "r1.": lambda: "r1." + hexadecimal(40),
}


def fresh():
    """One value of each form."""
    return {form: make() for form, make in FORMS.items()}


def lines(values):
    return [f"GITHUB_TOKEN={value}" for value in values.values()]


def text(values):
    return ("# settings\n" + "\n".join(lines(values)) + "\n").encode()


def run(*command, content=None, cwd=None):
    done = subprocess.run(command, input=content, capture_output=True, check=True, cwd=cwd)
    return done.stdout


def by_program(command, output):
    """A writer that calls a program in a folder with the file `app.env`."""

    def write(content, name="app.env"):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, name).write_bytes(content)
            words = [word.replace("NAME", name) for word in command]
            made = run(*words, content=name.encode() + b"\n", cwd=folder)
            file = pathlib.Path(folder, output) if output else None
            return file.read_bytes() if file else made

    return write


def by_tarfile(kind, compression=""):
    def write(content, name="app.env"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:" + compression, format=kind) as file:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
        return out.getvalue()

    return write


def by_zipfile(method):
    def write(content, name="app.env"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as file:
            file.writestr(name, content)
        return out.getvalue()

    return write


def write_deb(content, name="app.env"):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, "p")
        (root / "DEBIAN").mkdir(parents=True, mode=0o755)
        (root / "DEBIAN/control").write_text("Package: p\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.org>\nDescription: d\n")
        (root / name).write_bytes(content)
        run("dpkg-deb", "--root-owner-group", "-b", "p", "p.deb", cwd=folder)
        return pathlib.Path(folder, "p.deb").read_bytes()


def write_rpm(content, name="app.env"):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, name).write_bytes(content)
        spec = f"Name: p\nVersion: 1\nRelease: 1\nSummary: s\nLicense: none\nBuildArch: noarch\n%description\nd\n"
        spec += f"%install\nmkdir -p %{{buildroot}}/etc\ncp {folder}/{name} %{{buildroot}}/etc/\n%files\n/etc/{name}\n"
        pathlib.Path(folder, "p.spec").write_text(spec)
        run("rpmbuild", "-bb", "--define", f"_topdir {folder}/b", "p.spec", cwd=folder)
        return next(pathlib.Path(folder, "b/RPMS").rglob("*.rpm")).read_bytes()


def write_bundle(content, name="app.env", pack=False):
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.org"]
        run(*git, "init", "-q", ".", cwd=folder)
        pathlib.Path(folder, name).write_bytes(content)
        run(*git, "add", ".", cwd=folder)
        run(*git, "commit", "-qm", "one", cwd=folder)
        if pack:
            run(*git, "repack", "-adq", cwd=folder)
            return next(pathlib.Path(folder, ".git/objects/pack").glob("*.pack")).read_bytes()
        run(*git, "bundle", "create", "-q", "x.bundle", "--all", cwd=folder)
        return pathlib.Path(folder, "x.bundle").read_bytes()


# Name of the file, writer, and the member that the text is then.
ARCHIVES = {
    "stored.zip": (by_zipfile(zipfile.ZIP_STORED), "!app.env"),
    "deflated.zip": (by_zipfile(zipfile.ZIP_DEFLATED), "!app.env"),
    "bzip2.zip": (by_zipfile(zipfile.ZIP_BZIP2), "!app.env"),
    "lzma.zip": (by_zipfile(zipfile.ZIP_LZMA), "!app.env"),
    "infozip.zip": (by_program(["zip", "-q9", "x.zip", "NAME"], "x.zip"), "!app.env"),
    "piped.zip": (by_program(["sh", "-c", "cat NAME | zip -q x.zip -"], "x.zip"), "!-"),
    "7z.zip": (by_program(["7z", "a", "x.zip", "NAME"], "x.zip"), "!app.env"),
    "tool.jar": (by_program(["jar", "cf", "x.jar", "NAME"], "x.jar"), "!app.env"),
    "gnu.tar": (by_tarfile(tarfile.GNU_FORMAT), "!app.env"),
    "pax.tar": (by_tarfile(tarfile.PAX_FORMAT), "!app.env"),
    "ustar.tar": (by_tarfile(tarfile.USTAR_FORMAT), "!app.env"),
    "python.tar.gz": (by_tarfile(tarfile.PAX_FORMAT, "gz"), "!app.env"),
    "python.tar.bz2": (by_tarfile(tarfile.PAX_FORMAT, "bz2"), "!app.env"),
    "python.tar.xz": (by_tarfile(tarfile.PAX_FORMAT, "xz"), "!app.env"),
    "debian.tar": (by_program(["tar", "cf", "x", "NAME"], "x"), "!app.env"),
    "v7.tar": (by_program(["tar", "--format=v7", "-cf", "x", "NAME"], "x"), "!app.env"),
    "sparse.tar": (by_program(["tar", "--sparse", "--format=posix", "-cf", "x", "NAME"], "x"), "!app.env"),
    "debian.tar.zst": (by_program(["tar", "--zstd", "-cf", "x", "NAME"], "x"), "!app.env"),
    "debian.tar.lz4": (by_program(["tar", "-I", "lz4", "-cf", "x", "NAME"], "x"), "!app.env"),
    "gzip.gz": (by_program(["gzip", "-9c", "NAME"], ""), ""),
    "bzip2.bz2": (by_program(["bzip2", "-c", "NAME"], ""), ""),
    "xz.xz": (by_program(["xz", "-9c", "NAME"], ""), ""),
    "xz.lzma": (by_program(["xz", "--format=lzma", "-c", "NAME"], ""), ""),
    "zstd.zst": (by_program(["zstd", "-19", "-qc", "NAME"], ""), ""),
    "lz4.lz4": (by_program(["lz4", "-qc", "NAME"], ""), ""),
    "lzma2.7z": (by_program(["7z", "a", "x.7z", "NAME"], "x.7z"), "!app.env"),
    "bzip2.7z": (by_program(["7z", "a", "-m0=BZip2", "x.7z", "NAME"], "x.7z"), "!app.env"),
    "ppmd.7z": (by_program(["7z", "a", "-m0=PPMd", "x.7z", "NAME"], "x.7z"), "!app.env"),
    "deflate.7z": (by_program(["7z", "a", "-m0=Deflate", "x.7z", "NAME"], "x.7z"), "!app.env"),
    "copy.7z": (by_program(["7z", "a", "-m0=Copy", "x.7z", "NAME"], "x.7z"), "!app.env"),
    "binutils.a": (by_program(["ar", "qc", "x.a", "NAME"], "x.a"), "!app.env"),
    "newc.cpio": (by_program(["cpio", "-oH", "newc"], ""), "!app.env"),
    "crc.cpio": (by_program(["cpio", "-oH", "crc"], ""), "!app.env"),
    "odc.cpio": (by_program(["cpio", "-oH", "odc"], ""), "!app.env"),
    "bin.cpio": (by_program(["cpio", "-oH", "bin"], ""), "!app.env"),
    "package.deb": (write_deb, r"!data\.tar\.\w+!\./app.env"),
    "package.rpm": (write_rpm, r"!\./etc/app.env"),
    "git.bundle": (write_bundle, r"![0-9a-f]{40}"),
    "git.pack": (lambda content, name="app.env": write_bundle(content, name, True), r"![0-9a-f]{40}"),
}


def converted(source, make, target):
    """A writer that has LibreOffice convert a document."""

    def write(values):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "x" + source).write_bytes(make(values))
            profile = f"-env:UserInstallation=file://{tempfile.gettempdir()}/libreoffice-profile"
            run("soffice", profile, "--headless", "--convert-to", target, "x" + source, cwd=folder)
            return next(path for path in pathlib.Path(folder).iterdir() if path.name != "x" + source).read_bytes()

    return write


def html(values):
    body = "".join(f"<p>{line}</p>" for line in ["settings", *lines(values)])
    return f"<html><body>{body}</body></html>".encode()


def csv(values):
    return ("name,value\n" + "".join(f"GITHUB_TOKEN,{value}\n" for value in values.values())).encode()


def slides(values):
    import odf.opendocument
    import odf.style
    from odf import draw, text as paragraph

    file = odf.opendocument.OpenDocumentPresentation()
    layout = odf.style.PageLayout(name="layout")
    file.automaticstyles.addElement(layout)
    master = odf.style.MasterPage(name="master", pagelayoutname=layout)
    file.masterstyles.addElement(master)
    for line in lines(values):
        page = draw.Page(masterpagename=master)
        frame = draw.Frame(width="25cm", height="4cm")
        box = draw.TextBox()
        box.addElement(paragraph.P(text=line))
        frame.addElement(box)
        page.addElement(frame)
        file.presentation.addElement(page)
    out = io.BytesIO()
    file.write(out)
    return out.getvalue()


def saved(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def by_docx(values):
    import docx

    file = docx.Document()
    for line in lines(values):
        paragraph = file.add_paragraph()
        # An editor splits a value into runs.
        for piece in (line[:17], line[17:30], line[30:]):
            paragraph.add_run(piece).bold = piece != line[17:30]
    return saved(file)


def by_openpyxl(values):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "prod"
    for row, value in enumerate(values.values(), 1):
        book.active.cell(row, 1, "GITHUB_TOKEN")
        book.active.cell(row, 2, value)
    return saved(book)


def by_pptx(values):
    import pptx

    deck = pptx.Presentation()
    for line in lines(values):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = line
    return saved(deck)


def by_reportlab(values):
    from reportlab.pdfgen import canvas

    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(3000, 800), pageCompression=1)
    for line in lines(values):
        page.drawString(20, 500, line)
        page.showPage()
    page.save()
    return out.getvalue()


def message(values):
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "the settings"
    mail.set_content("see the file")
    mail.add_attachment(by_zipfile(zipfile.ZIP_DEFLATED)(text(values)), maintype="application", subtype="zip", filename="a.zip")
    return mail


def by_mailbox(values):
    with tempfile.TemporaryDirectory() as folder:
        box = mailbox.mbox(f"{folder}/x.mbox")
        box.add(bytes(message(values)))
        box.close()
        return pathlib.Path(folder, "x.mbox").read_bytes()


def notebook(values):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1}
    cells = [{**cell, "source": ["import os\n", line]} for line in lines(values)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def database(values):
    with tempfile.TemporaryDirectory() as folder:
        file = sqlite3.connect(f"{folder}/x.db")
        file.execute("CREATE TABLE notes(v)")
        file.executemany("INSERT INTO notes VALUES(?)", [(line,) for line in lines(values)])
        file.commit()
        file.close()
        return pathlib.Path(folder, "x.db").read_bytes()


# Name of the file, writer, and the places of the values; `N` stands for the number of the value.
PARAGRAPH, SLIDE, PAGE, CELL = "paragraph N", "slide N", "page \\d+", 'sheet ".+" BN'
DOCUMENTS = {
    "python.docx": (by_docx, PARAGRAPH),
    "python.xlsx": (by_openpyxl, 'sheet "prod" BN'),
    "python.pptx": (by_pptx, SLIDE),
    "reportlab.pdf": (by_reportlab, "page N"),
    "writer.docx": (converted(".html", html, "docx:MS Word 2007 XML"), PARAGRAPH),
    "writer.odt": (converted(".html", html, "odt:writer8"), PARAGRAPH),
    "writer.doc": (converted(".html", html, "doc:MS Word 97"), None),
    "writer.rtf": (converted(".html", html, "rtf:Rich Text Format"), None),
    "writer.pdf": (converted(".html", html, "pdf:writer_web_pdf_Export"), PAGE),
    "writer.epub": (converted(".html", html, "epub:EPUB"), None),
    "calc.xlsx": (converted(".csv", csv, "xlsx:Calc MS Excel 2007 XML"), CELL),
    "calc.ods": (converted(".csv", csv, "ods:calc8"), CELL),
    "calc.xls": (converted(".csv", csv, "xls:MS Excel 97"), None),
    "calc.pdf": (converted(".csv", csv, "pdf:calc_pdf_Export"), PAGE),
    "odfpy.odp": (slides, SLIDE),
    "impress.pptx": (converted(".odp", slides, "pptx:Impress MS PowerPoint 2007 XML"), SLIDE),
    "impress.ppt": (converted(".odp", slides, "ppt:MS PowerPoint 97"), None),
    "impress.pdf": (converted(".odp", slides, "pdf:impress_pdf_Export"), "page N"),
    "mail.eml": (lambda values: bytes(message(values)), "message 1 attachment 1|attachment 1"),
    "mailbox.mbox": (by_mailbox, "message 1 attachment 1"),
    "notebook.ipynb": (notebook, None),
    "python.db": (database, 'table "notes" page \\d+'),
}

# Archives that the others are put into.
AROUND = {
    "zip": (by_zipfile(zipfile.ZIP_DEFLATED), ".zip"),
    "tar.xz": (by_tarfile(tarfile.PAX_FORMAT, "xz"), ".tar.xz"),
}


class Sample:
    """A file with the values in it, the way to them and their places."""

    def __init__(self, kind, name, content, values, member, place):
        self.kind, self.name, self.content, self.values = kind, name, content, values
        self.member, self.place = member, place


def wrapped(kind, content, values, member, place):
    """The file alone, and in two archives."""
    yield Sample(kind, kind, content, values, member, place)
    for name, (write, end) in AROUND.items():
        inner = re.escape("!" + kind) + ("(?:!.*)?" if member is None else member)
        yield Sample(kind, f"{kind}{end}", write(content, kind), values, inner, place)


def samples():
    missing = []
    for kind, (write, member) in ARCHIVES.items():
        values = fresh()
        try:
            content = write(text(values))
        except (OSError, subprocess.CalledProcessError) as error:
            missing.append(f"{kind}: {error}")
            continue
        yield from wrapped(kind, content, values, member, None)
    for kind, (write, place) in DOCUMENTS.items():
        values = fresh()
        try:
            content = write(values)
        except (ImportError, OSError, subprocess.CalledProcessError, StopIteration) as error:
            missing.append(f"{kind}: {error!r}")
            continue
        yield from wrapped(kind, content, values, None, place)
    for line in missing:
        print("left out:", line)


def find_faults(sample, report):
    """Returns the values of a sample that were not found, and those found elsewhere."""
    found = {}
    for finding in report["findings"]:
        found.setdefault(finding["secret"], []).append(finding)
    missed, elsewhere = [], []
    for number, (form, value) in enumerate(sample.values.items(), 1):
        if value not in found:
            missed.append(form)
            continue
        # What LibreOffice converts begins with a title.
        row = number + sample.kind.startswith(("calc.", "writer."))
        place = sample.place and sample.place.replace("N", str(row))
        ways = [(f["origin"].get("member", ""), f["origin"].get("place", "")) for f in found[value]]
        is_right = any(
            (sample.member is None or re.fullmatch(re.escape(sample.name) + sample.member, member or sample.name))
            and (place is None or re.search(f"^(?:{place})$", where))
            for member, where in ways
        )
        if not is_right:
            elsewhere.append((form, ways[0]))
    unknown = set(found) - set(sample.values.values())
    return missed, elsewhere, unknown


def main():
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    kept = pathlib.Path(sys.argv[3]) if sys.argv[2:3] == ["--keep"] else None
    files = cells = faults = 0
    expected = {}
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples():
            path = pathlib.Path(folder, sample.name)
            path.write_bytes(sample.content)
            if kept:
                kept.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, kept)
                expected[sample.name] = sample.values
            command = [program, "scan", "--no-config", "--show-secrets", "--format", "json", sample.name]
            done = subprocess.run(command, cwd=folder, capture_output=True)
            missed, elsewhere, unknown = find_faults(sample, json.loads(done.stdout))
            files, cells = files + 1, cells + len(sample.values)
            faults += len(missed) + len(elsewhere) + len(unknown)
            if missed or elsewhere or unknown or done.returncode != 1:
                print(f"{sample.name}: exit {done.returncode}; missed {missed}; elsewhere {elsewhere[:2]} ({len(elsewhere)}); {len(unknown)} that are none")
            path.unlink()
    if kept:
        (kept / "expected.json").write_text(json.dumps(expected))
    kinds = len(ARCHIVES) + len(DOCUMENTS)
    print(f"{kinds} kinds, {files} files, {cells} values: {cells - faults} found at their place, {faults} faults")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
