"""Which ways to make windows are tried."""

from __future__ import annotations

import pytest

from rag.chunks.windowing import Windowing
from rag.errors import ArgumentError
from rag.evaluation.longtext.sweep_grid import SweepGrid


def test_the_plane_and_one_factor_at_a_time_each_once() -> None:
    grid = SweepGrid(sizes=(100, 400), strides=(0.5, 1.0))
    labels = [setting.label for setting in grid.plan(Windowing(400, 200))]
    assert labels == [
        "400/200",
        "400/200 条に広げる",
        "400/200 節に広げる",
        "100/50",
        "100/100",
        "400/400",
        "400/200 字数",
        "400/200 条・節",
        "400/200 見出し",
        "400/200 題と見出し",
        "400/200 遅延分割",
    ]


def test_a_default_that_is_not_in_the_grid_is_tried_first() -> None:
    grid = SweepGrid((50,), (1.0,), ("sentences",), ("heading",), ("document",), ("article",))
    default = Windowing(300, 150, "tokens", boundary="articles")
    plan = grid.plan(default, widen="section")
    assert [setting.label for setting in plan] == [
        "300/150 トークン 条・節 節に広げる",
        "300/150 トークン 条・節 条に広げる",
        "50/50 トークン 条・節 節に広げる",
        "300/150 トークン 節に広げる",
        "300/150 トークン 条・節 見出し 節に広げる",
        "300/150 トークン 条・節 遅延分割 節に広げる",
    ]
    assert [setting.factor for setting in plan] == [0, 4, 0, 1, 2, 3]
    assert plan[1].where == {"windows": "300/150 tokens by articles", "widen": "article"}


def test_strides_are_at_least_one() -> None:
    plan = SweepGrid(sizes=(1,), strides=(0.25,)).plan(Windowing(2, 1))
    assert (plan[3].windowing.size, plan[3].windowing.stride) == (1, 1)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (SweepGrid(sizes=(400, 0)), r"sizes are \[400, 0\]"),
        (SweepGrid(strides=(1.5,)), r"strides are \[1.5\]; expected shares"),
    ],
)
def test_what_cannot_be_tried_is_named(grid: SweepGrid, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        grid.check()
