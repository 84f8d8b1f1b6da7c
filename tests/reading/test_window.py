"""Windows: which tokens stand together in one input, and that none is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.alignment import TokenizedText
from rag.reading.layout import PairLayout
from rag.reading.window import Piece, ReadingWindow, WindowBuilder, pack_passages

BERT = PairLayout(before=((2, 0),), between=((3, 0),), after=((3, 1),), question_type=0, passage_type=1)
ROBERTA = PairLayout(((0, 0),), ((2, 0), (2, 0)), ((2, 0),), question_type=0, passage_type=0)


def text(*ids: int, empty: tuple[int, ...] = ()) -> TokenizedText:
    """Make tokens of two characters each; those at the places `empty` stand for white space."""
    starts = 2 * np.arange(len(ids), dtype=np.int64)
    ends = starts + [0 if place in empty else 2 for place in range(len(ids))]
    borders = np.zeros(len(ids), dtype=np.int64)
    return TokenizedText(np.array(ids, dtype=np.int64), starts, ends.astype(np.int64), borders, borders)


def build(layout: PairLayout = BERT, *, length: int = 12, overlap: int = 2, marks: bool = False) -> WindowBuilder:
    return WindowBuilder(
        layout=layout,
        separator=(layout.after[-1][0],),
        cls_id=layout.before[0][0],
        marks_question=marks,
        max_length=length,
        overlap=overlap,
    )


def places(window: ReadingWindow) -> list[tuple[int, int, int]]:
    return list(zip(window.passages.tolist(), window.starts.tolist(), window.ends.tolist(), strict=True))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([0, 0], [], id="empty passages"),
        pytest.param([4, 5], [[(0, 0, 4), (1, 0, 5)]], id="two and the gap just fit"),
        pytest.param([5, 5], [[(0, 0, 5)], [(1, 0, 5)]], id="the gap is too much"),
        pytest.param([2, 0, 3, 2], [[(0, 0, 2), (2, 0, 3), (3, 0, 2)]], id="three around an empty one"),
        pytest.param([10], [[(0, 0, 10)]], id="just one window"),
        pytest.param([11], [[(0, 0, 10)], [(0, 7, 11)]], id="one token more"),
        pytest.param([24], [[(0, 0, 10)], [(0, 7, 17)], [(0, 14, 24)]], id="pieces that overlap"),
        pytest.param([1, 11, 1], [[(0, 0, 1)], [(1, 0, 10)], [(1, 7, 11)], [(2, 0, 1)]], id="long in the middle"),
    ],
)
def test_pack_passages(sizes: list[int], expected: list[list[tuple[int, int, int]]]) -> None:
    plan = pack_passages(sizes, room=10, overlap=3, gap=1)
    assert plan == [[Piece(*piece) for piece in window] for window in expected]


def test_passages_kept_apart_have_a_window_each() -> None:
    plan = pack_passages([2, 0, 3, 11], room=10, overlap=3, gap=1, together=False)
    assert plan == [[Piece(0, 0, 2)], [Piece(2, 0, 3)], [Piece(3, 0, 10)], [Piece(3, 7, 11)]]


@given(
    st.lists(st.integers(0, 50), max_size=8),
    st.integers(1, 20).flatmap(lambda room: st.tuples(st.just(room), st.integers(0, room - 1))),
    st.integers(0, 2),
)
def test_every_token_is_in_a_window_that_holds_it(sizes: list[int], shape: tuple[int, int], gap: int) -> None:
    room, overlap = shape
    plan = pack_passages(sizes, room=room, overlap=overlap, gap=gap)
    seen = {(piece.passage, token) for window in plan for piece in window for token in range(piece.first, piece.last)}
    assert seen == {(passage, token) for passage, size in enumerate(sizes) for token in range(size)}
    for window in plan:
        assert sum(piece.last - piece.first for piece in window) + gap * (len(window) - 1) <= room
    pieces = [piece for window in plan for piece in window]
    for before, after in pairwise(pieces):
        if before.passage == after.passage:
            assert before.last - after.first == overlap


def test_two_passages_in_one_window() -> None:
    (window,) = build(length=20).build(text(7, 8), [text(11, 12), text(), text(13, 14, 15, empty=(1,))])
    assert window.ids.tolist() == [2, 7, 8, 3, 11, 12, 3, 13, 14, 15, 3]
    assert window.types.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    nowhere = (-1, 0, 0)
    assert places(window) == [
        *[nowhere] * 4, (0, 0, 2), (0, 2, 4), nowhere, (2, 0, 2), nowhere, (2, 4, 6), nowhere,
    ]  # fmt: skip
    assert (window.question, window.null) == ((1, 3), 0)


def test_double_separators_stand_between_question_and_text_only() -> None:
    (window,) = build(ROBERTA, length=20).build(text(7), [text(11), text(12)])
    assert window.ids.tolist() == [0, 7, 2, 2, 11, 2, 12, 2]
    assert window.types.tolist() == [0] * 8


def test_a_long_passage_is_read_in_overlapping_pieces() -> None:
    windows = build(length=12, overlap=2).build(text(7, 8, 9), [text(*range(20, 32))])
    assert [window.ids.tolist()[5:-1] for window in windows] == [
        [20, 21, 22, 23, 24, 25], [24, 25, 26, 27, 28, 29], [28, 29, 30, 31],
    ]  # fmt: skip
    assert all(window.ids.tolist()[:5] == [2, 7, 8, 9, 3] for window in windows)
    assert places(windows[2])[5:-1] == [(0, 16, 18), (0, 18, 20), (0, 20, 22), (0, 22, 24)]


def test_overlap_is_at_most_half_of_the_room() -> None:
    windows = build(length=12, overlap=100).build(text(7, 8, 9), [text(*range(20, 29))])
    assert [window.ids.tolist()[5:-1] for window in windows] == [list(range(20, 26)), list(range(23, 29))]


@pytest.mark.parametrize(("length", "kept"), [(512, 64), (43, 20), (5, 1)], ids=["as in training", "half", "least"])
def test_a_long_question_is_cut(length: int, kept: int) -> None:
    windows = build(length=length).build(text(*range(100, 200)), [text(20)])
    assert [window.question for window in windows] == [(1, 1 + kept)]
    assert windows[0].ids.tolist() == [2, *range(100, 100 + kept), 3, 20, 3]


def test_tokens_that_stand_in_the_question_are_marked() -> None:
    question, passages = text(7, 8), [text(8, 20, 7), text(21, 8)]
    (marked,) = build(length=20, marks=True).build(question, passages)
    assert marked.types.tolist() == [0, 0, 0, 0, 2, 1, 2, 1, 1, 2, 1]
    (plain,) = build(length=20).build(question, passages)
    assert plain.types.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_only_the_part_of_the_question_that_is_read_marks() -> None:
    (window,) = build(length=200, marks=True).build(text(*range(100, 200)), [text(163, 164)])
    assert window.types.tolist()[-3:] == [2, 1, 1]


@pytest.mark.parametrize(
    ("cls_id", "expected"), [(9, 5), (2, 0), (None, 0), (77, 0)], ids=["last", "first", "none", "not there"]
)
def test_the_token_for_no_answer(cls_id: int | None, expected: int) -> None:
    layout = PairLayout(((2, 0),), ((3, 0),), ((9, 1),), question_type=0, passage_type=1)
    builder = WindowBuilder(layout, (3,), cls_id, marks_question=False, max_length=20, overlap=2)
    (window,) = builder.build(text(7), [text(20, 21)])
    assert window.null == expected


@pytest.mark.parametrize("texts", [[], [text()], [text(5, 6, empty=(0, 1))]], ids=["none", "empty", "blank"])
def test_nothing_to_read_gives_no_window(texts: list[TokenizedText]) -> None:
    assert build().build(text(7), texts) == []


def test_a_window_of_white_space_alone_is_left_out() -> None:
    blank = tuple(range(6, 20))
    windows = build(length=12, overlap=0).build(text(7, 8, 9), [text(*range(20, 40), empty=blank)])
    assert [window.ids.tolist()[5:-1] for window in windows] == [list(range(20, 26))]
