"""No room at every write: the library stays as it was, says so in clear words, and goes on when there is room again."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.index import manifest
from rag.index.library_index import LibraryIndex
from tests.conformance.search_index import TEXTS
from tests.index.conftest import Open, add

ROOT = Path(__file__).parents[2]
LONG = "一文目の長い文章である" * 1000 + "。" + "二文目も長い" * 1000 + "。"


def find_texts(index: LibraryIndex) -> dict[str, str]:
    return {entry.title: index.load_text(entry.id) for entry in index.list_documents()}


def limit_pages(index: LibraryIndex, pages: int) -> int:
    """Let the catalog have `pages` more pages than now; returns how many it has."""
    with index._catalog.reading() as connection:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count + pages}")
    return int(count)


@pytest.mark.parametrize("title", ["新", "規程"], ids=["new", "changed"])
def test_a_full_catalog_keeps_every_document_at_every_page(index: LibraryIndex, title: str) -> None:
    said: list[str] = []
    for pages in range(200):
        limit_pages(index, pages)
        try:
            add(index, title, LONG, seed=5)
            break
        except LibraryError as error:
            said.append(str(error))
        assert find_texts(index) == TEXTS
        if pages % 16 == 0:
            assert index.verify() == []
    assert len(said) > 20
    assert all("no space left for" in line and "what was stored is intact" in line for line in said)
    assert find_texts(index) == TEXTS | {title: LONG}
    assert index.verify() == []


WRITER = """
import resource, signal, sys
from pathlib import Path
from rag.errors import LibraryError
from rag.index.library_index import LibraryIndex
from tests.index.conftest import add, open_index
from tests.index.test_full_disk import LONG
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
import faiss
from rag.text.terms import build_terms
build_terms("語")
for limit in map(int, sys.argv[2:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        with open_index(Path(sys.argv[1])) as index:
            add(index, "新", LONG + str(limit), seed=5)
        print(limit, "stored", flush=True)
    except LibraryError as error:
        print(limit, error, flush=True)
"""


def test_files_that_may_not_grow_keep_every_document(index: LibraryIndex, folder: Path, reopen: Open) -> None:
    index.close()
    limits = [1 << bits for bits in range(10, 22)]
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(folder), *map(str, limits)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert list(said) == list(map(str, limits))
    stored = [limit for limit, line in said.items() if line == "stored"]
    refused = [line for line in said.values() if line != "stored"]
    assert stored
    assert refused
    for line in refused:
        assert "no space left" in line or "check the disk" in line
    again = reopen()
    assert find_texts(again) == TEXTS | {"新": LONG + stored[-1]}
    assert again.verify() == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def fail_at(step: str) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    return fail


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_cache_that_cannot_be_written_leaves_the_old_one_or_none(
    index: LibraryIndex, folder: Path, reopen: Open, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    index.save()
    add(index, "新", "新しい文書である。二文目である。")
    with monkeypatch.context() as patch:
        owner = manifest.os if step == "fsync" else Path
        patch.setattr(owner, step, fail_at(step))
        index.close()
    assert not list(folder.glob("*.tmp"))
    again = reopen()
    assert find_texts(again) == TEXTS | {"新": "新しい文書である。二文目である。"}
    assert again.verify() == []
