"""A comparison from variants to verdicts: who reads when, what is shown, and that it goes on after a stop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config.settings import Settings
from rag.documents.document import Document, build_document_id
from rag.errors import ConfigError, DatasetError, ModelError
from rag.evaluation.datasets import Dataset, GoldAnswer, Question
from rag.evaluation.experiment.run_folder import read_rows
from rag.evaluation.metrics import Interval
from rag.evaluation.variants import embedder_bench, quantization, reader_bench
from rag.evaluation.variants.comparison import Trials, choose_questions, compare_variants, is_possible
from rag.evaluation.variants.memory import Footprint, measure_footprint
from rag.evaluation.variants.outcome import Judge, Outcome
from rag.evaluation.variants.rotation import rotate
from rag.evaluation.variants.variant import Variant
from rag.evaluation.variants.verdict import Gap, Thresholds, Verdict
from rag.models.shipped import EMBEDDER
from tests.reading import tiny

TEXTS = [
    "従業員の年次有給休暇は10日とする。会社は休暇を取得する従業員を定める。",
    "会社は2年の従業員を定め、取得する休暇は20日とする。",
    "第2条、会社の規則をするのは従業員か会社である。",
]
ASKED = [("休暇は何日か", 0, "10日"), ("取得する休暇は何日か", 1, "20日"), ("規則をするのは何か", 2, "従業員")]
READERS = ("全部", "一つのヘッド", "狭い")


def build_dataset() -> Dataset:
    documents = [Document(build_document_id(str(n), text), "", text, source=str(n)) for n, text in enumerate(TEXTS)]
    questions = tuple(
        Question(f"q{n}", documents[place].id, text, (GoldAnswer(answer, TEXTS[place].index(answer)),))
        for n, (text, place, answer) in enumerate(ASKED)
    )
    return Dataset({document.id: document for document in documents}, questions)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny.build_bert_model().save_pretrained(folder)
    tiny.build_bert_tokenizer().save_pretrained(folder)
    return str(folder)


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Processes are only told: one is started in a test of its own."""
    told: list[dict] = []

    def measure(task: dict) -> Footprint:
        told.append(task)
        return Footprint(peak=2**20 * len(told), weights=2**19)

    monkeypatch.setattr(reader_bench, "measure_footprint", measure)
    monkeypatch.setattr(embedder_bench, "measure_footprint", measure)
    return told


def build_readers(model: str) -> list[Variant]:
    whole = Variant(READERS[0], "reader", model, precision="fp32")
    pruned = replace(whole, name=READERS[1], removed_heads=((1, 2), (2, 1)))
    return [whole, pruned, replace(whole, name=READERS[2], query_size=3)]


def build_trials(*, whole: bool = True, limit: int = 3) -> Trials:
    dataset = build_dataset()
    return Trials(dataset, whole=whole, importance=dataset, limit=limit)


def test_each_turn_begins_with_another() -> None:
    assert [rotate("abc", turn) for turn in range(4)] == [list("abc"), list("bca"), list("cab"), list("abc")]


def test_readers_take_turns_at_every_question(model: str, tasks: list[dict], tmp_path: Path) -> None:
    report = compare_variants(
        build_readers(model), build_trials(), Settings(), thresholds=Thresholds(min_questions=1), out=tmp_path
    )
    first, second, third = READERS
    asked = [(row["question"], row["variant"]) for row in report.rows]
    assert asked == [
        *((None, name) for name in READERS),
        *(("q0", name) for name in (first, second, third)),
        *(("q1", name) for name in (second, third, first)),
        *(("q2", name) for name in (third, first, second)),
    ]
    assert [row["heads"] for row in report.rows[:3]] == [None, "取り除いた / taken out (1: 2; 2: 1)", None]
    assert [task["inputs"][0][0] for task in tasks] == ["休暇は何日か"] * 3
    own = [row for row in report.rows if row["variant"] == first and row["question"]]
    assert report.figures[f"{first} F1"] == pytest.approx(100 * sum(row["f1"] for row in own) / 3)
    assert report.figures[f"{second} peak_mib"] == 2.0
    assert report.findings[second].startswith(second)
    assert report.findings[f"{second}: ヘッド / heads"] == "取り除いた / taken out (1: 2; 2: 1)"
    assert report.findings["推奨 / recommended"] in READERS
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "variants" in json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["settings"]
    assert "&quot;against&quot;: {&quot;variant&quot;: &quot;全部&quot;}" in page
    assert {path.name for path in tmp_path.glob("*.png")} == {"latency.png", "size.png"}


def test_a_stopped_comparison_goes_on_and_thresholds_may_change(
    model: str, tasks: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reader_bench.ReaderBench._read
    calls: list[str] = []

    def stop(self: reader_bench.ReaderBench, variant: Variant, question: Question) -> object:
        calls.append(f"{question.id}/{variant.name}")
        if len(calls) == 3:
            raise KeyboardInterrupt
        return read(self, variant, question)

    variants = build_readers(model)[:2]
    with monkeypatch.context() as patch:
        patch.setattr(reader_bench.ReaderBench, "_read", stop)
        with pytest.raises(KeyboardInterrupt):
            compare_variants(variants, build_trials(), Settings(), thresholds=Thresholds(), out=tmp_path)
    kept = read_rows(tmp_path)
    assert [row["key"] for row in kept][2:] == calls[:2]
    done = compare_variants(variants, build_trials(), Settings(), thresholds=Thresholds(), out=tmp_path)
    assert list(done.rows[:4]) == kept
    assert len(tasks) == 2  # memory was measured once
    again = compare_variants(variants, build_trials(), Settings(), thresholds=Thresholds(max_loss=100.0), out=tmp_path)
    assert again.rows == done.rows
    with pytest.raises(DatasetError, match="holds a run of other settings"):
        compare_variants(variants, build_trials(limit=2), Settings(), thresholds=Thresholds(), out=tmp_path)


def test_embedders_search_the_same_windows(tasks: list[dict], tmp_path: Path) -> None:
    whole = Variant("全部", "embedder", EMBEDDER)
    variants = [whole, replace(whole, name="短い", dimensions=2), replace(whole, name="近似", index="approximate")]
    report = compare_variants(variants, build_trials(), Settings(), thresholds=Thresholds(), out=tmp_path)
    rows = {(row["variant"], row["question"]): row for row in report.rows}
    assert [rows["全部", f"q{n}"]["hybrid@1"] for n in range(3)] == [1.0, 1.0, 1.0]
    # All clusters of so few windows are searched, and hits are put in order exactly.
    assert [rows["近似", f"q{n}"]["dense_rank"] for n in range(3)] == [
        rows["全部", f"q{n}"]["dense_rank"] for n in range(3)
    ]
    sizes = [rows[name, None]["vectors_mib"] * 2**20 for name in ("全部", "短い", "近似")]
    assert sizes == [3 * 384 * 2, 3 * 2 * 2, 3 * 384]
    assert [len(task["texts"]) for task in tasks] == [3, 3, 3]
    with pytest.raises(ConfigError, match=r"variant 長い: dimensions is 384; expected 1 to 383"):
        compare_variants(
            [whole, replace(whole, name="長い", dimensions=384)],
            build_trials(),
            Settings(),
            thresholds=Thresholds(),
            out=tmp_path / "other",
        )


def test_a_process_of_its_own_tells_its_memory(model: str) -> None:
    task = {
        "kind": "reader",
        "model": model,
        "precision": "int8",
        "inputs": [["休暇は何日か", [["d", 0, 9, TEXTS[0], 1.0]]]],
    }
    found = measure_footprint(task)
    assert found.peak is None or found.peak > 100 * 2**20
    assert 10_000 < found.weights < 100_000
    with pytest.raises(ModelError, match="the process that measures its memory failed with 1"):
        measure_footprint({**task, "model": "/nowhere"})


def test_what_cannot_be_compared_is_said(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = build_readers(model)
    unanswerable = Dataset({}, (Question("q", "d", "何か", ()),))
    with pytest.raises(DatasetError, match="none of the questions has an answer"):
        choose_questions(Trials(unanswerable, whole=True, importance=unanswerable, limit=3))
    with pytest.raises(ConfigError, match="metric is 'bleu'; expected one of f1, exact_match for a reader"):
        compare_variants(variants, build_trials(), Settings(), thresholds=Thresholds(), metric="bleu", out=tmp_path)
    monkeypatch.setattr(quantization, "computes_in_half", lambda device: False)
    half = replace(variants[0], name="半分", precision="bf16")
    assert [is_possible(each) for each in (variants[0], half)] == [True, False]
    with pytest.raises(ModelError, match="leave this variant out here"):
        compare_variants([variants[0], half], build_trials(), Settings(), thresholds=Thresholds(), out=tmp_path)


def test_questions_are_spread_evenly() -> None:
    dataset = build_dataset()
    many = Dataset(dataset.documents, tuple(replace(dataset.questions[0], id=str(n)) for n in range(10)))
    chosen = choose_questions(Trials(many, whole=True, importance=many, limit=3))
    assert [question.id for question in chosen] == ["0", "3", "6"]


@pytest.mark.parametrize(
    ("outcomes", "recommended"),
    [
        ([("a", "may", 1.2, 1.1, 1.0), ("b", "may", 1.6, 1.5, 1.0), ("c", "may_not", 3.0, 2.9, 1.0)], "b"),
        ([("a", "may", 1.0, 0.9, 2.0), ("b", "may", 1.0, 0.9, 4.0), ("c", "undecided", 1.5, 1.4, 9.0)], "b"),
        ([("a", "undecided", 1.6, 1.5, 1.0), ("b", "may", 0.5, 0.4, 1.0)], "基準"),
    ],
)
def test_the_recommended_one_keeps_the_thresholds_and_costs_least(
    outcomes: list[tuple[str, str, float, float, float]], recommended: str
) -> None:
    base = Variant("基準", "reader", "m")
    judge = Judge([base, *(replace(base, name=name) for name, *_ in outcomes)], Thresholds(), "f1")
    listed = [
        Outcome(
            replace(base, name=name),
            Gap(Interval(0, 0, 0), Interval(speed, low, 2 * speed - low), shrink, 1.0, 500),
            Verdict(outcome, "", ""),  # type: ignore[arg-type]
        )
        for name, outcome, speed, low, shrink in outcomes
    ]
    assert judge.recommend(listed) == recommended


def test_the_more_comparisons_the_wider_the_intervals() -> None:
    base = Variant("基準", "reader", "m")
    assert Judge([base, base], Thresholds(), "f1").level == pytest.approx(0.95)
    assert Judge([base] * 6, Thresholds(), "f1").level == pytest.approx(0.99)
