"""Each promise of the catalog is broken on purpose, and named."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from rag.index.library_index import LibraryIndex
from rag.index.place import CATALOG_NAME
from tests.conformance.search_index import build_vectors
from tests.index.conftest import Open

HALF = np.dtype("<f2")


@pytest.mark.parametrize(
    ("statement", "values", "problem"),
    [
        pytest.param("DELETE FROM chunk_terms WHERE rowid = 3", (), "window 3 cannot be found by words", id="no-terms"),
        pytest.param(
            "INSERT INTO chunk_terms (rowid, terms) VALUES (99, '休暇')",
            (),
            "row 99 belong to no window",
            id="stray-terms",
        ),
        pytest.param("DELETE FROM chunks WHERE id = 2", (), "no window holds the text at", id="not-covered"),
        pytest.param(
            "UPDATE chunks SET end_offset = 999 WHERE id = 4", (), r"window 4 \(\d+:999\) reaches beyond", id="outside"
        ),
        pytest.param(
            "UPDATE chunks SET document_id = 'none' WHERE id = 6", (), "belongs to no row of documents", id="no-parent"
        ),
        pytest.param("UPDATE documents SET text = text || '追記' WHERE rowid = 1", (), "the catalog says", id="text"),
        pytest.param(
            "UPDATE chunks SET vector = ? WHERE id = 5", (b"\0" * 6,), "window 5 has a vector of 6 bytes", id="short"
        ),
        pytest.param(
            "UPDATE chunks SET vector = ? WHERE id = 5",
            (np.full(8, np.nan, HALF).tobytes(),),
            "window 5 has a vector of length nan",
            id="not-finite",
        ),
        pytest.param(
            "UPDATE chunks SET vector = ? WHERE id = 5",
            (np.full(8, 2, HALF).tobytes(),),
            "window 5 has a vector of length 5.657",
            id="not-unit",
        ),
        pytest.param(
            "UPDATE chunks SET vector = ? WHERE id = 5",
            (build_vectors(1, 77)[0].astype(HALF).tobytes(),),
            "window 5: the vector index holds another vector",
            id="other-vector",
        ),
    ],
)
def test_a_broken_promise_is_named(
    index: LibraryIndex, folder: Path, reopen: Open, statement: str, values: tuple[bytes, ...], problem: str
) -> None:
    assert index.verify() == []
    index.close()
    with sqlite3.connect(folder / CATALOG_NAME) as connection:
        connection.execute(statement, values)
    connection.close()
    problems = reopen().verify()
    assert re.search(problem, "\n".join(problems))


def test_a_damaged_file_is_a_problem_not_a_crash(index: LibraryIndex, folder: Path, reopen: Open) -> None:
    index.close()
    path = folder / CATALOG_NAME
    data = bytearray(path.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    path.write_bytes(data)
    problems = reopen().verify()
    assert any("damaged" in problem for problem in problems)
