"""Search by clusters, as large libraries have it, on a small one that is told it is large."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.chunks.chunk import Chunk
from rag.embeddings.encoder import Vectors
from rag.index import clustering
from rag.index.clustered_index import ClusteredIndex
from rag.index.clustering import Clustering, choose_search
from rag.index.library_index import LibraryIndex
from tests.conformance.search_index import DIMENSION, build_document, build_vectors
from tests.index.conftest import open_index
from tests.index.test_vectors import find_cache, flip_a_bit, truncate

WINDOWS = 600


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "EXACT_UP_TO", 100)
    monkeypatch.setattr("rag.index.seal._WHOLE", 0)


def fill(index: LibraryIndex, title: str, vectors: Vectors) -> str:
    document = build_document(title, title + "字" * (len(vectors) - 1))
    chunks = [Chunk(document.id, place, place + 1, document.text[place]) for place in range(len(vectors))]
    index.replace_document(document, chunks, vectors)
    return document.id


@pytest.fixture
def vectors() -> Vectors:
    return build_vectors(WINDOWS, 5)


@pytest.fixture
def index(folder: Path, vectors: Vectors) -> Iterator[LibraryIndex]:
    with open_index(folder) as first:
        fill(first, "甲", vectors[:400])
        fill(first, "乙", vectors[400:])
    with open_index(folder) as again:
        yield again


def read_manifest(folder: Path) -> dict[str, object]:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert isinstance(manifest, dict)
    return manifest


def find(index: LibraryIndex, query: Vectors, *, k: int = 10, documents: list[str] | None = None) -> list[int]:
    return [match.chunk_id for match in index.search_dense(query, k=k, documents=documents)]


def find_exactly(vectors: Vectors, query: Vectors, *, k: int = 10) -> list[int]:
    return (np.argsort(-(vectors.astype(np.float16).astype(np.float32) @ query), kind="stable")[:k] + 1).tolist()


def test_the_manifest_says_what_is_found(index: LibraryIndex, folder: Path, vectors: Vectors) -> None:
    manifest = read_manifest(folder)
    assert (manifest["trained"], manifest["count"]) == (WINDOWS, WINDOWS)
    recall = manifest["recall"]
    assert isinstance(recall, float)
    assert 0.97 <= recall <= 1
    assert index.search_dense(vectors[0], k=1)
    assert index.recall == recall
    queries = build_vectors(50, 9)
    shares = [len(set(find(index, query)) & set(find_exactly(vectors, query))) / 10 for query in queries]
    assert np.mean(shares) >= 0.93
    assert index.verify() == []


@pytest.mark.parametrize("clusters", [4, 40])
def test_stepwise_search_finds_what_search_does_and_looks_at_each_cluster_once(vectors: Vectors, clusters: int) -> None:
    import faiss

    index = ClusteredIndex.train(vectors, clusters=clusters)
    index.add(np.arange(1, WINDOWS + 1), vectors)
    queries = build_vectors(5, 9)
    faiss.cvar.indexIVF_stats.reset()
    found = list(index.search_stepwise(queries, k=20, steps=16))
    assert faiss.cvar.indexIVF_stats.nlist == clusters * len(queries)
    assert [probes for probes, _ in found] == [max(clusters * step // 16, 1) for step in range(1, 17)]
    for index.probes, ids in found:
        for query, some in zip(queries, ids, strict=True):
            expected, _ = index.search(query, k=20, allowed=None)
            assert some[some >= 0].tolist() == expected.tolist()


def test_scores_are_those_of_the_catalog(index: LibraryIndex, vectors: Vectors) -> None:
    best = index.search_dense(vectors[7], k=1)[0]
    assert best.chunk_id == 8
    assert best.score == pytest.approx(float(vectors[7].astype(np.float16).astype(np.float32) @ vectors[7]), abs=1e-6)


def test_opening_reads_no_vectors(
    index: LibraryIndex, vectors: Vectors, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("vectors were read from the catalog")

    monkeypatch.setattr("rag.index.vectors.iterate_vectors", fail)
    assert find(index, vectors[3], k=1) == [4]


def test_a_few_documents_are_searched_whole(index: LibraryIndex, vectors: Vectors) -> None:
    few = fill(index, "丙", build_vectors(5, 77))
    query = build_vectors(1, 3)[0]
    expected = [place + WINDOWS for place in find_exactly(build_vectors(5, 77), query)]
    assert find(index, query, documents=[few]) == expected


def test_what_comes_and_goes_is_found_and_gone(index: LibraryIndex, folder: Path, vectors: Vectors) -> None:
    gone = index.find_source("乙")
    assert gone is not None
    near = vectors[450]
    assert find(index, near, k=1) == [451]
    index.remove_document(gone)
    fill(index, "丙", build_vectors(50, 8))
    assert find(index, build_vectors(50, 8)[30], k=1) == [WINDOWS + 31]
    assert 451 not in find(index, near, k=100)
    assert index.verify() == []
    index.close()
    assert (read_manifest(folder)["trained"], read_manifest(folder)["count"]) == (WINDOWS, 450)
    with open_index(folder) as again:
        assert find(again, build_vectors(50, 8)[30], k=1) == [WINDOWS + 31]
        assert again.verify() == []


def test_a_process_that_adds_little_does_not_begin_anew(
    index: LibraryIndex, folder: Path, vectors: Vectors, caplog: pytest.LogCaptureFixture
) -> None:
    index.close()
    caplog.set_level(logging.INFO, logger="rag.index")
    with open_index(folder) as other:
        fill(other, "丙", build_vectors(2, 8))
    assert caplog.text == ""
    assert (read_manifest(folder)["trained"], read_manifest(folder)["count"]) == (WINDOWS, WINDOWS + 2)


@pytest.mark.parametrize("damage", [truncate, flip_a_bit], ids=["truncated", "damaged"])
def test_a_bad_file_is_built_again(
    index: LibraryIndex, folder: Path, vectors: Vectors, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    index.close()
    assert callable(damage)
    damage(folder)
    with open_index(folder) as again:
        assert find(again, vectors[3], k=1) == [4]
        assert "cannot be used" in caplog.text
        assert again.verify() == []


def test_a_file_that_went_bad_since_it_was_saved_is_written_again_with_clusters(
    index: LibraryIndex, folder: Path, vectors: Vectors, caplog: pytest.LogCaptureFixture
) -> None:
    fill(index, "丙", build_vectors(1, 8))
    index.save()  # its vectors stay in the file from now on
    truncate(folder)
    fill(index, "丁", build_vectors(1, 9))
    index.save()
    caplog.clear()
    with open_index(folder) as again:
        assert find(again, build_vectors(1, 9)[0], k=1) == [WINDOWS + 2]
        assert again.recall == read_manifest(folder)["recall"]
    assert "cannot be used" not in caplog.text


def test_a_file_that_another_process_is_writing_stays(index: LibraryIndex, folder: Path) -> None:
    written = folder / "vectors-0.faiss.0123abcd.tmp"
    written.write_bytes(b"x")
    fill(index, "丙", build_vectors(1, 8))
    index.save()
    assert written.exists()


def test_another_vector_in_the_file_is_named(index: LibraryIndex, folder: Path, vectors: Vectors) -> None:
    import faiss

    from rag.index.seal import seal_file

    index.close()
    stored = faiss.read_index(str(find_cache(folder)))
    stored.remove_ids(np.array([5], dtype=np.int64))
    stored.add_with_ids(-vectors[4:5], np.array([5], dtype=np.int64))
    faiss.write_index(stored, str(find_cache(folder)))
    manifest = read_manifest(folder) | {"seal": seal_file(find_cache(folder))}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with open_index(folder) as again:
        (problem,) = again.verify()
        assert problem.startswith("window 5: the vector index holds another vector than the catalog; mend it with: ")


def test_searches_go_on_while_clusters_are_made(
    folder: Path, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[int]] = []
    from rag.index.clustering import build_clusters

    with open_index(folder) as index:
        fill(index, "甲", vectors)

        def build(*arguments: object, **options: object) -> object:
            searcher = threading.Thread(target=lambda: found.append(find(index, vectors[3], k=1)))
            searcher.start()
            searcher.join(timeout=30)
            fill(index, "乙", build_vectors(1, 99))  # comes after the clusters' state
            return build_clusters(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr("rag.index.clustering.build_clusters", build)
        index.save()
        assert found == [[4]]
        assert read_manifest(folder)["trained"] == WINDOWS
        assert find(index, build_vectors(1, 99)[0], k=1) == [WINDOWS + 1]


@pytest.mark.parametrize(
    ("count", "trained", "expected"),
    [
        (100, None, "as it is"),
        (101, None, "clusters"),
        (190, 100, "as it is"),
        (200, 100, "clusters"),
        (400, 1000, "clusters"),
        (80, 150, "as it is"),
        (70, 150, "exact"),
    ],
)
def test_when_clusters_are_made(count: int, trained: int | None, expected: str) -> None:
    known = None if trained is None else Clustering(trained=trained, probes=1, recall=1.0)
    assert choose_search(count, known) == expected


def test_a_library_that_shrinks_is_searched_exactly_again(index: LibraryIndex, folder: Path, vectors: Vectors) -> None:
    for title in ("甲", "乙"):
        document = index.find_source(title)
        assert document is not None
        index.remove_document(document)
    fill(index, "丙", build_vectors(20, 8))
    index.save()
    assert read_manifest(folder)["trained"] is None
    query = build_vectors(1, DIMENSION)[0]
    assert find(index, query, k=20) == [place + WINDOWS for place in find_exactly(build_vectors(20, 8), query, k=20)]
    assert index.verify() == []
