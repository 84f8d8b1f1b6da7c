"""`rag tokens`: a text cut, documents measured."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rag.cli import main
from tests.reading.tiny import build_slow_tokenizer

TEXT = "従業員の年次休暇。"


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["tokens", *arguments, "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_text_is_cut_by_each_tokenizer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_slow_tokenizer().save_pretrained(tmp_path)
    content = run_json(capsys, TEXT, "--answer", "年", "--tokenizer", str(tmp_path), "--tokenizer", "wordpiece:200")
    assert (content["text"], content["corpus"]) == (TEXT, [])
    rows = content["tokenizations"]
    assert [row["tokenizer"] for row in rows] == ["manazashi/reader", str(tmp_path), "wordpiece:200", "morphemes"]
    assert [row["algorithm"] for row in rows] == ["unigram", "wordpiece", "wordpiece", "morphemes"]
    for row in rows:
        for token in row["tokens"]:
            assert token["text"] == TEXT[token["start"] : token["end"]]
        assert row["fertility"] == len(row["tokens"]) / len(TEXT)
    slow = rows[1]
    assert "年次" in [token["text"] for token in slow["tokens"]]
    assert slow["answers"] == [
        {
            "start": 4,
            "end": 5,
            "starts_token": True,
            "ends_token": False,
            "nearest_start": 4,
            "nearest_end": 6,
            "reachable": False,
            "nearest": "年次",
        }
    ]


def test_a_text_is_drawn_with_its_borders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_slow_tokenizer().save_pretrained(tmp_path)
    assert main(["tokens", TEXT, "--answer", "年", "--tokenizer", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "│の│年╎次│休暇│。" in printed
    assert "「年次」" in printed
    assert "語の頭から、語彙にあるいちばん長い部分を取る" in printed


def test_documents_and_answers_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "手引き.txt").write_text("図書館の本を借りる。\n" * 3, encoding="utf-8")
    qas = [
        {"id": "1", "question": "何", "answers": [{"text": text, "answer_start": TEXT.index(text)}]} for text in "年員"
    ]
    squad = tmp_path / "squad.json"
    squad.write_text(json.dumps({"data": [{"paragraphs": [{"context": TEXT, "qas": qas}]}]}), encoding="utf-8")
    given = ["--docs", str(tmp_path / "手引き.txt"), "--squad", str(squad), "--tokenizer", "bpe:2"]
    figures = {each["tokenizer"]: each for each in run_json(capsys, *given)["corpus"]}
    assert list(figures) == ["manazashi/reader", "bpe:2", "morphemes"]
    # Trained on these documents with no room for joined pairs: a token a character, line ends apart.
    single = figures["bpe:2"]
    assert (single["documents"], single["answers"], single["unreachable_rate"]) == (2, 2, 0)
    assert single["tokens"] == len(TEXT) + 3 * 10
    assert single["document_tokens"] == {"least": 9, "lower": 14.25, "median": 19.5, "upper": 24.75, "greatest": 30}


def test_without_arguments_the_samples_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokens", "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "文書 3" in printed
    assert "届かない答え" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--answer", "年"], "--answer needs a TEXT"),
        ([TEXT, "--answer", "図書館"], "答えが文章の中にありません"),
        ([TEXT, "--tokenizer", "bpe:0"], "expected a vocabulary of 1"),
        ([TEXT, "--tokenizer", "nobody/none-such"], "cannot be loaded as a tokenizer"),
        (["--docs", "無い.txt"], "no such file"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokens", *arguments, "--json"]) == 2
    assert said in json.loads(capsys.readouterr().err)["error"]


def test_documents_in_an_archive_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "書庫.zip", "w") as archive:
        archive.writestr("手引き.txt", "図書館の本を借りる。\n")
        archive.writestr("規程.txt", "年次休暇を与える。\n")
    [figures, *_] = run_json(capsys, "--docs", str(tmp_path / "書庫.zip"))["corpus"]
    assert figures["characters"] == len("図書館の本を借りる。\n年次休暇を与える。\n")
    with zipfile.ZipFile(tmp_path / "書庫.zip", "a") as archive:
        archive.writestr("空.txt", "")
    assert main(["tokens", "--docs", str(tmp_path / "書庫.zip")]) == 2
    assert "書庫.zip!/空.txt: " in capsys.readouterr().err
