"""The manifest: says which state of which catalog the vector file on disk was made from."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

MANIFEST_NAME = "manifest.json"
MANIFEST_SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the vector file was made from; `seal` is that of the file, `count` its number of vectors.

    Where its vectors are in clusters, the last three are those of `rag.index.clustering.Clustering`.
    """

    schema: int
    encoder_name: str
    encoder_fingerprint: str
    dimension: int
    generation: str
    count: int
    seal: str
    trained: int | None = None
    probes: int | None = None
    recall: float | None = None


def load_manifest(folder: Path) -> Manifest | None:
    """Load the manifest of a library, None if it is missing, damaged or of another schema."""
    try:
        fields = json.loads((folder / MANIFEST_NAME).read_bytes())
        manifest = Manifest(**fields)
    except (OSError, ValueError, TypeError):
        return None
    return manifest if manifest.schema == MANIFEST_SCHEMA else None


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest as a whole."""
    data = json.dumps(asdict(manifest), ensure_ascii=False, indent=2).encode() + b"\n"
    replace_file(folder / MANIFEST_NAME, lambda file: file.write(data))


def replace_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file so that at any moment, power cut included, `path` holds the old content or the new, both whole."""
    # A name of its own: several processes may write the same file.
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
