"""Questions that a library asks itself."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.errors import DatasetError
from rag.evaluation.own.candidate import Candidate, build_candidates
from rag.evaluation.own.making import make_questions
from rag.evaluation.own.questions_file import read_questions, write_questions
from rag.evaluation.own.rivals import RivalFinder, Rivals, has_value_like
from rag.library.library import Library
from rag.text.terms import build_terms
from tests.evaluation.own.texts import HARBOUR, HARBOUR_DOCUMENT, MUSEUM, MUSEUM_DOCUMENT, build_text

GATE = (HARBOUR.index("第三条"), HARBOUR.index("閉める。") + 4)


def test_one_sentence_gives_questions_of_several_kinds_and_lengths() -> None:
    found = {each.text: each for each in build_candidates(HARBOUR, GATE, random.Random(0), keep=0.3)}
    asked = found["管理者が水門を三十分以内に閉めるのはどのような場合？"]
    assert (HARBOUR[asked.start : asked.end], asked.kind) == ("嵐の警報が出た場合", "condition")
    assert {"管理", "水門", "30分", "締める"} <= asked.words
    assert asked.kept == pytest.approx(7 / 13)
    long = found["嵐の警報が出た場合には、どのような人が防波堤の水門を三十分以内に閉めますか？"]
    assert (HARBOUR[long.start : long.end], long.kind) == ("港湾管理者", "person")
    assert {each.kind for each in found.values()} == {"number", "person", "condition", "term"}


def test_those_that_keep_as_much_as_wanted_come_first() -> None:
    few, many = (next(build_candidates(HARBOUR, GATE, random.Random(0), keep=keep)).kept for keep in (0.0, 1.0))
    assert few < 0.6 < many


def test_questions_are_of_all_documents_and_each_answer_stands_in_its_place(library: Library) -> None:
    made = make_questions(library, limit=10, seed=0)
    texts = {HARBOUR_DOCUMENT.id: HARBOUR, MUSEUM_DOCUMENT.id: MUSEUM}
    assert {each.question.document_id for each in made} == set(texts)
    for each in made:
        (answer, *_) = each.question.answers
        text = texts[each.question.document_id]
        assert text[answer.start : answer.end] == answer.text
        assert each.sentence[0] <= answer.start < answer.end <= each.sentence[1]
        assert answer.text not in each.question.text
    sentences = {texts[each.question.document_id][slice(*each.sentence)][:3] for each in made}
    assert {"第一条", "第二条", "第三条"} <= sentences
    assert "これは" not in sentences


def test_the_documents_take_turns_and_the_seed_decides(library: Library) -> None:
    made = make_questions(library, limit=2, seed=3)
    assert [each.question.document_id for each in made] == [HARBOUR_DOCUMENT.id, MUSEUM_DOCUMENT.id]
    assert made == make_questions(library, limit=2, seed=3)
    assert len({make_questions(library, limit=1, seed=seed)[0].question.text for seed in range(6)}) > 1


def test_questions_without_an_answer_ask_about_a_thing_of_another_document(library: Library) -> None:
    made = make_questions(library, limit=10, unanswerable=2, seed=0)
    absent = [each.question for each in made if not each.question.answers]
    assert len(absent) == 2
    assert made[-2].question is absent[0]
    for question in absent:
        own, other = (HARBOUR, MUSEUM) if question.document_id == HARBOUR_DOCUMENT.id else (MUSEUM, HARBOUR)
        strange = [
            name
            for name in ("荷役班", "博物館", "割引券", "案内所", "管理者", "班長", "倉庫", "商会", "展示室")
            if name in question.text and name not in own
        ]
        assert strange
        assert all(name in other for name in strange)


def test_a_library_without_prose_is_told(tmp_path: Path, fake_models: None) -> None:
    with Library.open(tmp_path, settings=Settings(library=str(tmp_path), reranked=0)) as library:
        library.add_documents([build_text("表", "品名\t数\n綱\t三本\n")])
        with pytest.raises(DatasetError, match=r"no sentence of 1 documents.*--questions"):
            make_questions(library)


def _ask(library: Library, more: str, question: str, answer: str) -> Rivals:
    """Look for rivals of a question about the gate in a library that holds one more document."""
    library.add_documents([build_text("別", more)])
    words = frozenset(term.text for term in build_terms(question)) & {term.text for term in build_terms(HARBOUR)}
    start = HARBOUR.index(answer)
    candidate = Candidate(question, start, start + len(answer), GATE, words, 0.5, "")
    return RivalFinder(library).find(candidate, HARBOUR_DOCUMENT.id, HARBOUR)


MINUTES = "嵐の警報で水門を何分以内に閉めますか"


def test_a_place_with_all_words_and_another_value_makes_a_question_unclear(library: Library) -> None:
    assert _ask(library, "嵐の警報があれば、南の水門は二十分以内に閉める。", MINUTES, "三十分").unclear


def test_a_place_without_a_value_of_the_kind_does_not(library: Library) -> None:
    assert _ask(library, "嵐の警報があれば、南の水門も以内に閉める。", MINUTES, "三十分") == Rivals(
        (), unclear=False, rank=1
    )


def test_words_scattered_over_many_sentences_answer_nothing(library: Library) -> None:
    scattered = "嵐が来た。鳥も来た。警報が鳴る。水門は南にある。猫が十分寝た。戸は二十分以内に閉める。"
    assert not _ask(library, scattered, MINUTES, "三十分").unclear


def test_a_place_that_lacks_a_word_does_not(library: Library) -> None:
    assert not _ask(library, "地震の警報があれば、南の水門は二十分以内に閉める。", MINUTES, "三十分").unclear


def test_the_same_value_in_the_same_document_is_another_place_of_the_answer(tmp_path: Path, fake_models: None) -> None:
    text = HARBOUR + "\n嵐の警報が出れば、守衛も水門が三十分以内に閉まるのを見届ける。水門を閉める。\n"
    with Library.open(tmp_path, settings=Settings(library=str(tmp_path), reranked=0, size=60, stride=30)) as library:
        document = build_text("港", text)
        library.add_documents([document])
        words = frozenset({"嵐", "警報", "水門", "締める"})
        start = text.index("三十分")
        candidate = Candidate(MINUTES, start, start + 3, GATE, words, 0.5, "number")
        found = RivalFinder(library).find(candidate, document.id, text)
    assert found == Rivals((text.index("三十分", start + 1),), unclear=False, rank=2)


@pytest.mark.parametrize(
    ("answer", "text", "found"),
    [("三十分", "二十分で", True), ("三十分", "20本を", False), ("守衛", "班長が", True), ("３０分", "五分", True)],
)
def test_values_are_alike_by_their_unit(answer: str, text: str, found: bool) -> None:
    assert has_value_like(answer, text) is found


def test_made_questions_can_be_corrected_and_taken_up_again(library: Library, tmp_path: Path) -> None:
    made = make_questions(library, limit=4, unanswerable=1, seed=0)
    path = tmp_path / "questions.jsonl"
    path.write_text(write_questions(made, [HARBOUR_DOCUMENT, MUSEUM_DOCUMENT]), encoding="utf-8")
    assert [each.question for each in read_questions(path, library)] == [each.question for each in made]
    corrected = path.read_text(encoding="utf-8").replace(made[0].question.text, "北倉庫はいつ建ちましたか。")
    path.write_text(corrected, encoding="utf-8")
    assert read_questions(path, library)[0].question == replace(made[0].question, text="北倉庫はいつ建ちましたか。")


def test_questions_about_unknown_documents_and_empty_files_are_refused(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "1", "doc_id": "none", "question": "何ですか", "answers": []}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match=r"doc_id 'none' is not in the library"):
        read_questions(path, library)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="at least one question"):
        read_questions(path, library)
