"""Attention of an answer's and a question's tokens, gathered from all windows that were read."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.attention.capture import ROWS, capture_rows, enable_capture
from rag.errors import ArgumentError
from rag.explanation.explanation import TokenAttention
from rag.reading.answer import Span
from rag.reading.window import ReadingWindow
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from rag.reading.span_reader import SpanReader

Weights = NDArray[np.float32]
"""Attention to the tokens of one window that have text. Shape: (layers, heads, tokens)."""

_switching = Lock()


def collect_attention(question: str, span: Span, passages: Sequence[Passage], *, reader: SpanReader) -> TokenAttention:
    """Run the reader over the passages once more and keep the rows of answer and question.

    The question stands in every window, the answer only where its passage is: text in other windows was not before
    the answer's eyes, and gets 0 from it. A token that overlapping windows share gets the mean of what it got in each
    (in each that holds the answer, for the answer's rows), so that it counts once.

    Raises:
        ArgumentError: The span is in none of the passages, or the question is empty.
        AttentionError: The model does not hand over its attention.
    """
    number = find_passage(span, passages)
    passage = passages[number]
    windows = reader.encode(question, [each.text for each in passages])
    answers = [find_tokens(window, number, span.start - passage.start, span.end - passage.start) for window in windows]
    whole = max((len(tokens) for tokens in answers), default=0)
    if whole == 0:
        raise ArgumentError(f"the span {span.text!r} holds no token that was read; expected the span of an answer")
    switch_to_rows(reader.model)
    captured = [
        _capture(reader, window, tokens if len(tokens) == whole else tokens[:0])
        for window, tokens in zip(windows, answers, strict=True)
    ]
    keys = [_list_places(window) for window in windows]
    places, indices = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    columns = np.split(indices.reshape(-1), np.cumsum([len(key) for key in keys])[:-1])
    starts = np.array([each.start for each in passages], dtype=np.int64)
    return TokenAttention(
        spans=places[:, 1:] + starts[places[:, 0]][:, None],
        passages=places[:, 0],
        answer=_stitch(columns, [answer for answer, _ in captured], len(places)),
        question=_stitch(columns, [asked for _, asked in captured], len(places)),
    )


def find_passage(span: Span, passages: Sequence[Passage]) -> int:
    """Return the index of the passage a span lies in.

    Raises:
        ArgumentError: It lies in none.
    """
    for number, passage in enumerate(passages):
        if passage.document_id == span.document_id and passage.start <= span.start and span.end <= passage.end:
            return number
    raise ArgumentError(
        f"the span {span.start}:{span.end} of document {span.document_id!r} is in none of {len(passages)} passages; "
        "give the passages it was read from"
    )


def find_tokens(window: ReadingWindow, passage: int, start: int, end: int) -> NDArray[np.int64]:
    """Return the positions of a window's tokens that share text with `start:end` of a passage."""
    return np.flatnonzero((window.passages == passage) & (window.starts < end) & (window.ends > start))


def switch_to_rows(model: PreTrainedModel) -> None:
    """Have a model hand over rows; switching it again would disturb captures under way in other threads.

    Raises:
        AttentionError: It has an attention of its own.
    """
    with _switching:
        if model.config._attn_implementation != ROWS:
            enable_capture(model)


def _list_places(window: ReadingWindow) -> NDArray[np.int64]:
    """List passage, start and end of the tokens that have text. Shape: (tokens, 3)."""
    inside = window.passages >= 0
    return np.stack([window.passages[inside], window.starts[inside], window.ends[inside]], axis=1)


def _capture(reader: SpanReader, window: ReadingWindow, answer: NDArray[np.int64]) -> tuple[Weights | None, Weights]:
    """Return the mean rows of the answer's tokens, None when there are none here, and of the question's."""
    import torch

    rows = np.concatenate([answer, np.arange(*window.question)])
    with reader.precision():
        captured = capture_rows(
            reader.model, reader.collate([window]), torch.from_numpy(rows)[None].to(reader.model.device)
        )
    inside = torch.from_numpy(np.flatnonzero(window.passages >= 0)).to(captured.rows.device)
    weights = captured.rows[:, 0].index_select(-1, inside).cpu().numpy()
    asked: Weights = weights[:, :, len(answer) :].mean(axis=2)
    return (weights[:, :, : len(answer)].mean(axis=2) if len(answer) else None), asked


def _stitch(columns: Sequence[NDArray[np.int64]], parts: Sequence[Weights | None], size: int) -> Weights:
    """Lay the windows' tokens over each other. Shape: (layers, heads, size).

    Tokens of one window with one place (the bytes of a character) are added up, those of several windows averaged.
    """
    present = [(column, part) for column, part in zip(columns, parts, strict=True) if part is not None]
    total = np.zeros((size, *present[0][1].shape[:2]), dtype=np.float32)
    count = np.zeros(size, dtype=np.float32)
    for column, part in present:
        np.add.at(total, column, part.transpose(2, 0, 1))
        count[np.unique(column)] += 1
    total /= np.maximum(count, 1)[:, None, None]
    return np.ascontiguousarray(total.transpose(1, 2, 0))
