"""Morphemes and words."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text.morphology import Morpheme, analyze, split_words
from rag.text.normalization import fold

AWKWARD = "休暇を取る。!？サーバｰﾊﾞﾞか\u3099㌔㈱①Abc12　 \n\t\x1c\x85\u2028\0\ud800\ufffd\u200b👨\u200d👩𠮷葛\U000e0100"
any_text = st.one_of(st.text(st.sampled_from(AWKWARD)), st.text(st.characters(exclude_categories=())))


def test_morphemes_carry_dictionary_form_and_place() -> None:
    assert analyze("ﾊﾟｿｺﾝで書いた") == [
        Morpheme(0, 5, "ﾊﾟｿｺﾝ", "パソコン", "パソコン", "名詞", "普通名詞", "一般", "", "", known=True),
        Morpheme(5, 6, "で", "で", "で", "助詞", "格助詞", "", "", "", known=True),
        Morpheme(6, 8, "書い", "書い", "書く", "動詞", "一般", "", "五段-カ行", "連用形-イ音便", known=True),
        Morpheme(8, 9, "た", "た", "た", "助動詞", "", "", "助動詞-タ", "終止形-一般", known=True),
    ]


@pytest.mark.parametrize(
    ("text", "lemmas"),
    [
        ("行わなければならない", ["行う", "ない", "ば", "成る", "ない"]),
        ("サーバー", ["サーバー"]),
        ("サーバ", ["サーバー"]),
        ("休暇 と　申請", ["休暇", "と", "申請"]),
        ("三箇月", ["三", "箇月"]),
        ("３ヶ月", ["3", "箇月"]),
    ],
)
def test_lemmas(text: str, lemmas: list[str]) -> None:
    assert [morpheme.lemma for morpheme in analyze(text)] == lemmas


def test_unknown_words_say_so() -> None:
    [word] = analyze("マナザシラボ")
    assert (word.known, word.form, word.lemma, word.pos) == (False, "マナザシラボ", "マナザシラボ", "名詞")


def test_several_morphemes_may_share_a_place() -> None:
    assert [(morpheme.form, morpheme.surface) for morpheme in analyze("㈱眼差し")] == [
        ("(", "㈱"),
        ("株", "㈱"),
        (")", "㈱"),
        ("眼差し", "眼差し"),
    ]
    assert list(split_words("㈱眼差し")) == [(0, 1), (1, 4)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("年次有給休暇を取得する。", ["年次", "有給", "休暇", "を", "取得", "する", "。"]),
        ("約５㌔ 走る", ["約", "５", "㌔", "走る"]),
        ("a\ud800b", ["a", "\ud800", "b"]),
        (" \n　\u2028", []),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in split_words(text)] == words


@pytest.mark.parametrize("separator", ["", "。", "！", "\n"], ids=repr)
def test_long_lines_are_cut_without_loss(separator: str) -> None:
    sentence = "年次有給休暇を取得する" + separator
    words = [(morpheme.start % len(sentence), morpheme.form) for morpheme in analyze(sentence * 300)]
    one = [(morpheme.start, morpheme.form) for morpheme in analyze(sentence)]
    assert len(sentence) * 300 > 2000
    if separator:
        assert words == one * 300
    assert "".join(form for _, form in words) == fold(sentence * 300).text.replace("\n", "")


@settings(deadline=None)
@given(any_text)
def test_morphemes_lie_in_order_and_hold_their_surface(text: str) -> None:
    folded = fold(text).text
    reached = 0
    for morpheme in analyze(text):
        assert morpheme.start < morpheme.end
        assert morpheme.surface == text[morpheme.start : morpheme.end]
        assert morpheme.form
        assert not morpheme.form.isspace()
        assert morpheme.lemma
        assert morpheme.start >= reached
        reached = morpheme.start
        assert len(morpheme.form) <= len(folded)


@settings(deadline=None)
@given(any_text)
def test_words_are_disjoint_and_cover_the_text(text: str) -> None:
    covered = set()
    reached = 0
    for start, end in split_words(text):
        assert reached <= start < end <= len(text)
        covered.update(range(start, end))
        reached = end
    assert [at for at, character in enumerate(text) if not character.isspace() and at not in covered] == []


def test_threads_have_taggers_of_their_own() -> None:
    texts = [f"第{number}条 休暇を{'取得' * number}する。" for number in range(1, 9)]
    expected = [analyze(text) for text in texts]
    results: dict[int, list[list[Morpheme]]] = {}

    def run(name: int) -> None:
        results[name] = [analyze(text) for _ in range(20) for text in texts]

    threads = [threading.Thread(target=run, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(results[name] == expected * 20 for name in range(4))
