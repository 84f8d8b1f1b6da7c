"""What can still be read of a damaged catalog, in a new one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from rag.chunks.chunk import Chunk
from rag.errors import LibraryError
from rag.index.catalog import connect, load_encoder
from rag.index.lexical import TERMS_VERSION, insert_terms
from rag.index.schema import migrate
from rag.index.stored_document import insert_document, load_document, read_vector
from rag.index.tags import load_tags, save_tags
from rag.index.window_terms import build_document_terms


def salvage(damaged: sqlite3.Connection, target: Path) -> list[str]:
    """Write the documents that can be read into a new catalog, and say what of the others is known.

    A document whose windows or vectors cannot all be read comes without windows, to be cut by `rag repair`.

    Raises:
        LibraryError: Not even the library's embedding model can be read.
    """
    encoder = load_encoder(damaged)
    if encoder is None:
        raise LibraryError(f"{target.parent}: nothing of the library can be read; restore a copy")
    lost = []
    with closing(connect(str(target))) as connection:
        connection.execute("BEGIN IMMEDIATE")
        migrate(connection, place=str(target))
        connection.execute(
            "INSERT INTO library (id, encoder_name, encoder_fingerprint, dimension, generation, terms_version) "
            "VALUES (1, ?, ?, ?, '', ?)",
            (encoder.name, encoder.fingerprint, encoder.dimension, TERMS_VERSION),
        )
        for row in _list_rows(damaged):
            try:
                _copy(row, damaged, connection, dimension=encoder.dimension)
            except (sqlite3.Error, ValueError, TypeError) as error:
                lost.append(f"document number {row} cannot be read ({error})")
        connection.execute("COMMIT")
    return lost


def _list_rows(damaged: sqlite3.Connection) -> list[int]:
    """List the numbers of the documents, from both ends as far as a damaged page lets through."""
    rows: set[int] = set()
    for direction in ("ASC", "DESC"):
        try:
            rows.update(row for (row,) in damaged.execute(f"SELECT rowid FROM documents ORDER BY rowid {direction}"))
        except sqlite3.Error:
            continue
    return sorted(rows)


def _copy(row: int, damaged: sqlite3.Connection, target: sqlite3.Connection, *, dimension: int) -> None:
    document_id, windowing, added = damaged.execute(
        "SELECT id, windowing, added FROM documents WHERE rowid = ?", (row,)
    ).fetchone()
    document = load_document(damaged, document_id)
    try:
        windows = damaged.execute(
            "SELECT start_offset, end_offset, vector FROM chunks WHERE document_id = ? ORDER BY id", (document_id,)
        ).fetchall()
        vectors = [read_vector(blob, dimension=dimension) for _, _, blob in windows]
    except sqlite3.Error:
        windows, vectors = [], []
    sound = [vector for vector in vectors if vector is not None]
    if len(sound) < len(windows) or not sound:
        windows, sound = [], []
    chunks = [Chunk(document_id, start, end, document.text[start:end]) for start, end, _ in windows]
    table = np.stack(sound) if sound else np.empty((0, dimension), dtype=np.float32)
    ids = insert_document(target, document, chunks, table, windowing=windowing, added=added)
    terms = build_document_terms(
        document.text,
        [(chunk.start, chunk.end) for chunk in chunks],
        title=document.title,
        anchors=document.anchors,
        windowing=windowing,
    )
    insert_terms(target, ids, terms)
    try:
        tags = load_tags(damaged, document_id)
    except sqlite3.Error:
        tags = {}
    save_tags(target, document_id, tags)
