"""Two runs side by side: paired differences, verdicts, thresholds and the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.errors import ArgumentError, DatasetError
from rag.evaluation.experiment.comparison import Comparison, compare_runs, describe_comparison, find_interval, load_run
from rag.evaluation.experiment.comparison_page import join_rows, write_comparison
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.presentation import Presentation
from rag.evaluation.experiment.run_folder import RunFolder
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.rows import Row

FIGURES = {
    "f1": Measure("f1", scale=100),
    "lexical f1": Measure("f1", {"mode": "lexical"}),
    "false": Measure("false_answer"),
    "median": Measure("f1", kind="median"),
    "seconds": Measure("seconds"),
}


def write_run(
    path: Path, values: Sequence[float], *, kind: str = "sweep", seconds: float = 1.0, prefix: str = "q"
) -> Path:
    def build(number: int, value: float) -> Trial:
        row: Row = {
            "f1": value,
            "mode": "lexical" if number % 2 else "dense",
            "false_answer": 1 - value,
            "seconds": seconds,
        }
        return Trial(f"{prefix}{number}", lambda: row)

    trials = [build(number, value) for number, value in enumerate(values)]
    experiment = Experiment(
        kind, {"size": len(values), "name": path.name}, trials, lambda rows: Presentation("", "", figures=FIGURES)
    )
    run_experiment(experiment, out=path)
    return path


def compare(tmp_path: Path, old: Sequence[float], new: Sequence[float], **options: object) -> Comparison:
    thresholds = options.pop("thresholds", None)
    before = load_run(write_run(tmp_path / "a", old))
    after = load_run(write_run(tmp_path / "b", new, **options))  # type: ignore[arg-type]
    return compare_runs(before, after, thresholds=thresholds)  # type: ignore[arg-type]


def test_a_figure_that_fell_for_nearly_all_rows_is_worse_and_fails(tmp_path: Path) -> None:
    comparison = compare(tmp_path, [1.0] * 20, [0.5] * 19 + [1.0], seconds=9.0)
    by_name = {each.name: each for each in comparison.differences}
    f1 = by_name["f1"]
    assert (f1.before, f1.after, f1.n, f1.verdict, f1.failed) == (100.0, 52.5, 20, "worse", True)
    assert f1.interval is not None
    assert -50 <= f1.interval.low < f1.interval.mean == pytest.approx(-47.5)
    assert f1.interval.mean < f1.interval.high < -40
    assert [change.key for change in f1.changes] == [f"q{number}" for number in range(19)]
    assert (f1.changes[0].before, f1.changes[0].after) == (1.0, 0.5)
    # More false answers are worse; a median is not tested, and neither is time.
    assert (by_name["false"].verdict, by_name["false"].low_is_good) == ("worse", True)
    assert (by_name["median"].verdict, by_name["median"].interval) == ("untested", None)
    assert (by_name["seconds"].verdict, by_name["seconds"].failed) == ("untested", False)
    assert by_name["lexical f1"].n == 10
    assert comparison.failed


def test_better_and_same_do_not_fail(tmp_path: Path) -> None:
    comparison = compare(tmp_path, [0.5] * 20, [1.0] * 20)
    assert {each.name: each.verdict for each in comparison.differences} == {
        "f1": "better", "lexical f1": "better", "false": "better", "median": "untested", "seconds": "untested",
    }  # fmt: skip
    assert not comparison.failed


def test_one_row_among_many_is_no_evidence(tmp_path: Path) -> None:
    comparison = compare(tmp_path, [1.0] * 20, [1.0] * 19 + [0.0])
    assert comparison.differences[0].verdict == "same"
    assert not comparison.failed


@pytest.mark.parametrize(
    ("limit", "failed"),
    [({"f1": 10.0}, False), ({"f1": 4.0}, True), ({"seconds": 0.5}, True), ({"seconds": 2.0}, False)],
)
def test_a_threshold_takes_the_place_of_the_test(tmp_path: Path, limit: dict[str, float], failed: bool) -> None:
    comparison = compare(tmp_path, [1.0] * 20, [1.0] * 19 + [0.0], seconds=2.0, thresholds=limit)
    assert comparison.failed == failed


def test_only_rows_with_a_common_key_count(tmp_path: Path) -> None:
    comparison = compare(tmp_path, [1.0, 1.0, 0.0], [1.0, 1.0])
    assert (comparison.shared, comparison.differences[0].before, comparison.differences[0].after) == (2, 100.0, 100.0)
    assert comparison.settings == {"size": (3, 2), "name": ("a", "b")}


def test_rows_of_one_group_are_drawn_together() -> None:
    gaps = [0.0, 0.0, 1.0, 1.0]
    apart = find_interval(gaps, ["a", "b", "c", "d"], level=0.8, seed=0)
    together = find_interval(gaps, ["a", "a", "b", "b"], level=0.8, seed=0)
    assert (apart.mean, apart.low, apart.high) == (0.5, 0.25, 0.75)
    assert (together.low, together.high) == (0.0, 1.0)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    before = load_run(write_run(tmp_path / "a", [1.0]))
    with pytest.raises(DatasetError, match=r"is a run of 'sweep', .* of 'needle'; expected two of one kind"):
        compare_runs(before, load_run(write_run(tmp_path / "b", [1.0], kind="needle")))
    with pytest.raises(DatasetError, match="have no row in common"):
        compare_runs(before, load_run(write_run(tmp_path / "c", [1.0], prefix="x")))
    with pytest.raises(ArgumentError, match=r"threshold f2=1: expected .* f1, lexical f1, false"):
        compare_runs(before, before, thresholds={"f2": 1.0})
    with pytest.raises(ArgumentError, match="threshold f1=-1: expected a number of at least 0"):
        compare_runs(before, before, thresholds={"f1": -1.0})


def test_a_run_that_was_stopped_is_refused(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "a", settings={}):
        pass
    with pytest.raises(DatasetError, match="did not come to its end; run the same command again"):
        load_run(tmp_path / "a")
    with pytest.raises(DatasetError, match="holds no run"):
        load_run(tmp_path / "b")


def test_a_run_reads_back_as_it_was_reported(tmp_path: Path) -> None:
    report = load_run(write_run(tmp_path / "a", [1.0, 0.0])).report
    assert report.figures == {
        "f1": 50.0, "lexical f1": 0.0, "false": 0.5, "median": 0.5, "seconds": 1.0, "n": 2,
    }  # fmt: skip
    assert report.folder == tmp_path / "a"


def test_the_page_traces_its_figures_to_the_rows_of_both_runs(tmp_path: Path) -> None:
    comparison = compare(tmp_path, [1.0] * 20, [0.5] * 20)
    rows = join_rows(comparison)
    assert [row["run"] for row in rows[:3]] == ["A", "B", "B − A"]
    assert [row["f1"] for row in rows[:3]] == [1.0, 0.5, -0.5]
    page = write_comparison(comparison, tmp_path / "out").read_text(encoding="utf-8")
    assert "許容を超えて悪化 / failed" in page
    assert "&quot;run&quot;: &quot;B − A&quot;" in page
    assert "変わった設問 / rows that changed: f1" in page


def test_json_holds_figures_and_the_rows_that_changed(tmp_path: Path) -> None:
    content = describe_comparison(compare(tmp_path, [1.0] * 20, [0.5] * 20))
    figures = content["figures"]
    assert isinstance(figures, dict)
    assert (content["kind"], content["failed"], content["shared_rows"]) == ("sweep", True, 20)
    assert (figures["f1"]["difference"], figures["f1"]["low"], figures["f1"]["verdict"]) == (-50.0, -50.0, "worse")
    assert figures["f1"]["changes"][0] == {"key": "q0", "before": 1.0, "after": 0.5}
