"""Scores worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from rag.index.bm25 import LENGTH_SHARE, PAIR_WEIGHT, SATURATION, rank_windows
from rag.index.store import Match

FREQUENCIES = {"休暇": 1, "申請": 4}
RARE, COMMON = math.log(9.5 / 1.5), math.log(6.5 / 4.5)


def rank(question: str, *windows: str, frequencies: dict[str, int] | None = None, total: int = 10) -> list[Match]:
    given = [(number, window.split()) for number, window in enumerate(windows, 1)]
    return rank_windows(question.split(), given, frequencies=frequencies or FREQUENCIES, total=total)


def saturate(count: int, *, length: float = 1.0) -> float:
    """`length` is that of the window, the mean being 1."""
    return count * (SATURATION + 1) / (count + SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * length))


def scores(matches: Sequence[Match]) -> dict[int, float]:
    return {match.chunk_id: match.score for match in matches}


def test_rare_terms_count_more_than_common_ones() -> None:
    matches = rank("休暇 申請", "申請 書", "休暇 届")
    assert [match.chunk_id for match in matches] == [2, 1]
    assert scores(matches) == pytest.approx({2: RARE, 1: COMMON})


def test_repetition_counts_less_and_less() -> None:
    matches = rank("休暇", "休暇 三 四", "休暇 休暇 四", "休暇 休暇 休暇")
    assert scores(matches) == pytest.approx({count: RARE * saturate(count) for count in (1, 2, 3)})
    assert [match.chunk_id for match in matches] == [3, 2, 1]


def test_long_windows_count_less() -> None:
    matches = rank("休暇", "休暇 二 三 四 五 六", "休暇 二")
    assert scores(matches) == pytest.approx({1: RARE * saturate(1, length=1.5), 2: RARE * saturate(1, length=0.5)})


def test_neighbours_of_the_question_that_are_neighbours_in_the_window_count_once_more() -> None:
    matches = rank("休暇 申請", "申請 休暇", "休暇 申請")
    assert scores(matches) == pytest.approx({1: RARE + COMMON, 2: RARE + COMMON + PAIR_WEIGHT * RARE})


def test_a_term_asked_for_twice_counts_once() -> None:
    assert scores(rank("休暇 届 休暇", "休暇 申請")) == pytest.approx({1: RARE})


def test_ties_go_to_the_older_window() -> None:
    given = [(7, ["休暇"]), (3, ["休暇"]), (5, ["休暇"])]
    matches = rank_windows(["休暇"], given, frequencies=FREQUENCIES, total=10)
    assert [match.chunk_id for match in matches] == [3, 5, 7]


@pytest.mark.parametrize("frequency", [6, 10, 12], ids=["most", "all", "more than there are"])
def test_terms_that_most_windows_hold_count_next_to_nothing_but_are_found(frequency: int) -> None:
    assert scores(rank("休暇", "休暇", frequencies={"休暇": frequency})) == pytest.approx({1: 1e-6})


@pytest.mark.parametrize(("question", "windows"), [("", ("休暇",)), ("休暇", ()), ("休暇", ("申請",)), ("", ())])
def test_nothing_in_common_scores_nothing(question: str, windows: tuple[str, ...]) -> None:
    assert scores(rank(question, *windows)) == dict.fromkeys(range(1, len(windows) + 1), 0)
