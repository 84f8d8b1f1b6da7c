"""Sentences of a document that can be asked about: prose that is understood without the sentence before it."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.evaluation.own.clauses import build_clauses
from rag.evaluation.own.cloze import SENTENCE
from rag.evaluation.own.wording import can_be_dropped_from
from rag.text.articles import ARTICLE, NUMBERING
from rag.text.morphology import analyze
from rag.text.sentences import ROW, split_sentences

if TYPE_CHECKING:
    from rag.documents.document import Document

Span = tuple[int, int]

GOLDEN = (5**0.5 - 1) / 2
_ITEM = re.compile(r"[・●○■□◆◇▶※＊*\-–—•➤→①-⑳㋐-㋾（(「『【]")
"""How items of lists, remarks and quotations begin."""
_POINTING = frozenset({"接続詞", "連体詞", "代名詞", "助詞", "副詞"})
"""Kinds of first words that lean on the sentence before."""
_PARTING = frozenset({"うち", "備考", "同", "次", "ほか"})


def list_askable(document: Document) -> list[Span]:
    """Find the sentences that may be asked about; headings, tables, items of lists and fragments are left out."""
    tables = sorted((anchor.start, anchor.end) for anchor in document.anchors if anchor.kind == "table")
    starts = [start for start, _ in tables]
    found: list[Span] = []
    for start, end in split_sentences(document.text):
        before = bisect_right(starts, start) - 1
        in_table = before >= 0 and start < tables[before][1]
        if not in_table and _looks_like_prose(document.text[start:end]):
            found.append((start, end))
    return found


def stands_alone(sentence: str) -> bool:
    """Tell whether a sentence names what it is about and points to nothing before it."""
    said = skip_number(sentence)
    words = analyze(said)
    if not words or words[0].pos in _POINTING or words[0].surface in _PARTING or not can_be_dropped_from(said):
        return False
    clauses = build_clauses(said)
    return any(part.is_topic or part.tail == "が" for clause in clauses for part in clause.parts)


def skip_number(sentence: str) -> str:
    """Return a sentence without the number of its article or paragraph."""
    number = ARTICLE.match(sentence) or NUMBERING.match(sentence)
    return sentence[number.end() :].lstrip() if number else sentence


def spread(spans: list[Span], *, seed: int) -> Iterator[Span]:
    """Yield all spans in an order of which every beginning is spread evenly over the whole.

    Multiples of the golden ratio fall, modulo 1, into the widest gap there is (Kronecker's sequence).
    """
    chooser = random.Random(seed)
    place, left = chooser.random(), set(range(len(spans)))
    misses = 0
    while left and misses < 8 * len(spans):
        number = int(place * len(spans))
        place = (place + GOLDEN) % 1.0
        if number in left:
            left.discard(number)
            yield spans[number]
        else:
            misses += 1
    yield from (spans[number] for number in sorted(left))


def _looks_like_prose(sentence: str) -> bool:
    if not SENTENCE[0] <= len(sentence) <= SENTENCE[1] or not sentence.endswith("。"):
        return False
    return not (_ITEM.match(sentence) or ROW.search(sentence))
