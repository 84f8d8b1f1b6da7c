"""Reading windows: question and passages as one input of the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.reading.alignment import TokenizedText
from rag.reading.borders import NO_CLOSING, NO_OPENING
from rag.reading.layout import PairLayout

NOWHERE = (-1, 0, 0, NO_OPENING, NO_CLOSING)
"""Passage, start, end and borders of a token without text."""
QUESTION_TOKENS = 64
"""Tokens of the question that are read; longer ones are cut, as in training."""
MARKED_TYPE = 2
"""Token type of a passage's token that also stands in the question, for models trained to see it."""


@dataclass(frozen=True, slots=True)
class ReadingWindow:
    """One input of the reader, and the place of each of its tokens.

    `passages` holds the index of the passage a token belongs to, -1 for the question, special tokens and tokens
    without text; `starts` and `ends` are code points of that passage's text, `opens` and `closes` the borders an
    answer keeps to (see `find_borders`). `question` is the range of the
    question's tokens, `null` the token whose logits stand for "no answer". Shape of each array: (tokens,).
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    passages: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    question: tuple[int, int]
    null: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens `first:last` of the passage `passage`."""

    passage: int
    first: int
    last: int


def pack_passages(
    sizes: Sequence[int], *, room: int, overlap: int, gap: int, together: bool = True
) -> list[list[Piece]]:
    """Share passages out to windows: several together while they fit, one that is longer than a window in pieces.

    Args:
        sizes: Number of tokens of each passage.
        room: Tokens of passages a window holds.
        overlap: Tokens that two neighbouring pieces of one passage have in common, at most; less than `room`.
        gap: Tokens put between two passages of a window.
        together: Whether a window may hold several passages.

    Returns:
        The pieces of each window, passages in their order.
    """
    windows: list[list[Piece]] = []
    left = 0
    for passage, size in enumerate(sizes):
        if size == 0:
            continue
        if size > room:
            step = room - overlap
            starts = range(0, size - overlap, step)
            windows += [[Piece(passage, first, min(first + room, size))] for first in starts]
            left = 0
        elif together and windows and size + gap <= left:
            windows[-1].append(Piece(passage, 0, size))
            left -= size + gap
        else:
            windows.append([Piece(passage, 0, size)])
            left = room - size
    return windows


@dataclass(frozen=True, slots=True)
class WindowBuilder:
    """Joins a question and passages into as many inputs as they need.

    `separator` stands between two passages of one input. The token `cls_id` stands for "no answer", the first token
    where it is None or not in the layout. With `marks_question`, tokens of passages that also stand in the question
    get `MARKED_TYPE`. `max_length` and `overlap` are tokens; at most half of a window is overlap.
    """

    layout: PairLayout
    separator: tuple[int, ...]
    cls_id: int | None
    marks_question: bool
    max_length: int
    overlap: int

    def build(
        self, question: TokenizedText, texts: Sequence[TokenizedText], *, together: bool = True
    ) -> list[ReadingWindow]:
        """Build the windows of one question; none when no text holds a token with text.

        Args:
            question: Its tokens.
            texts: Those of each passage.
            together: Whether a window may hold several passages.
        """
        space = self.max_length - self.layout.size
        asked = question.ids[: min(QUESTION_TOKENS, space // 2)].tolist()
        room = space - len(asked)
        plan = pack_passages(
            [len(text.ids) if (text.starts < text.ends).any() else 0 for text in texts],
            room=room,
            overlap=min(self.overlap, room // 2),
            gap=len(self.separator),
            together=together,
        )
        windows = [self._join(asked, texts, pieces) for pieces in plan]
        return [window for window in windows if (window.passages >= 0).any()]

    def _join(self, question: list[int], texts: Sequence[TokenizedText], pieces: Sequence[Piece]) -> ReadingWindow:
        layout = self.layout
        ids = [token for token, _ in layout.before] + question + [token for token, _ in layout.between]
        types = [kind for _, kind in layout.before] + [layout.question_type] * len(question)
        types += [kind for _, kind in layout.between]
        places = [NOWHERE] * len(ids)
        marked = set(question) if self.marks_question else set()
        for number, piece in enumerate(pieces):
            if number:
                ids += self.separator
                types += [layout.passage_type] * len(self.separator)
                places += [NOWHERE] * len(self.separator)
            text, part = texts[piece.passage], slice(piece.first, piece.last)
            tokens = text.ids[part].tolist()
            ids += tokens
            types += [MARKED_TYPE if token in marked else layout.passage_type for token in tokens]
            columns = (text.starts, text.ends, text.opens, text.closes)
            rows = zip(*(column[part].tolist() for column in columns), strict=True)
            places += [(piece.passage, *row) if row[0] < row[1] else NOWHERE for row in rows]
        ids += [token for token, _ in layout.after]
        types += [kind for _, kind in layout.after]
        places += [NOWHERE] * len(layout.after)
        passages, starts, ends, opens, closes = np.array(places, dtype=np.int64).T
        return ReadingWindow(
            ids=np.array(ids, dtype=np.int64),
            types=np.array(types, dtype=np.int64),
            passages=passages,
            starts=starts,
            ends=ends,
            opens=opens,
            closes=closes,
            question=(len(layout.before), len(layout.before) + len(question)),
            null=ids.index(self.cls_id) if self.cls_id in ids else 0,
        )
