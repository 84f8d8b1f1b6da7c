"""The text of a passage as HTML: the answer marked, sentences and words shaded by their share of the gaze."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, TypeVar

from rag.explanation.explanation import ScoredSpan
from rag.retrieval.hit import Passage
from rag.text.percent import format_percent

FAINT = 0.1
"""Words below this strength get no colour of their own: nobody could see it, and the page stays small."""

Kind = Literal["answer", "candidate", "accepted", "agreed"]
"""What was answered, what else came into question, what is right, and what was answered and is right."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a document to be marked; `start:end` are code points of the document."""

    document_id: str
    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Link:
    """A stretch of a document that opens the pop-up with this id; `start:end` are code points of the document."""

    document_id: str
    start: int
    end: int
    popup: str


@dataclass(frozen=True, slots=True)
class Shades:
    """Scores to shade passages with: `pieces` are the words or tokens inside the sentences."""

    passages: tuple[ScoredSpan, ...] = ()
    sentences: tuple[ScoredSpan, ...] = ()
    pieces: tuple[ScoredSpan, ...] = ()

    @property
    def strongest(self) -> float:
        """Largest share of a sentence."""
        return max((span.score for span in self.sentences), default=0.0)

    def find_strongest_piece(self, marks: Sequence[Mark]) -> float:
        """Return the largest share of a word outside the answer, which looks at itself more than at anything else."""
        answers = [mark for mark in marks if mark.kind in ("answer", "agreed")]
        outside = (piece.score for piece in self.pieces if not any(_overlap(piece, answer) for answer in answers))
        return max(outside, default=0.0)


_Placed = TypeVar("_Placed", Mark, Link, ScoredSpan)


def shade_passage(
    passage: Passage, shades: Shades, marks: Sequence[Mark], *, share_label: str, links: Sequence[Link] = ()
) -> str:
    """Write the text of a passage as HTML; all of it is escaped.

    Sentences hold marks, marks hold links, links hold words: what crosses a border of an outer one is cut in two.
    Colour strength (`--gaze`, 0 to 1) is relative to the strongest span of its kind in all passages, so that any
    layer and head shows a picture, and grows with the root of the share, so that what was looked at a little can be
    seen beside what was looked at most; the true share stands in the title. The answer has a colour of its own: its
    words do not count.

    Args:
        passage: What is shown.
        shades: Scores; empty ones give plain text.
        marks: Where marks overlap, the earlier in the list wins.
        share_label: Tooltip of a sentence, with a place `{share}`.
        links: What opens pop-ups; ascending and disjoint.
    """
    inner_links = _inside(passage, links)
    sentences = _inside(passage, shades.sentences)
    pieces = _inside(passage, shades.pieces)
    disjoint = _without_overlaps(_inside(passage, marks))
    strongest_piece = shades.find_strongest_piece(marks)
    parts: list[str] = []
    for start, end, sentence in _cut(passage.start, passage.end, sentences):
        inner = "".join(
            _wrap_mark(
                mark,
                "".join(
                    _wrap_link(link, _shade_pieces(passage, link_start, link_end, pieces, strongest_piece))
                    for link_start, link_end, link in _cut(mark_start, mark_end, inner_links)
                ),
            )
            for mark_start, mark_end, mark in _cut(start, end, disjoint)
        )
        parts.append(_wrap_sentence(sentence, inner, shades.strongest, share_label))
    return "".join(parts)


def _shade_pieces(passage: Passage, start: int, end: int, pieces: Sequence[ScoredSpan], strongest: float) -> str:
    parts: list[str] = []
    for piece_start, piece_end, piece in _cut(start, end, pieces):
        text = escape(passage.text[piece_start - passage.start : piece_end - passage.start])
        strength = _strength(piece, strongest)
        parts.append(f'<span class="piece" style="--gaze:{strength:.2f}">{text}</span>' if strength >= FAINT else text)
    return "".join(parts)


def _wrap_mark(mark: Mark | None, inner: str) -> str:
    return inner if mark is None else f'<mark class="{mark.kind}">{inner}</mark>'


def _wrap_link(link: Link | None, inner: str) -> str:
    if link is None:
        return inner
    return f'<button type="button" class="reference" popovertarget="{escape(link.popup)}">{inner}</button>'


def _wrap_sentence(sentence: ScoredSpan | None, inner: str, strongest: float, share_label: str) -> str:
    if sentence is None:
        return inner
    strength = _strength(sentence, strongest)
    title = escape(share_label.format(share=format_percent(sentence.score)))
    return f'<span class="sentence" style="--gaze:{strength:.2f}" title="{title}">{inner}</span>'


def _strength(span: ScoredSpan | None, strongest: float) -> float:
    return math.sqrt(min(span.score / strongest, 1.0)) if span is not None and strongest > 0 else 0.0


def _overlap(span: ScoredSpan, mark: Mark) -> bool:
    return span.document_id == mark.document_id and span.start < mark.end and span.end > mark.start


def _inside(passage: Passage, spans: Sequence[_Placed]) -> list[_Placed]:
    return [
        span
        for span in spans
        if span.document_id == passage.document_id and span.start < passage.end and span.end > passage.start
    ]


def _without_overlaps(marks: Sequence[Mark]) -> list[Mark]:
    kept: list[Mark] = []
    for mark in marks:
        if all(mark.end <= other.start or mark.start >= other.end for other in kept):
            kept.append(mark)
    return sorted(kept, key=lambda mark: mark.start)


def _cut(start: int, end: int, spans: Sequence[_Placed]) -> Iterator[tuple[int, int, _Placed | None]]:
    """Cut `start:end` at the borders of ascending spans; text between them comes with None."""
    position = start
    for span in spans:
        span_start, span_end = max(span.start, position), min(span.end, end)
        if span_start >= span_end:
            continue
        if position < span_start:
            yield position, span_start, None
        yield span_start, span_end, span
        position = span_end
    if position < end:
        yield position, end, None
