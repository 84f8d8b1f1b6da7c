"""The tables of a catalog, and how a catalog of an older version becomes one of this version."""

from __future__ import annotations

import sqlite3

from rag.errors import LibraryError

APPLICATION_ID = 0x4D4E475A
"""Marks the SQLite file as a catalog of this package ("MNGZ")."""

TERM_MARKS = "!#$%&()*+,-./:;<=>?@[\\]^_`{|}~"
"""ASCII marks that may be part of a term."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE library (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            encoder_name TEXT NOT NULL,
            encoder_fingerprint TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            generation TEXT NOT NULL
        )""",
        # The text comes last: a row is read from its front, so listing documents does not read their texts.
        """CREATE TABLE documents (
            id TEXT PRIMARY KEY,
            source TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            characters INTEGER NOT NULL,
            windowing TEXT NOT NULL,
            added TEXT NOT NULL,
            metadata TEXT NOT NULL,
            anchors TEXT NOT NULL,
            text TEXT NOT NULL
        )""",
        # AUTOINCREMENT: the id of a removed window never comes back for another one, not even in another process.
        """CREATE TABLE chunks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
            start_offset INTEGER NOT NULL,
            end_offset INTEGER NOT NULL CHECK (0 <= start_offset AND start_offset < end_offset),
            vector BLOB NOT NULL
        )""",
        "CREATE INDEX chunks_by_document ON chunks (document_id, start_offset, end_offset)",
        # The terms are made by rag.text: the tokenizer shall split at spaces only. Beyond ASCII it does so anyway.
        f"""CREATE VIRTUAL TABLE chunk_terms USING fts5 (terms, tokenize = "ascii tokenchars '{TERM_MARKS}'")""",
        "CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab (chunk_terms, row)",
    ),
    ("ALTER TABLE library ADD COLUMN terms_version INTEGER NOT NULL DEFAULT 0",),
    (
        # A table of its own: behind the text, a report would only be read after it.
        """CREATE TABLE losses (
            document_id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
            report TEXT NOT NULL
        )""",
    ),
    # The state the vector file was last written from: a file of that state is an earlier one of this very catalog.
    ("ALTER TABLE library ADD COLUMN cached_generation TEXT NOT NULL DEFAULT ''",),
)
"""Statements that lead from schema version n to n + 1; `PRAGMA user_version` counts those applied."""

SCHEMA_VERSION = len(MIGRATIONS)


def check_schema(connection: sqlite3.Connection, *, place: str) -> int:
    """Return the schema version of a catalog, 0 for an empty file.

    Raises:
        LibraryError: The file belongs to another program or to a newer version of this one.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner != APPLICATION_ID and (owner or version or connection.execute("SELECT 1 FROM sqlite_master").fetchone()):
        raise LibraryError(f"{place} is a database of another program, not a library; choose another folder")
    if version > SCHEMA_VERSION:
        raise LibraryError(
            f"{place} was written by a newer version of this program (schema {version}, this one knows up to "
            f"{SCHEMA_VERSION}); update the program or choose another folder"
        )
    return version


def migrate(connection: sqlite3.Connection, *, place: str) -> None:
    """Bring a catalog to this version; call inside a writing transaction."""
    for statements in MIGRATIONS[check_schema(connection, place=place) :]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
