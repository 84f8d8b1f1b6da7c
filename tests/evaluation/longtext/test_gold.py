"""Gold passages: whole sentences around an answer, and where the answer is once they are moved."""

from __future__ import annotations

import pytest

from rag.documents.document import Document
from rag.errors import DatasetError
from rag.evaluation.datasets import Dataset, GoldAnswer, Question, load_samples
from rag.evaluation.longtext.gold import choose_questions, cut_gold_passages, flatten, flatten_answers

TEXT = "春は桜。夏は海。休暇は10日とする。秋は月。冬は雪。"


def ask(text: str, *answers: str, number: int = 0) -> tuple[Dataset, Question]:
    found = tuple(GoldAnswer(answer, text.index(answer)) for answer in answers)
    question = Question(f"q{number}", "d", "休暇は何日ですか", found)
    return Dataset({"d": Document("d", "", text, "d")}, (question,)), question


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(1, "休暇は10日とする。", id="the sentence of the answer is never cut"),
        pytest.param(14, "休暇は10日とする。秋は月。", id="the following sentence first"),
        pytest.param(18, "夏は海。休暇は10日とする。秋は月。", id="then the one before"),
        pytest.param(22, "夏は海。休暇は10日とする。秋は月。冬は雪。", id="in turn"),
        pytest.param(99, TEXT, id="all there is"),
    ],
)
def test_sentences_are_added_on_both_sides_in_turn(size: int, expected: str) -> None:
    dataset, question = ask(TEXT, "10日")
    (passage,) = cut_gold_passages(dataset, [question], size=size)
    assert passage.text == expected
    assert TEXT[passage.start : passage.end] == expected


def test_an_answer_over_two_sentences_is_kept_whole() -> None:
    dataset, question = ask(TEXT, "夏は海。休暇は10日")
    (passage,) = cut_gold_passages(dataset, [question], size=1)
    assert passage.text == "夏は海。休暇は10日とする。"


def test_moving_takes_the_answers_along_and_leaves_out_those_that_are_elsewhere() -> None:
    dataset, question = ask(TEXT, "10日", "10", "桜")
    (passage,) = cut_gold_passages(dataset, [question], size=1)
    moved = passage.move("干し草", 100)
    assert (moved.document_id, moved.id, moved.text) == ("干し草", "q0", "休暇は何日ですか")
    assert moved.answers == (GoldAnswer("10日", 103), GoldAnswer("10", 103))


def test_every_sample_passage_holds_its_answer() -> None:
    dataset = load_samples()
    questions = choose_questions(dataset, None)
    passages = cut_gold_passages(dataset, questions, size=400)
    assert [passage.question for passage in passages] == questions
    for passage in passages:
        first = passage.move("x", 0).answers[0]
        assert passage.text[first.start : first.end] == passage.question.answers[0].text


def test_questions_are_spread_over_all_and_unanswerable_ones_are_left_out() -> None:
    _, answerable = ask(TEXT, "10日")
    questions = [Question(str(number), "d", "", answerable.answers if number % 2 else ()) for number in range(20)]
    dataset = Dataset({}, tuple(questions))
    assert [question.id for question in choose_questions(dataset, 5)] == ["1", "5", "9", "13", "17"]
    assert [question.id for question in choose_questions(dataset, 99)] == [str(number) for number in range(1, 20, 2)]


def test_a_file_without_answers_is_refused() -> None:
    with pytest.raises(DatasetError, match="no question of the file has an answer"):
        choose_questions(Dataset({}, (Question("一", "d", "何", ()),)), None)


@pytest.mark.parametrize(
    ("written", "flat"), [("１０日", "10日"), ("10 日", "10日"), ("ＡＢＣ", "abc"), ("㌔\n", "キロ"), ("　", "")]
)
def test_flattening_makes_writings_alike(written: str, flat: str) -> None:
    assert flatten(written) == flat


def test_answers_that_are_only_space_are_none() -> None:
    question = Question("q", "d", "何", (GoldAnswer("１０日", 0), GoldAnswer("　", 3)))
    assert flatten_answers([question]) == {"10日"}
