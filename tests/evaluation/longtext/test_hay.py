"""Hay: enough of it, in order, and never an answer in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents.document import Document
from rag.errors import DatasetError
from rag.evaluation.longtext.gold import flatten
from rag.evaluation.longtext.hay import TOLERANCE, Hay, load_hay

SENTENCES = [f"{name}は{number}回目の朝に丘を越えた。" for number, name in enumerate("猫犬馬牛羊鹿熊狐狸兎" * 6)]


def build(*texts: str) -> Hay:
    return Hay([Document(str(number), "", text, str(number)) for number, text in enumerate(texts)])


@given(
    st.lists(
        st.sampled_from(["10日", "１０日", "休暇は", "。", "\n", "１０", "日", "空は青い。"]), min_size=1, max_size=60
    ),
    st.floats(0, 0.99),
)
def test_no_answer_stands_in_hay_not_even_across_sentences(pieces: list[str], start: float) -> None:
    try:
        found = build("".join(pieces), *SENTENCES).take(150, avoid={"10日"}, start=start)
    except DatasetError:
        pytest.fail("there is enough other hay")
    assert "10日" not in flatten(found.text)
    assert 150 - TOLERANCE <= len(found.text) <= 150


def test_borders_are_where_sentences_begin_and_both_ends() -> None:
    found = build("猫が来た。犬が来た。\n\n熊は来ない。馬が来た。").take(39, avoid={"熊"})
    assert found.text == "猫が来た。犬が来た。\n\n馬が来た。\n\n"
    assert found.borders == (0, 5, 12, 19)


def test_hay_goes_on_with_the_first_document_after_the_last() -> None:
    hay = build(*SENTENCES)
    found = hay.take(300, avoid=(), start=0.9)
    first = SENTENCES[int(0.9 * len(SENTENCES))]
    assert found.text.startswith(first)
    assert SENTENCES[0] in found.text
    assert found.text.index(SENTENCES[-1]) < found.text.index(SENTENCES[0])


def test_a_sentence_longer_than_the_room_is_passed_over() -> None:
    found = build("長" * 1000 + "。", *SENTENCES).take(200, avoid=())
    assert found.text.startswith(SENTENCES[0])


def test_too_little_hay_is_told_with_what_there_is() -> None:
    hay = build("猫が来た。犬が来た。")
    with pytest.raises(DatasetError, match=r"hay: 12 characters .* expected 1,000; give more documents as --hay"):
        hay.take(1000, avoid=())
    with pytest.raises(DatasetError, match=r"hay: 10 characters .* expected 11; "):
        hay.require(11)
    hay.require(10)


def test_hay_is_loaded_from_files_of_any_format(tmp_path: Path) -> None:
    (tmp_path / "一.txt").write_text("猫が来た。", encoding="cp932")
    (tmp_path / "二.html").write_text("<p>犬が来た。</p>", encoding="utf-8")
    lines = [{"title": "三", "text": "馬が来た。"}, {"title": "四", "text": "牛が来た。"}]
    (tmp_path / "三.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    texts = [document.text.strip() for document in load_hay([tmp_path]).documents]
    assert texts == ["猫が来た。", "馬が来た。", "牛が来た。", "犬が来た。"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "偽.pdf").write_bytes(b"PK\x03\x04 no pdf")
    with pytest.raises(DatasetError, match=r"hay: .*偽.pdf.* take it out"):
        load_hay([tmp_path])
