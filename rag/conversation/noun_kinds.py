"""What sort of thing a run of nouns names, as far as its grammar tells: persons are contrasted with persons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag.conversation.ellipsis import CASES, PROPERTIES, is_noun, is_numeral
from rag.text.morphology import Morpheme

NounKind = Literal["case", "number", "person", "place", "time", "property", "action", "thing"]

_CASE_HEADS = frozenset(("場合", "とき", "時", "ケース", "際"))
_PERSON_WORDS = """
人 者 員 士 師 生 方 社員 職員 役員 会員 係員 部長 課長 係長 次長 社長 店長 上司 部下 パート
パートタイマー アルバイト 学生 生徒 子 子供 子ども 大人 妻 夫 配偶者 親 父 母 父母 祖父母 兄弟 姉妹 家族
男性 女性 男 女 外国人 未成年 高齢者
"""
_PERSON_HEADS = frozenset(_PERSON_WORDS.split())
_PLACE_WORDS = """
社 本社 支社 会社 工場 店 支店 本店 営業所 県 府 都 道 市 区 町 村 国 係 課 部 局 室 所 館 場 校 院 窓口
センター 庁 省 屋 駅 港 寺 神社 学校 病院 事務所 倉庫
"""
_PLACE_HEADS = frozenset(_PLACE_WORDS.split())
# Of what, the history says; like the properties, but these may also be topics of their own.
_MORE_PROPERTIES_WORDS = """
定員 受講料 送料 通信料 納期 寿命 容量 標準 重さ 長さ 温度 湿度 速度 濃度 頻度 厚さ 大きさ 広さ 高さ 深さ
重量 質量 値 目安 最大 最小 最低 最高 平均 予算 連絡先 提出先 申込先 相談先 窓口 面積 人口 任期 起源 由来
語源 始まり 終わり
"""
_MORE_PROPERTIES = frozenset(_MORE_PROPERTIES_WORDS.split())
_PROPERTY_ENDINGS = frozenset(("料", "代", "費", "額", "率", "数", "量", "さ", "先", "期"))
# Doings that need a thing they are done to.
_ACTIONS_WORDS = """
申し込み 申込み 申込 申請 届け出 届出 発行 掃除 清掃 交換 修理 精算 延長 更新 取り消し 取消 取消し 変更
登録 解約 返品 返金 支払い 支払 注文 発送 点検 削除 停止 承認 許可 提出 作成 保管 準備 受付 予約 報告
手続き 手続 確認 計算 請求 手当
"""
_ACTIONS = frozenset(_ACTIONS_WORDS.split())


# Of whom, the history says: 「兄の名前は？」.
RELATIVES = frozenset(("父", "母", "父親", "母親", "兄", "弟", "姉", "妹", "息子", "娘", "夫", "妻", "友人"))


def find_kind(phrase: Sequence[Morpheme]) -> NounKind:
    """Return the kind of a run of nouns, as its last noun tells it."""
    head = phrase[-1]
    if head.form in _CASE_HEADS:
        return "case"
    if any(is_numeral(noun) for noun in phrase) and not is_alone(phrase):
        return "number"
    if head.form in _PERSON_HEADS or head.subsubpos == "人名":
        return "person"
    if head.form in _PLACE_HEADS or head.subsubpos == "地名":
        return "place"
    if is_property(phrase):
        return "property"
    if is_action(phrase):
        return "action"
    if head.subsubpos == "副詞可能" and head.form not in CASES:
        return "time"
    return "thing"


def is_alone(phrase: Sequence[Morpheme]) -> bool:
    """Whether a run is one noun, a prefix not counted."""
    return sum(noun.pos != "接頭辞" for noun in phrase) == 1


def is_property(phrase: Sequence[Morpheme]) -> bool:
    """Whether a run names a property of something else: 期限, 受講料, 何 excepted."""
    whole, head = "".join(noun.form for noun in phrase), phrase[-1]
    if whole in PROPERTIES or whole in _MORE_PROPERTIES:
        return True
    ends_so = head.pos == "接尾辞" and head.form in _PROPERTY_ENDINGS
    return len(phrase) == 2 and ends_so and not is_numeral(phrase[0])


def is_headed_by_property(phrase: Sequence[Morpheme]) -> bool:
    """Whether a run names a property, be it of a sort: 最高速度, 有効期間."""
    return is_property(phrase) or phrase[-1].form in PROPERTIES or phrase[-1].form in _MORE_PROPERTIES


def is_action(phrase: Sequence[Morpheme]) -> bool:
    """Whether a run is a doing that says not to what it is done."""
    return is_alone(phrase) and phrase[-1].form in _ACTIONS


def find_shape(phrase: Sequence[Morpheme]) -> str:
    """Return a run with its figures made 0: E01 and E30 have one shape, so have 1級 and 2級; "" without figures."""
    if not any(is_noun(noun) and is_numeral(noun) for noun in phrase):
        return ""
    return "".join("0" if is_numeral(noun) else noun.form for noun in phrase)
