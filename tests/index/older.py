"""Libraries as older versions of this program wrote them; the statements are copies, so that they stay as they were."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.conformance.search_index import TEXTS, build_document, build_vectors, split

SCHEMA_1 = (
    """CREATE TABLE library (id INTEGER PRIMARY KEY CHECK (id = 1), encoder_name TEXT NOT NULL,
       encoder_fingerprint TEXT NOT NULL, dimension INTEGER NOT NULL, generation TEXT NOT NULL)""",
    """CREATE TABLE documents (id TEXT PRIMARY KEY, source TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
       characters INTEGER NOT NULL, windowing TEXT NOT NULL, added TEXT NOT NULL, metadata TEXT NOT NULL,
       anchors TEXT NOT NULL, text TEXT NOT NULL)""",
    """CREATE TABLE chunks (id INTEGER PRIMARY KEY AUTOINCREMENT,
       document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE, start_offset INTEGER NOT NULL,
       end_offset INTEGER NOT NULL CHECK (0 <= start_offset AND start_offset < end_offset), vector BLOB NOT NULL)""",
    "CREATE INDEX chunks_by_document ON chunks (document_id, start_offset, end_offset)",
    r"""CREATE VIRTUAL TABLE chunk_terms USING fts5
        (terms, tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[\]^_`{|}~'")""",
    "CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab (chunk_terms, row)",
)
SCHEMA_2 = ("ALTER TABLE library ADD COLUMN terms_version INTEGER NOT NULL DEFAULT 0",)
SCHEMA_3 = (
    """CREATE TABLE losses (document_id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
       report TEXT NOT NULL)""",
)
SCHEMA_4 = (
    """CREATE TABLE files (document_id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
       size INTEGER NOT NULL, modified INTEGER NOT NULL, looked INTEGER NOT NULL, digest TEXT NOT NULL,
       loaders TEXT NOT NULL)""",
    """CREATE TABLE tags (document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
       name TEXT NOT NULL COLLATE NOCASE, value TEXT NOT NULL, PRIMARY KEY (document_id, name))""",
)
STEPS = (SCHEMA_1, SCHEMA_2, SCHEMA_3, SCHEMA_4)


def build_older_library(folder: Path, *, schema: int) -> None:
    """Write the three documents of the conformance tests as a version with this schema did, with terms of its time."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "catalog.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN")
        for statements in STEPS[:schema]:
            for statement in statements:
                connection.execute(statement)
        terms_version = ("", ", 0")[schema > 1]
        connection.execute(f"INSERT INTO library VALUES (1, '模型A', '{'f' * 16}', 8, 'old'{terms_version})")
        for seed, (title, text) in enumerate(TEXTS.items()):
            document = build_document(title, text)
            connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, '', '2024-04-01T00:00:00+00:00', ?, '[]', ?)",
                (document.id, title, title, len(text), json.dumps({"format": "txt"}), text),
            )
            for chunk, vector in zip(split(document), build_vectors(2, seed), strict=True):
                inserted = connection.execute(
                    "INSERT INTO chunks (document_id, start_offset, end_offset, vector) VALUES (?, ?, ?, ?)",
                    (document.id, chunk.start, chunk.end, vector.astype("<f2").tobytes()),
                )
                connection.execute("INSERT INTO chunk_terms (rowid, terms) VALUES (?, '昔の語')", (inserted.lastrowid,))
        connection.execute(f"PRAGMA application_id = {0x4D4E475A}")
        connection.execute(f"PRAGMA user_version = {schema}")
        connection.execute("COMMIT")
