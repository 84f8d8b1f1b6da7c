"""Runs of measurements as the page shows them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from rag.evaluation.experiment.runs import Run
from rag.ui.runs import name_run, render_run
from rag.ui.words import Language, load_words

ENDED = datetime(2026, 4, 5, 6, 7)
ROWS = [
    {"key": "1", "question": "<b>綱</b>は何本ですか", "expected": "三本", "prediction": "三本", "f1": 1.0, "rank": 2}
    | {"document": "港", "start": 12, "answerable": True, "refused": False},
    {"key": "2", "question": "屋根は何色ですか", "expected": None, "prediction": "", "f1": None, "rank": None}
    | {"document": "港", "start": None, "answerable": False, "refused": True},
    {"key": "3", "question": "誰が閉めますか", "expected": "班長", "prediction": "守衛", "f1": 0.0, "rank": None}
    | {"document": "港", "start": 40, "answerable": True, "refused": False},
]
PAGE = "<!doctype html><html><head><title>x</title></head><body><script>alert('1 < \"2\"')</script></body></html>"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    return Run(tmp_path, "self", ENDED, {"recall@5": 0.75, "f1": 62.5, "refused_rightly": 1.0, "n": 3.0})


@pytest.mark.parametrize(("language", "label"), [("ja", "5 位までに答え"), ("en", "Answer in the first 5")])
def test_figures_and_questions_are_shown_as_text(run: Run, language: Language, label: str) -> None:
    shown = render_run(run, load_words(language))
    assert f"<dt>{label}</dt><dd>75.0 %</dd>" in shown
    assert "<dd>62.5 %</dd>" in shown
    assert "&lt;b&gt;綱&lt;/b&gt;は何本ですか" in shown
    assert "<td>三本</td><td>三本</td><td>1.00</td><td>2</td><td>港 [12]</td>" in shown
    assert [part.split('"')[0] for part in shown.split('<tr class="')[1:]] == ["right", "right", "wrong"]


def test_the_page_is_in_a_frame_that_reaches_nothing(run: Run) -> None:
    shown = render_run(run, load_words("ja"))
    assert shown.count("<iframe ") == 1
    frame = shown[shown.index("<iframe ") :]
    assert 'sandbox="allow-scripts" srcdoc="' in frame
    assert "<script>" not in frame
    assert "&lt;head&gt;&lt;meta http-equiv=&quot;Content-Security-Policy&quot;" in frame
    assert "alert(&#x27;1 &lt; &quot;2&quot;&#x27;)" in frame


def test_runs_of_other_kinds_are_shown_by_their_page(run: Run) -> None:
    other = Run(run.path, "needle", ENDED, {"recall": 0.5})
    shown = render_run(other, load_words("en"))
    assert "run-questions" not in shown
    assert "<iframe " in shown


def test_a_run_is_called_by_kind_end_and_figures(run: Run) -> None:
    assert name_run(run) == "self　2026-04-05 06:07　recall@5 0.75　f1 62.5　refused_rightly 1"
