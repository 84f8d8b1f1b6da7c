"""Terms in the catalog: FTS5 keeps those of every window, all of one version."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Sequence

from rag.documents.anchor import Anchor
from rag.index.window_terms import build_document_terms

logger = logging.getLogger(__name__)

TERMS_VERSION = 1
"""Raised whenever `build_terms` gives other terms for some text: libraries with others build theirs anew."""


def insert_terms(connection: sqlite3.Connection, chunk_ids: Sequence[int], terms: Iterable[str]) -> None:
    """Make windows findable by their terms."""
    connection.executemany(
        "INSERT INTO chunk_terms (rowid, terms) VALUES (?, CAST(? AS TEXT))",
        ((chunk_id, joined.encode("utf-8", "replace")) for chunk_id, joined in zip(chunk_ids, terms, strict=True)),
    )


def delete_terms(connection: sqlite3.Connection, document_id: str) -> None:
    """Forget the terms of a document; call before its windows go."""
    connection.execute(
        "DELETE FROM chunk_terms WHERE rowid IN (SELECT id FROM chunks WHERE document_id = ?)", (document_id,)
    )


def refresh_terms(connection: sqlite3.Connection, *, place: str) -> None:
    """Build all terms anew from the stored texts where they are of another version; call inside a transaction."""
    if not is_outdated(connection):
        return
    rows = connection.execute("SELECT id, title, windowing, anchors FROM documents").fetchall()
    if rows:
        logger.warning("%s holds terms of another version: building those of %d documents anew", place, len(rows))
    connection.execute("DELETE FROM chunk_terms")
    for document_id, title, windowing, anchors in rows:
        (text,) = connection.execute("SELECT text FROM documents WHERE id = ?", (document_id,)).fetchone()
        windows = connection.execute(
            "SELECT id, start_offset, end_offset FROM chunks WHERE document_id = ? ORDER BY start_offset",
            (document_id,),
        ).fetchall()
        terms = build_document_terms(
            text,
            [(start, end) for _, start, end in windows],
            title=title,
            anchors=[Anchor(*fields) for fields in json.loads(anchors)],
            windowing=windowing,
        )
        insert_terms(connection, [chunk_id for chunk_id, _, _ in windows], terms)
    connection.execute("UPDATE library SET terms_version = ?", (TERMS_VERSION,))


def is_outdated(connection: sqlite3.Connection) -> bool:
    """Say whether a library holds terms of another version than this program makes."""
    row = connection.execute("SELECT terms_version FROM library").fetchone()
    return row is not None and row[0] != TERMS_VERSION
