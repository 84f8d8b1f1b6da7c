"""The gaze of a model that writes, against maps of transformers' eager attention; and what removal does."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from rag.errors import ArgumentError
from rag.explanation import generated_attention
from rag.explanation.explanation import TokenAttention
from rag.explanation.folding import fold_attention
from rag.explanation.generated_attention import collect_generated_attention
from rag.explanation.generated_explainer import explain_generated
from rag.reading.generative_reader import GenerativeReader
from rag.reading.loading import load_generator
from rag.reading.prompt import REFUSAL
from rag.retrieval.hit import Passage
from tests.reading import tiny_generative
from tests.reading.tiny_generative import ExactReader

QUESTION = "休暇は何日か"
ANSWER = "𠮷は七日👍です[1]。"
TEXTS = ["年に七日の休暇。会社は\u2460か\u3099ある。", " \n", "定食👍\ud800は六百円。 食堂は休む。"]
PASSAGES = [Passage(f"文書{number}", 5, 5 + len(text), text, 1.0) for number, text in enumerate(TEXTS)]
BUILDERS = {
    "llama": tiny_generative.build_llama,
    "qwen2": tiny_generative.build_qwen2,
    "qwen3": tiny_generative.build_qwen3,
}
Place = tuple[int, int, int]


def attend_eagerly(reader: GenerativeReader) -> tuple[list[tuple[int, int]], dict[Place, np.ndarray], np.ndarray]:
    """Return the places of the answer's tokens; for each place of the passages the maps' columns; the question's rows.

    Shape of a column: (layers, heads, answer's and question's rows).
    """
    model = copy.deepcopy(reader.model)
    model.set_attn_implementation("eager")
    prompt = reader.write_prompt(QUESTION, TEXTS)
    tokens, first = reader.tokenize_answer(prompt, ANSWER)
    with torch.inference_mode():
        maps = torch.stack(model(input_ids=torch.from_numpy(tokens.ids)[None], output_attentions=True).attentions)[:, 0]
    begin, end = prompt.question
    spans = list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))
    asked = [place for place, (a, b) in enumerate(spans) if a < end and b > begin]
    rows = [*range(first - 1, len(spans) - 1), *asked]
    columns: defaultdict[Place, np.ndarray] = defaultdict(lambda: np.zeros(()))
    for place, (a, b) in enumerate(spans):
        for number, (start, stop) in enumerate(prompt.passages):
            if a < b and a < stop and b > start:
                columns[number, a - start + 5, b - start + 5] = (
                    columns[number, a - start + 5, b - start + 5] + maps[:, :, rows, place].numpy()
                )
    written = [(a - len(prompt.text), b - len(prompt.text)) for a, b in spans[first:]]
    return written, columns, np.arange(len(rows)) >= len(written)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
@pytest.mark.parametrize("captured", [2**27, 20_000], ids=["one pass", "many passes"])
def test_rows_equal_those_of_eager_maps(
    build: Callable[..., GenerativeReader], captured: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generated_attention, "CAPTURED", captured)
    reader = build()
    attention = collect_generated_attention(QUESTION, ANSWER, PASSAGES, reader=reader)
    written, columns, asked = attend_eagerly(reader)
    places = [
        (number, *span) for number, span in zip(attention.passages.tolist(), attention.spans.tolist(), strict=True)
    ]
    assert places == sorted(columns)
    expected = np.stack([columns[place] for place in sorted(columns)], axis=-1)
    np.testing.assert_allclose(attention.answer, expected[:, :, ~asked].mean(2), atol=1e-5)
    np.testing.assert_allclose(attention.question, expected[:, :, asked].mean(2), atol=1e-5)
    assert attention.written is not None
    assert attention.steps is not None
    assert [tuple(place) for place in attention.written.tolist()] == sorted(set(written))
    for place, step in zip(attention.written.tolist(), attention.steps, strict=True):
        mine = [number for number, each in enumerate(written) if each == tuple(place)]
        np.testing.assert_allclose(step, expected[:, :, mine].mean((0, 1, 2)), atol=1e-5)
    assert "".join(ANSWER[start:end] for start, end in attention.written.tolist()) == ANSWER


def test_an_explanation_lies_on_the_documents() -> None:
    reader = tiny_generative.build_qwen3()
    explanation = explain_generated(QUESTION, ANSWER, PASSAGES, reader=reader, remove=0)
    assert explanation.removal is None
    documents = {passage.document_id: f"12345{passage.text}" for passage in PASSAGES}
    for spans in fold_attention(explanation, layer=1, head=3):
        assert sum(span.score for span in spans) == pytest.approx(1)
        assert all(span.text == documents[span.document_id][span.start : span.end] for span in spans)


def test_removal_is_the_fall_of_the_answers_log_probability() -> None:
    reader = tiny_generative.build_llama()
    explanation = explain_generated(QUESTION, ANSWER, PASSAGES, reader=reader, remove=1, draws=1, seed=3)
    removal = explanation.removal
    assert removal is not None
    [gone] = removal.removed
    assert gone.score == max(sentence.score for sentence in explanation.sentences)
    left = [
        each.text.replace(gone.text, "") if each.document_id == gone.document_id else each.text for each in PASSAGES
    ]
    whole = reader.score_answer(QUESTION, TEXTS, ANSWER)
    assert removal.attended == pytest.approx(whole - reader.score_answer(QUESTION, left, ANSWER), abs=1e-4)
    assert removal.attended != 0


def test_a_refusal_has_a_gaze_but_no_sources_to_remove() -> None:
    explanation = explain_generated(QUESTION, REFUSAL, PASSAGES, reader=tiny_generative.build_llama())
    assert explanation.removal is None
    assert isinstance(explanation.tokens, TokenAttention)


def test_what_did_not_fit_was_not_looked_at(taught: Path) -> None:
    model, tokenizer = load_generator(str(taught))
    length = len(ExactReader(model, tokenizer, name="x").write_prompt(QUESTION, TEXTS).tokens.ids)
    reader = ExactReader(model, tokenizer, name="x", max_answer_tokens=8, max_length=length + 7)
    explanation = explain_generated(QUESTION, "七日[1]", PASSAGES, reader=reader, remove=1)
    assert explanation.passages[2].text == "定食👍\ud800は六百円。"
    assert sum(span.score for span in explanation.passages) == pytest.approx(1)


def test_an_answer_without_words_is_refused() -> None:
    with pytest.raises(ArgumentError, match="holds no token"):
        collect_generated_attention(QUESTION, "", PASSAGES, reader=tiny_generative.build_llama())
