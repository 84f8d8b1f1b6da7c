"""Checks of a library: what the catalog promises, window by window."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from rag.documents.anchor import Anchor
from rag.documents.document import build_document_id
from rag.index.catalog import EncoderRecord
from rag.index.files import load_file_state
from rag.index.stored_document import VECTOR_TYPE, load_losses, load_text, read_vector


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, in plain words.

    `document_id` is the document that is stored anew to mend it; None for what belongs to no document.
    """

    text: str
    document_id: str | None = None


def find_catalog_problems(connection: sqlite3.Connection, encoder: EncoderRecord) -> list[Problem]:
    """Check the catalog and say what is wrong; an empty list means clean."""
    return [
        *check_file(connection),
        *_check_owners(connection),
        *_check_documents(connection),
        *_check_vectors(connection, encoder),
        *_check_terms(connection),
    ]


def check_file(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Check the SQLite file itself."""
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield Problem(f"the catalog is damaged: {' '.join(line.split())}")


def _check_owners(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Problem(f"row {row} of {table} belongs to no row of {parent}")


def _check_documents(connection: sqlite3.Connection) -> Iterator[Problem]:
    for (document_id,) in connection.execute("SELECT id FROM documents ORDER BY rowid").fetchall():
        for text in (*_check_fields(connection, document_id), *_check_windows(connection, document_id)):
            yield Problem(text, document_id)


def _check_fields(connection: sqlite3.Connection, document_id: str) -> Iterator[str]:
    source, characters = connection.execute(
        "SELECT source, characters FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    text = load_text(connection, document_id)
    if characters != len(text):
        yield f"document {document_id} has {len(text)} characters, the catalog says {characters}"
    if load_file_state(connection, document_id) is not None and build_document_id(source, text) != document_id:
        yield f"document {document_id} has another text than it came with"
    for name in find_unreadable(connection, document_id):
        yield f"the {name} of document {document_id} cannot be read"


def find_unreadable(connection: sqlite3.Connection, document_id: str) -> list[str]:
    """Name what cannot be read of a document that is there: its anchors, metadata or losses."""
    anchors, metadata = connection.execute(
        "SELECT anchors, metadata FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    readers: dict[str, Callable[[], object]] = {
        "anchors": lambda: [Anchor(*fields) for fields in json.loads(anchors)],
        "metadata": lambda: dict(json.loads(metadata)),
        "losses": lambda: load_losses(connection, document_id),
    }
    unreadable = []
    for name, read in readers.items():
        try:
            read()
        except (ValueError, TypeError, AttributeError):
            unreadable.append(name)
    return unreadable


def _check_windows(connection: sqlite3.Connection, document_id: str) -> Iterator[str]:
    text = load_text(connection, document_id)
    covered = 0
    for chunk_id, start, end in connection.execute(
        "SELECT id, start_offset, end_offset FROM chunks WHERE document_id = ? ORDER BY start_offset, end_offset",
        (document_id,),
    ):
        if end > len(text):
            yield f"window {chunk_id} ({start}:{end}) reaches beyond the end of document {document_id}"
        if text[covered:start].strip():
            yield f"document {document_id}: no window holds the text at {covered}:{start}"
        covered = max(covered, end)
    if text[covered:].strip():
        yield f"document {document_id}: no window holds the text at {covered}:{len(text)}"


def _check_vectors(connection: sqlite3.Connection, encoder: EncoderRecord) -> Iterator[Problem]:
    for chunk_id, document_id, blob in connection.execute("SELECT id, document_id, vector FROM chunks ORDER BY id"):
        if read_vector(blob, dimension=encoder.dimension) is not None:
            continue
        if not isinstance(blob, bytes) or len(blob) != encoder.dimension * VECTOR_TYPE.itemsize:
            text = f"window {chunk_id} has a vector of {len(blob)} bytes, expected {encoder.dimension} half floats"
        else:
            length = float(np.linalg.norm(np.frombuffer(blob, dtype=VECTOR_TYPE).astype(np.float64)))
            text = f"window {chunk_id} has a vector of length {length:.3f}, expected 1"
        yield Problem(text, document_id)


def _check_terms(connection: sqlite3.Connection) -> Iterator[Problem]:
    for chunk_id, document_id in connection.execute(
        "SELECT id, document_id FROM chunks WHERE id NOT IN (SELECT rowid FROM chunk_terms) ORDER BY id"
    ):
        yield Problem(f"window {chunk_id} cannot be found by words: its terms are missing", document_id)
    for (row,) in connection.execute("SELECT rowid FROM chunk_terms EXCEPT SELECT id FROM chunks"):
        yield Problem(f"the terms of row {row} belong to no window")
