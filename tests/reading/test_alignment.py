"""A text as tokens with their places, for every kind of tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.reading.alignment import tokenize_text
from tests.reading.tiny import build_bert_tokenizer, build_byte_tokenizer, build_slow_tokenizer

TOKENIZERS: dict[str, Callable[[], Any]] = {
    "fast": build_bert_tokenizer,
    "bytes": build_byte_tokenizer,
    "slow": build_slow_tokenizer,
}
TEXTS = st.text(
    alphabet="休暇取得従業員をabc 12①ｶﾞか゛\u3099㌔葛\U000e0100𠮷👨\u200d👩\ud800\0\n　。[SEP]#▁", max_size=60
)


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return TOKENIZERS[request.param]()


def test_tokens_have_the_text_they_were_made_of(tokenizer: Any) -> None:
    text = "  従業員は\n年次休暇 を取得する。 "
    tokens = tokenize_text(tokenizer, text)
    found = [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]
    assert "".join(dict.fromkeys(piece for piece in found if piece)) == "従業員は年次休暇を取得する。"
    for number, piece in zip(tokens.ids.tolist(), found, strict=True):
        token = tokenizer.convert_ids_to_tokens(number)
        if token.removeprefix("##") in set(text):
            assert token.removeprefix("##") == piece


def test_special_tokens_of_the_text_are_plain_text(tokenizer: Any) -> None:
    text = f"休{tokenizer.sep_token}暇{tokenizer.cls_token}"
    assert not set(tokenize_text(tokenizer, text).ids.tolist()) & {tokenizer.sep_token_id, tokenizer.cls_token_id}


def test_any_text_has_places_inside_without_outer_white_space(tokenizer: Any) -> None:
    @settings(max_examples=150, deadline=None)
    @given(text=TEXTS)
    def check(text: str) -> None:
        tokens = tokenize_text(tokenizer, text)
        assert tokens.ids.dtype == tokens.starts.dtype == tokens.ends.dtype == np.int64
        assert (np.diff(tokens.starts[tokens.starts < tokens.ends]) >= 0).all()
        for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
            assert 0 <= start <= end <= len(text)
            assert text[start:end] == text[start:end].strip()

    check()


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_no_text_has_no_tokens(kind: str) -> None:
    tokens = tokenize_text(TOKENIZERS[kind](), "")
    assert (tokens.ids.tolist(), tokens.starts.tolist(), tokens.ends.tolist()) == ([], [], [])
