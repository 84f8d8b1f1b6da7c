"""A library whose reader writes: asked, watched, explained, from the terminal, and measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag import Answer, Library, Turn
from rag.cli import main
from rag.config.settings import Settings
from rag.documents.document import Document
from rag.errors import ArgumentError
from rag.evaluation.answers import evaluate_answers
from rag.reading.prompt import REFUSAL
from tests.reading.tiny_generative import ANSWERS, TEXTS

LEAVE, OFFICE, REFUSED = ANSWERS


@pytest.fixture
def library(tmp_path: Path, taught: Path) -> Iterator[Library]:
    settings = Settings(library=str(tmp_path / "library"), reader=str(taught))
    with Library.open(settings.library, settings=settings) as opened:
        opened.add_documents(
            [Document(f"文書{number}", f"題{number}", text, str(number)) for number, text in enumerate(TEXTS)]
        )
        yield opened


def test_an_answer_comes_piece_by_piece_and_then_whole(library: Library) -> None:
    *pieces, answer = library.stream(LEAVE)
    assert isinstance(answer, Answer)
    assert answer.generated is not None
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == answer.generated.text == ANSWERS[LEAVE]
    assert (answer.text, answer.no_answer) == ("年に七日とることができます。", False)
    [marker] = answer.generated.markers
    assert answer.citation is not None
    document = library.document(answer.citation.document_id)
    assert document.text[marker.span.start : marker.span.end] == marker.span.text == answer.citation.text
    assert answer.passages[marker.passage].document_id == document.id


def test_a_reader_that_writes_does_not_rerank(library: Library) -> None:
    hits = library.search(LEAVE)
    assert all(hit.rating is not None for hit in hits)
    shipped = replace(library.settings, reader=Settings().reader)
    with Library.open(library.folder, settings=shipped) as other:
        assert other.search(LEAVE) == hits
        assert other.reranker.fingerprint == library.reranker.fingerprint


def test_an_explained_answer_has_the_gaze_of_each_token(library: Library) -> None:
    answer = library.explain(library.ask(OFFICE))
    assert answer.explanation is not None
    assert answer.generated is not None
    tokens = answer.explanation.tokens
    assert tokens.written is not None
    said = "".join(answer.generated.text[start:end] for start, end in tokens.written.tolist())
    assert said == answer.generated.text
    assert answer.explanation.removal is not None
    assert answer.seconds.explain > 0
    with pytest.raises(ArgumentError, match="expected mean, the only one for answers"):
        library.explain(answer, method="removal")


def test_a_refusal_is_no_answer(library: Library) -> None:
    answer = library.explain(library.ask(REFUSED, history=[Turn(LEAVE, "七日")]))
    assert (answer.text, answer.citation, answer.no_answer) == (None, None, True)
    assert answer.generated is not None
    assert answer.generated.text == REFUSAL
    assert answer.explanation is not None
    assert answer.explanation.removal is None


def test_the_command_prints_citations(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--library", str(library.folder), "--reader", library.settings.reader, "--quiet"]
    library.close()
    assert main(["ask", LEAVE, "--explain", "--json", *arguments]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["answer"] == "年に七日とることができます。"
    assert record["generated"]["text"] == ANSWERS[LEAVE]
    [citation] = record["generated"]["citations"]
    assert citation["number"] == 1
    assert ANSWERS[LEAVE][citation["text_start"] : citation["text_end"]] == "1"
    assert sum(passage["attention"] for passage in record["passages"]) == pytest.approx(1)
    assert main(["ask", OFFICE, *arguments]) == 0
    shown = capsys.readouterr().out
    assert ANSWERS[OFFICE] in shown
    assert "[1] 題" in shown
    assert main(["ask", REFUSED, *arguments]) == 1
    assert "見つかりませんでした" in capsys.readouterr().out


def test_answers_are_measured_without_their_citations(tmp_path: Path, taught: Path) -> None:
    docs = tmp_path / "docs.jsonl"
    docs.write_text(json.dumps({"id": "d", "title": "題", "text": TEXTS[0]}, ensure_ascii=False), encoding="utf-8")
    start = TEXTS[0].index("年に七日")
    questions = [
        {"id": "1", "doc_id": "d", "question": LEAVE, "kind": "数", "answers": [
            {"text": "年に七日", "answer_start": start}]},
        {"id": "2", "doc_id": "d", "question": REFUSED, "kind": "数", "answers": []},
    ]  # fmt: skip
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in questions), encoding="utf-8")
    report = evaluate_answers(docs, path, Settings(reader=str(taught)))
    assert report.figures["unanswerable_auc"] == 1.0
    assert [row["prediction"] for row in report.rows] == ["年に七日とることができます。", ""]
    assert report.figures["f1"] == pytest.approx(100 * 2 * 4 / (4 + 13))
