"""What every `Encoder` promises; subclass it as `Test…` and build the encoder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.embeddings.encoder import Encoder

WINDOWS = [
    "第12条　従業員は、年次有給休暇を取得することができる。",
    "休暇",
    "",
    "ﾊﾝｶｸのｶﾅと①②と葛\U000e0100城と𠮷野家。",
    "会社は就業規則を定める。" * 40,
]


class EncoderConformance:
    """Run over an `encoder` fixture that the subclass defines."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        raise NotImplementedError

    def test_names_itself(self, encoder: Encoder) -> None:
        assert encoder.name
        assert encoder.fingerprint
        assert encoder.dimension > 0
        assert encoder.max_tokens is None or encoder.max_tokens > 0

    def test_documents_become_unit_rows_in_order(self, encoder: Encoder) -> None:
        vectors = encoder.encode_documents(WINDOWS)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(WINDOWS), encoder.dimension)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
        for number, window in enumerate(WINDOWS):
            np.testing.assert_allclose(vectors[number], encoder.encode_documents([window])[0], atol=2e-3)

    def test_questions_become_unit_rows_in_order(self, encoder: Encoder) -> None:
        vectors = encoder.encode_queries(WINDOWS)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
        np.testing.assert_allclose(vectors[1], encoder.encode_queries([WINDOWS[1]])[0], atol=2e-3)

    def test_nothing_gives_no_rows(self, encoder: Encoder) -> None:
        assert encoder.encode_documents([]).shape == (0, encoder.dimension)
        assert encoder.encode_queries([]).shape == (0, encoder.dimension)

    def test_progress_ends_at_the_total(self, encoder: Encoder) -> None:
        calls: list[tuple[int, int]] = []
        encoder.encode_documents(WINDOWS, progress=lambda done, total: calls.append((done, total)))
        assert calls[-1] == (len(WINDOWS), len(WINDOWS))
        assert calls == sorted(calls)

    def test_token_starts_ascend_inside_the_text(self, encoder: Encoder) -> None:
        @settings(max_examples=60, deadline=None)
        @given(text=st.text(alphabet="休暇取得をabc 12①ｶﾞか゛\u3099葛\U000e0100𠮷👨\u200d👩\n　。", max_size=60))
        def check(text: str) -> None:
            starts = encoder.token_starts(text)
            assert starts.dtype == np.int64
            assert (np.diff(starts) >= 0).all()
            assert all(0 <= start < len(text) for start in starts)

        check()

    def test_a_long_text_has_all_its_tokens(self, encoder: Encoder) -> None:
        starts = encoder.token_starts(WINDOWS[4] * 20)
        assert starts[-1] >= len(WINDOWS[4]) * 19
