"""Where special tokens stand around question and text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from rag.errors import ModelError
from rag.reading.layout import PairLayout, build_layout
from tests.reading.tiny import build_bert_tokenizer, build_byte_tokenizer, build_slow_tokenizer

BERT = PairLayout(before=((2, 0),), between=((3, 0),), after=((3, 1),), question_type=0, passage_type=1)


def build_tokenizer(pair: str | None) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "1": 3, "2": 4}, unk_token="[UNK]"))
    if pair:
        special = [("[CLS]", 1), ("[SEP]", 2)]
        tokenizer.post_processor = TemplateProcessing(single="$A", pair=pair, special_tokens=special)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]")


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [
        pytest.param(build_bert_tokenizer(), BERT, id="bert"),
        pytest.param(build_slow_tokenizer(), BERT, id="slow"),
        pytest.param(
            build_byte_tokenizer(),
            PairLayout(((0, 0),), ((2, 0), (2, 0)), ((2, 0),), question_type=0, passage_type=0),
            id="roberta",
        ),
        pytest.param(
            build_tokenizer("$A:0 [SEP]:0 $B:1 [SEP]:1 [CLS]:2"),
            PairLayout((), ((2, 0),), ((2, 1), (1, 2)), question_type=0, passage_type=1),
            id="class token last",
        ),
        pytest.param(build_tokenizer(None), PairLayout((), (), (), question_type=0, passage_type=1), id="bare"),
    ],
)
def test_the_layout_is_that_of_the_tokenizer(tokenizer: Any, expected: PairLayout) -> None:
    layout = build_layout(tokenizer)
    assert layout == expected
    assert layout.size == len(expected.before) + len(expected.between) + len(expected.after)


def test_a_slow_tokenizer_is_asked_by_its_own_functions() -> None:
    tokenizer = SimpleNamespace(
        is_fast=False,
        build_inputs_with_special_tokens=lambda a, b: [0, *a, 2, 2, *b, 2],
        create_token_type_ids_from_sequences=lambda a, b: [0] * 6,
    )
    layout = build_layout(tokenizer)
    assert layout == PairLayout(((0, 0),), ((2, 0), (2, 0)), ((2, 0),), question_type=0, passage_type=0)


@pytest.mark.parametrize("pair", ["[CLS] $B [SEP] $A", "[CLS] $A [SEP]"], ids=["turned round", "one text only"])
def test_a_tokenizer_that_joins_otherwise_is_refused(pair: str) -> None:
    tokenizer = SimpleNamespace(
        is_fast=False,
        name_or_path="models/逆",
        build_inputs_with_special_tokens=lambda a, b: {
            "[CLS] $B [SEP] $A": [0, *b, 2, *a],
            "[CLS] $A [SEP]": [0, *a, 2],
        }[pair],
        create_token_type_ids_from_sequences=lambda a, b: [0] * 4,
    )
    with pytest.raises(
        ModelError, match=r"models/逆: its tokenizer joins two texts as .*; expected the question before"
    ):
        build_layout(tokenizer)
