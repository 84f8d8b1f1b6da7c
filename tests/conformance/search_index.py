"""What every `SearchIndex` promises; subclass it as `Test…` and build the index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rag.chunks.chunk import Chunk
from rag.documents.document import Document, build_document_id
from rag.embeddings.encoder import Vectors
from rag.index.store import SearchIndex

DIMENSION = 8
TEXTS = {
    "規程": "年次有給休暇は六か月の勤務の後に十日与える。通勤手当は毎月支給する。",
    "手引": "サーバーの再起動は管理者が行う。バックアップは毎日午前二時に始まる。",
    "食堂": "日替わり定食は六百円である。有給休暇の日も食堂を利用できる。",
}


def build_document(title: str, text: str) -> Document:
    return Document(build_document_id(title, text), title, text, title)


def split(document: Document) -> list[Chunk]:
    """One window for each sentence."""
    middle = document.text.index("。") + 1
    return [
        Chunk(document.id, start, end, document.text[start:end])
        for start, end in ((0, middle), (middle, len(document.text)))
    ]


def build_vectors(count: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class SearchIndexConformance:
    """Run over the index that `build_index` fills with three documents of two windows each."""

    def build_index(self, folder: Path, entries: Sequence[tuple[Document, Sequence[Chunk], Vectors]]) -> SearchIndex:
        raise NotImplementedError

    @pytest.fixture
    def documents(self) -> dict[str, Document]:
        return {title: build_document(title, text) for title, text in TEXTS.items()}

    @pytest.fixture
    def vectors(self) -> Vectors:
        return build_vectors(2 * len(TEXTS))

    @pytest.fixture
    def index(self, tmp_path: Path, documents: dict[str, Document], vectors: Vectors) -> SearchIndex:
        entries = [
            (document, split(document), vectors[2 * number : 2 * number + 2])
            for number, document in enumerate(documents.values())
        ]
        return self.build_index(tmp_path / "index", entries)

    def test_dense_finds_the_window_of_a_vector(self, index: SearchIndex, vectors: Vectors) -> None:
        for number, expected in enumerate(sentence for text in TEXTS.values() for sentence in text.split("。")[:2]):
            best = index.search_dense(vectors[number], k=1)
            assert [chunk.text for chunk in index.load_chunks([best[0].chunk_id])] == [expected + "。"]
            assert best[0].score == pytest.approx(1.0, abs=2e-3)

    def test_dense_is_the_inner_product_best_first(self, index: SearchIndex, vectors: Vectors) -> None:
        query = build_vectors(1, seed=1)[0]
        matches = index.search_dense(query, k=10)
        scores = [match.score for match in matches]
        assert scores == pytest.approx(sorted(vectors @ query, reverse=True), abs=2e-3)
        assert len({match.chunk_id for match in matches}) == 2 * len(TEXTS)

    def test_dense_looks_only_into_the_documents_asked_for(
        self, index: SearchIndex, documents: dict[str, Document], vectors: Vectors
    ) -> None:
        wanted = documents["食堂"].id
        matches = index.search_dense(vectors[0], k=3, documents=[wanted])
        assert [chunk.document_id for chunk in index.load_chunks([match.chunk_id for match in matches])] == [wanted] * 2
        assert matches[0].score == pytest.approx(max(vectors[4:] @ vectors[0]), abs=2e-3)

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            pytest.param("通勤手当はいつ支給されますか", "通勤手当は毎月支給する。", id="words"),
            pytest.param("バックアップは何時に始まりますか", "バックアップは毎日午前二時に始まる。", id="katakana"),
            pytest.param("ﾊﾞｯｸｱｯﾌﾟ", "バックアップは毎日午前二時に始まる。", id="half-width"),
            pytest.param("日替わり定食の値段", "日替わり定食は六百円である。", id="kana-and-kanji"),
        ],
    )
    def test_lexical_finds_shared_words(self, index: SearchIndex, question: str, expected: str) -> None:
        best = index.search_lexical(question, k=5)
        assert index.load_chunks([best[0].chunk_id])[0].text == expected
        scores = [match.score for match in best]
        assert scores == sorted(scores, reverse=True)

    def test_lexical_looks_only_into_the_documents_asked_for(
        self, index: SearchIndex, documents: dict[str, Document]
    ) -> None:
        def find(titles: list[str] | None) -> set[str]:
            wanted = None if titles is None else [documents[title].id for title in titles]
            matches = index.search_lexical("有給休暇", k=10, documents=wanted)
            return {chunk.document_id for chunk in index.load_chunks([match.chunk_id for match in matches])}

        assert find(None) == {documents["規程"].id, documents["食堂"].id}
        assert find(["食堂", "手引"]) == {documents["食堂"].id}
        assert find(["手引"]) == set()

    def test_no_documents_means_no_windows(self, index: SearchIndex, vectors: Vectors) -> None:
        assert index.search_dense(vectors[0], k=3, documents=[]) == []
        assert index.search_lexical("有給休暇", k=3, documents=[]) == []
        assert index.search_dense(vectors[0], k=3, documents=["0000000000000000"]) == []

    @pytest.mark.parametrize(
        "question",
        [
            "",
            " 　",
            "？！",
            '"',
            "'",
            "*",
            "NEAR(",
            "AND OR NOT",
            "a:b",
            "terms:休暇",
            "(休暇",
            "-休暇",
            "^x",
            "{a b}",
            "\0",
        ],
    )
    def test_no_question_breaks_lexical_search(self, index: SearchIndex, question: str) -> None:
        assert isinstance(index.search_lexical(question, k=3), list)

    def test_marks_alone_find_nothing(self, index: SearchIndex) -> None:
        assert index.search_lexical("？！「」…", k=3) == []

    def test_k_bounds_both(self, index: SearchIndex, vectors: Vectors) -> None:
        assert len(index.search_dense(vectors[0], k=2)) == 2
        assert len(index.search_lexical("有給休暇", k=1)) == 1

    def test_chunks_come_in_the_order_asked_for(self, index: SearchIndex, vectors: Vectors) -> None:
        ids = [match.chunk_id for match in index.search_dense(vectors[3], k=6)]
        forwards, backwards = index.load_chunks(ids), index.load_chunks(ids[::-1])
        assert forwards == backwards[::-1]
        assert index.load_chunks([ids[0], ids[0]]) == [forwards[0], forwards[0]]
        assert index.load_chunks([]) == []
