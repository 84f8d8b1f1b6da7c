"""PDF: pages, properties and what cannot be read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from rag.documents.anchor import Anchor
from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.documents.pdf_glyphs import Glyphs
from rag.errors import DocumentError
from tests.documents.written_files import build_pdf

pytestmark = pytest.mark.usefixtures("japanese_font")

PAGES = [["第1章　総則", "この規則は、働き方を", "定める。"], [], ["第2章　休暇", "年に２０日とする。"]]


@pytest.fixture
def load(tmp_path: Path):
    def load(data: bytes) -> Document:
        path = tmp_path / "規則.pdf"
        path.write_bytes(data)
        return load_document(path)

    return load


def test_pages_and_headings_are_anchors(load) -> None:
    document = load(build_pdf(PAGES))
    assert document.text == "第1章　総則\nこの規則は、働き方を\n定める。\n第2章　休暇\n年に２０日とする。\n"
    assert document.anchors == (
        Anchor("page", 0, 22, "1"),
        Anchor("heading", 0, 6, "第1章 総則", 2),
        Anchor("page", 23, 39, "3"),
        Anchor("heading", 23, 29, "第2章 休暇", 2),
    )
    assert document.text[0:22] == "\n".join(PAGES[0])
    assert document.text[23:39] == "\n".join(PAGES[2])


def test_places_know_their_page(load) -> None:
    document = load(build_pdf(PAGES))
    assert document.page_at(document.text.index("定める")) == "1"
    assert document.page_at(document.text.index("２０日")) == "3"


def test_pages_without_text_are_named(load) -> None:
    document = load(build_pdf(PAGES))
    assert document.metadata == {"format": "pdf", "pages": "3"}
    assert (document.losses.pages, document.losses.pages_without_text) == (3, ("2",))


HEADED = [
    ["第1章　総則", "この規則は、働き方を"],
    ["定める。届は前の日までに", "出すものとする。"],
    ["第2章　休暇", "年に２０日とする。"],
]
BODY = (
    "第1章　総則\nこの規則は、働き方を\n定める。届は前の日までに\n出すものとする。\n第2章　休暇\n年に２０日とする。\n"
)


@pytest.mark.parametrize(
    ("top", "bottom"),
    [
        ("", "- {} -"),
        ("", "{}"),
        ("", "{}/3"),
        ("", "{} / 3 ページ"),
        ("", "ページ {}"),
        ("", "－ ４{} －"),
        ("p. {}", "社外秘"),
        ("社内規程集　{}", "- {} -"),
        ("{}", "© 2024 青空商会 {} / 3"),
    ],
)
def test_page_numbers_and_running_heads_are_left_out(top: str, bottom: str, load) -> None:
    pages = [
        [line for line in (top.format(number), *lines, bottom.format(number)) if line]
        for number, lines in enumerate(HEADED, 1)
    ]
    document = load(build_pdf(pages))
    assert document.text == BODY
    assert [document.text[anchor.start : anchor.end] for anchor in document.anchors if anchor.kind == "page"] == [
        "\n".join(lines) for lines in HEADED
    ]
    assert document.heading_at(document.text.index("２０日")) == ("第2章 休暇",)
    assert document.page_at(document.text.index("２０日")) == "3"


def test_the_first_running_head_stays_as_the_title(load) -> None:
    document = load(build_pdf([["青空商会 就業規則", *lines] for lines in HEADED]))
    assert document.text == "青空商会 就業規則\n" + BODY
    assert document.title == "青空商会 就業規則"


@pytest.mark.parametrize(
    "pages",
    [
        [["第1条", "甲"], ["第2条", "乙"], ["第3条", "丙"]],
        [["甲", "100"], ["乙", "250"], ["丙", "80"]],
        [["甲", "5日"], ["乙", "3日"], ["丙", "8日"]],
        [["甲。", "以上"], ["乙。", "以上"]],
        [["甲", "同じ文。"], ["乙", "同じ文。"], ["丙", "同じ文。"]],
    ],
    ids=["articles", "numbers", "quantities", "two pages", "sentences"],
)
def test_text_at_the_edge_of_a_page_stays(pages: list[list[str]], load) -> None:
    assert load(build_pdf(pages)).text == "".join(f"{line}\n" for lines in pages for line in lines)


def test_pages_with_nothing_but_a_number_have_no_text(load) -> None:
    assert load(build_pdf([["本文"], ["- 2 -"]])).losses.pages_without_text == ("2",)


def test_labels_of_pages_are_those_of_the_viewer(load) -> None:
    labels = b"/Type /Catalog /PageLabels << /Nums [0 << /S /r >> 2 << /S /D /St 1 /P (A-) >>] >>"
    data = build_pdf([["目次"], ["凡例"], ["本文"]]).replace(b"/Type /Catalog", labels, 1)
    document = load(data)
    assert [anchor.label for anchor in document.anchors if anchor.kind == "page"] == ["i", "ii", "A-1"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("就業規則（全文）", "就業規則（全文）"),
        ("Microsoft Word - 就業規則.docx", "就業規則"),
        ("untitled", "総則"),
        ("無題", "総則"),
        ("ŸA‹Æ‹K‘¥", "総則"),
        ("", "総則"),
    ],
)
def test_title_of_the_properties_counts_where_it_is_one(title: str, expected: str, load) -> None:
    assert load(build_pdf([["総則", "本文です。"]], title=title)).title == expected


def test_characters_come_out_as_they_are(load) -> None:
    line = "髙﨑と𠮷野、①㈱Ⅲ、ＡＢ１２、ｶﾅ、〜"
    assert load(build_pdf([[line]])).text == line + "\n"


def test_scanned(load) -> None:
    with pytest.raises(
        DocumentError,
        match=r"2 ページのどこにも文字がなく.* / no text on any of its 2 pages, so it seems to be scanned; .* run OCR",
    ):
        load(build_pdf([[], []]))


def test_pages_with_nothing_but_their_numbers_are_scanned(load) -> None:
    with pytest.raises(DocumentError, match="no text on any of its 4 pages, so it seems to be scanned"):
        load(build_pdf([[f"- {number} -"] for number in range(1, 5)]))


def test_text_in_fonts_that_are_not_there_is_no_scan(load, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Glyphs([], np.zeros((0, 4), dtype=np.float32))
    monkeypatch.setattr("rag.documents.pdf_page.read_glyphs", lambda _: nothing)
    with pytest.raises(
        DocumentError, match=r"文字はありますが、読めません.* / it has text that cannot be read.*fonts-ipaexfont-gothic"
    ):
        load(build_pdf([["本文です。"], []]))


def test_encrypted(load) -> None:
    with pytest.raises(
        DocumentError,
        match=r"規則\.pdf: パスワードで保護された PDF.* / it is a PDF encrypted with a password; expected one that",
    ):
        load(build_pdf(PAGES, password="himitsu"))


def test_damaged(load) -> None:
    with pytest.raises(
        DocumentError, match=r"壊れた PDF です.* / it is a damaged PDF \(.*\); expected a whole one; get the file again"
    ):
        load(b"%PDF-1.7\n" + b"x" * 3000)


def test_bytes_before_the_header_do_no_harm(load) -> None:
    assert load(b"\r\n" * 3 + build_pdf([["本文です。"]])).text == "本文です。\n"
    assert load(b"junk\n" + build_pdf([["本文です。"]])).text == "本文です。\n"


def test_threads_may_load_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.pdf" for number in range(8)]
    for number, path in enumerate(paths):
        path.write_bytes(build_pdf([[f"{number}番の頁{page}"] for page in range(5)]))
    with ThreadPoolExecutor(4) as pool:
        texts = [document.text for document in pool.map(load_document, paths)]
    assert texts == ["".join(f"{number}番の頁{page}\n" for page in range(5)) for number in range(8)]


def test_the_file_is_not_held_open(load, tmp_path: Path) -> None:
    load(build_pdf(PAGES))
    (tmp_path / "規則.pdf").unlink()
    assert len(pypdfium2.PdfDocument(build_pdf(PAGES))) == 3
