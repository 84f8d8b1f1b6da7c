"""Tags of documents: names and values that people give them."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping

from rag.errors import ArgumentError

BUILT_IN = ("path", "title", "format", "added", "modified")
"""Names that every document has without being tagged."""

_FORBIDDEN = re.compile(r'[\s=!<>"]')


def parse_tags(pairs: Iterable[str]) -> dict[str, str]:
    """Read tags written as `KEY=VALUE`.

    Raises:
        ArgumentError: One is written otherwise.
    """
    tags: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.replace("＝", "=", 1).partition("=")
        if not equals:
            raise ArgumentError(f"{pair!r}: expected a tag as KEY=VALUE; write for example 部署=総務")
        tags[name.strip()] = value.strip()
    return check_tags(tags)


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags with their names in one form (NFKC).

    Raises:
        ArgumentError: A name cannot be asked for in a filter, or a value is empty.
    """
    checked: dict[str, str] = {}
    for name, value in tags.items():
        key = unicodedata.normalize("NFKC", name)
        if not key or _FORBIDDEN.search(key) or key.casefold() in BUILT_IN:
            raise ArgumentError(
                f'{name!r} cannot be the name of a tag; expected a word without spaces and the marks = ! < > " that is '
                f"none of {', '.join(BUILT_IN)}: choose another name"
            )
        if not value.strip():
            raise ArgumentError(
                f"the tag {name} has no value; expected KEY=VALUE: take a tag away with --remove {name}"
            )
        checked[key] = value
    return checked


def load_tags(connection: sqlite3.Connection, document_id: str) -> dict[str, str]:
    """Load the tags of a document, by name."""
    return dict(
        connection.execute(
            "SELECT name, value FROM tags WHERE document_id = ? ORDER BY name", (document_id,)
        ).fetchall()
    )


def load_all_tags(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Load the tags of all documents that have any, by id and name."""
    tags: dict[str, dict[str, str]] = {}
    for document_id, name, value in connection.execute("SELECT document_id, name, value FROM tags ORDER BY name"):
        tags.setdefault(document_id, {})[name] = value
    return tags


def save_tags(
    connection: sqlite3.Connection, document_id: str, tags: Mapping[str, str], *, remove: Iterable[str] = ()
) -> None:
    """Give a document that is there tags, in place of those of the same names, after taking others away."""
    connection.executemany(
        "DELETE FROM tags WHERE document_id = ? AND name = ?",
        [(document_id, unicodedata.normalize("NFKC", name)) for name in remove],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", [(document_id, name, value) for name, value in tags.items()]
    )
