"""Readers that write: the mechanics with random weights, the sense with a model taught three answers."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from pathlib import Path
from typing import Any

import pytest
import torch

from rag.errors import ArgumentError, ModelError
from rag.reading.answer import Reading
from rag.reading.generative_reader import GenerativeReader, trim_passages
from rag.reading.loading import is_generative, load_generator
from rag.reading.prompt import REFUSAL
from rag.reading.reader import Reader, StreamingReader
from rag.retrieval.hit import Passage
from tests.conformance.reader import DOCUMENTS, PASSAGES, QUESTION, ReaderConformance, check_spans
from tests.reading import tiny, tiny_generative

BUILDERS: dict[str, Callable[..., GenerativeReader]] = {
    "llama": tiny_generative.build_llama,
    "qwen2": tiny_generative.build_qwen2,
    "qwen3": tiny_generative.build_qwen3,
}
LEAVE, OFFICE, REFUSED = tiny_generative.ANSWERS
TAUGHT_PASSAGES = [
    Passage(f"文書{number}", 7, 7 + len(text), text, 1.0) for number, text in enumerate(tiny_generative.TEXTS[:3])
]


class TestConformance(ReaderConformance):
    @pytest.fixture(params=["llama", "qwen3"])
    def reader(self, request: pytest.FixtureRequest) -> Reader:
        return BUILDERS[request.param](max_answer_tokens=4)

    @pytest.mark.parametrize("n", [1, 3, 1000])
    def test_spans_are_slices_of_the_documents(self, reader: Reader, n: int) -> None:
        reading = reader.read(QUESTION, PASSAGES, n=n)
        assert len(reading.spans) == n or n == 1000
        check_spans(reading, PASSAGES, DOCUMENTS, n)


@pytest.fixture(scope="module")
def taught_reader(taught: Path) -> GenerativeReader:
    return GenerativeReader.load(str(taught), device="cpu")


def build_whole(reader: GenerativeReader, question: str, answer: str) -> tuple[torch.Tensor, int]:
    prompt = reader.write_prompt(question, [each.text for each in TAUGHT_PASSAGES])
    tokens, first = reader.tokenize_answer(prompt, answer)
    return torch.from_numpy(tokens.ids)[None], first


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_what_is_written_is_what_transformers_generates(build: Callable[..., GenerativeReader]) -> None:
    reader = build(max_answer_tokens=24)
    inputs, first = build_whole(reader, LEAVE, "")
    with torch.inference_mode():
        ids = reader.model.generate(  # type: ignore[operator]
            inputs, attention_mask=torch.ones_like(inputs), max_new_tokens=24, do_sample=False
        )
    expected = reader.tokenizer.decode(ids[0, first:], skip_special_tokens=True)
    reading = reader.read(LEAVE, TAUGHT_PASSAGES)
    assert reading.generated is not None
    assert reading.generated.text == str(expected).strip()


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_an_answer_scores_the_sum_of_its_tokens(build: Callable[..., GenerativeReader]) -> None:
    reader = build()
    inputs, first = build_whole(reader, LEAVE, "七日です👍")
    with torch.inference_mode():
        rows = reader.model(input_ids=inputs).logits[0].log_softmax(-1)
    expected = sum(float(rows[place - 1, inputs[0, place]]) for place in range(first, inputs.shape[1]))
    texts = [each.text for each in TAUGHT_PASSAGES]
    assert reader.score_answer(LEAVE, texts, "七日です👍") == pytest.approx(expected, abs=1e-3)
    assert reader.score_answer(LEAVE, texts, "") == 0


def test_pieces_make_up_the_answer(taught_reader: GenerativeReader) -> None:
    assert isinstance(taught_reader, StreamingReader)
    assert not isinstance(tiny.build_bert(), StreamingReader)
    *pieces, reading = taught_reader.stream(LEAVE, TAUGHT_PASSAGES)
    assert isinstance(reading, Reading)
    assert reading.generated is not None
    assert pieces == ["年に七日", "とることができます", "。", "[", "1", "]"]
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == reading.generated.text


def test_an_answer_is_cited_down_to_the_sentence(taught_reader: GenerativeReader) -> None:
    reading = taught_reader.read(LEAVE, TAUGHT_PASSAGES)
    assert reading.generated is not None
    assert reading.generated.text == "年に七日とることができます。[1]"
    assert reading.text == "年に七日とることができます。"
    [marker] = reading.generated.markers
    assert reading.generated.text[marker.start : marker.end] == "1"
    assert (marker.span.document_id, marker.span.start) == ("文書0", 7)
    assert reading.spans[0] == marker.span
    assert not reading.no_answer


def test_a_refusal_is_recognised_and_answerability_parts_the_questions(taught_reader: GenerativeReader) -> None:
    refused = taught_reader.read(REFUSED, TAUGHT_PASSAGES)
    assert refused.no_answer
    assert refused.generated is not None
    assert (refused.generated.text, refused.generated.markers) == (REFUSAL, ())
    log_refusal = taught_reader.score_answer(REFUSED, [each.text for each in TAUGHT_PASSAGES], REFUSAL)
    assert refused.confidence == pytest.approx(exp(log_refusal), rel=1e-2)
    assert refused.answerability == pytest.approx(log(1 - exp(log_refusal)) - log_refusal, rel=5e-2)
    for question in (LEAVE, OFFICE):
        answered = taught_reader.read(question, TAUGHT_PASSAGES)
        assert answered.answerability > 0 > refused.answerability
        assert 0.5 < answered.confidence <= 1


def test_passages_that_do_not_fit_are_not_read(taught: Path) -> None:
    model, tokenizer = load_generator(str(taught))
    whole = GenerativeReader(model, tokenizer, name="taught", max_answer_tokens=24)
    texts = [each.text for each in TAUGHT_PASSAGES]
    length = len(whole.write_prompt(LEAVE, texts).tokens.ids)
    reader = GenerativeReader(model, tokenizer, name="taught", max_answer_tokens=24, max_length=length + 23)
    read = trim_passages(reader.write_prompt(LEAVE, texts), TAUGHT_PASSAGES)
    assert [each.text for each in read] == [texts[0], texts[1], "今月の日替わり定食は六百八十円です。"]
    assert [(each.start, each.end) for each in read] == [(7, 7 + len(each.text)) for each in read]
    assert reader.read(LEAVE, TAUGHT_PASSAGES).text == "年に七日とることができます。"
    assert all(span.end <= 7 + len("今月の日替わり定食は六百八十円です。") or span.document_id != "文書2"
               for span in reader.read(LEAVE, TAUGHT_PASSAGES, n=99).spans)  # fmt: skip


@pytest.mark.parametrize("options", [{"max_length": 5000}, {"max_length": 8}, {"max_answer_tokens": 0}])
def test_lengths_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="expected at most 4096 tokens"):
        tiny_generative.build_llama(**options)


def test_a_model_that_writes_is_known_by_its_configuration(taught: Path, tmp_path: Path) -> None:
    assert is_generative(str(taught))
    tiny.build_bert_model().save_pretrained(tmp_path / "bert")
    assert not is_generative(str(tmp_path / "bert"))
    assert not is_generative(str(tmp_path / "none"))
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModelForCausalLM": "modeling.Own"}}', encoding="utf-8")
    assert is_generative(str(tmp_path))


def test_weights_keep_the_precision_they_are_stored_in(taught: Path, tmp_path: Path) -> None:
    model, tokenizer = load_generator(str(taught))
    assert model.dtype == torch.float32
    model.to(torch.bfloat16).save_pretrained(tmp_path)  # type: ignore[call-overload]
    tokenizer.save_pretrained(tmp_path)
    assert load_generator(str(tmp_path))[0].dtype == torch.bfloat16


def test_a_model_without_weights_for_writing_is_refused(tmp_path: Path) -> None:
    tiny.build_bert_model().save_pretrained(tmp_path)
    tiny.build_bert_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"no trained weights .* tuned to follow instructions"):
        load_generator(str(tmp_path))


def test_scores_that_are_not_numbers_are_refused() -> None:
    reader = tiny_generative.build_llama()
    reader.model.lm_head.weight.data.fill_(float("nan"))
    with pytest.raises(ModelError, match="not numbers"):
        reader.read(LEAVE, TAUGHT_PASSAGES)


def test_a_request_without_passages_is_followed(taught: Path) -> None:
    model, tokenizer = load_generator(str(taught))
    reader = GenerativeReader(model, tokenizer, name="taught", max_answer_tokens=4)
    written = reader.follow("質問を書き直してください。<s></s>")
    assert written == reader.follow("質問を書き直してください。<s></s>")
    assert len(tokenizer(written, add_special_tokens=False)["input_ids"]) <= 4
    with pytest.raises(ArgumentError, match=r"the request has .* tokens; expected at most"):
        reader.follow("長い" * reader.max_length)
