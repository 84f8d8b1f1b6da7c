"""Phrases (文節) of Japanese sentences, and the clauses they make up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.text.morphology import Morpheme, analyze

NOMINAL = frozenset({"名詞", "代名詞", "接頭辞", "接尾辞", "記号", "形状詞"})
OPENING, CLOSING = frozenset("「『（(【〔［["), frozenset("」』）)】〕］]")
ASIDES, ASIDE_ENDS = frozenset("（(〔［["), frozenset("）)〕］]")
"""Brackets whose content is left out."""
JOINING = frozenset({"の", "な", "や"})
"""Particles after which a name goes on."""
CAUSE = "ため"
_DIGITS = re.compile("[0-9０-９][,，][0-9０-９]")
"""A comma inside of a number."""
JOINTS = frozenset("・ー-－/～~.,，")
"""Signs inside of names."""
AND_OR = frozenset({"及び", "又は", "または", "および", "並びに", "ならびに", "若しくは", "もしくは", "かつ", "と"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase: what it names or does, and the particles after it.

    `morphemes` holds all of it, of which the first `nominal` are the name: 東京都 of 東京都には. `comma` says that one
    follows.
    """

    morphemes: tuple[Morpheme, ...]
    nominal: int
    comma: bool

    @property
    def name(self) -> str:
        """The name alone."""
        return "".join(morpheme.surface for morpheme in self.morphemes[: self.nominal])

    @property
    def tail(self) -> str:
        """Particles and whatever else follows the name."""
        return "".join(morpheme.surface for morpheme in self.morphemes[self.nominal :])

    @property
    def text(self) -> str:
        """Name and tail, and the comma."""
        return self.name + self.tail + "、" * self.comma

    @property
    def last(self) -> Morpheme:
        """The last morpheme."""
        return self.morphemes[-1]

    @property
    def modifies(self) -> bool:
        """Whether it belongs to the phrase after it: describes a name, or stands beside one."""
        last = self.last
        if last.surface in AND_OR and (last.pos == "接続詞" or last.subpos == "並立助詞"):
            return True
        if self.comma:  # 米、水
            return self.nominal == len(self.morphemes) and last.subsubpos != "副詞可能"
        return last.surface in JOINING or last.inflection.startswith("連体形") or last.pos == "連体詞"

    @property
    def links(self) -> bool:
        """Whether it ends a clause after which the sentence goes on."""
        if not self.comma:
            return False
        if self.text == f"{CAUSE}、":
            return True
        ends = self.last.inflection.startswith("連用形") or self.last.subpos == "接続助詞"
        return ends and any(morpheme.pos in ("動詞", "形容詞", "助動詞") for morpheme in self.morphemes)


def build_phrases(text: str) -> list[Phrase]:
    """Cut a sentence into phrases; what stands in round brackets is left out, quotations are names."""
    phrases: list[Phrase] = []
    words: list[Morpheme] = []
    comma = False
    for word, quoted in _read_outside_asides(analyze(text)):
        if word.surface in "、，," and not _DIGITS.fullmatch(text[word.start - 1 : word.end + 1]):
            comma = True
            continue
        if words and (comma or (not quoted and _begins(words[-1], word))):
            phrases.append(_build_phrase(words, comma=comma))
            words = []
        comma = False
        words.append(word)
    if words:
        phrases.append(_build_phrase(words, comma=False))
    return phrases


def _read_outside_asides(morphemes: Sequence[Morpheme]) -> Iterator[tuple[Morpheme, bool]]:
    """Yield morphemes outside of round brackets, and whether each goes on with a quotation."""
    aside = depth = 0
    for morpheme in morphemes:
        if morpheme.surface in ASIDES:
            aside += 1
        elif aside:
            aside -= morpheme.surface in ASIDE_ENDS
        else:
            if morpheme.surface in CLOSING:
                yield morpheme, True
                depth = max(0, depth - 1)
                continue
            yield morpheme, depth > 0
            depth += morpheme.surface in OPENING


def _begins(previous: Morpheme, word: Morpheme) -> bool:
    """Tell whether a phrase begins with `word`."""
    if word.pos in ("助詞", "助動詞", "接尾辞") or word.surface in CLOSING:
        return False
    if word.surface in OPENING:
        return previous.pos not in NOMINAL
    if word.pos == "補助記号":
        return False
    if word.pos == "動詞" and word.subpos == "非自立可能":
        return not (
            previous.surface in ("て", "で")
            or (word.lemma == "為る" and previous.pos in ("名詞", "接尾辞", "形状詞"))
            or (word.lemma == "有る" and previous.conjugation == "助動詞-ダ")
        )
    if word.pos == "形容詞" and word.subpos == "非自立可能":
        return previous.pos in NOMINAL
    if word.pos in NOMINAL and (previous.pos in NOMINAL or previous.surface in OPENING or previous.surface in JOINTS):
        return previous.subsubpos == "副詞可能" and word.pos not in ("接尾辞",)
    return True


def _build_phrase(words: Sequence[Morpheme], *, comma: bool) -> Phrase:
    nominal = 0
    depth = 0
    for number, word in enumerate(words, 1):
        depth += (word.surface in OPENING) - (word.surface in CLOSING)
        if depth > 0 or word.surface in CLOSING or word.pos in NOMINAL or word.surface in JOINTS:
            nominal = number
        else:
            break
    return Phrase(tuple(words), nominal, comma)
