"""Widening to whole units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.widening import Span, widen_span

UNITS = [(10, 30), (30, 60), (70, 90)]


@pytest.mark.parametrize(
    ("span", "limit", "expected"),
    [
        pytest.param((12, 20), 50, (10, 30), id="inside one"),
        pytest.param((20, 40), 50, (10, 60), id="over two"),
        pytest.param((28, 40), 40, (10, 40), id="only the beginning, which takes less"),
        pytest.param((12, 59), 48, (12, 60), id="only the end that takes less"),
        pytest.param((12, 59), 47, (12, 59), id="neither fits"),
        pytest.param((62, 68), 50, (62, 68), id="in none"),
        pytest.param((62, 75), 50, (62, 90), id="beginning in none"),
        pytest.param((30, 60), 30, (30, 60), id="a whole one"),
    ],
)
def test_widen_span(span: Span, limit: int, expected: Span) -> None:
    assert widen_span(*span, units=UNITS, limit=limit) == expected


@given(st.integers(0, 99), st.integers(1, 40), st.integers(1, 100))
def test_a_stretch_stays_inside_what_it_is_widened_to(start: int, length: int, limit: int) -> None:
    left, right = widen_span(start, start + length, units=UNITS, limit=limit)
    assert left <= start < start + length <= right
    assert right - left <= max(limit, length)
