"""Candidates against a naive enumeration, and the choice among them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.candidates import Candidates, WindowLogits, build_candidates, select_candidates
from rag.reading.window import ReadingWindow
from rag.retrieval.hit import Passage

Place = tuple[int, int, int]
NOWHERE = (-1, 0, 0)


def build_window(*places: Place, null: int = 0) -> ReadingWindow:
    """Make a window whose first token stands for "no answer"."""
    passages, starts, ends = np.array([NOWHERE, *places], dtype=np.int64).T
    ids = np.zeros(len(passages), dtype=np.int64)
    borders = np.zeros_like(ids)
    return ReadingWindow(ids, ids, passages, starts, ends, borders, borders, question=(0, 0), null=null)


def build_logits(start: list[float], end: list[float]) -> WindowLogits:
    return WindowLogits(np.array(start, dtype=np.float64), np.array(end, dtype=np.float64))


def enumerate_spans(
    windows: list[ReadingWindow], logits: list[WindowLogits], limit: int
) -> dict[tuple[int, int, int], float]:
    """Score every span the slow way."""
    best: dict[tuple[int, int, int], float] = {}
    for window, scores in zip(windows, logits, strict=True):
        for first in range(len(window.ids)):
            for last in range(first, min(first + limit, len(window.ids))):
                owner = int(window.passages[first])
                if owner >= 0 and owner == window.passages[last]:
                    key = (owner, int(window.starts[first]), int(window.ends[last]))
                    best[key] = max(best.get(key, -math.inf), float(scores.start[first] + scores.end[last]))
    return best


def list_spans(candidates: Candidates) -> list[tuple[int, int, int]]:
    columns = (candidates.passages.tolist(), candidates.starts.tolist(), candidates.ends.tolist())
    return list(zip(*columns, strict=True))


def test_spans_never_cross_passages_and_white_space_is_no_end() -> None:
    window = build_window((0, 0, 2), NOWHERE, (0, 3, 5), NOWHERE, (1, 0, 4))
    logits = build_logits([9, 1, 50, 2, 50, 3], [9, 0.1, 50, 0.2, 50, 0.3])
    candidates = build_candidates([window], [logits], max_answer_tokens=32, temperature=1)
    assert list_spans(candidates) == [(0, 0, 2), (0, 0, 5), (0, 3, 5), (1, 0, 4)]
    assert candidates.scores.tolist() == pytest.approx([1.1, 1.2, 2.2, 3.3])
    assert candidates.null == 18


def test_probabilities_of_spans_and_no_answer_add_up_to_one() -> None:
    window = build_window((0, 0, 1), (0, 1, 2))
    logits = build_logits([0, math.log(2), 0], [0, 0, math.log(3)])
    candidates = build_candidates([window], [logits], max_answer_tokens=32, temperature=1)
    # e to the scores: 1 for no answer; 2, 6 and 3 for the spans.
    assert list_spans(candidates) == [(0, 0, 1), (0, 0, 2), (0, 1, 2)]
    assert np.exp(candidates.log_probabilities).tolist() == pytest.approx([2 / 12, 6 / 12, 3 / 12])
    assert (math.exp(candidates.log_null), candidates.log_total) == pytest.approx((1 / 12, math.log(12)))


def test_temperature_divides_every_score() -> None:
    window = build_window((0, 0, 1), (0, 1, 2))
    logits = build_logits([0, 2 * math.log(2), 0], [0, 0, 2 * math.log(3)])
    candidates = build_candidates([window], [logits], max_answer_tokens=32, temperature=2)
    assert np.exp(candidates.log_probabilities).tolist() == pytest.approx([2 / 12, 6 / 12, 3 / 12])
    assert candidates.scores.tolist() == pytest.approx([2 * math.log(2), 2 * math.log(6), 2 * math.log(3)])


def test_the_least_no_answer_counts_and_a_shared_span_once_with_its_better_score() -> None:
    windows = [build_window((0, 0, 1), (0, 1, 2)), build_window((0, 1, 2), (0, 2, 3))]
    logits = [build_logits([5, 1, 1], [0, 1, 1]), build_logits([3, 4, 0], [1, 0, 0])]
    candidates = build_candidates(windows, logits, max_answer_tokens=1, temperature=1)
    assert list_spans(candidates) == [(0, 0, 1), (0, 1, 2), (0, 2, 3)]
    assert candidates.scores.tolist() == [2, 4, 0]
    assert candidates.null == 4


@pytest.mark.parametrize(("limit", "expected"), [(1, [1, 1, 1]), (2, [1, 2, 1, 2, 1]), (9, [1, 2, 3, 1, 2, 1])])
def test_answers_are_no_longer_than_allowed(limit: int, expected: list[int]) -> None:
    window = build_window((0, 0, 1), (0, 1, 2), (0, 2, 3))
    logits = build_logits([0] * 4, [0] * 4)
    candidates = build_candidates([window], [logits], max_answer_tokens=limit, temperature=1)
    assert (candidates.ends - candidates.starts).tolist() == expected


@given(st.data())
def test_candidates_equal_a_naive_enumeration(data: st.DataObject) -> None:
    windows, logits = [], []
    for _ in range(data.draw(st.integers(1, 3))):
        pairs = data.draw(st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 6)), max_size=7).map(sorted))
        windows.append(build_window(*((p, s, s + 1) if p >= 0 else NOWHERE for p, s in pairs)))
        scores = st.lists(st.floats(-30, 30), min_size=len(pairs) + 1, max_size=len(pairs) + 1)
        logits.append(build_logits(data.draw(scores), data.draw(scores)))
    limit, temperature = data.draw(st.integers(1, 9)), data.draw(st.floats(0.3, 3))
    candidates = build_candidates(windows, logits, max_answer_tokens=limit, temperature=temperature)
    expected = enumerate_spans(windows, logits, limit)
    found = dict(zip(list_spans(candidates), candidates.scores.tolist(), strict=True))
    assert found == pytest.approx(expected)
    total = np.exp(candidates.log_probabilities).sum() + math.exp(candidates.log_null)
    assert total == pytest.approx(1)
    restored = candidates.scores / temperature - candidates.log_total
    assert candidates.log_probabilities.tolist() == pytest.approx(restored.tolist())


def build(passages: list[int], spans: list[tuple[int, int]], scores: list[float]) -> Candidates:
    starts, ends = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    values = np.array(scores, dtype=np.float64)
    return Candidates(np.array(passages, dtype=np.int64), starts, ends, values, 0.0, values, 0.0, 0.0)


def passage(document: str, start: int, text: str) -> Passage:
    return Passage(document, start, start + len(text), text, score=1.0)


@pytest.mark.parametrize(
    ("passages", "candidates", "n", "expected"),
    [
        pytest.param(
            [passage("a", 0, "0123456789")],
            build([0] * 5, [(0, 3), (2, 4), (3, 5), (9, 10), (0, 10)], [5, 4, 3, 2, 1]),
            5, [0, 2, 3], id="best first, none that shares a character",
        ),
        pytest.param(
            [passage("a", 0, "0123456789")],
            build([0] * 3, [(0, 1), (2, 3), (4, 5)], [1, 3, 2]), 2, [1, 2], id="n of them",
        ),
        pytest.param(
            [passage("a", 0, "0123456789"), passage("a", 5, "56789abcde")],
            build([0, 1, 1, 1], [(6, 8), (0, 2), (2, 4), (4, 6)], [9, 8, 7, 6]),
            5, [0, 3], id="passages that overlap in the document",
        ),
        pytest.param(
            [passage("a", 0, "0123456789"), passage("b", 0, "0123456789")],
            build([0, 1], [(6, 8), (6, 8)], [1, 2]), 5, [1, 0], id="the same place of two documents",
        ),
        pytest.param(
            [passage("a", 0, "か\u3099く")],
            build([0] * 3, [(0, 1), (1, 3), (2, 3)], [3, 2, 1]), 5, [0, 2], id="a letter and its mark",
        ),
        pytest.param(
            [passage("a", 0, "か\u3099く")],
            build([0] * 3, [(1, 2), (0, 1), (2, 3)], [3, 2, 1]), 5, [0, 2], id="a mark and its letter",
        ),
        pytest.param(
            [passage("a", 0, "xか\u3099"), passage("a", 2, "\u3099y")],
            build([1, 0], [(0, 2), (1, 2)], [3, 2]), 5, [0], id="a passage that begins with a mark",
        ),
        pytest.param([passage("a", 0, "012")], build([0], [(0, 1)], [-math.inf]), 5, [], id="impossible"),
    ],
)  # fmt: skip
def test_select_candidates(passages: list[Passage], candidates: Candidates, n: int, expected: list[int]) -> None:
    assert select_candidates(candidates, passages, n=n) == expected
