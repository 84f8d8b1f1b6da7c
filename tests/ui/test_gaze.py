from __future__ import annotations

import pytest

from rag.explanation.shading import Shades
from rag.ui.gaze import MEAN, View, build_shades
from tests.ui.evidence import ROWS, build_explanation


def pieces(view: View) -> list[float]:
    return [span.score for span in build_shades(build_explanation(), view).pieces]


def test_without_an_explanation_there_are_no_shades() -> None:
    assert build_shades(None, View()) == Shades()


@pytest.mark.parametrize(
    ("layer", "head", "expected"),
    [
        (1, 1, ROWS[0, 0]),
        (2, 1, ROWS[1, 0]),
        (1, MEAN, ROWS[0].mean(0)),
        (MEAN, 2, ROWS[:, 1].mean(0)),
        (MEAN, MEAN, ROWS.mean((0, 1))),
        (3, 9, ROWS.mean((0, 1))),
    ],
    ids=["first", "second-layer", "layer", "head", "mean", "model-has-fewer"],
)
def test_layer_and_head_count_from_one(layer: int, head: int, expected: list[float]) -> None:
    assert pieces(View(layer=layer, head=head)) == pytest.approx(list(expected), abs=1e-6)


def test_rows_of_the_question_are_others() -> None:
    assert pieces(View(layer=1, head=1, rows="question")) == pytest.approx(list(ROWS[1, 1, ::-1]), abs=1e-6)


@pytest.mark.parametrize("unit", ["sentence", "word", "token"])
def test_shares_of_each_unit_add_up_to_one(unit: str) -> None:
    shades = build_shades(build_explanation(), View(unit=unit))
    for spans in (shades.passages, shades.sentences, shades.pieces):
        assert sum(span.score for span in spans) == pytest.approx(1)
    assert shades.strongest == pytest.approx(0.525)
