"""Provisions: what they are called, where they begin and end, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.provisions import find_provisions
from tests.text.regulation import RULES


def outline(text: str) -> list[tuple[str, str]]:
    return [(provision.kind, provision.number) for provision in find_provisions(text)]


def find(text: str, *path: str) -> str:
    """The text of the one provision whose path ends so."""
    [found] = [each for each in find_provisions(text) if each.path[-len(path) :] == path]
    return text[found.start : found.end]


def test_the_tree_of_a_set_of_rules() -> None:
    assert outline(RULES) == [
        ("章", "1"),
        ("条", "1"),
        ("項", "1"),
        ("条", "2"),
        ("項", "1"),
        ("号", "1"),
        ("号", "1の2"),
        ("号", "2"),
        ("細分", "イ"),
        ("細分", "ロ"),
        ("号", "3"),
        ("項", "2"),
        ("項", "3"),
        ("条", "2の2"),
        ("項", "1"),
        ("章", "2"),
        ("条", "3"),
        ("項", "1"),
        ("号", "1"),
        ("号", "2"),
        ("項", "2"),
        ("条", "4"),
        ("項", "1"),
        ("項", "2"),
        ("項", "3"),
        ("附則", ""),
        ("項", "1"),
        ("項", "2"),
        ("別表", "1"),
        ("様式", "1"),
    ]


def test_provisions_begin_with_their_caption_and_end_where_they_end() -> None:
    assert find(RULES, "第１章 総則", "第1条（目的）") == (
        "（目的）\n第1条　この規程は、会社の備品の管理について定める。"
    )
    assert find(RULES, "第1項", "第2号", "イ") == "イ　机"
    assert find(RULES, "第二条（定義）", "第1項", "第2号") == "二　次に掲げる家具\nイ　机\nロ　椅子"
    assert find(RULES, "第3条（申請）", "第1項", "第2号") == "(2) 同条の管理者の承認を得ること。"
    assert find(RULES, "第3条（申請）", "第1項").endswith("ただし、急なときは、第1号によらなくてよい。")
    assert find(RULES, "別表第１（第二条関係）").endswith("第七条　机　　　100円")


CASES = {
    "circled paragraphs": ("第1条　甲。\n②　乙。\n③　丙。", ["条1", "項1", "項2", "項3"]),
    "first paragraph numbered": ("第1条（甲）\n１　乙。\n２　丙。", ["条1", "項1", "項2"]),
    "items in half width": (
        "第1条　次による。\n1 甲\n2 乙\n２　前項による。",
        ["条1", "項1", "号1", "号2", "項2"],
    ),
    "numbers that do not follow are text": ("第1条　甲。\n３　乙。", ["条1", "項1"]),
    "rows of a table are text": ("第1条　次による。\n１　　　百円\n２　　　二百円", ["条1", "項1"]),
    "items below items": (
        "第1条　甲\n(1) 乙\nア　丙\nイ　丁\n(2) 戊",
        ["条1", "項1", "号1", "細分ア", "細分イ", "号2"],
    ),
    "caption of a paragraph": ("附　則\n（施行期日）\n１　甲。\n（経過措置）\n２　乙。", ["附則", "項1", "項2"]),
    "articles of supplements": (
        "第1条　甲。\n第2条　乙。\n附則（平成三年）\n第1条　丙。\n第9条　丁。",
        ["条1", "項1", "条2", "項1", "附則", "条1", "項1", "条9", "項1"],
    ),
    "markdown": ("## 第1条（甲）\n\n乙。\n\n**第2条（丙）**　丁。", ["条1", "項1", "条2", "項1"]),
    "markdown lists": ("### 第1条（甲）\n1. 乙。\n2. 丙。\n   - (1) 丁", ["条1", "項1", "項2", "号1"]),
    "table between articles": (
        "第1章 甲\n第1条　乙。\n別表第1\n丙\n第2条　丁。",
        ["章1", "条1", "項1", "別表1", "条2", "項1"],
    ),
    "form with articles": ("第5条　甲。\n様式第1号\n第1条　乙。", ["条5", "項1", "様式1", "条1", "項1"]),
    "numbered lists in prose": ("準備\n１　水\n２　布\n一　石鹸\n(1) 桶", []),
    "mention in a broken line": (
        "第1条　休むときは、\n第40条（罰則）の規定による。\n第2条　乙。",
        ["条1", "項1", "条2", "項1"],
    ),
    "mention out of order": (
        "第1条　甲は、\n第9条　による。\n第2条　乙。\n第3条　丙。",
        ["条1", "項1", "条2", "項1", "条3", "項1"],
    ),
    "amendment": ("第3条中「甲」を「乙」に改める。\n第5条第2項を削る。", []),
    "amendment that inserts an article": (
        "第1条　規程の一部を次のように改正する。\n第5条の次に次の一条を加える。\n第5条の2　甲。\n２　乙。\n第2条　丙。",
        ["条1", "項1", "条2", "項1"],
    ),
    "quotation over lines": (
        "第1条　次の文を読む。「甲\n第2条　乙。\n第3条　丙」\n第2条　丁。",
        ["条1", "項1", "条2", "項1"],
    ),
    "contents with leaders": ("第1章 総則……………3\n第1章 総則\n第1条　甲。", ["章1", "条1", "項1"]),
    "contents without a title": (
        "第1章 総則\n第2章 休暇\n第3章 雑則\n附則\n前文。\n第1章 総則\n第1条　甲。\n第2章 休暇\n第3章 雑則\n附則\n乙。",
        ["章1", "条1", "項1", "章2", "章3", "附則", "項1"],
    ),
    "nothing": ("", []),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_a_provision(name: str) -> None:
    text, expected = CASES[name]
    assert [kind + number for kind, number in outline(text)] == expected


def test_marks_of_a_heading_belong_to_it() -> None:
    text = "### 第1条（甲）\n前条による。\n### 第2条（丙）\n丁。"
    assert find(text, "第1条（甲）") == "### 第1条（甲）\n前条による。"
    assert find(text, "第2条（丙）") == "### 第2条（丙）\n丁。"


def test_an_article_behind_a_table_is_not_inside_it() -> None:
    last = find_provisions("第1章 甲\n第1条　乙。\n別表第1\n丙\n第2条　丁。")[-2]
    assert last.path == ("第1章 甲", "第2条")


@given(
    st.lists(
        st.sampled_from(
            [
                "第1章 総則\n",
                "第一条",
                "（目的）",
                "\n",
                "　",
                "第３条の二　",
                "附則",
                "別表第1",
                "２　",
                "②",
                "一　",
                "(1) ",
                "イ　",
                "様式第1号",
                "甲乙。",
                "「",
                "」",
                "次の一条を加える。",
                "目次\n",
                "前条",
                "𠮷が\u3099👍\ud800",
                "ただし、",
                "第9条　",
            ]
        ),
        max_size=40,
    )
)
def test_provisions_lie_inside_each_other(pieces: list[str]) -> None:
    text = "".join(pieces)
    around: list[tuple[int, int]] = []
    last = 0
    for provision in find_provisions(text):
        del around[len(provision.path) - 1 :]
        assert len(around) == len(provision.path) - 1
        assert provision.path[-1] == provision.label
        assert last <= provision.start < provision.end <= len(text)
        assert text[provision.start : provision.end] == text[provision.start : provision.end].strip()
        assert all(start <= provision.start and provision.end <= end for start, end in around)
        around.append((provision.start, provision.end))
        last = provision.start
