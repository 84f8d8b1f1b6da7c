"""References: where they stand, and what they mean from there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.laws import find_definitions, list_names
from rag.text.outline import Outline
from rag.text.references import find_references, resolve
from tests.text.regulation import RULES, TRAVEL


def read(text: str) -> list[tuple[str, list[str]]]:
    """Every reference, with the names of what it means."""
    return [
        (text[found.start : found.end], [target.name for target in found.targets])
        for found in find_references(Outline(text))
    ]


def read_laws(text: str) -> list[tuple[str, str]]:
    return [(found.law, found.written) for found in find_references(Outline(text)) if found.law]


def test_references_of_a_set_of_rules() -> None:
    article, paragraph = "第二条（定義）", "第二条（定義） 第1項"
    assert read(RULES) == [
        ("第１章", ["第１章 総則"]),
        ("第1条―第2条の2", ["第1条（目的）", article, "第２条の２（管理者）"]),
        ("第２章", ["第２章 貸出し"]),
        ("附則", ["附則"]),
        ("各号", [f"{paragraph} {item}" for item in ("第1号", "第1号の2", "第2号", "第3号")]),
        ("前条", ["第1条（目的）"]),
        ("前各号", [f"{paragraph} {item}" for item in ("第1号", "第1号の2", "第2号")]),
        ("前項第二号イ", [f"{paragraph} 第2号 イ"]),
        ("別表第一", ["別表第１（第二条関係）"]),
        ("第一項から前項まで", [paragraph, f"{article} 第2項"]),
        ("様式第1号", ["様式第1号（第3条関係）"]),
        ("第二条の二", ["第２条の２（管理者）"]),
        ("同条", ["第２条の２（管理者）"]),
        ("第1号", ["第3条（申請） 第1項 第1号"]),
        ("前条", ["第２条の２（管理者）"]),
        ("前項", ["第3条（申請） 第1項"]),
        ("次条", ["第四条"]),
        ("第3条第1項第1号", ["第3条（申請） 第1項 第1号"]),
        ("第2号", ["第3条（申請） 第1項 第2号"]),
        ("第九条", []),
        ("第五条", []),
        ("第2条", []),
        ("第3条", []),
        ("第七百九条", []),
        ("第七百十条", []),
        ("第1章", ["第１章 総則"]),
        ("第1条から第2条の2まで", ["第1条（目的）", article, "第２条の２（管理者）"]),
        ("本条", ["第四条"]),
        ("第4条第2項", ["第四条 第2項"]),
        ("前項", ["附則 第1項"]),
        ("附則第1項", ["附則 第1項"]),
        ("第二条", [article]),
        ("第七条", []),
        ("第3条", ["第3条（申請）"]),
    ]


def test_references_to_other_laws_keep_their_name() -> None:
    assert read_laws(RULES) == [
        ("旅費規程", "第2条"),
        ("旅費規程", "第3条"),
        ("民法", "第709条"),
        ("民法", "第710条"),
    ]


def test_an_absolute_reference_is_resolved_in_another_text() -> None:
    travel = Outline(TRAVEL)
    assert [target.name for target in resolve("第2条", travel)] == ["第2条"]
    assert [target.name for target in resolve("第2条から第3条まで", travel)] == ["第2条", "第3条"]
    assert resolve("第9条", travel) == ()


ARTICLES = "第1条　甲。\n第2条　乙。\n２　丙。\n第3条　丁。\n第4条　"
CASES = {
    "two articles before": ("前二条による。", [("前二条", ["第2条", "第3条"])]),
    "more than there are": ("前五条による。", [("前五条", [])]),
    "no next article": ("次条による。", [("次条", [])]),
    "inherited article": ("第2条第1項及び第2項", [("第2条第1項", ["第2条 第1項"]), ("第2項", ["第2条 第2項"])]),
    "same paragraph": (
        "第2条第1項に基づき、同条第2項及び同項による。",
        [("第2条第1項", ["第2条 第1項"]), ("同条第2項", ["第2条 第2項"]), ("同項", ["第2条 第2項"])],
    ),
    "full width and dash": ("第１条～第３条", [("第１条～第３条", ["第1条", "第2条", "第3条"])]),
    "a range that runs backwards": ("第3条から第1条まで", [("第3条から第1条まで", [])]),
    "a branch that is a number of people": ("第2条の二人", [("第2条", ["第2条"])]),
    "numbers of something else": ("文書番号第1号、第2項目、第3条例、第1号室", []),
    "this article": ("この条の定め", [("この条", ["第4条"])]),
    "own rules by name": ("この規程第2条及び本規程第3条", [("第2条", ["第2条"]), ("第3条", ["第3条"])]),
    "missing article": ("第99条", [("第99条", [])]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_reference_means(name: str) -> None:
    text, expected = CASES[name]
    assert read(ARTICLES + text) == expected


LAWS = {
    "remark": ("労働基準法（昭和22年法律第49号）第39条による。", [("労働基準法", "第39条")]),
    "in quotes": ("「賃金規程」第3条第2項による。", [("賃金規程", "第3条第2項")]),
    "law and order": ("令第二条又は法第十条", [("令", "第2条"), ("法", "第10条")]),
    "short name": ("雇用保険法（以下「法」という。）の定め。法第十条による。", [("雇用保険法", "第10条")]),
    "same law": ("民法第一条、同法第二条", [("民法", "第1条"), ("民法", "第2条")]),
    "same article of another law": ("民法第一条。同条第二項", [("民法", "第1条"), ("民法", "第1条第2項")]),
    "supplement": ("民法附則第三条", [("民法", "附則第3条")]),
    "Japan is not this": ("日本国有鉄道法第三条", [("日本国有鉄道法", "第3条")]),
    "space": ("文書管理規程 別表1", [("文書管理規程", "別表第1")]),
    "own short name": ("この規則（以下「規則」という。）の定め。規則第1条", []),
}


@pytest.mark.parametrize("name", LAWS)
def test_names_of_laws(name: str) -> None:
    text, expected = LAWS[name]
    assert read_laws(ARTICLES + text) == expected


def test_references_of_a_stretch_know_what_stands_before_it() -> None:
    text = ARTICLES + "第2条による。同条第2項は別とする。"
    start = text.index("同条")
    [found] = find_references(Outline(text), start=start)
    assert (found.start, found.targets[0].name) == (start, "第2条 第2項")
    assert find_references(Outline(text), start=start + 1) == []


def test_several_rules_in_one_document_refer_to_themselves() -> None:
    text = "第1条　甲。\n第2条　前条による。\n第1条　乙。\n第2条　第1条による。"
    places = [found.targets[0].start for found in find_references(Outline(text))]
    assert places == [0, text.index("第1条　乙")]


def test_supplements_refer_to_the_main_provisions_and_forms_to_themselves() -> None:
    text = "第1条　甲。\n附則\n第1条　第1条による。附則第1条も同じ。\n様式第1号\n第1条　第1条による。"
    names = [found.targets[0].name for found in find_references(Outline(text))]
    assert names == ["第1条", "附則 第1条", "様式第1号 第1条"]


def test_the_number_of_a_heading_is_no_reference() -> None:
    assert read("### 第1条（甲）\n乙。\n### 第2条\n前条による。") == [("前条", ["第1条（甲）"])]


def test_short_names_and_titles() -> None:
    assert find_definitions("雇用保険法（昭和四十九年法律第百十六号。以下「法」という。）") == {"法": "雇用保険法"}
    assert list_names("株式会社青空商会　就業規則（令和7年）") == ["株式会社青空商会　就業規則", "就業規則"]
    assert list_names("規則") == []


@given(
    st.lists(
        st.sampled_from(
            [
                "第1条　",
                "第二条",
                "第３項",
                "前項",
                "前条",
                "次条",
                "同条",
                "各号",
                "前二項",
                "から",
                "まで",
                "及び",
                "、",
                "\n",
                "附則",
                "別表第一",
                "民法",
                "（以下「法」という。）",
                "同法",
                "法",
                "イ",
                "第1号",
                "一　",
                "２　",
                "👍\ud800",
                "「",
                "」",
            ]
        ),
        max_size=40,
    ),
    st.integers(0, 60),
)
def test_references_are_ascending_disjoint_stretches(pieces: list[str], start: int) -> None:
    text = "".join(pieces)
    outline = Outline(text)
    last = 0
    for found in find_references(outline):
        assert last <= found.start < found.end <= len(text)
        assert text[found.start] in "第前次同本こ各附別様" + "イ"
        assert set(found.targets) <= set(outline.provisions)
        assert not (found.law and found.targets)
        last = found.end
    assert all(start <= found.start for found in find_references(outline, start=min(start, len(text))))
