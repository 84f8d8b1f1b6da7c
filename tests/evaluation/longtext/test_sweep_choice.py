"""Which setting is recommended."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.chunks.windowing import Windowing
from rag.evaluation.longtext.sweep_choice import QUALITY, adjust, choose_best
from rag.evaluation.longtext.sweep_grid import SweepSetting
from rag.evaluation.rows import Row

DEFAULT, SHORT, LONG = (SweepSetting(Windowing(size, size)) for size in (400, 200, 800))
PLAN = [DEFAULT, SHORT, LONG]


def build_rows(setting: SweepSetting, found: Sequence[float], *, early: float = 0.0, vectors: int = 10) -> list[Row]:
    asked = [
        {"question": str(number), **setting.where, QUALITY: value, "recall_5": early}
        for number, value in enumerate(found)
    ]
    return [{"question": None, "windows": str(setting.windowing), "vectors": vectors}, *asked]


def test_a_gain_on_nearly_all_questions_is_real() -> None:
    rows = build_rows(DEFAULT, [0] * 12) + build_rows(SHORT, [1] * 12) + build_rows(LONG, [0] * 11 + [1])
    choice = choose_best(PLAN, rows)
    assert (choice.setting, choice.gain.mean, choice.compared, choice.is_real) == (SHORT, 1.0, 2, True)
    assert choice.probability == adjust(PLAN, rows)[SHORT] < 0.005
    assert choice.describe(DEFAULT).startswith("既定より良い / better than the default: 200/200：recall_2000c +1.000")


def test_a_gain_on_few_questions_may_be_chance() -> None:
    rows = build_rows(DEFAULT, [0, 0, 1, 1]) + build_rows(SHORT, [1, 0, 1, 1]) + build_rows(LONG, [0, 0, 1, 1])
    choice = choose_best(PLAN, rows)
    assert (choice.setting, choice.gain.mean, choice.is_real) == (SHORT, 0.25, False)
    assert choice.probability == pytest.approx(1.0)
    assert "may be chance, keep the default" in choice.describe(DEFAULT)


def test_of_equal_ones_the_one_with_more_in_front_and_then_the_cheapest() -> None:
    rows = build_rows(DEFAULT, [0, 0]) + build_rows(SHORT, [1, 0], early=0.5) + build_rows(LONG, [1, 0], early=0.0)
    assert choose_best(PLAN, rows).setting == SHORT
    rows = build_rows(DEFAULT, [0, 0]) + build_rows(SHORT, [1, 0]) + build_rows(LONG, [1, 0], vectors=5)
    assert choose_best(PLAN, rows).setting == LONG


def test_the_default_stays_where_nothing_finds_more() -> None:
    rows = build_rows(DEFAULT, [1, 0], vectors=99) + build_rows(SHORT, [1, 0], early=1.0) + build_rows(LONG, [0, 0])
    choice = choose_best(PLAN, rows)
    assert (choice.setting, choice.is_real) == (DEFAULT, False)
    assert choice.describe(DEFAULT) == "既定 400/400 より良い設定はありません / nothing beats the default"
