"""The page of a run: one HTML file that needs neither server nor network, in which every figure shows its rows."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from string import Template

from rag.evaluation.experiment.difference import Difference
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.presentation import Cell, Picture, Presentation, Table
from rag.evaluation.rows import Row

LINE = 16
"""Characters of the longest text of a cell that stays on one line."""
TEMPLATE = Path(__file__).parents[1] / "assets" / "experiment.html"


def build_page(
    shown: Presentation, *, rows: Sequence[Row], run: Mapping[str, object], pictures: Mapping[str, bytes]
) -> str:
    """Return the HTML of a run.

    Args:
        shown: Tables and pictures.
        rows: Of the run; they stand in the page, and each figure can be followed to those it was made of.
        run: Settings, versions and machine, shown at the end.
        pictures: PNG files by the name of the picture; one that was not drawn is left out.
    """
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(shown.title),
        note=escape(shown.note),
        pictures="\n".join(
            _render_picture(picture, pictures[picture.name]) for picture in shown.pictures if picture.name in pictures
        ),
        tables="\n".join(_render_table(table, rows) for table in shown.tables),
        run=escape(json.dumps(run, ensure_ascii=False, indent=2)),
        rows=_embed([dict(row) for row in rows]),
    )


def format_figure(value: float, *, digits: int) -> str:
    """Write a figure: with `digits` digits behind the point, whole numbers above a thousand without."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}f}"


def _render_picture(picture: Picture, data: bytes) -> str:
    source = base64.b64encode(data).decode()
    return (
        f'<figure><img src="data:image/png;base64,{source}" alt="{escape(picture.title)}">'
        f"<figcaption>{escape(picture.title)} {escape(picture.note)}</figcaption></figure>"
    )


def _render_table(table: Table, rows: Sequence[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    body = "\n".join(
        f'<tr><th scope="row"{_mark_long(label)}>{_render_cell(label, rows, table)}</th>'
        + "".join(f"<td{_mark_long(cell)}>{_render_cell(cell, rows, table)}</td>" for cell in cells)
        + "</tr>"
        for label, *cells in table.rows
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<section><h2>{escape(table.title)}</h2>{note}<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _mark_long(cell: Cell) -> str:
    """Mark a text that takes more than one line."""
    return ' class="text"' if isinstance(cell, str) and len(cell) > LINE else ""


def _render_cell(cell: Cell, rows: Sequence[Row], table: Table) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return escape(cell)
    if not isinstance(cell, Measure | Difference):
        return format_figure(cell, digits=table.digits)
    value = cell.compute(rows)
    if value is None:
        return "–"
    text = format_figure(value, digits=0 if cell.kind == "count" else table.digits)
    interval = cell.interval(rows) if table.intervals else None
    if interval is not None:
        low, high = (format_figure(bound, digits=table.digits) for bound in (interval.low, interval.high))
        text += f" <small>[{low}, {high}]</small>"
    measure = escape(json.dumps(asdict(cell), ensure_ascii=False), quote=True)
    return f'<button type="button" data-measure="{measure}">{text}</button>'


def _embed(content: object) -> str:
    """Write JSON that may stand inside a script element."""
    text = json.dumps(content, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
