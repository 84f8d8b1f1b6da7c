"""Candidate answers of all windows under one normalisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.reading.characters import cover_characters
from rag.reading.window import ReadingWindow
from rag.retrieval.hit import Passage

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Weigh = Callable[[Integers, Integers, Integers], Floats]


@dataclass(frozen=True, slots=True)
class WindowLogits:
    """What the model says of one window. Shape of each: (tokens,)."""

    start: Floats
    end: Floats


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every span that could be the answer, each place of a passage once, and "no answer".

    `starts` and `ends` are code points of the passage `passages` points to. `scores` are start logit plus end logit
    plus what is known beside the model, `null` is the score of "no answer". `log_probabilities` and `log_null` are
    normalised together: their exponentials add up to one. `log_total` is what was taken from scores over temperature
    to that end.
    Shape of each array: (candidates,).
    """

    passages: Integers
    starts: Integers
    ends: Integers
    scores: Floats
    null: float
    log_probabilities: Floats
    log_null: float
    log_total: float


def build_candidates(
    windows: Sequence[ReadingWindow],
    logits: Sequence[WindowLogits],
    *,
    max_answer_tokens: int,
    temperature: float,
    weigh: Weigh | None = None,
) -> Candidates:
    """Score every span of every window and normalise over all of them.

    Both ends of a span lie in one passage. A span that two overlapping windows hold counts once, with its better
    score. There is no answer only if no window holds one, so the least of the windows' scores for it stands for all.

    Args:
        windows: The windows read.
        logits: The model's output for each.
        max_answer_tokens: Longest span considered.
        temperature: Scores are divided by it before they are normalised.
        weigh: What is added to the scores of spans, by passage, start and end; nothing when None.
    """
    columns = [_window_spans(window, scores, max_answer_tokens) for window, scores in zip(windows, logits, strict=True)]
    passages, starts, ends = (np.concatenate([column[i] for column in columns]) for i in range(3))
    scores = np.concatenate([column[3] for column in columns])
    if weigh is not None:
        scores = scores + weigh(passages, starts, ends)
    order = np.lexsort((-scores, ends, starts, passages))
    passages, starts, ends, scores = passages[order], starts[order], ends[order], scores[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(passages) != 0) | (np.diff(starts) != 0) | (np.diff(ends) != 0)
    passages, starts, ends, scores = passages[fresh], starts[fresh], ends[fresh], scores[fresh]
    null = min(
        float(score.start[window.null] + score.end[window.null]) for window, score in zip(windows, logits, strict=True)
    )
    scaled = np.append(scores, null) / temperature
    top = scaled.max()
    log_total = float(top + np.log(np.exp(scaled - top).sum()))
    normalised = scaled - log_total
    return Candidates(passages, starts, ends, scores, null, normalised[:-1], float(normalised[-1]), log_total)


def measure_span_total(
    window: ReadingWindow, logits: WindowLogits, *, max_answer_tokens: int, temperature: float
) -> float:
    """Log of the sum over all spans of one window of their exponential scores, -inf when it holds none."""
    scores = _window_spans(window, logits, max_answer_tokens)[3] / temperature
    if not len(scores):
        return -np.inf
    top = scores.max()
    return float(top + np.log(np.exp(scores - top).sum()))


def _window_spans(
    window: ReadingWindow, logits: WindowLogits, max_answer_tokens: int
) -> tuple[Integers, Integers, Integers, Floats]:
    """List the spans of one window: passage, start, end, score; those that cut something only if all do."""
    inside = np.flatnonzero(window.passages >= 0)
    reach = min(max_answer_tokens, len(window.ids))
    last = inside[:, None] + np.arange(reach)[None, :]
    within = last < len(window.ids)
    last = np.where(within, last, 0)
    fits = within & (window.passages[last] == window.passages[inside][:, None])
    whole = fits & (window.opens[inside][:, None] == window.closes[last])
    fits = whole if whole.any() else fits
    first = np.broadcast_to(inside[:, None], last.shape)[fits]
    last = last[fits]
    return window.passages[first], window.starts[first], window.ends[last], logits.start[first] + logits.end[last]


def select_candidates(candidates: Candidates, passages: Sequence[Passage], *, n: int) -> list[int]:
    """Choose the `n` best candidates, best first, no two of which share a character of a document.

    A character is what `cover_characters` takes for one: a letter and its 濁点 are not two answers.
    """
    documents = {passage.document_id: number for number, passage in enumerate(passages)}
    document = np.array([documents[passage.document_id] for passage in passages])[candidates.passages]
    offset = np.array([passage.start for passage in passages])[candidates.passages]
    starts, ends = candidates.starts + offset, candidates.ends + offset
    left = candidates.scores.copy()
    chosen: list[int] = []
    taken: list[tuple[int, int, int]] = []
    while len(chosen) < n and len(left):
        best = int(left.argmax())
        if left[best] == -np.inf:
            break
        text = passages[candidates.passages[best]].text
        covered = cover_characters(text, int(candidates.starts[best]), int(candidates.ends[best]))
        first, last = (int(offset[best]) + place for place in covered)
        left[best] = -np.inf
        if any(owner == document[best] and first < end and last > start for owner, start, end in taken):
            continue
        chosen.append(best)
        taken.append((int(document[best]), first, last))
        left[(document == document[best]) & (starts < last) & (ends > first)] = -np.inf
    return chosen
