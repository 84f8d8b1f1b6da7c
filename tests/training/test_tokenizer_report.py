"""Figures of a tokenizer on a file small enough to count by hand."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from rag.training.tokenizer_report import TokenizerReport, measure_tokenizer

WORDS = ["[UNK]", "支店", "函", "館市", "に", "ある", "。"]


def test_figures_are_those_counted_by_hand(tmp_path: Path) -> None:
    backend = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]")
    context = "支店 は 函 館市 に ある 。"
    answers = [{"text": text, "answer_start": context.index(text)} for text in ("函 館市", "市", "は", "店")]
    qas = [{"id": str(n), "question": "何", "answers": [answer]} for n, answer in enumerate(answers)]
    file = tmp_path / "squad.json"
    file.write_text(json.dumps({"data": [{"paragraphs": [{"context": context, "qas": qas}]}]}), encoding="utf-8")
    assert measure_tokenizer(tokenizer, file) == TokenizerReport(
        vocabulary=7, characters_per_token=len(context) / 7, unknown_rate=1 / 7, boundary_rate=2 / 4, answers=4
    )
