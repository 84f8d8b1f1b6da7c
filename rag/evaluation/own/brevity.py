"""Parts of a clause said in fewer words, as people ask who do not have the text before them."""

from __future__ import annotations

from dataclasses import replace

from rag.evaluation.own.clauses import LIGHT_NAMES, Part
from rag.evaluation.own.phrases import CLOSING, OPENING, Phrase

CASES = ("場合", "とき", "際", "時")
LEFT = 2
"""Nouns that stay of a compound: 市場規模 of クラウドサービス市場規模."""


def shorten_part(part: Part) -> Part:
    """Leave out what describes the name of a part, and the first nouns of the name; some names need what is before."""
    head = part.head
    if not head.nominal or head.name in LIGHT_NAMES or head.name.endswith(CASES) or _is_bare(head):
        return part
    place = part.phrases.index(head)
    return Part((shorten_name(head), *part.phrases[place + 1 :]))


def _is_bare(head: Phrase) -> bool:
    """Tell whether a name says nothing alone: one character (者, 人, 箱, 額), or one of time and place (上, 末, 後)."""
    words = head.morphemes[: head.nominal]
    return len(head.name) == 1 or words[-1].subsubpos == "副詞可能" or words[-1].pos == "代名詞"


def shorten_name(phrase: Phrase) -> Phrase:
    """Keep the last nouns of a compound; numbers and quotations stay whole, prefixes (無, 非) with their nouns."""
    words = phrase.morphemes[: phrase.nominal]
    if any(word.subpos == "数詞" or word.surface in OPENING or word.surface in CLOSING for word in words):
        return phrase
    start = len(words) - LEFT
    while start > 0 and (words[start].pos == "接尾辞" or words[start - 1].pos == "接頭辞"):
        start -= 1
    if start <= 0:
        return phrase
    return replace(phrase, morphemes=phrase.morphemes[start:], nominal=phrase.nominal - start)
