"""A short run of the fuzzer; see `tests.stress.fuzz` for the long one."""

from __future__ import annotations

from pathlib import Path

from rag.documents.anchor import Anchor
from rag.documents.document import Document
from rag.documents.formats import supported_suffixes
from tests.stress.fuzz import find_faults, fuzz, write_mutants, write_originals


def test_damaged_files_are_documents_or_say_what_is_wrong(tmp_path: Path) -> None:
    tally = fuzz(tmp_path, files=60, seed=7)
    assert tally.faults == []
    assert tally.beyond == []
    assert tally.outcomes.total() == 60
    assert {"document", "refused"} <= tally.outcomes.keys()


def test_every_format_is_mutated_and_a_seed_gives_the_same_files(tmp_path: Path) -> None:
    originals = write_originals(tmp_path)
    assert originals.keys() == set(supported_suffixes())
    first, second = (
        [(path.name, path.read_bytes()) for path in write_mutants(tmp_path, originals, files=30, seed=3)]
        for _ in range(2)
    )
    assert first == second


def test_faults_are_found() -> None:
    anchors = (Anchor("heading", 3, 9, "a", 1), Anchor("heading", 1, 2, "\ud800", 1))
    assert find_faults(Document("id", "title", "a\rb\n", "source", anchors)) == [
        "text is not canonical",
        "a lone surrogate, which no file can hold",
        "anchors are not in order",
        "an anchor is outside the text",
    ]
