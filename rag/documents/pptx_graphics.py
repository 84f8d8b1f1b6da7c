"""Tables, charts and diagrams of a presentation."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from rag.documents.drawing_text import A, read_lines
from rag.documents.office_package import TRUE, read_number
from rag.documents.table_rows import Cell, TableRows
from rag.documents.xlsx_format import format_number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
CONNECTING = frozenset({"pres", "parTrans", "sibTrans"})
"""Kinds of points in a diagram that are no text of its author."""
MOST_CELLS = 1000
"""Most rows or columns of one cell."""
MOST_POINTS = 10_000
"""Most points of a series in a chart that are read."""


def list_table_rows(table: Element) -> list[list[Cell]]:
    """List the filled rows of an `a:tbl` element."""
    rows = TableRows()
    filled: list[list[Cell]] = []
    for row in table.iterchildren(A + "tr"):
        cells: list[Cell] = []
        for cell in row.iterchildren(A + "tc"):
            if cell.get("hMerge") not in TRUE and cell.get("vMerge") not in TRUE:
                body = cell.find(A + "txBody")
                text = "" if body is None else "\n".join(read_lines(body))
                cells.append(Cell(text, _read_span(cell, "rowSpan"), _read_span(cell, "gridSpan")))
        filled.append(rows.fill(cells))
    return filled


def count_headers(table: Element) -> int | None:
    """Count the rows of the header: one where the table is drawn with one, else not known."""
    properties = table.find(A + "tblPr")
    return 1 if properties is not None and properties.get("firstRow") in TRUE else None


def read_chart(chart: Element) -> tuple[str, list[list[Cell]]]:
    """Read the title of a chart, and what it shows as a table: a row for each category, a column for each series."""
    title = chart.find(f"{CHART}chart/{CHART}title")
    lines = [] if title is None else [line for body in title.iter(CHART + "rich") for line in read_lines(body)]
    series = list(chart.iter(CHART + "ser"))
    names = [_list_points(item, "tx").get(0, "") for item in series]
    categories: dict[int, str] = {}
    for item in series:
        categories |= _list_points(item, "cat")
    values = [_list_points(item, "val") for item in series]
    rows = [[categories[index], *(value.get(index, "") for value in values)] for index in sorted(categories)]
    shown = [["", *names], *rows] if rows else []
    return " ".join(lines), [[Cell(text) for text in row] for row in shown]


def read_diagram(data: Element) -> list[str]:
    """Read the texts of a diagram (SmartArt) in the order in which they were written."""
    points = (point for point in data.iter(DIAGRAM + "pt") if point.get("type") not in CONNECTING)
    bodies = (body for point in points for body in point.iterchildren(DIAGRAM + "t"))
    return [line for body in bodies for line in read_lines(body)]


def _read_span(cell: Element, name: str) -> int:
    return max(1, min(read_number(cell.get(name)) or 1, MOST_CELLS))


def _list_points(series: Element, name: str) -> dict[int, str]:
    """Texts or numbers of one part of a series, as they were when the chart was saved, by their place."""
    part = series.find(CHART + name)
    if part is None:
        return {}
    code = next((item.text or "" for item in part.iter(CHART + "formatCode")), "")
    points = islice(part.iter(CHART + "pt"), MOST_POINTS)
    return {read_number(point.get("idx")) or 0: _show(point.findtext(CHART + "v") or "", code) for point in points}


def _show(value: str, code: str) -> str:
    """Write a number by its format; texts have none."""
    try:
        return format_number(float(value), code) if code else value
    except (ValueError, ArithmeticError):
        return value
