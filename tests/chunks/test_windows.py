"""Sliding windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.chunks.chunk import Chunk
from rag.chunks.sections import split_sections
from rag.chunks.windows import build_windows
from rag.documents.canonical import find_heading_anchors
from rag.documents.document import Document
from rag.errors import ArgumentError
from tests.fakes import FakeEncoder


def make_document(text: str) -> Document:
    return Document("d", "題", text, "source")


def windows_of(text: str, size: int, stride: int) -> list[str]:
    return [chunk.text for chunk in build_windows(make_document(text), size=size, stride=stride)]


CASES = {
    "one window": ("雨だ。風だ。", 10, 5, ["雨だ。風だ。"]),
    "half overlap": ("一一。二二。三三。四四。", 6, 3, ["一一。二二。", "二二。三三。", "三三。四四。"]),
    "no overlap": ("一一。二二。三三。", 6, 6, ["一一。二二。", "三三。"]),
    "long sentence is cut at a comma": ("一一一、二二二、三三三。", 8, 8, ["一一一、二二二、", "三三三。"]),
    "long word is cut at the limit": ("あいうえおかきくけこ", 4, 4, ["あいうえ", "おかきく", "けこ"]),
    "marks stay with their base": ("かが\u3099きく", 2, 2, ["か", "が\u3099", "きく"]),
    "outer white space": ("\n\n　雨だ。\n\n", 5, 5, ["雨だ。"]),
    "empty": ("", 5, 5, []),
}


@pytest.mark.parametrize("name", CASES)
def test_windows(name: str) -> None:
    text, size, stride, expected = CASES[name]
    assert windows_of(text, size, stride) == expected


def check(text: str, chunks: list[Chunk], length: int) -> None:
    covered = [False] * len(text)
    starts = [chunk.start for chunk in chunks]
    assert starts == sorted(set(starts))
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end] == chunk.text.strip() != ""
        assert chunk.end - chunk.start <= length
        covered[chunk.start : chunk.end] = [True] * (chunk.end - chunk.start)
    assert all(seen or character.isspace() for seen, character in zip(covered, text, strict=True))


TEXTS = st.text(alphabet=st.sampled_from("雨が降る。！「」、\n 　第条1a.が\u3099👍🏽\u200d𠮷"), max_size=300)


@given(TEXTS, st.integers(1, 40), st.data())
def test_no_text_is_lost_and_no_window_too_long(text: str, size: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, size))
    check(text, build_windows(make_document(text), size=size, stride=stride), size)


@given(TEXTS, st.integers(1, 30), st.integers(1, 30))
def test_windows_of_tokens_stay_within_what_the_encoder_sees(text: str, size: int, sees: int) -> None:
    encoder = FakeEncoder(max_tokens=sees)
    chunks = build_windows(make_document(text), size=size, stride=size, unit="tokens", encoder=encoder)
    check(text, chunks, len(text))
    assert all(len(encoder.token_starts(chunk.text)) <= min(size, sees) for chunk in chunks)


EVEN_CASES = {
    "cut at the size whatever stands there": ("雨が降る。風が吹く。", 4, 4, ["雨が降る", "。風が吹", "く。"]),
    "half overlap": ("一二三四五六七", 4, 2, ["一二三四", "三四五六", "五六七"]),
    "marks stay with their base": ("かが\u3099きく", 2, 2, ["か", "が\u3099", "きく"]),
    "white space at the ends is left out": ("　一二\n\n三四　", 3, 3, ["一二", "三四"]),
    "what the last window holds is not said again": ("一二三\n\n\n", 4, 1, ["一二三"]),
}


@pytest.mark.parametrize("name", EVEN_CASES)
def test_windows_of_one_length(name: str) -> None:
    text, size, stride, expected = EVEN_CASES[name]
    chunks = build_windows(make_document(text), size=size, stride=stride, boundary="characters")
    assert [chunk.text for chunk in chunks] == expected


@given(TEXTS, st.integers(1, 40), st.data())
def test_windows_of_one_length_lose_no_text(text: str, size: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(1, size))
    check(text, build_windows(make_document(text), size=size, stride=stride, boundary="characters"), size)


@given(TEXTS, st.integers(1, 30), st.integers(1, 30))
def test_windows_of_as_many_tokens_lose_no_text(text: str, size: int, sees: int) -> None:
    encoder = FakeEncoder(max_tokens=sees)
    chunks = build_windows(
        make_document(text), size=size, stride=(size + 1) // 2, unit="tokens", boundary="characters", encoder=encoder
    )
    check(text, chunks, len(text))
    assert all(len(encoder.token_starts(chunk.text)) <= min(size, sees) for chunk in chunks)


RULES = "第1条　雨だ。\n第2条　風だ。\n第3条　雪が降る。とても寒い。火をたく。\n第4条　晴れ。"


@pytest.mark.parametrize(
    ("size", "stride", "expected"),
    [
        (16, 16, ["第1条　雨だ。\n第2条　風だ。", "第3条　雪が降る。とても寒い。", "火をたく。", "第4条　晴れ。"]),
        (
            16,
            7,
            [
                "第1条　雨だ。\n第2条　風だ。",
                "第3条　雪が降る。とても寒い。",
                "とても寒い。火をたく。",
                "第4条　晴れ。",
            ],
        ),
        (60, 60, [RULES]),
    ],
)
def test_articles_are_joined_whole_or_cut_alone(size: int, stride: int, expected: list[str]) -> None:
    document = Document("d", "題", RULES, "source", anchors=tuple(find_heading_anchors(RULES)))
    chunks = build_windows(document, size=size, stride=stride, boundary="articles")
    assert [chunk.text for chunk in chunks] == expected


LINES = st.lists(
    st.sampled_from(
        [
            "第1条　雨が降る。",
            "第2条　風。",
            "（目的）",
            "第1章　空",
            "1.1 概要",
            "附　則",
            "",
            "　",
            "とても、寒い。雪。",
        ]
    ),
    max_size=14,
)


@given(LINES, st.integers(1, 60), st.data())
def test_no_window_crosses_the_border_of_an_article_it_does_not_hold_whole(
    lines: list[str], size: int, data: st.DataObject
) -> None:
    text = "\n".join(lines)
    document = Document("d", "題", text, "source", anchors=tuple(find_heading_anchors(text)))
    chunks = build_windows(document, size=size, stride=data.draw(st.integers(1, size)), boundary="articles")
    check(text, chunks, size)
    sections = split_sections(document)
    for chunk in chunks:
        touched = [(start, end) for start, end in sections if start < chunk.end and chunk.start < end]
        assert len(touched) == 1 or (touched[0][0], touched[-1][1]) == (chunk.start, chunk.end)


def test_a_text_without_sections_is_cut_by_sentences() -> None:
    document = make_document("一一。二二。三三。四四。")
    assert build_windows(document, size=6, stride=3, boundary="articles") == build_windows(document, size=6, stride=3)


def test_an_unknown_boundary_is_named() -> None:
    with pytest.raises(ArgumentError, match="boundary is 'pages'; expected one of sentences, characters, articles"):
        build_windows(make_document("雨"), size=5, stride=5, boundary="pages")  # type: ignore[arg-type]


def test_encoder_limits_windows_of_characters_too() -> None:
    chunks = build_windows(make_document("あいうえおかきく"), size=8, stride=8, encoder=FakeEncoder(max_tokens=3))
    assert [chunk.text for chunk in chunks] == ["あいう", "えおか", "きく"]


@pytest.mark.parametrize(
    ("size", "stride", "message"),
    [(0, 1, "size is 0"), (5, 0, "stride is 0; expected 1 to size = 5"), (5, 6, "stride is 6")],
)
def test_wrong_lengths_are_named(size: int, stride: int, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        build_windows(make_document("雨"), size=size, stride=stride)


def test_tokens_need_an_encoder() -> None:
    with pytest.raises(ArgumentError, match="no encoder was given"):
        build_windows(make_document("雨"), size=5, stride=5, unit="tokens")
