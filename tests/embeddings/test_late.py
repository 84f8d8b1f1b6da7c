"""Late chunking: windows that know the text around them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer

from rag.embeddings.encoder import Vectors
from rag.embeddings.late import Context, LateEncoder, pool_contexts, split_contexts
from rag.embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.errors import ModelError
from tests.fakes import FakeEncoder

TEXT = "会社は、就業規則を定める。従業員は、年次有給休暇を取得する。"
HALVES = [(0, 13), (13, len(TEXT))]
LONG = TEXT * 4


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def read_reference(folder: Path, text: str) -> NDArray[np.float32]:
    """Vectors of the tokens of "会社：" + text, special tokens and prompt left out, straight from the library."""
    model = SentenceTransformer(str(folder), device="cpu")
    rows = model.encode(["会社：" + text], prompt="", output_value="token_embeddings")[0]
    return np.asarray(rows[4:-1], dtype=np.float32)  # [CLS] and the three of the prompt; [SEP]


def test_a_window_is_the_mean_of_its_tokens_in_the_whole_text(
    bert: SentenceTransformerEncoder, bert_folder: Path
) -> None:
    text = TEXT[:27]  # as much as the model sees
    spans = [(0, 13), (13, 27), (4, 8)]
    rows = read_reference(bert_folder, text)
    assert bert.token_starts(text).tolist() == list(range(27))
    expected = unit(np.stack([rows[start:end].mean(axis=0) for start, end in spans]))
    np.testing.assert_allclose(bert.encode_windows(text, spans), expected, atol=1e-5)


def test_what_stands_around_a_window_changes_it(bert: SentenceTransformerEncoder) -> None:
    [alone] = bert.encode_windows("休暇を取得", [(0, 2)])
    [among] = bert.encode_windows("休暇を定め", [(0, 2)])
    [again] = bert.encode_windows("休暇を取得", [(0, 2)])
    np.testing.assert_allclose(alone, again, atol=1e-6)
    assert np.abs(alone - among).max() > 1e-4


def test_a_long_text_is_read_in_contexts_that_overlap(bert: SentenceTransformerEncoder, bert_folder: Path) -> None:
    # 27 tokens are seen at once, 6 of them again: contexts begin at 0, 21, 42, … and meet in the middle at 24, 45, …
    spans = [(0, 10), (20, 30), (40, 60)]
    first, second, third = (read_reference(bert_folder, LONG[begin : begin + 27]) for begin in (0, 21, 42))
    expected = [
        first[:10].mean(axis=0),
        np.concatenate([first[20:24], second[3:9]]).mean(axis=0),
        np.concatenate([second[19:24], third[3:18]]).mean(axis=0),
    ]
    np.testing.assert_allclose(bert.encode_windows(LONG, spans), unit(np.stack(expected)), atol=1e-5)


def test_vectors_of_a_table_know_nothing_of_the_text_around_them(static: SentenceTransformerEncoder) -> None:
    plain = static.encode_documents([TEXT[start:end] for start, end in HALVES])
    np.testing.assert_allclose(static.encode_windows(TEXT, HALVES), plain, atol=1e-5)


def test_modules_behind_the_mean_do_their_part(bert_folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    dense = Dense(16, 5, activation_function=torch.nn.Tanh())
    modules = [Transformer(str(bert_folder), max_seq_length=32), Pooling(16), dense]
    SentenceTransformer(modules=modules, device="cpu").save(str(tmp_path / "dense"))
    encoder = SentenceTransformerEncoder(str(tmp_path / "dense"), device="cpu", precision="float32")
    rows = np.asarray(
        SentenceTransformer(str(tmp_path / "dense"), device="cpu").encode([TEXT[:20]], output_value="token_embeddings")[
            0
        ]
    )[1:-1]
    with torch.no_grad():
        expected = dense({"sentence_embedding": torch.from_numpy(rows[3:9].mean(axis=0))})["sentence_embedding"].numpy()
    np.testing.assert_allclose(encoder.encode_windows(TEXT[:20], [(3, 9)])[0], unit(expected), atol=1e-5)


def test_a_model_that_does_not_mean_over_its_tokens_is_refused(bert_folder: Path, tmp_path: Path) -> None:
    modules = [Transformer(str(bert_folder), max_seq_length=32), Pooling(16, pooling_mode="cls")]
    SentenceTransformer(modules=modules, device="cpu").save(str(tmp_path / "cls"))
    encoder = SentenceTransformerEncoder(str(tmp_path / "cls"), name="模型", device="cpu")
    with pytest.raises(ModelError, match=r"模型 makes its vectors by .*cls.*; expected the mean of tokens.*pooling"):
        encoder.encode_windows(TEXT, HALVES)


@pytest.mark.parametrize("text", ["   ", "年   "])
def test_windows_without_tokens_are_unit_vectors_too(bert: SentenceTransformerEncoder, text: str) -> None:
    np.testing.assert_allclose(bert.encode_windows(text, [(1, 3)]), np.full((1, 16), 0.25), atol=1e-6)
    assert bert.encode_windows(text, []).shape == (0, 16)


def test_progress_counts_windows_that_are_done(bert: SentenceTransformerEncoder) -> None:
    told: list[tuple[int, int]] = []
    bert.encode_windows(LONG, [(0, 10), (20, 30), (60, 70)], progress=lambda done, total: told.append((done, total)))
    assert told[0] == (1, 3)
    assert told[-1] == (3, 3)
    assert told == sorted(told)


def test_who_can_do_it_is_known(bert: SentenceTransformerEncoder) -> None:
    assert isinstance(bert, LateEncoder)
    assert not isinstance(FakeEncoder(), LateEncoder)


GAPS = st.lists(st.integers(0, 3), max_size=60)


@given(GAPS, st.integers(1, 20), st.data())
def test_every_token_counts_once_in_a_context_that_holds_it(gaps: list[int], length: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, length - 1))
    limit = data.draw(st.integers(1, 30))  # characters that are few enough tokens when read by themselves
    starts = np.cumsum(np.array(gaps, dtype=np.int64))
    end = int(starts[-1]) + 1 if gaps else 0
    contexts = split_contexts(
        starts, end=end, length=length, overlap=overlap, fits=lambda start, stop: stop - start <= limit
    )
    owners = [[number for number, each in enumerate(contexts) if each.first <= start < each.last] for start in starts]
    assert all(len(found) == 1 for found in owners)
    for start, [owner] in zip(starts, owners, strict=True):
        assert contexts[owner].start <= start < contexts[owner].end or contexts[owner].end == start == end - 1


def test_means_come_from_all_contexts_a_window_reaches_into() -> None:
    contexts = [Context(0, 4, 0, 3), Context(2, 6, 3, 6)]

    def read(context: Context) -> tuple[NDArray[np.int64], Vectors]:
        starts = np.arange(context.start, context.end)
        return starts, np.stack([starts, starts * 0 + context.start], axis=1).astype(np.float32)

    found = pool_contexts(contexts, [(1, 5), (9, 10)], dimension=2, read=read)
    assert found.tolist() == [[2.5, 1.0], [0.0, 0.0]]  # places 1 2 3 4; contexts 0 0 2 2
