"""Runs of measurements as HTML: what they found, their questions and their page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.evaluation.experiment.run_folder import read_rows
from rag.evaluation.experiment.runs import Run
from rag.evaluation.own.self_test import KIND
from rag.evaluation.rows import Row
from rag.ui.words import Words

SHOWN = ("recall@1", "recall@5", "recall@10", "recall@2000c", "exact_match", "f1", "refused_wrongly", "refused_rightly")
"""Figures of a measurement by questions of one's own, in the order they are shown."""
PERCENT = frozenset({"exact_match", "f1"})
"""Figures that are percent already; all others are shares."""
NAMED = 3
"""Figures that a run is called by in the list."""
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">"
)


def name_run(run: Run) -> str:
    """Call a run by its kind, its end and its first figures."""
    figures = "　".join(f"{name} {value:.3g}" for name, value in list(run.figures.items())[:NAMED])
    return f"{run.kind}　{run.ended:%Y-%m-%d %H:%M}　{figures}"


def render_run(run: Run, words: Words) -> str:
    """Write the figures and questions of a run, where it is of a known kind, and its page."""
    own = f"{_render_figures(run, words)}{_render_questions(read_rows(run.path), words)}" if run.kind == KIND else ""
    title = escape(words["measure_page"])
    note = escape(words["measure_folder"].format(folder=run.path))
    return f'<div class="run">{own}<h2>{title}</h2><p class="note">{note}</p>{_render_page(run.page, title)}</div>'


def _render_page(page: str, title: str) -> str:
    """Write a page in a frame of its own, which may run its script and reach nothing."""
    guarded = escape(page.replace("<head>", f"<head>{_POLICY}", 1), quote=True)
    return f'<iframe class="run-page" title="{title}" sandbox="allow-scripts" srcdoc="{guarded}"></iframe>'


def _render_figures(run: Run, words: Words) -> str:
    items = "".join(
        f"<div><dt>{escape(words[f'figure_{name}'])}</dt><dd>{_write(name, run.figures[name])}</dd></div>"
        for name in SHOWN
        if name in run.figures
    )
    return f'<dl class="run-figures">{items}</dl>'


def _write(name: str, value: float) -> str:
    return f"{value if name in PERCENT else 100 * value:.1f} %"


def _render_questions(rows: Sequence[Row], words: Words) -> str:
    columns = ("question", "expected", "answer", "f1", "rank", "where")
    head = "".join(f'<th scope="col">{escape(words[f"measure_{column}"])}</th>' for column in columns)
    body = "".join(_render_question(row, words) for row in rows)
    return (
        f'<h2>{escape(words["measure_questions"].format(count=len(rows)))}</h2><div class="scroll">'
        f'<table class="run-questions"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _render_question(row: Row, words: Words) -> str:
    f1, rank = row.get("f1"), row.get("rank")
    right = (f1 is not None and float(str(f1)) >= 1) or (not row.get("answerable") and bool(row.get("refused")))
    where = f"{row.get('document')} [{row.get('start')}]" if row.get("answerable") else str(row.get("document"))
    cells = (
        str(row.get("expected") or words["measure_no_answer"]),
        str(row.get("prediction") or words["measure_refused"]),
        "–" if f1 is None else f"{float(str(f1)):.2f}",
        "–" if rank is None else str(rank),
        where,
    )
    return (
        f'<tr class="{"right" if right else "wrong"}"><th scope="row">{escape(str(row.get("question")))}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )
