"""文節: an independent word with what leans on it, the smallest part of a Japanese sentence that can be left out."""

from __future__ import annotations

from collections.abc import Iterator

from rag.text.morphology import Morpheme, analyze

_LEANING = frozenset({"助詞", "助動詞", "接尾辞", "補助記号"})
_NOMINAL = frozenset({"名詞", "接頭辞", "接尾辞"})


def split_phrases(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the 文節 of a text, signs with the phrase before them: ascending, disjoint.

    Compound nouns stay whole, and so does a verb with the one that helps it (読んで|いる is one).
    """
    start = end = 0
    before: Morpheme | None = None
    for morpheme in analyze(text):
        if before is not None and _begins(morpheme, before):
            yield start, end
            start = morpheme.start
        elif before is None:
            start = morpheme.start
        end = max(end, morpheme.end)
        before = morpheme
    if before is not None:
        yield start, end


def _begins(morpheme: Morpheme, before: Morpheme) -> bool:
    if morpheme.end <= before.end or morpheme.pos in _LEANING:
        return morpheme.surface in "「『（(【" and morpheme.pos == "補助記号"
    if before.surface in "「『（(【" and before.pos == "補助記号":
        return False
    if morpheme.subpos == "非自立可能" and (before.surface in {"て", "で"} or before.pos in _NOMINAL):
        return False
    return not (morpheme.pos in _NOMINAL and before.pos in _NOMINAL) and before.pos != "接頭辞"
