"""One question with its text and the place of its answer, as a model is told during training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from rag.evaluation.datasets import Dataset
    from rag.reading.span_reader import SpanReader

ROOM = 200
"""Characters shown on either side of an answer in a long document."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One input, a batch of one row, and the tokens its answer begins and ends with."""

    inputs: Mapping[str, Tensor]
    start: int
    end: int


def build_lesson(reader: SpanReader, question: str, text: str, start: int, end: int) -> Lesson | None:
    """Build the input of a question whose answer is `text[start:end]`; None where no window holds it whole."""
    for window in reader.encode(question, [text]):
        inside = np.flatnonzero((window.passages == 0) & (window.starts < end) & (window.ends > start))
        if len(inside) and window.starts[inside[0]] <= start and window.ends[inside[-1]] >= end:
            return Lesson(reader.collate([window]), int(inside[0]), int(inside[-1]))
    return None


def build_lessons(reader: SpanReader, dataset: Dataset, *, limit: int) -> list[Lesson]:
    """Build at most `limit` lessons of the questions that have an answer, evenly spread over them."""
    asked = [question for question in dataset.questions if question.answers]
    step = max(1, len(asked) // limit)
    lessons: list[Lesson] = []
    for question in asked[::step][:limit]:
        answer = question.answers[0]
        text = dataset.documents[question.document_id].text
        first, last = max(0, answer.start - ROOM), answer.end + ROOM
        built = build_lesson(reader, question.text, text[first:last], answer.start - first, answer.end - first)
        lessons += [] if built is None else [built]
    return lessons


def measure_losses(model: object, lessons: Sequence[Lesson]) -> Iterator[Tensor]:
    """Yield the loss of the answer's two tokens for each lesson, with its graph."""
    from torch import tensor
    from torch.nn.functional import cross_entropy

    for lesson in lessons:
        output = model(**lesson.inputs)  # type: ignore[operator]
        places = ((output.start_logits, lesson.start), (output.end_logits, lesson.end))
        yield sum(cross_entropy(logits, tensor([place], device=logits.device)) for logits, place in places) / 2  # type: ignore[misc]
