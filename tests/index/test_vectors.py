"""The cache on disk may be missing, old, damaged or foreign: the answers stay the same."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest

from rag.index.library_index import LibraryIndex
from rag.index.store import Match
from tests.conformance.search_index import build_vectors
from tests.index.conftest import Open, add, open_index

QUERY = build_vectors(1, 42)[0]


def find_cache(folder: Path) -> Path:
    (path,) = folder.glob("vectors-*")
    return path


def edit_manifest(folder: Path, **fields: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | fields), encoding="utf-8")


def truncate(folder: Path) -> None:
    path = find_cache(folder)
    path.write_bytes(path.read_bytes()[:-7])


def flip_a_bit(folder: Path) -> None:
    path = find_cache(folder)
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)


def put_foreign_index(folder: Path) -> None:
    """A sound FAISS file of another kind, with a manifest that vouches for it."""
    import hashlib

    path = find_cache(folder)
    foreign = faiss.IndexFlatIP(3)
    foreign.add(np.eye(3, dtype=np.float32))
    faiss.write_index(foreign, str(path))
    edit_manifest(folder, seal=hashlib.sha256(path.read_bytes()).hexdigest())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cache-missing": lambda folder: find_cache(folder).unlink(),
    "cache-empty": lambda folder: find_cache(folder).write_bytes(b""),
    "cache-truncated": truncate,
    "cache-damaged": flip_a_bit,
    "cache-foreign": put_foreign_index,
    "cache-is-a-folder": lambda folder: (find_cache(folder).unlink(), (folder / "vectors-x").mkdir()),
    "manifest-missing": lambda folder: (folder / "manifest.json").unlink(),
    "manifest-no-json": lambda folder: (folder / "manifest.json").write_text("{", encoding="utf-8"),
    "manifest-not-ours": lambda folder: (folder / "manifest.json").write_text("[1]", encoding="utf-8"),
    "manifest-stale": lambda folder: edit_manifest(folder, generation="0" * 16),
    "manifest-newer": lambda folder: edit_manifest(folder, schema=99),
    "manifest-other-model": lambda folder: edit_manifest(folder, encoder_fingerprint="g" * 16),
}


@pytest.fixture
def expected(index: LibraryIndex) -> list[Match]:
    """What the saved and closed library found."""
    matches = index.search_dense(QUERY, k=10)
    index.close()
    assert len(matches) == 6
    return matches


def test_the_cache_is_used(expected: list[Match], folder: Path, reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("vectors were read from the catalog")

    monkeypatch.setattr("rag.index.vectors.iterate_vectors", fail)
    assert reopen().search_dense(QUERY, k=10) == expected


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_bad_cache_is_built_again(
    expected: list[Match],
    folder: Path,
    reopen: Open,
    damage: Callable[[Path], object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="rag.index")
    damage(folder)
    index = reopen()
    assert index.search_dense(QUERY, k=10) == expected
    assert "from the catalog" in caplog.text
    assert index.verify() == []
    index.close()
    caplog.clear()
    assert reopen().search_dense(QUERY, k=10) == expected
    assert caplog.text == ""


def test_the_manifest_says_what_the_cache_is_made_of(expected: list[Match], folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["schema"], manifest["encoder_name"], manifest["encoder_fingerprint"]) == (2, "模型A", "f" * 16)
    assert (manifest["dimension"], manifest["count"]) == (8, 6)
    assert find_cache(folder).name == f"vectors-{manifest['generation']}.faiss"


def test_only_the_newest_cache_stays(expected: list[Match], folder: Path, reopen: Open) -> None:
    old = find_cache(folder)
    cut_short = folder / "vectors-cut-short.faiss.tmp"
    cut_short.write_bytes(b"x")
    os.utime(cut_short, (0, 0))
    index = reopen()
    add(index, "新", "新しい文書である。二文目である。", seed=42)
    index.save()
    assert find_cache(folder) != old
    assert index.search_dense(QUERY, k=1)[0].chunk_id == 7


def test_nothing_is_written_when_nothing_changed(expected: list[Match], folder: Path, reopen: Open) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("[vm]*")}
    index = reopen()
    index.search_dense(QUERY, k=1)
    index.close()
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("[vm]*")} == before


def test_a_catalog_put_back_from_a_copy_does_not_meet_a_later_cache(folder: Path, tmp_path: Path) -> None:
    """Both histories have the same number of changes and the same ids, and differ in content."""
    with open_index(folder) as index:
        add(index, "甲", "一文目である。二文目である。", seed=1)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with open_index(folder) as index:
        add(index, "乙", "本当の一文目。本当の二文目。", seed=2)
    with open_index(copy) as other:
        add(other, "丙", "別の一文目。別の二文目。", seed=3)
    shutil.copy(copy / "catalog.sqlite", folder / "catalog.sqlite")
    with open_index(folder) as index:
        best = index.search_dense(build_vectors(2, 3)[0], k=1)[0]
        assert best.score == pytest.approx(1.0, abs=2e-3)
        assert index.load_chunks([best.chunk_id])[0].text == "別の一文目。"


def test_a_cache_that_cannot_be_written_is_no_failure(
    index: LibraryIndex, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, reopen: Open
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    expected = index.search_dense(QUERY, k=10)
    with monkeypatch.context() as patch:
        patch.setattr("rag.index.vectors.replace_file", fail)
        index.close()
    assert "No space left" in caplog.text
    assert list(folder.glob("vectors-*")) == []
    assert reopen().search_dense(QUERY, k=10) == expected
