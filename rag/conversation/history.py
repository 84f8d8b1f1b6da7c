"""Questions of a conversation made searchable on their own.

「では、契約社員は？」 finds nothing by itself. What it leaves out stands in the turns before it, so these are put in front:
no more of them than needed, and only where the question leaves something out. The rules are about grammar and know
nothing of any document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text.morphology import Morpheme, analyze

WINDOW = 200
"""Most characters of history put before a question."""

# Openings that carry on the conversation whatever follows.
_CONTINUATION = re.compile(r"(では|じゃ|それ|だったら|ならば|なら[、,]|逆に|反対に|(ほか|他)に(?!も))")
# Words that point back; その他, これまで and the like do not.
_POINTING = re.compile(
    r"(それ|これ|あれ|その|この|あの|そこ|ここ|あそこ|そちら|こちら|そう|こう|そんな|こんな|彼|彼女|両者|前者|後者|上記|前述|同じ|同様)"
)
_NOT_POINTING = re.compile(r"(その他|そのまま|それぞれ|これまで|これから|この度|このたび|ここ数|そもそも)")
_FRAGMENT = re.compile(r"(は|も|って|なら|とは)[?？。…\s]*$")
# Cases and bearers: 「…の場合は？」 carries on a question even when it says what case.
_CASES = frozenset("場合 とき 時 ケース 際 ほう 方 人 者 もの 物 こと 事 ところ 所 ほか 他 以外 うち 中 後 前 次 最後 最初".split())
# Properties: of what, the history says.
_PROPERTIES = frozenset(
    "期限 期間 時期 時間 時刻 日時 日数 回数 人数 件数 個数 数 数字 割合 率 額 金額 費用 料金 値段 価格 単価 合計 上限 下限 限度 "
    "理由 原因 目的 根拠 背景 結果 効果 影響 意味 意義 定義 種類 特徴 違い 差 条件 要件 基準 例外 対象 範囲 内容 詳細 具体 例 "
    "方法 やり方 手順 手続き 手続 届け出 届出 場所 住所 名前 名称 正式 呼び名 別名 担当 責任 罰則 有効 必要 可能 "
    "年 月 日 週 分 秒 円 回 目 度 いくら いくつ 全部 全体 全員 どちら".split()
)

_ASKING = frozenset("何 何時 誰 幾つ 幾ら なん なに どれ どこ いつ だれ なぜ".split())


def build_search_question(question: str, history: Sequence[tuple[str, str]], *, window: int = WINDOW) -> str:
    """Return the question as it should be searched.

    A question that stands alone comes back as it is. One that leaves something out gets the turns before it in front,
    back to the last question that stood alone, as far as `window` goes.

    Args:
        question: The question as asked.
        history: Earlier questions and their answers ("" when there was none), oldest first.
        window: Most characters put before the question.

    Returns:
        At most `window` characters of history, and the question, joined by spaces.
    """
    question = question.strip()
    if not history or not is_elliptical(question):
        return question
    parts = [question]
    left = window
    for asked, answer in reversed(history):
        turn = " ".join(part for part in (asked.strip(), answer.strip()) if part)
        # The question of a turn says more about the topic than its answer: it is what stays when both do not fit.
        fitting = next((text for text in (turn, asked.strip()) if len(text) < left), "")
        if not fitting:
            break
        parts.insert(0, fitting)
        left -= len(fitting) + 1
        if not is_elliptical(asked):
            break
    return " ".join(parts)


def is_elliptical(question: str) -> bool:
    """Tell whether a question leaves out what it is about.

    So it does when it opens like a reply, points back with nothing in the question to point to, breaks off after its
    topic, or names no thing of its own beyond cases and properties.
    """
    text = question.strip()
    morphemes = analyze(text)
    if _CONTINUATION.match(text) or _points_back(text, morphemes):
        return True
    phrases = _find_phrases(morphemes)
    if not any(_is_own(phrase) for phrase in phrases):
        return True
    if not _FRAGMENT.search(text):
        return False
    return _is_case(phrases[-1]) or sum(not _is_case(phrase) for phrase in phrases) < 2


def _points_back(text: str, morphemes: Sequence[Morpheme]) -> bool:
    idle = [match.span() for match in _NOT_POINTING.finditer(text)]
    antecedent = False
    own = [phrase[-1].end for phrase in _find_phrases(morphemes) if _is_own(phrase)]
    for morpheme in morphemes:
        if _is_verb(morpheme) and any(end <= morpheme.start for end in own):
            # A whole clause stands before: 「倒産したとき、その社員は」 points into the question itself.
            antecedent = True
        points = _POINTING.fullmatch(morpheme.surface) and not any(
            start <= morpheme.start < end for start, end in idle
        )
        if points and not antecedent:
            return True
    return False


def _find_phrases(morphemes: Sequence[Morpheme]) -> list[list[Morpheme]]:
    """Return the runs of nouns; a noun made a verb by する is none."""
    phrases: list[list[Morpheme]] = [[]]
    for morpheme in morphemes:
        if _is_noun(morpheme):
            phrases[-1].append(morpheme)
            continue
        if phrases[-1] and _is_verb(morpheme) and morpheme.surface[0] in "しすさせ":
            phrases.pop()
        if not phrases or phrases[-1]:
            phrases.append([])
    return [phrase for phrase in phrases if phrase]


def _is_own(phrase: Sequence[Morpheme]) -> bool:
    return any(_names_a_thing(noun) for noun in phrase)


def _is_case(phrase: Sequence[Morpheme]) -> bool:
    return phrase[-1].surface in _CASES


def _names_a_thing(noun: Morpheme) -> bool:
    """Tell whether a noun is a topic by itself: not a case, a property, a number or what counts it."""
    if noun.subpos in ("数詞", "助数詞", "非自立可能") or noun.pos in ("接頭辞", "接尾辞"):
        return False
    return noun.form not in _CASES and noun.form not in _PROPERTIES and noun.form not in _ASKING


def _is_noun(morpheme: Morpheme) -> bool:
    return morpheme.pos in ("名詞", "接頭辞", "形状詞") or (morpheme.pos, morpheme.subpos) == ("接尾辞", "名詞的")


def _is_verb(morpheme: Morpheme) -> bool:
    return morpheme.pos == "動詞"
