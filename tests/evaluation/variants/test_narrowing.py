"""Queries made narrower: the same at full width, and below it nothing nearer can be found."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from rag.attention.capture import capture_rows, enable_capture
from rag.errors import ArgumentError, ModelError
from rag.evaluation.variants.narrowing import BilinearForm, States, collect_states, narrow_form, narrow_queries
from rag.evaluation.variants.pruning import remove_heads
from rag.reading.slim_attention import find_attention, read_shape
from rag.reading.span_reader import SpanReader
from tests.evaluation.variants.test_pruning import QUESTION, TEXT, build_lessons, run
from tests.reading import tiny

WIDTH, SIZE = 12, 8


def draw_form() -> BilinearForm:
    generator = torch.Generator().manual_seed(1)
    query = torch.randn(SIZE, WIDTH + 1, generator=generator, dtype=torch.float64)
    return BilinearForm(query, torch.randn(SIZE, WIDTH, generator=generator, dtype=torch.float64))


def project(form: BilinearForm, seed: int, size: int) -> Tensor:
    """The nearest form within a random subspace of the head's queries and keys."""
    basis, _ = torch.linalg.qr(
        torch.randn(SIZE, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    )
    return form.query.T @ basis @ basis.T @ form.key


@pytest.mark.parametrize("informed", [False, True], ids=["plain", "over states"])
@pytest.mark.parametrize("build", [tiny.build_bert, tiny.build_roberta])
def test_at_full_width_nothing_changes(build, informed: bool) -> None:
    reader, narrow = build(), build()
    narrow_queries(narrow.model, 8, lessons=build_lessons(narrow) if informed else ())
    torch.testing.assert_close(run(narrow), run(reader), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_the_error_is_what_the_singular_values_left_out_say_and_the_least(size: int) -> None:
    form = draw_form()
    narrowed = narrow_form(form, size)
    assert (narrowed.query.shape, narrowed.key.shape) == ((size, WIDTH + 1), (size, WIDTH))
    error = torch.linalg.norm(narrowed.matrix - form.matrix)
    left = torch.linalg.svdvals(form.matrix)[size:].square().sum().sqrt()
    torch.testing.assert_close(error, left)
    assert all(error < torch.linalg.norm(project(form, seed, size) - form.matrix) for seed in range(50))


def test_over_known_states_the_error_is_least_there() -> None:
    form = draw_form()
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(200, WIDTH, generator=generator, dtype=torch.float64) * torch.logspace(0, -2, WIDTH) + 0.5
    marked, centred = torch.cat([x, torch.ones(200, 1, dtype=torch.float64)], dim=1), x - x.mean(dim=0)
    states = States(marked.T @ marked / 200, centred.T @ centred / 200)

    def measure(matrix: Tensor) -> Tensor:
        scores = marked @ (matrix - form.matrix) @ x.T
        return (scores - scores.mean(dim=1, keepdim=True)).square().mean()  # what a softmax over keys can see

    informed, plain = narrow_form(form, 3, states=states), narrow_form(form, 3)
    assert measure(informed.matrix) < 0.5 * measure(plain.matrix)
    assert all(measure(informed.matrix) < measure(project(form, seed, 3)) for seed in range(50))


def test_states_are_those_of_the_tokens_alone() -> None:
    reader = tiny.build_bert()
    lesson = build_lessons(reader)[0]
    size = int(lesson.inputs["attention_mask"].sum())
    assert size < lesson.inputs["input_ids"].shape[1]  # there is padding
    layers = find_attention(reader.model)
    assert layers is not None
    with torch.inference_mode():
        states = collect_states(reader.model, layers, [lesson])
        x = reader.model.bert.embeddings(lesson.inputs["input_ids"], lesson.inputs["token_type_ids"])[0, :size].double()
    torch.testing.assert_close(states[0].queries[-1, :-1], x.mean(dim=0))
    torch.testing.assert_close(states[0].keys, x.T.cov(correction=0))


def test_the_maps_are_narrower_and_load_again(tmp_path: Path) -> None:
    reader = tiny.build_bert()
    narrow_queries(reader.model, 3)
    layers = find_attention(reader.model)
    assert layers is not None
    attention = layers[0].attention
    assert [tuple(getattr(attention, name).weight.shape) for name in ("query", "key", "value")] == [
        (6, 16),
        (6, 16),
        (16, 16),
    ]
    reader.model.save_pretrained(tmp_path)
    reader.tokenizer.save_pretrained(tmp_path)
    loaded = SpanReader.load(str(tmp_path), device="cpu")
    torch.testing.assert_close(run(loaded), run(reader), rtol=0, atol=0)
    fused = run(loaded)
    loaded.model.set_attn_implementation("eager")
    torch.testing.assert_close(run(loaded), fused, rtol=1e-4, atol=1e-4)


def test_attention_of_narrow_queries_can_be_looked_at() -> None:
    reader = tiny.build_bert()
    narrow_queries(reader.model, 3)
    inputs = reader.collate(reader.encode(QUESTION, [TEXT]))
    enable_capture(reader.model)
    captured = capture_rows(reader.model, inputs, torch.tensor([[2, 5]]))
    torch.testing.assert_close(captured.output.start_logits, run(reader)[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(captured.rows.sum(dim=-1), torch.ones(2, 1, 2, 2))


def test_what_cannot_be_narrowed_is_said() -> None:
    with pytest.raises(ArgumentError, match="query_size is 9; expected 1 to 8, the d_k of the model"):
        narrow_queries(tiny.build_bert_model(), 9)
    with pytest.raises(ModelError, match="ModernBertForQuestionAnswering: expected the attention of BERT"):
        narrow_queries(tiny.build_modernbert().model, 4)
    with pytest.raises(ModelError, match=r"slim_attention is {'heads': 3}; expected heads, a list of numbers"):
        read_shape({"heads": 3}, place="x")


def test_what_was_pruned_can_be_narrowed() -> None:
    reader, narrow = tiny.build_bert(), tiny.build_bert()
    for each in (reader, narrow):
        remove_heads(each.model, {0: [1]})
    narrow_queries(narrow.model, 8)
    torch.testing.assert_close(run(narrow), run(reader), rtol=1e-4, atol=1e-4)
