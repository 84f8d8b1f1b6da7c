"""Ablation: what is taken away, what always stays, and that nothing else changes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rag.explanation.ablation import Ablation
from rag.explanation.case import Case
from rag.reading.answer import Span
from rag.reading.borders import NO_CLOSING, NO_OPENING
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from tests.reading import tiny

QUESTION = "有給休暇とは"  # of no kind that would weigh on the spans beside the model
TEXT = "従業員は休む。年次休暇は10日とする。会社は定める。休暇を取得する。給を則とする。"
PASSAGES = (Passage("a", 100, 100 + len(TEXT), TEXT, 1.0), Passage("b", 0, 7, "会社は休む。。", 1.0))
SPAN = Span("a", 112, 115, "10日", 0.0, 0.5)
READERS = {
    "bert": tiny.build_bert,
    "bert in pieces": lambda: tiny.build_bert(max_length=40, overlap=10),
    "roberta": tiny.build_roberta,
    "modernbert": tiny.build_modernbert,
}


@pytest.fixture(scope="module", params=READERS)
def reader(request: pytest.FixtureRequest) -> SpanReader:
    return READERS[request.param]()


def build(reader: SpanReader, manner: str = "delete") -> Ablation:
    case = Case(QUESTION, SPAN, PASSAGES, reader)
    return Ablation(case, case.split("sentence"), manner=manner)  # type: ignore[arg-type]


@pytest.mark.parametrize("manner", ["delete", "mask"])
@pytest.mark.parametrize("name", ["bert", "bert in pieces", "modernbert"])
def test_with_nothing_removed_it_is_the_probability_of_the_reader(name: str, manner: str) -> None:
    reader = READERS[name]()
    for span in reader.read(QUESTION, PASSAGES, n=3).spans:
        case = Case(QUESTION, span, PASSAGES, reader)
        units = case.split("sentence")
        (found,) = Ablation(case, units, manner=manner).measure(np.zeros((1, len(units)), dtype=bool))  # type: ignore[arg-type]
        # Passages found alike have no start over each other, so that the reader says the same.
        assert found == pytest.approx(math.log(span.probability), abs=1e-4)


def test_deleted_text_is_as_if_it_had_never_been_there() -> None:
    reader = tiny.build_bert()
    (found,) = build(reader).measure(np.array([[True, False, False, True, False, False]]))
    shorter = "年次休暇は10日とする。会社は定める。給を則とする。"
    passages = (Passage("a", 0, len(shorter), shorter, 1.0), PASSAGES[1])
    case = Case(QUESTION, Span("a", 5, 8, "10日", 0.0, 0.5), passages, reader)
    (expected,) = Ablation(case, case.split("sentence")).measure(np.zeros((1, 4), dtype=bool))
    assert found == pytest.approx(expected, abs=1e-4)


def test_masked_text_keeps_its_place() -> None:
    """The hidden sentence is read as masks where it stood, and gives no answer itself."""
    reader = tiny.build_bert()
    (window,) = reader.encode(QUESTION, [passage.text for passage in PASSAGES])
    hidden = (window.passages == 0) & (window.ends <= 7)
    window.ids[hidden] = reader.tokenizer.mask_token_id
    window.opens[hidden], window.closes[hidden] = NO_OPENING, NO_CLOSING
    (logits,) = reader.forward([window])
    answer = np.flatnonzero((window.passages == 0) & (window.starts < 15) & (window.ends > 12))
    expected = logits.start[answer[0]] + logits.end[answer[-1]] - reader.score([window], [logits]).log_total
    (found,) = build(reader, "mask").measure(np.array([[True] + [False] * 5]))
    assert found == pytest.approx(expected, abs=1e-4)
    assert found != pytest.approx(float(build(reader).measure(np.array([[True] + [False] * 5]))[0]), abs=1e-3)


@pytest.mark.parametrize("manner", ["delete", "mask"])
def test_the_answer_always_stays(reader: SpanReader, manner: str) -> None:
    values = build(reader, manner).measure(np.ones((1, 6), dtype=bool))
    assert np.isfinite(values).all()


@pytest.mark.parametrize("manner", ["delete", "mask"])
def test_masks_read_together_are_as_each_alone(reader: SpanReader, manner: str) -> None:
    masks = np.random.default_rng(0).random((6, 6)) < 0.5
    together = build(reader, manner).measure(masks)
    alone = [build(reader, manner).measure(mask[None])[0] for mask in masks]
    assert together == pytest.approx(alone, abs=1e-4)


def test_effects_are_falls_without_each_unit(reader: SpanReader) -> None:
    ablation = build(reader)
    whole = ablation.measure(np.zeros((1, 6), dtype=bool))[0]
    singles = ablation.measure(np.eye(6, dtype=bool))
    assert ablation.leave_out_each() == pytest.approx(whole - singles, abs=1e-5)


def test_passages_beside_keep_their_window() -> None:
    """What stands in another window changes the answer's share, not the reading of its text."""
    reader = tiny.build_bert(max_length=64)
    far = Passage("c", 0, 40, "会社は休む。" * 6 + "休暇。。", 1.0)
    case = Case(QUESTION, SPAN, (PASSAGES[0], far), reader)
    units = case.split("sentence")
    ablation = Ablation(case, units)
    removed = np.array([[unit.document_id == "c" for unit in units]])
    before, after = ablation.measure(np.concatenate([np.zeros_like(removed), removed]))
    assert after > before  # fewer spans compete
