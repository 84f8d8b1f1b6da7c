"""One document in every format: the same questions get the same answers, from the same places."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest

from rag import Library
from rag.config.settings import Settings
from tests.documents.written_files import build_epub, build_pdf, build_zip

pytestmark = pytest.mark.usefixtures("japanese_font")

TITLE = "港町図書館 利用案内"
CHAPTERS = [
    (
        "第1章 開館",
        ["開館時間は午前九時から午後七時までである。", "休館日は毎週水曜日とする。", "駐輪場は本館の北側にある。"],
    ),
    (
        "第2章 貸出",
        ["本は一人十二冊まで借りることができる。", "貸出期間は三週間とする。", "予約の受付は二階の相談係が行う。"],
    ),
    ("第3章 会議室", ["会議室の申込先は総務課とする。", "会議室の利用は四時間を限度とする。"]),
]
TABLE = [["部屋", "使用料"], ["展示室", "8,500円"], ["小会議室", "2,400円"]]
QUESTIONS = [
    ("開館時間は何時から何時までですか", "午前九時から午後七時", 0),
    ("休館日はいつですか", "水曜日", 0),
    ("駐輪場はどこにありますか", "北側", 0),
    ("本は一人何冊まで借りられますか", "十二冊", 1),
    ("貸出期間はどれくらいですか", "三週間", 1),
    ("予約の受付はだれが行いますか", "二階の相談", 1),
    ("会議室の申込先は何課ですか", "総務課", 2),
    ("会議室は何時間まで利用できますか", "四時間", 2),
    ("展示室の使用料はいくらですか", "8,500円", 2),
    ("小会議室の使用料はいくらですか", "2,400円", 2),
]


SENTENCES = [f"{room}の使用料は{price}とする。" for room, price in TABLE[1:]]
"""What the table says, for formats that have none."""


def list_lines() -> list[str]:
    lines = [TITLE]
    for heading, sentences in CHAPTERS:
        lines += ["", heading, *sentences]
    return lines


def write_text(path: Path) -> None:
    path.write_text("\n".join([*list_lines(), *SENTENCES]) + "\n", "cp932")


def write_markdown(path: Path) -> None:
    marks = {TITLE: "# ", **{heading: "## " for heading, _ in CHAPTERS}}
    rows = [f"| {' | '.join(row)} |" for row in TABLE]
    lines = [f"{marks.get(line, '')}{line}\n" for line in list_lines()]
    path.write_text("\n".join([*lines, rows[0], "|---|---|", *rows[1:]]) + "\n", "utf-8")


def build_pages() -> list[str]:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE)
    pages = [f"<h2>{heading}</h2>" + "".join(f"<p>{line}</p>" for line in lines) for heading, lines in CHAPTERS]
    return [f"<h1>{TITLE}</h1>{pages[0]}", pages[1], f"{pages[2]}<table>{rows}</table>"]


def write_html(path: Path) -> None:
    page = f'<html><head><meta charset="euc-jp"></head><body>{"".join(build_pages())}</body></html>'
    path.write_bytes(page.encode("euc_jp"))


def write_epub(path: Path) -> None:
    path.write_bytes(build_epub(build_pages(), title=TITLE))


def write_pdf(path: Path) -> None:
    pages = [[heading, *sentences] for heading, sentences in CHAPTERS]
    pages[0].insert(0, TITLE)
    pages[2] += SENTENCES
    path.write_bytes(build_pdf(pages))


def write_docx(path: Path) -> None:
    document = docx.Document()
    document.add_heading(TITLE, level=0)
    for heading, sentences in CHAPTERS:
        document.add_heading(heading, level=2)
        for sentence in sentences:
            document.add_paragraph(sentence)
    table = document.add_table(rows=0, cols=2)
    for row in TABLE:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.save(str(path))


def write_xlsx(path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for heading, sentences in CHAPTERS:
        sheet = workbook.create_sheet(heading)
        for sentence in sentences:
            sheet.append([sentence])
    sheet.append([])
    for row in TABLE:
        sheet.append(row)
    workbook.save(path)


def write_pptx(path: Path) -> None:
    presentation = pptx.Presentation()
    for heading, sentences in CHAPTERS:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text = "\n".join(sentences)
    frame = slide.shapes.add_table(len(TABLE), 2, 0, 5_500_000, 4_000_000, 1_000_000)
    for row, texts in zip(frame.table.rows, TABLE, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    presentation.save(str(path))


def write_csv(path: Path) -> None:
    rows = [[line] if line else [] for line in list_lines()] + TABLE
    path.write_bytes("".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows).encode("utf-16"))


def write_json(path: Path) -> None:
    rooms = [dict(zip(TABLE[0], row, strict=True)) for row in TABLE[1:]]
    content = {"題名": TITLE, "本文": "\n".join(list_lines()[1:]), "部屋": rooms}
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def build_mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = TITLE
    message.set_content("\n".join([*list_lines(), *SENTENCES]) + "\n", charset="iso-2022-jp")
    return message


def write_mail(path: Path) -> None:
    path.write_bytes(build_mail().as_bytes())


def write_zip(path: Path) -> None:
    path.write_bytes(build_zip({"案内.eml": build_mail().as_bytes()}))


def write_lines(path: Path) -> None:
    text = "\n".join([*list_lines(), *SENTENCES])
    path.write_text(json.dumps({"title": TITLE, "text": text}, ensure_ascii=False) + "\n", "utf-8")


WRITERS: dict[str, Callable[[Path], None]] = {
    ".txt": write_text,
    ".md": write_markdown,
    ".html": write_html,
    ".epub": write_epub,
    ".pdf": write_pdf,
    ".docx": write_docx,
    ".xlsx": write_xlsx,
    ".pptx": write_pptx,
    ".csv": write_csv,
    ".json": write_json,
    ".jsonl": write_lines,
    ".eml": write_mail,
    ".zip": write_zip,
}
PAGES = {".pdf": ["1", "2", "3"], ".pptx": ["1", "2", "3"], ".xlsx": [heading for heading, _ in CHAPTERS]}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("formats")
    (folder / "文書").mkdir()
    for suffix, write in WRITERS.items():
        write(folder / "文書" / f"案内{suffix}")
    settings = Settings(reranked=0, hits=3, passages=1)
    with Library.open(folder / "library", settings=settings) as opened:
        assert opened.add([folder / "文書"]).failed == ()
        yield opened


@pytest.mark.parametrize("suffix", WRITERS)
def test_ten_questions_get_the_same_answers_from_every_format(suffix: str, library: Library) -> None:
    entry = next(entry for entry in library.documents() if f"案内{suffix}" in entry.source)
    wrong = []
    for question, expected, chapter in QUESTIONS:
        answer = library.ask(question, documents=[entry.id])
        citation = answer.citation
        if answer.text is None or citation is None:
            wrong.append((question, None))
            continue
        heading = CHAPTERS[chapter][0]
        page = PAGES[suffix][chapter] if suffix in PAGES else None
        found = (expected in answer.text, citation.heading[-1:] == (heading,), citation.page == page)
        if found != (True, True, True):
            wrong.append((question, (answer.text, citation.heading, citation.page)))
    assert wrong == []
