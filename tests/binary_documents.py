#!/usr/bin/env python3
"""Writes mails, PDF documents, workbooks, databases and git bundles with the programs that people use, a fresh token at
each place where one can be, and checks that the program finds each and says what it cannot read.

    python3 -m venv V && V/bin/pip install reportlab pypdf xlwt
    V/bin/python tests/binary_documents.py PROGRAM

Parts whose library or program is missing are left out and named.
"""

import email.message
import email.policy
import io
import json
import mailbox
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile

import mint

rng = random.Random(16)
tokens = {}


def token(place):
    tokens[place] = mint.token(rng)
    return tokens[place]


def zipped(place):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("etc/a.env", "TOKEN=" + token(place))
    return out.getvalue()


def mail(name):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", name
    message.set_content("h\u00e9llo " * 9 + token(name + " text"), cte="quoted-printable")
    message.add_attachment(zipped(name + " zip"), maintype="application", subtype="zip", filename="\u00e9.zip")
    wide = ("T=" + token(name + " utf-16") + "\n").encode("utf-16")
    message.add_attachment(wide, maintype="application", subtype="octet-stream", filename="n.txt")
    return message


def write_mails():
    with open("one.eml", "wb") as file:
        file.write(bytes(mail("one.eml")))
    box = mailbox.mbox("box.mbox")
    for number in range(3):
        box.add(bytes(mail(f"box.mbox {number}")))
    forward = mail("box.mbox forward")
    forward.add_attachment(mail("box.mbox forwarded"))
    box.add(bytes(forward))
    box.close()


def write_pdf():
    from pypdf import PdfWriter
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfgen import canvas

    page = canvas.Canvas("a.pdf")
    page.setTitle("Title " + token("pdf title"))
    page.drawString(72, 700, "token: " + token("pdf line") + " end")
    page.linkURL("https://x:" + token("pdf link") + "@github.com/a", (10, 10, 50, 50))
    page.showPage()
    text, cut = page.beginText(72, 600), token("pdf pieces")
    text.setFont("Courier", 9)
    for piece in ("key = ", cut[:11], cut[11:], " end"):
        text.textOut(piece)
    page.drawText(text)
    page.setFont("Helvetica", 10)
    x = 72
    for letter in "A " + token("pdf letters") + " z":
        if letter != " ":
            page.drawString(x, 500, letter)
        x += pdfmetrics.stringWidth(letter, "Helvetica", 10)
    page.acroForm.textfield(name="token", value=token("pdf field"), x=100, y=300)
    page.save()
    writer = PdfWriter(clone_from="a.pdf")
    os.remove("a.pdf")
    writer.add_attachment("conf.zip", zipped("pdf attachment"))
    for sheet in writer.pages:
        sheet.compress_content_streams()
    writer.write("b.pdf")
    writer.encrypt("secret")
    writer.write("encrypted.pdf")


def write_printed_page():
    value = token("chromium page")
    with open("page.html", "w") as file:
        file.write(f"<h1>Deploy</h1><p>Set <code>GITHUB_TOKEN={value}</code> in CI.</p>")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--print-to-pdf=page.pdf", "page.html"]
    subprocess.run(command, check=True, capture_output=True)
    os.remove("page.html")


def write_workbook():
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("prod")
    for row in range(300):
        sheet.write(row, 1, "key " + token(f"xls {row}"))
    book.save("a.xls")


def write_databases():
    for name, size, encoding in [("a.db", 512, "UTF-8"), ("b.db", 1024, "UTF-16le"), ("c.db", 65536, "UTF-8")]:
        database = sqlite3.connect(name)
        database.execute(f"pragma page_size = {size}")
        database.execute(f'pragma encoding = "{encoding}"')
        database.execute("create table notes (id integer primary key, body text)")
        body = " ".join(token(f"{name} {number}") for number in range(size // 50))
        database.executemany("insert into notes (body) values (?)", [("short",), (body * 2,)])
        database.commit()
        database.close()


def write_bundle():
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", "repo"]
    subprocess.run(["git", "init", "-q", "repo"], check=True)
    for number in range(8):
        with open("repo/f", "w") as file:
            file.write("a line\n" * 900 + token(f"bundle {number}"))
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", "change"], check=True)
    subprocess.run([*git, "bundle", "create", "-q", "../all.bundle", "--all"], check=True)
    shutil.rmtree("repo")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for part in (write_mails, write_pdf, write_printed_page, write_workbook, write_databases, write_bundle):
            before = dict(tokens)
            try:
                part()
            except (ImportError, FileNotFoundError) as error:
                tokens.clear()
                tokens.update(before)
                print(f"{part.__name__} is left out: {error}")
        command = [program, "scan", ".", "--no-config", "--show-secrets", "--format", "json"]
        report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
    found = {finding["secret"] for finding in report["findings"]}
    missed = [place for place, value in tokens.items() if value not in found]
    print(f"{len(tokens) - len(missed)} of {len(tokens)} tokens found")
    skipped = [f"{skip['path']}: {skip['reason']}" for skip in report["scan"]["skipped"]]
    print("not read:", *skipped, sep="\n  ")
    wrong = found - set(tokens.values())
    unsaid = "pdf title" in tokens and not any("encrypted.pdf" in skip for skip in skipped)
    for place in missed:
        print("missed:", place)
    return 1 if missed or wrong or unsaid else 0


if __name__ == "__main__":
    sys.exit(main())
