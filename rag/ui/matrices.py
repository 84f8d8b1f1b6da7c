"""Matrices as pictures: tables of coloured cells, and thumbnails."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_NUMBERS = 12
"""Columns up to which numbers are written into the cells; in wider matrices they stand in the tooltips."""

MOST_FEATURES = 32
"""Columns shown of a matrix whose columns are features and not tokens."""

_AMBER = bytes((245, 158, 11))
_LEVELS = 64


def render_matrix(
    matrix: NDArray[np.float64],
    *,
    name: str,
    shape: str,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    focus: int | None = None,
) -> str:
    """Write a matrix as a table: amber for positive numbers, blue for negative ones, the strongest in full colour.

    Args:
        matrix: Numbers; −∞ is drawn as a hidden cell. Shape: (rows, columns).
        name: Formula above the table, as HTML.
        shape: What rows and columns are.
        rows: Label of each row.
        columns: Label of each column; None for features, of which only the first are shown.
        focus: Row to be marked.
    """
    height, width = matrix.shape
    shown = width if columns is not None else min(width, MOST_FEATURES)
    numbers = shown <= MOST_NUMBERS
    known = np.where(np.isfinite(matrix), matrix, 0.0)
    strengths = np.abs(known) / (np.abs(known).max() or 1.0)
    body = "".join(
        f"<tr{' class=focus' if index == focus else ''}><th scope=row>{escape(label)}</th>"
        + "".join(_render_cells(matrix[index, :shown].tolist(), strengths[index, :shown].tolist(), numbers=numbers))
        + "</tr>"
        for index, label in enumerate(rows)
    )
    head = ""
    if columns is not None:
        heads = "".join(f"<th scope=col><span>{escape(label)}</span></th>" for label in columns)
        head = f"<thead><tr><td></td>{heads}</tr></thead>"
    rest = f' <span class="rest">… {width}</span>' if shown < width else ""
    size = "numbers" if numbers else "cells"
    return (
        f'<figure class="matrix {size}"><figcaption><b>{name}</b> <span class="shape">{height} × {width}</span>'
        f' <span class="note">{escape(shape)}</span></figcaption>'
        f'<div class="scroll" tabindex="0"><table>{head}<tbody>{body}</tbody></table>{rest}</div></figure>'
    )


def render_thumbnail(weights: NDArray[Any]) -> str:
    """Draw weights as a PNG in a data address: amber, the more opaque the larger, so that it suits light and dark.

    Strength grows with the root of the share, as in the shading of passages.
    """
    levels = np.rint(np.sqrt(np.clip(weights, 0.0, 1.0)) * (_LEVELS - 1)).astype(np.uint8)
    height, width = levels.shape
    lines = np.hstack([np.zeros((height, 1), dtype=np.uint8), levels]).tobytes()  # each line begins with its filter, 0
    opacities = bytes(round(level * 255 / (_LEVELS - 1)) for level in range(_LEVELS))
    content = (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", _AMBER * _LEVELS)
        + _chunk(b"tRNS", opacities)
        + _chunk(b"IDAT", zlib.compress(lines, 6))
        + _chunk(b"IEND", b"")
    )
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _render_cells(values: Sequence[float], strengths: Sequence[float], *, numbers: bool) -> Iterable[str]:
    """Write cells without quotes around attributes: a matrix has thousands."""
    for value, strength in zip(values, strengths, strict=True):
        if value == -np.inf:
            yield "<td class=unseen title=−∞></td>"
            continue
        sign = " class=minus" if value < 0 else ""
        text = f"{value:.2f}"
        yield f"<td{sign} style=--v:{strength:.2f} title={text}>{text if numbers else ''}</td>"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
