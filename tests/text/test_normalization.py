"""Folding and the map back to the source."""

from __future__ import annotations

import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.text.normalization import MappedText, _joins, fold, normalize

# Half-width kana, voicing marks of both kinds, marks of several classes, Hangul in every form, emoji, surrogates.
AWKWARD = (
    "ｶﾊﾞﾟﾞｰかハ\u3099\u309aが゛㌔㈱①Ａａéİßﬁ\u0301\u0327\u0323"
    "\u1100\u1161\u11a8가ㄱㅏﾡￂ\u0e33\u1d160🈁𠮷👨\u200d👩葛\U000e0100\ud83d\udc68\ud800‐―ーア－- 　\n\0"
)
any_text = st.one_of(st.text(st.sampled_from(AWKWARD)), st.text(st.characters(exclude_categories=())))
heaps_of_marks = st.builds(
    lambda base, marks: base + marks * 11,
    st.sampled_from("かa\u1100\u3099"),
    st.text("\u3099\u0301\u0327ﾞ\u1161", min_size=3),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＡＢＣ　１２３", "abc 123"),
        ("ﾊﾟｿｺﾝ", "パソコン"),
        ("か\u3099", "が"),
        ("㌔と㈱と①", "キロと(株)と1"),
        ("ｻｰﾊﾞｰ", "サーバー"),
        ("サ‐バ―", "サーバー"),
        ("メモリ―128", "メモリー128"),
        ("サーバ――それは", "サーバ――それは"),
        ("本―棚", "本―棚"),
        ("ア-イ", "ア-イ"),
        ("神\U000e0100𠮷野家👨\u200d👩", "神\U000e0100𠮷野家👨\u200d👩"),
    ],
)
def test_writings_fold_to_one(text: str, expected: str) -> None:
    assert fold(text).text == expected


def place(mapped: MappedText, part: str) -> str:
    """What stands in the source for a part of the folded text."""
    start = mapped.text.index(part)
    begin, end = mapped.to_source(start, start + len(part))
    return mapped.source[begin:end]


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("約５㌔走る", "キロ", "㌔"),
        ("約５㌔走る", "ロ", "㌔"),
        ("約５㌔走る", "ロ走", "㌔走"),
        ("㈱眼差し", "株", "㈱"),
        ("㈱眼差し", "眼差し", "眼差し"),
        ("新ﾊﾟｿｺﾝ室", "パソコン", "ﾊﾟｿｺﾝ"),
        ("新ﾊﾟｿｺﾝ室", "パ", "ﾊﾟ"),
        ("新ﾊﾟｿｺﾝ室", "室", "室"),
        ("か\u3099くせい", "が", "か\u3099"),
        ("変わらない", "わら", "わら"),
    ],
)
def test_parts_lead_back_to_the_source(text: str, part: str, expected: str) -> None:
    assert place(fold(text), part) == expected
    assert place(normalize(text), part) == expected


def test_parts_of_the_source_lead_to_what_they_became() -> None:
    mapped = normalize("約５㌔、ﾊﾟｿｺﾝ")
    assert mapped.text == "約5キロ、パソコン"
    assert [mapped.text[slice(*mapped.from_source(at, at + 1))] for at in range(len(mapped.source))] == [
        *("約", "5", "キロ", "、"),
        *("パ", "パ", "ソ", "コ", "ン"),
    ]
    assert mapped.from_source(0, len(mapped.source)) == (0, len(mapped.text))
    assert mapped.from_source(3, 3) == (4, 4)


def test_empty_stretches_stay_empty() -> None:
    mapped = normalize("㌔ﾊﾞ")
    assert [mapped.to_source(at, at) for at in range(4)] == [(0, 0), (0, 0), (1, 1), (3, 3)]
    assert normalize("").to_source(0, 0) == (0, 0)
    assert normalize("").from_source(0, 0) == (0, 0)


@given(any_text | heaps_of_marks)
@example("\u1100\u314f")
@example("a" + "\u0301\u0327" * 40)
@example("\u1100" + "\u1161" * 40)
def test_the_text_is_that_of_the_library(text: str) -> None:
    assert normalize(text).text == unicodedata.normalize("NFKC", text)


@given(any_text | heaps_of_marks)
def test_the_map_is_monotone_and_covers_the_source(text: str) -> None:
    for mapped in (normalize(text), fold(text)):
        assert mapped.source == text
        assert len(mapped.text) == len(mapped.starts) == len(mapped.ends)
        places = list(zip(mapped.starts, mapped.ends, strict=True))
        assert all(start < end for start, end in places)
        assert all(here == following or here[1] == following[0] for here, following in pairwise(places))
        assert ([places[0][0], places[-1][1]] if places else [0, 0]) == [0, len(text)]


@given(any_text, st.data())
def test_going_there_and_back_loses_nothing(text: str, data: st.DataObject) -> None:
    mapped = fold(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    begin, stop = mapped.to_source(*mapped.from_source(start, end))
    assert begin <= start <= end <= stop or start == end


@given(any_text)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text).text).text == fold(text).text


def test_every_character_that_composes_is_known_to_join() -> None:
    """Any character that may change what stands before it, in the Unicode version at hand."""
    seconds = set()
    for character in map(chr, range(sys.maxunicode + 1)):
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    for character in map(chr, range(sys.maxunicode + 1)):
        first = unicodedata.normalize("NFKD", character)[0]
        if first in seconds or unicodedata.combining(first):
            assert _joins(character), f"U+{ord(character):04X}"
