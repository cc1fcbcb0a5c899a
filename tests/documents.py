#!/usr/bin/env python3
"""Office documents written by other people's programs: every token in them is found once, at the place that a person
would name.

    pip install python-docx openpyxl XlsxWriter python-pptx odfpy
    tests/documents.py [PROGRAM]
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

import docx
import odf.opendocument
import odf.style
import openpyxl
import openpyxl.comments
import pptx
import xlsxwriter
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from odf import draw, office, table, text
from pptx.util import Inches

import mint

RNG = random.Random(20261127)


class Document:
    """A file with the members and places that its tokens should be found at."""

    def __init__(self, folder, name):
        self.path = folder / name
        self.expected = []

    def token(self, member, place):
        token = mint.any_token(RNG)
        self.expected.append((token[:8], f"{self.path.name}!{member}", place))
        return token


def add_runs(paragraph, value):
    """Adds a value in three runs, as editors split it."""
    for number, piece in enumerate((value[:7], value[7:20], value[20:])):
        run = paragraph.add_run()
        run.text = piece
        if hasattr(run, "font"):
            run.font.bold = number == 1
    return paragraph


def write_docx(doc):
    file = docx.Document()
    body = "word/document.xml"
    file.add_paragraph("How to deploy")
    file.add_paragraph("Use " + doc.token(body, "paragraph 2") + " for now.")
    add_runs(file.add_paragraph("Split: "), doc.token(body, "paragraph 3"))
    file.add_paragraph("Wrong: " + mint.token(RNG, damaged=True))
    grid = file.add_table(rows=1, cols=2)
    grid.cell(0, 0).text = "GITHUB_TOKEN"
    add_runs(grid.cell(0, 1).paragraphs[0], doc.token(body, "paragraph 6"))
    section = file.sections[0]
    add_runs(section.header.paragraphs[0], doc.token("word/header1.xml", "paragraph 1"))
    add_runs(section.footer.paragraphs[0], doc.token("word/footer1.xml", "paragraph 1"))
    commented = file.add_paragraph("See the comment")
    file.add_comment(commented.runs, text="try " + doc.token("word/comments.xml", "comment 1"))
    link = file.part.relate_to(
        f"https://octo:{doc.token('word/_rels/document.xml.rels', 'links')}@github.com/a/b",
        docx.opc.constants.RELATIONSHIP_TYPE.HYPERLINK,
        is_external=True,
    )
    hyperlink = OxmlElement("w:hyperlink")
    hyperlink.set(qn("r:id"), link)
    last = file.add_paragraph()
    last._p.append(hyperlink)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f'HYPERLINK "https://{doc.token(body, "paragraph 8")}@github.com"')
    last._p.append(field)
    file.core_properties.comments = doc.token("docProps/core.xml", "document properties")
    file.save(doc.path)


def write_openpyxl(doc):
    book = openpyxl.Workbook()
    book.active.title = "notes"
    sheet = book.create_sheet("prod")
    part = "xl/worksheets/sheet2.xml"
    sheet["A7"], sheet["B7"] = "GITHUB_TOKEN", doc.token(part, 'sheet "prod" B7')
    twice = doc.token(part, 'sheet "prod" C9')
    sheet["C9"] = book["notes"]["AB3"] = twice
    doc.expected.append((twice[:8], f"{doc.path.name}!xl/worksheets/sheet1.xml", 'sheet "notes" AB3'))
    sheet["D1"] = f'=HYPERLINK("https://x:{doc.token(part, chr(34).join(["sheet ", "prod", " D1"]))}@github.com")'
    comment = doc.token("xl/comments/comment1.xml", 'sheet "prod" E2 comment')
    sheet["E2"].comment = openpyxl.comments.Comment(comment, "me")
    sheet["E3"] = mint.token(RNG, damaged=True)
    book.save(doc.path)
    return book


def write_xlsxwriter(doc):
    book = xlsxwriter.Workbook(str(doc.path))
    sheet = book.add_worksheet("keys")
    part = "xl/worksheets/sheet1.xml"
    value = doc.token(part, 'sheet "keys" A1')
    bold = book.add_format({"bold": True})
    sheet.write_rich_string("A1", value[:9], bold, value[9:22], value[22:])
    sheet.write("A2", doc.token(part, 'sheet "keys" A2'))
    sheet.write_comment("A3", doc.token("xl/comments1.xml", 'sheet "keys" A3 comment'))
    sheet.insert_textbox("B2", doc.token("xl/drawings/drawing1.xml", 'sheet "keys"'))
    book.close()


def write_pptx(doc):
    deck = pptx.Presentation()
    blank = deck.slide_layouts[5]
    slides = [deck.slides.add_slide(blank) for _ in range(3)]
    box = slides[2].shapes.add_textbox(Inches(1), Inches(2), Inches(5), Inches(1))
    add_runs(box.text_frame.paragraphs[0], doc.token("ppt/slides/slide3.xml", "slide 3"))
    shape = slides[0].shapes.add_table(1, 2, Inches(1), Inches(3), Inches(6), Inches(1))
    shape.table.cell(0, 0).text = "token"
    shape.table.cell(0, 1).text = doc.token("ppt/slides/slide1.xml", "slide 1")
    notes = doc.token("ppt/notesSlides/notesSlide1.xml", "slide 2 notes")
    slides[1].notes_slide.notes_text_frame.text = "do not show " + notes
    deck.save(doc.path)


def write_odt(doc):
    file = odf.opendocument.OpenDocumentText()
    part = "content.xml"
    file.text.addElement(text.P(text="How to deploy"))
    value = doc.token(part, "paragraph 2")
    paragraph = text.P(text=value[:7])
    paragraph.addElement(text.Span(text=value[7:20]))
    paragraph.addText(value[20:])
    file.text.addElement(paragraph)
    noted = text.P(text="noted")
    note = office.Annotation()
    note.addElement(text.P(text=doc.token(part, "paragraph 4")))
    noted.addElement(note)
    file.text.addElement(noted)
    link = doc.token(part, "paragraph 5")
    linked = text.P()
    linked.addElement(text.A(href=f"https://x:{link}@github.com/a/b", text="here"))
    file.text.addElement(linked)
    file.meta.addElement(odf.meta.UserDefined(name="key", text=doc.token("meta.xml", "document properties")))
    file.save(str(doc.path))


def write_ods(doc):
    file = odf.opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name="prod")
    for _ in range(6):
        sheet.addElement(table.TableRow())
    row = table.TableRow()
    row.addElement(table.TableCell(numbercolumnsrepeated=2))
    cell = table.TableCell(valuetype="string")
    cell.addElement(text.P(text=doc.token("content.xml", 'sheet "prod" C7')))
    row.addElement(cell)
    sheet.addElement(row)
    file.spreadsheet.addElement(sheet)
    file.save(str(doc.path))


def write_odp(doc):
    file = odf.opendocument.OpenDocumentPresentation()
    layout = odf.style.PageLayout(name="layout")
    file.automaticstyles.addElement(layout)
    master = odf.style.MasterPage(name="master", pagelayoutname=layout)
    file.masterstyles.addElement(master)
    for number in (1, 2):
        page = draw.Page(masterpagename=master)
        frame = draw.Frame(width="5cm", height="1cm")
        box = draw.TextBox()
        box.addElement(text.P(text=doc.token("content.xml", f"slide {number}")))
        frame.addElement(box)
        page.addElement(frame)
        file.presentation.addElement(page)
    file.save(str(doc.path))


WRITERS = {
    "a.docx": write_docx,
    "openpyxl.xlsx": write_openpyxl,
    "xlsxwriter.xlsx": write_xlsxwriter,
    "a.pptx": write_pptx,
    "a.odt": write_odt,
    "a.ods": write_ods,
    "a.odp": write_odp,
}


def main():
    program = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug/tokensweep").resolve()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        for file, write in WRITERS.items():
            doc = Document(pathlib.Path(name), file)
            write(doc)
            run = subprocess.run([program, "scan", "--format", "json", file], cwd=name, capture_output=True)
            found = sorted(
                (f["match"][:8], f["origin"].get("member"), f["origin"].get("place"))
                for f in json.loads(run.stdout)["findings"]
            )
            expected = sorted(doc.expected)
            is_right = found == expected and run.returncode == 1 and not run.stderr
            print(f"{file}: {len(expected)} tokens, {'all found' if is_right else 'WRONG'}")
            if not is_right:
                failed += 1
                print("  missing:", [e for e in expected if e not in found])
                print("  too many:", [f for f in found if f not in expected])
                print(" ", run.returncode, run.stderr.decode())
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
