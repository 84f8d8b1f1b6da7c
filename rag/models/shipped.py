"""Where the models that come with the package lie."""

from __future__ import annotations

from pathlib import Path

PREFIX = "manazashi/"
EMBEDDER = f"{PREFIX}embedder"
READER = f"{PREFIX}reader"


def locate_model(name: str) -> str:
    """Return the folder of a shipped model; any other hub name or folder is returned as it is."""
    if name.startswith(PREFIX):
        folder = Path(__file__).parent / name.removeprefix(PREFIX)
        if folder.is_dir():
            return str(folder)
    return name
