"""Scanned pages, recognised by a command in the place of Tesseract."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from rag.documents.heartbeat import listening
from rag.documents.loading import load_document
from rag.documents.losses import describe_losses
from rag.documents.pdf_page import draw_page, open_pdf
from rag.documents.pdf_places import locate_boxes, render_page
from rag.errors import DocumentError
from tests.documents.test_pdf_layout import draw

SCRIPT = """#!{python}
import sys
if sys.argv[1:] == ["--list-langs"]:
    print("List of available languages (2):\\n{languages}")
elif sys.argv[1:] == ["stdin", "stdout", "-l", "jpn+jpn_vert", "--dpi", "300"]:
    assert sys.stdin.buffer.read(8) == b"\\x89PNG\\r\\n\\x1a\\n"
    sys.stdout.buffer.write("第 1 条 社 員 は Word を 使 う 。\\n\\n以 上\\n\\f".encode())
else:
    sys.exit(f"unexpected: {{sys.argv}}")
"""


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    picture = ImageReader(io.BytesIO(_draw_picture()))
    path = tmp_path / "規則.pdf"
    path.write_bytes(
        draw(
            lambda canvas: canvas.drawString(60, 780, "表紙の文"),
            lambda canvas: canvas.drawImage(picture, 60, 60),
            lambda canvas: None,
        )
    )
    return path


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, languages: str, script: str = SCRIPT) -> None:
    command = folder / "tesseract"
    command.write_text(script.format(python=sys.executable, languages=languages), "utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_pages_without_text_are_recognised(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "jpn\\njpn_vert")
    document = load_document(scanned)
    assert document.text == "表紙の文\n第 1 条社員は Word を使う。\n以上\n"
    assert document.metadata["ocr"] == "2"
    assert (document.losses.recognised, document.losses.pages_without_text) == (("2",), ("3",))
    assert "OCR で読んだページ: 2" in describe_losses(document.losses)
    start = document.text.index("社員")
    assert [(box.page, box.x0, box.x1) for box in locate_boxes(document, start, start + 2)] == [("2", 0, 595)]


def test_each_recognised_page_is_a_sign_of_life(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "jpn\\njpn_vert")
    beats: list[None] = []
    with listening(lambda: beats.append(None)):
        load_document(scanned)
    assert len(beats) == 1


def test_a_huge_page_is_drawn_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = ImageReader(io.BytesIO(_draw_picture()))
    path = tmp_path / "地図.pdf"
    canvas = Canvas(str(path), pagesize=(14_400, 14_400))  # 60,000 pixels on each side at 300 dots an inch
    canvas.drawImage(picture, 0, 0, 14_400, 14_400)
    canvas.save()
    monkeypatch.setattr("rag.documents.pdf_page.LARGEST_PICTURE", 10_000)
    assert Image.open(io.BytesIO(render_page(path, 0))).size == (100, 100)
    with open_pdf(path.read_bytes()) as document:
        assert draw_page(document, 0, scale=300 / 72, grey=True).size == (100, 100)


@pytest.mark.parametrize(("languages", "script"), [("eng", SCRIPT), ("jpn", "#!{python}\nimport sys\nsys.exit(1)\n")])
def test_without_japanese_or_where_it_fails_pages_stay_without_text(
    languages: str, script: str, scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, languages, script)
    document = load_document(scanned)
    assert document.text == "表紙の文\n"
    assert "ocr" not in document.metadata
    assert document.losses.pages_without_text == ("2", "3")


def test_without_the_command_it_is_said_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = ImageReader(io.BytesIO(_draw_picture()))
    path = tmp_path / "規則.pdf"
    path.write_bytes(draw(lambda canvas: canvas.drawImage(picture, 60, 60)))
    with pytest.raises(DocumentError, match=r"tesseract と日本語データ.*install tesseract with its Japanese data"):
        load_document(path)


def _draw_picture() -> bytes:
    target = io.BytesIO()
    Image.new("L", (200, 100), 128).save(target, "PNG")
    return target.getvalue()
