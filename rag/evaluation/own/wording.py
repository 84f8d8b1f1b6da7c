"""Whether a made question reads as one somebody would ask, and its answer as one somebody would give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.evaluation.own.cloze import VAGUE
from rag.evaluation.own.gaps import CASES, TIMES
from rag.evaluation.own.phrases import CLOSING, NOMINAL, OPENING
from rag.text.morphology import Morpheme, analyze
from rag.text.normalization import fold
from rag.text.numbers import find_numbers

_PREDICATES = frozenset({"動詞", "形容詞"})
_COMPOUND = frozenset(
    "つき 限っ 限り 対し よっ よる おい 関し つい とっ 向け わたっ 応じ 伴い 先立っ".split()  # noqa: SIM905
)
"""Verbs that particles are made of; each needs に, へ or と before it."""
_BROKEN = re.compile(
    r"[何幾](?:つ|\s|[A-Za-z]|℃)|[-－]何|いつ(?:分|間|超|過ぎ|以[内上下]|未満|程度|目|につき)|[。、]{2}|([℃%％])\1|"
    r"^[のはがをにでともへや、・ー]|[はがをにで]・|^(?:して|され|する)|翌何|、か$|[、にを]して[一-龠]|(?:何|なに)(?:から|まで)(?:ですか|でしょうか|か|？)|ぶり?を?どうか|(?:こと|ため|もの|わけ|はず)であ(?:る|った)のは"
)
_SPAN = re.compile("[0-9一二三四五六七八九十]+日")
"""A day or a number of days: nobody knows without reading on."""
_ONE = re.compile("(?:一|1)[一-龠]")
"""One of something: a part (一部), once (一回)."""
_EMPTY_UNITS = frozenset(("", "つ", "人", "度", "本", "台", "位"))
"""Counters of numbers that say little: 一つ, 一人."""
COMPLEMENTS = frozenset(("を", "に", "と", "へ"))
LONGEST_PARTICLE = 2
LEAST_ANSWER = 2
_CONJUNCTIONS = "又は|または|及び|および|並びに|若しくは"
_JOINS = f"{_CONJUNCTIONS}|や|・"
_LISTED_BEFORE = re.compile(f"(?:{_JOINS}|と|[翌同毎前各]|[0-9０-９一二三四五六七八九十百千万][,，.．]?)$")
_LISTED_AFTER = re.compile(
    f"(?:{_JOINS}|など|等|をはじめ|より|と(?![しないす呼])|、[^。]{{1,12}}(?:及び|又は|と|、)|[0-9０-９,，]|"
    "から[^、。]{1,20}(?:まで|にかけて|へ))"
)
"""What joins an answer to others, or a number or a span to the rest of it."""
_BARE = frozenset({"こと", "もの", "ため", "わけ", "はず", "ところ"})
"""Names that no question ends with: 起きたことですか."""
_KATAKANA = re.compile("[ァ-ヺー]{3,}")
_LATIN = re.compile("[A-Za-zＡ-Ｚａ-ｚ]{2,}")


def reads_well(question: str) -> bool:
    """Tell whether a question holds none of the breaks that dropping of words leaves behind."""
    if _BROKEN.search(question) or not is_balanced(question):
        return False
    words = analyze(question)
    if _has_two_subjects(words) or _ends_bare(words):
        return False
    joined = {match.end() for match in re.finditer(_CONJUNCTIONS, question)}
    if any(word.start in joined and word.pos not in NOMINAL for word in words):
        return False
    return not any(_breaks(before, here) for before, here in pairwise(words))


def can_be_dropped_from(sentence: str) -> bool:
    """Tell whether the words of a sentence can be told apart well enough that some of them can go.

    Verbs of two verbs (燃え始める), polite ones (お送りする) and stretches set off by blanks are what goes wrong.
    """
    if re.search(r"\S[　\t]|\S {2,}", sentence) or not is_balanced(sentence):
        return False
    words = analyze(sentence)
    return not any(_joins_verbs(before, here) or _is_polite(before, here) for before, here in pairwise(words))


def keeps_complements(question: str, sentence: str, answer: tuple[int, int]) -> bool:
    """Tell whether no verb of a question has lost what stands right before it: 復職に先立って without 復職に.

    What is asked for may stand elsewhere.
    """
    before: dict[str, set[str]] = {}
    for first, second in pairwise(analyze(sentence)):
        moved = answer[0] < first.end <= answer[1] + LONGEST_PARTICLE and second.start >= answer[1]
        before.setdefault(second.lemma, set()).add("" if moved else first.surface)
    words = analyze(question)
    for left, second in zip(("", *(word.surface for word in words)), words, strict=False):
        known = before.get(second.lemma)
        if known and second.pos in ("動詞", "副詞") and left not in known and known <= COMPLEMENTS:
            return False
    return True


def stands_by_itself(sentence: str, answer: tuple[int, int]) -> bool:
    """Tell whether an answer is the whole of what could be answered: no part of a number or of a list."""
    before, after = sentence[: answer[0]], sentence[answer[1] :]
    return not (_LISTED_BEFORE.search(before) or _LISTED_AFTER.match(after))


def is_telling(answer: str) -> bool:
    """Tell whether an answer says something by itself: a number, a name, a compound, not 者, 会社 or 一日 alone."""
    folded = fold(answer).text
    if (
        len(answer) < LEAST_ANSWER
        or not is_balanced(answer)
        or "、" in answer
        or _SPAN.fullmatch(folded)
        or _ONE.fullmatch(folded)
        or VAGUE.search(answer)
    ):
        return False
    numbers = find_numbers(folded)
    if numbers:
        return all(number.unit not in _EMPTY_UNITS for number in numbers)
    if _KATAKANA.search(answer) or _LATIN.search(answer):
        return True
    words = [morpheme for morpheme in analyze(answer) if morpheme.pos in NOMINAL]
    if answer.endswith("的"):  # 電子的: of what kind, not what
        return False
    adverbial = bool(words) and words[-1].subsubpos == "副詞可能"  # 卒業後 says when, not what
    if adverbial and not answer.endswith((*CASES, *TIMES)):
        return False
    return len(words) > 1 or any(word.subpos == "固有名詞" or not word.known for word in words)


def is_balanced(text: str) -> bool:
    """Tell whether every bracket has its partner."""
    depth = 0
    for character in text:
        depth += (character in OPENING) - (character in CLOSING)
        if depth < 0:
            return False
    return depth == 0


def _breaks(before: Morpheme, here: Morpheme) -> bool:
    if here.surface in _COMPOUND and here.pos == "動詞":
        return before.surface not in {"に", "へ", "と", "を"}
    if before.pos == "接頭辞":
        return here.pos not in NOMINAL
    return before.surface in {"を", "が"} and here.surface in {"か", "です", "でしょう", "？"}


def _has_two_subjects(words: Sequence[Morpheme]) -> bool:
    """Tell whether two subjects, or two topics, stand before one predicate: 記録が 記事が 残る."""
    subjects = topics = 0
    for before, here in pairwise(words):
        if here.pos in _PREDICATES:
            subjects = 0
        particle = here.pos == "助詞" and before.pos in NOMINAL | {"代名詞", "補助記号"}
        subjects += particle and here.surface == "が" and here.subpos == "格助詞"
        topics += particle and here.surface == "は"
        if subjects > 1 or topics > 1:
            return True
    return False


def _ends_bare(words: Sequence[Morpheme]) -> bool:
    """Tell whether a question ends with a name that says nothing: 下がっていたことですか."""
    end = len(words)
    while end and words[end - 1].pos in ("助詞", "助動詞", "補助記号"):
        end -= 1
    return bool(end) and words[end - 1].surface in _BARE


def _joins_verbs(before: Morpheme, here: Morpheme) -> bool:
    return before.pos == here.pos == "動詞" and before.inflection.startswith("連用形")


def _is_polite(before: Morpheme, here: Morpheme) -> bool:
    return before.pos == "接頭辞" and before.lemma == "御" and here.pos in {"動詞", "名詞"}
