"""What reads a file again takes no more than when it came in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rag.documents.loading import load_document
from rag.documents.pdf_places import draw_place, locate_boxes
from rag.errors import DocumentError
from rag.ingest.apart import call_apart
from rag.ingest.limits import ReadingLimits
from tests.documents.written_files import build_pdf
from tests.ingest.test_file_readers import list_workers

GENEROUS = ReadingLimits(seconds=60)
DEEPEST = 6


def build_endless_page() -> bytes:
    """A page with one word, and a tile made of tiles made of tiles: quick to read, never drawn."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Pattern << /P 6 0 R >> "
        b"/Font << /F 5 0 R >> >> >>",
        _build_stream(b"", b"BT /F 20 Tf 60 700 Td (word) Tj ET /Pattern cs /P scn 0 0 595 842 re f"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number in range(6, 6 + DEEPEST):
        inner = f"/Resources << /Pattern << /P {number + 1} 0 R >> >>" if number < 5 + DEEPEST else "/Resources << >>"
        head = f"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 500 500] /XStep 1 /YStep 1 {inner}"
        fill = b"/Pattern cs /P scn " if number < 5 + DEEPEST else b"0.5 g "
        objects.append(_build_stream(head.encode(), fill + b"0 0 500 500 re f"))
    data, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(data) + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def _build_stream(head: bytes, content: bytes) -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (head, len(content), content)


@pytest.mark.usefixtures("japanese_font")
def test_what_it_returns_and_raises_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "置場.pdf"
    path.write_bytes(build_pdf([["自転車置場の使用料は月に三百円とする。"]]))
    document = load_document(path)
    boxes, picture = call_apart(draw_place, document, 0, 5, limits=GENEROUS)
    assert boxes == locate_boxes(document, 0, 5)
    assert picture.startswith(b"\x89PNG")
    path.unlink()
    with pytest.raises(DocumentError, match="no such file"):
        call_apart(draw_place, document, 0, 5, limits=GENEROUS)
    assert list_workers() == []


def test_a_page_that_is_never_drawn_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "tiles.pdf"
    path.write_bytes(build_endless_page())
    document = load_document(path)
    assert document.text.strip() == "word"
    began = time.perf_counter()
    with pytest.raises(DocumentError, match="ended after 10 s"):
        call_apart(draw_place, document, 0, 4, limits=ReadingLimits(seconds=10))
    assert time.perf_counter() - began < 50
    assert list_workers() == []
