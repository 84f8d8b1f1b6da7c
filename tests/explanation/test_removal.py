"""Removal: what is taken away, what always stays, and what that does to the answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ArgumentError
from rag.explanation.explanation import Removal, ScoredSpan
from rag.explanation.removal import (
    Reduction,
    measure_log_probabilities,
    measure_removal,
    reduce_passages,
    summarize_removals,
)
from rag.reading.answer import Span
from rag.retrieval.hit import Passage
from rag.text.sentences import split_sentences
from tests.reading import tiny

QUESTION = "有給休暇は何日か"
TEXT = "従業員は休む。年次休暇は10日とする。会社は定める。休暇を取得する。給を則とする。"
PASSAGES = [Passage("a", 100, 100 + len(TEXT), TEXT, 1.0), Passage("b", 0, 7, "会社は休む。。", 1.0)]
SPAN = Span("a", 112, 115, "10日", 0.0, 0.5)


def stretch(document: str, start: int, end: int, score: float = 0.0) -> ScoredSpan:
    return ScoredSpan(document, start, end, "", score)


def build_sentences(scores: list[float]) -> list[ScoredSpan]:
    places = [(passage, start, end) for passage in PASSAGES for start, end in split_sentences(passage.text)]
    return [
        ScoredSpan(passage.document_id, passage.start + start, passage.start + end, passage.text[start:end], score)
        for (passage, start, end), score in zip(places, scores, strict=True)
    ]


SENTENCES = build_sentences([0.1, 0.4, 0.2, 0.05, 0.05, 0.2])


@pytest.mark.parametrize(
    ("removed", "texts", "place"),
    [
        pytest.param([], (TEXT, "会社は休む。。"), (12, 15), id="nothing"),
        pytest.param([stretch("a", 100, 107)], (TEXT[7:], "会社は休む。。"), (5, 8), id="before the answer"),
        pytest.param([stretch("a", 119, 126)], (TEXT[:19] + TEXT[26:], "会社は休む。。"), (12, 15), id="after it"),
        pytest.param([stretch("a", 107, 119)], (TEXT[:7] + "10日" + TEXT[19:], "会社は休む。。"), (7, 10), id="around"),
        pytest.param([stretch("a", 0, 999)], ("10日", "会社は休む。。"), (0, 3), id="all of its document"),
        pytest.param([stretch("b", 0, 6)], (TEXT, "。"), (12, 15), id="another document"),
        pytest.param([stretch("c", 0, 999)], (TEXT, "会社は休む。。"), (12, 15), id="a document not read"),
        pytest.param([stretch("a", 0, 50)], (TEXT, "会社は休む。。"), (12, 15), id="before the passage"),
        pytest.param(
            [stretch("a", 113, 114), stretch("a", 111, 113)],
            (TEXT[:11] + TEXT[12:], "会社は休む。。"), (11, 14), id="into it",
        ),
    ],
)  # fmt: skip
def test_reduce_passages(removed: list[ScoredSpan], texts: tuple[str, str], place: tuple[int, int]) -> None:
    assert reduce_passages(PASSAGES, removed, SPAN) == Reduction(texts, 0, *place)


def test_the_answer_stays_wherever_it_stands() -> None:
    passages = [Passage("a", 0, 8, "01234567", 1.0), Passage("a", 4, 12, "456789ab", 1.0)]
    span = Span("a", 5, 7, "56", 0.0, 0.5)
    reduction = reduce_passages(passages, [stretch("a", 2, 10)], span)
    assert reduction == Reduction(("0156", "56ab"), 0, 2, 4)


@given(st.data())
def test_reduction_equals_naive_strings(data: st.DataObject) -> None:
    text = data.draw(st.text("休暇を。a\U0001f44d\ud800", min_size=1, max_size=20))
    shift = data.draw(st.integers(0, 5))
    passages = [Passage("d", shift, shift + len(text), text, 1.0), Passage("e", 0, 3, "別の。", 1.0)]
    place = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    start, end = data.draw(place.filter(lambda pair: pair[0] < pair[1]))
    cuts = data.draw(st.lists(place, max_size=4))
    span = Span("d", shift + start, shift + end, text[start:end], 0.0, 0.5)
    reduction = reduce_passages(passages, [stretch("d", shift + a, shift + b) for a, b in cuts], span)
    kept = [at for at in range(len(text)) if start <= at < end or not any(a <= at < b for a, b in cuts)]
    assert reduction.texts == ("".join(text[at] for at in kept), "別の。")
    assert reduction.texts[0][reduction.start : reduction.end] == span.text
    assert reduction.start == kept.index(start)


def test_log_probability_is_that_of_the_model() -> None:
    reader = tiny.build_bert()
    question = "有給休暇とは"  # of no kind that would weigh on the spans beside the model
    for span in reader.read(question, PASSAGES, n=5).spans:
        whole = reduce_passages(PASSAGES, [], span)
        (found,) = measure_log_probabilities(question, [whole], reader=reader)
        assert found == pytest.approx(math.log(span.probability), abs=1e-5)


@pytest.mark.parametrize("options", [{}, {"max_length": 40, "overlap": 10}], ids=["one window", "several"])
def test_several_versions_are_read_as_each_alone(options: dict[str, int]) -> None:
    reader = tiny.build_bert(**options)
    reductions = [
        reduce_passages(PASSAGES, removed, SPAN) for removed in ([], SENTENCES[:1], SENTENCES[2:5], SENTENCES)
    ]
    alone = [measure_log_probabilities(QUESTION, [each], reader=reader)[0] for each in reductions]
    assert measure_log_probabilities(QUESTION, reductions, reader=reader) == pytest.approx(alone, abs=1e-5)


def measure(**options: object) -> Removal | None:
    return measure_removal(QUESTION, SPAN, PASSAGES, SENTENCES, reader=tiny.build_bert(), **options)  # type: ignore[arg-type]


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
    reader = tiny.build_bert()
    reductions = [reduce_passages(PASSAGES, cut, SPAN) for cut in ([], removal.removed)]
    whole, without = measure_log_probabilities(QUESTION, reductions, reader=reader)
    assert removal.attended == pytest.approx(whole - without, abs=1e-5)


def test_the_same_seed_draws_the_same_sentences() -> None:
    assert measure(seed=3) == measure(seed=3)
    assert len({measure(seed=seed, draws=1, remove=2).random for seed in range(4)}) > 1  # type: ignore[union-attr]


def test_random_removals_are_the_mean_over_draws() -> None:
    # Of two sentences one is removed: the draws can only be these two.
    first, second = SENTENCES[0], SENTENCES[5]
    reader = tiny.build_bert()
    reductions = [reduce_passages(PASSAGES, cut, SPAN) for cut in ([], [first], [second])]
    whole, *others = measure_log_probabilities(QUESTION, reductions, reader=reader)
    removal = measure_removal(QUESTION, SPAN, PASSAGES, [first, second], reader=reader, draws=400)
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
    removal = measure_removal(QUESTION, SPAN, PASSAGES, sentences, reader=tiny.build_bert(), **options)  # type: ignore[arg-type]
    assert removal is None


def test_one_sentence_always_stays() -> None:
    removal = measure(remove=99)
    assert removal is not None
    assert len(removal.removed) == len(SENTENCES) - 1


def build_removals(pairs: list[tuple[float, float]]) -> list[Removal]:
    return [Removal(attended, drawn, ()) for attended, drawn in pairs]


def test_means_and_interval_of_removals() -> None:
    figures = summarize_removals(build_removals([(3.0, 1.0), (2.0, 1.0), (1.0, 0.0), (0.0, 0.0)] * 25))
    assert (figures.attended, figures.random, figures.difference, figures.n) == (1.5, 0.5, 1.0, 100)
    # Standard error of the mean difference: 0.7071 / 10.
    assert (figures.low, figures.high) == (pytest.approx(1 - 1.96 * 0.0707, abs=0.02), pytest.approx(1.139, abs=0.02))
    assert summarize_removals(build_removals([(3.0, 1.0)])) == summarize_removals(build_removals([(3.0, 1.0)]), seed=5)
    single = summarize_removals(build_removals([(3.0, 1.0)]))
    assert (single.low, single.difference, single.high) == (2.0, 2.0, 2.0)


def test_the_interval_is_of_pairs() -> None:
    base = np.random.default_rng(0).normal(size=50) * 100
    figures = summarize_removals(build_removals([(value + 1, value) for value in base.tolist()]))
    assert (figures.low, figures.high) == (pytest.approx(1), pytest.approx(1))


def test_the_interval_is_reproducible() -> None:
    removals = build_removals([(value**0.5, value**0.3) for value in range(30)])
    assert summarize_removals(removals) == summarize_removals(removals)
    assert summarize_removals(removals).low != summarize_removals(removals, seed=1).low


def test_no_removals_are_refused() -> None:
    with pytest.raises(ArgumentError, match="no removals"):
        summarize_removals([])
