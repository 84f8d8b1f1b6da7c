"""Heads and layers taken out: what is left computes what it should, and is really smaller."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rag.errors import ArgumentError
from rag.evaluation.variants.lesson import build_lesson, measure_losses
from rag.evaluation.variants.pruning import (
    choose_heads,
    find_outputs,
    mask_heads,
    measure_importance,
    remove_heads,
    remove_layers,
)
from rag.reading.slim_attention import find_attention
from rag.reading.span_reader import SpanReader
from tests.reading import tiny

TEXT = "従業員の年次有給休暇は10日とする。会社は休暇を取得する従業員を定める。"
QUESTION = "有給休暇は何日か"
REMOVED = {0: [1], 1: [0]}


def run(reader: SpanReader) -> Tensor:
    windows = reader.encode(QUESTION, [TEXT])
    with torch.inference_mode():
        output = reader.model(**reader.collate(windows))
    return torch.stack([output.start_logits, output.end_logits])


def build_lessons(reader: SpanReader) -> list:
    start = TEXT.index("10日")
    lesson = build_lesson(reader, QUESTION, TEXT, start, start + 3)
    assert lesson is not None
    return [lesson]


@pytest.mark.parametrize("build", [tiny.build_bert, tiny.build_roberta])
def test_a_model_without_heads_computes_what_it_does_with_silent_ones(build) -> None:
    whole, masked, pruned = build(), build(), build()
    mask_heads(masked.model, REMOVED)
    assert remove_heads(pruned.model, REMOVED)
    torch.testing.assert_close(run(pruned), run(masked), rtol=1e-5, atol=1e-5)
    assert (run(pruned) - run(whole)).abs().max() > 0.01
    layers = find_attention(pruned.model)
    assert layers is not None
    for layer in layers:
        shapes = [tuple(getattr(layer.attention, name).weight.shape) for name in ("query", "key", "value")]
        assert (shapes, tuple(layer.output.weight.shape)) == ([(8, 16)] * 3, (16, 8))


def test_where_heads_are_fused_they_are_silenced_and_said_to_be() -> None:
    reader = tiny.build_modernbert()
    silent = deepcopy(reader.model)
    for number, (linear, heads) in enumerate(find_outputs(silent)):
        size = linear.in_features // heads
        first = REMOVED.get(number, [0])[0] * size
        if number in REMOVED:
            linear.weight.data[:, first : first + size] = 0
    assert not remove_heads(reader.model, REMOVED)
    found = run(reader)
    reader.model = silent
    torch.testing.assert_close(found, run(reader), rtol=0, atol=0)


def test_importance_is_the_slope_of_the_loss() -> None:
    reader = tiny.build_bert()
    lessons = build_lessons(reader)

    def measure_loss(layer: int, head: int, gate: float) -> float:
        model = deepcopy(reader.model).double()
        find_outputs(model)[layer][0].weight.data[:, 8 * head : 8 * head + 8] *= gate
        return next(measure_losses(model, lessons)).item()

    slopes = [
        np.array([abs(measure_loss(layer, head, 1.001) - measure_loss(layer, head, 0.999)) / 0.002 for head in (0, 1)])
        for layer in (0, 1)
    ]
    for found, slope in zip(measure_importance(reader.model, lessons), slopes, strict=True):
        np.testing.assert_allclose(found, slope / np.linalg.norm(slope), rtol=1e-3)


def test_a_silent_head_is_worth_nothing_and_goes_first() -> None:
    reader = tiny.build_bert()
    mask_heads(reader.model, {1: [1]})
    importance = measure_importance(reader.model, build_lessons(reader))
    assert importance[1].tolist() == [1.0, 0.0]
    assert choose_heads(importance, share=0.25) == {1: [1]}


def test_the_least_are_chosen_over_all_layers_and_each_keeps_its_best() -> None:
    importance = [np.array([0.1, 0.2, 0.15]), np.array([0.9, 0.8, 0.12])]
    assert choose_heads(importance, share=0.34) == {0: [0], 1: [2]}
    assert choose_heads(importance, share=0.66) == {0: [0, 2], 1: [1, 2]}
    with pytest.raises(ArgumentError, match=r"heads is 0\.9; expected a share above 0 that leaves each of 2 layers"):
        choose_heads(importance, share=0.9)


def test_importance_needs_questions() -> None:
    with pytest.raises(ArgumentError, match="no question to measure heads by"):
        measure_importance(tiny.build_bert().model, [])


def test_heads_that_are_not_there_are_named() -> None:
    with pytest.raises(ArgumentError, match=r"layer 1: heads to take out are \[3\]; expected some of 1 to 2, not all"):
        remove_heads(tiny.build_bert_model(), {0: [2]})
    with pytest.raises(ArgumentError, match=r"heads to take out are \[1, 2\]"):
        remove_heads(tiny.build_bert_model(), {1: [0, 1]})
    with pytest.raises(ArgumentError, match=r"layer 3: .* of layers 1 to 2"):
        remove_heads(tiny.build_bert_model(), {2: [0]})


def test_layers_taken_out_leave_the_others() -> None:
    reader = tiny.build_bert()
    inputs = reader.collate(reader.encode(QUESTION, [TEXT]))
    with torch.inference_mode():
        embedded = reader.model.bert.embeddings(inputs["input_ids"], inputs["token_type_ids"])
        second = reader.model.bert.encoder.layer[1]
        expected = reader.model.qa_outputs(second(embedded))
        remove_layers(reader.model, [0])
        output = reader.model(**{name: inputs[name] for name in ("input_ids", "token_type_ids")})
    torch.testing.assert_close(output.start_logits, expected[..., 0], rtol=1e-5, atol=1e-5)
    assert reader.model.config.num_hidden_layers == 1
    with pytest.raises(ArgumentError, match=r"layers to take out are \[1\]; expected some of 1 to 1, not all"):
        remove_layers(reader.model, [0])


def test_a_cut_reader_is_loaded_as_any_other(tmp_path: Path) -> None:
    reader = tiny.build_bert()
    remove_layers(reader.model, [0])
    remove_heads(reader.model, {0: [1]})
    reader.model.save_pretrained(tmp_path)
    reader.tokenizer.save_pretrained(tmp_path)
    loaded = SpanReader.load(str(tmp_path), device="cpu")
    torch.testing.assert_close(run(loaded), run(reader), rtol=0, atol=0)
    assert loaded.model.config.slim_attention == {"heads": [1], "query_size": 8}
