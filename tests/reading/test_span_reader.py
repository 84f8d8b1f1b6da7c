"""The span reader from end to end, on tiny models of every kind and on the shipped one."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rag.errors import ArgumentError, ModelError
from rag.models.shipped import READER, locate_model
from rag.reading.calibration import Calibration, LogisticMap
from rag.reading.reader import Reader
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from tests.conformance.reader import DOCUMENTS, PASSAGES, QUESTION, ReaderConformance
from tests.reading import tiny

LONG = "従業員は年次有給休暇を取得する。会社は休暇を定める、" * 8


@pytest.fixture(scope="module", params=tiny.READERS)
def whole(request: pytest.FixtureRequest) -> SpanReader:
    return tiny.READERS[request.param]()


@pytest.fixture(scope="module", params=tiny.READERS)
def piecewise(request: pytest.FixtureRequest) -> SpanReader:
    """No passage fits into one window of it."""
    return tiny.READERS[request.param](max_length=24, overlap=4)


@pytest.fixture(scope="module")
def shipped() -> SpanReader:
    return SpanReader.load(locate_model(READER))


class TestWhole(ReaderConformance):
    @pytest.fixture
    def reader(self, whole: SpanReader) -> Reader:
        return whole


class TestPiecewise(ReaderConformance):
    @pytest.fixture
    def reader(self, piecewise: SpanReader) -> Reader:
        return piecewise


class TestShipped(ReaderConformance):
    @pytest.fixture
    def reader(self, shipped: SpanReader) -> Reader:
        return shipped


def test_the_shipped_reader_finds_the_answer_among_passages(shipped: SpanReader) -> None:
    reading = shipped.read(QUESTION, PASSAGES)
    assert (reading.spans[0].text, reading.no_answer) == ("10日", False)
    assert DOCUMENTS["規則"][reading.spans[0].start - 7 : reading.spans[0].end] == "年次有給休暇を10日"
    assert np.argmax(reading.passage_scores) == 0


def read_one(reader: SpanReader, text: str, **options: Any) -> list[tuple[int, int, float]]:
    reading = reader.read("休暇", [Passage("d", 100, 100 + len(text), text, score=1.0)], **options)
    return [(span.start, span.end, span.probability) for span in reading.spans]


@pytest.mark.parametrize("length", [200, 80, 45])
def test_windows_do_not_matter_to_a_model_that_looks_at_single_tokens(length: int) -> None:
    whole = read_one(tiny.build_blind(max_answer_tokens=8), LONG, n=8)
    parts = read_one(tiny.build_blind(max_answer_tokens=8, max_length=length, overlap=16), LONG, n=8)
    assert [place[:2] for place in parts] == [place[:2] for place in whole]
    assert [place[2] for place in parts] == pytest.approx([place[2] for place in whole], rel=1e-5)


def test_a_window_with_room_is_read_as_one() -> None:
    reader = tiny.build_bert()
    first, second = Passage("a", 0, 9, LONG[:9], 1.0), Passage("b", 0, 9, LONG[9:18], 1.0)
    (window,) = reader.encode("休暇", [first.text, second.text])
    asked, one, two = (
        reader.tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("休暇", LONG[:9], LONG[9:18])
    )
    assert window.ids.tolist() == [2, *asked, 3, *one, 3, *two, 3]


@pytest.mark.parametrize("kind", tiny.READERS)
def test_padding_and_company_change_no_score(kind: str) -> None:
    reader = tiny.READERS[kind](batch_tokens=100_000)
    windows = [*reader.encode("休暇は何日か", [LONG[:50]]), *reader.encode("取得", [LONG])]
    together = reader.forward(windows)
    for window, scores in zip(windows, together, strict=True):
        inputs = {"input_ids": torch.from_numpy(window.ids)[None]}
        if kind in ("bert", "slow", "marking"):
            inputs["token_type_ids"] = torch.from_numpy(window.types)[None]
        with torch.inference_mode():
            output = reader.model(**inputs)
        np.testing.assert_allclose(scores.start, output.start_logits[0].numpy(), atol=1e-4)
        np.testing.assert_allclose(scores.end, output.end_logits[0].numpy(), atol=1e-4)


def test_passages_read_apart_do_not_mind_their_order() -> None:
    reader = tiny.build_bert(max_answer_tokens=4)
    passages = [Passage(name, 0, len(text), text, 1.0) for name, text in (("a", LONG[:12]), ("b", LONG[12:30]))]

    def read(order: list[Passage], *, together: bool) -> list[tuple[str, int, int, float]]:
        spans = reader.read("休暇", order, together=together).spans
        return [(span.document_id, span.start, span.end, round(span.probability, 6)) for span in spans]

    assert read(passages, together=False) == read(passages[::-1], together=False)
    assert read(passages, together=True) != read(passages[::-1], together=True)
    assert len(reader.encode("休暇", [passage.text for passage in passages], together=False)) == 2


def test_token_types_reach_the_model() -> None:
    plain, marking = tiny.build_bert(), tiny.build_marking()
    (window,) = marking.encode("休暇", ["有給休暇"])
    assert window.types.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 1]
    assert marking.collate([window])["token_type_ids"][0, :9].tolist() == window.types.tolist()
    (window,) = plain.encode("休暇", ["有給休暇"])
    assert window.types.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1]


def test_a_model_without_token_types_gets_none() -> None:
    reader = tiny.build_modernbert()
    assert set(reader.collate(reader.encode("休暇", ["有給休暇"]))) == {"input_ids", "attention_mask"}


def test_batches_hold_windows_of_like_length() -> None:
    reader = tiny.build_bert(batch_tokens=128)
    windows = [window for size in (200, 10, 60, 12, 70) for window in reader.encode("休暇", [LONG[:size]])]
    assert reader.batch(windows) == [[1, 3], [2], [4], [0]]
    assert [len(scores.start) for scores in reader.forward(windows)] == [len(window.ids) for window in windows]


@pytest.mark.parametrize(
    ("calibration", "expected"),
    [
        (Calibration(no_answer_threshold=0.0), (True, None)),
        (Calibration(no_answer_threshold=1.0), (False, None)),
        (Calibration(no_answer=LogisticMap(math.log(3), {})), (True, 0.75)),
        (Calibration(no_answer=LogisticMap(-9, {}), confidence=LogisticMap(math.log(4), {})), (False, 0.8)),
    ],
    ids=["always", "never", "no answer", "confidence"],
)
def test_calibration_decides(calibration: Calibration, expected: tuple[bool, float | None]) -> None:
    plain = tiny.build_bert().read(QUESTION, PASSAGES)
    reading = tiny.build_bert(calibration=calibration).read(QUESTION, PASSAGES)
    null = plain.spans[0].probability / math.exp(plain.answerability)
    natural = null if expected[0] else plain.spans[0].probability
    assert reading.no_answer == expected[0]
    assert reading.confidence == pytest.approx(natural if expected[1] is None else expected[1])
    assert reading.spans == plain.spans


def test_judgement_does_not_depend_on_how_many_spans_are_asked_for() -> None:
    judging = Calibration(no_answer=LogisticMap(0.5, {"score": -0.5, "margin": -2.0}))
    one, five = (tiny.build_bert(calibration=judging).read(QUESTION, PASSAGES, n=n) for n in (1, 5))
    assert len(one.spans) == 1
    margin = five.spans[0].score - five.spans[1].score
    assert one.answerability == five.answerability == pytest.approx(-0.5 + 0.5 * five.spans[0].score + 2 * margin)


def test_temperature_flattens_probabilities_and_keeps_scores() -> None:
    plain = tiny.build_bert().read(QUESTION, PASSAGES)
    warm = tiny.build_bert(calibration=Calibration(temperature=3.0)).read(QUESTION, PASSAGES)
    assert [span.score for span in warm.spans] == [span.score for span in plain.spans]
    assert warm.spans[0].probability < plain.spans[0].probability
    assert warm.answerability == pytest.approx(plain.answerability / 3)


def test_answers_cut_no_character_from_its_marks() -> None:
    text = "か\u3099葛\U000e0100👨\u200d👩ｶﾞ" * 3
    reading = tiny.build_roberta().read("何", [Passage("d", 0, len(text), text, 1.0)], n=30)
    for span in reading.spans:
        assert span.text[0] not in "\u3099\U000e0100\u200dﾞ"
        assert text[span.end : span.end + 1] not in ("\u3099", "\U000e0100", "\u200d", "ﾞ")


def test_a_question_without_tokens_is_refused() -> None:
    with pytest.raises(ArgumentError, match="question '\\\\x00' holds no token; expected a question in words"):
        tiny.build_bert().read("\0", PASSAGES)


def test_scores_that_are_no_numbers_are_refused() -> None:
    reader = tiny.build_bert()
    reader.model.qa_outputs.weight.data.fill_(math.nan)
    with pytest.raises(ModelError, match="scores that are not numbers"):
        reader.read(QUESTION, PASSAGES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_length": 0}, "max_length is 0; expected 5 to 512 tokens, what tiny BERT takes"),
        ({"max_length": 4}, "max_length is 4; expected 5"),
        ({"max_length": 513}, "max_length is 513; expected 5 to 512"),
        ({"overlap": -1}, "overlap is -1"),
        ({"max_answer_tokens": 0}, "max_answer_tokens 0"),
    ],
)
def test_lengths_that_make_no_sense_are_named(options: dict[str, int], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        tiny.build_bert(**options)


def test_a_model_that_cannot_mark_the_question_is_refused() -> None:
    model = tiny.build_bert_model(types=2, marks_question_tokens=True)
    with pytest.raises(ModelError, match="marks_question_tokens but it knows 2 token types; expected at least 3"):
        SpanReader(model, tiny.build_bert_tokenizer(), name="x")


def test_types_a_model_does_not_know_are_left_out() -> None:
    reader = SpanReader(tiny.build_bert_model(types=1), tiny.build_bert_tokenizer(), name="x")
    assert "token_type_ids" not in reader.collate(reader.encode("休暇", ["有給休暇"]))
    assert reader.read(QUESTION, PASSAGES).spans[0].text


def save(folder: Path) -> SpanReader:
    reader = tiny.build_bert()
    reader.model.save_pretrained(folder)
    reader.tokenizer.save_pretrained(folder)
    return reader


def test_a_saved_reader_reads_as_before(tmp_path: Path) -> None:
    original = save(tmp_path)
    loaded = SpanReader.load(str(tmp_path), device="cpu", max_length=100)
    assert loaded.name == str(tmp_path)
    windows = loaded.encode(QUESTION, [LONG])
    assert max(len(window.ids) for window in windows) == 100
    again = tiny.ExactReader(loaded.model, loaded.tokenizer, name="again")
    assert again.read(QUESTION, PASSAGES) == original.read(QUESTION, PASSAGES)


def test_the_calibration_beside_the_weights_is_used(tmp_path: Path) -> None:
    save(tmp_path)
    Calibration(temperature=2.5, no_answer_threshold=0.25).save(tmp_path)
    assert SpanReader.load(str(tmp_path)).calibration == Calibration(temperature=2.5, no_answer_threshold=0.25)


def change_tokenizer(reader: SpanReader) -> SpanReader:
    reader.tokenizer.backend_tokenizer.normalizer = None
    return reader


def change_weight(reader: SpanReader) -> SpanReader:
    reader.model.qa_outputs.bias.data += 1e-3
    return reader


def change_heads() -> SpanReader:
    model = tiny.build_bert_model()
    model.config.num_attention_heads = 4
    return tiny.ExactReader(model, tiny.build_bert_tokenizer(), name="tiny BERT")


def test_equal_readers_have_one_fingerprint(tmp_path: Path) -> None:
    original = save(tmp_path)
    assert SpanReader.load(str(tmp_path)).fingerprint == original.fingerprint
    used = tiny.build_bert()
    used.read(QUESTION, PASSAGES)
    assert used.fingerprint == original.fingerprint
    assert tiny.build_slow().fingerprint == tiny.build_slow().fingerprint


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: tiny.build_bert(max_length=100), id="length"),
        pytest.param(lambda: tiny.build_bert(overlap=10), id="overlap"),
        pytest.param(lambda: tiny.build_bert(max_answer_tokens=3), id="longest answer"),
        pytest.param(lambda: tiny.build_bert(calibration=Calibration(temperature=2.0)), id="calibration"),
        pytest.param(tiny.build_slow, id="other tokenizer"),
        pytest.param(lambda: change_tokenizer(tiny.build_bert()), id="normaliser"),
        pytest.param(lambda: change_weight(tiny.build_bert()), id="weight"),
        pytest.param(change_heads, id="heads"),
    ],
)
def test_fingerprints_differ_where_reading_may(build: Callable[[], SpanReader]) -> None:
    assert build().fingerprint != tiny.build_bert().fingerprint
