"""Places in the text of a PDF, found on its pages."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from rag.documents.loading import load_document
from rag.documents.pdf_places import has_boxes, locate_boxes, render_page
from rag.errors import DocumentError
from tests.documents.test_pdf_layout import FIRST, HEIGHT, SECOND, THIRD, WIDTH, draw, wrap, write, write_down
from tests.documents.written_files import build_pdf

pytestmark = pytest.mark.usefixtures("japanese_font")


def test_a_place_is_found_on_the_lines_it_stands_in(tmp_path: Path) -> None:
    path = tmp_path / "規則.pdf"
    lines = wrap(FIRST + SECOND + THIRD, 30)
    path.write_bytes(draw(lambda c: c.drawString(60, 700, "前の頁"), lambda c: write(c, lines, 147, 780)))
    document = load_document(path)
    start = len("前の頁\n") + 28
    boxes = locate_boxes(document, start, start + 5)
    # Ten points for each character: two at the end of the first line, three at the beginning of the second.
    assert [(box.page, box.index, round(box.x0), round(box.x1)) for box in boxes] == [
        ("2", 1, 147 + 280, 147 + 300),
        ("2", 1, 147, 147 + 30),
    ]
    assert [(box.width, box.height) for box in boxes] == [(WIDTH, HEIGHT)] * 2
    assert all(box.y0 < HEIGHT - 780 + 16 * line - 4 < box.y1 for line, box in enumerate(boxes))


def test_places_over_two_pages_and_in_vertical_text(tmp_path: Path) -> None:
    path = tmp_path / "縦.pdf"
    columns = wrap(FIRST + SECOND + THIRD, 19)

    def page(part: list[str]):
        def paint(canvas) -> None:
            for number, line in enumerate(part):
                write_down(canvas, line, 494 - 20 * number, 700)

        return paint

    path.write_bytes(draw(page(columns[:4]), page(columns[4:])))
    document = load_document(path)
    edge = document.text.index(columns[4])
    boxes = locate_boxes(document, edge - 2, edge + 3)
    assert [box.index for box in boxes] == [0, 1]
    assert [box.y1 - box.y0 for box in boxes] == [pytest.approx(24, abs=2), pytest.approx(36, abs=2)]
    assert boxes[0].x0 == pytest.approx(494 - 60, abs=0.5)
    assert boxes[1].x0 == pytest.approx(494, abs=0.5)
    assert boxes[0].y0 > boxes[1].y0


def test_a_file_that_changed_or_is_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "規則.pdf"
    path.write_bytes(build_pdf([["本文です。"]]))
    document = load_document(path)
    path.write_bytes(build_pdf([["別の文です。"]]))
    with pytest.raises(DocumentError, match="変わっています"):
        locate_boxes(document, 0, 2)
    path.unlink()
    with pytest.raises(DocumentError):
        locate_boxes(document, 0, 2)


def test_other_formats_have_no_boxes(tmp_path: Path) -> None:
    path = tmp_path / "規則.txt"
    path.write_text("本文です。\n", "utf-8")
    with pytest.raises(DocumentError, match="no file of PDF"):
        locate_boxes(load_document(path), 0, 2)


def test_a_folder_whose_name_ends_in_an_exclamation_mark_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "重要!" / "規則.pdf"
    path.parent.mkdir()
    path.write_bytes(build_pdf([["本文です。"]]))
    document = load_document(path)
    assert has_boxes(document)
    assert [box.page for box in locate_boxes(document, 0, 2)] == ["1"]
    assert not has_boxes(replace(document, source=f"{tmp_path}/束.zip!/規則.pdf"))


def test_a_page_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "規則.pdf"
    path.write_bytes(build_pdf([["本文です。"]]))
    image = Image.open(io.BytesIO(render_page(path, 0)))
    assert image.width == pytest.approx(595 * 1.5, abs=2)
    assert image.convert("L").getextrema()[0] < 100
