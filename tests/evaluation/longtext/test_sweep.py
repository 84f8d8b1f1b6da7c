"""A whole sweep over a small document, with an encoder that needs no model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.chunks.windowing import Windowing
from rag.config.settings import Settings
from rag.documents.canonical import find_heading_anchors
from rag.documents.document import Document
from rag.errors import DatasetError
from rag.evaluation.datasets import Dataset, GoldAnswer, Question, join_articles
from rag.evaluation.longtext.sweep import SweepQuestions, evaluate_sweep
from rag.evaluation.longtext.sweep_grid import SweepGrid, SweepSetting
from rag.evaluation.longtext.sweep_page import present_confirmation
from rag.evaluation.longtext.workbench import Workbench
from rag.evaluation.rows import Report
from tests.evaluation.fake_reader import FakeReader
from tests.fakes import FakeLateEncoder

WORDS = ("休暇", "旅費", "届出")
FILLER = "空は青く、海は広い。" * 3
RULES = "\n".join(f"第{number}条　{word}は{number}日とする。{FILLER}" for number, word in enumerate(WORDS, 1))
SETTINGS = Settings(size=40, stride=40, mode="lexical", reranked=0)
GRID = SweepGrid((80,), (1.0,), ("articles",), ("none",), ("document",), ("article",))


def build_questions(*, prefix: str = "q", answers: bool = True) -> SweepQuestions:
    document = Document("d", "規程", RULES, "規程", anchors=tuple(find_heading_anchors(RULES)))
    questions = tuple(
        Question(f"{prefix}{number}", "d", f"{word}は何日か", (GoldAnswer(text, RULES.index(text)),) if answers else ())
        for number, word in enumerate(WORDS, 1)
        for text in [f"{number}日"]
    )
    return SweepQuestions.choose(Dataset({"d": document}, questions), limit=None)


@pytest.fixture(autouse=True)
def _without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeLateEncoder())


def sweep(out: Path, **options: object) -> Report:
    return evaluate_sweep(build_questions(), SETTINGS, grid=GRID, out=out, **options)  # type: ignore[arg-type]


def test_every_setting_is_asked_everything_and_every_library_is_weighed(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    report = sweep(tmp_path / "run", progress=lambda done, total: told.append((done, total)))
    settings = [
        ("40/40 characters", "none"), ("40/40 characters", "article"), ("80/80 characters", "none"),
        ("40/40 characters by articles", "none"), ("40/40 characters late", "none"),
    ]  # fmt: skip
    asked = [row for row in report.rows if row["question"] is not None]
    assert [(row["windows"], row["widen"], row["question"]) for row in asked] == [
        (*setting, f"q{number}") for setting in settings for number in (1, 2, 3)
    ]
    assert all(row["recall_5"] == 1.0 and row["recall_2000c"] == 1.0 and row["rank"] == 1 for row in asked)
    assert not any("f1" in row for row in asked)
    weighed = {row["windows"]: row["vectors"] for row in report.rows if row["question"] is None}
    assert weighed == {
        "40/40 characters": 4, "80/80 characters": 2, "40/40 characters by articles": 6, "40/40 characters late": 4,
    }  # fmt: skip
    assert told[-1] == (19, 19)
    assert report.findings["verdict"] == "既定 40/40 より良い設定はありません / nothing beats the default"
    assert report.figures["default recall_2000c"] == 1.0
    assert {path.name for path in (tmp_path / "run").glob("*.png")} == {"vectors.png", "seconds.png"}


def test_answers_are_judged_where_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = FakeReader({"休暇は何日か": "1日", "旅費は何日か": "休暇"})
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: reader)
    grid = SweepGrid((40,), (1.0,), ("sentences",), ("none",), ("window",), ("none",))
    report = evaluate_sweep(build_questions(), SETTINGS, grid=grid, read=True, out=tmp_path / "run")
    asked = {row["question"]: row for row in report.rows if row["question"] is not None}
    assert {key: (row["prediction"], row["f1"], row["exact"]) for key, row in asked.items()} == {
        "q1": ("1日", 1.0, 1.0), "q2": ("休暇", 0.0, 0.0), "q3": ("", 0.0, 0.0),
    }  # fmt: skip
    assert [row["held"] for row in asked.values()] == [1.0, 1.0, 1.0]
    assert "読んだ箇所にある" in (tmp_path / "run" / "index.html").read_text(encoding="utf-8")


def test_a_stopped_sweep_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.evaluation.longtext import sweep as module

    complete = module.is_within_budget
    calls: list[str] = []

    def stop(hits: object, question: Question) -> bool:
        calls.append(question.id)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return complete(hits, question)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "is_within_budget", stop)
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path / "run")
    monkeypatch.setattr(module, "is_within_budget", complete)
    told: list[tuple[int, int]] = []
    report = sweep(tmp_path / "run", progress=lambda done, total: told.append((done, total)))
    assert told[0] == (5, 19)
    assert len(report.rows) == 19


def test_the_best_setting_is_confirmed_on_other_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.evaluation.longtext import sweep as module

    complete = module.is_within_budget
    monkeypatch.setattr(  # windows of 40 characters are too short today
        module, "is_within_budget", lambda hits, question: len(hits[0].text) > 40 and complete(hits, question)
    )
    report = sweep(tmp_path / "run", confirm=build_questions(prefix="other"))
    assert report.findings["recommended"] == "80/80"
    found = report.findings["confirm"]
    assert found == {"verdict": "80/80：recall_2000c +1.000 [+1.000, +1.000] 確かめられた / confirmed"}
    assert report.figures["confirm"]["gain"] == 1.0  # type: ignore[index, call-overload]
    content = json.loads((tmp_path / "run" / "confirm" / "run.json").read_text(encoding="utf-8"))
    assert content["settings"]["questions"] == ["other1", "other2", "other3"]
    assert len((tmp_path / "run" / "confirm" / "rows.jsonl").read_text(encoding="utf-8").splitlines()) == 8


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ((1.0, 1.0, 0.0), "80/80：どの設問でも差がない / no question differs, nothing is confirmed"),
        ((0.0, 0.0, 0.0), "80/80：recall_2000c -0.667 [-1.000, +0.000] 確かめられない / not confirmed"),
    ],
)
def test_what_other_questions_do_not_show_is_not_confirmed(found: Sequence[float], verdict: str) -> None:
    default, best = SweepSetting(Windowing(40, 40)), SweepSetting(Windowing(80, 80))
    rows = [
        {"question": number, **setting.where, "recall_2000c": value, "seconds": 0.1}
        for setting, values in ((default, (1.0, 1.0, 0.0)), (best, found))
        for number, value in enumerate(values)
    ]
    shown = present_confirmation(rows, plan=[default, best], characters=9, seed=0)
    assert shown.findings == {"verdict": verdict}


def test_nothing_is_confirmed_where_the_default_is_best(tmp_path: Path) -> None:
    report = sweep(tmp_path / "run", confirm=build_questions(prefix="other"))
    assert report.findings["confirm"] == "既定が最良 / the default is the best"
    assert not (tmp_path / "run" / "confirm").exists()


def test_questions_are_spread_over_all_that_have_an_answer() -> None:
    dataset = build_questions().dataset
    assert [question.id for question in SweepQuestions.choose(dataset, limit=2).asked] == ["q1", "q2"]
    with pytest.raises(DatasetError, match="no question of the file has an answer"):
        build_questions(answers=False)


def test_a_workbench_holds_one_library_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    documents = list(build_questions().dataset.documents.values())
    with Workbench(documents, SETTINGS) as bench:
        first, cost = bench.take(Windowing(40, 40))
        assert (cost.vectors, cost.characters) == (4, len(RULES))
        files = [file for file in first.folder.rglob("*") if file.is_file()]
        assert cost.bytes > 4096
        assert {"catalog.sqlite", "library.json"} <= {file.name for file in files}
        assert bench.take(Windowing(40, 40)) == (first, cost)
        second, _ = bench.take(Windowing(80, 80, boundary="articles"))
        assert (second.settings.size, second.settings.boundary) == (80, "articles")
        assert not first.folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_paragraphs_of_one_title_are_joined() -> None:
    texts = {"一": "雨が降る。", "二": "雪が降る。", "三": "風が吹く。"}
    titles = {"一": "天気", "二": "天気", "三": "風"}
    documents = {key: Document(key, titles[key], text, key) for key, text in texts.items()}
    questions = tuple(Question(key, key, "何が", (GoldAnswer(texts[key][0], 0),)) for key in texts)
    joined = join_articles(Dataset(documents, questions))
    assert [document.text for document in joined.documents.values()] == ["雨が降る。\n\n雪が降る。", "風が吹く。"]
    places = [(question.document_id, question.answers[0]) for question in joined.questions]
    assert [joined.documents[key].text[answer.start : answer.end] for key, answer in places] == ["雨", "雪", "風"]
