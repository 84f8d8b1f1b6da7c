"""The conversation test with an encoder and a reader that need no model: exact figures over a few questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.documents.document import Document, build_document_id
from rag.errors import ArgumentError, DatasetError
from rag.evaluation.datasets import Followup, FollowupDataset, GoldAnswer, Question
from rag.evaluation.experiment.run_folder import read_run
from rag.evaluation.longtext.conversation import change_topics, evaluate_conversation, list_strategies
from rag.evaluation.rows import Report
from tests.evaluation.fake_reader import FakeReader
from tests.fakes import FakeEncoder

TRIAL = "契約社員の試用期間は六週間とする。"
OTHERS = ("正社員の研修は三箇月とする。", "契約社員の賞与は基本給の半分とする。", "契約社員の食事は無料とする。")
MEAL = "定食の値段は六百八十円である。"
SETTINGS = Settings(size=200, stride=200, mode="lexical")
HISTORY = (("正社員の試用期間は何か月ですか", "三箇月"),)
FULL = "契約社員の試用期間は何か月ですか？"


def build_dataset(*, standalone: str = "契約社員の試用期間は") -> FollowupDataset:
    texts = (TRIAL, *OTHERS, MEAL)
    documents = [Document(build_document_id(text, text), text[:4], text, source=text) for text in texts]
    first = Question("f1", documents[0].id, "契約社員は？", (GoldAnswer("六週間", TRIAL.index("六週間")),))
    second = Question("f2", documents[-1].id, "定食の値段は何円ですか", (GoldAnswer("六百八十円", MEAL.index("六百")),))
    none = Question("f3", documents[0].id, "パートは？", ())
    return FollowupDataset(
        {document.id: document for document in documents},
        (
            Followup(first, HISTORY, standalone),
            Followup(second, HISTORY, "定食の値段は何円ですか"),
            Followup(none, HISTORY, "パートの試用期間は"),
        ),
    )


def evaluate(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    turns: Sequence[int] = (1,),
    dataset: FollowupDataset | None = None,
) -> tuple[Report, FakeReader]:
    told = {FULL: "六週間", "契約社員の試用期間は": "六週間", "定食の値段は何円ですか": "六百八十円"}
    reader = FakeReader(told)
    monkeypatch.setattr("rag.library.library.load_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr("rag.library.library.load_reader", lambda settings: reader)
    report = evaluate_conversation(dataset or build_dataset(), SETTINGS, turns=turns, out=folder / "run")
    return report, reader


def test_what_each_strategy_asks_and_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, _ = evaluate(tmp_path, monkeypatch)
    rows = {(row["question"], row["strategy"]): row for row in report.rows if row["topic"] == "kept"}
    before = "正社員の試用期間は何か月ですか 三箇月 契約社員は？"
    assert {strategy: row["searched"] for (question, strategy), row in rows.items() if question == "f1"} == {
        "asked": "契約社員は？", "concatenation": before, "window-1": before, "history": before,
        "rewrite": FULL, "standalone": "契約社員の試用期間は",
    }  # fmt: skip
    assert all(
        row["searched"] == "定食の値段は何円ですか"
        for (_, way), row in rows.items()
        if way in ("history", "rewrite") and _ == "f2"
    )
    full = rows["f1", "rewrite"]
    assert (full["rank"], full["recall@1"], full["f1"], full["f1_gain"]) == (1, 1.0, 1.0, 1.0)
    assert (rows["f1", "asked"]["f1"], rows["f1", "asked"]["prediction"]) == (0.0, "")
    assert {question for question, _ in rows} == {"f1", "f2"}


def test_figures_and_findings_come_from_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, _ = evaluate(tmp_path, monkeypatch)
    assert report.figures["rewrite f1"] == 1.0
    assert report.figures["asked f1"] == 0.5
    assert report.figures["n"] == 24
    assert report.findings["best"] == "rewrite"
    assert str(report.findings["gain"]).startswith("規則で言い直す: 再現率@5 が ")
    assert report.folder is not None
    page = (report.folder / "index.html").read_text(encoding="utf-8")
    assert "そのまま尋ねた場合との差" in page
    assert (report.folder / "conversation.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_words_are_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, reader = evaluate(tmp_path, monkeypatch, turns=(1, 2))
    # f1: as asked, with the turn in front, said in full, as written by hand. f2: as asked, with the turn in front.
    # The same questions on another topic: as asked and with the foreign turn in front, and what the rules make of f1.
    assert len(reader.seen) == 11


def test_without_a_full_question_there_is_no_ceiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, _ = evaluate(tmp_path, monkeypatch, dataset=build_dataset(standalone=""))
    assert [row["question"] for row in report.rows if row["strategy"] == "standalone"] == ["f2", "f2"]


def test_the_run_knows_what_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = build_dataset()
    evaluate(tmp_path, monkeypatch, dataset=dataset)
    settings = read_run(tmp_path / "run")["settings"]
    assert isinstance(settings, dict)
    assert settings["dataset"] == dataset.fingerprint
    assert settings["asked"]["rewrite"] == [FULL, "定食の値段は何円ですか"]
    assert "conversation" not in settings


def test_a_changed_topic_comes_after_the_turns_of_another_document() -> None:
    first, second, _ = build_dataset().followups
    other = replace(second, history=(("社員食堂はどこですか", "一階"),))
    changed = change_topics([first, other, replace(first, standalone="")])
    assert [(each.question.text, each.history) for each in changed] == [
        ("契約社員の試用期間は", other.history),
        ("定食の値段は何円ですか", HISTORY),
    ]
    assert change_topics([first]) == []


def test_a_window_holds_the_last_turns() -> None:
    followup = Followup(build_dataset().followups[0].question, (("一", "1"), ("二", ""), ("三", "3")), "")
    ways = {strategy.name: strategy.rewrite(followup) for strategy in list_strategies((1, 2), None)}
    assert ways["window-1"] == "三 3 契約社員は？"
    assert ways["window-2"] == "二 三 3 契約社員は？"
    assert ways["concatenation"] == "一 1 二 三 3 契約社員は？"


@pytest.mark.parametrize("turns", [(0,), (2, 2)])
def test_turns_that_make_no_sense_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: tuple[int, ...]
) -> None:
    with pytest.raises(ArgumentError, match="expected different whole numbers of at least 1"):
        evaluate(tmp_path, monkeypatch, turns=turns)


def test_questions_without_answers_measure_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = build_dataset()
    with pytest.raises(DatasetError, match="the follow-up questions have no answers"):
        evaluate(tmp_path, monkeypatch, dataset=FollowupDataset(dataset.documents, dataset.followups[2:]))
