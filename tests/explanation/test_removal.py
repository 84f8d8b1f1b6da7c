"""The check of single explanations: what is taken away, and what that does to the answer."""

from __future__ import annotations

import numpy as np
import pytest

from rag.explanation.ablation import Ablation
from rag.explanation.case import Case
from rag.explanation.explanation import Removal, ScoredSpan
from rag.explanation.removal import THOROUGH, measure_removal, rank_agreement
from rag.reading.answer import Span
from rag.retrieval.hit import Passage
from rag.text.sentences import split_sentences
from tests.reading import tiny

QUESTION = "有給休暇は何日か"
TEXT = "従業員は休む。年次休暇は10日とする。会社は定める。休暇を取得する。給を則とする。"
PASSAGES = [Passage("a", 100, 100 + len(TEXT), TEXT, 1.0), Passage("b", 0, 7, "会社は休む。。", 1.0)]
SPAN = Span("a", 112, 115, "10日", 0.0, 0.5)


def build_sentences(scores: list[float]) -> list[ScoredSpan]:
    places = [(passage, start, end) for passage in PASSAGES for start, end in split_sentences(passage.text)]
    return [
        ScoredSpan(passage.document_id, passage.start + start, passage.start + end, passage.text[start:end], score)
        for (passage, start, end), score in zip(places, scores, strict=True)
    ]


SENTENCES = build_sentences([0.1, 0.4, 0.2, 0.05, 0.05, 0.2])


def build_case() -> Case:
    return Case(QUESTION, SPAN, tuple(PASSAGES), tiny.build_bert())


def measure(**options: object) -> Removal | None:
    return measure_removal(build_case(), SENTENCES, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("included", "expected"),
    [
        (True, ["年次休暇は10日とする。", "会社は定める。", "会社は休む。。"]),
        (False, ["会社は定める。", "会社は休む。。", "従業員は休む。"]),
    ],
)
def test_the_most_attended_sentences_are_removed(included: bool, expected: list[str]) -> None:
    removal = measure(include_answer_sentence=included)
    assert removal is not None
    assert [sentence.text for sentence in removal.removed] == expected
    mask = [sentence.text in expected for sentence in SENTENCES]
    whole, without = Ablation(build_case(), SENTENCES).measure(np.array([[False] * len(SENTENCES), mask]))
    assert removal.attended == pytest.approx(whole - without, abs=1e-5)


def test_the_same_seed_draws_the_same_sentences() -> None:
    assert measure(seed=3) == measure(seed=3)
    assert len({measure(seed=seed, draws=1, remove=2).random for seed in range(4)}) > 1  # type: ignore[union-attr]


def test_random_removals_are_the_mean_over_draws() -> None:
    # Of two sentences one is removed: the draws can only be these two.
    first, second = SENTENCES[0], SENTENCES[5]
    whole = 0.0
    others = (-Ablation(build_case(), [first, second]).leave_out_each()).tolist()
    removal = measure_removal(build_case(), [first, second], draws=400)
    assert removal is not None
    assert removal.removed == (second,)
    assert removal.attended == pytest.approx(whole - others[1], abs=1e-5)
    expected = whole - sum(others) / 2
    assert removal.random == pytest.approx(expected, abs=0.1 * abs(others[0] - others[1]))


@pytest.mark.parametrize(
    ("sentences", "options"),
    [
        pytest.param(SENTENCES, {"remove": 0}, id="remove nothing"),
        pytest.param(SENTENCES, {"draws": 0}, id="no draws"),
        pytest.param(SENTENCES[:1], {}, id="one sentence"),
        pytest.param([], {}, id="no sentence"),
        pytest.param(SENTENCES[:2], {"include_answer_sentence": False}, id="one beside the answer's"),
    ],
)
def test_without_a_choice_nothing_is_measured(sentences: list[ScoredSpan], options: dict[str, int]) -> None:
    removal = measure_removal(build_case(), sentences, **options)  # type: ignore[arg-type]
    assert removal is None


def test_one_sentence_always_stays() -> None:
    removal = measure(remove=99)
    assert removal is not None
    assert len(removal.removed) == len(SENTENCES) - 1


@pytest.mark.parametrize(
    ("attended", "drawn", "agreement", "verdict"),
    [
        (1.0, 0.2, 0.5, "supported"),
        (1.0, 0.2, None, "supported"),
        (0.2, 0.15, 0.5, "neutral"),
        (0.2, 1.0, 0.5, "parted"),
        (1.0, 0.2, -0.1, "supported"),
        (0.2, 0.15, -0.1, "parted"),
    ],
)
def test_the_verdict_warns_where_score_and_effect_part(
    attended: float, drawn: float, agreement: float | None, verdict: str
) -> None:
    assert Removal(attended, drawn, (), agreement).verdict == verdict


def test_agreement_is_kendalls() -> None:
    assert rank_agreement([3, 2, 1], [30, 20, 10]) == pytest.approx(1)
    assert rank_agreement([3, 2, 1], [10, 20, 30]) == pytest.approx(-1)
    assert rank_agreement([3, 2, 1], [30, 10, 20]) == pytest.approx(1 / 3)
    assert rank_agreement([1, 1, 1], [30, 10, 20]) is None
    assert rank_agreement([1], [2]) is None


def test_a_thorough_check_leaves_out_every_sentence() -> None:
    removal = measure(draws=THOROUGH.draws, singles=THOROUGH.singles)
    assert removal is not None
    effects = Ablation(build_case(), SENTENCES).leave_out_each().tolist()
    assert removal.agreement == pytest.approx(rank_agreement([each.score for each in SENTENCES], effects))


def test_the_agreement_is_that_of_all_sentences_when_all_are_left_out() -> None:
    removal = measure(singles=len(SENTENCES))
    assert removal is not None
    effects = Ablation(build_case(), SENTENCES).leave_out_each().tolist()
    assert removal.agreement == pytest.approx(rank_agreement([each.score for each in SENTENCES], effects))
    without = measure(singles=0)
    assert without is not None
    assert without.agreement is None
