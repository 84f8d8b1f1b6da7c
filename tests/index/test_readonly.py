"""Reading where nothing may be written: as a user without the right to, in another process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from rag.errors import LibraryError
from rag.index.library_index import LibraryIndex
from tests.conformance.search_index import TEXTS
from tests.index.conftest import add, open_index
from tests.index.older import build_older_library

ROOT = Path(__file__).parents[2]
NOBODY = 65534
pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")

READER = """
import json, os, sys
from pathlib import Path
import faiss
from rag.errors import LibraryError
from rag.text.terms import build_terms
from tests.index.conftest import add, open_index
from tests.conformance.search_index import build_vectors
build_terms("語")
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
found = {}
with open_index(Path(sys.argv[1])) as index:
    found["titles"] = [entry.title for entry in index.list_documents()]
    found["dense"] = len(index.search_dense(build_vectors(1)[0], k=50))
    [best] = index.search_lexical("通勤手当", k=1)
    found["lexical"] = [chunk.text for chunk in index.load_chunks([best.chunk_id])]
    found["problems"] = index.verify()
    for name, change in {
        "add": lambda: add(index, "新", "新しい文書である。二文目である。"),
        "remove": lambda: index.remove_document(index.list_documents()[0].id),
    }.items():
        try:
            change()
        except LibraryError as error:
            found[name] = str(error)
try:
    open_index(Path(sys.argv[1]), name="模型B", fingerprint="e" * 16)
except LibraryError as error:
    found["other"] = str(error)
print(json.dumps(found))
"""


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that other users can look into."""
    place = Path(mkdtemp())
    place.chmod(0o755)
    yield place
    allow_all(place)
    shutil.rmtree(place)


def allow_all(place: Path) -> None:
    for folder, _, _ in os.walk(place):
        Path(folder).chmod(0o755)


def protect(folder: Path, *, folder_mode: int = 0o555) -> None:
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(folder_mode)


def read(folder: Path) -> dict[str, object]:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    done = subprocess.run(
        [sys.executable, "-c", READER, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "could not be written" not in done.stderr
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    found: dict[str, object] = json.loads(done.stdout)
    return found


def check(found: dict[str, object], folder: Path, *titles: str) -> None:
    assert found["titles"] == [*TEXTS, *titles]
    assert found["dense"] == 2 * (len(TEXTS) + len(titles))
    assert found["lexical"] == ["通勤手当は毎月支給する。"]
    assert found["problems"] == []
    for change in ("add", "remove"):
        assert str(found[change]).startswith(f"{folder} is read-only and cannot be changed; give yourself the right")
    assert "模型A" in str(found["other"])
    assert "--embedder 模型B" in str(found["other"])


def fill(folder: Path) -> LibraryIndex:
    index = open_index(folder)
    for seed, (title, text) in enumerate(TEXTS.items()):
        add(index, title, text, seed=seed)
    return index


def test_a_library_closed_in_good_order_is_read(shelf: Path) -> None:
    fill(shelf / "library").close()
    protect(shelf / "library")
    check(read(shelf / "library"), shelf / "library")


def test_a_read_only_file_in_a_folder_that_is_not_is_read(shelf: Path) -> None:
    fill(shelf / "library").close()
    protect(shelf / "library", folder_mode=0o755)
    check(read(shelf / "library"), shelf / "library")


def test_what_another_user_is_writing_is_read(shelf: Path) -> None:
    with fill(shelf / "library") as index:
        add(index, "新刊", "新刊の一文目。新刊の二文目。", seed=9)
        (shelf / "library").chmod(0o755)
        check(read(shelf / "library"), shelf / "library", "新刊")


def test_what_a_killed_writer_left_is_read(shelf: Path) -> None:
    with fill(shelf / "live") as index:
        add(index, "新刊", "新刊の一文目。新刊の二文目。", seed=9)
        (shelf / "library").mkdir()
        for name in ("catalog.sqlite", "catalog.sqlite-wal"):
            shutil.copy(shelf / "live" / name, shelf / "library")
    protect(shelf / "library")
    check(read(shelf / "library"), shelf / "library", "新刊")


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_an_older_library_is_read(shelf: Path, schema: int) -> None:
    build_older_library(shelf / "library", schema=schema)
    protect(shelf / "library")
    check(read(shelf / "library"), shelf / "library")


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing is forbidden to this process, as far as it asks; others go on."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK and access(path, mode))


def test_changes_of_a_later_writer_are_seen(
    index: LibraryIndex, folder: Path, forbidden: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.close()
    with open_index(folder) as reader:
        assert reader.read_only
        assert len(reader.list_documents()) == 3
        with monkeypatch.context() as patch:
            patch.setattr(os, "access", lambda *_: True)
            writer = open_index(folder)
        add(writer, "新", "新しい文書である。二文目である。")
        assert len(reader.list_documents()) == 4  # in the log
        writer.close()
        assert len(reader.list_documents()) == 4  # in the file
        assert reader.verify() == []


def test_a_change_during_reading_is_not_passed_over(index: LibraryIndex, folder: Path, forbidden: None) -> None:
    def read_slowly(reader: LibraryIndex) -> None:
        with reader._catalog.reading() as connection:
            connection.execute("SELECT 1 FROM documents").fetchone()
            (folder / "catalog.sqlite").touch()

    index.close()
    with open_index(folder) as reader:
        with pytest.raises(LibraryError, match="changed by another process while"):
            read_slowly(reader)
        assert len(reader.list_documents()) == 3


def test_a_folder_that_may_not_be_written_takes_no_new_library(tmp_path: Path, forbidden: None) -> None:
    with pytest.raises(LibraryError, match="may not be written; give yourself the right"):
        open_index(tmp_path)
