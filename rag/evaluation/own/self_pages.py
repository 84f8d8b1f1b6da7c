"""What is shown of a library measured on its own questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rag.evaluation.experiment.measure import Measure, Value
from rag.evaluation.experiment.pictures import Line, draw_heat_map, draw_lines
from rag.evaluation.experiment.presentation import Cell, Picture, Presentation, Table
from rag.evaluation.own.outcome import RECALLS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rag.evaluation.rows import Row

PARTS = ("0–20 %", "20–40 %", "40–60 %", "60–80 %", "80–100 %")
"""Fifths of a document."""
KINDS = {
    "number": "数・量",
    "date": "日時",
    "person": "人",
    "place": "場所・部署",
    "term": "もの・こと",
    "condition": "場合",
    "reason": "理由",
}
READING = ("exact_match", "f1")
COLUMNS = (*RECALLS, *READING)
HEAD = ["", "再現率@1", "@5", "@10", "2,000 字以内", "完全一致", "F1", "設問"]


def present_self_test(rows: Sequence[Row]) -> Presentation:
    """Lay out tables, pictures and figures of a run."""
    documents = list(dict.fromkeys(str(row["document"]) for row in rows))
    kinds = [kind for kind in KINDS if any(row["asked_for"] == kind for row in rows)]
    tables = [
        Table("全体", HEAD, [_line("全体", {})], "検索は割合、読解は 0～1。[ ] は 95 % 区間。", intervals=True),
        Table("聞いていること", HEAD, [_line(KINDS[kind], {"asked_for": kind}) for kind in kinds]),
        Table("文書の中の位置", HEAD, [_line(part, {"place": part}) for part in PARTS]),
        Table("文書ごと", HEAD, [_line(name, {"document": name}) for name in documents]),
        _build_refusals(),
        _list_questions(rows),
    ]
    pictures = [
        Picture("kinds", "聞いていることごとの成績", lambda: _draw_kinds(rows, kinds)),
        Picture("places", "文書の中の位置と成績", lambda: _draw_places(rows)),
    ]
    return Presentation(
        title="文書庫の自己測定 / a library on its own questions",
        note="文書庫の文から作った設問で測った。設問は questions.jsonl にあり、直して --questions で使い直せる。"
        "作った設問は人の書いた設問より言葉が文に近い。設定どうしを比べるためのもので、値そのものは楽観的である。",
        tables=tables,
        pictures=pictures,
        figures={
            **{name: Measure(name) for name in RECALLS},
            **{name: Measure(name, scale=100) for name in READING},
            "refused_wrongly": Measure("refused", {"answerable": True}),
            "refused_rightly": Measure("refused", {"answerable": False}),
            "seconds_per_question": Measure("seconds"),
        },
    )


def _line(label: str, where: Mapping[str, Value]) -> list[Cell]:
    return [label, *(Measure(name, where) for name in COLUMNS), Measure("f1", where, kind="count")]


def _build_refusals() -> Table:
    return Table(
        "答えないこと",
        ["", "答えなかった割合", "設問"],
        [
            [
                label,
                Measure("refused", {"answerable": known}),
                Measure("refused", {"answerable": known}, kind="count"),
            ]
            for label, known in (("答えのある設問", True), ("答えのない設問", False))
        ],
    )


def _list_questions(rows: Sequence[Row]) -> Table:
    return Table(
        "設問",
        ["設問", "正解", "答え", "F1", "順位", "所在"],
        [
            [
                str(row["question"]),
                str(row["expected"] or "（答えなし）"),
                str(row["prediction"] or "（答えず）"),
                Measure("f1", {"key": str(row["key"])}),
                Measure("rank", {"key": str(row["key"])}),
                f"{row['document']} [{row['start']}]" if row["answerable"] else str(row["document"]),
            ]
            for row in rows
        ],
        "順位は、正解を丸ごと含む最初の窓のもの。",
        digits=2,
    )


def _draw_kinds(rows: Sequence[Row], kinds: Sequence[str]) -> Figure:
    return draw_heat_map(
        [[Measure(name, {"asked_for": kind}).compute(rows) for name in COLUMNS] for kind in kinds],
        rows=[
            f"{KINDS[kind]}（{Measure('f1', {'asked_for': kind}, kind='count').compute(rows) or 0:.0f}）"
            for kind in kinds
        ],
        columns=HEAD[1:-1],
        title="聞いていることごとの成績",
        row_label="聞いていること（設問）",
        column_label="",
    )


def _draw_places(rows: Sequence[Row]) -> Figure:
    middles = [10.0 + 20 * number for number in range(len(PARTS))]
    return draw_lines(
        [_trace(rows, label, name, middles) for label, name in (("再現率@5", "recall@5"), ("F1", "f1"))],
        title="文書の中の位置と成績（帯は 95 % 区間）",
        x_label="文書の中の位置（％）",
        y_label="割合",
    )


def _trace(rows: Sequence[Row], label: str, name: str, middles: Sequence[float]) -> Line:
    measures = [Measure(name, {"place": part}) for part in PARTS]
    bounds = [measure.interval(rows) for measure in measures]
    return Line(
        label,
        middles,
        [measure.compute(rows) for measure in measures],
        [None if each is None else each.low for each in bounds],
        [None if each is None else each.high for each in bounds],
    )
