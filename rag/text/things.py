"""Things that a text names: runs of nouns, and what kind of thing each is."""

from __future__ import annotations

from itertools import groupby

from rag.text.morphology import Morpheme, analyze

SHORTEST = 2
"""Characters of a thing."""
NO_THINGS = frozenset({"副詞可能", "助動詞語幹"})
"""Nouns that name no thing, by their last one: ため, ほか, 現在."""
ASKED = "何"


def list_things(text: str) -> list[tuple[str, str]]:
    """Return the runs of nouns of a text, each with its kind: the class of its last noun."""
    things: list[tuple[str, str]] = []
    for noun, group in groupby(analyze(text), key=_is_noun):
        run = list(group)
        long = noun and run[-1].end - run[0].start >= SHORTEST
        if long and run[-1].subsubpos not in NO_THINGS and not any(m.lemma == ASKED for m in run):
            things.append((text[run[0].start : run[-1].end], f"{run[-1].subpos}/{run[-1].subsubpos}"))
    return things


def _is_noun(morpheme: Morpheme) -> bool:
    """Tell whether a morpheme names something; 何 is a pronoun, 何人 begins with one."""
    return morpheme.pos in {"名詞", "接頭辞"} or (morpheme.pos == "接尾辞" and morpheme.subpos == "名詞的")
