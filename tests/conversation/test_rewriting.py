"""Questions of a conversation said in full: what takes whose place, and what is put in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.conversation.history import WINDOW
from rag.conversation.rewriting import leaves_out, rewrite_question
from rag.samples import SampleFollowup, load_sample_followups
from rag.text.morphology import analyze
from tests.conversation.test_history import LEANING, STANDING

LEAVE = ("有給休暇は何日もらえますか", "20日")
TRIAL = ("正社員の試用期間は何か月ですか。", "三箇月")
CARD = ("社員証をなくしたら、どこへ届け出ますか。", "総務部")
SPEED = ("自動車の最高速度は一般道で時速何キロですか", "60キロ")
WATCH = ("信一郎は誰から時計を預かりましたか", "青木淳")
TAPE = ("データを写したテープはどこに送りますか", "部品センターの金庫")
HYDRANT = ("駐車が禁止されるのは消火栓から何メートル以内ですか", "5メートル")
REWRITTEN = {
    "a person for a person": (TRIAL, "契約社員は？", "契約社員の試用期間は何か月ですか？"),
    "a person where there was none": (LEAVE, "契約社員は？", "契約社員は、有給休暇は何日もらえますか？"),
    "a year for a year": (("2019年の保有率は何％ですか", ""), "2018年は？", "2018年の保有率は何％ですか？"),
    "a number for its like": (("1級の障害は何時間で直しますか", ""), "2級は？", "2級の障害は何時間で直しますか？"),
    "a code for its like": (("E01 が出たら何をしますか", ""), "E30 は？", "E30 が出たら何をしますか？"),
    "a place for a place": (("予備は本社に何台ありますか", ""), "工場には？", "予備は工場に何台ありますか？"),
    "a noun with the same particle": (
        HYDRANT,
        "火災報知機からは？",
        "駐車が禁止されるのは火災報知機から何メートル以内ですか？",
    ),
    "a clause for a clause": (
        ("退職した人の席はいつ片付けますか", ""),
        "休職した人のものは？",
        "休職した人の席はいつ片付けますか？",
    ),
    "a case for a case, its object kept": (
        ("休暇を一日だけとるときは、いつまでに請求しますか", ""),
        "続けて五日休む場合は？",
        "休暇を続けて五日休む場合は、いつまでに請求しますか？",
    ),
    "a case where there was none": (
        SPEED,
        "雪が積もったときは？",
        "雪が積もったときは、自動車の最高速度は一般道で時速何キロですか？",
    ),
    "the case of a person": (TRIAL, "契約社員の場合はどうですか。", "契約社員の試用期間は何か月ですか。"),
    "a condition of a thing": (
        ("時効は何年ですか", ""),
        "商売の代金だと何年ですか",
        "商売の代金だと、時効は何年ですか",
    ),
    "a vehicle for a vehicle": (SPEED, "自転車だと？", "自転車の最高速度は一般道で時速何キロですか？"),
    "the same?": (LEAVE, "契約社員でも同じですか", "契約社員では、有給休暇は何日もらえますか"),
    "a thing named by a pronoun": (
        ("端末は何年使いますか", ""),
        "図面に使うものは？",
        "図面に使う端末は何年使いますか？",
    ),
    "a property for a property": (("機械の価格はいくらですか", ""), "納期は？", "機械の納期は？"),
    "a property of what was lost": (CARD, "再発行の費用は？", "社員証の再発行の費用は？"),
    "a property in a sentence": (LEAVE, "期限はいつですか", "有給休暇の期限はいつですか"),
    "a doing": (LEAVE, "申請はどこにしますか", "有給休暇の申請はどこにしますか"),
    "a property of a person": (WATCH, "年齢は？", "信一郎の年齢は？"),
    "nothing but a verb": (LEAVE, "いつまでに使えますか。", "有給休暇は、いつまでに使えますか。"),
    "another predicate": (
        ("アカウントはいつ止まりますか", ""),
        "削除されるのは？",
        "アカウントは、削除されるのはいつ？",
    ),
    "an addition": (LEAVE, "半日でも取れますか", "有給休暇は、半日でも取れますか"),
    "a condition left open": (LEAVE, "使い切れなかったら？", "有給休暇は、使い切れなかったら？"),
    "that": (LEAVE, "それはいつ増えますか", "有給休暇はいつ増えますか"),
    "its": (LEAVE, "その期限はいつですか", "有給休暇の期限はいつですか"),
    "the same noun again": (("住宅手当はいくらですか", ""), "その手当は何歳まで出ますか", "住宅手当は何歳まで出ますか"),
    "there": (TAPE, "そこの鍵は誰が持っていますか", "部品センターの金庫の鍵は誰が持っていますか"),
    "he, who was asked for": (("時計を預けたのは誰ですか", "青木"), "彼は何歳でしたか", "青木は何歳でしたか"),
    "that person": (WATCH, "その人はどうなりましたか", "青木淳はどうなりましたか"),
    "an opening": (TRIAL, "では、契約社員は？", "契約社員の試用期間は何か月ですか？"),
}


@pytest.mark.parametrize("kind", REWRITTEN)
def test_what_is_left_out_is_put_in(kind: str) -> None:
    before, question, expected = REWRITTEN[kind]
    assert rewrite_question(question, [before]) == expected


@pytest.mark.parametrize("kind", STANDING)
def test_a_question_that_stands_alone_comes_back_as_it_is(kind: str) -> None:
    if kind not in ("topic and property, broken off", "meaning of a word"):
        assert rewrite_question(f" {STANDING[kind]}\n", [TRIAL]) == STANDING[kind]


def test_a_property_with_its_thing_stands_alone() -> None:
    assert not leaves_out("家族手当の金額は？")
    assert leaves_out("再発行の費用は？")


@pytest.mark.parametrize("kind", LEANING)
def test_without_history_a_question_comes_back_as_it_is(kind: str) -> None:
    assert rewrite_question(LEANING[kind], []) == LEANING[kind]


def test_turns_that_lean_themselves_are_said_in_full_first() -> None:
    history = [LEAVE, ("契約社員は？", "15日")]
    assert rewrite_question("パートは？", history) == "パートは、有給休暇は何日もらえますか？"
    assert rewrite_question("期限は？", history) == "有給休暇の期限は？"


def test_a_question_without_a_topic_is_put_in_front_with_its_answer() -> None:
    before = ("パスワードを何回間違えると入れなくなりますか", "6回")
    assert rewrite_question("それはどのくらい続きますか", [before]) == (
        "パスワードを何回間違えると入れなくなりますか 6回 それはどのくらい続きますか"
    )


def test_a_turn_longer_than_the_window_is_not_taken_up() -> None:
    assert rewrite_question("契約社員は？", [TRIAL], window=10) == "契約社員は？"


def _list_words(text: str) -> set[str]:
    return {each.surface for each in analyze(text) if each.pos in ("名詞", "動詞", "形容詞", "代名詞", "形状詞")}


@pytest.mark.parametrize("followup", load_sample_followups(), ids=lambda followup: followup.id)
def test_no_word_is_invented(followup: SampleFollowup) -> None:
    rewritten = rewrite_question(followup.question, followup.history)
    said = [followup.question, *(part for turn in followup.history for part in turn)]
    assert [word for word in _list_words(rewritten) if not any(word in part for part in said)] == []


TEXTS = st.sampled_from([*LEANING.values(), *STANDING.values()]) | st.text(max_size=30)


@settings(deadline=None, max_examples=100)
@given(TEXTS, st.lists(st.tuples(TEXTS, st.text(max_size=60)), max_size=3))
def test_any_text_is_rewritten_within_its_window(question: str, history: list[tuple[str, str]]) -> None:
    assert len(rewrite_question(question, history)) <= len(question.strip()) + WINDOW + 1
