"""Averages of readers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

from rag.errors import ArgumentError
from rag.models.shipped import READER, locate_model
from rag.training.average import average_readers
from rag.training.reader import load_reader, save_reader


def make_reader(folder: Path, value: float, *, hidden: int = 8) -> Path:
    config = BertConfig(
        vocab_size=32, hidden_size=hidden, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    model = BertForQuestionAnswering(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    save_reader(model, AutoTokenizer.from_pretrained(locate_model(READER)), folder)
    return folder


def test_weights_are_averaged_by_share(tmp_path: Path) -> None:
    shares = {make_reader(tmp_path / "a", 1.0): 3.0, make_reader(tmp_path / "b", 5.0): 1.0}
    average_readers(shares, tmp_path / "c")
    for parameter in load_reader(tmp_path / "c").parameters():
        torch.testing.assert_close(parameter.detach(), torch.full_like(parameter, 2.0))


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    one, other = make_reader(tmp_path / "a", 1.0), make_reader(tmp_path / "b", 1.0, hidden=16)
    with pytest.raises(ArgumentError, match="another shape"):
        average_readers({one: 1.0, other: 1.0}, tmp_path / "c")
    with pytest.raises(ArgumentError, match="expected one above 0"):
        average_readers({one: 0.0}, tmp_path / "c")
