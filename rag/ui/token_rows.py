"""Texts cut by several tokenizers as HTML: rows in which equal characters stand below each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from rag.evaluation.tokenization import Piece, Tokenization, TokenizerFigures, group_tokens
from rag.evaluation.tokenizers import Algorithm
from rag.ui.words import Words, format_percent

LINE = 52.0
"""Width of a line, in full-width characters."""
NARROW = 0.62
"""Width of a half-width character."""
SLACK = 12
"""Characters by which a line may be shorter, so that it ends where all rows have a border."""


def render_rows(rows: Sequence[Tokenization], words: Words) -> str:
    """Write one row a tokenizer, line by line, above them a legend and below them the figures of each."""
    prepared = [_prepare(number, row) for number, row in enumerate(rows, 1)]
    pieces = [row.pieces for row in prepared]
    lines = "".join(
        f'<div class="token-line">{"".join(_render_row(row, start, end, words) for row in prepared)}</div>'
        for start, end in cut_lines(rows[0].text, pieces)
    )
    return (
        f'<section class="tokens">{_render_legend(rows, pieces, words)}<div class="token-lines" lang="ja">{lines}</div>'
        f"{_render_table(rows, words)}{render_algorithms([row.algorithm for row in rows], words)}</section>"
    )


def render_figures(figures: Sequence[TokenizerFigures], words: Words) -> str:
    """Write the figures of tokenizers on the documents of a library as a table."""
    total = words["tokens_documents"].format(
        documents=f"{figures[0].documents:,}", characters=f"{figures[0].characters:,}"
    )
    columns = ("name", "count", "fertility", "least", "median", "greatest", "unknown")
    rows = "".join(
        _render_cells(
            each.tokenizer,
            [
                f"{each.tokens:,}",
                f"{each.fertility:.3f}",
                f"{each.document_fertility.least:.3f}",
                f"{each.document_fertility.median:.3f}",
                f"{each.document_fertility.greatest:.3f}",
                format_percent(each.unknown_rate),
            ],
        )
        for each in figures
    )
    algorithms = render_algorithms([each.algorithm for each in figures], words)
    return (
        f'<section class="tokens"><p class="note">{escape(total)}</p><div class="token-lines">'
        f'<table class="token-figures">{_render_heads(columns, words)}<tbody>{rows}</tbody></table></div>{algorithms}'
        "</section>"
    )


def render_algorithms(algorithms: Sequence[Algorithm], words: Words) -> str:
    """Write a sentence on each algorithm."""
    entries = "".join(
        f"<dt>{escape(words[f'algorithm_{each}'])}</dt><dd>{escape(words[f'algorithm_{each}_how'])}</dd>"
        for each in dict.fromkeys(algorithms)
    )
    return f'<dl class="algorithms">{entries}</dl>'


def cut_lines(text: str, rows: Sequence[Sequence[Piece]]) -> Iterator[tuple[int, int]]:
    """Cut a text into lines: at its own line ends, and where a line is full, at a border of all rows if one is near."""
    inside = {place for pieces in rows for piece in pieces for place in range(piece.start + 1, piece.end)}
    start, width = 0, 0.0
    for place, character in enumerate(text):
        width += _measure(character)
        if character == "\n":
            yield start, place
            start, width = place + 1, 0.0
        elif width > LINE:
            near = range(place, max(place - SLACK, start), -1)
            end = next((each for each in near if each not in inside), place)
            yield start, end
            start, width = end, sum(map(_measure, text[end : place + 1]))
    if start < len(text):
        yield start, len(text)


@dataclass(frozen=True, slots=True)
class _Row:
    """A text as one tokenizer cuts it, ready to be written.

    `inside` are the ends of answers inside tokens, `answered` the characters of answers, `ends` all ends of answers.
    """

    name: str
    text: str
    pieces: list[Piece]
    inside: frozenset[int]
    answered: frozenset[int]
    ends: frozenset[int]


def _prepare(number: int, row: Tokenization) -> _Row:
    inside = {fit.start for fit in row.answers if not fit.starts_token}
    inside |= {fit.end for fit in row.answers if not fit.ends_token}
    return _Row(
        name=f"{number}. {row.tokenizer}",
        text=row.text,
        pieces=group_tokens(row.tokens),
        inside=frozenset(inside),
        answered=frozenset(place for fit in row.answers for place in range(fit.start, fit.end)),
        ends=frozenset(place for fit in row.answers for place in (fit.start, fit.end)),
    )


def _render_row(row: _Row, start: int, end: int, words: Words) -> str:
    parts: list[str] = []
    position = start
    for index, piece in enumerate(row.pieces):
        if piece.end <= start or piece.start >= end:
            continue
        first, last = max(piece.start, start), min(piece.end, end)
        parts.append(_render_stretch(row, position, first, "gap"))
        kinds = f"token {'odd' if index % 2 else 'even'}{' unknown' if piece.unknown else ''}"
        title = words["tokens_number"].format(number=index + 1)
        badge = f"<sup>{piece.tokens}</sup>" if piece.tokens > 1 and last == piece.end else ""
        parts.append(_render_stretch(row, first, last, kinds, title=title, badge=badge))
        position = last
    parts.append(_render_stretch(row, position, end, "gap"))
    name = escape(row.name)
    return (
        f'<div class="token-row"><span class="token-name" title="{name}">{name}</span>'
        f'<span class="token-cells">{"".join(parts)}</span></div>'
    )


def _render_stretch(row: _Row, start: int, end: int, kinds: str, *, title: str = "", badge: str = "") -> str:
    """Write a stretch as a cell as wide as its characters, so that rows line up whatever the font."""
    if start >= end:
        return ""
    inner = ""
    for first, last in pairwise([start, *(place for place in range(start + 1, end) if place in row.ends), end]):
        part = escape(row.text[first:last])
        inner += '<i class="cut"></i>' if first in row.inside else ""
        inner += f"<b>{part}</b>" if first in row.answered else part
    attribute = f' title="{escape(title)}"' if title else ""
    width = sum(map(_measure, row.text[start:end]))
    return f'<span class="{kinds}"{attribute} style="--width:{width:.2f}">{inner}{badge}</span>'


def _render_legend(rows: Sequence[Tokenization], pieces: Sequence[Sequence[Piece]], words: Words) -> str:
    fits = [fit for row in rows for fit in row.answers]
    found = [piece for each in pieces for piece in each]
    keys = {
        "<b>あ</b>": ("answer", bool(fits)),
        '<i class="cut"></i>': ("cut", not all(fit.reachable for fit in fits)),
        '<span class="token unknown">あ</span>': ("unknown", any(piece.unknown for piece in found)),
        "<sup>3</sup>": ("shared", any(piece.tokens > 1 for piece in found)),
    }
    shown = "".join(
        f'<span class="key token-key">{sample}{escape(words[f"tokens_legend_{name}"])}</span>'
        for sample, (name, there) in keys.items()
        if there
    )
    return f'<p class="legend"><span>{escape(words["tokens_legend"])}</span>{shown}</p>'


def _render_table(rows: Sequence[Tokenization], words: Words) -> str:
    columns = ("name", "algorithm", "vocabulary", "count", "fertility", "unknown", "fit")
    body = "".join(
        _render_cells(
            f"{number}. {row.tokenizer}",
            [
                words[f"algorithm_{row.algorithm}"],
                f"{row.vocabulary:,}",
                f"{len(row.tokens.starts):,}",
                f"{row.fertility:.2f}",
                f"{row.unknown:,}",
                _describe_fit(row, words),
            ],
        )
        for number, row in enumerate(rows, 1)
    )
    heads = _render_heads(columns, words)
    return f'<div class="token-lines"><table class="token-figures">{heads}<tbody>{body}</tbody></table></div>'


def _describe_fit(row: Tokenization, words: Words) -> str:
    nearest = [row.text[fit.nearest_start : fit.nearest_end] for fit in row.answers if not fit.reachable]
    said = [words["tokens_fit_inside"].format(nearest=each) for each in dict.fromkeys(nearest)]
    return " ".join(said) or (words["tokens_fit_whole"] if row.answers else "–")


def _render_heads(columns: Sequence[str], words: Words) -> str:
    heads = "".join(f'<th scope="col">{escape(words[f"tokens_{column}"])}</th>' for column in columns)
    return f"<thead><tr>{heads}</tr></thead>"


def _render_cells(name: str, cells: Sequence[str]) -> str:
    return f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _measure(character: str) -> float:
    """Width of a character in full-width ones."""
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}:
        return 0.0
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else NARROW
