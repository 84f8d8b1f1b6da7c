"""The question before, taken apart: its topic, its noun phrases, its question word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.conversation.ellipsis import find_phrases, is_case, is_noun, is_own
from rag.conversation.fragments import find_asking, strip_opening
from rag.conversation.noun_kinds import find_kind, is_property
from rag.text.morphology import Morpheme, analyze
from rag.text.sentences import split_sentences

_CASE_PARTICLES = frozenset(("を", "が", "に", "で", "へ", "と", "から", "まで", "より", "だけ", "など"))
_BREAKS = frozenset(("、", ",", "，"))


@dataclass(frozen=True, slots=True)
class EarlierQuestion:
    """A question that stands alone, and the answer it got.

    `topic` is the place in `text` of what it is about, None where grammar does not tell; `marked` says that は stands
    behind it. `asking` is the index of its question word among `morphemes`.
    """

    text: str
    answer: str
    morphemes: tuple[Morpheme, ...]
    phrases: tuple[tuple[Morpheme, ...], ...]
    topic: tuple[int, int] | None
    marked: bool
    asking: int | None

    @property
    def thing(self) -> str:
        """The topic without a property at its end: 住宅手当 of 住宅手当の限度; "" without a topic."""
        if self.topic is None:
            return ""
        start, end = self.topic
        inside = [phrase for phrase in self.phrases if start <= phrase[0].start and phrase[-1].end <= end]
        while len(inside) > 1 and inside[-1][-1].end == end and is_property(inside[-1]):
            joint = self.text[inside[-2][-1].end : inside[-1][0].start]
            if joint != "の" or find_kind(inside[-2]) == "case":
                break
            inside.pop()
            end = inside[-1][-1].end
        return self.text[start:end]

    @property
    def question_word(self) -> Morpheme | None:
        """The first question word."""
        return None if self.asking is None else self.morphemes[self.asking]

    @property
    def question_phrase(self) -> str:
        """The question word with what belongs to it: 何日, いつまで."""
        if self.asking is None:
            return ""
        end = self.asking + 1
        while end < len(self.morphemes) and (
            is_noun(self.morphemes[end]) or self.morphemes[end].subpos in ("名詞的", "副助詞")
        ):
            if self.morphemes[end].form == "か":
                break
            end += 1
        return self.text[self.morphemes[self.asking].start : self.morphemes[end - 1].end]

    def extend_left(self, phrase: Sequence[Morpheme], *, clauses: bool) -> int:
        """Return where a phrase begins with the nouns that の joins to it, or with its relative clause as well."""
        index = self.morphemes.index(phrase[0])
        while index > 0:
            before = self.morphemes[index - 1]
            joins = before.form == "の" and before.pos == "助詞"
            if before.form in _BREAKS or (before.subpos == "係助詞" and before.form == "は"):
                break
            if not clauses and not joins and before.pos not in ("名詞", "接頭辞", "接尾辞", "記号", "形状詞"):
                break
            index -= 1
        return self.morphemes[index].start


def take_apart(question: str, answer: str) -> EarlierQuestion:
    """Take apart the sentence of a question that asks: its last one."""
    sentences = [question[start:end] for start, end in split_sentences(question)]
    text = strip_opening(sentences[-1] if sentences else question)
    morphemes = tuple(analyze(text))
    asking = find_asking(morphemes)
    unasked = [
        tuple(phrase) for phrase in find_phrases(morphemes) if not any(find_asking([noun]) == 0 for noun in phrase)
    ]
    topic, marked = _find_topic(text, morphemes, unasked, asking)
    return EarlierQuestion(text, answer.strip(), morphemes, tuple(unasked), topic, marked, asking)


def _find_topic(
    text: str, morphemes: Sequence[Morpheme], phrases: Sequence[tuple[Morpheme, ...]], asking: int | None
) -> tuple[tuple[int, int] | None, bool]:
    """Return the place of the topic, and whether は marks it."""
    last = len(morphemes) if asking is None else asking
    start, found = 0, None
    for index, morpheme in enumerate(morphemes[:last]):
        if morpheme.form != "は" or morpheme.subpos != "係助詞":
            continue
        end = index
        while end and morphemes[end - 1].form in _CASE_PARTICLES and morphemes[end - 1].pos == "助詞":
            end -= 1
        place = (start, morphemes[end - 1].end) if end else None
        # Of 「…ときは、退職願は」 and 「契約社員は、退職願は」 the second is what is asked about.
        if place and (found is None or (start and end == index and text[start - 1] in _BREAKS)):
            found = place
        following = next((each for each in morphemes[index + 1 :] if each.form not in _BREAKS), None)
        start = len(text) if following is None else following.start
    if found is not None:
        return found, True
    return _find_first_thing(morphemes, phrases, last), False


def _find_first_thing(
    morphemes: Sequence[Morpheme], phrases: Sequence[tuple[Morpheme, ...]], last: int
) -> tuple[int, int] | None:
    """Return the first thing that is named before the question word, with what の joins to it."""
    limit = morphemes[last].start if last < len(morphemes) else morphemes[-1].end if morphemes else 0
    named = [phrase for phrase in phrases if phrase[-1].end <= limit]
    for number, phrase in enumerate(named):
        if not is_own(phrase) or is_case(phrase):
            continue
        end = phrase[-1].end
        for following in named[number + 1 :]:
            index = morphemes.index(following[0])
            if morphemes[index - 1].form != "の" or morphemes[index - 2].end != end:
                break
            end = following[-1].end
        return phrase[0].start, end
    return None
