"""Files of vectors are written block by block, and are those that FAISS itself would write."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.index.clustered_index import ClusteredIndex
from rag.index.flat_index import FlatIndex
from rag.index.library_index import LibraryIndex
from rag.index.vector_index import VectorIndex
from tests.conformance.search_index import DIMENSION, build_vectors
from tests.index.conftest import Open, add

WINDOWS, BLOCK = 500, 64
VECTORS = build_vectors(WINDOWS, 3)
IDS = np.arange(1, 2 * WINDOWS, 2, dtype=np.int64)  # windows in between are gone


def iterate(first: int, *, ids: NDArray[np.int64] = IDS) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
    begin = int(np.searchsorted(ids, first))
    for place in range(begin, len(ids), BLOCK):
        some = ids[place : place + BLOCK]
        yield some, VECTORS[(some - 1) // 2]


def fill(index: VectorIndex, ids: NDArray[np.int64] = IDS) -> VectorIndex:
    for some, vectors in iterate(0, ids=ids):
        index.add(some, vectors)
    return index


def write(index: VectorIndex, ids: NDArray[np.int64] = IDS) -> bytes:
    file = io.BytesIO()
    index.write(file, ids, partial(iterate, ids=ids))
    return file.getvalue()


def write_by_faiss(index: FlatIndex | ClusteredIndex) -> bytes:
    return bytes(faiss.serialize_index(index._index).tobytes())


@pytest.fixture
def trained() -> ClusteredIndex:
    return ClusteredIndex.train(VECTORS, clusters=16)


def test_a_flat_file_is_what_faiss_writes() -> None:
    index = FlatIndex.build(DIMENSION)
    written = write(index)
    fill(index)
    assert written == write_by_faiss(index)


def test_a_flat_file_without_vectors_can_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(write(FlatIndex.build(DIMENSION), IDS[:0]))
    assert FlatIndex.open(path, dimension=DIMENSION).ids.tolist() == []


def test_clusters_are_what_faiss_writes(trained: ClusteredIndex) -> None:
    written = write(trained)
    fill(trained)
    assert written == write_by_faiss(trained)


@pytest.mark.parametrize("held", [0, 1, 200, WINDOWS], ids=str)
def test_windows_keep_their_clusters_and_new_ones_find_theirs(trained: ClusteredIndex, held: int) -> None:
    expected = write(trained)
    fill(trained, IDS[:held])
    assert write(trained) == expected


def test_windows_that_are_gone_are_not_written(trained: ClusteredIndex, tmp_path: Path) -> None:
    fill(trained)
    path = tmp_path / "vectors"
    path.write_bytes(write(trained, IDS[100:300]))
    written = ClusteredIndex.open(path, dimension=DIMENSION, probes=16)
    assert np.sort(written.ids).tolist() == IDS[100:300].tolist()
    ids, _ = written.search(VECTORS[150], k=1, allowed=None)
    assert ids.tolist() == [IDS[150]]
    assert write(written, IDS[100:300]) == path.read_bytes()


def test_clusters_of_which_most_are_empty_can_be_opened(trained: ClusteredIndex, tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(write(trained, IDS[7:8]))
    assert ClusteredIndex.open(path, dimension=DIMENSION, probes=16).ids.tolist() == [IDS[7]]


def test_saving_brings_no_vectors_into_memory(
    index: LibraryIndex, reopen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("vectors were brought into memory")

    index.close()
    again = reopen()
    add(again, "新", "新しい文書である。二文目である。", seed=42)
    with monkeypatch.context() as patch:
        patch.setattr(FlatIndex, "open", fail)
        patch.setattr(FlatIndex, "add", fail)
        again.save()
    monkeypatch.setattr("rag.index.vectors.iterate_vectors", fail)
    assert reopen().search_dense(build_vectors(2, 42)[1], k=1)[0].chunk_id == 8
