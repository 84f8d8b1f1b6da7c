"""Tensors on disk: the same numbers again, in small files, and never half of two states."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rag.errors import ModelError
from rag.training import tensors
from rag.training.tensors import INDEX, load_record, load_tensors, save_tensors

NAMED = {
    "large": torch.arange(5000, dtype=torch.float32).reshape(50, 100),
    "half": torch.arange(7).half(),
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(0, 4),
    "bytes": torch.arange(200, dtype=torch.uint8),
}


def test_tensors_come_back_from_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensors, "FILE_BYTES", 4096)
    save_tensors(tmp_path, NAMED, {"step": 3})
    loaded = load_tensors(tmp_path)
    assert loaded.keys() == NAMED.keys()
    for name, tensor in NAMED.items():
        torch.testing.assert_close(loaded[name], tensor, rtol=0, atol=0)
    assert load_record(tmp_path) == {"step": 3}
    sizes = [file.stat().st_size for file in tmp_path.glob("*.safetensors")]
    assert len(sizes) == 5
    assert max(sizes) < 4096 + 1024


def test_a_write_that_dies_leaves_the_state_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_tensors(tmp_path, {"a": torch.ones(3)}, {"step": 1})
    write = tensors.replace_file

    def die_at_the_index(path: Path, content: object) -> None:
        if path.name == INDEX:
            raise KeyboardInterrupt
        write(path, content)  # type: ignore[arg-type]

    monkeypatch.setattr(tensors, "replace_file", die_at_the_index)
    with pytest.raises(KeyboardInterrupt):
        save_tensors(tmp_path, {"a": torch.zeros(3)}, {"step": 2})
    monkeypatch.undo()
    assert load_record(tmp_path) == {"step": 1}
    assert load_tensors(tmp_path)["a"].tolist() == [1.0, 1.0, 1.0]
    save_tensors(tmp_path, {"a": torch.full((3,), 2.0)}, {"step": 3})
    assert load_tensors(tmp_path)["a"].tolist() == [2.0, 2.0, 2.0]
    assert len(list(tmp_path.iterdir())) == 2


def test_damage_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected tensors there"):
        load_tensors(tmp_path)
    save_tensors(tmp_path, {"a": torch.ones(3)}, {})
    next(tmp_path.glob("*.safetensors")).write_bytes(b"")
    with pytest.raises(ModelError, match="damaged"):
        load_tensors(tmp_path)
