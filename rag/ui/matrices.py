"""Matrices as tables: small ones with their numbers, large ones with a picture that has a point for each number."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_NUMBERS = 12
"""Columns up to which the numbers are written into the cells; a browser draws a picture of thousands much faster."""

MOST_FEATURES = 64
"""Columns shown of a matrix whose columns are features and not tokens."""

SAMPLE = 8
"""Numbers of the row in focus that are written below a picture."""

_AMBER, _BLUE, _GREY = bytes((245, 158, 11)), bytes((59, 130, 246)), bytes((148, 163, 184))
_LEVELS = 64
_HIDDEN = 2 * _LEVELS
_HIDDEN_OPACITY = 60


def render_matrix(
    matrix: NDArray[np.float64],
    *,
    name: str,
    shape: str,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    focus: int,
) -> str:
    """Write a matrix as a table: amber for positive numbers, blue for negative ones, the strongest in full colour.

    Args:
        matrix: Numbers; −∞ is drawn grey. Shape: (rows, columns).
        name: Formula above the table, as HTML.
        shape: What rows and columns are.
        rows: Label of each row.
        columns: Label of each column; None for features, of which only the first are shown.
        focus: Row to be marked.
    """
    height, width = matrix.shape
    shown = matrix if columns is not None else matrix[:, :MOST_FEATURES]
    strengths = shown / (float(np.abs(shown[np.isfinite(shown)]).max(initial=0.0)) or 1.0)
    numbers = shown.shape[1] <= MOST_NUMBERS
    cells = _write_numbers(shown, strengths) if numbers else _write_picture(strengths, focus)
    body = "".join(
        f"<tr{' class=focus' if index == focus else ''}><th scope=row>{escape(label)}</th>{cells[index]}</tr>"
        for index, label in enumerate(rows)
    )
    heads = "".join(f"<th scope=col><span>{escape(label)}</span></th>" for label in columns or ())
    head = f"<thead><tr><td></td>{heads}</tr></thead>" if heads else ""
    sample = ""
    if columns is None and not numbers:
        written = " ".join(f"{value:.2f}" for value in matrix[focus, :SAMPLE].tolist())
        sample = f'<p class="sample"><b>{escape(rows[focus])}</b> {written} …</p>'
    kind = ("numbers" if numbers else "picture") + (" tokens" if columns is not None else " features")
    return (
        f'<figure class="matrix {kind}"><figcaption><b>{name}</b> <span class="shape">{height} × {width}</span>'
        f' <span class="note">{escape(shape)}</span></figcaption>'
        f'<div class="scroll" tabindex="0" style="--columns:{shown.shape[1]};--rows:{height}">'
        f"<table>{head}<tbody>{body}</tbody></table></div>{sample}</figure>"
    )


def render_thumbnail(weights: NDArray[Any]) -> str:
    """Draw weights as an image address. Strength grows with the root of the share, as in the shading of passages."""
    return _draw(np.sqrt(np.clip(weights, 0.0, 1.0)))


def _write_numbers(matrix: NDArray[np.float64], strengths: NDArray[np.float64]) -> list[str]:
    def write(value: float, strength: float) -> str:
        if value == -np.inf:
            return "<td class=unseen>−∞</td>"
        sign = " class=minus" if value < 0 else ""
        return f"<td{sign} style=--v:{abs(strength):.2f}>{value:.2f}</td>"

    return [
        "".join(write(*pair) for pair in zip(row, strength, strict=True))
        for row, strength in zip(matrix.tolist(), strengths.tolist(), strict=True)
    ]


def _write_picture(strengths: NDArray[np.float64], focus: int) -> list[str]:
    """Put one cell that spans all rows and columns into the first row."""
    height, width = strengths.shape
    picture = (
        f'<td rowspan={height} colspan={width}><span style="--row:{focus}">'
        f'<img src="{_draw(strengths)}" alt=""></span></td>'
    )
    return [picture, *[""] * (height - 1)]


def _draw(strengths: NDArray[Any]) -> str:
    """Draw numbers between −1 and 1 as a PNG in a data address, the more opaque the larger: it suits light and dark."""
    hidden = np.isneginf(strengths)
    levels = np.rint(np.abs(np.where(hidden, 0.0, strengths)) * (_LEVELS - 1)).astype(np.uint8)
    colours = np.where(hidden, _HIDDEN, levels + np.where(strengths < 0, _LEVELS, 0)).astype(np.uint8)
    height, width = colours.shape
    lines = np.hstack([np.zeros((height, 1), dtype=np.uint8), colours]).tobytes()  # each line begins with its filter, 0
    opacities = bytes(round(level * 255 / (_LEVELS - 1)) for level in range(_LEVELS))
    content = (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", _AMBER * _LEVELS + _BLUE * _LEVELS + _GREY)
        + _chunk(b"tRNS", opacities * 2 + bytes((_HIDDEN_OPACITY,)))
        + _chunk(b"IDAT", zlib.compress(lines, 6))
        + _chunk(b"IEND", b"")
    )
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
