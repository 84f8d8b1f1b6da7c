"""Questions that name one new thing and leave the rest to the question before: 「契約社員は？」."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.conversation.ellipsis import find_phrases, is_noun, is_verb
from rag.text.morphology import Morpheme, analyze

ENDING = "?？。．.!！… 　\n\t"
"""What may stand behind the last word of a question."""
_OPENING = re.compile(
    r"\A(?:(?:それ)?では|(?:それ)?じゃあ?|それなら|なら|だったら|でも|ちなみに|ところで|また|あと|逆に|反対に|ということは|つまり)[、,\s]+"
)
_HOW = r"、?(?:どう|いかが)(?:です|でしょう|なります|なるの(?:です|でしょう)|なる|なの(?:です|でしょう)|なんです)?か?"
_SAME = r"(?:でも|も|では|は)、?(?:同じ|同様|一緒)(?:です|でしょう|なの(?:です|でしょう)|なんです)?か?"
_PARTICLE = r"(?:(?:に|へ|から|まで|で|と)?は|(?:に|で|と|から)?も|だと|なら|だったら|って)"
_FRAGMENT = re.compile(rf"(?P<words>.+?)(?:(?P<same>{_SAME})|(?P<particle>{_PARTICLE})(?P<how>{_HOW})?)")
_BRIEF = re.compile(
    r"(?P<words>.+?)(?P<particle>だと|なら|だったら|では|(?<=の場合)は|(?<=のとき)は|(?<=のほう)は)、?"
    r"(?:何|いくら|いつ|どこ|誰|どれ|どの)[^、はがを]{0,8}?(?:です|でしょう|になります|なのです|なんです)か?"
)
_OPEN_END = re.compile(r"(?:たら|だら|れば|えば|ければ|ないと|には|ても|でも)$")
_ASKING = frozenset(
    ("何時", "何処", "誰", "何方", "何", "何れ", "幾ら", "幾つ", "如何", "何故", "何の", "如何して", "何程")
)
_ASKING_FORMS = re.compile(
    r"いつ|どこ|だれ|誰|どなた|何|なに|なん|いくら|いくつ|ど(?:う|の|れ|ちら|んな|れくらい)|なぜ|いかが"
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A question without a predicate: its words, and the particle behind them (は when there is none).

    `morphemes` are those of the words. `predicate` tells that the words are themselves what is new to be said of the
    old topic (「削除されるのは？」).
    """

    words: str
    particle: str
    morphemes: tuple[Morpheme, ...]
    predicate: bool = False


def strip_opening(question: str) -> str:
    """Return a question without 「では、」 and its like, nor marks at the end."""
    return _OPENING.sub("", question.strip(), count=1).rstrip(ENDING)


def find_fragment(question: str) -> Fragment | None:
    """Return what a question without a predicate names; None for one that has a predicate."""
    text = strip_opening(question)
    whole = _FRAGMENT.fullmatch(text)
    found = whole or _BRIEF.fullmatch(text)
    words, particle = (text, "は")
    if found:
        words, particle = found["words"].strip(), found["particle"] or _join(found["same"])
    morphemes = tuple(analyze(words))
    if not morphemes or any(is_asking(each) for each in morphemes):
        return None
    acts = any(is_verb(each) for each in morphemes)
    # 「サーバーが停止した場合はどうなりますか」 asks of a whole clause, 「夜間はどうですか」 of nothing.
    if whole and whole["how"] and particle.endswith("は") and acts:
        return None
    last = morphemes[-1]
    if found and last.form == "の" and len(morphemes) > 1 and morphemes[-2].pos in ("動詞", "助動詞", "形容詞"):
        return Fragment(words, particle, morphemes, predicate=True)
    closes = last.surface in ("」", "』", "］", "）", ")")
    if not (is_noun(last) or closes) or (not found and any(each.pos in ("動詞", "助動詞") for each in morphemes)):
        return None
    return Fragment(words, particle, morphemes) if find_phrases(morphemes) else None


def is_unfinished(question: str) -> bool:
    """Whether a question ends with a condition and says nothing of it: 「買主の側から解除するには？」."""
    return _OPEN_END.search(strip_opening(question)) is not None


def _join(same: str) -> str:
    """Return the particle to say with what is 「…でも同じですか」."""
    return "では" if same.startswith("で") else "は"


def is_asking(morpheme: Morpheme) -> bool:
    """Whether a morpheme is a question word, or the 何 of one."""
    if morpheme.lemma in _ASKING and morpheme.pos in ("代名詞", "名詞", "副詞", "連体詞"):
        return True
    return morpheme.pos in ("代名詞", "副詞", "連体詞", "名詞") and _ASKING_FORMS.fullmatch(morpheme.form) is not None


def find_asking(morphemes: Sequence[Morpheme]) -> int | None:
    """Return the index of the first question word."""
    return next((index for index, each in enumerate(morphemes) if is_asking(each)), None)
