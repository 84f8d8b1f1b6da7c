import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import DatasetError
from rag.evaluation.experiment.experiment import Experiment, choose_folder, run_experiment
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.page import build_page
from rag.evaluation.experiment.pictures import draw_heat_map
from rag.evaluation.experiment.presentation import Picture, Presentation, Table
from rag.evaluation.experiment.run_folder import RunFolder, read_rows
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.rows import Row

DEPTHS = (0, 50, 100)
ROOT = Path(__file__).parents[3]


def present(rows: Sequence[Row]) -> Presentation:
    cells = [Measure("found", {"depth": depth}) for depth in DEPTHS]
    return Presentation(
        title="深さと再現率 <試験>",
        note="",
        tables=[Table("再現率", ["条件", *map(str, DEPTHS)], [["全体", *cells]], digits=2)],
        pictures=[
            Picture(
                "depth",
                "深さ",
                lambda: draw_heat_map(
                    [[cell.compute(rows) for cell in cells]],
                    rows=["全体"],
                    columns=[str(depth) for depth in DEPTHS],
                    title="深さ",
                    row_label="条件",
                    column_label="深さ（％）",
                ),
            )
        ],
        figures={"recall": Measure("found")},
        findings={"best": "50"},
    )


def build(ran: list[str], *, broken: str = "", settings: dict[str, object] | None = None) -> Experiment:
    def measure(key: str, depth: int, found: bool) -> Callable[[], Row]:
        def run() -> Row:
            if key == broken:
                raise KeyboardInterrupt
            ran.append(key)
            return {"question": key.partition("/")[0], "depth": depth, "found": found}

        return run

    trials = [
        Trial(f"{question}/{depth}", measure(f"{question}/{depth}", depth, depth == 50 or question == "二"))
        for question in ("一", "二")
        for depth in DEPTHS
    ]
    return Experiment("needle", settings or {"seed": 0}, trials, present)


def test_figures_come_from_the_rows_and_are_written_with_what_they_depend_on(tmp_path: Path) -> None:
    report = run_experiment(build([]), out=tmp_path / "run")
    assert report.figures == {"recall": pytest.approx(4 / 6), "n": 6}
    assert report.findings == {"best": "50"}
    content = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert content["settings"] == {"kind": "needle", "seed": 0}
    assert content["figures"]["recall"] == pytest.approx(4 / 6)
    assert content["environment"]["versions"]["torch"]
    assert read_rows(tmp_path / "run") == list(report.rows)
    assert (tmp_path / "run" / "depth.png").read_bytes().startswith(b"\x89PNG")


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    ran: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run_experiment(build(ran, broken="一/100"), out=tmp_path / "run")
    assert ran == ["一/0", "一/50"]
    told: list[tuple[int, int]] = []
    report = run_experiment(build(ran), out=tmp_path / "run", progress=lambda done, total: told.append((done, total)))
    assert ran == ["一/0", "一/50", "一/100", "二/0", "二/50", "二/100"]
    assert told == [(2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]
    assert [row["key"] for row in report.rows] == ran


def test_files_stand_in_the_folder_before_the_first_trial(tmp_path: Path) -> None:
    experiment = replace(build([], broken="一/0"), files={"questions.jsonl": "{}\n"})
    with pytest.raises(KeyboardInterrupt):
        run_experiment(experiment, out=tmp_path / "run")
    assert (tmp_path / "run" / "questions.jsonl").read_text(encoding="utf-8") == "{}\n"


def test_a_row_that_was_cut_off_is_measured_again(tmp_path: Path) -> None:
    run_experiment(build([]), out=tmp_path / "run")
    path = tmp_path / "run" / "rows.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    ran: list[str] = []
    assert run_experiment(build(ran), out=tmp_path / "run").figures["n"] == 6
    assert ran == ["二/100"]


def test_rows_hold_any_text(tmp_path: Path) -> None:
    row = {"key": "一", "text": "改\u2028行\u0085の\n印"}
    with RunFolder.open(tmp_path, settings={}) as folder:
        folder.append("一", {"text": row["text"]})
    assert read_rows(tmp_path) == [row]


def test_a_folder_of_other_settings_is_refused_and_both_are_named(tmp_path: Path) -> None:
    run_experiment(build([]), out=tmp_path / "run")
    with pytest.raises(DatasetError, match=r"seed: there 0, now 1.*--out"):
        run_experiment(build([], settings={"seed": 1}), out=tmp_path / "run")


def test_equal_settings_find_their_folder_again() -> None:
    one, same, other = build([]), build([]), build([], settings={"seed": 1})
    assert choose_folder(one, None) == choose_folder(same, None) != choose_folder(other, None)
    assert choose_folder(one, Path("there")) == Path("there")


def test_keys_must_differ(tmp_path: Path) -> None:
    trials = [Trial("一", dict), Trial("一", dict)]
    with pytest.raises(DatasetError, match="2 trials with 1 keys"):
        run_experiment(Experiment("needle", {}, trials, present), out=tmp_path / "run")


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(DatasetError, match="what JSON can hold"),
        RunFolder.open(tmp_path, settings={"seed": float("nan")}),
    ):
        pass


def test_a_folder_that_is_written_is_refused_until_it_is_free(tmp_path: Path) -> None:
    ran: list[str] = []
    with (
        RunFolder.open(tmp_path / "run", settings={"kind": "needle", "seed": 0}),
        pytest.raises(DatasetError, match=r"another run is writing its rows there.*--out"),
    ):
        run_experiment(build(ran), out=tmp_path / "run")
    assert ran == []
    assert run_experiment(build(ran), out=tmp_path / "run").figures["n"] == 6


HOLDER = """
import sys
from pathlib import Path
from rag.evaluation.experiment.run_folder import RunFolder
with RunFolder.open(Path(sys.argv[1]), settings={"kind": "needle", "seed": 0}) as folder:
    print("ready", flush=True)
    sys.stdin.readline()
"""


def test_a_killed_run_leaves_its_folder_free(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        with pytest.raises(DatasetError, match="another run is writing"):
            run_experiment(build([]), out=path)
        holder.kill()
    ran: list[str] = []
    run_experiment(build(ran), out=path)
    assert len(read_rows(path)) == len(ran) == 6


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"file/run: cannot be used \(Not a directory\)"):
        run_experiment(build([]), out=tmp_path / "file" / "run")


def test_without_the_package_that_draws_the_run_is_kept_and_drawn_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "matplotlib_fontja", None)
        report = run_experiment(build([]), out=tmp_path / "run")
    assert "pip install 'manazashi[plot]'" in str(report.findings["図なし / no pictures"])
    assert (report.figures["n"], report.findings["best"]) == (6, "50")
    assert "data:image/png" not in (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    ran: list[str] = []
    assert run_experiment(build(ran), out=tmp_path / "run").findings == {"best": "50"}
    assert ran == []
    assert "data:image/png" in (tmp_path / "run" / "index.html").read_text(encoding="utf-8")


def test_the_page_holds_the_rows_and_no_markup_of_the_data(tmp_path: Path) -> None:
    run_experiment(build([]), out=tmp_path / "run")
    page = (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    assert "深さと再現率 &lt;試験&gt;" in page
    assert page.count("<button") == 3
    assert "0.50</button>" in page
    assert "1.00</button>" in page
    assert 'src="data:image/png;base64,' in page


def test_long_texts_are_marked_to_take_several_lines() -> None:
    long = "水門を閉める人は誰かという長い問い"
    shown = Presentation("題", "", tables=[Table("表", ["問", "答"], [[long, "班長"], ["短い", long]])])
    page = build_page(shown, rows=[], run={}, pictures={})
    assert f'<th scope="row" class="text">{long}</th><td>班長</td>' in page
    assert f'<th scope="row">短い</th><td class="text">{long}</td>' in page


def test_counts_are_whole_numbers() -> None:
    count = Measure("found", kind="count")
    page = build_page(
        Presentation("題", "", tables=[Table("表", [""], [["数", count]])]), rows=[{"found": 1}], run={}, pictures={}
    )
    assert ">1</button>" in page
