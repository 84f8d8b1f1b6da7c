"""Questions that only seem to have an answer."""

from __future__ import annotations

from rag.training.corpus import TrainingQuestion
from rag.training.swaps import swap_questions

SHOP = "青空商会の本店は札幌市にある。社員は三十二名である。"
STORE = "白雲商会は小樽市に倉庫を持つ。取締役は九名である。"
THINGS = ("青空商会", "白雲商会", "本店", "社員", "倉庫", "取締役")
QUESTIONS = [
    TrainingQuestion("青空商会の本店はどこですか", SHOP, "商会", 0, SHOP.index("札幌市"), "札幌市"),
    TrainingQuestion("青空商会の社員は何名ですか", SHOP, "商会", 0, SHOP.index("三十二名"), "三十二名"),
    TrainingQuestion("白雲商会の倉庫はどこですか", STORE, "商会", 1, STORE.index("小樽市"), "小樽市"),
    TrainingQuestion("取締役は何名ですか", STORE, "商会", 1, STORE.index("九名"), "九名"),
    TrainingQuestion("駅長は誰ですか", "駅長は森さんである。", "駅", 2, 3, "森さん"),
]


def test_one_thing_gives_way_to_another_that_the_passage_does_not_name() -> None:
    made = swap_questions(QUESTIONS, limit=10, seed=1).questions
    assert len(made) == 4  # the article on the station has no other thing to ask about
    for question, source in zip(made, QUESTIONS, strict=False):
        assert not question.answerable
        assert (question.context, question.answer, question.start) == (source.context, source.answer, source.start)
        assert question.question != source.question
        assert question.question[-5:] == source.question[-5:]  # the question word stays
        (new,) = [thing for thing in THINGS if thing in question.question and thing not in source.question]
        assert new not in question.context


def test_the_choice_is_that_of_the_seed_and_no_longer_than_the_limit() -> None:
    first = swap_questions(QUESTIONS, limit=2, seed=3)
    assert [len(first.questions), len(first.negatives)] == [2, 2]
    assert first.questions == swap_questions(QUESTIONS, limit=2, seed=3).questions
