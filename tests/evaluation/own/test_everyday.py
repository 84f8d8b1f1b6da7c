"""Formal words said as people say them."""

from __future__ import annotations

import random

import pytest

from rag.evaluation.own.everyday import NOUNS, VERBS, replace_formal_nouns, say_everyday
from rag.evaluation.own.phrases import build_phrases
from rag.evaluation.own.predicates import GODAN_STEM, Predicate, read_predicate


class Always(random.Random):
    def random(self) -> float:
        return 0.0


class Never(random.Random):
    def random(self) -> float:
        return 1.0


def read(text: str) -> Predicate:
    predicate = read_predicate(build_phrases(text)[-1].morphemes, past=True)
    assert predicate is not None
    return predicate


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("届を提出した", "出しましたか"),
        ("寺が建立された", "建てられましたか"),
        ("端末を使用する", "使いますか"),
        ("会を開催し", "開きましたか"),
        ("事故が発生します", "起きますか"),
        ("鍵を預かる", "預かりますか"),
        ("東京である", "東京ですか"),
    ],
)
def test_formal_verbs_become_everyday_ones(text: str, question: str) -> None:
    assert say_everyday(read(text), Always()).ask(politely=True) == question


def test_nothing_changes_when_chance_says_so() -> None:
    predicate = read("届を提出した")
    assert say_everyday(predicate, Never()) is predicate
    assert replace_formal_nouns("労働者の賃金", Never()) == "労働者の賃金"


def test_the_longest_formal_noun_is_replaced() -> None:
    assert replace_formal_nouns("未成年者と労働者の賃金", Always()) == "子どもと働く人の給料"


def test_every_entry_can_be_said() -> None:
    for stem, other, conjugation in VERBS.values():
        if conjugation.startswith("五段"):
            assert stem[-1] == GODAN_STEM[conjugation[3]]
            assert other[:-1] == stem[:-1]
        else:
            assert conjugation.startswith(("上一段", "下一段"))
            assert other == f"{stem}ら"
    assert all(formal and everyday and formal != everyday for formal, everyday in NOUNS.items())
