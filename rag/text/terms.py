"""Terms: what a text can be found by, as dictionary words, character pairs and numbers in one form."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.morphology import Morpheme, analyze
from rag.text.normalization import MappedText, fold
from rag.text.numbers import Number, find_numbers

# What binds words, points or asks says nothing of a topic, nor do verbs that stand with any noun.
_EMPTY_KINDS = frozenset(("助詞", "助動詞", "補助記号", "記号", "空白", "接続詞", "感動詞", "連体詞", "代名詞"))
_EMPTY_WORDS = "為る 居る 有る 成る 出来る 言う 於く 因る 御 等 事 物 時 どう こう そう ああ 何故 幾ら"
_EMPTY_LEMMAS = frozenset(_EMPTY_WORDS.split())
_LONG_VOWEL_END = re.compile("(?<=[ァ-ヺー]{2})ー$")
PAIR = 2
_LONG_NUMBER = 3
"""Digits from which on a number says something even without its counter."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term and the stretch `start:end` of the text it stands for; terms of one stretch may overlap."""

    text: str
    start: int
    end: int


def build_terms(text: str) -> list[Term]:
    """Return the terms of a text, for documents and questions alike.

    Words count in their dictionary form, katakana without a long vowel mark at the end (サーバー, サーバ). A word that
    the dictionary does not know is kept whole and as its character pairs too, so that a part of it can be found.
    """
    mapped = fold(text)
    numbers = find_numbers(mapped.text)
    terms = [term for number in numbers for term in _number_terms(number, mapped)]
    covered = [mapped.to_source(number.start, number.unit_start) for number in numbers]
    starts = [start for start, _ in covered]
    for morpheme in analyze(text):
        before = bisect_right(starts, morpheme.start) - 1
        if before >= 0 and morpheme.end <= covered[before][1]:
            continue
        terms += _word_terms(morpheme)
    return terms


def _number_terms(number: Number, mapped: MappedText) -> Iterator[Term]:
    if number.unit:
        yield Term(number.value + number.unit, *mapped.to_source(number.start, number.end))
    if not number.unit or len(number.value) >= _LONG_NUMBER:
        yield Term(number.value, *mapped.to_source(number.start, number.unit_start))


def _word_terms(morpheme: Morpheme) -> Iterator[Term]:
    if morpheme.pos in _EMPTY_KINDS or morpheme.lemma in _EMPTY_LEMMAS:
        return
    # The lemma of a name is its reading, which many names share.
    word = morpheme.form if morpheme.subpos == "固有名詞" else morpheme.lemma
    span = (morpheme.start, morpheme.end)
    yield Term(_LONG_VOWEL_END.sub("", word), *span)
    if not morpheme.known and morpheme.subpos != "数詞" and len(morpheme.form) > PAIR:
        aligned = len(morpheme.surface) == len(morpheme.form)
        for place in range(len(morpheme.form) - 1):
            start, end = (morpheme.start + place, morpheme.start + place + PAIR) if aligned else span
            yield Term(morpheme.form[place : place + PAIR], start, end)
