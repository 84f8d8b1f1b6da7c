from __future__ import annotations

import base64
import re
import struct
import zlib

import numpy as np

from rag.ui.matrices import MOST_NUMBERS, render_matrix, render_thumbnail


def read_picture(html: str) -> tuple[np.ndarray, bytes]:
    """Return the palette's number of each point, and the opacity of each number."""
    content = base64.b64decode(re.search(r"base64,([^\"]+)", html + '"').group(1))  # type: ignore[union-attr]
    position, chunks = 8, {}
    while position < len(content):
        (size,) = struct.unpack_from(">I", content, position)
        kind, data = content[position + 4 : position + 8], content[position + 8 : position + 8 + size]
        (checksum,) = struct.unpack_from(">I", content, position + 8 + size)
        assert checksum == zlib.crc32(kind + data)
        chunks[kind] = data
        position += 12 + size
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert (lines[:, 0] == 0).all()
    return lines[:, 1:], chunks[b"tRNS"]


def test_a_small_matrix_has_its_numbers() -> None:
    matrix = np.array([[1.0, -2.0], [-np.inf, 0.5]])
    html = render_matrix(matrix, name="Q", shape="語 × 語", rows=["猫", "<b>"], columns=["猫", "<b>"], focus=1)
    assert "<td style=--v:0.50>1.00</td><td class=minus style=--v:1.00>-2.00</td>" in html
    assert "<td class=unseen>−∞</td><td style=--v:0.25>0.50</td>" in html
    assert html.count("&lt;b&gt;") == 2
    assert "<tr class=focus><th scope=row>&lt;b&gt;" in html
    assert "2 × 2" in html


def test_a_large_matrix_is_a_picture_with_a_point_for_each_number() -> None:
    size = MOST_NUMBERS + 1
    matrix = np.zeros((size, size))
    matrix[0, 0], matrix[1, 2], matrix[2, 3] = 4.0, -2.0, -np.inf
    html = render_matrix(matrix, name="S", shape="", rows=["a"] * size, columns=["a"] * size, focus=0)
    points, opacities = read_picture(html)
    assert points.shape == (size, size)
    assert opacities[points[0, 0]] == 255
    assert opacities[points[1, 2]] == round(32 * 255 / 63)
    assert points[1, 2] == 64 + 32  # of the other colour
    assert points[2, 3] == 128
    assert opacities[points[3, 3]] == 0
    assert html.count("<th scope=row>") == size
    assert html.count("<td rowspan=13 colspan=13>") == 1


def test_of_many_features_the_first_are_shown_and_the_focus_is_written_out() -> None:
    matrix = np.arange(600.0).reshape(2, 300)
    html = render_matrix(matrix, name="X", shape="", rows=["猫", "犬"], focus=1)
    assert read_picture(html)[0].shape == (2, 64)
    assert '<p class="sample"><b>犬</b> 300.00 301.00' in html
    assert "2 × 300" in html


def test_a_thumbnail_shows_small_shares_too() -> None:
    points, opacities = read_picture(render_thumbnail(np.array([[1.0, 0.25], [0.0, 0.01]])))
    assert [opacities[point] for point in points.flatten()] == [255, round(32 * 255 / 63), 0, round(6 * 255 / 63)]


def test_a_matrix_of_zeros_is_drawn() -> None:
    assert "0.00" in render_matrix(np.zeros((1, 1)), name="A", shape="", rows=["猫"], focus=0)
