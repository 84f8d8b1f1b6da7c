"""Several processes in one folder, and processes killed in the middle of their work."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.index.library_index import LibraryIndex
from rag.index.place import CATALOG_NAME
from tests.conformance.search_index import build_document, build_vectors
from tests.index.conftest import Open, add, open_index

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from tests.index.conftest import add, open_index
folder, name, turns = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with open_index(folder, lock_timeout=30.0) as index:
    print("ready", flush=True)
    for turn in range(turns):
        for number in range(4):
            text = f"{name}{number}の第{turn}版である。" + "通勤手当は毎月支給する" * 50 + "。終わり。"
            add(index, f"{name}{number}", text, seed=turn)
        if turn % 5 == 4:
            index.save()
"""


def start_writer(folder: Path, name: str, turns: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(turns)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def find_versions(index: LibraryIndex, name: str) -> dict[str, str]:
    return {
        entry.title: index.load_document(entry.id).text[:12] for entry in index.list_documents() if name in entry.title
    }


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.45])
def test_a_killed_writer_leaves_a_sound_library(index: LibraryIndex, folder: Path, reopen: Open, delay: float) -> None:
    index.close()
    process = start_writer(folder, "長文", 10_000)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = reopen()
    assert again.verify() == []
    assert {"規程", "手引", "食堂"} <= {entry.title for entry in again.list_documents()}
    add(again, "長文0", "殺された後の版である。終わり。", seed=3)
    assert find_versions(again, "長文0") == {"長文0": "殺された後の版である。終"}
    assert again.verify() == []


def test_two_writers_take_turns_and_a_reader_sees_both(index: LibraryIndex, folder: Path) -> None:
    index.search_dense(build_vectors(1)[0], k=1)
    writers = [start_writer(folder, name, 6) for name in ("甲", "乙")]
    while any(process.poll() is None for process in writers):
        for match in index.search_dense(build_vectors(1)[0], k=100):
            assert match.chunk_id > 0
    for process in writers:
        process.communicate()
        assert process.returncode == 0
    expected = {f"{name}{number}": f"{name}{number}の第5版である。"[:12] for name in "甲乙" for number in range(4)}
    assert {**find_versions(index, "甲"), **find_versions(index, "乙")} == {
        title: index.load_document(build_id(title)).text[:12] for title in expected
    }
    best = index.search_dense(build_vectors(2, 5)[0], k=8)
    found = {chunk.document_id for chunk in index.load_chunks([match.chunk_id for match in best])}
    assert found == {build_id(title) for title in expected}
    assert index.verify() == []


def build_id(title: str) -> str:
    return build_document(title, f"{title}の第5版である。" + "通勤手当は毎月支給する" * 50 + "。終わり。").id


HOLDER = """
import sys
from pathlib import Path
from tests.index.conftest import add, open_index
with open_index(Path(sys.argv[1])) as index, index._catalog.writing():
    print("ready", flush=True)
    sys.stdin.readline()
"""


def test_a_writer_that_is_kept_waiting_says_so_and_readers_go_on(index: LibraryIndex, folder: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    with open_index(folder, lock_timeout=0.1) as other:
        expected = f"another process is writing to {folder / CATALOG_NAME}; wait until it is done and try again"
        with pytest.raises(LibraryError, match=re.escape(expected)):
            add(other, "新", "新しい文書である。二文目である。")
        assert len(other.search_dense(build_vectors(1)[0], k=9)) == 6
        assert other.verify() == []
        holder.communicate("\n")
        assert holder.returncode == 0
        add(other, "新", "新しい文書である。二文目である。")
    assert index.statistics().documents == 4


def test_another_process_is_seen_without_opening_again(index: LibraryIndex, reopen: Open) -> None:
    other = reopen()
    near = build_vectors(2, 42)[0]
    assert index.search_dense(near, k=1)[0].score < 0.99
    document_id = add(other, "新", "新しい文書である。食券は券売機で買う。", seed=42)
    assert index.search_dense(near, k=1)[0].score == pytest.approx(1.0, abs=2e-3)
    assert len(index.search_lexical("券売機", k=5)) == 1
    other.remove_document(document_id)
    assert index.search_dense(near, k=1)[0].score < 0.99
    assert index.search_lexical("券売機", k=5) == []
