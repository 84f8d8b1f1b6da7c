"""Search by words: FTS5 finds windows by their terms, BM25 over terms and their order ranks them."""

from __future__ import annotations

import json
import logging
import sqlite3
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from rag.chunks.context import build_contexts, read_context
from rag.documents.anchor import Anchor
from rag.index.bm25 import rank_windows
from rag.index.store import Match
from rag.text.terms import build_terms

logger = logging.getLogger(__name__)

TERMS_VERSION = 1
"""Raised whenever `build_terms` gives other terms for some text: libraries with others build theirs anew."""

_BLOCK_CHARACTERS = 20_000
_MAX_QUESTION_TERMS = 512
_CANDIDATES = 200
"""Windows taken from FTS5, whose order is a first guess."""


def build_chunk_terms(
    text: str, windows: Sequence[tuple[int, int]], *, contexts: Sequence[str] | None = None
) -> list[str]:
    """Return for every window `start:end` of `text` its terms, joined by spaces, behind those of its context.

    Overlapping windows share one analysis of the text, made block by block so that a long document needs little memory.
    """
    joined = [""] * len(windows)
    order = sorted(range(len(windows)), key=lambda number: windows[number][0])
    first = 0
    while first < len(order):
        block_start = windows[order[first]][0]
        last = first
        while last < len(order) and windows[order[last]][0] < block_start + _BLOCK_CHARACTERS:
            last += 1
        block = order[first:last]
        block_end = max(windows[number][1] for number in block)
        terms = sorted(build_terms(text[block_start:block_end]), key=lambda term: (term.start, term.end))
        starts = [term.start for term in terms]
        for number in block:
            start, end = windows[number][0] - block_start, windows[number][1] - block_start
            inside = terms[bisect_left(starts, start) : bisect_left(starts, end)]
            joined[number] = " ".join(term.text for term in inside if term.end <= end)
        first = last
    return joined if contexts is None else _put_before(contexts, joined)


def _put_before(contexts: Sequence[str], joined: Sequence[str]) -> list[str]:
    known = {context: " ".join(term.text for term in build_terms(context)) for context in set(contexts)}
    return [f"{known[context]} {terms}".strip() for context, terms in zip(contexts, joined, strict=True)]


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
        contexts = build_contexts(
            [start for _, start, _ in windows],
            title=title,
            anchors=[Anchor(*fields) for fields in json.loads(anchors)],
            context=read_context(windowing),
        )
        terms = build_chunk_terms(text, [(start, end) for _, start, end in windows], contexts=contexts)
        insert_terms(connection, [chunk_id for chunk_id, _, _ in windows], terms)
    connection.execute("UPDATE library SET terms_version = ?", (TERMS_VERSION,))


def is_outdated(connection: sqlite3.Connection) -> bool:
    """Say whether a library holds terms of another version than this program makes."""
    row = connection.execute("SELECT terms_version FROM library").fetchone()
    return row is not None and row[0] != TERMS_VERSION


def search_terms(
    connection: sqlite3.Connection, question: str, *, k: int, total: int, documents: Collection[str] | None
) -> list[Match]:
    """Return the `k` windows that share most with `question`, best first; ties go to the older window.

    FTS5 finds the windows, `rank_windows` orders the best of them; `total` is the number of windows of the library.
    """
    terms = [term.text for term in sorted(build_terms(question), key=lambda term: (term.start, term.end))]
    expression = build_match(terms)
    if not expression:
        return []
    # The "+" keeps SQLite from running the whole match again for every single window of the documents.
    restriction = (
        ""
        if documents is None
        else """AND +rowid IN (
            SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(:documents)))"""
    )
    depth = min(max(k, _CANDIDATES), total)
    rows = connection.execute(
        f"SELECT rowid, terms FROM chunk_terms WHERE chunk_terms MATCH :expression {restriction} "
        "ORDER BY rank, rowid LIMIT :depth",
        {"expression": expression, "documents": json.dumps([*(documents or ())]), "depth": depth},
    )
    windows = [(chunk_id, joined.split(" ")) for chunk_id, joined in rows]
    return rank_windows(terms, windows, frequencies=_count_windows(connection, terms), total=total)[:k]


def _count_windows(connection: sqlite3.Connection, terms: Sequence[str]) -> dict[str, int]:
    """Count the windows that hold each term."""
    rows = connection.execute(
        "SELECT term, doc FROM chunk_vocabulary WHERE term IN (SELECT value FROM json_each(?))",
        (json.dumps(list(dict.fromkeys(terms))),),
    )
    return {str(term): int(count) for term, count in rows}


def build_match(terms: Iterable[str]) -> str:
    """Build the FTS5 expression that any of `terms` satisfies; "" for none.

    FTS5 takes time quadratic in their number: of a page pasted as a question only the first terms count.
    """
    known = dict.fromkeys(term.replace('"', "").replace("\0", "") for term in terms)
    used = islice((term for term in known if term.strip()), _MAX_QUESTION_TERMS)
    return " OR ".join(f'"{term}"' for term in used)
