"""Pairs for the embedder: which texts come together, and what is taken out of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from rag.models.shipped import EMBEDDER, locate_model
from rag.training.corpus import Article, TrainingQuestion
from rag.training.pairs import (
    Asked,
    EmbedderSettings,
    PairSource,
    Paragraph,
    build_paragraphs,
    build_question_paragraphs,
)
from rag.training.question_set import QuestionSet
from rag.training.schedule import Schedule

SETTINGS = EmbedderSettings(Schedule(steps=1), negatives=1.0)
ASKED = [
    Paragraph(0, [], [[1, 2, 3, 4, 5, 6, 7, 8]], [Asked([1, 2, 90], [1])]),
    Paragraph(0, [], [[11, 12, 13, 14, 15, 16, 17, 18]], [Asked([11, 12, 91], [2])]),
    Paragraph(1, [], [[21, 22, 23, 24, 25, 26, 27, 28]], [Asked([21, 22, 92], [])]),
]
PROSE = [Paragraph(number, [], [[10 * number], [10 * number + 1], [10 * number + 2]], []) for number in range(1, 9)]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    loaded: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(locate_model(EMBEDDER))
    return loaded


def test_a_question_comes_with_its_paragraph_and_one_that_looks_right() -> None:
    pairs, others = PairSource("asked", ASKED, SETTINGS).draw(3, seed="a")
    found = dict(zip([name[1] for name in pairs.names], zip(pairs.queries, pairs.documents, strict=True), strict=True))
    assert found == {place: (p.questions[0].tokens, p.sentences[0]) for place, p in enumerate(ASKED)}
    assert others.queries == []
    assert dict(zip(others.names, others.documents, strict=True)) == {
        ("asked", 1): ASKED[1].sentences[0],
        ("asked", 2): ASKED[2].sentences[0],
    }


def test_without_a_share_none_looks_right() -> None:
    _, others = PairSource("asked", ASKED, replace(SETTINGS, negatives=0.0)).draw(3, seed="a")
    assert others.documents == []


def test_equal_seeds_draw_equal_pairs() -> None:
    source = PairSource("prose", PROSE, replace(SETTINGS, dropped_tokens=0.0, kept_sentence=0.0))
    first = source.draw(5, seed="a")
    assert source.draw(5, seed="b") != first
    assert source.draw(5, seed="a") == first


def test_a_sentence_is_asked_for_the_rest_of_its_paragraph() -> None:
    source = PairSource("prose", PROSE, replace(SETTINGS, dropped_tokens=0.0, kept_sentence=0.0))
    pairs, _ = source.draw(8, seed="a")
    assert sorted(place for _, place in pairs.names) == list(range(8))
    for query, document, (_, place) in zip(pairs.queries, pairs.documents, pairs.names, strict=True):
        assert [*query, *document] != document
        assert sorted(query + document) == [10 * (place + 1) + step for step in range(3)]


def test_words_of_the_query_are_taken_out() -> None:
    source = PairSource("asked", ASKED, replace(SETTINGS, hidden=1.0))
    kept = {
        tuple(sorted({1, 2} & set(document)))
        for seed in range(60)
        for document, name in zip(*_documents(source, str(seed)), strict=True)
        if name == ("asked", 0)
    }
    assert kept == {(), (1,), (2,), (1, 2)}


def _documents(source: PairSource, seed: str) -> tuple[list[list[int]], list[tuple[str, int]]]:
    pairs, _ = source.draw(3, seed=seed)
    assert all(len(document) >= 6 for document in pairs.documents)
    return pairs.documents, pairs.names


def test_long_documents_are_cut_and_thinned() -> None:
    source = PairSource("asked", ASKED, replace(SETTINGS, length=3))
    found = {tuple(document) for seed in range(60) for document in source.draw(3, seed=str(seed))[0].documents}
    assert {(1, 2, 3), (6, 7, 8)} <= found
    assert {len(document) for document in found} == {3}
    thinned = PairSource("asked", ASKED, replace(SETTINGS, dropped=0.5))
    lengths = [len(document) for seed in range(60) for document in thinned.draw(3, seed=str(seed))[0].documents]
    assert sum(lengths) / len(lengths) == pytest.approx(4, abs=0.5)


def test_negatives_are_known_by_their_place(tokenizer: PreTrainedTokenizerFast) -> None:
    questions = [
        TrainingQuestion("支店はどこですか", "支店は函館市にある。", "青空", 4, 3, "函館市"),
        TrainingQuestion("倉庫はどこですか", "倉庫は小樽市にある。", "白雲", 9, 3, "小樽市"),
        TrainingQuestion("何が函館市にありますか", "支店は函館市にある。", "青空", 4, 0, "支店"),
    ]
    first, second = build_question_paragraphs(QuestionSet(questions, [[9, 77], [4], []]), tokenizer)
    assert [asked.negatives for asked in first.questions] == [[1], []]
    assert [asked.negatives for asked in second.questions] == [[0]]
    assert (first.article, second.article) == (0, 1)
    assert tokenizer.decode(first.questions[1].tokens).replace(" ", "") == "何が函館市にありますか"
    assert tokenizer.decode(second.sentences[0]).replace(" ", "") == "倉庫は小樽市にある。"


def test_prose_stands_under_its_heading(tokenizer: PreTrainedTokenizerFast) -> None:
    sentences = [
        "支店は函館市の港の近くにあり、三十二名が働いている。",
        "食堂は正午に開く。",
        "だれでも入ることができる。",
    ]
    text = "短い。\n# 支店\n" + "".join(sentences * 3)
    (paragraph,) = build_paragraphs([Article("test", "青空商会", text)], tokenizer, limit=5)
    assert tokenizer.decode(paragraph.heading).replace(" ", "") == "青空商会支店"
    assert [tokenizer.decode(ids).replace(" ", "") for ids in paragraph.sentences] == sentences * 3
