"""Scores against values worked out by hand and against the edge cases of the original definitions."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ArgumentError
from rag.evaluation.metrics import (
    area_under_curve,
    discounted_gain_at,
    measure_calibration_error,
    normalize_answer,
    paired_interval,
    recall_at,
    reciprocal_rank_at,
    risk_coverage,
    score_exact_match,
    score_f1,
)

TEXTS = st.text(alphabet="あいう漢字ーAb1。、「」 　．.%", max_size=8)


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        pytest.param(
            "plain", "「 第１２条、Ａｂ。」", "第１２条ａｂ", id="plain-drops-space-and-punctuation-keeps-width"
        ),
        pytest.param("plain", "1,100億円（税込み）", "1100億円税込み", id="plain-drops-separators-and-brackets"),
        pytest.param("plain", "コーヒー", "コーヒー", id="plain-keeps-the-long-vowel-mark"),
        pytest.param("plain", "＋3％ $5 ～~〜", "35", id="plain-drops-symbols-of-either-width"),
        pytest.param("plain", "東京\u3000都\n庁", "東京都庁", id="plain-drops-wide-space-and-line-end"),
        pytest.param("jsquad", "東京 \u3000 TOWER。。", "東京 tower", id="jsquad-drops-full-stops-at-the-end"),
        pytest.param("jsquad", "東京。 ", "東京。", id="jsquad-keeps-a-full-stop-before-a-space"),
        pytest.param("jsquad", "「東京」、。", "「東京」、", id="jsquad-keeps-other-punctuation"),
        pytest.param("jaquad", " 東京 Tower。", "東京Tower。", id="jaquad-drops-white-space-alone"),
    ],
)
def test_normalize_answer(rule, text, expected):
    assert normalize_answer(text, rule=rule) == expected


def test_unknown_rule_names_the_known_ones():
    with pytest.raises(ArgumentError, match="unknown rule 'squad'; expected one of plain, jsquad, jaquad"):
        normalize_answer("東京", rule="squad")


@pytest.mark.parametrize(
    ("rule", "prediction", "accepted", "expected"),
    [
        pytest.param("plain", "「2045年頃」", ["2045年頃", "2045年"], 1.0, id="plain-brackets-do-not-count"),
        pytest.param("plain", "２０４５年", ["2045年"], 0.0, id="plain-width-counts"),
        pytest.param("plain", "", [], 1.0, id="plain-nothing-said-where-nothing-is"),
        pytest.param("plain", "東京", [], 0.0, id="plain-something-said-where-nothing-is"),
        pytest.param("plain", "", ["東京"], 0.0, id="plain-nothing-said"),
        pytest.param("jsquad", "東京都。", ["東京都"], 1.0, id="jsquad-full-stop"),
        pytest.param("jsquad", "「東京都」", ["東京都"], 0.0, id="jsquad-brackets-count"),
        pytest.param("jaquad", "東 京都", ["東京都"], 1.0, id="jaquad-white-space"),
        pytest.param("jaquad", "東京都。", ["東京都"], 0.0, id="jaquad-full-stop-counts"),
        pytest.param("jaquad", "都京東", ["東京都"], 1.0, id="jaquad-order-does-not-count"),
        pytest.param("plain", "都京東", ["東京都"], 0.0, id="plain-order-counts"),
    ],
)
def test_score_exact_match(rule, prediction, accepted, expected):
    assert score_exact_match(prediction, accepted, rule=rule) == expected


@pytest.mark.parametrize(
    ("prediction", "accepted", "expected"),
    [
        pytest.param("東京都", ["東京"], 2 * (2 / 3) * 1 / (2 / 3 + 1), id="one-character-too-many"),
        pytest.param("東京都", ["大阪", "京都"], 0.8, id="best-of-the-accepted"),
        pytest.param("ああい", ["あい", "い"], 0.8, id="repeated-characters-count-as-often-as-shared"),
        pytest.param("名古屋", ["東京"], 0.0, id="nothing-shared"),
        pytest.param("。", ["、"], 1.0, id="both-empty-once-normalised"),
        pytest.param("。", ["東京"], 0.0, id="one-side-empty"),
        pytest.param("", [], 1.0, id="unanswerable-left-alone"),
        pytest.param("東京", [], 0.0, id="unanswerable-answered"),
    ],
)
def test_score_f1(prediction, accepted, expected):
    assert score_f1(prediction, accepted) == pytest.approx(expected, abs=1e-12)


def test_f1_of_jsquad_counts_the_space_between_words():
    # "a b" against "ab": two of three characters right, both of two found.
    assert score_f1("a b", ["ab"], rule="jsquad") == pytest.approx(0.8)
    assert score_f1("a b", ["ab"], rule="jaquad") == 1.0


@given(TEXTS, TEXTS, st.sampled_from(["plain", "jsquad", "jaquad"]))
def test_exact_match_means_full_f1_and_f1_is_symmetric(first, second, rule):
    f1 = score_f1(first, [second], rule=rule)
    assert 0.0 <= f1 <= 1.0
    assert f1 == pytest.approx(score_f1(second, [first], rule=rule))
    if score_exact_match(first, [second], rule=rule):
        assert f1 == 1.0


@pytest.mark.parametrize(
    ("rank", "recall", "reciprocal", "gain"),
    [
        pytest.param(1, 1.0, 1.0, 1.0, id="first"),
        pytest.param(3, 1.0, 1 / 3, 0.5, id="third"),
        pytest.param(5, 1.0, 0.2, 1 / math.log2(6), id="last-that-counts-for-recall"),
        pytest.param(6, 0.0, 1 / 6, 1 / math.log2(7), id="one-too-far-for-recall"),
        pytest.param(11, 0.0, 0.0, 0.0, id="beyond-ten"),
        pytest.param(None, 0.0, 0.0, 0.0, id="not-found"),
    ],
)
def test_rank_scores(rank, recall, reciprocal, gain):
    assert recall_at(rank, k=5) == recall
    assert reciprocal_rank_at(rank) == pytest.approx(reciprocal)
    assert discounted_gain_at(rank) == pytest.approx(gain)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        pytest.param([3.0, 2.0], [1.0, 0.0], 1.0, id="apart"),
        pytest.param([0.0], [1.0], 0.0, id="reversed"),
        pytest.param([1.0, 1.0], [1.0], 0.5, id="ties-count-half"),
        pytest.param([2.0, 1.0], [1.0, 3.0], 0.375, id="one-and-a-half-of-four-pairs"),
        pytest.param([], [1.0], None, id="no-positive"),
        pytest.param([1.0], [], None, id="no-negative"),
    ],
)
def test_area_under_curve(positive, negative, expected):
    assert area_under_curve(positive, negative) == expected


@given(st.lists(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5), min_size=1))
def test_area_under_curve_equals_counting_pairs(positive, negative):
    pairs = [(left > right) + 0.5 * (left == right) for left in positive for right in negative]
    assert area_under_curve(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


def test_right_as_often_as_sure_is_no_calibration_error():
    right = [True, True, True, False, True, False, False, False]
    assert measure_calibration_error([0.75] * 4 + [0.25] * 4, right) == pytest.approx(0.0)


def test_calibration_gaps_are_weighed_by_their_share():
    error = measure_calibration_error([1.0, 1.0, 0.55, 0.55], [False, False, True, False])
    assert error == pytest.approx(0.5 * 1.0 + 0.5 * 0.05)


def test_risk_grows_as_the_less_sure_are_answered():
    curve = risk_coverage([0.2, 0.9, 0.7, 0.4], [False, True, False, True])
    assert curve.points == ((0.25, 0.0), (0.5, 0.5), (0.75, pytest.approx(1 / 3)), (1.0, 0.5))
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert [curve.risk_at(share) for share in (0.1, 0.25, 0.26, 1)] == [0, 0, 0.5, 0.5]


def test_equal_confidence_puts_none_first():
    for right in ([True, True, False], [True, False, True]):
        assert risk_coverage([0.9, 0.5, 0.5], right).points == (
            (pytest.approx(1 / 3), 0.0), (pytest.approx(2 / 3), 0.25), (1.0, pytest.approx(1 / 3)),
        )  # fmt: skip


def test_risk_at_a_tenth_is_that_of_the_question_there():
    curve = risk_coverage([1 - number / 10 for number in range(10)], [True] * 7 + [False] * 3)
    assert [curve.risk_at(tenth / 10) for tenth in range(1, 11)] == pytest.approx([0] * 7 + [1 / 8, 2 / 9, 0.3])


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6))
def test_risk_coverage_is_the_mean_over_all_orders_of_the_equally_sure(judged):
    orders = [
        order
        for order in itertools.permutations(judged)
        if all(first[0] >= second[0] for first, second in itertools.pairwise(order))
    ]
    curve = risk_coverage([sure / 3 for sure, _ in judged], [right for _, right in judged])
    for count, (coverage, risk) in enumerate(curve.points, 1):
        wrong = [sum(not right for _, right in order[:count]) / count for order in orders]
        assert (coverage, risk) == pytest.approx((count / len(judged), sum(wrong) / len(wrong)))
    assert curve.area == pytest.approx(sum(risk for _, risk in curve.points) / len(judged))


@pytest.mark.parametrize("coverage", [0.0, 1.01, -0.1])
def test_risk_at_refuses_what_is_no_share(coverage):
    with pytest.raises(ArgumentError, match="expected a share above 0 and at most 1"):
        risk_coverage([0.5], [True]).risk_at(coverage)


@pytest.mark.parametrize("measure", [risk_coverage, measure_calibration_error])
def test_confidence_without_as_many_outcomes_is_refused(measure):
    for confidence, right in (([], []), ([0.5], [True, False])):
        with pytest.raises(ArgumentError, match="cannot be paired"):
            measure(confidence, right)


def test_paired_interval_is_seeded_and_holds_the_difference():
    chance = random.Random(7)
    second = [chance.random() for _ in range(200)]
    first = [value + 0.1 + chance.gauss(0, 0.05) for value in second]
    interval = paired_interval(first, second, draws=2000)
    assert interval == paired_interval(first, second, draws=2000)
    assert interval.mean == pytest.approx(0.1, abs=0.02)
    # Normal theory: mean ± 1.96 · 0.05 / √200 = ± 0.0069.
    assert interval.high - interval.mean == pytest.approx(0.0069, abs=0.0015)
    assert interval.mean - interval.low == pytest.approx(0.0069, abs=0.0015)


def test_paired_interval_of_a_constant_difference_has_no_width():
    interval = paired_interval([1.0, 2.0, 3.0], [0.5, 1.5, 2.5], draws=50)
    assert (interval.mean, interval.low, interval.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(("first", "second"), [([1.0], [1.0, 2.0]), ([], [])], ids=["unequal", "empty"])
def test_paired_interval_refuses_what_cannot_be_paired(first, second):
    with pytest.raises(ArgumentError, match="cannot be paired"):
        paired_interval(first, second)


def test_paired_interval_refuses_a_level_in_percent():
    with pytest.raises(ArgumentError, match="level 95 is no probability"):
        paired_interval([1.0], [0.0], level=95)
