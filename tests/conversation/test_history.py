"""Questions that lean on the turns before them, and those that do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.conversation.ellipsis import is_elliptical
from rag.conversation.history import WINDOW, build_search_question

LEANING = {
    "opens like a reply": "では、契約社員は？",
    "opens like a reply, in speech": "じゃあ休日の場合は",
    "contradicts": "逆に、短すぎるとどうなりますか",
    "objects": "でも、夜間は使えませんよね",
    "asks for more": "ほかに必要な書類はありますか",
    "points with a pronoun": "それはいつまでですか",
    "points before a noun": "その場合の連絡先を教えてください",
    "points to a place": "そこでは何時から食事ができますか",
    "points out of a clause without a thing": "期限を過ぎたら、それはどうなりますか",
    "points by likeness": "同じ手続きが必要ですか",
    "breaks off": "契約社員は？",
    "breaks off after a case": "社員が出張した場合は？",
    "breaks off after a number": "65歳以上は？",
    "says only how": "夜間はどうですか",
    "says only how, of a case": "契約社員の場合はどうなりますか",
    "bare property": "費用はいくらかかりますか",
    "two bare properties": "期限の例外はありますか",
    "bare case": "誰に連絡すればよいですか",
    "asks why": "なぜですか",
    "asks when": "いつまでに出せばよいですか",
    "counts something": "何ページですか",
    "counts with a limit": "何文字以上ですか",
    "verb without a thing": "取り消せますか",
    "noun made a verb": "変更できますか",
    "adds one": "半日単位でも取れますか",
    "adds one, after a particle": "契約社員にも支給されますか",
    "adds one to a property": "契約社員も対象ですか",
    "adds a case to a property": "契約社員の場合も対象ですか",
    "quality without a thing": "もっと簡単な方法はありますか",
    "about the talk": "例を挙げて説明してください",
    "thanks": "ありがとう",
    "nothing": "",
    "a mark": "？",
}
STANDING = {
    "points into its own clause": "倒産したとき、その社員はどうなりますか",
    "points at what a verb took": "モーターが過熱したら、それをどう冷ましますか",
    "points at its neighbour": "社員とその家族は健康診断を受けられますか",
    "the rest points nowhere": "その他の休暇にはどんなものがありますか",
    "each points nowhere": "それぞれの部署の役割は何ですか",
    "until now points nowhere": "これまでの最高気温は何度ですか",
    "topic and counter": "有給休暇は何日もらえますか",
    "topic and limit": "パスワードは何文字以上にすればよいですか",
    "topic and price": "通勤手当の上限はいくらですか",
    "topic and property, broken off": "家族手当の金額は？",
    "compound with a property": "申請期限はいつですか",
    "meaning of a word": "年次有給休暇とは？",
    "article": "第12条の内容を教えてください",
    "object and noun made a verb": "パスワード変更できますか",
    "how, of a clause": "サーバーが停止した場合はどうなりますか",
    "any time is no addition": "有給休暇はいつでも取れますか",
    "addition to a topic": "アルバイトでも健康診断を受けられますか",
    "addition to a topic, with a property": "契約社員も退職金の対象ですか",
    "property added to its topic": "有給休暇の期限もありますか",
    "change of topic": "ところで、社員食堂は何時から使えますか",
    "begins like じゃ": "じゃがいもの保存方法を教えてください",
    "person": "夏目漱石の本名は何ですか",
    "two cases of one thing": "東京と大阪の違いは何ですか",
    "full width": "ＶＰＮの接続手順を教えてください",
}


@pytest.mark.parametrize("kind", LEANING)
def test_leaves_out_what_it_is_about(kind: str) -> None:
    assert is_elliptical(LEANING[kind])


@pytest.mark.parametrize("kind", STANDING)
def test_stands_alone(kind: str) -> None:
    assert not is_elliptical(STANDING[kind])


def test_a_question_that_stands_alone_comes_back_as_it_is() -> None:
    history = [("通勤手当の上限はいくらですか", "月5万円")]
    assert build_search_question(" 有給休暇は何日もらえますか\n", history) == "有給休暇は何日もらえますか"


def test_without_history_a_question_comes_back_as_it_is() -> None:
    assert build_search_question(" では、契約社員は？", []) == "では、契約社員は？"


def test_the_turn_before_is_put_in_front() -> None:
    history = [("正社員の有給休暇は何日ですか", "10日")]
    assert (
        build_search_question("では、契約社員は？", history) == "正社員の有給休暇は何日ですか 10日 では、契約社員は？"
    )


def test_turns_go_back_to_the_last_question_that_stood_alone() -> None:
    history = [
        ("通勤手当の上限はいくらですか", "月5万円"),
        ("正社員の有給休暇は何日ですか", "10日"),
        ("契約社員は？", "7日"),
    ]
    assert build_search_question("それはいつ増えますか", history) == (
        "正社員の有給休暇は何日ですか 10日 契約社員は？ 7日 それはいつ増えますか"
    )


@pytest.mark.parametrize("answer", ["", " \n"])
def test_an_empty_answer_leaves_no_gap(answer: str) -> None:
    history = [("正社員の有給休暇は何日ですか", answer)]
    assert build_search_question("契約社員は？", history) == "正社員の有給休暇は何日ですか 契約社員は？"


def test_of_a_turn_too_long_the_question_stays() -> None:
    history = [("正社員の有給休暇は何日ですか", "十日。" * 100)]
    assert build_search_question("契約社員は？", history) == "正社員の有給休暇は何日ですか 契約社員は？"


def test_what_does_not_fit_is_left_out_with_everything_before_it() -> None:
    history = [("有給休暇は何日もらえますか", "10日"), ("その" + "長い" * 100 + "話は？", ""), ("契約社員は？", "7日")]
    assert build_search_question("理由は？", history) == "契約社員は？ 7日 理由は？"


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (0, "理由は？"),
        (13, "理由は？"),
        (14, "有給休暇は何日もらえますか 理由は？"),
        (17, "有給休暇は何日もらえますか 理由は？"),
        (18, "有給休暇は何日もらえますか 10日 理由は？"),
    ],
)
def test_the_window_counts_history_and_spaces(window: int, expected: str) -> None:
    assert build_search_question("理由は？", [("有給休暇は何日もらえますか", "10日")], window=window) == expected


QUESTIONS = st.sampled_from([*LEANING.values(), *STANDING.values()]) | st.text(max_size=30)


@settings(deadline=None, max_examples=50)
@given(QUESTIONS, st.lists(st.tuples(QUESTIONS, st.text(max_size=120)), max_size=4), st.integers(0, WINDOW))
def test_history_stays_in_its_window_and_the_question_last(
    question: str, history: list[tuple[str, str]], window: int
) -> None:
    searched = build_search_question(question, history, window=window)
    assert searched.endswith(question.strip())
    assert len(searched) - len(question.strip()) <= window
