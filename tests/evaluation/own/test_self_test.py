"""A library measured on its own questions, and made questions against labelled ones."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from rag.cli.self_test import add_arguments, evaluate_self
from rag.config.settings import Settings
from rag.errors import ArgumentError, DatasetError
from rag.evaluation.own.agreement import evaluate_agreement
from rag.evaluation.own.conditions import CONDITIONS, Condition
from rag.evaluation.own.self_test import evaluate_own_questions
from rag.evaluation.own.shelf import Shelf
from rag.library.library import Library
from tests.evaluation.own.texts import HARBOUR, HARBOUR_DOCUMENT, MUSEUM, MUSEUM_DOCUMENT

CORRECTED = [
    {"id": "a", "question": "水門を閉めるのは誰ですか", "answers": ["港湾管理者"], "kind": "person"},
    {"id": "b", "question": "班長が点検するのは何ですか", "answers": ["起重機の綱"], "kind": "term"},
    {"id": "c", "question": "北倉庫はいつ建ちましたか", "answers": ["1982年"], "kind": "date"},
    {"id": "d", "question": "北倉庫の屋根は何色ですか", "answers": [], "kind": "term"},
]


def write_questions(path: Path, name: str) -> Path:
    """Write the questions above about the document of that name."""
    with path.open("w", encoding="utf-8") as lines:
        for each in CORRECTED:
            answers = [{"text": text, "answer_start": HARBOUR.index(text)} for text in each["answers"]]
            lines.write(json.dumps({**each, "doc_id": name, "answers": answers}, ensure_ascii=False) + "\n")
    return path


def test_questions_given_are_asked_and_every_figure_comes_of_them(library: Library, tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "corrected.jsonl", HARBOUR_DOCUMENT.id)
    report = evaluate_own_questions(library, questions=questions, out=tmp_path / "run")
    rows = {str(row["key"]): row for row in report.rows}
    assert list(rows) == ["a", "b", "c", "d"]
    assert (rows["a"]["prediction"], rows["a"]["exact_match"], rows["a"]["asked_for"]) == ("港湾管理者", 1.0, "person")
    assert (rows["b"]["prediction"], rows["b"]["f1"], rows["b"]["place"]) == ("起重機の綱", 1.0, "40–60 %")
    assert rows["c"]["expected"] == "1982年"
    assert rows["c"]["f1"] == 0.0
    assert [rows["d"][name] for name in ("answerable", "f1", "rank", "recall@5")] == [False, None, None, None]
    assert report.figures["exact_match"] == pytest.approx(200 / 3)
    assert report.figures["recall@10"] == 1.0
    refused = [bool(rows[key]["refused"]) for key in "abc"]
    assert report.figures["refused_wrongly"] == pytest.approx(sum(refused) / 3)
    assert report.figures["refused_rightly"] == float(bool(rows["d"]["refused"]))


def test_made_questions_stand_in_the_folder_and_give_the_same_run_again(library: Library, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    report = evaluate_own_questions(
        library, limit=3, unanswerable=1, out=tmp_path / "one", making=lambda done, total: told.append((done, total))
    )
    assert told[-1] == (4, 4)
    lines = (tmp_path / "one" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    made = [json.loads(line) for line in lines]
    assert [row["question"] for row in report.rows] == [each["question"] for each in made]
    texts = {HARBOUR_DOCUMENT.id: HARBOUR, MUSEUM_DOCUMENT.id: MUSEUM}
    assert all(each["sentence"] in texts[each["doc_id"]] for each in made)
    again = evaluate_own_questions(library, questions=tmp_path / "one" / "questions.jsonl", out=tmp_path / "two")
    assert {name: value for name, value in again.figures.items() if name != "seconds_per_question"} == {
        name: value for name, value in report.figures.items() if name != "seconds_per_question"
    }
    page = (tmp_path / "one" / "index.html").read_text(encoding="utf-8")
    assert made[0]["question"] in page
    assert page.count("<img ") == 2


def test_another_library_does_not_go_on_with_a_run(library: Library, tmp_path: Path) -> None:
    evaluate_own_questions(library, limit=2, out=tmp_path / "run")
    library.remove(MUSEUM_DOCUMENT.id)
    with pytest.raises(DatasetError, match=r"documents: there .*--out"):
        evaluate_own_questions(library, limit=2, out=tmp_path / "run")


def test_made_and_labelled_questions_are_measured_in_every_condition(tmp_path: Path, fake_models: None) -> None:
    docs = tmp_path / "docs.jsonl"
    documents = [("harbour", HARBOUR), ("museum", MUSEUM)]
    docs.write_text(
        "".join(json.dumps({"id": name, "title": name, "text": text}) + "\n" for name, text in documents), "utf-8"
    )
    conditions = [
        Condition("語", {"mode": "lexical"}, reads=True),
        Condition("意味", {"mode": "dense"}),
        Condition("大", {"mode": "lexical", "size": 120, "stride": 60}, reads=True),
    ]
    report = evaluate_agreement(
        docs,
        write_questions(tmp_path / "labelled.jsonl", "harbour"),
        Settings(reranked=0, size=60, stride=30),
        limit=4,
        read=2,
        conditions=conditions,
        out=tmp_path / "run",
    )
    counts: dict[tuple[object, object], list[bool]] = {}
    for row in report.rows:
        counts.setdefault((row["condition"], row["origin"]), []).append(row["f1"] is not None)
    assert set(counts) == {(each.name, origin) for each in conditions for origin in ("self", "labelled")}
    assert {key: len(read) for key, read in counts.items() if key[1] == "labelled"} == dict.fromkeys(
        [(each.name, "labelled") for each in conditions], 3
    )  # the question without an answer is left out
    assert {key: sum(read) for key, read in counts.items()} == {
        (each.name, origin): 2 * each.reads for each in conditions for origin in ("self", "labelled")
    }
    assert set(report.findings) == {"recall@1", "recall@5", "recall@10", "recall@2000c", "f1"}
    assert (tmp_path / "run" / "questions.jsonl").is_file()


def test_a_shelf_builds_anew_only_for_other_windows(fake_models: None) -> None:
    settings = Settings(reranked=0, size=60, stride=30)
    with Shelf([HARBOUR_DOCUMENT]) as shelf:
        first = shelf.open(settings)
        assert shelf.open(settings) is first
        folder, windows = first.folder, first.statistics().chunks
        other = shelf.open(Condition("意味", {"mode": "dense"}).apply(settings))
        assert (other.folder, other.settings.mode, other.statistics().chunks) == (folder, "dense", windows)
        larger = shelf.open(Condition("大", {"size": 200, "stride": 100}).apply(settings))
        assert larger.statistics().chunks < windows
        assert not folder.exists()
        last = larger.folder
    assert not last.exists()


def test_the_conditions_are_enough_for_a_rank_correlation() -> None:
    assert len({each.name for each in CONDITIONS}) == len(CONDITIONS) >= 8
    assert sum(each.reads for each in CONDITIONS) >= 8
    settings = [each.apply(Settings()) for each in CONDITIONS]
    assert len(set(settings)) == len(settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--docs", "d.jsonl"], "--docs and --against together"),
        (["--docs", "d.jsonl", "--against", "q.jsonl", "--unanswerable", "3"], "go with a library"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments: list[str], message: str) -> None:
    parser = ArgumentParser()
    add_arguments(parser.add_subparsers(), ArgumentParser(add_help=False))
    with pytest.raises(ArgumentError, match=message):
        evaluate_self(parser.parse_args(["self", *arguments]), Settings(), None)


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--keep", "1.5"], ["--seed", "-1"]])
def test_numbers_out_of_range_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    add_arguments(parser.add_subparsers(), ArgumentParser(add_help=False))
    with pytest.raises(SystemExit):
        parser.parse_args(["self", *arguments])
    assert f"{arguments[1]!r}: expected" in capsys.readouterr().err


def test_the_command_measures_the_library(library: Library, tmp_path: Path) -> None:
    parser = ArgumentParser()
    add_arguments(parser.add_subparsers(), ArgumentParser(add_help=False))
    given = parser.parse_args(["self", "--limit", "2", "--out", str(tmp_path / "run")])
    report = evaluate_self(given, library.settings, None)
    assert report.figures["n"] == 2
    assert report.folder == tmp_path / "run"
