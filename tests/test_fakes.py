from __future__ import annotations

import numpy as np
import pytest

from tests.conformance.encoder import EncoderConformance
from tests.fakes import FakeEncoder


class TestFakeEncoder(EncoderConformance):
    @pytest.fixture
    def encoder(self) -> FakeEncoder:
        return FakeEncoder()


def test_similar_texts_lie_closer() -> None:
    texts = ["有給休暇は何日か", "有給休暇は十日とする", "サーバーを再起動する"]
    question, near, far = FakeEncoder().encode_documents(texts)
    assert question @ near > question @ far


def test_every_character_that_is_no_space_is_a_token() -> None:
    np.testing.assert_array_equal(FakeEncoder().token_starts("あ い\n　う"), [0, 2, 5])


def test_max_tokens_is_as_asked_for() -> None:
    assert (FakeEncoder().max_tokens, FakeEncoder(max_tokens=64).max_tokens) == (None, 64)
