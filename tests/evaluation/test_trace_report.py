from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag.documents.document import Document
from rag.errors import DatasetError
from rag.evaluation.datasets import GoldAnswer, Question
from rag.evaluation.trace_report import LABELS, Trace, build_marks, write_trace
from rag.evaluation.tracing import FATES, place_answer
from rag.explanation.explanation import ScoredSpan
from rag.explanation.shading import Mark, Shades
from rag.library.records import Answer, Seconds
from rag.reading.answer import Span
from rag.retrieval.hit import Hit, Passage

TEXT = "休暇は<年>に二十日とする。夏は五日である。"
DOCUMENTS = {"d": Document("d", "規程 & 規則", TEXT, source="d")}
QUESTION = Question("q<1>", "d", "<b>何日</b>か", (GoldAnswer("に二十日", 6),))
FIGURES = {"exact_match": 12.5, "f1": 40.0}


def build_answer(start: int, end: int, *, read: tuple[int, int] = (0, len(TEXT)), refuses: bool = False) -> Answer:
    span = Span("d", start, end, TEXT[start:end], 1.0, 0.5)
    text = TEXT[slice(*read)]
    return Answer(
        question=QUESTION.text,
        search_question=QUESTION.text,
        text=None if refuses else span.text,
        confidence=0.61,
        no_answer=refuses,
        answerability=0.0,
        citation=None,
        spans=(span,),
        hits=(Hit(1, "d", *read, text, 1.0, 1, 1),),
        passages=(Passage("d", *read, text, 1.0),),
        passage_scores=(0.5,),
        seconds=Seconds(0.0, 0.0),
    )


def build_trace(answer: Answer, *, rank: int | None = 1, shades: Shades = Shades()) -> Trace:  # noqa: B008 - frozen
    return Trace(QUESTION, answer, place_answer(QUESTION, answer), rank, shades)


def write(folder: Path, *traces: Trace) -> str:
    write_trace(folder / "index.html", traces, documents=DOCUMENTS, figures=FIGURES)
    return (folder / "index.html").read_text(encoding="utf-8")


def test_every_fate_has_a_label() -> None:
    assert tuple(LABELS) == FATES


def test_marks_part_what_was_said_from_what_is_right() -> None:
    assert build_marks(QUESTION, build_answer(8, 12)) == [
        Mark("d", 6, 8, "accepted"), Mark("d", 8, 10, "agreed"), Mark("d", 10, 12, "answer"),
    ]  # fmt: skip
    assert build_marks(QUESTION, build_answer(16, 18, refuses=True)) == [
        Mark("d", 6, 10, "accepted"), Mark("d", 16, 18, "candidate"),
    ]  # fmt: skip


def test_a_case_shows_what_was_asked_said_read_and_looked_at_and_escapes_it(tmp_path: Path) -> None:
    shades = Shades(
        (ScoredSpan("d", 0, len(TEXT), TEXT, 1.0),),
        (ScoredSpan("d", 0, 14, TEXT[:14], 0.75), ScoredSpan("d", 14, len(TEXT), TEXT[14:], 0.25)),
        (ScoredSpan("d", 0, 2, TEXT[:2], 0.5),),
    )
    page = write(tmp_path, build_trace(build_answer(16, 18), shades=shades))
    (case,) = re.findall(r"<details.*?</details>", page, re.DOTALL)
    assert 'class="case wrong_span"' in case
    assert "&lt;b&gt;何日&lt;/b&gt;か" in case
    assert "<b>何日" not in page
    assert "規程 &amp; 規則" in case
    assert "確信度 61 %" in case
    assert "検索の 1 位・読んだ箇所の 1 番目" in case
    assert 'style="--gaze:1.00" title="視線の 75 %"' in case
    assert (
        '<span class="piece" style="--gaze:1.00">休暇</span>は&lt;年&gt;<mark class="accepted">に二十日</mark>' in case
    )
    assert re.search(rf'<mark class="answer">{TEXT[16:18]}</mark>', case)
    assert "正解のある場所" not in case


def test_an_answer_that_was_not_read_is_shown_where_it_stands(tmp_path: Path) -> None:
    page = write(tmp_path, build_trace(build_answer(16, 18, read=(14, len(TEXT))), rank=34))
    assert "検索の 34 位・読んだ箇所にはない" in page
    outside, read = page.split("正解のある場所")[1].split("読んだ箇所</h3>")
    assert '<mark class="accepted">に二十日</mark>' in outside
    assert "accepted" not in read


def test_right_answers_are_counted_and_listed_without_passages(tmp_path: Path) -> None:
    page = write(tmp_path, build_trace(build_answer(6, 10)), build_trace(build_answer(8, 12)))
    counts = re.findall(r'id="only-(\w+)".*?class="count">(\d+)<', page, re.DOTALL)
    assert {name: int(count) for name, count in counts if count != "0"} == {"wrong": 1, "right": 1, "boundary": 1}
    right, boundary = re.findall(r"<details.*?</details>", page, re.DOTALL)
    assert "article" not in right
    assert "article" in boundary


def test_the_page_asks_for_nothing_from_outside(tmp_path: Path) -> None:
    page = write(tmp_path, build_trace(build_answer(8, 12)))
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|https?:", page)
    assert "$" not in page


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none/index\.html: cannot be written"):
        write(tmp_path / "none", build_trace(build_answer(8, 12)))
