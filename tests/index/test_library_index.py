from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.chunks.chunk import Chunk
from rag.documents.anchor import Anchor
from rag.documents.document import Document, build_document_id
from rag.embeddings.encoder import Vectors
from rag.errors import ArgumentError, LibraryError
from rag.index.library_index import LibraryIndex
from rag.index.stored_document import Statistics
from tests.conformance.search_index import (
    TEXTS,
    SearchIndexConformance,
    build_document,
    build_vectors,
    split,
)
from tests.index.conftest import Open, add, open_index


class TestConformance(SearchIndexConformance):
    def build_index(self, folder: Path, entries: Sequence[tuple[Document, Sequence[Chunk], Vectors]]) -> LibraryIndex:
        index = open_index(folder)
        for document, chunks, vectors in entries:
            index.replace_document(document, chunks, vectors)
        return index


class TestConformanceAfterReopening(SearchIndexConformance):
    def build_index(self, folder: Path, entries: Sequence[tuple[Document, Sequence[Chunk], Vectors]]) -> LibraryIndex:
        with open_index(folder) as index:
            for document, chunks, vectors in entries:
                index.replace_document(document, chunks, vectors)
        return open_index(folder)


def find_texts(index: LibraryIndex, question: str) -> list[str]:
    matches = index.search_lexical(question, k=10)
    return [chunk.text for chunk in index.load_chunks([match.chunk_id for match in matches])]


def find_nearest(index: LibraryIndex, vector: Vectors) -> str:
    return index.load_chunks([index.search_dense(vector, k=1)[0].chunk_id])[0].text


def test_documents_come_back_as_they_were(reopen: Open) -> None:
    text = "第1章\r なし\n　総則。𠮷野家👨‍👩‍👧が゙。"
    document = Document(
        id=build_document_id("/文書/規程.txt", text),
        title="規程「第一版」",
        text=text,
        source="/文書/規程.txt",
        anchors=(Anchor("heading", 0, 3, "第1章", 1), Anchor("page", 0, len(text), "12")),
        metadata={"format": "txt", "encoding": "cp932"},
    )
    index = reopen()
    index.replace_document(document, [Chunk(document.id, 0, len(text), text)], build_vectors(1), windowing="400/200")
    index.close()
    again = reopen()
    assert again.load_document(document.id) == document
    assert again.find_source(document.source) == document.id
    assert again.holds(document, windowing="400/200")
    (entry,) = again.list_documents()
    assert (entry.id, entry.title, entry.source) == (document.id, document.title, document.source)
    assert (entry.characters, entry.chunks) == (len(text), 1)
    assert entry.added.endswith("+00:00")


# Surrogates stand for bytes of file names that are no UTF-8; NUL never occurs in a document.
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=())), min_size=1, max_size=3))
def test_any_text_and_source_survive(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    with open_index(tmp_path_factory.mktemp("any")) as index:
        stored = {}
        for text in texts:
            document = Document(build_document_id(text, text), text, text, text)
            chunks = [Chunk(document.id, 0, len(text), text)] if text else []
            index.replace_document(document, chunks, build_vectors(len(chunks)))
            stored.pop(text, None)  # what is stored again counts as added last
            stored[text] = document
        assert [index.load_document(entry.id) for entry in index.list_documents()] == list(stored.values())
        assert index.verify() == []


def test_a_changed_document_replaces_its_old_version(index: LibraryIndex) -> None:
    old = index.find_source("食堂")
    new = add(index, "食堂", "日替わり定食は七百円である。大盛りは無料である。", seed=7)
    assert index.find_source("食堂") == new
    assert old is not None
    index.check_documents([new])
    with pytest.raises(LibraryError, match=f"'{old}': no such document .* rag documents"):
        index.check_documents([new, old])
    assert find_texts(index, "日替わり定食") == ["日替わり定食は七百円である。"]
    assert find_nearest(index, build_vectors(2, 7)[1]) == "大盛りは無料である。"
    assert index.statistics() == Statistics(3, 6, sum(map(len, TEXTS.values())) - len(TEXTS["食堂"]) + 24)
    with pytest.raises(LibraryError, match=old):
        index.load_document(old)
    assert index.verify() == []


def test_the_same_version_can_be_stored_again_with_other_windows(index: LibraryIndex) -> None:
    document = build_document("食堂", TEXTS["食堂"])
    whole = Chunk(document.id, 0, len(document.text), document.text)
    index.replace_document(document, [whole], build_vectors(1, 9), windowing="400/200")
    assert index.find_other_windowing("400/200") == [
        build_document(title, TEXTS[title]).id for title in ("規程", "手引")
    ]
    assert find_nearest(index, build_vectors(1, 9)[0]) == document.text
    assert index.statistics().chunks == 5
    assert index.verify() == []


def test_a_removed_document_is_gone_from_everything(index: LibraryIndex) -> None:
    gone = index.find_source("規程")
    assert gone is not None
    near = build_vectors(2, 0)[0]
    old_chunk = index.search_dense(near, k=1)[0].chunk_id
    index.remove_document(gone)
    assert [entry.title for entry in index.list_documents()] == ["手引", "食堂"]
    assert find_texts(index, "通勤手当") == []
    assert old_chunk not in [match.chunk_id for match in index.search_dense(near, k=10)]
    with pytest.raises(LibraryError, match=f"window {old_chunk}"):
        index.load_chunks([old_chunk])
    with pytest.raises(LibraryError, match=gone):
        index.remove_document(gone)
    assert index.verify() == []


def test_ids_of_windows_never_come_back(index: LibraryIndex) -> None:
    seen = {match.chunk_id for match in index.search_dense(build_vectors(1)[0], k=10)}
    for title in TEXTS:
        document_id = index.find_source(title)
        assert document_id is not None
        index.remove_document(document_id)
    add(index, "新", "新しい文書である。二文目である。")
    assert seen.isdisjoint(match.chunk_id for match in index.search_dense(build_vectors(1)[0], k=10))


def test_ties_go_to_the_older_window(reopen: Open) -> None:
    index = reopen()
    for title in "乙甲丙":
        document = build_document(title, "同じ文。同じ文。")
        index.replace_document(document, split(document), np.repeat(build_vectors(1), 2, axis=0))
    expected = [1, 2, 3, 4, 5, 6]
    assert [match.chunk_id for match in index.search_dense(build_vectors(1)[0], k=6)] == expected
    assert [match.chunk_id for match in index.search_lexical("同じ文", k=6)] == expected


@pytest.mark.parametrize("titles", [["規程"], ["手引", "食堂"], list(TEXTS)])
def test_filters_take_any_number_of_documents(index: LibraryIndex, titles: list[str]) -> None:
    wanted = [build_document(title, TEXTS[title]).id for title in titles] + [
        f"{number:016x}" for number in range(50_000)
    ]
    matches = index.search_dense(build_vectors(1, 5)[0], k=10, documents=wanted)
    found = {chunk.document_id for chunk in index.load_chunks([match.chunk_id for match in matches])}
    assert found == set(wanted[: len(titles)])


def test_a_page_as_question_is_answered(index: LibraryIndex) -> None:
    page = "通勤手当" + "".join(chr(0x4E00 + number) for number in range(3000))
    assert find_texts(index, page)[0] == "通勤手当は毎月支給する。"


@pytest.mark.parametrize("k", [0, -1])
def test_k_must_be_positive(index: LibraryIndex, k: int) -> None:
    with pytest.raises(ArgumentError, match=str(k)):
        index.search_dense(build_vectors(1)[0], k=k)
    with pytest.raises(ArgumentError, match=str(k)):
        index.search_lexical("休暇", k=k)


def test_a_vector_of_another_length_is_refused(index: LibraryIndex) -> None:
    with pytest.raises(ArgumentError, match=r"\(9,\).*\(8,\)"):
        index.search_dense(np.ones(9, dtype=np.float32), k=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda d, c, v: (d, c, v[:1]), "shape", id="too-few-vectors"),
        pytest.param(lambda d, c, v: (d, c, v * 2), "length 1", id="long-vectors"),
        pytest.param(lambda d, c, v: (d, c, v * np.float32("nan")), "length 1", id="not-finite"),
        pytest.param(lambda d, c, v: (d, [c[0], Chunk("x", 0, 1, "日")], v), "document x", id="other-document"),
        pytest.param(lambda d, c, v: (d, [c[0], Chunk(d.id, 0, 2, "日本")], v), "0:2", id="other-text"),
        pytest.param(lambda d, c, v: (d, [c[0], Chunk(d.id, 90, 99, "")], v), "90:99", id="outside"),
    ],
)
def test_windows_that_do_not_fit_change_nothing(
    index: LibraryIndex, change: Callable[..., tuple[Document, list[Chunk], Vectors]], message: str
) -> None:
    before = index.list_documents()
    document = build_document("食堂", "日替わり定食は値上げした。残念である。")
    with pytest.raises(ArgumentError, match=message):
        index.replace_document(*change(document, split(document), build_vectors(2)))
    assert index.list_documents() == before


def test_a_failure_inside_the_transaction_changes_nothing(index: LibraryIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (index.list_documents(), index.search_dense(build_vectors(1)[0], k=9), find_texts(index, "有給休暇"))

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("rag.index.library_index.insert_terms", fail)
        with pytest.raises(KeyboardInterrupt):
            add(index, "規程", "全面改正した規程である。有給休暇はない。", seed=8)
    assert (
        index.list_documents(),
        index.search_dense(build_vectors(1)[0], k=9),
        find_texts(index, "有給休暇"),
    ) == before
    assert index.verify() == []
    add(index, "規程", "全面改正した規程である。有給休暇はない。", seed=8)
    assert index.verify() == []


def test_threads_read_while_others_write(index: LibraryIndex) -> None:
    done = threading.Event()
    query = build_vectors(1)[0]
    rules = index.find_source("規程")
    assert rules is not None

    def write(number: int) -> None:
        for turn in range(8):
            add(index, f"文書{number}", f"番号{number}の第{turn}版である。通勤手当は{turn}円である。", seed=number)

    def read() -> None:
        while not done.is_set():
            dense = index.search_dense(query, k=50)
            assert len(dense) == len({match.chunk_id for match in dense}) >= 6
            assert len(dense) % 2 == 0
            assert index.search_lexical("通勤手当", k=50)
            assert "通勤手当は毎月支給する。" in index.load_document(rules).text

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for writer in [pool.submit(write, number) for number in range(3)]:
                writer.result()
        finally:
            done.set()
        for reader in readers:
            reader.result()
    assert index.statistics().documents == 6
    assert index.verify() == []


def test_a_closed_library_says_so(index: LibraryIndex, folder: Path) -> None:
    index.close()
    with pytest.raises(LibraryError, match="closed"):
        index.list_documents()
    index.close()


def test_empty_libraries_work(reopen: Open) -> None:
    index = reopen()
    assert index.search_dense(build_vectors(1)[0], k=5) == []
    assert index.search_lexical("休暇", k=5) == []
    assert (index.list_documents(), index.statistics(), index.verify()) == ([], Statistics(0, 0, 0), [])
