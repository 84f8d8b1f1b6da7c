"""Questions as a table: columns, encodings, answers found in the text, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import DatasetError
from rag.evaluation.datasets import Dataset, GoldAnswer, load_long_documents

RULES = "第1条　定年は65歳とする。\n第2条　休暇は年10日とする。\n第3条　65歳の者は10日とする。\n"
MENU = "定食は六百八十円です。"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "規程.txt").write_text(RULES, encoding="cp932")
    (folder / "献立.md").write_text(MENU, encoding="utf-8")
    return folder


def load(docs: Path, table: str, *, encoding: str = "utf-8") -> Dataset:
    path = docs.with_name("questions.csv")
    path.write_bytes(table.encode(encoding))
    return load_long_documents(docs, path)


def test_rows_become_questions_on_files_of_any_format(docs: Path) -> None:
    dataset = load(
        docs,
        "id,document,question,answer,kind\r\nq1,規程.txt,休暇は何日,年10日,number\r\n"
        '\r\nq2,献立.md,"定食は、いくら",六百八十円,\r\nq3,献立.md,夜は何時まで,,\r\n',
    )
    first, second, third = dataset.questions
    assert (first.id, first.text, first.kind) == ("q1", "休暇は何日", "number")
    assert first.answers == (GoldAnswer("年10日", RULES.index("年10日")),)
    assert (second.text, second.accepted, third.answers) == ("定食は、いくら", ("六百八十円",), ())
    document = dataset.documents[second.document_id]
    assert document.text[second.answers[0].start : second.answers[0].end] == "六百八十円"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "euc_jp"])
def test_a_table_out_of_a_spreadsheet_may_have_japanese_headings(docs: Path, encoding: str) -> None:
    dataset = load(docs, "文書,質問,答え\n献立.md,定食の値段はいくらですか,定食|六百八十円\n", encoding=encoding)
    (question,) = dataset.questions
    assert question.id == "questions.csv:2"
    assert question.answers == (GoldAnswer("定食", 0), GoldAnswer("六百八十円", 3))


def test_a_context_says_which_of_equal_texts_is_the_answer(docs: Path) -> None:
    dataset = load(docs, "document,question,answer,context\n規程.txt,65歳の者の休暇は,10日,第3条　65歳の者は10日\n")
    assert dataset.questions[0].answers == (GoldAnswer("10日", RULES.rindex("10日")),)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param("document,question\n", r"csv:1: .*found document, question; add answer", id="no-answer-column"),
        pytest.param("id,text\n", r"csv:1: .*; add document, question, answer", id="other-columns"),
        pytest.param(
            'document,question,answer\n献立.md,"いくら\nですか",六百八十円\n規程.txt,定年は,70歳\n',
            r"csv:4: answer '70歳' does not stand in the document",
            id="missing-after-a-cell-of-two-lines",
        ),
        pytest.param(
            "document,question,answer\n規程.txt,定年は,65歳\n",
            r"csv:2: answer '65歳' stands in the document 2 times; say which in the column context",
            id="ambiguous",
        ),
        pytest.param(
            "document,question,answer,context\n規程.txt,定年は,65歳,65歳\n",
            r"csv:2: context '65歳' stands in the document 2 times",
            id="ambiguous-context",
        ),
        pytest.param(
            "document,question,answer\nほか.txt,定年は,65歳\n",
            r"csv:2: document 'ほか\.txt' is not in .*docs; expected one of its ids, such as 献立\.md, 規程\.txt",
            id="no-document",
        ),
        pytest.param(
            "document,question,answer\n献立.md,,六百八十円\n", r"csv:2: the question is empty", id="no-question"
        ),
        pytest.param(
            "id,document,question,answer\nq,献立.md,一,定食\nq,献立.md,二,定食\n",
            r"csv:3: id 'q' stands in .*csv:2 too",
            id="twice",
        ),
        pytest.param('document,question,answer\n"献立.md,一,定食\n', r"csv:\d: expected CSV, found", id="open-quote"),
    ],
)  # fmt: skip
def test_a_broken_row_is_named_by_its_line(docs: Path, table: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load(docs, table)


def test_two_files_of_one_name_cannot_be_told_apart(docs: Path) -> None:
    (docs / "旧").mkdir()
    (docs / "旧" / "献立.md").write_text(MENU, encoding="utf-8")
    with pytest.raises(DatasetError, match=r"docs: holds 2 files called '献立\.md'"):
        load(docs, "document,question,answer\n")


def test_a_file_that_cannot_be_read_is_named(docs: Path) -> None:
    (docs / "空.txt").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"空\.txt"):
        load(docs, "document,question,answer\n")
    with pytest.raises(DatasetError, match="no such file or folder"):
        load(docs.with_name("ない"), "document,question,answer\n")
