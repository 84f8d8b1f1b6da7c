"""Documents as the catalog keeps them: whole text, anchors and windows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.chunks.chunk import Chunk
from rag.chunks.context import build_contexts, join_context
from rag.chunks.windowing import Windowing, read_context
from rag.documents.anchor import Anchor
from rag.documents.container import INSIDE
from rag.documents.document import Document, build_document_id
from rag.documents.losses import NOTHING_KNOWN, Losses
from rag.embeddings.encoder import Vectors
from rag.index.catalog import encode_text
from rag.index.files import load_file_state
from rag.index.tags import load_all_tags

VECTOR_TYPE = np.dtype("<f2")
"""Vectors are stored in half precision, little-endian."""

UNIT_TOLERANCE = 1e-2
"""How far the length of a vector may be from 1; half precision alone stays below 1e-3."""


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One line of the list of documents; `characters` counts code points, `added` is ISO 8601 UTC."""

    id: str
    title: str
    source: str
    characters: int
    chunks: int
    added: str
    losses: Losses = NOTHING_KNOWN
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much a library holds; `characters` counts code points of the documents, each once."""

    documents: int
    chunks: int
    characters: int


def insert_document(
    connection: sqlite3.Connection,
    document: Document,
    chunks: Sequence[Chunk],
    vectors: Vectors,
    *,
    windowing: str,
    added: str | None = None,
) -> list[int]:
    """Insert a document with its windows and return the windows' ids, in their order; `added` is now unless given."""
    connection.execute(
        """INSERT INTO documents (id, source, title, characters, windowing, added, metadata, anchors, text)
           VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, CAST(? AS TEXT))""",
        (
            document.id,
            encode_text(document.source),
            encode_text(document.title),
            len(document.text),
            windowing,
            added or datetime.now(UTC).isoformat(timespec="seconds"),
            json.dumps(dict(document.metadata)),
            _dump_anchors(document),
            encode_text(document.text),
        ),
    )
    connection.execute("INSERT INTO losses VALUES (?, ?)", (document.id, json.dumps(asdict(document.losses))))
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
    first = 1 if row is None else int(row[0]) + 1
    ids = list(range(first, first + len(chunks)))
    connection.executemany(
        "INSERT INTO chunks (id, document_id, start_offset, end_offset, vector) VALUES (?, ?, ?, ?, ?)",
        (
            (chunk_id, document.id, chunk.start, chunk.end, vector.tobytes())
            for chunk_id, chunk, vector in zip(ids, chunks, vectors.astype(VECTOR_TYPE), strict=True)
        ),
    )
    return ids


def move_document(connection: sqlite3.Connection, document_id: str, document: Document) -> None:
    """Give a document that is there another source, with the id, title and places that come of it; the text stays."""
    connection.execute("PRAGMA defer_foreign_keys = ON")  # until the end of the transaction
    connection.execute(
        """UPDATE documents SET id = ?, source = CAST(? AS TEXT), title = CAST(? AS TEXT), metadata = ?, anchors = ?
           WHERE id = ?""",
        (
            document.id,
            encode_text(document.source),
            encode_text(document.title),
            json.dumps(dict(document.metadata)),
            _dump_anchors(document),
            document_id,
        ),
    )
    for table in ("chunks", "losses", "files", "tags"):
        connection.execute(f"UPDATE {table} SET document_id = ? WHERE document_id = ?", (document.id, document_id))


def _dump_anchors(document: Document) -> str:
    return json.dumps(
        [[anchor.kind, anchor.start, anchor.end, anchor.label, anchor.level] for anchor in document.anchors]
    )


def find_document(connection: sqlite3.Connection, source: str) -> str | None:
    """Return the id of the document that came from `source`."""
    row = connection.execute(
        "SELECT id FROM documents WHERE source = CAST(? AS TEXT)", (encode_text(source),)
    ).fetchone()
    return None if row is None else str(row[0])


def find_inside(connection: sqlite3.Connection, source: str) -> dict[str, str]:
    """Return the ids of the documents that came from the file `source` or from its members, by their sources."""
    first = encode_text(source + INSIDE)
    rows = connection.execute(
        """SELECT source, id FROM documents WHERE source = CAST(? AS TEXT)
           OR (source >= CAST(? AS TEXT) AND source < CAST(? AS TEXT))""",
        (encode_text(source), first, first[:-1] + bytes([first[-1] + 1])),
    )
    return dict(rows.fetchall())


def has_document(connection: sqlite3.Connection, document_id: str) -> bool:
    """Say whether there is a document of this id."""
    return connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is not None


def load_text(connection: sqlite3.Connection, document_id: str) -> str:
    """Load the text of a document that is there."""
    (text,) = connection.execute("SELECT text FROM documents WHERE id = ?", (document_id,)).fetchone()
    return str(text)


def load_document(connection: sqlite3.Connection, document_id: str, *, text: str | None = None) -> Document:
    """Load a document that is there, whole; `text` is its text where that was loaded before."""
    title, source, anchors, metadata = connection.execute(
        "SELECT title, source, anchors, metadata FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    return Document(
        id=document_id,
        title=title,
        text=load_text(connection, document_id) if text is None else text,
        source=source,
        anchors=tuple(Anchor(*fields) for fields in json.loads(anchors)),
        metadata=json.loads(metadata),
        losses=load_losses(connection, document_id),
    )


def load_losses(connection: sqlite3.Connection, document_id: str) -> Losses:
    """Load what of a document did not come in; nothing is known of documents that an older version added."""
    row = connection.execute("SELECT report FROM losses WHERE document_id = ?", (document_id,)).fetchone()
    return _read_losses(None if row is None else row[0])


def _read_losses(report: str | None) -> Losses:
    if report is None:
        return NOTHING_KNOWN
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(report).items()
    }
    return Losses(**fields)


def load_added(connection: sqlite3.Connection, document_id: str) -> str | None:
    """Return when a document came in, None for one that is not there."""
    row = connection.execute("SELECT added FROM documents WHERE id = ?", (document_id,)).fetchone()
    return None if row is None else str(row[0])


def load_windows(connection: sqlite3.Connection, document_id: str) -> tuple[str, list[tuple[int, int]]]:
    """Load how a document that is there was cut, and its windows as they are written down, in order."""
    (windowing,) = connection.execute("SELECT windowing FROM documents WHERE id = ?", (document_id,)).fetchone()
    rows = connection.execute(
        "SELECT start_offset, end_offset FROM chunks WHERE document_id = ? ORDER BY start_offset, end_offset",
        (document_id,),
    )
    return str(windowing), rows.fetchall()


def load_window_vectors(connection: sqlite3.Connection, document_id: str, *, dimension: int) -> dict[str, Vectors]:
    """Load the sound vectors of a document by context and text of their windows.

    None of one that is not there, and of one whose windows know the text around them: they are not those of their text.
    """
    row = connection.execute("SELECT windowing FROM documents WHERE id = ?", (document_id,)).fetchone()
    written = None if row is None else Windowing.read(row[0])
    if row is None or (written is not None and written.pooling == "document"):
        return {}
    document = load_document(connection, document_id)
    if (
        load_file_state(connection, document_id) is not None
        and build_document_id(document.source, document.text) != document_id
    ):
        return {}  # the text was damaged: nobody knows what the vectors were made of
    windows = connection.execute(
        "SELECT start_offset, end_offset, vector FROM chunks WHERE document_id = ? ORDER BY start_offset, end_offset",
        (document_id,),
    ).fetchall()
    contexts = build_contexts(
        [start for start, _, _ in windows],
        title=document.title,
        anchors=document.anchors,
        context=read_context(row[0]),
    )
    vectors: dict[str, Vectors] = {}
    for context, (start, end, blob) in zip(contexts, windows, strict=True):
        vector = read_vector(blob, dimension=dimension)
        if vector is not None and end <= len(document.text):
            vectors[join_context(context, document.text[start:end])] = vector
    return vectors


def read_vector(blob: object, *, dimension: int) -> Vectors | None:
    """Read a vector out of the catalog, None unless it has this dimension and length 1. Shape: (dimension,)."""
    if not isinstance(blob, bytes) or len(blob) != dimension * VECTOR_TYPE.itemsize:
        return None
    vector = np.frombuffer(blob, dtype=VECTOR_TYPE).astype(np.float32)
    # So written, NaN counts as wrong.
    return vector if abs(float(np.linalg.norm(vector)) - 1.0) <= UNIT_TOLERANCE else None


def list_documents(connection: sqlite3.Connection) -> list[DocumentEntry]:
    """List the documents in the order they were added."""
    rows = connection.execute(
        """SELECT id, title, source, characters,
                  (SELECT count(*) FROM chunks WHERE document_id = documents.id), added, report
           FROM documents LEFT JOIN losses ON losses.document_id = documents.id ORDER BY documents.rowid"""
    )
    tags = load_all_tags(connection)
    return [
        DocumentEntry(
            document_id, title, source, characters, chunks, added, _read_losses(report), tags.get(document_id, {})
        )
        for document_id, title, source, characters, chunks, added, report in rows
    ]


def count_documents(connection: sqlite3.Connection) -> Statistics:
    """Count documents, windows and characters."""
    row = connection.execute(
        "SELECT count(*), (SELECT count(*) FROM chunks), coalesce(sum(characters), 0) FROM documents"
    ).fetchone()
    return Statistics(*row)


def select_chunk_ids(connection: sqlite3.Connection, documents: Collection[str] | None) -> NDArray[np.int64]:
    """Return the ids of the windows of these documents, ascending; None means all. Shape: (windows,)."""
    if documents is None:
        rows = connection.execute("SELECT id FROM chunks")
    else:
        rows = connection.execute(
            "SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(?))", (json.dumps([*documents]),)
        )
    return np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64))
