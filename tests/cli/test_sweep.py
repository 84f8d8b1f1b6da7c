"""The `rag evaluate sweep` command, and windows of other boundaries from the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.cli import main
from tests.fakes import FakeEncoder

RULES = "第1条　休暇は七日とする。\n第2条　旅費は実費とする。"
ONE_OF_EACH = (
    "--sizes", "20", "--strides", "1", "--boundaries", "sentences", "--contexts", "none", "--poolings", "window",
    "--widenings", "none",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _without_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    docs, questions = tmp_path / "docs.jsonl", tmp_path / "questions.jsonl"
    docs.write_text(json.dumps({"id": "d", "title": "規程", "text": RULES}), encoding="utf-8")
    asked = {"id": "q", "doc_id": "d", "question": "休暇は何日か", "answers": [{"text": "七日", "answer_start": 7}]}
    questions.write_text(json.dumps(asked), encoding="utf-8")
    return ["--docs", str(docs), "--questions", str(questions)]


def test_a_sweep_prints_what_it_recommends_and_where_its_page_is(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "run")
    assert main(["evaluate", "sweep", *files, *ONE_OF_EACH, "--mode", "lexical", "--out", out, "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "recommended: 400/200" in printed
    assert "nothing beats the default" in printed
    assert f"{out}/index.html" in printed
    content = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert content["settings"]["tried"] == [
        {"windows": "400/200 characters", "widen": "none"},
        {"windows": "20/20 characters", "widen": "none"},
    ]


def test_confirmation_takes_paragraphs_of_an_article_as_one(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    squad = tmp_path / "squad.json"
    paragraph = {
        "context": "雨が降る。",
        "qas": [{"id": "r", "question": "何が降るか", "answers": [{"text": "雨", "answer_start": 0}]}],
    }
    squad.write_text(json.dumps({"data": [{"title": "天気", "paragraphs": [paragraph]}]}), encoding="utf-8")
    code = main(
        ["evaluate", "sweep", *files, *ONE_OF_EACH, "--mode", "lexical", "--out", str(tmp_path / "run"), "--quiet",
         "--confirm-squad", str(squad), "--json"]
    )  # fmt: skip
    assert code == 0
    assert json.loads(capsys.readouterr().out)["findings"]["confirm"] == "既定が最良 / the default is the best"


def test_wrong_shares_and_files_are_named(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "sweep", *files, "--strides", "2"])
    assert "'2': expected a share above 0, at most 1" in capsys.readouterr().err
    assert main(["evaluate", "sweep", *files, "--samples", "--quiet"]) == 2
    assert "--samples stands for its own documents" in capsys.readouterr().err
    assert main(["evaluate", "sweep", "--quiet"]) == 2
    assert "expected --squad FILE, or --docs FILE and --questions FILE" in capsys.readouterr().err


def test_a_library_keeps_the_boundary_it_was_made_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "規程.txt").write_text(RULES, encoding="utf-8")
    base = ["ingest", str(tmp_path / "規程.txt"), "--library", str(tmp_path / "library"), "--quiet", "--json"]

    def ingest(*options: str) -> dict[str, object]:
        assert main([*base, *options]) == 0
        return dict(json.loads(capsys.readouterr().out))

    cut = ingest("--size", "20", "--stride", "20", "--boundary", "characters")
    assert cut["chunks"] == 2
    assert json.loads((tmp_path / "library" / "library.json").read_text(encoding="utf-8"))["boundary"] == "characters"
    assert ingest()["updated"] == []
    assert ingest("--boundary", "articles")["updated"] == cut["added"]
