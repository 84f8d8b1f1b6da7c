"""Ask long Japanese documents a question, get the answer, and see where the model looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.errors import RagError
    from rag.library.library import Library
    from rag.library.records import Answer, Citation, Turn

__all__ = ["Answer", "Citation", "Library", "RagError", "Turn"]

_HOMES = {
    "Answer": "rag.library.records",
    "Citation": "rag.library.records",
    "Library": "rag.library.library",
    "RagError": "rag.errors",
    "Turn": "rag.library.records",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `import rag` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
