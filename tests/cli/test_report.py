"""`rag report` and `rag evaluate conversation` and `--beir` as commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.cli import main
from tests.evaluation.datasets.test_beir import write as write_beir
from tests.evaluation.experiment.test_comparison import write_run
from tests.fakes import FakeEncoder


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    return str(write_run(tmp_path / "a", [1.0] * 20)), str(write_run(tmp_path / "b", [0.5] * 20))


def test_a_worse_run_is_shown_and_exits_with_1(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *runs]) == 1
    printed = capsys.readouterr().out
    assert "f1: 100.0000 → 50.0000  -50.0000 [-50.0000, -50.0000]  許容を超えて悪化 / failed\n" in printed
    assert "q0: 1.0000 → 0.5000" in printed
    assert "name: 'a' → 'b'" in printed


def test_the_other_way_round_it_is_better(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", runs[1], runs[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["f1"]["verdict"] == "better"


def test_thresholds_say_what_is_still_good(runs: tuple[str, str], tmp_path: Path) -> None:
    allowed = ["--threshold", "f1=60", "--threshold", "false_answer=1"]
    assert main(["report", *runs, *allowed, "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "index.html").exists()
    assert main(["report", *runs, *allowed, "--threshold", "lexical f1=0.1"]) == 1


def test_one_run_is_printed_again(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", runs[0], "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["f1"], content["n"], content["folder"]) == (100.0, 20, runs[0])


def test_what_is_no_run_or_threshold_exits_with_2(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no run" in capsys.readouterr().err
    assert main(["report", *runs, "--threshold", "speed=1"]) == 2
    with pytest.raises(SystemExit) as stopped:
        main(["report", *runs, "--threshold", "f1"])
    assert stopped.value.code == 2
    assert "expected NAME=VALUE" in capsys.readouterr().err


def test_a_judged_corpus_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    folder = str(write_beir(tmp_path / "beir", split="dev"))
    rows = tmp_path / "rows.jsonl"
    arguments = ["--mode", "lexical", "--split", "dev", "--rows", str(rows), "--quiet", "--json"]
    assert main(["evaluate", "retrieval", "--beir", folder, *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["ndcg@10"] == 1.0
    assert [json.loads(line)["id"] for line in rows.read_text(encoding="utf-8").splitlines()] == ["q1", "q2"]


@pytest.mark.parametrize("given", [[], ["--beir", "x", "--squad", "y"]])
def test_search_is_measured_on_paragraphs_or_a_corpus(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "retrieval", *given, "--quiet"]) == 2
    assert "expected --squad FILE or --beir FOLDER" in capsys.readouterr().err


def test_documents_need_their_follow_up_questions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "conversation", "--docs", str(tmp_path), "--quiet"]) == 2
    assert "expected --docs PATH and --followups FILE" in capsys.readouterr().err
