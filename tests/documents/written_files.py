"""Writes one document in every format that can be loaded."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Emu
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

COMPATIBILITY = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
)
TITLE = "青空商会 就業規則"
LINES = [
    TITLE,
    "第1章 総則",
    "この規則は、社員の働き方を定める。",
    "第2章 休暇",
    "年次有給休暇は年に二十日とする。﨑山部長が認める。",
    "種類 | 日数",
    "結婚 | ５日",
    "忌引 | 三日",
]
TABLE = [line.split(" | ") for line in LINES[5:]]
LABELLED = [*LINES[:6], "種類：結婚、日数：５日。", "種類：忌引、日数：三日。"]
"""The lines as they are read from formats that mark tables."""


def write_text(path: Path) -> None:
    path.write_text("\n".join(LINES) + "\n", "utf-8")


def write_markdown(path: Path) -> None:
    rows = [f"| {line} |" for line in LINES[5:]]
    lines = [f"# {TITLE}", f"## {LINES[1]}", LINES[2], f"## {LINES[3]}", LINES[4], ""]
    path.write_text("\n".join([*lines, rows[0], "|---|---|", *rows[1:]]) + "\n", "utf-8")


def write_html(path: Path) -> None:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE)
    body = f"<h1>{TITLE}</h1><h2>{LINES[1]}</h2><p>{LINES[2]}</p><h2>{LINES[3]}</h2><p>{LINES[4]}</p>"
    path.write_text(f"<!DOCTYPE html><html><body>{body}<table>{rows}</table></body></html>", "utf-8")


def write_docx(path: Path) -> None:
    document = docx.Document()
    document.add_heading(TITLE, level=0)
    document.add_heading(LINES[1], level=2)
    document.add_paragraph(LINES[2])
    document.add_heading(LINES[3], level=2)
    document.add_paragraph(LINES[4])
    table = document.add_table(rows=0, cols=2)
    for row in TABLE:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.save(str(path))


def write_xlsx(path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = TITLE
    for row in [[LINES[1]], [LINES[2]], [], [LINES[3]], [LINES[4]], [], *TABLE]:
        sheet.append(row)
    workbook.save(path)


def write_pptx(path: Path) -> None:
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = TITLE
    for title, text in ((LINES[1], LINES[2]), (LINES[3], LINES[4])):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    frame = slide.shapes.add_table(len(TABLE), 2, Emu(0), Emu(5_500_000), Emu(4_000_000), Emu(1_000_000))
    for row, texts in zip(frame.table.rows, TABLE, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    presentation.save(str(path))


def write_pdf(path: Path) -> None:
    path.write_bytes(build_pdf([LINES[:5], LINES[5:]]))


def build_pdf(pages: Sequence[Sequence[str]], *, title: str | None = None, password: str | None = None) -> bytes:
    """A PDF with one line of text per string, set in a font that every reader has."""
    registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    target = io.BytesIO()
    encryption = None if password is None else StandardEncryption(password)
    canvas = Canvas(target, encrypt=encryption)
    if title is not None:
        canvas.setTitle(title)
    for lines in pages:
        canvas.setFont("HeiseiMin-W3", 11)
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 20 * number, line)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def write_epub(path: Path) -> None:
    parts = [f"<h1>{TITLE}</h1>", f"<h2>{LINES[1]}</h2><p>{LINES[2]}</p>", f"<h2>{LINES[3]}</h2><p>{LINES[4]}</p>"]
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE)
    path.write_bytes(build_epub([*parts[:2], f"{parts[2]}<table>{rows}</table>"]))


def build_epub(
    pages: Sequence[str],
    *,
    title: str = "",
    contents: Sequence[tuple[str, str]] = (),
    files: Mapping[str, bytes] = {},
    items: str = "",
) -> bytes:
    """A book with one page per body, in the order of the spine, though not in that of the archive."""
    refs = "".join(f'<itemref idref="p{number}"/>' for number in range(len(pages)))
    listed = "".join(
        f'<item id="p{number}" href="text/p{number}.xhtml" media-type="application/xhtml+xml"/>'
        for number in range(len(pages))
    )
    links = "".join(f'<li><a href="text/{target}">{label}</a></li>' for target, label in contents)
    nav = f'<html><body><nav epub:type="toc"><ol>{links}</ol></nav></body></html>'
    members = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": (
            b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            b'<rootfile full-path="OEBPS/package.opf"/></rootfiles></container>'
        ),
        "OEBPS/package.opf": (
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            f'<dc:title>{title}</dc:title></metadata><manifest><item id="nav" href="nav.xhtml" properties="nav" '
            f'media-type="application/xhtml+xml"/>{items}{listed}</manifest><spine>{refs}</spine></package>'
        ).encode(),
        "OEBPS/nav.xhtml": nav.encode(),
    }
    for number, body in reversed(list(enumerate(pages))):
        page = f'<?xml version="1.0" encoding="utf-8"?><html><head><title>頁</title></head><body>{body}</body></html>'
        members[f"OEBPS/text/p{number}.xhtml"] = page.encode()
    return build_zip(members | dict(files))


def build_zip(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def write_blank_epub(path: Path) -> None:
    path.write_bytes(build_epub(["<p> </p>"]))


def write_csv(path: Path) -> None:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = [[line] for line in LINES[:5]] + TABLE
    path.write_text("".join(delimiter.join(row) + "\r\n" for row in rows), "utf-8", newline="")


def write_json(path: Path) -> None:
    path.write_text(json.dumps(LINES, ensure_ascii=False, indent=1), "utf-8")


def write_json_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES), "utf-8")


def write_mail(path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = TITLE
    message.set_content("\n".join(LINES) + "\n")
    path.write_bytes(message.as_bytes())


WRITERS: dict[str, Callable[[Path], None]] = {
    ".txt": write_text,
    ".text": write_text,
    ".md": write_markdown,
    ".markdown": write_markdown,
    ".html": write_html,
    ".htm": write_html,
    ".xhtml": write_html,
    ".pdf": write_pdf,
    ".docx": write_docx,
    ".docm": write_docx,
    ".xlsx": write_xlsx,
    ".xlsm": write_xlsx,
    ".pptx": write_pptx,
    ".pptm": write_pptx,
    ".epub": write_epub,
    ".csv": write_csv,
    ".tsv": write_csv,
    ".json": write_json,
    ".jsonl": write_json_lines,
    ".eml": write_mail,
}

BLANK_WRITERS: dict[str, Callable[[Path], None]] = {
    ".pdf": lambda path: path.write_bytes(build_pdf([[], []])),
    ".docx": lambda path: docx.Document().save(str(path)),
    ".xlsx": lambda path: openpyxl.Workbook().save(path),
    ".pptx": lambda path: pptx.Presentation().save(str(path)),
    ".epub": write_blank_epub,
    ".json": lambda path: path.write_text("[]", "utf-8"),
    ".eml": lambda path: path.write_text("Message-ID: <1@example.com>\n\n \n", "utf-8"),
}
"""Writes a file without text in each format in which blanks would be no file of that format."""


def add_xml(document: WordDocument, xml: str) -> None:
    """Add body elements written in WordprocessingML."""
    body = document.element.body
    wrapper = parse_xml(f"<w:body {nsdecls('w')} {COMPATIBILITY}>{xml}</w:body>")
    for element in list(wrapper):
        body.insert(len(body) - 1, element)


def write_run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"
