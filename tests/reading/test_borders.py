"""Borders an answer keeps to."""

from __future__ import annotations

import numpy as np
import pytest

from rag.reading.borders import find_borders


def list_answers(text: str) -> set[str]:
    """Return every span of whole characters that keeps to the borders."""
    places = np.arange(len(text))
    opens, closes = find_borders(text, places, places + 1)
    return {
        text[first : last + 1]
        for first in range(len(text))
        for last in range(first, len(text))
        if opens[first] == closes[last]
    }


@pytest.mark.parametrize(
    ("text", "whole", "cut"),
    [
        ("宿泊料は一万二千円とする。", ["一万二千円", "一万二千"], ["千円", "二千円", "一万"]),
        ("倉庫13で4月に", ["13", "4月"], ["3", "1"]),
        ("25,000円と3.5倍", ["25,000円", "3.5倍"], ["000円", "25", "5倍", ",000円"]),
        ("株式会社サーバーを", ["サーバー", "株式会社", "株式会社サーバー"], ["サーバ", "バー", "社サーバー"]),
        ("Ｗｅｂ会議", ["Ｗｅｂ", "会議"], ["Ｗｅ", "ｅｂ会議"]),
        ("雨だ。傘をさす。", ["雨だ。", "傘をさす。", "傘"], ["雨だ。傘", "だ。傘をさす。"]),
        ("経理課へ申し出る。", ["経理課", "申し出る"], ["理課", "経理課へ申し"]),
        ("1,2の順", ["1,2"], ["1"]),
        ("三、四日", ["三", "四日", "三、四日"], []),
        ("ア・イ", ["ア", "イ"], []),
        ("3.2 合言葉\n12. 調子", ["合言葉", "調子"], ["3.2 合言葉", "3.2", "12. 調子"]),
        ("２　社員は27　人工", ["社員", "27"], ["２　社員", "２"]),
        ("（1）東京\n(ア)京都", ["東京", "京都"], ["（1）東京", "1", "(ア)京都"]),
        ("・東京", ["東京"], ["・東京"]),
        ("3.2 mmの板", ["3.2"], []),
        ("第五条　会社は", ["第五条", "会社"], []),
        ("二　倉庫の面積", ["倉庫", "面積"], ["二　倉庫", "二"]),
    ],
)
def test_answers_keep_numbers_words_and_sentences_whole(text: str, whole: list[str], cut: list[str]) -> None:
    answers = list_answers(text)
    assert set(whole) <= answers
    assert answers.isdisjoint(cut)


def test_nothing_to_read_has_no_borders() -> None:
    opens, closes = find_borders("", np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert (opens.tolist(), closes.tolist()) == ([], [])
