"""Every method over one answer: shapes, names, and what each has to find."""

from __future__ import annotations

import numpy as np
import pytest

from rag.attention.head_weights import Gaze, HeadWeights, fit_head_weights, load_head_weights
from rag.errors import ArgumentError, ModelError
from rag.explanation.ablation import Ablation
from rag.explanation.attention_methods import measure_gaze
from rag.explanation.case import Case
from rag.explanation.controls import RetrieverScore
from rag.explanation.explainer import explain
from rag.explanation.explanation import METHODS
from rag.explanation.methods import build_method, choose_method
from rag.models.shipped import READER, locate_model
from rag.reading.answer import Span
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from tests.reading import tiny

RULES = "食堂は正午に開きます。年次有給休暇は、入社から六か月で十日とします。休暇は課長に届け出ます。制服は貸します。"
MEALS = "定食は六百八十円です。麺は五百円です。"
PASSAGES = (Passage("規則", 10, 10 + len(RULES), RULES, 1.0), Passage("食堂", 0, len(MEALS), MEALS, 0.5))
QUESTION = "年次有給休暇は何日ですか"


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    return SpanReader.load(locate_model(READER))


@pytest.fixture(scope="module")
def case(reader: SpanReader) -> Case:
    start = 10 + RULES.index("十日")
    return Case(QUESTION, Span("規則", start, start + 2, "十日", 0.0, 0.5), PASSAGES, reader)


@pytest.mark.parametrize("unit", ["word", "phrase", "sentence", "article", "passage"])
@pytest.mark.parametrize("name", METHODS)
def test_a_method_gives_every_unit_a_number(case: Case, name: str, unit: str) -> None:
    if unit in {"word", "phrase"} and name in {"removal", "surrogate"}:
        pytest.skip("one reading a unit")
    units = case.split(unit)  # type: ignore[arg-type]
    method = build_method(name, case.reader)
    scores = method.score(case, units)
    assert method.name == name
    assert scores.shape == (len(units),)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", ["calibrated", "mean", "rollout", "gradient", "removal", "surrogate", "retriever"])
def test_the_sentence_of_the_answer_comes_first(case: Case, name: str) -> None:
    units = case.split("sentence")
    best = units[int(build_method(name, case.reader).score(case, units).argmax())]
    assert best.text == "年次有給休暇は、入社から六か月で十日とします。"


@pytest.mark.parametrize("name", ["mean", "rollout", "gradient", "calibrated"])
def test_what_a_sentence_has_is_what_its_words_have(case: Case, name: str) -> None:
    method = build_method(name, case.reader)
    words, sentences = case.split("word"), case.split("sentence")
    fine, coarse = method.score(case, words), method.score(case, sentences)
    for sentence, score in zip(sentences, coarse, strict=True):
        inside = [
            value
            for word, value in zip(words, fine, strict=True)
            if word.document_id == sentence.document_id and sentence.start <= word.start < sentence.end
        ]
        assert sum(inside) == pytest.approx(score, abs=1e-6 + 1e-3 * abs(score))


def test_drawing_methods_keep_to_their_seed(case: Case) -> None:
    units = case.split("sentence")
    for name in ("random", "surrogate"):
        first, again, other = (build_method(name, case.reader, seed=seed).score(case, units) for seed in (1, 1, 2))
        assert first.tolist() == again.tolist()
        assert first.tolist() != other.tolist()


def test_text_two_passages_share_is_one_unit(reader: SpanReader) -> None:
    passages = (PASSAGES[0], Passage("規則", 10, 10 + len(RULES), RULES, 0.7))
    units = Case(QUESTION, Span("規則", 12, 14, "は正", 0.0, 0.5), passages, reader).split("sentence")
    assert len(units) == len({(unit.document_id, unit.start) for unit in units}) == 4


def test_the_retriever_prefers_what_is_asked_about(case: Case) -> None:
    units = case.split("sentence")
    scores = RetrieverScore().score(case, units)
    assert scores[units.index(next(u for u in units if u.text.startswith("休暇は")))] > scores[0]


@pytest.mark.parametrize("name", ["calibrated", "removal", "gradient"])
def test_an_explanation_by_any_method_shares_out_one(case: Case, name: str) -> None:
    explanation = explain(QUESTION, case.span, PASSAGES, reader=case.reader, method=name)
    assert explanation.method == name
    for units in (explanation.words, explanation.sentences, explanation.passages):
        assert sum(unit.score for unit in units) == pytest.approx(1)
        assert min(unit.score for unit in units) >= 0


def test_calibrated_attention_is_the_default_where_heads_have_weights(case: Case) -> None:
    assert choose_method(case.reader) == "calibrated"
    assert choose_method(tiny.build_bert()) == "mean"
    with pytest.raises(ArgumentError, match=r"head_weights\.json"):
        build_method("calibrated", tiny.build_bert())
    with pytest.raises(ArgumentError, match="expected one of calibrated, mean"):
        build_method("lime", case.reader)


def test_weights_find_the_head_that_foretells_removal() -> None:
    generator = np.random.default_rng(0)
    gazes = []
    for _ in range(40):
        shares = generator.random(9) * (np.arange(9) < 6)
        gazes.append(Gaze(generator.random((2, 3, 4, 9)) * (shares > 0), shares / shares.sum()))
    truth = np.zeros((2, 3, 4))
    truth[0, 1, 2], truth[1, 0, 3] = 3.0, -1.0
    drops = [scale * HeadWeights(truth, 2.0).predict(gaze) for scale, gaze in enumerate(gazes, 1)]
    found = fit_head_weights(gazes, drops, ridge=1e-6)
    assert np.corrcoef(found.weights.ravel(), truth.ravel())[0, 1] > 0.9
    assert found.weights.argmax() == truth.argmax()
    assert found.weights.argmin() == truth.argmin()
    assert found.presence > 0
    with pytest.raises(ArgumentError, match="expected \\(2, 3, 4, 'units'\\)"):
        found.predict(Gaze(gazes[0].heads[:, :2], gazes[0].shares))
    with pytest.raises(ArgumentError, match="no cases"):
        fit_head_weights([], [], ridge=0.1)


def test_what_was_not_read_with_the_answer_teaches_nothing() -> None:
    generator = np.random.default_rng(1)
    gazes = [Gaze(generator.random((2, 1, 2, 4)), np.array([0.5, 0.3, 0.2, 0.0])) for _ in range(20)]
    drops = [gaze.heads[0, 0, 0] for gaze in gazes]
    other = [np.where(gaze.shares > 0, drop, 99.0) for gaze, drop in zip(gazes, drops, strict=True)]
    first, second = (fit_head_weights(gazes, each, ridge=0.1) for each in (drops, other))
    assert first.weights.tolist() == second.weights.tolist()
    assert first.presence == second.presence


def test_weights_are_kept_beside_the_model(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("model")
    assert load_head_weights(folder) is None
    HeadWeights(np.arange(12.0).reshape(2, 2, 3), 0.25).save(folder)
    loaded = load_head_weights(folder)
    assert loaded is not None
    assert loaded.weights.tolist() == np.arange(12.0).reshape(2, 2, 3).tolist()
    assert loaded.presence == 0.25
    (folder / "head_weights.json").write_text('{"answer": [[1, 2]], "question": [[1], [2]], "presence": 0}')
    with pytest.raises(ModelError, match="no head weights"):
        load_head_weights(folder)


def test_heads_are_measured_where_the_answer_is(case: Case) -> None:
    units = case.split("sentence")
    gaze = measure_gaze(case, units)
    assert gaze.heads.shape == (2, *case.attention.answer.shape[:2], len(units))
    # Rows add up to one with question and special tokens.
    assert (gaze.heads[0].sum(-1) < 1 + 1e-5).all()
    assert gaze.shares.sum() == pytest.approx(1)
    assert gaze.shares[units.index(next(u for u in units if "六か月" in u.text))] > 0
    fresh = measure_gaze(Case(case.question, case.span, case.passages, case.reader), units)
    assert gaze.heads == pytest.approx(fresh.heads, abs=1e-6)
    assert gaze.shares == pytest.approx(fresh.shares)


def test_removal_is_the_reference(case: Case) -> None:
    units = case.split("sentence")
    assert build_method("removal", case.reader).score(case, units).tolist() == pytest.approx(
        Ablation(case, units).leave_out_each().tolist()
    )
