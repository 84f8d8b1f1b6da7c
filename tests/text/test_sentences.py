"""Sentence boundaries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import split_sentences

CASES = {
    "plain": ("雨だ。傘をさす。", ["雨だ。", "傘をさす。"]),
    "runs of marks": ("本当！？はい。", ["本当！？", "はい。"]),
    "half width": ("雨だ｡傘をさす｡", ["雨だ｡", "傘をさす｡"]),
    "quote kept whole": ("「モーニング娘。のライブ」に行く。次。", ["「モーニング娘。のライブ」に行く。", "次。"]),
    "quotes in a row": ("「行こう。」「はい。」", ["「行こう。」", "「はい。」"]),
    "quote with a verb": ("「行こう。」と言った。", ["「行こう。」と言った。"]),
    "closing bracket after the mark": ("（雨だ。）次。", ["（雨だ。）次。"]),
    "unclosed bracket": ("「雨だ。傘をさす。", ["「雨だ。", "傘をさす。"]),
    "stray closing bracket": ("雨だ。」傘をさす。", ["雨だ。」", "傘をさす。"]),
    "nested": ("「『雨。』だ。」と書く。次。", ["「『雨。』だ。」と書く。", "次。"]),
    "decimal": ("値は3.5です。次。", ["値は3.5です。", "次。"]),
    "full-width decimal": ("値は３．５です。次。", ["値は３．５です。", "次。"]),
    "abbreviation": ("See No. 3 for it. Then go.", ["See No. 3 for it.", "Then go."]),
    "initials": ("U.S.A. is big.", ["U.S.A. is big."]),
    "heading": ("第1条（目的）\nこの規則は定める。", ["第1条（目的）", "この規則は定める。"]),
    "paragraphs and items": ("2 前項による。\n一 社員\n二 役員", ["2 前項による。", "一 社員", "二 役員"]),
    "bullets": ("準備\n・水\n・布", ["準備", "・水", "・布"]),
    "blank line": ("題名\n\n本文は続く", ["題名", "本文は続く"]),
    "table": ("品名 | 値段\n水 | 百円", ["品名 | 値段", "水 | 百円"]),
    "broken line": (
        "これは紙の文書から取り出した文章で\nあり、行の途中で改行されている。次の\n文も続く。",
        ["これは紙の文書から取り出した文章で\nあり、行の途中で改行されている。", "次の\n文も続く。"],
    ),
    "indented line begins anew": (
        "これは紙の文書から取り出した文章である\n　次の段落は字下げで始まるものとする",
        ["これは紙の文書から取り出した文章である", "次の段落は字下げで始まるものとする"],
    ),
    "nothing": ("", []),
    "white space": (" \n　\n", []),
}


@pytest.mark.parametrize("name", CASES)
def test_sentences(name: str) -> None:
    text, expected = CASES[name]
    assert [text[start:end] for start, end in split_sentences(text)] == expected


def test_long_quote_does_not_swallow_the_text() -> None:
    text = "「" + "雨が降る。" * 60 + "」"
    assert len(split_sentences(text)) >= 60


@given(
    st.text(
        alphabet=st.sampled_from("雨が。！？「」『』（）()\n 　・第条1一.．、aA|\t#𠮷が\u3099👍\ud800"), max_size=200
    )
)
def test_every_character_lies_in_exactly_one_sentence(text: str) -> None:
    counts = [0] * len(text)
    last = 0
    for start, end in split_sentences(text):
        assert last <= start < end
        assert text[start:end] == text[start:end].strip()
        last = end
        for index in range(start, end):
            counts[index] += 1
    for character, count in zip(text, counts, strict=True):
        assert count == 1 or (count == 0 and character.isspace())
