"""Named tensors in a folder of safetensors files, none larger than 16 MiB, replaced as a whole."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from rag.errors import ModelError
from rag.index.manifest import replace_file

INDEX = "index.json"
FILE_BYTES = 15 * 2**20
"""Bytes of tensors in one file; what is left to 16 MiB is more than the names need."""


def save_tensors(folder: Path, tensors: Mapping[str, torch.Tensor], record: Mapping[str, Any]) -> None:
    """Put tensors and a JSON record in the place of what the folder holds.

    The index is written last, by renaming: killed at any moment, the folder holds the old state or the new one.

    Args:
        folder: Made when it does not exist.
        tensors: From any device; one that is too large for a file is spread over several.
        record: What stands beside them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generation, files = secrets.token_hex(4), []
    for number, part in enumerate(_fill_files(tensors)):
        files.append(f"{generation}-{number:04d}.safetensors")
        content = save(part)
        replace_file(folder / files[-1], lambda file, content=content: file.write(content))  # type: ignore[misc]
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
    index = json.dumps({"record": record, "files": files, "shapes": shapes}, ensure_ascii=False).encode()
    replace_file(folder / INDEX, lambda file: file.write(index))
    for stale in folder.iterdir():
        if stale.name not in {INDEX, *files}:
            stale.unlink()


def _fill_files(tensors: Mapping[str, torch.Tensor]) -> Iterator[dict[str, torch.Tensor]]:
    """Cut tensors into flat pieces and share these out, in order."""
    part: dict[str, torch.Tensor] = {}
    room = FILE_BYTES
    for name, tensor in tensors.items():
        flat = tensor.detach().cpu().reshape(-1)
        first = 0
        while first < len(flat) or not (first or len(flat)):
            count = room // flat.element_size()
            if count == 0:
                yield part
                part, room = {}, FILE_BYTES
                continue
            part[f"{name}#{first}"] = flat[first : first + count].clone()
            room -= part[f"{name}#{first}"].numel() * flat.element_size()
            first += max(count, 1)
    if part:
        yield part


def load_record(folder: Path) -> dict[str, Any] | None:
    """Read the record beside the tensors, None when the folder holds none."""
    index = _load_index(folder)
    return None if index is None else dict(index["record"])


def load_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """Read all tensors.

    Raises:
        ModelError: The folder holds none, or one of its files is damaged.
    """
    index = _load_index(folder)
    if index is None:
        raise ModelError(f"{folder}: expected tensors there, found none; run the stage that writes them first")
    pieces: dict[str, list[tuple[int, torch.Tensor]]] = {name: [] for name in index["shapes"]}
    for file in index["files"]:
        try:
            with safe_open(folder / file, framework="pt") as opened:
                for key in opened.keys():  # noqa: SIM118 (no mapping)
                    name, _, first = key.rpartition("#")
                    pieces[name].append((int(first), opened.get_tensor(key)))
        except (OSError, SafetensorError, KeyError) as error:
            raise ModelError(f"{folder / file}: damaged ({error}); remove {folder} and start the stage anew") from error
    return {
        name: torch.cat([piece for _, piece in sorted(found, key=lambda each: each[0])]).reshape(index["shapes"][name])
        for name, found in pieces.items()
    }


def _load_index(folder: Path) -> dict[str, Any] | None:
    path = folder / INDEX
    if not path.is_file():
        return None
    try:
        index: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError as error:
        raise ModelError(f"{path}: damaged ({error}); remove {folder} and start the stage anew") from error
    return index
