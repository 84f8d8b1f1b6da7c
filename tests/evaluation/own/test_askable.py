"""Which sentences can be asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.documents.anchor import Anchor
from rag.evaluation.own.askable import list_askable, skip_number, spread, stands_alone
from tests.evaluation.own.texts import HARBOUR, HARBOUR_DOCUMENT


def test_headings_and_items_of_lists_are_left_out() -> None:
    sentences = [HARBOUR[start:end] for start, end in list_askable(HARBOUR_DOCUMENT)]
    assert [sentence[:6] for sentence in sentences] == ["第一条　港の", "第二条　荷役", "これは港湾局", "第三条　嵐の"]
    assert all(sentence.endswith("。") for sentence in sentences)


def test_tables_are_left_out() -> None:
    start = HARBOUR.index("第二条")
    table = Anchor("table", start, HARBOUR.index("・"), "表1")
    sentences = [HARBOUR[a:b] for a, b in list_askable(replace(HARBOUR_DOCUMENT, anchors=(table,)))]
    assert [sentence[:3] for sentence in sentences] == ["第一条", "これは", "第三条"]


@pytest.mark.parametrize(
    ("sentence", "alone"),
    [
        ("荷役班の班長は、毎月最初の月曜日に起重機の綱を点検する。", True),
        ("第二条　荷役班の班長は、毎月最初の月曜日に起重機の綱を点検する。", True),
        ("これは港湾局にも知らせる。", False),
        ("ただし、荷役班の班長は港湾局に知らせる。", False),
        ("毎月最初の月曜日に起重機の綱を点検する。", False),  # says not who
        ("荷役班の班長は、綱が燃え始めたら笛を吹く。", False),  # two verbs in one
        ("荷役班は、港湾局に写しをお送りします。", False),
        ("荷役班　班長は、毎月最初の月曜日に起重機の綱を点検する。", False),  # set off by a blank
    ],
)
def test_a_sentence_must_say_what_it_is_about(sentence: str, alone: bool) -> None:
    assert stands_alone(sentence) is alone


@pytest.mark.parametrize(
    ("sentence", "said"),
    [("第三条　嵐が来る。", "嵐が来る。"), ("２　嵐が来る。", "嵐が来る。"), ("嵐が来る。", "嵐が来る。")],
)
def test_numbers_of_articles_and_paragraphs_are_skipped(sentence: str, said: str) -> None:
    assert skip_number(sentence) == said


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_beginning_of_the_order_is_spread_over_the_whole(seed: int) -> None:
    spans = [(number, number + 1) for number in range(60)]
    order = [start for start, _ in spread(spans, seed=seed)]
    assert sorted(order) == list(range(60))
    assert {start // 20 for start in order[:4]} == {0, 1, 2}
    assert {start // 10 for start in order[:12]} == {0, 1, 2, 3, 4, 5}


def test_other_seeds_give_other_orders() -> None:
    spans = [(number, number + 1) for number in range(60)]
    assert list(spread(spans, seed=0)) == list(spread(spans, seed=0)) != list(spread(spans, seed=1))
    assert list(spread([], seed=0)) == []
