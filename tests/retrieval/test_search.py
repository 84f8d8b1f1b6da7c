"""Search over a real index with an encoder that needs no model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag.chunks.windowing import Windowing
from rag.documents.document import Document, build_document_id
from rag.errors import ArgumentError, LibraryError
from rag.index.library_index import LibraryIndex
from rag.ingest.ingest import ingest_documents
from rag.retrieval.hit import Hit
from rag.retrieval.search import Mode, search
from tests.fakes import FakeEncoder

TEXTS = {
    "規程": "有給休暇は二十日とする。通勤手当は毎月支給する。休暇の届は前日までに出す。",
    "食堂": "日替わり定食は６８０円である。食堂は十一時に開く。",
    "機械": "ﾎﾞｲﾗｰは毎朝点検する。ピチョロ計の針が赤い所に入れば止める。",
}
IDS = {title: build_document_id(title, text) for title, text in TEXTS.items()}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LibraryIndex]:
    encoder = FakeEncoder()
    with LibraryIndex.open(
        tmp_path / "蔵書", dimension=encoder.dimension, encoder_fingerprint="f", encoder_name="n"
    ) as opened:
        documents = [Document(IDS[title], title, text, title) for title, text in TEXTS.items()]
        ingest_documents(documents, index=opened, encoder=encoder, windowing=Windowing(20, 20))
        yield opened


def find(index: LibraryIndex, question: str, mode: Mode = "hybrid", **options: object) -> list[Hit]:
    return search(question, index=index, encoder=FakeEncoder(), mode=mode, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_the_best_window_comes_first_and_says_where_it_stands(index: LibraryIndex, mode: Mode) -> None:
    best, *others = find(index, "通勤手当は毎月支給しますか", mode)
    assert (best.document_id, best.text) == (IDS["規程"], "通勤手当は毎月支給する。")
    assert best.text == TEXTS["規程"][best.start : best.end]
    assert (best.dense_rank, best.lexical_rank) == (None if mode == "lexical" else 1, None if mode == "dense" else 1)
    assert best.matched == ("通勤", "手当", "毎月", "支給")
    assert [best.score, *(hit.score for hit in others)] == sorted((hit.score for hit in [best, *others]), reverse=True)


@pytest.mark.parametrize(
    ("question", "matched"),
    [
        pytest.param("定食は六百八十円ですか", ("定食", "６８０円"), id="numbers-as-written"),
        pytest.param("ボイラの点検", ("ﾎﾞｲﾗｰ", "点検"), id="half-width-and-long-vowel"),
        pytest.param("ピチョロ計とは", ("ピチョロ", "計"), id="unknown-word-as-one"),
        pytest.param("有給休暇", ("有給", "休暇"), id="words"),
    ],
)
def test_matched_holds_the_terms_as_the_document_writes_them(
    index: LibraryIndex, question: str, matched: tuple[str, ...]
) -> None:
    assert find(index, question, "lexical")[0].matched == matched


def test_a_word_that_one_window_alone_holds_decides(index: LibraryIndex) -> None:
    best, second, *_ = find(index, "ピチョロ")
    assert "ピチョロ" in best.text
    assert best.score - second.score > 0.7


def test_only_the_documents_asked_for_are_searched(index: LibraryIndex) -> None:
    for mode in ("hybrid", "dense", "lexical"):
        hits = find(index, "休暇と食堂", mode, documents=[IDS["食堂"]])
        assert {hit.document_id for hit in hits} == {IDS["食堂"]}
        assert find(index, "休暇", mode, documents=[]) == []


def test_k_is_the_most_there_are_and_pool_only_widens(index: LibraryIndex) -> None:
    assert len(find(index, "休暇", k=2, pool=1)) == 2
    assert len(find(index, "休暇", k=50, pool=1)) == index.statistics().chunks
    deep = find(index, "休暇", k=1, pool=50)
    assert deep == find(index, "休暇", k=50)[:1]


def test_lexical_search_embeds_nothing(index: LibraryIndex) -> None:
    assert search("休暇", index=index, encoder=None, mode="lexical")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "options", "message"),
    [
        (" 　\n", {}, "question is empty; expected"),
        ("休暇", {"k": 0}, "k = 0, pool = 50: expected at least 1"),
        ("休暇", {"pool": -1}, "pool = -1: expected at least 1"),
        ("休暇", {"mode": "fast"}, "mode 'fast' is unknown; expected one of hybrid, dense, lexical"),
    ],
)
def test_wrong_arguments_are_named(
    index: LibraryIndex, question: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        find(index, question, **options)  # type: ignore[arg-type]


def test_a_window_that_goes_meanwhile_is_said(index: LibraryIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    look = index.search_lexical

    def look_and_remove(question: str, **options: object) -> object:
        found = look(question, **options)  # type: ignore[arg-type]
        index.remove_document(IDS["規程"])
        return found

    monkeypatch.setattr(index, "search_lexical", look_and_remove)
    with pytest.raises(LibraryError, match=r"not in the library .* search again"):
        find(index, "通勤手当", "lexical")


class LengthReranker:
    """Rates short windows best."""

    def rate(self, question: str, texts: Sequence[str]) -> list[float]:
        return [-10.0 * len(text) for text in texts]


def test_a_reranker_orders_what_words_and_meaning_found(index: LibraryIndex) -> None:
    plain = find(index, "休暇と食堂", k=5)
    hits = find(index, "休暇と食堂", k=5, reranker=LengthReranker(), reranked=5)
    assert {hit.chunk_id for hit in hits} == {hit.chunk_id for hit in plain}
    lengths = [len(hit.text) for hit in hits]
    assert lengths == sorted(lengths)
    assert [hit.rating for hit in hits] == [-10.0 * length for length in lengths]


def test_a_reranker_sees_hits_beyond_those_asked_for(index: LibraryIndex) -> None:
    everything = find(index, "休暇と食堂", k=50)
    shortest = min(everything, key=lambda hit: len(hit.text))
    (hit,) = find(index, "休暇と食堂", k=1, reranker=LengthReranker(), reranked=50)
    assert hit.text == shortest.text


@pytest.mark.parametrize("mode", ["dense", "lexical"])
def test_one_kind_of_search_alone_is_not_reranked(index: LibraryIndex, mode: Mode) -> None:
    hits = find(index, "休暇と食堂", mode, reranker=LengthReranker(), reranked=50)
    assert [hit.rating for hit in hits] == [None] * len(hits)
    assert hits == find(index, "休暇と食堂", mode)
