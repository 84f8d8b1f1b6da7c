"""Loading: what fits, and what is said of folders that do not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import BertModel

from rag.errors import ModelError
from rag.reading.loading import find_max_length, load_model
from tests.reading import tiny

WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved reader in half precision."""
    folder = tmp_path_factory.mktemp("models") / "小さな読み手"
    tiny.build_bert_model(positions=64).half().save_pretrained(folder)
    tiny.build_bert_tokenizer().save_pretrained(folder)
    return folder


def test_a_folder_is_loaded_in_single_precision(folder: Path) -> None:
    model, tokenizer = load_model(str(folder))
    assert type(model).__name__ == "BertForQuestionAnswering"
    assert model.dtype == torch.float32
    expected = tiny.build_bert_model(positions=64).half().float().state_dict()
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, expected[name], rtol=0, atol=0)
    assert tokenizer.get_vocab() == tiny.build_vocabulary()


def test_a_slow_tokenizer_is_loaded_too(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "slow"
    shutil.copytree(folder, copy)
    for path in copy.glob("tokenizer*"):
        path.unlink()
    tiny.build_slow_tokenizer().save_pretrained(copy)
    _, tokenizer = load_model(str(copy))
    assert (type(tokenizer).__name__, tokenizer.is_fast) == ("BertJapaneseTokenizer", False)


@pytest.mark.parametrize(
    "name", ["/nowhere/読み手", "./nowhere", "no-such/model", "no-such-model", "a/b/c", ""], ids=repr
)
def test_a_name_that_leads_nowhere_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"cannot be loaded as a reader .* check the name, or give a folder") as caught:
        load_model(name)
    assert str(caught.value).startswith(f"{name}: ")


def cut_weights(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-100])


def widen(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 32}))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda folder: (folder / WEIGHTS).unlink(), id="no weights"),
        pytest.param(lambda folder: (folder / WEIGHTS).write_bytes(b""), id="empty weights"),
        pytest.param(cut_weights, id="cut weights"),
        pytest.param(widen, id="other size"),
        pytest.param(lambda folder: (folder / "config.json").unlink(), id="no configuration"),
        pytest.param(lambda folder: (folder / "config.json").write_text("oops"), id="no JSON"),
        pytest.param(lambda folder: (folder / "config.json").write_text("[]"), id="configuration is a list"),
        pytest.param(lambda folder: (folder / "config.json").write_text('{"model_type": "x"}'), id="unknown kind"),
        pytest.param(lambda folder: (folder / "tokenizer.json").write_text("{}"), id="damaged tokenizer"),
    ],
)
def test_a_damaged_folder_is_named(folder: Path, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    damage(copy)
    with pytest.raises(ModelError, match="cannot be loaded as a reader") as caught:
        load_model(str(copy))
    assert str(caught.value).startswith(f"{copy}: ")


def test_a_model_without_a_head_for_questions_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "encoder"
    BertModel(tiny.build_bert_model().config, add_pooling_layer=False).save_pretrained(copy)
    tiny.build_bert_tokenizer().save_pretrained(copy)
    with pytest.raises(ModelError, match=r"no trained weights for qa_outputs.bias, qa_outputs.weight, .* random"):
        load_model(str(copy))


def test_a_model_without_a_tokenizer_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bare"
    shutil.copytree(folder, copy)
    for path in copy.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ModelError, match=r"its tokenizer knows no words; .* put tokenizer.json") as caught:
        load_model(str(copy))
    assert str(caught.value).startswith(f"{copy}: ")


def test_the_longest_input_is_what_model_and_tokenizer_take() -> None:
    tokenizer = tiny.build_bert_tokenizer()
    model = tiny.build_bert_model(positions=300)
    assert find_max_length(model, tokenizer) == 300
    tokenizer.model_max_length = 200
    assert find_max_length(model, tokenizer) == 200
    roberta = tiny.build_roberta()
    assert find_max_length(roberta.model, roberta.tokenizer) == 512
    tokenizer.model_max_length = int(1e30)
    del model.config.max_position_embeddings
    assert find_max_length(model, tokenizer) == 512
