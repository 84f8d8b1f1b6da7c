"""The fingerprint of an embedding model: a hash of everything its vectors depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from rag.errors import ModelError

_SETTINGS = (".json", ".txt", ".model")


def build_fingerprint(folder: Path, settings: Mapping[str, object]) -> str:
    """Hash the files of a saved model and the settings it runs with into 16 hexadecimal digits.

    The model card is left out, and so are weights in formats that are not loaded (ONNX, OpenVINO, pickles beside
    safetensors): a cache may or may not hold them.

    Raises:
        ModelError: The folder holds no weights.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, ensure_ascii=True).encode())
    weights = 0
    for part in _list_module_folders(folder):
        files = sorted(entry for entry in part.iterdir() if entry.is_file())
        chosen = [file for file in files if file.suffix == ".safetensors"]
        chosen = chosen or [file for file in files if file.suffix == ".bin"]
        weights += len(chosen)
        for file in sorted(chosen + [file for file in files if file.suffix in _SETTINGS]):
            digest.update(f"\0{file.relative_to(folder).as_posix()}\0".encode())
            with file.open("rb") as data:
                digest.update(hashlib.file_digest(data, "sha256").digest())
    if not weights:
        raise ModelError(f"{folder} holds no weights (*.safetensors); name a folder written by a model's save method")
    return digest.hexdigest()[:16]


def _list_module_folders(folder: Path) -> list[Path]:
    """List the folder of a sentence-transformers model and those of its modules."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return [folder]
    paths = (folder / str(module.get("path", "")) for module in json.loads(modules.read_bytes()))
    return sorted({folder, *(path for path in paths if path.is_dir())})
