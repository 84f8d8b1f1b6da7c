"""Questions of a conversation said in full, by rules of grammar.

After 「正社員の試用期間は何か月ですか」, 「契約社員は？」 becomes 「契約社員の試用期間は何か月ですか」: what a
question names anew takes the place of its like, or is set before what was asked; what it leaves out or points back to
is put in. Every noun and verb of the outcome stands in the question or in the turns before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.conversation.earlier_question import EarlierQuestion, take_apart
from rag.conversation.ellipsis import CASES, NOT_POINTING, find_phrases, is_elliptical, is_own, is_verb
from rag.conversation.fragments import ENDING, Fragment, find_asking, find_fragment, is_unfinished, strip_opening
from rag.conversation.history import WINDOW, build_search_question
from rag.conversation.noun_kinds import (
    RELATIVES,
    find_kind,
    find_shape,
    is_action,
    is_headed_by_property,
    is_property,
)
from rag.text.morphology import Morpheme, analyze

LONGEST_ANSWER = 30
"""Most characters of an answer that a word pointing at it is replaced by."""
LEAST_LIKENESS = 2
"""From here on two nouns are alike enough for one to take the place of the other."""
_POINTERS = re.compile(
    r"(?P<that>それら?|これら?|あれ)|(?P<there>そこ|ここ|あそこ)|(?P<of>その|この|あの)|(?P<who>彼女|彼(?!ら))"
)
_ADVERBS = frozenset(
    ("同時", "一度", "一緒", "実際", "普段", "通常", "普通", "最近", "現在", "つもり", "予定", "はず", "わけ", "ため")
)
_TIMES = frozenset(("日", "年", "月", "時", "時期", "季節", "頃", "ころ"))
_WHO = frozenset(("誰", "だれ", "どなた"))
_PERSONS = frozenset(("人", "方", "者", "かた"))
_CASE_OF = re.compile(r"の(場合|とき|時|際|ケース|ほう|方)$")
_CASE_MARKS = ("に", "へ", "で", "から", "まで")


def rewrite_question(question: str, history: Sequence[tuple[str, str]], *, window: int = WINDOW) -> str:
    """Return a question in words that stand alone.

    A question that stands alone comes back as it is. One that leaves something out for which the rules find no place
    in it gets the question before in front, as `build_search_question` does.

    Args:
        question: The question as asked.
        history: Earlier questions and their answers ("" when there was none), oldest first.
        window: Most characters taken from the turns before.
    """
    question = question.strip()
    before: tuple[str, str] | None = None
    for asked, answer in history:
        before = (_resolve(asked.strip(), before, window), answer.strip())
    return _resolve(question, before, window)


def leaves_out(question: str) -> bool:
    """Tell whether a question needs the turns before it: more widely than `is_elliptical`, which knows of none.

    A doing or property without its thing (「再発行の費用は？」) needs them too, and so does all that has no predicate,
    unless it names a property and its thing (「家族手当の金額は？」).
    """
    if is_elliptical(question) or is_unfinished(question):
        return True
    phrases = [phrase for phrase in find_phrases(analyze(strip_opening(question))) if find_asking(phrase) != 0]
    bare = all(_is_bare(phrase) for phrase in phrases)
    fragment = find_fragment(question)
    if fragment is None or not phrases:
        return bare
    return bare or not is_property(phrases[-1])


def _is_bare(phrase: Sequence[Morpheme]) -> bool:
    """Whether a run of nouns says nothing unless one knows of whom or of what."""
    if not is_own(phrase) or is_property(phrase) or is_action(phrase):
        return True
    return phrase[-1].form in _ADVERBS or (len(phrase) == 1 and phrase[0].form in RELATIVES)


def _resolve(question: str, before: tuple[str, str] | None, window: int) -> str:
    if before is None or not before[0] or len(before[0]) >= window or not leaves_out(question):
        return question
    earlier = take_apart(*before)
    fragment = find_fragment(question)
    words = _complete(fragment, earlier) if fragment else _put_topic(strip_opening(question), earlier)
    if words is None or len(words) > len(question) + window:
        return build_search_question(question, [before], window=window) if is_elliptical(question) else question
    return words + question[len(question.rstrip(ENDING)) :]


def _complete(fragment: Fragment, earlier: EarlierQuestion) -> str | None:
    """Say in full what names one new thing."""
    if fragment.predicate:
        return _ask_anew(fragment, earlier)
    core = tuple(find_phrases(fragment.morphemes)[-1])
    kind = find_kind(core)
    if kind in ("property", "action"):
        return _name_property(fragment, core, earlier)
    words = _fill_bearer(fragment, core, earlier)
    bearer = _CASE_OF.sub("", words)
    if kind == "case" and bearer == words:
        return _change_case(words, fragment, earlier)
    replaced = _replace_like(bearer, fragment, earlier)
    if replaced is None and kind == "thing" and _find_topic_kind(earlier) in ("person", "place"):
        return f"{earlier.thing}の{words}は"
    return replaced or f"{words}{fragment.particle}、{earlier.text}"


def _find_topic_kind(earlier: EarlierQuestion) -> str:
    phrases = find_phrases(analyze(earlier.thing))
    return find_kind(phrases[-1]) if phrases else ""


def _replace_like(words: str, fragment: Fragment, earlier: EarlierQuestion) -> str | None:
    """Put the new words where the old question has their like; None where it has none."""
    morphemes = analyze(words)
    core = find_phrases(morphemes)[-1]
    joined = any(each.form == "の" for each in morphemes)
    rated = [(_rate(phrase, core, fragment.particle, earlier, joined=joined), phrase) for phrase in earlier.phrases]
    best, old = max(rated, key=lambda pair: pair[0], default=(0.0, ()))
    if best < LEAST_LIKENESS:
        return None
    has_clause = any(is_verb(each) for each in morphemes)
    start, end = old[0].start, old[-1].end
    if has_clause or joined:
        start = earlier.extend_left(old, clauses=has_clause)
        if best == LEAST_LIKENESS and joined and earlier.topic is not None:
            end = max(end, earlier.topic[0] + len(earlier.thing))
    return earlier.text[:start] + words + earlier.text[end:]


def _ask_anew(fragment: Fragment, earlier: EarlierQuestion) -> str | None:
    """Ask of the old topic, with the old question word, what is said of it anew: 「削除されるのは？」."""
    if earlier.topic is None or earlier.asking is None:
        return None
    return f"{earlier.thing}は、{fragment.words}は{earlier.question_phrase}"


def _name_property(fragment: Fragment, core: Sequence[Morpheme], earlier: EarlierQuestion) -> str | None:
    """Name the thing whose property is asked for; a property that was asked for before gives way."""
    thing = earlier.thing
    if not thing or thing in fragment.words:
        return None
    if thing.endswith("".join(noun.surface for noun in core)):
        return None
    return f"{thing}の{fragment.words}は"


def _fill_bearer(fragment: Fragment, core: Sequence[Morpheme], earlier: EarlierQuestion) -> str:
    """Put the old thing in for もの: 「製図ソフトを使うものは？」; 「休職した人のもの」 loses it."""
    if core[-1].form not in ("もの", "物", "の") or len(core) > 1:
        return fragment.words
    rest = fragment.words[: core[0].start]
    if rest.endswith("の"):
        return rest[:-1]
    return rest + _find_head(earlier)


def _find_head(earlier: EarlierQuestion) -> str:
    """Return the last noun phrase of the topic."""
    thing = earlier.thing
    phrases = find_phrases(analyze(thing))
    return thing[phrases[-1][0].start :] if phrases else thing


def _change_case(words: str, fragment: Fragment, earlier: EarlierQuestion) -> str:
    """Put a new case for the old one, with the things the old one names before its particle を or が."""
    old = next((phrase for phrase in earlier.phrases if find_kind(phrase) == "case"), None)
    rest = earlier.text
    if old is not None:
        start = earlier.extend_left(old, clauses=True)
        rest = earlier.text[:start] + earlier.text[old[-1].end :]
        kept = _find_objects(earlier.text[start : old[-1].end], words)
        return f"{earlier.text[:start]}{kept}{words}{earlier.text[old[-1].end :]}"
    return f"{words}{fragment.particle}、{rest}"


def _find_objects(clause: str, words: str) -> str:
    """Return 「有給休暇を」 of 「有給休暇を一日だけとるとき」, unless the new words have an object of their own."""
    morphemes = analyze(clause)
    new = {each.form for each in analyze(words) if each.subpos == "格助詞"}
    for phrase in find_phrases(morphemes):
        index = morphemes.index(phrase[-1]) + 1
        particle = morphemes[index] if index < len(morphemes) else None
        if particle and particle.form in ("を", "が") and particle.form not in new and is_own(phrase):
            return clause[: particle.end]
    return ""


def _rate(
    phrase: Sequence[Morpheme], core: Sequence[Morpheme], particle: str, earlier: EarlierQuestion, *, joined: bool
) -> float:
    """Rate how alike two runs of nouns are; of equals, the one that is the topic's comes first."""
    if "".join(noun.form for noun in phrase) == "".join(noun.form for noun in core):
        return 6
    shape = find_shape(core)
    if shape and shape == find_shape(phrase):
        return 5
    closeness = 0.25 if _is_in_topic(phrase, earlier) else 0.0
    case = "で" if particle == "だと" else particle.rstrip("はも")
    same_case = case in _CASE_MARKS and earlier.text[phrase[-1].end :].startswith(case)
    closeness += 0.5 if same_case else 0.0
    ends = {noun.form for noun in (phrase[-1], core[-1])}
    if len(ends) == 1 or (phrase[-1].form[-1] == core[-1].form[-1] and len(phrase) == len(core)):
        return 4 + closeness
    if len(phrase) > 1 and len(core) > 1 and phrase[0].form == core[0].form:
        return 3 + closeness
    kind = find_kind(core)
    if kind != find_kind(phrase):
        return 0
    if kind != "thing" or same_case:
        return 2.5 + closeness
    things = [each for each in earlier.phrases if _is_in_topic(each, earlier) and not is_headed_by_property(each)]
    things = [each for each in things if find_kind(each) == "thing"]
    # 「…だと」 names a case in which the old topic is asked about, 「…は」 a new topic.
    alone = len(things) == 1 or joined
    return LEAST_LIKENESS if alone and particle[-1] in "はもて" and phrase in things else 0


def _is_in_topic(phrase: Sequence[Morpheme], earlier: EarlierQuestion) -> bool:
    return earlier.topic is not None and earlier.topic[0] <= phrase[0].start < earlier.topic[1]


def _put_topic(question: str, earlier: EarlierQuestion) -> str | None:
    """Put the old topic where a question points to it, or before it."""
    thing = earlier.thing
    if not thing or not earlier.marked:
        return None
    pointer = _find_pointer(question)
    if pointer is not None:
        return _replace_pointer(question, pointer, earlier)
    phrases = find_phrases(analyze(question))
    first = phrases[0] if phrases else None
    if first and first[0].start == 0 and (is_property(first) or is_action(first)):
        return f"{thing}の{question}"
    if not any(is_verb(each) for each in analyze(question)) and not phrases:
        return None
    return f"{thing}は、{question}"


def _find_pointer(question: str) -> re.Match[str] | None:
    idle = [match.span() for match in NOT_POINTING.finditer(question)]
    starts = {each.start for each in analyze(question)}
    for match in _POINTERS.finditer(question):
        if match.start() in starts and not any(start <= match.start() < end for start, end in idle):
            return match
    return None


def _replace_pointer(question: str, pointer: re.Match[str], earlier: EarlierQuestion) -> str:
    head, rest = question[: pointer.start()], question[pointer.end() :]
    word = earlier.question_word
    asked = "" if word is None else word.form
    answer = earlier.answer if 0 < len(earlier.answer) <= LONGEST_ANSWER else ""
    thing = earlier.thing
    if pointer["there"]:
        placed = answer and (asked == "どこ" or _is_place(answer))
        return f"{head}{answer if placed else thing}{rest}"
    if pointer["that"]:
        return f"{head}{thing}{rest}"
    if pointer["who"]:
        return f"{head}{answer if answer and asked in _WHO else thing}{rest}"
    phrases = find_phrases(analyze(rest))
    noun = "".join(each.surface for each in phrases[0]) if phrases and phrases[0][0].start == 0 else ""
    if answer and noun in _PERSONS and asked in _WHO:
        return f"{head}{answer}{rest[len(noun) :]}"
    if answer and noun in _TIMES and asked == "いつ":
        return f"{thing}は、{head}{answer}{'の' if len(noun) > 1 else ''}{rest[0 if len(noun) > 1 else len(noun) :]}"
    if noun and thing.endswith(noun):
        return f"{head}{thing}{rest[len(noun) :]}"
    if noun in CASES and thing.endswith(tuple(CASES)):
        return f"{head}{thing}{rest[len(noun) :]}"
    return f"{head}{thing}の{rest}"


def _is_place(words: str) -> bool:
    phrases = find_phrases(analyze(words))
    return bool(phrases) and find_kind(phrases[-1]) == "place"
