"""Reading of question files: formats, offsets, packed files, and what is said of broken ones."""

from __future__ import annotations

import json
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import DatasetError
from rag.evaluation.datasets import GoldAnswer, load_long_documents, load_squad

CONTEXT = "第5条 年次有給休暇は10日とする。"


def squad(context=CONTEXT, answers=({"text": "10日", "answer_start": 11},), **question):
    entry = {"id": "q1", "question": "有給は何日か", "answers": list(answers), **question}
    return {"data": [{"title": "就業規則", "paragraphs": [{"context": context, "qas": [entry]}]}]}


def write(path, content):
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    data = text.encode()
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)
    return path


@pytest.mark.parametrize("name", ["dev.json", "dev.json.xz"])
def test_load_squad(tmp_path, name):
    dataset = load_squad([write(tmp_path / name, squad())])
    (question,) = dataset.questions
    document = dataset.documents[question.document_id]
    assert (document.title, document.text) == ("就業規則", CONTEXT)
    assert (question.id, question.text, question.accepted) == ("q1", "有給は何日か", ("10日",))
    (answer,) = question.answers
    assert (answer.start, answer.end, document.text[answer.start : answer.end]) == (11, 14, "10日")


def test_title_mark_becomes_a_line_end_and_answers_move_with_their_text(tmp_path):
    context = "有給休暇 [SEP] 有給休暇は10日とする。"
    answers = [{"text": "10日", "answer_start": 16}, {"text": "有給休暇", "answer_start": 0}]
    dataset = load_squad([write(tmp_path / "valid.json", squad(context, answers))])
    (question,) = dataset.questions
    assert dataset.documents[question.document_id].text == "有給休暇\n有給休暇は10日とする。"
    assert question.answers == (GoldAnswer("10日", 10), GoldAnswer("有給休暇", 0))


@given(
    st.text(st.characters(exclude_characters="\n[", exclude_categories=["Cs"]), max_size=6),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(lambda text: "[SEP]" not in text),
    st.data(),
)
def test_every_answer_survives_the_title_mark(tmp_path_factory, title, body, data):
    context = f"{title} [SEP] {body}"
    start = data.draw(st.integers(0, len(body) - 1)) + len(title) + 7
    end = data.draw(st.integers(start + 1, len(context)))
    answers = [{"text": context[start:end], "answer_start": start}]
    path = write(tmp_path_factory.mktemp("squad") / "valid.json", squad(context, answers))
    dataset = load_squad([path])
    (question,) = dataset.questions
    (answer,) = question.answers
    text = dataset.documents[question.document_id].text
    assert text == f"{title}\n{body}"
    assert text[answer.start : answer.end] == context[start:end]


@pytest.mark.parametrize(
    ("answers", "marks"),
    [
        pytest.param([], {}, id="no-answers"),
        pytest.param([{"text": "10日", "answer_start": 11}], {"is_impossible": True}, id="marked-impossible"),
    ],
)
def test_unanswerable_questions_are_kept_without_answers(tmp_path, answers, marks):
    dataset = load_squad([write(tmp_path / "dev.json", squad(CONTEXT, answers, **marks))])
    assert [question.answers for question in dataset.questions] == [()]


def test_equal_paragraphs_are_one_document(tmp_path):
    first = write(tmp_path / "a.json", squad())
    second = write(tmp_path / "b.json", squad())
    dataset = load_squad([first, second])
    assert [document.text for document in dataset.documents.values()] == [CONTEXT]
    assert [question.document_id for question in dataset.questions] == list(dataset.documents) * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("{", r"dev\.json: expected SQuAD JSON", id="not-json"),
        pytest.param([], r"dev\.json: expected an object with 'data' as list, found \[\]", id="list"),
        pytest.param({"data": 3}, r"dev\.json: .*found 'data': 3", id="data-no-list"),
        pytest.param({"data": [{}]}, r"dev\.json: data\[0\]: expected an object with 'paragraphs'", id="no-paragraphs"),
        pytest.param(
            squad(answers=[{"text": "10日", "answer_start": 12}]),
            r"data\[0\]\.paragraphs\[0\]\.qas\[0\]\.answers\[0\]: expected the answer '10日' .*, found '0日と'",
            id="wrong-offset",
        ),
        pytest.param(
            squad(answers=[{"text": "は10日", "answer_start": -3}]), "expected the answer", id="negative-offset"
        ),
        pytest.param(
            squad(answers=[{"text": "10日"}]), r"answers\[0\]: expected an object with 'answer_start'", id="no-start"
        ),
    ],
)
def test_broken_squad_names_file_and_place(tmp_path, content, message):
    with pytest.raises(DatasetError, match=message):
        load_squad([write(tmp_path / "dev.json", content)])


DOCS = '{"id": "d1", "title": "規程", "text": "第1条\\n定年は65歳とする。"}\n'
QUESTIONS = (
    '{"id": "q1", "doc_id": "d1", "question": "定年は？", "kind": "number", "paraphrase": "low",'
    ' "answers": [{"text": "65歳", "answer_start": 7}]}\n'
    "\n"
    '{"id": "q2", "doc_id": "d1", "question": "初任給は？", "answers": []}\n'
)


@pytest.mark.parametrize("suffix", ["", ".xz"])
def test_load_long_documents(tmp_path, suffix):
    docs = write(tmp_path / f"docs.jsonl{suffix}", DOCS)
    questions = write(tmp_path / f"questions.jsonl{suffix}", QUESTIONS)
    dataset = load_long_documents(docs, questions)
    first, second = dataset.questions
    document = dataset.documents[first.document_id]
    assert (document.source, document.title, document.text) == ("d1", "規程", "第1条\n定年は65歳とする。")
    assert (first.id, first.kind, first.paraphrase) == ("q1", "number", "low")
    assert first.answers == (GoldAnswer("65歳", 7),)
    assert (second.text, second.answers, second.kind, second.paraphrase) == ("初任給は？", (), "", "")


@pytest.mark.parametrize(
    ("docs", "questions", "message"),
    [
        pytest.param(DOCS + "oops\n", QUESTIONS, r"docs\.jsonl:2: expected one JSON object a line", id="no-json"),
        pytest.param(
            '{"id": "d1"}\n', QUESTIONS, r"docs\.jsonl:1: expected an object with 'text' as str", id="no-text"
        ),
        pytest.param(DOCS + DOCS, QUESTIONS, r"docs\.jsonl:2: id 'd1' stands on an earlier line too", id="twice"),
        pytest.param(
            DOCS, '{"id": "q1", "doc_id": "d9"}\n', r"questions\.jsonl:1: doc_id 'd9' is not in .* as d1", id="no-doc"
        ),
        pytest.param(
            DOCS, '\n{"id": "q1", "doc_id": "d1"}\n', r"questions\.jsonl:2: .*'answers' as list", id="no-list"
        ),
        pytest.param(DOCS, '"text"\n', r"questions\.jsonl:1: .*found 'text'", id="no-object"),
    ],
)
def test_broken_lines_name_file_and_line(tmp_path, docs, questions, message):
    with pytest.raises(DatasetError, match=message):
        load_long_documents(write(tmp_path / "docs.jsonl", docs), write(tmp_path / "questions.jsonl", questions))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        pytest.param("dev.json", None, "cannot be read .*; give the path of a file", id="missing"),
        pytest.param("dev.json.xz", b"{}", "expected a file packed with xz", id="not-packed"),
        pytest.param("dev.json.xz", lzma.compress(b"{}" * 99)[:-20], "expected a file packed with xz", id="cut-short"),
        pytest.param("dev.json", "年".encode("cp932"), "expected UTF-8, found byte 0x94 at 0", id="other-encoding"),
    ],
)
def test_unreadable_files_are_named(tmp_path, name, data, message):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match=rf"{name}: {message}"):
        load_squad([tmp_path / name])


def test_fingerprint_follows_texts_and_questions_and_not_files(tmp_path):
    def load(docs=DOCS, questions=QUESTIONS, suffix=""):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        dataset = load_long_documents(
            write(folder / f"docs.jsonl{suffix}", docs), write(folder / f"q.jsonl{suffix}", questions)
        )
        return dataset.fingerprint

    first = load()
    assert first == load(suffix=".xz")
    others = [
        load(docs=DOCS.replace("規程", "規則")),
        load(docs=DOCS.replace("する。", "する")),
        load(questions=QUESTIONS.replace("初任給", "賞与")),
        load(questions=QUESTIONS.replace("low", "high")),
        load(questions=QUESTIONS.replace('"answers": []', '"answers": [{"text": "定年", "answer_start": 4}]')),
    ]
    assert len({first, *others}) == 6
    assert len(first) == 16
