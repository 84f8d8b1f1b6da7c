"""Sentence pairs: what is read of them, and which are drawn."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoTokenizer, BertTokenizer, PreTrainedTokenizerFast

from rag.models.shipped import EMBEDDER, locate_model
from rag.training.translations import Translations, tokenize_pairs

PAIRS = [("猫が鳴く。", "the cat"), ("", "the dog"), ("犬。" * 200, "dog " * 100)]


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerFast:
    folder = tmp_path_factory.mktemp("english")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog"]
    BertTokenizer(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
    loaded: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(folder)
    return loaded


def test_empty_sides_are_left_out_and_long_ones_cut(english: PreTrainedTokenizerFast) -> None:
    japanese: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(locate_model(EMBEDDER))
    ours, theirs = tokenize_pairs(PAIRS, japanese, english)
    assert [japanese.decode(ids).replace(" ", "") for ids in ours] == ["猫が鳴く。", "犬。" * 50]
    assert theirs == [[5, 6], [7] * 75]


def test_drawn_sentences_stay_with_their_translations() -> None:
    translations = Translations([[n] for n in range(9)], [[n + 10] for n in range(9)], torch.zeros(20, 4))
    japanese, english = translations.draw(4, seed="a")
    assert [[ids[0] + 10] for ids in japanese] == english
    assert len({ids[0] for ids in japanese}) == 4
    assert translations.draw(4, seed="a") == (japanese, english)
    assert sorted(translations.draw(99, seed="b")[0]) == [[n] for n in range(9)]
