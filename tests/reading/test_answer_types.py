"""Kinds of answers: read from the question, found in texts."""

from __future__ import annotations

import numpy as np
import pytest

from rag.reading.answer_types import AnswerType, find_answer_type, find_quantities, measure_fit


@pytest.mark.parametrize(
    ("question", "form", "kinds"),
    [
        ("荷物の質量は何キログラムですか。", "quantity", {"mass"}),
        ("線の速さは毎秒何メガビットですか", "quantity", {"data"}),
        ("窓口は何時から何時まで開いていますか", "quantity", {"clock"}),
        ("休みは何日取れますか", "quantity", {"time"}),
        ("休みは何時間取れますか", "quantity", {"time"}),
        ("委員は何人ですか", "quantity", {"people"}),
        ("机は何台ありますか", "quantity", {"count"}),
        ("手当はいくらですか", "quantity", {"money", "ratio"}),
        ("部屋はいくつありますか", "quantity", set()),
        ("どれくらい前に申し出ますか", "quantity", {"time", "clock"}),
        ("どのくらいのトルクで締めますか", "quantity", set()),
        ("いつ届きますか", "moment", set()),
        ("誰が決めますか", "name", set()),
        ("どこに保管しますか", "name", set()),
    ],
)
def test_the_question_word_tells_the_kind(question: str, form: str, kinds: set[str]) -> None:
    assert find_answer_type(question) == AnswerType(form, frozenset(kinds))


@pytest.mark.parametrize(
    "question", ["何を持って行きますか", "何科のキノコですか", "何語で書きますか", "いくつかの店の名は？", "条件は？"]
)
def test_other_questions_leave_it_open(question: str) -> None:
    assert find_answer_type(question) is None


def test_the_last_question_word_counts() -> None:
    assert find_answer_type("誰かが辞めるときは、何日前に言いますか") == AnswerType("quantity", frozenset({"time"}))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("７２０ ℃", {"temperature"}),
        ("三名", {"people"}),
        ("４０数人", {"people"}),
        ("39,629米ドル", {"money"}),
        ("10時", {"clock"}),
        ("10時間", {"time"}),
        ("5台", {"count"}),
        ("210,000", {"bare"}),
    ],
)
def test_quantities_keep_their_place_and_kind(text: str, kinds: set[str]) -> None:
    assert find_quantities(f"約{text}、です") == [(1, 1 + len(text), kinds)]


@pytest.mark.parametrize(
    ("question", "fitting", "misfitting"),
    [
        ("質量は何キログラムですか", ["約12kg", "12 ｋｇ", "１２"], ["720℃", "大きい", "三名"]),
        ("いつ閉まりますか", ["2020年3月", "翌朝", "大雨のとき"], ["本社の倉庫", "三名"]),
        ("誰に渡しますか", ["課長", "三名の係員"], ["三名", "30分"]),
        ("手当はいくらですか", ["一万円", "半額", "5%"], ["30分間", "支給する"]),
    ],
)
def test_spans_fit_if_they_hold_the_kind(question: str, fitting: list[str], misfitting: list[str]) -> None:
    wanted = find_answer_type(question)
    assert wanted is not None
    text = "、".join([*fitting, *misfitting])
    starts = np.array([text.index(part) for part in [*fitting, *misfitting]])
    ends = starts + np.array([len(part) for part in [*fitting, *misfitting]])
    assert measure_fit(wanted, text, starts, ends).tolist() == [True] * len(fitting) + [False] * len(misfitting)
