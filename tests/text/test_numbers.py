"""Numbers and their counters."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.normalization import fold
from rag.text.numbers import find_numbers


def read(text: str) -> list[tuple[str, str]]:
    return [(number.value, number.unit) for number in find_numbers(fold(text).text)]


@pytest.mark.parametrize(
    ("writings", "expected"),
    [
        (("三箇月", "3か月", "３ヶ月", "3カ月", "３ヵ月", "3ケ月", "3ｶ月", "三個月", "三か月間"), ("3", "か月")),
        (
            ("2万5千円", "25,000円", "２５０００円", "二万五千円", "2.5万円", "25000.0円", "２５，０００円"),
            ("25000", "円"),
        ),
        (("六年", "6年", "６年", "6年間", "〇六年"), ("6", "年")),
        (("第十二条", "第12条", "第１２条", "第一二条"), ("12", "条")),
        (("5%", "５％", "五パーセント"), ("5", "パーセント")),
        (("二〇二四年", "2024年", "２０２４年", "二千二十四年"), ("2024", "年")),
        (("一億二千万人", "1億2000万人", "120,000,000名"), ("120000000", "人")),
        (("0.5日", "０．５日", "0.50日"), ("0.5", "日")),
        (("百二十", "120", "１２０"), ("120", "")),
        (("三か所", "3箇所", "3ヶ所", "3カ所"), ("3", "か所")),
        (("十八才", "18歳"), ("18", "歳")),
        (("0万円", "0円", "零円"), ("0", "円")),
        (("5km", "５ｋｍ"), ("5", "km")),
        (("三時間", "3時間"), ("3", "時間")),
        (("三時", "3時"), ("3", "時")),
    ],
)
def test_writings_of_one_number_are_one(writings: tuple[str, ...], expected: tuple[str, str]) -> None:
    for writing in writings:
        assert read(writing) == [expected], writing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("令和元年四月一日", [("1", "年"), ("4", "月"), ("1", "日")]),
        ("元年と元日", []),
        ("第十二条の二", [("12", "条"), ("2", "")]),
        ("第12条の2", [("12", "条"), ("2", "")]),
        ("第三", [("3", "")]),
        ("一般に統一する", []),
        ("〇〇株式会社", []),
        ("1.2.3と1.2.3.4.5による", []),
        ("192.168.0.1", []),
        ("1,2345", [("1", ""), ("2345", "")]),
        ("午前9時30分から", [("9", "時"), ("30", "分")]),
        ("AX128と007", [("128", ""), ("7", "")]),
        ("12345678901234567890123456789012345678", [("12345678901234567890123456789012345678", "")]),
        ("", []),
    ],
)
def test_what_is_a_number(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


def test_places_hold_number_and_counter() -> None:
    text = "休暇は二十日間とする"
    [number] = find_numbers(text)
    assert text[number.start : number.end] == "二十日間"
    assert text[number.unit_start : number.end] == "日間"


@given(st.integers(0, 10**16 - 1))
def test_kanji_mean_what_arabic_digits_mean(value: int) -> None:
    assert read(f"{write(value)}円") == read(f"{value}円") == read(f"{value:,}円") == [(str(value), "円")]


def write(value: int) -> str:
    """Write an integer below 10^16 in 漢数字 with units."""
    if value == 0:
        return "零"
    written = ""
    for large, power in (("兆", 10**12), ("億", 10**8), ("万", 10**4), ("", 1)):
        group = value // power % 10_000
        if not group:
            continue
        for small, ten in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
            digit = group // ten % 10
            if digit:
                written += ("" if digit == 1 and small else "〇一二三四五六七八九"[digit]) + small
        written += large
    return written


@given(st.text(st.sampled_from("0123456789.,〇一二三十百千万億兆元零第条の年か月%個円 令和")))
def test_any_run_of_numerals_can_be_read(text: str) -> None:
    reached = 0
    for number in find_numbers(text):
        assert reached <= number.start < number.unit_start <= number.end <= len(text)
        assert Decimal(number.value).is_finite()
        reached = number.end


def test_hostile_lengths_are_read_too() -> None:
    assert read("9" * 5000) == [("9" * 5000, "")]
    assert read("千" * 5000) == read("9" * 5000 + "千円") == read("1" + "万" * 5000) == []
