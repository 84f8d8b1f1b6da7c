"""Merging of windows: no character lost, none twice, never too long, best first."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ArgumentError
from rag.retrieval.hit import Hit, Passage
from rag.retrieval.passages import merge_hits, trim_hits

TEXTS = {"a": "".join(chr(0x3042 + i % 80) for i in range(120)), "b": "𠮷野家は一八九九年創業。" * 9}


def load_text(document_id, start, end):
    return TEXTS[document_id][start:end]


def hit(start, end, score=1.0, document_id="a"):
    text = load_text(document_id, start, end)
    return Hit(start, document_id, start, end, text, score, dense_rank=1, lexical_rank=None)


def spans(passages):
    return [(passage.document_id, passage.start, passage.end, passage.score) for passage in passages]


@pytest.mark.parametrize(
    ("hits", "limit", "expected"),
    [
        pytest.param([], 80, [], id="nothing"),
        pytest.param([hit(0, 40, 0.5)], 80, [("a", 0, 40, 0.5)], id="one"),
        pytest.param([hit(20, 60, 0.9), hit(0, 40, 0.5)], 80, [("a", 0, 60, 0.9)], id="overlapping"),
        pytest.param([hit(0, 40, 0.9), hit(40, 80, 0.5)], 80, [("a", 0, 80, 0.9)], id="adjacent"),
        pytest.param([hit(0, 40, 0.9), hit(41, 80, 0.5)], 80, [("a", 0, 40, 0.9), ("a", 41, 80, 0.5)], id="apart"),
        pytest.param(
            [hit(20, 60, 0.9), hit(0, 40, 0.5)], 50, [("a", 20, 60, 0.9), ("a", 0, 20, 0.5)], id="best-stays-whole"
        ),
        pytest.param(
            [hit(0, 40, 0.9), hit(20, 60, 0.8), hit(40, 80, 0.7)],
            60,
            [("a", 0, 60, 0.9), ("a", 60, 80, 0.7)],
            id="chain-cut-at-the-limit",
        ),
        pytest.param(
            [hit(40, 60, 0.9), hit(0, 20, 0.8), hit(20, 40, 0.7)],
            40,
            [("a", 20, 60, 0.9), ("a", 0, 20, 0.8)],
            id="between-two-goes-to-the-better",
        ),
        pytest.param([hit(0, 90, 0.9)], 40, [("a", 0, 40, 0.9), ("a", 40, 80, 0.9), ("a", 80, 90, 0.9)], id="long"),
        pytest.param(
            [hit(0, 40, 0.9, "b"), hit(0, 40, 0.5)], 80, [("b", 0, 40, 0.9), ("a", 0, 40, 0.5)], id="two-documents"
        ),
        pytest.param([hit(0, 40, 0.9), hit(10, 30, 0.5)], 40, [("a", 0, 40, 0.9)], id="one-inside-the-other"),
        pytest.param(
            [hit(0, 20, 0.5), hit(60, 80, 0.9)],
            40,
            [("a", 0, 20, 0.5), ("a", 60, 80, 0.9)],
            id="order-decides-not-the-score",
        ),
        pytest.param([hit(60, 80), hit(0, 20)], 40, [("a", 60, 80, 1.0), ("a", 0, 20, 1.0)], id="ties-keep-order"),
    ],
)
def test_merge_hits(hits, limit, expected):
    assert spans(merge_hits(hits, load_text=load_text, limit=limit)) == expected


@st.composite
def windows(draw):
    document_id = draw(st.sampled_from(sorted(TEXTS)))
    start = draw(st.integers(0, 100))
    end = draw(st.integers(start + 1, min(start + 40, len(TEXTS[document_id]))))
    return hit(start, end, draw(st.integers(0, 4)) / 4, document_id)


@given(st.lists(windows(), max_size=12), st.integers(1, 60))
def test_passages_hold_every_character_once(hits, limit):
    passages = merge_hits(hits, load_text=load_text, limit=limit)
    places = [(p.document_id, offset) for p in passages for offset in range(p.start, p.end)]
    assert len(places) == len(set(places))
    assert {(h.document_id, offset) for h in hits for offset in range(h.start, h.end)} <= set(places)
    for passage in passages:
        assert 1 <= passage.end - passage.start <= limit
        assert passage.text == TEXTS[passage.document_id][passage.start : passage.end]
        inside = [
            h.score
            for h in hits
            if h.document_id == passage.document_id and h.start < passage.end and h.end > passage.start
        ]
        assert passage.score == inside[0]


@given(st.lists(windows(), min_size=1, max_size=12), st.integers(1, 60))
def test_neighbours_that_fit_together_are_merged(hits, limit):
    passages = sorted(merge_hits(hits, load_text=load_text, limit=limit), key=lambda p: (p.document_id, p.start))
    for left, right in pairwise(passages):
        if left.document_id == right.document_id and left.end == right.start:
            assert right.end - left.start > limit


def test_passage_of_one_hit_equals_the_hit():
    found = hit(5, 17, 0.25, "b")
    assert merge_hits([found], load_text=load_text, limit=80) == [Passage("b", 5, 17, found.text, 0.25)]


def test_merge_hits_refuses_an_impossible_length():
    with pytest.raises(ArgumentError, match="limit = 0: expected at least 1"):
        merge_hits([], load_text=load_text, limit=0)


def test_widened_hits_are_read_in_place_of_the_hits():
    hits = [hit(20, 40, 0.9), hit(30, 50, 0.8)]
    widen = {20: (10, 45), 30: (30, 60)}
    passages = merge_hits(hits, load_text=load_text, limit=40, widen=lambda found: widen[found.start])
    assert spans(passages) == [("a", 10, 45, 0.9), ("a", 45, 60, 0.8)]


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([hit(20, 60), hit(0, 40)], [("a", 20, 60), ("a", 0, 20)], id="overlapping"),
        pytest.param([hit(0, 40), hit(0, 40)], [("a", 0, 40)], id="equal"),
        pytest.param([hit(0, 40), hit(40, 80), hit(20, 60)], [("a", 0, 40), ("a", 40, 80)], id="shown-by-two"),
        pytest.param([hit(20, 40), hit(0, 60)], [("a", 20, 40), ("a", 0, 20), ("a", 40, 60)], id="divided"),
        pytest.param([hit(0, 40), hit(20, 60, document_id="b")], [("a", 0, 40), ("b", 20, 60)], id="two-documents"),
    ],
)
def test_a_hit_gives_up_what_a_better_one_shows(hits, expected):
    trimmed = trim_hits(hits)
    assert [(each.document_id, each.start, each.end) for each in trimmed] == expected
    assert all(each.text == load_text(each.document_id, each.start, each.end) for each in trimmed)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)), max_size=12))
def test_every_character_of_the_hits_is_shown_once(places):
    hits = [hit(start, start + length) for start, length in places]
    shown = [place for each in trim_hits(hits) for place in range(each.start, each.end)]
    assert sorted(shown) == sorted({place for each in hits for place in range(each.start, each.end)})
