"""Where in a text an answer may begin and end: in one sentence, not inside a number or a word nor in the numbering."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from rag.text.articles import NUMBERING
from rag.text.morphology import split_words
from rag.text.sentences import split_sentences

NO_OPENING, NO_CLOSING = -1, -2
"""Never equal, so that no span runs between them."""
NUMERALS = frozenset("〇零一二三四五六七八九十百千万億兆")
NUMBER_MARKS = frozenset(",.，．")


def find_borders(
    text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the sentence each token may open an answer in, and the one it may close an answer in.

    Of 6,000 answers of JaQuAD's training part, all lie in one sentence and 17 begin or end inside a number or a run of
    katakana or Latin; of 3,000, 0.2 % begin and 0.3 % end inside a morpheme. None of all 31,748 begins or ends in the
    numbering at the head of a line.

    Args:
        text: The text.
        starts: Where its tokens start. Shape: (tokens,).
        ends: Where they end. Shape: (tokens,).

    Returns:
        For every token the number of the sentence it begins in, `NO_OPENING` where a number or word is under way, and
        the number of the sentence it ends in, `NO_CLOSING` where one goes on. Shape of both: (tokens,).
    """
    sentences = [start for start, _ in split_sentences(text)]
    words = list(split_words(text))
    numbering = {place for found in NUMBERING.finditer(text) for place in range(*found.span())}
    word_starts = {start for start, _ in words} - numbering
    word_ends = {end for _, end in words if end - 1 not in numbering}
    opens = [
        NO_OPENING if place not in word_starts or _runs_on(text, place) else bisect_right(sentences, place)
        for place in starts.tolist()
    ]
    closes = [
        NO_CLOSING if place not in word_ends or _runs_on(text, place) else bisect_right(sentences, max(place - 1, 0))
        for place in ends.tolist()
    ]
    return np.array(opens, dtype=np.int64), np.array(closes, dtype=np.int64)


def _runs_on(text: str, place: int) -> bool:
    """Whether a number, a run of katakana or a Latin word goes on across `place`."""
    if not 0 < place < len(text):
        return False
    before, after = _kind(text[place - 1]), _kind(text[place])
    if before and before == after:
        return True
    if text[place] in NUMBER_MARKS:
        return before == "number" and _kind(text[place + 1 : place + 2]) == "number"
    return text[place - 1] in NUMBER_MARKS and after == "number" and _kind(text[place - 2 : place - 1]) == "number"


def _kind(character: str) -> str:
    if not character:
        return ""
    if character in NUMERALS or character.isdecimal():
        return "number"
    name = unicodedata.name(character, "")
    if name.startswith(("KATAKANA", "HALFWIDTH KATAKANA")) and character != "・":
        return "katakana"
    return "latin" if name.startswith(("LATIN", "FULLWIDTH LATIN")) else ""
