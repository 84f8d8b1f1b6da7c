"""Predicates of Japanese clauses: taken from their end and said anew, plainly or politely, as a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.text.morphology import Morpheme

GODAN_STEM = dict(zip("カガサタナバマラワ", "きぎしちにびみりい", strict=True))
GODAN_PLAIN = dict(zip("カガサタナバマラワ", "くぐすつぬぶむるう", strict=True))
GODAN_PAST = dict(
    zip("カガサタナバマラワ", ("いた", "いだ", "した", "った", "んだ", "んだ", "んだ", "った", "った"), strict=True)
)
ICHIDAN = ("上一段", "下一段", "助動詞-レル")
LINKS = frozenset({"て", "で"})
"""接続助詞 after which a clause goes on."""

Kind = Literal["verb", "adjective", "copula"]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A predicate without its inflection.

    `stem` is all that stands before ます (verbs), before い (adjectives) or before です (nouns); `conjugation` is
    that of the last word in UniDic.
    """

    stem: str
    kind: Kind
    conjugation: str
    past: bool

    def say_plainly(self) -> str:
        """Return the plain form, as before のは."""
        if self.kind == "adjective":
            return self.stem + ("かった" if self.past else "い")
        if self.kind == "copula":
            return self.stem + ("であった" if self.past else "である")
        if self.conjugation.startswith("五段"):
            row = self.conjugation[3]
            if self.past and self.stem.endswith("行き"):
                return self.stem[:-1] + "った"
            return self.stem[:-1] + (GODAN_PAST if self.past else GODAN_PLAIN)[row]
        if self.past:
            return self.stem + "た"
        return self.stem[:-1] + "する" if self.conjugation.startswith("サ行変格") else self.stem + "る"

    def ask(self, *, politely: bool) -> str:
        """Return the form that ends a question."""
        if self.kind == "copula":
            return self.stem + ("でしたか" if self.past else "ですか")
        if self.kind == "verb" and politely:
            return self.stem + ("ましたか" if self.past else "ますか")
        return self.say_plainly() + ("のですか" if politely else "か")


def read_predicate(morphemes: Sequence[Morpheme], *, past: bool | None = None) -> Predicate | None:
    """Take a predicate from the morphemes of its phrase, symbols and what links it to the next clause left out.

    Args:
        morphemes: Of the phrase that holds it.
        past: Tense of a form that has none, such as 連用形; what the sentence ends in.

    Returns:
        None where the form is none of those known here.
    """
    words = [morpheme for morpheme in morphemes if morpheme.pos != "補助記号"]
    while words and words[-1].pos == "助詞" and words[-1].subpos in ("接続助詞", "終助詞"):
        words.pop()
    if not words:
        return None
    told = bool(past)
    if words[-1].conjugation == "助動詞-タ":
        told = True
        words.pop()
    elif words[-1].inflection.startswith(("終止形", "連体形")):
        told = False
    if words and words[-1].conjugation == "助動詞-マス":
        words.pop()
    if not words:
        return None
    last, before = words[-1], "".join(word.surface for word in words[:-1])
    if last.conjugation in ("助動詞-ダ", "助動詞-デス"):
        return _copula(words[:-1], past=told)
    if len(words) > 1 and words[-2].conjugation == "助動詞-ダ" and last.lemma == "有る":
        return _copula(words[:-2], past=told)
    if last.conjugation.startswith(("形容詞", "助動詞-ナイ")) and last.form.endswith(("い", "く", "かっ", "かつ")):
        cut = 2 if last.form.endswith(("かっ", "かつ")) else 1
        return Predicate(before + last.surface[:-cut], "adjective", last.conjugation, told)
    if len(words) > 1 and last.surface == "おり" and words[-2].surface in LINKS:  # なっており, for なってい
        return Predicate(before + "い", "verb", "上一段-ア行", told)
    stem = _build_stem(last)
    return None if stem is None else Predicate(before + stem, "verb", last.conjugation, told)


def _copula(words: Sequence[Morpheme], *, past: bool) -> Predicate | None:
    if not words or words[-1].pos not in ("名詞", "代名詞", "接尾辞", "形状詞"):
        return None
    return Predicate("".join(word.surface for word in words), "copula", "", past)


def _build_stem(word: Morpheme) -> str | None:
    """Return what stands before ます."""
    surface, conjugation = word.surface, word.conjugation
    if word.pos not in ("動詞", "助動詞") or word.inflection.startswith(("未然形", "仮定形", "命令形", "意志")):
        return None
    plain = word.inflection.startswith(("終止形", "連体形"))
    if conjugation.startswith("五段") and conjugation[3] in GODAN_STEM:
        return surface[:-1] + GODAN_STEM[conjugation[3]]
    if conjugation.startswith(ICHIDAN):
        return surface[:-1] if plain else surface
    if conjugation.startswith("サ行変格"):
        if surface.endswith("する"):
            return surface[:-2] + "し"
        return surface if surface.endswith("し") else None
    return None
