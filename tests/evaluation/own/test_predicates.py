"""Predicates said anew: every conjugation, from the form before a comma as well as from the end."""

from __future__ import annotations

import pytest

from rag.evaluation.own.phrases import build_phrases
from rag.evaluation.own.predicates import read_predicate


@pytest.mark.parametrize(
    ("text", "past", "plain", "question"),
    [
        ("届を書いた", None, "書いた", "書きましたか"),
        ("港が栄えており", True, "栄えていた", "栄えていましたか"),
        ("会議を開き", True, "開いた", "開きましたか"),
        ("会議を開き", False, "開く", "開きますか"),
        ("本を読んで", True, "読んだ", "読みましたか"),
        ("本を読んで", False, "読む", "読みますか"),
        ("川で泳いだ", None, "泳いだ", "泳ぎましたか"),
        ("駅へ行った", None, "行った", "行きましたか"),
        ("荷物を持ち", True, "持った", "持ちましたか"),
        ("会に参加する", None, "参加する", "参加しますか"),
        ("会に参加し", True, "参加した", "参加しましたか"),
        ("名簿に載せられた", None, "載せられた", "載せられましたか"),
        ("部屋を借りて", False, "借りる", "借りますか"),
        ("医師であった", None, "医師であった", "医師でしたか"),
        ("医師です", None, "医師である", "医師ですか"),
        ("値段が高かった", None, "高かった", "高かったのですか"),
        ("届を出しました", None, "出した", "出しましたか"),
        ("届を出さない", None, "出さない", "出さないのですか"),
    ],
)
def test_predicates_are_said_anew(text: str, past: bool | None, plain: str, question: str) -> None:
    predicate = read_predicate(build_phrases(text)[-1].morphemes, past=past)
    assert predicate is not None
    assert (predicate.say_plainly(), predicate.ask(politely=True)) == (plain, question)


@pytest.mark.parametrize("text", ["青い空", "届を出しません", "急げ"])
def test_what_is_not_known_is_left_alone(text: str) -> None:
    assert read_predicate(build_phrases(text)[-1].morphemes) is None
