"""The shipped reader in the laboratory, and models of other makes read from a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from rag.attention.experiment import Changes
from rag.attention.heads import find_strongest
from rag.errors import ArgumentError, ModelError
from rag.explanation.laboratory import Laboratory
from rag.models.shipped import READER, locate_model

TEXT = "青葉塔は1987年に建てられた高さ120メートルの電波塔です。"
QUESTION = "高さは何メートルですか"


@pytest.fixture(scope="module")
def laboratory() -> Laboratory:
    return Laboratory.load(locate_model(READER))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama whose tokens are the bytes of the text."""
    path = tmp_path_factory.mktemp("llama")
    vocabulary = {symbol: number for number, symbol in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(path)
    torch.manual_seed(3)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "max_position_embeddings": 64}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "bos_token_id": None, "eos_token_id": None}
    LlamaForCausalLM(LlamaConfig(vocab_size=256, **sizes, **heads)).save_pretrained(path)
    return path


def test_every_head_of_the_shipped_reader_is_computed_anew(laboratory: Laboratory) -> None:
    specimen = laboratory.prepare(TEXT, question=QUESTION)
    survey = laboratory.survey(specimen)
    assert survey.maps.shape == (6, 12, len(specimen.tokens), len(specimen.tokens))
    for layer in range(6):
        for head in (0, 5, 11):
            found = laboratory.dissect(specimen, layer=layer, head=head)
            assert [check.step for check in found.checks if not check.passed] == []
            # Scores reach some hundreds, √32 times what is recovered from the weights.
            assert max(check.difference for check in found.checks if check.step != "scores") < 1e-4
            assert len(found.checks) == 7
            np.testing.assert_allclose(found.trace.weights, survey.maps[layer, head], atol=1e-5)


def test_tokens_are_the_characters_of_question_and_text(laboratory: Laboratory) -> None:
    specimen = laboratory.prepare(TEXT, question=QUESTION)
    assert specimen.question is not None
    assert specimen.answer is not None
    assert "".join(specimen.tokens[slice(*specimen.question)]) == QUESTION
    assert "".join(specimen.tokens[slice(*specimen.answer)]) == "120メートル"
    assert [token for token, special in zip(specimen.tokens, specimen.special, strict=True) if special] == [
        "[CLS]", "[SEP]", "[SEP]",
    ]  # fmt: skip
    assert "".join(specimen.tokens) == f"[CLS]{QUESTION}[SEP]{TEXT}[SEP]"


def test_a_head_looks_from_the_question_at_the_answer(laboratory: Laboratory) -> None:
    profiles = laboratory.survey(laboratory.prepare(TEXT, question=QUESTION)).profiles
    strongest = find_strongest(profiles)
    assert strongest["answer"].shares["answer"] > 0.5
    assert strongest["answer"].layer == 5  # the last one
    assert strongest["previous"].shares["previous"] > 0.5


def test_a_text_alone_has_neither_question_nor_answer(laboratory: Laboratory) -> None:
    specimen = laboratory.prepare("猫が鳴く。", question="  ")
    assert "".join(specimen.tokens) == "[CLS]猫が鳴く。[SEP]"
    assert specimen.question is None
    assert specimen.answer is None
    found = laboratory.dissect(specimen, layer=2, head=9)
    result = laboratory.experiment(specimen, found, Changes(without_scaling=True, shared=True, swap_values=True))
    assert result.output_change > 0


def test_text_that_looks_like_a_special_token_keeps_its_characters(laboratory: Laboratory) -> None:
    specimen = laboratory.prepare("甲[SEP]乙")
    assert specimen.tokens[0] == "[CLS]"
    assert laboratory.dissect(specimen, layer=0, head=0).checks[-1].passed


def test_a_generative_model_is_read_from_a_folder(folder: Path) -> None:
    laboratory = Laboratory.load(str(folder))
    specimen = laboratory.prepare("abc", question="xy")
    assert specimen.tokens == ("x", "y", "a", "b", "c")
    assert specimen.question == (0, 2)
    assert specimen.answer is None
    found = laboratory.dissect(specimen, layer=1, head=3)
    assert found.key_head == 1
    assert max(check.difference for check in found.checks) < 1e-4
    assert len(laboratory.survey(specimen).profiles) == 8


def test_texts_that_do_not_fit_are_named(laboratory: Laboratory, folder: Path) -> None:
    with pytest.raises(ArgumentError, match="text is empty; expected a short text"):
        laboratory.prepare(" ")
    with pytest.raises(ArgumentError, match="text and question have 7 tokens; expected at most 5"):
        laboratory.prepare("猫が鳴く。", max_tokens=5)
    with pytest.raises(ArgumentError, match=r"fill 2 inputs of .*give a shorter text"):
        laboratory.prepare("猫が鳴く。" * 120, question="何が鳴きますか")
    with pytest.raises(ArgumentError, match="have 65 tokens; expected at most 64"):
        Laboratory.load(str(folder)).prepare("a" * 65)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded \(.*check the name"):
        Laboratory.load(str(tmp_path / "none"))
