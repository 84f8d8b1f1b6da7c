"""The commands of the long-text laboratory: their arguments reach the experiment, and they can be taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.cli import main
from rag.cli.dataset import load_articles
from rag.cli.exit_codes import INTERRUPTED
from rag.cli.parser import build_parser
from rag.evaluation.longtext.needle_grid import NeedleGrid
from rag.evaluation.longtext.position_grid import PositionGrid
from tests.evaluation.fake_reader import FakeReader
from tests.fakes import FakeEncoder

RULES = "国内の宿泊費は一泊一万二千円を上限とする。旅費の精算は十日以内に経理課へ申し出る。"
HAY = "".join(f"丘の上の{number}本の木は今日も静かに立っている。\n" for number in range(30))


@pytest.fixture
def squad(tmp_path: Path) -> str:
    answers = [{"text": "経理課", "answer_start": RULES.index("経理課")}]
    asked = {"id": "1", "question": "旅費の精算はどこへ申し出ますか", "answers": answers}
    content = {"data": [{"title": "旅費", "paragraphs": [{"context": RULES, "qas": [asked]}]}]}
    (tmp_path / "squad.json").write_text(json.dumps(content), encoding="utf-8")
    return str(tmp_path / "squad.json")


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main([*arguments, "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = FakeReader({"旅費の精算はどこへ申し出ますか": "経理課"})
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: reader)


@pytest.mark.usefixtures("models")
def test_needle(squad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "干し草.txt").write_text(HAY, encoding="utf-8")
    options = ["--hay", str(tmp_path / "干し草.txt"), "--lengths", "300", "--depths", "50", "--distractors", "0"]
    windows = ["--mode", "lexical", "--size", "60", "--stride", "30", "--out", str(tmp_path / "run")]
    found = run_json(capsys, "evaluate", "needle", "--squad", squad, *options, *windows)
    assert (found["n"], found["recall@5 300"], found["folder"]) == (2, 1, str(tmp_path / "run"))
    assert (found["f1 300"], found["reader_f1 300"], found["false_answers_absent 300"]) == (1, 1, 0)
    content = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (content["settings"]["size"], content["settings"]["mode"]) == (60, "lexical")


@pytest.mark.usefixtures("models")
def test_position(squad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--numbers", "1", "--mode", "lexical", "--out", str(tmp_path / "run")]
    found = run_json(capsys, "evaluate", "position", "--squad", squad, *options)
    assert (found["n"], found["f1 joint 1"], found["f1 search 1"]) == (2, 1, 1)


def test_paragraphs_of_one_squad_article_are_one_long_document(tmp_path: Path) -> None:
    asked = {"id": "1", "question": "どこへ申し出ますか", "answers": [{"text": "経理課", "answer_start": 4}]}
    paragraphs = [{"context": "序である。", "qas": []}, {"context": "精算は、経理課へ。", "qas": [asked]}]
    content = {"data": [{"title": "旅費", "paragraphs": paragraphs}, {"title": "別", "paragraphs": paragraphs[:1]}]}
    (tmp_path / "squad.json").write_text(json.dumps(content), encoding="utf-8")
    given = build_parser().parse_args(["evaluate", "needle", "--squad", str(tmp_path / "squad.json")])
    dataset = load_articles(given)
    assert dataset.documents[dataset.questions[0].document_id].text == "序である。\n\n精算は、経理課へ。"
    assert dataset.questions[0].answers[0].start == len("序である。\n\n精算は、")


@pytest.mark.parametrize(("kind", "grid"), [("needle", NeedleGrid()), ("position", PositionGrid())])
def test_grids_are_those_of_the_experiment(kind: str, grid: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"rag.evaluation.longtext.{kind}.evaluate_{kind}", lambda *_, **given: given)
    module = __import__(f"rag.cli.{kind}", fromlist=["run"])
    monkeypatch.setattr(module, "load_articles", lambda given: None)
    given = build_parser().parse_args(["evaluate", kind, "--squad", "x"])
    assert module.run(given, None, None)["grid"] == grid


@pytest.mark.parametrize("kind", ["needle", "position"])
def test_ctrl_c_says_that_the_same_command_goes_on(
    kind: str, squad: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"rag.evaluation.longtext.{kind}.evaluate_{kind}", stop)
    assert main(["evaluate", kind, "--squad", squad, "--quiet"]) == INTERRUPTED
    assert "同じコマンドで続きから" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["needle", "position"])
def test_files_of_one_kind_are_needed(kind: str, squad: str, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--squad", squad, "--docs", squad, "--questions", squad], ["--docs", squad]):
        assert main(["evaluate", kind, *options]) == 2
        assert "expected --squad FILE, or --docs FILE and --questions FILE" in " ".join(capsys.readouterr().err.split())
