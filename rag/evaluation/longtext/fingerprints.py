"""What the rows of an experiment over a library depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from rag.documents.document import Document

if TYPE_CHECKING:
    from rag.library.library import Library


def hash_documents(documents: Iterable[Document]) -> str:
    """Return the fingerprint of the texts of documents, in their order, wherever they come from."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(document.text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


def list_settings(library: Library) -> dict[str, object]:
    """Return the settings of a library without its folder, with the fingerprints of its models."""
    settings = {name: value for name, value in asdict(library.settings).items() if name != "library"}
    return {
        **settings,
        "embedder_fingerprint": library.encoder.fingerprint,
        "reader_fingerprint": library.reader.fingerprint,
    }
