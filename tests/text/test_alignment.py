"""Places of tokens that are found without a tokenizer's help."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.text.alignment import align_tokens

TEXTS = st.text(
    alphabet="休暇取得従業員をabc 12①ｶﾞか゛\u3099㌔葛\U000e0100𠮷👨\u200d👩\ud800\0\n　。[SEP]#▁", max_size=60
)


def cut(text: str, tokens: list[str], unknown: tuple[str, ...] = ("[UNK]",)) -> list[str]:
    return [text[start:end] for start, end in align_tokens(text, tokens, unknown=unknown)]


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        pytest.param("東京都に住む", ["東京", "##都", "に", "住む"], ["東京", "都", "に", "住む"], id="pieces"),
        pytest.param("第 １２ 条", ["第", "12", "条"], ["第", "１２", "条"], id="full width"),
        pytest.param("ﾊﾞｽのＡＢＣ", ["バス", "の", "abc"], ["ﾊﾞｽ", "の", "ＡＢＣ"], id="half width and case"),
        pytest.param("5㌔走る", ["5", "キ", "##ロ", "走る"], ["5", "㌔", "㌔", "走る"], id="one place for two"),
        pytest.param("か\u3099ある", ["が", "ある"], ["か\u3099", "ある"], id="combining mark"),
        pytest.param("𠮷野家の𠮷", ["[UNK]", "野家", "の", "[UNK]"], ["𠮷", "野家", "の", "𠮷"], id="unknown"),
        pytest.param("鯖鰯の鯖の", ["[UNK]", "の", "[UNK]", "の"], ["鯖鰯", "の", "鯖", "の"], id="repeats"),
        pytest.param("鯖👍です", ["[UNK]", "[UNK]", "です"], ["鯖👍", "鯖👍", "です"], id="unknown in a row"),
        pytest.param("のの字の", ["[UNK]", "の", "字", "の"], ["の", "の", "字", "の"], id="unknown like the next"),
        pytest.param("終わり鯖", ["終わり", "[UNK]"], ["終わり", "鯖"], id="unknown last"),
        pytest.param("東京 都", ["▁", "東京", "▁都"], ["", "東京", "都"], id="white space alone"),
        pytest.param("鯖 都", ["[UNK]", "▁", "都"], ["鯖", "鯖", "都"], id="white space after unknown"),
        pytest.param("消えた語がある", ["消え", "別", "語", "が"], ["消え", "た", "語", "が"], id="not found"),
        pytest.param("## 見出し", ["#", "###", "見出し"], ["#", "#", "見出し"], id="hashes"),
        pytest.param("a\ud800b", ["a", "[UNK]", "b"], ["a", "\ud800", "b"], id="surrogate"),
        pytest.param("表\n" + "─" * 150 + "\n本文である", ["表", "[UNK]", "本文", "で", "ある"],
                     ["表", "─" * 150, "本文", "で", "ある"], id="long unknown"),
        pytest.param("", [], [], id="nothing"),
    ],
)  # fmt: skip
def test_align_tokens(text: str, tokens: list[str], expected: list[str]) -> None:
    assert cut(text, tokens) == expected


def test_a_long_word_that_is_unknown_does_not_lose_what_follows() -> None:
    text = "=" * 450 + "本文です。続きます。"
    tokens = ["[UNK]", "本文", "です", "。", "続き", "ます", "。"]
    assert cut(text, tokens)[-3:] == ["続き", "ます", "。"]


def test_empty_places_stand_where_they_belong() -> None:
    assert align_tokens("東京 都", ["▁", "東京", "▁", "都"], unknown=()) == [(0, 0), (0, 2), (2, 2), (3, 4)]


@example("1ﾞ", ["1", "", "1"])
@given(TEXTS, st.lists(st.text(alphabet="休暇取得abc12カ゛が㌔キロ#▁👨", max_size=4) | st.just("[UNK]"), max_size=20))
def test_places_ascend_inside_the_text_whatever_the_tokens(text: str, tokens: list[str]) -> None:
    places = align_tokens(text, tokens, unknown=["[UNK]"])
    assert len(places) == len(tokens)
    assert all(0 <= start <= end <= len(text) for start, end in places)
    assert sorted(start for start, _ in places) == [start for start, _ in places]
    assert sorted(end for _, end in places) == [end for _, end in places]
