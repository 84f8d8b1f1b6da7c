"""Terms that documents and questions share."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text.terms import Term, build_terms

AWKWARD = "休暇を取るサーバｰﾊﾞﾞか\u3099㌔㈱①Abc12万千,.条第の3ヶ月元年令和　 \n\0\ud800👨\u200d👩𠮷\u0301"
any_text = st.one_of(st.text(st.sampled_from(AWKWARD)), st.text(st.characters(exclude_categories=())))


def texts(text: str) -> set[str]:
    return {term.text for term in build_terms(text)}


@pytest.mark.parametrize(
    ("writings", "shared"),
    [
        (("三箇月", "3か月", "３ヶ月", "3カ月", "３ヵ月", "三か月間"), "3か月"),
        (("2万5千円", "25,000円", "２５０００円", "二万五千円"), "25000円"),
        (("2万5千", "25,000", "２５０００", "二万五千円"), "25000"),
        (("令和六年", "令和6年", "令和６年"), "6年"),
        (("令和元年", "令和1年", "令和一年"), "1年"),
        (("第十二条", "第12条", "第１２条"), "12条"),
        (("第十二条の二", "第12条の2"), "2"),
        (("サーバー", "サーバ", "ｻｰﾊﾞｰ", "サ‐バ"), "サーバ"),
        (("ﾊﾟｿｺﾝ", "パソコン"), "パソコン"),
        (("５％", "5パーセント", "五%"), "5パーセント"),
        (("書く", "書いた", "書けば"), "書く"),
        (("㌔", "キロ", "ｷﾛ"), "キロ"),
        (("ＡＢＣ社", "abc社"), "abc"),
        (("一人で", "1人で", "１名で"), "1人"),
    ],
)
def test_writings_share_a_term(writings: tuple[str, ...], shared: str) -> None:
    for writing in writings:
        assert shared in texts(writing), writing


@pytest.mark.parametrize(
    "writings",
    [
        ("3か月", "３ヶ月", "3カ月"),
        ("2万5千円", "25,000円", "２５０００円", "二万五千円"),
        ("令和六年", "令和6年"),
        ("第十二条", "第12条"),
        ("第十二条の二", "第12条の2"),
        ("サーバー", "サーバ"),
        ("ﾊﾟｿｺﾝ", "パソコン"),
    ],
)
def test_some_writings_differ_in_no_term(writings: tuple[str, ...]) -> None:
    assert [texts(writing) for writing in writings] == [texts(writings[0])] * len(writings)


@pytest.mark.parametrize(
    ("one", "other"),
    [("3か月", "3時間"), ("25,000円", "2,500円"), ("キー", "キ"), ("第12条", "第2条"), ("3時", "3時間")],
)
def test_other_things_have_other_terms(one: str, other: str) -> None:
    assert texts(one) != texts(other)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("マナザシ", "マナザシラボの規程"),
        ("ラボについて", "マナザシラボの規程"),
        ("ﾏﾅｻﾞｼ", "マナザシラボの規程"),
        ("マナザシ", "ﾏﾅｻﾞｼﾗﾎﾞの規程"),
        ("ManazashiLabの規程", "manazashi"),
    ],
)
def test_unknown_words_are_found_by_a_part(question: str, document: str) -> None:
    assert texts(question) & texts(document) - texts("規程について")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 　\n",
        "？！「」…",
        "それは何ですか",
        "いつですか",
        "なぜそうなりますか",
        "いくらですか",
        "あれはこうしたことによる",
    ],
)
def test_what_says_nothing_has_no_terms(text: str) -> None:
    assert build_terms(text) == []


def test_terms_stand_where_they_came_from() -> None:
    text = "㈱眼差しは、２万５千円のﾊﾟｿｺﾝを３㌔運ぶ"
    found = {(term.text, text[term.start : term.end]) for term in build_terms(text)}
    assert found == {
        ("25000円", "２万５千円"),
        ("25000", "２万５千"),
        ("円", "円"),
        ("3キロ", "３㌔"),
        ("キロ", "㌔"),
        ("株", "㈱"),
        ("眼差し", "眼差し"),
        ("パソコン", "ﾊﾟｿｺﾝ"),
        ("運ぶ", "運ぶ"),
    }


def test_parts_of_unknown_words_stand_in_them() -> None:
    assert build_terms("はマナザシ") == [
        Term("マナザシ", 1, 5),
        Term("マナ", 1, 3),
        Term("ナザ", 2, 4),
        Term("ザシ", 3, 5),
    ]
    assert build_terms("ﾏﾅｻﾞｼ") == [Term(part, 0, 5) for part in ("マナザシ", "マナ", "ナザ", "ザシ")]


@settings(deadline=None)
@given(any_text)
def test_terms_lie_within_the_text_and_are_not_empty(text: str) -> None:
    for term in build_terms(text):
        assert term.text.strip()
        assert 0 <= term.start < term.end <= len(text)
        assert not text[term.start : term.end].isspace()
