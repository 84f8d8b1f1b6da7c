"""Every verdict in both languages."""

from __future__ import annotations

import pytest

from rag.errors import ConfigError
from rag.evaluation.metrics import Interval
from rag.evaluation.variants.verdict import Gap, Thresholds, judge_variant

FASTER = Interval(1.6, 1.5, 1.7)
ASKED = Thresholds(max_loss=0.7, min_speedup=1.2)


def judge(
    quality: Interval,
    *,
    speed: Interval = FASTER,
    shrink: float = 2.0,
    questions: int = 1000,
    thresholds: Thresholds = ASKED,
) -> tuple[str, str, str]:
    found = judge_variant("int8", "bf16", Gap(quality, speed, shrink, 0.43, questions), thresholds, metric="F1")
    return found.outcome, found.japanese, found.english


def test_what_keeps_every_threshold_may_replace() -> None:
    assert judge(Interval(-0.2, -0.6, 0.2)) == (
        "may",
        "int8 は bf16 の代わりになる：−0.2 F1 [−0.6, +0.2]（p = 0.430）、1.60 倍速い [1.50, 1.70]、大きさ 1/2.00",
        "int8 may replace bf16: −0.2 F1 [−0.6, +0.2] (p = 0.430), 1.60 × the speed [1.50, 1.70], 1/2.00 of the size",
    )


def test_what_loses_too_much_for_sure_may_not() -> None:
    outcome, japanese, english = judge(Interval(-2.0, -3.0, -1.0))
    assert outcome == "may_not"
    assert japanese.startswith("int8 は bf16 の代わりにならない：−2.0 F1 [−3.0, −1.0]")
    assert japanese.endswith("（F1 の低下は 0.7 まで）")
    assert english.startswith("int8 may not replace bf16: −2.0 F1")
    assert english.endswith("(at most 0.7 points of F1 may go)")


def test_what_is_too_slow_for_sure_may_not() -> None:
    outcome, japanese, english = judge(Interval(0.0, -0.1, 0.1), speed=Interval(0.9, 0.85, 0.95))
    assert outcome == "may_not"
    assert "±0.0 F1 [−0.1, +0.1]（p = 0.430）、速さは 0.90 倍 [0.85, 0.95]" in japanese
    assert japanese.endswith("（1.2 倍の速さが要る）")
    assert english.endswith("(1.2 × the speed is asked for)")


def test_what_is_too_large_may_not() -> None:
    thresholds = Thresholds(max_loss=1.0, min_shrink=3.0)
    outcome, japanese, english = judge(Interval(0.0, 0.0, 0.0), thresholds=thresholds)
    assert outcome == "may_not"
    assert japanese.endswith("大きさ 1/2.00（大きさは 1/3 にならない）")
    assert english.endswith("(not 3 × smaller)")


def test_an_interval_across_the_threshold_decides_nothing() -> None:
    outcome, japanese, english = judge(Interval(-0.5, -1.5, 0.5), questions=20)
    assert outcome == "undecided"
    assert japanese.startswith("int8 が bf16 の代わりになるかは、20 問ではまだ決められない：−0.5 F1")
    assert english.startswith("20 questions do not decide yet whether int8 may replace bf16: −0.5 F1")
    assert judge(Interval(-0.1, -0.2, 0.0), speed=Interval(1.2, 1.1, 1.3))[0] == "undecided"


def test_no_difference_on_few_questions_decides_nothing() -> None:
    outcome, japanese, english = judge(Interval(0.0, 0.0, 0.0), questions=199)
    assert outcome == "undecided"
    assert japanese.endswith("（200 問以上で測ること）")
    assert english.endswith("(measure at least 200 questions)")
    assert judge(Interval(0.0, 0.0, 0.0), questions=200)[0] == "may"


def test_a_tiny_p_is_not_written_as_nought() -> None:
    found = judge_variant("a", "b", Gap(Interval(-9, -10, -8), FASTER, 1.0, 0.00005, 900), Thresholds(), metric="F1")
    assert "（p < 0.001）" in found.japanese


def test_thresholds_are_no_negative_numbers() -> None:
    with pytest.raises(ConfigError, match="expected numbers of 0 or more"):
        Thresholds(max_loss=-1.0)
