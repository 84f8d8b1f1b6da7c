from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

from rag.embeddings.token_offsets import build_token_starts


class Slow:
    """A tokenizer without offsets that cuts as it was told."""

    unk_token = "[UNK]"

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def tokenize(self, text: str) -> list[str]:
        return self.tokens


def align_tokens(text: str, tokens: list[str]) -> NDArray[np.int64]:
    return build_token_starts(Slow(tokens))(text)


@pytest.mark.parametrize(
    ("text", "tokens", "starts"),
    [
        pytest.param("有給休暇", ["有給", "##休", "##暇"], [0, 2, 3], id="word-pieces"),
        pytest.param("有給 休暇", ["▁有給", "▁休暇"], [0, 3], id="sentence-pieces"),
        pytest.param("第１２条", ["第", "12", "条"], [0, 1, 3], id="full-width-digits"),
        pytest.param("ｶﾞｽ管", ["ガス", "管"], [0, 3], id="half-width-kana"),
        pytest.param("㌔と", ["キロ", "と"], [0, 1], id="one-character-for-two"),
        pytest.param("ABC", ["abc"], [0], id="lower-case"),
        pytest.param("魑魅と休", ["[UNK]", "と", "休"], [0, 2, 3], id="unknown-word"),
        pytest.param("休魑", ["休", "[UNK]"], [0, 1], id="unknown-at-the-end"),
        pytest.param("", [], [], id="empty"),
    ],
)
def test_tokens_are_found_in_the_raw_text(text: str, tokens: list[str], starts: list[int]) -> None:
    assert align_tokens(text, tokens).tolist() == starts


@given(pieces=st.lists(st.text(alphabet="休暇取得abＡｶﾞ𠮷 ", min_size=1, max_size=4), max_size=12))
def test_every_token_gets_one_start_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    starts = align_tokens(text, pieces)
    assert len(starts) == len(pieces)
    assert (np.diff(starts) >= 0).all()
    assert all(0 <= start < len(text) for start in starts)


@given(words=st.lists(st.sampled_from(["有給休暇", "規程", "abc", "、"]), max_size=10))
def test_alignment_agrees_with_a_tokenizer_that_knows(words: list[str]) -> None:
    pieces = ["有給", "##休暇", "規程", "abc", "、", "[UNK]"]
    tokenizer = Tokenizer(WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    text = " ".join(words)
    tokens = tokenizer.encode(text).tokens
    assert align_tokens(text, tokens).tolist() == build_token_starts(tokenizer)(text).tolist()
