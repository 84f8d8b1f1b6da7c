"""Everyday words for those of rules, statutes and reports: how people ask is not how these are written."""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import replace
from pathlib import Path

from rag.evaluation.own.predicates import Predicate

CHANCE = 0.5
"""Chance of each word to be said in another way."""

_TABLE = tomllib.loads((Path(__file__).parent / "everyday.toml").read_text(encoding="utf-8"))
VERBS: dict[str, tuple[str, str, str]] = {formal: tuple(forms) for formal, forms in _TABLE["verbs"].items()}
NOUNS: dict[str, str] = _TABLE["nouns"]
_NAME = "[一-龠々ァ-ヺーA-Za-z0-9]"
_FORMAL_NOUN = re.compile(f"(?<!{_NAME})(?:{'|'.join(sorted(NOUNS, key=len, reverse=True))})(?!{_NAME})")
"""Those nouns where they are no part of a compound: 社員, not that of 正社員."""

QUANTITIES = ("どれくらい", "どのくらい", "どれだけ", "どれほど")
"""What people ask for an amount with, whatever its unit."""


def say_everyday(predicate: Predicate, chooser: random.Random) -> Predicate:
    """Say a formal verb in an everyday word, now and then: 提出する as 出す, 建設される as 建てられる."""
    if predicate.kind != "verb" or chooser.random() >= CHANCE:
        return predicate
    for ending in ("し", "され"):
        formal = predicate.stem.removesuffix(ending)
        found = VERBS.get(formal)
        if found is not None and formal != predicate.stem:
            stem, other, conjugation = found
            if ending == "し":
                return replace(predicate, stem=stem, conjugation=conjugation)
            return replace(predicate, stem=f"{other}れ")
    return predicate


def replace_formal_nouns(text: str, chooser: random.Random) -> str:
    """Put everyday words for formal ones, each now and then."""
    return _FORMAL_NOUN.sub(lambda found: NOUNS[found.group()] if chooser.random() < CHANCE else found.group(), text)
