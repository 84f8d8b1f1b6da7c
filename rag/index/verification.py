"""Checks of a library: what the catalog promises, window by window."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np

from rag.index.catalog import EncoderRecord
from rag.index.stored_document import VECTOR_TYPE, load_document

UNIT_TOLERANCE = 1e-2
"""How far the length of a vector may be from 1; half precision alone stays below 1e-3."""


def find_catalog_problems(connection: sqlite3.Connection, encoder: EncoderRecord) -> list[str]:
    """Check the catalog and say in plain words what is wrong; an empty list means clean."""
    return [
        *_check_file(connection),
        *_check_documents(connection),
        *_check_vectors(connection, encoder),
        *_check_terms(connection),
    ]


def _check_file(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"the catalog is damaged: {line}"
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} belongs to no row of {parent}"


def _check_documents(connection: sqlite3.Connection) -> Iterator[str]:
    for (document_id,) in connection.execute("SELECT id FROM documents ORDER BY rowid").fetchall():
        document = load_document(connection, document_id)
        (characters,) = connection.execute("SELECT characters FROM documents WHERE id = ?", (document_id,)).fetchone()
        if characters != len(document.text):
            yield f"document {document_id} has {len(document.text)} characters, the catalog says {characters}"
        covered = 0
        for chunk_id, start, end in connection.execute(
            "SELECT id, start_offset, end_offset FROM chunks WHERE document_id = ? ORDER BY start_offset, end_offset",
            (document_id,),
        ):
            if end > len(document.text):
                yield f"window {chunk_id} ({start}:{end}) reaches beyond the end of document {document_id}"
            if document.text[covered:start].strip():
                yield f"document {document_id}: no window holds the text at {covered}:{start}"
            covered = max(covered, end)
        if document.text[covered:].strip():
            yield f"document {document_id}: no window holds the text at {covered}:{len(document.text)}"


def _check_vectors(connection: sqlite3.Connection, encoder: EncoderRecord) -> Iterator[str]:
    for chunk_id, blob in connection.execute("SELECT id, vector FROM chunks ORDER BY id"):
        if len(blob) != encoder.dimension * VECTOR_TYPE.itemsize:
            yield f"window {chunk_id} has a vector of {len(blob)} bytes, expected {encoder.dimension} half floats"
            continue
        vector = np.frombuffer(blob, dtype=VECTOR_TYPE).astype(np.float64)
        length = float(np.linalg.norm(vector))
        if not abs(length - 1.0) <= UNIT_TOLERANCE:  # so written, NaN counts as wrong
            yield f"window {chunk_id} has a vector of length {length:.3f}, expected 1"


def _check_terms(connection: sqlite3.Connection) -> Iterator[str]:
    for (chunk_id,) in connection.execute("SELECT id FROM chunks EXCEPT SELECT rowid FROM chunk_terms"):
        yield f"window {chunk_id} cannot be found by words: its terms are missing"
    for (row,) in connection.execute("SELECT rowid FROM chunk_terms EXCEPT SELECT id FROM chunks"):
        yield f"the terms of row {row} belong to no window"
