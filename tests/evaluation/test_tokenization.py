"""Figures of tokenizers on texts small enough to count by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ArgumentError, DatasetError
from rag.evaluation.datasets import Dataset, load_samples, load_squad
from rag.evaluation.tokenization import (
    AnswerFit,
    Distribution,
    Piece,
    TokenizerFigures,
    compare_tokenizers,
    group_tokens,
    measure_tokenizer,
)
from rag.evaluation.tokenizers import Algorithm, Tokens

CONTEXT = "支店 は 函 館市 に ある 。"


class SpaceTokenizer:
    """Cuts at spaces; knows every word but "は"."""

    name = "空白"
    algorithm: Algorithm = "words"
    vocabulary = 7

    def tokenize(self, text: str) -> Tokens:
        words = text.split()
        places = np.cumsum([0, *(len(word) + 1 for word in words)])[:-1]
        ends = places + [len(word) for word in words]
        return Tokens(places, ends.astype(np.int64), np.array([word == "は" for word in words], dtype=np.bool_))


def write_squad(folder: Path, contexts: dict[str, tuple[str, ...]]) -> Path:
    paragraphs = []
    for context, answers in contexts.items():
        given = [{"text": text, "answer_start": context.index(text)} for text in answers]
        qas = [{"id": f"{context}{n}", "question": "何", "answers": [each]} for n, each in enumerate(given)]
        paragraphs.append({"context": context, "qas": qas})
    file = folder / "squad.json"
    file.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")
    return file


def test_figures_are_those_counted_by_hand(tmp_path: Path) -> None:
    dataset = load_squad([write_squad(tmp_path, {CONTEXT: ("函 館市", "市", "は", "店"), "甲 乙丙": ("丙",)})])
    first, second = 7 / len(CONTEXT), 2 / 4
    assert measure_tokenizer(SpaceTokenizer(), dataset) == TokenizerFigures(
        tokenizer="空白",
        algorithm="words",
        vocabulary=7,
        documents=2,
        characters=len(CONTEXT) + 4,
        tokens=9,
        fertility=9 / (len(CONTEXT) + 4),
        unknown_rate=1 / 9,
        document_fertility=Distribution(
            *(pytest.approx(first + (second - first) * quarter / 4) for quarter in range(5))
        ),
        document_tokens=Distribution(2.0, 3.25, 4.5, 5.75, 7.0),
        answers=5,
        unreachable_rate=3 / 5,
    )


def test_without_answers_none_is_unreachable_and_without_text_nothing_is_measured(tmp_path: Path) -> None:
    assert measure_tokenizer(SpaceTokenizer(), load_squad([write_squad(tmp_path, {"甲": ()})])).unreachable_rate is None
    with pytest.raises(DatasetError, match="hold no text"):
        measure_tokenizer(SpaceTokenizer(), Dataset({}, ()))


def test_every_place_of_the_answer_is_looked_at() -> None:
    [row] = compare_tokenizers("市 は 函 館市 市場", [SpaceTokenizer()], answer="市")
    assert row.answers == (
        AnswerFit(0, 1, True, True, 0, 1),
        AnswerFit(7, 8, False, True, 6, 8),
        AnswerFit(9, 10, True, False, 9, 11),
    )
    assert [fit.reachable for fit in row.answers] == [True, False, False]
    assert (row.tokenizer, row.unknown, row.fertility) == ("空白", 1, 5 / 11)


@pytest.mark.parametrize(("text", "answer"), [(" \n", None), ("函館", "館函"), ("函館", "")])
def test_no_text_and_an_answer_that_is_not_there_are_refused(text: str, answer: str | None) -> None:
    with pytest.raises(ArgumentError):
        compare_tokenizers(text, [SpaceTokenizer()], answer=answer)


def test_tokens_that_share_characters_are_one_piece_and_empty_ones_none() -> None:
    tokens = Tokens(
        np.array([0, 0, 0, 1, 2, 4, 5]),
        np.array([1, 1, 1, 1, 4, 6, 6]),
        np.array([False, False, True, False, False, False, False]),
    )
    assert group_tokens(tokens) == [Piece(0, 1, 3, True), Piece(2, 4, 1, False), Piece(4, 6, 2, False)]


def test_samples_are_a_dataset() -> None:
    dataset = load_samples()
    assert len(dataset.documents) == 3
    for question in dataset.questions:
        text = dataset.documents[question.document_id].text
        assert [text[each.start : each.end] for each in question.answers] == list(question.accepted)
    assert any(question.answers for question in dataset.questions)
