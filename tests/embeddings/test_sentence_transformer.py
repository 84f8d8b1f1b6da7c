from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from rag.embeddings.sentence_transformer import Precision, SentenceTransformerEncoder
from rag.errors import ArgumentError, ModelError
from tests.conformance.encoder import EncoderConformance


class TestBert(EncoderConformance):
    @pytest.fixture
    def encoder(self, bert: SentenceTransformerEncoder) -> SentenceTransformerEncoder:
        return bert


class TestStatic(EncoderConformance):
    @pytest.fixture
    def encoder(self, static: SentenceTransformerEncoder) -> SentenceTransformerEncoder:
        return static


def test_vectors_are_those_of_the_library_with_each_prompt(bert: SentenceTransformerEncoder, bert_folder: Path) -> None:
    reference = SentenceTransformer(str(bert_folder), device="cpu")
    texts = ["年次有給休暇", "会社は就業規則を定める。"]
    plain = {"prompt": "", "normalize_embeddings": True}
    np.testing.assert_allclose(
        bert.encode_queries(texts), reference.encode([f"取得{text}" for text in texts], **plain), atol=1e-6
    )
    np.testing.assert_allclose(
        bert.encode_documents(texts), reference.encode([f"会社：{text}" for text in texts], **plain), atol=1e-6
    )


def test_the_window_limit_leaves_room_for_special_tokens_and_prompt(bert: SentenceTransformerEncoder) -> None:
    assert bert.max_tokens == 32 - 2 - 3
    full, cut = "年" * 27, "年" * 27 + "休暇"
    np.testing.assert_allclose(bert.encode_documents([full]), bert.encode_documents([cut]), atol=1e-6)
    shorter = bert.encode_documents(["年" * 26])
    assert not np.allclose(shorter, bert.encode_documents([full]), atol=1e-6)


def test_token_starts_are_offsets_of_the_raw_text(
    bert: SentenceTransformerEncoder, static: SentenceTransformerEncoder
) -> None:
    text = "第１条　abc 休暇👍。"
    assert bert.token_starts(text).tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10, 11]
    assert static.token_starts(text).tolist() == list(range(len(text)))
    assert static.max_tokens is None


def test_a_truncating_tokenizer_limits_static_models(static_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "short"
    shutil.copytree(static_folder, folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(5)
    tokenizer.save(str(folder / "tokenizer.json"))
    encoder = SentenceTransformerEncoder(str(folder), device="cpu")
    assert encoder.max_tokens == 5
    assert encoder.token_starts("年次有給休暇取得").tolist() == list(range(8))


def test_prompts_can_be_given(bert: SentenceTransformerEncoder, bert_folder: Path) -> None:
    given = SentenceTransformerEncoder(
        str(bert_folder), device="cpu", precision="float32", prompts={"query": "", "document": ""}
    )
    np.testing.assert_allclose(given.encode_queries(["取得休暇"]), bert.encode_queries(["休暇"]), atol=1e-6)
    assert given.max_tokens == 30
    assert given.fingerprint != bert.fingerprint


def test_fingerprint_is_that_of_the_content(bert_folder: Path, tmp_path: Path) -> None:
    def build(folder: Path, *, precision: Precision = "float32") -> str:
        return SentenceTransformerEncoder(str(folder), device="cpu", precision=precision).fingerprint

    original = build(bert_folder)
    copy = tmp_path / "copy"
    shutil.copytree(bert_folder, copy)
    (copy / "README.md").write_text("別の説明", encoding="utf-8")
    assert build(copy) == original
    assert build(copy, precision="bfloat16") != original
    pooling = copy / "1_Pooling" / "config.json"
    settings = json.loads(pooling.read_text(encoding="utf-8"))
    settings |= {"pooling_mode": "cls", "pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}
    pooling.write_text(json.dumps(settings), encoding="utf-8")
    assert build(copy) != original


def test_bfloat16_stays_near_float32(bert_folder: Path) -> None:
    texts = ["年次有給休暇", "会社は就業規則を定める。"]
    exact = SentenceTransformerEncoder(str(bert_folder), device="cpu", precision="float32").encode_documents(texts)
    rough = SentenceTransformerEncoder(str(bert_folder), device="cpu", precision="bfloat16").encode_documents(texts)
    assert rough.dtype == np.float32
    assert (exact * rough).sum(axis=1).min() > 0.999


def test_threads_share_one_encoder(bert: SentenceTransformerEncoder) -> None:
    texts = ["会社は就業規則を定める。"[: 1 + number % 12] for number in range(24)]
    expected = bert.encode_documents(texts)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: bert.encode_documents(texts), range(8)):
            np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_name_can_differ_from_the_place(static_folder: Path) -> None:
    assert SentenceTransformerEncoder(str(static_folder), name="short", device="cpu").name == "short"


@pytest.mark.parametrize(
    "name", ["/nowhere/模型", "./nowhere", "no-such-organisation/no-such-model", "no-such-model"], ids=repr
)
def test_a_model_that_cannot_be_loaded_is_named(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError) as caught:
        SentenceTransformerEncoder(name, device="cpu")
    assert name in str(caught.value)
    assert "folder" in str(caught.value)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceTransformerEncoder(str(tmp_path), device="cpu")


def test_vectors_that_are_not_finite_are_refused(static_folder: Path) -> None:
    encoder = SentenceTransformerEncoder(str(static_folder), device="cpu")
    encoder._model[0].embedding.weight.data.fill_(float("nan"))
    with pytest.raises(ModelError, match="not finite"):
        encoder.encode_documents(["休暇"])


def test_batch_size_must_be_positive(static_folder: Path) -> None:
    with pytest.raises(ArgumentError, match="not 0"):
        SentenceTransformerEncoder(str(static_folder), batch_size=0)


def test_importing_the_module_loads_no_torch() -> None:
    code = "import rag.embeddings.sentence_transformer, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
