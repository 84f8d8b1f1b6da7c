"""Mending of a catalog: what belongs to nothing goes, what a document lost is made anew from its text."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from rag.index.manifest import MANIFEST_NAME
from rag.index.verification import find_unreadable


def rebuild_structures(connection: sqlite3.Connection) -> None:
    """Make the structures anew that SQLite derives from the tables: indexes, and the lists of terms."""
    connection.execute("REINDEX")
    connection.execute("INSERT INTO chunk_terms (chunk_terms) VALUES ('rebuild')")


def delete_strays(connection: sqlite3.Connection) -> list[str]:
    """Delete rows that belong to no document, and say so."""
    done = []
    for table, named in (
        ("chunks", "windows"),
        ("losses", "loss reports"),
        ("files", "records of files"),
        ("tags", "tags"),
    ):
        count = connection.execute(f"DELETE FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)").rowcount
        if count:
            done.append(f"{count} {named} that belonged to no document were removed")
    count = connection.execute("DELETE FROM chunk_terms WHERE rowid NOT IN (SELECT id FROM chunks)").rowcount
    if count > 0:
        done.append(f"terms of {count} windows that are not there were removed")
    return done


def empty_unreadable(connection: sqlite3.Connection, document_id: str) -> list[str]:
    """Empty the fields of a document that cannot be read, so that the rest of it can be; say so."""
    statements = {
        "anchors": "UPDATE documents SET anchors = '[]' WHERE id = ?",
        "metadata": "UPDATE documents SET metadata = '{}' WHERE id = ?",
        "losses": "DELETE FROM losses WHERE document_id = ?",
    }
    unreadable = find_unreadable(connection, document_id)
    for name in unreadable:
        connection.execute(statements[name], (document_id,))
    if not unreadable:
        return []
    # The next ingestion shall read the file, however well it is known.
    connection.execute("DELETE FROM files WHERE document_id = ?", (document_id,))
    return [f"document {document_id}: its {', '.join(unreadable)} had to be given up; ingest its file again"]


def delete_vector_files(folder: Path) -> None:
    """Delete the vector cache with its manifest, and what an interrupted writing of them left."""
    for path in (*folder.glob("vectors-*"), *folder.glob(f"{MANIFEST_NAME}*"), *folder.glob("library.json.*.tmp")):
        if path.is_file():
            path.unlink(missing_ok=True)
