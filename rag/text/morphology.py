"""Morphemes of Japanese text, by MeCab with UniDic."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rag.text.normalization import fold

# MeCab's memory grows with the line; a sentence end is looked for before one is cut anywhere.
_LINE = re.compile(r"[^\n]{1,2000}(?:[。!?\n]|$)|[^\n]{1,2000}")
# MeCab ends a text at NUL and cannot be given surrogates; the sign in their place is no word either.
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Morpheme:
    """One morpheme; `surface == text[start:end]` of the text analysed.

    `form` is the surface folded for comparison, `lemma` the dictionary form (the form itself for words the dictionary
    does not know, `known` false). `pos`, `subpos` and `subsubpos` are UniDic's first three levels, such as 名詞,
    固有名詞 and 人名; `conjugation` and `inflection` its 五段-カ行 and 連用形-一般, "" for words that have none.
    """

    start: int
    end: int
    surface: str
    form: str
    lemma: str
    pos: str
    subpos: str
    subsubpos: str
    conjugation: str
    inflection: str
    known: bool


def analyze(text: str) -> list[Morpheme]:
    """Cut a text into morphemes.

    White space is left out. What folding makes several characters of (㌔) may be several morphemes of one place.
    """
    mapped = fold(text)
    readable = _UNREADABLE.sub("\ufffd", mapped.text)
    tagger = _load_tagger()
    morphemes: list[Morpheme] = []
    for line in _LINE.finditer(readable):
        place = line.start()
        for node in tagger(line.group()):
            form: str = node.surface
            place = readable.index(form, place)
            start, end = mapped.to_source(place, place + len(form))
            place += len(form)
            if form.isspace():  # MeCab takes only the commonest kinds for white space
                continue
            pos, subpos, subsubpos, conjugation, inflection, lemma = _read_feature(node.feature_raw)
            known = not node.is_unk
            morphemes.append(
                Morpheme(
                    start=start,
                    end=end,
                    surface=text[start:end],
                    form=form,
                    lemma=lemma if known and lemma else form,
                    pos=pos,
                    subpos=subpos,
                    subsubpos=subsubpos,
                    conjugation=conjugation,
                    inflection=inflection,
                    known=known,
                )
            )
    return morphemes


def split_words(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the words of a text: ascending, disjoint, every character that is not white space in one."""
    reached = 0
    for morpheme in analyze(text):
        if morpheme.end > reached:
            start = max(morpheme.start, reached)
            yield start, morpheme.end
            reached = morpheme.end


def count_dictionary_words() -> int:
    """Count the entries of the dictionary: every inflected form is one."""
    return sum(int(part["size"]) for part in _load_tagger().dictionary_info)


def _load_tagger() -> Any:
    """Return this thread's tagger: MeCab keeps state while it parses."""
    if not hasattr(_local, "tagger"):
        import fugashi
        import unidic_lite

        _local.tagger = fugashi.GenericTagger(f'-r "{unidic_lite.DICDIR}/dicrc" -d "{unidic_lite.DICDIR}"')
    return _local.tagger


@lru_cache(maxsize=32768)  # 96 % of the morphemes of prose are among the last so many, in 20 MB
def _read_feature(raw: str) -> tuple[str, str, str, str, str, str]:
    """Return three levels of part of speech, conjugation, inflection and lemma of a line of UniDic; "" for none."""
    fields = ["" if field == "*" else field for field in raw.split(",")]
    lemma = fields[7] if len(fields) > 7 else ""
    pos, subpos, subsubpos, conjugation, inflection = (sys.intern(fields[place]) for place in (0, 1, 2, 4, 5))
    # A loan word carries its origin: サーバー-server.
    return pos, subpos, subsubpos, conjugation, inflection, fold(lemma.partition("-")[0]).text
