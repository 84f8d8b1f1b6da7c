"""Sentences cut into clauses, and these into parts that can be left out."""

from __future__ import annotations

import pytest

from rag.evaluation.own.clauses import build_clauses
from rag.evaluation.own.phrases import build_phrases


def test_names_and_particles_are_told_apart() -> None:
    phrases = build_phrases("青空商会（本店は札幌）は、一九八二年に「北の便り」と倉庫・売店を開いた。")
    assert [(phrase.name, phrase.tail, phrase.comma) for phrase in phrases] == [
        ("青空商会", "は", True),
        ("一九八二年", "に", False),
        ("「北の便り」", "と", False),
        ("倉庫・売店", "を", False),
        ("", "開いた。", False),
    ]


@pytest.mark.parametrize(
    ("sentence", "parts", "predicates", "links"),
    [
        pytest.param(
            "六か月を過ぎた社員は、上司の許可を得て、年に三回まで在宅で働くことができる。",
            [["六か月を過ぎた社員は、", "上司の許可を"], ["六か月を過ぎた社員は、", "年に", "三回まで", "在宅で"]],
            ["得る", "働くことができる"],
            ["て", ""],
            id="topic-goes-on",
        ),
        pytest.param(
            "雪で電車が止まったため、式典は翌週に延期された。",
            [["雪で", "電車が"], ["式典は", "翌週に"]],
            ["止まった", "延期された"],
            ["ため", ""],
            id="cause",
        ),
        pytest.param(
            "当番は、規程に基づき、倉庫、売店及び食堂について鍵を預かる。",
            [["当番は、", "規程に基づき、", "倉庫、売店及び食堂について", "鍵を"]],
            ["預かる"],
            [""],
            id="verbs-that-are-particles",
        ),
    ],
)
def test_clauses(sentence: str, parts: list[list[str]], predicates: list[str], links: list[str]) -> None:
    clauses = build_clauses(sentence)
    assert [[part.text for part in clause.parts] for clause in clauses] == parts
    assert [clause.predicate.say_plainly() for clause in clauses] == predicates
    assert [clause.link for clause in clauses] == links
