"""Questions that leave out what they are about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from rag.text.morphology import Morpheme, analyze

# Openings that carry on the conversation whatever follows.
_CONTINUATION = re.compile(
    r"(では|じゃ(?![がん])|それ(?!ぞれ)|だったら|ならば|(なら|でも)[、,]|つまり|ということは|逆に|反対に|(ほか|他)に)"
)
# Words that point back; その他, これまで and the like do not.
POINTING = re.compile(
    r"(それ|これ|あれ|その|この|あの|そこ|ここ|あそこ|そちら|こちら|そう|こう|そんな|こんな|彼|彼女|両者|前者|後者|上記|前述|同じ|同様)"
)
NOT_POINTING = re.compile(r"(その他|そのまま|それぞれ|これまで|これから|この度|このたび|ここ数|そもそも)")
# 「…とは？」 asks for the meaning of something new.
_FRAGMENT = re.compile(r"((?<!と)は|も|って|なら)[?？。…\s]*$")
_HOW = re.compile(r"は、?(どう|いかが)(です|でしょう|なります|なる)か?[?？。…\s]*$")
# Cases and bearers: 「…の場合は？」 carries on a question even when it says what case.
_CASE_WORDS = """
場合 とき 時 ケース 際 ほう 方 人 者 もの 物 こと 事 ところ 所 ほか 他 以外 うち 中 後 前 次 最後 最初
以上 以下 未満 以内 以前 以後 以降 程度 両方 双方
"""
# Properties, and words about the talk itself: of what, the history says.
_PROPERTY_WORDS = """
期限 期間 時期 時間 時刻 日時 日数 回数 人数 件数 個数 数 数字 割合 率 額 金額 費用 料金 値段 価格 単価 合計
上限 下限 限度 理由 原因 目的 根拠 背景 結果 効果 影響 意味 意義 定義 種類 特徴 違い 差 条件 要件 基準 例外
対象 範囲 内容 詳細 具体 例 方法 やり方 手順 手続き 手続 届け出 届出 場所 住所 名前 名称 正式 呼び名 別名
担当 責任 罰則 有効 必要 可能 年 月 日 週 分 秒 円 回 目 度 いくら いくつ 全部 全体 全員 どちら
説明 要約 補足 質問 回答 答え
"""
CASES = frozenset(_CASE_WORDS.split())
PROPERTIES = frozenset(_PROPERTY_WORDS.split())
# 変更する and 変更できる say what is done, not to what.
_MAKING_VERBS = frozenset(("為る", "出来る", "致す", "為さる"))
_JOINING = frozenset(("と", "や", "か", "及び", "および", "又は", "または"))


def is_elliptical(question: str) -> bool:
    """Tell whether a question leaves out what it is about.

    So it does when it opens like a reply, points back with nothing in the question to point to, breaks off after its
    topic, adds one thing to others (「…も」), or names no thing of its own beyond cases and properties.
    """
    text = question.strip()
    morphemes = analyze(text)
    if _CONTINUATION.match(text) or _points_back(text, morphemes):
        return True
    phrases = find_phrases(morphemes)
    if not any(is_own(phrase) for phrase in phrases):
        return True
    alone = sum(not is_case(phrase) for phrase in phrases) < 2
    if _breaks_off(text, morphemes):
        return alone or is_case(phrases[-1])
    topics = sum(is_own(phrase) and not is_case(phrase) for phrase in phrases)
    # 対象 in 「契約社員も対象ですか」 is no second topic, but 「有給休暇の期限も」 adds a property to a topic it names.
    return any(alone or (topics < 2 and (is_own(added) or is_case(added))) for added in _find_added(morphemes, phrases))


def _points_back(text: str, morphemes: Sequence[Morpheme]) -> bool:
    idle = {place for match in NOT_POINTING.finditer(text) for place in range(*match.span())}
    named = antecedent = False
    before = ""
    for morpheme in morphemes:
        # A whole clause stands before: 「倒産したとき、その社員は」 points into the question itself.
        antecedent = antecedent or (named and is_verb(morpheme))
        points = POINTING.fullmatch(morpheme.surface) and morpheme.start not in idle
        # So does 「社員とその家族は」.
        if points and not antecedent and not (named and before in _JOINING):
            return True
        named = named or (is_noun(morpheme) and _names_a_thing(morpheme))
        before = morpheme.form
    return False


def _breaks_off(text: str, morphemes: Sequence[Morpheme]) -> bool:
    """Whether a question says nothing of its topic: 「…は？」, 「…はどうですか」."""
    if _FRAGMENT.search(text):
        return True
    how = _HOW.search(text)
    return how is not None and not any(is_verb(each) for each in morphemes if each.end <= how.start())


def _find_added(morphemes: Sequence[Morpheme], phrases: Sequence[list[Morpheme]]) -> list[list[Morpheme]]:
    """Return the phrases that も stands after, with or without a case particle between."""
    ends = {
        noun.end
        for noun, particle, following in zip(morphemes, morphemes[1:], (*morphemes[2:], morphemes[-1]), strict=False)
        if noun.lemma != "何" and particle.pos == "助詞" and "も" in (particle.form, following.form)
    }
    return [phrase for phrase in phrases if phrase[-1].end in ends]


def find_phrases(morphemes: Sequence[Morpheme]) -> list[list[Morpheme]]:
    """Return the runs of nouns; a noun made a verb by する or できる is not one of them."""
    phrases: list[list[Morpheme]] = [[]]
    for morpheme, following in zip_longest(morphemes, morphemes[1:]):
        acts = following is not None and following.lemma in _MAKING_VERBS
        if is_noun(morpheme) and not acts:
            phrases[-1].append(morpheme)
        elif phrases[-1]:
            phrases.append([])
    return [phrase for phrase in phrases if phrase]


def is_own(phrase: Sequence[Morpheme]) -> bool:
    """Whether a phrase names a thing; 何ページ and 3ページ only count, 第3ページ names one."""
    ordinal = phrase[0].form == "第"
    return any(
        _names_a_thing(noun) and (ordinal or before is None or not is_numeral(before))
        for before, noun in zip((None, *phrase), phrase, strict=False)
    )


def is_case(phrase: Sequence[Morpheme]) -> bool:
    """Whether a phrase says only in what case, or who or what bears a thing."""
    return phrase[-1].form in CASES


def _names_a_thing(noun: Morpheme) -> bool:
    """Whether a noun is a topic by itself: not a case, a property, a quality or a number."""
    if noun.pos != "名詞" or is_numeral(noun):
        return False
    return noun.form not in CASES and noun.form not in PROPERTIES


def is_numeral(noun: Morpheme) -> bool:
    """Whether a noun is a number, 何 among them."""
    return noun.subpos == "数詞" or noun.lemma == "何"


def is_noun(morpheme: Morpheme) -> bool:
    """Whether a morpheme may stand in a run of nouns."""
    return (
        morpheme.pos in ("名詞", "接頭辞", "形状詞")
        or (morpheme.pos, morpheme.subpos) == ("接尾辞", "名詞的")
        or morpheme.lemma == "何"
    )


def is_verb(morpheme: Morpheme) -> bool:
    """Whether a morpheme is a verb."""
    return morpheme.pos == "動詞"
