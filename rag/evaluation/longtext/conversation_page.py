"""What a run of the conversation test shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rag.evaluation.budget import BUDGET
from rag.evaluation.experiment.measure import Measure
from rag.evaluation.experiment.pictures import Bars, draw_bars
from rag.evaluation.experiment.presentation import Picture, Presentation, Table
from rag.evaluation.metrics import Interval
from rag.evaluation.rows import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ASKED, CEILING = "asked", "standalone"
"""The strategies that others are measured against."""
BUDGET_COLUMN = f"recall@{BUDGET}c"
QUALITY = {"recall@1": "再現率@1", "recall@5": "再現率@5", BUDGET_COLUMN: f"再現率@{BUDGET:,}字", "f1": "F1"}
"""Columns of quality and what they are called on the page."""
KEPT, CHANGED = "kept", "changed"
"""Whether a question goes on with what the turns before it are about."""
GAINS = {name: f"{name}_gain" for name in QUALITY}
"""Columns of what a strategy gains over the question as asked."""


def present_conversation(rows: Sequence[Row], *, labels: Mapping[str, str]) -> Presentation:
    """Present the rows; `labels` are the names of the strategies on the page, in order."""
    present = [name for name in labels if any(row["strategy"] == name for row in rows)]
    figures = {
        f"{name} {column}": Measure(column, {"strategy": name, "topic": KEPT})
        for name in present
        for column in (*QUALITY, "milliseconds_rewriting", "seconds")
    }
    changes = any(row["topic"] == CHANGED for row in rows)
    if changes:
        figures |= {
            f"{name} {CHANGED} {column}": Measure(column, {"strategy": name, "topic": CHANGED})
            for name in present
            for column in QUALITY
        }
    return Presentation(
        title="会話の続きの質問 / follow-up questions",
        note=(
            "前のやりとりを受けた質問を、言い方を変えて同じ文書庫に尋ねた結果。角括弧は設問を引き直した 95 % 区間。"
            " / Follow-up questions asked in several ways; brackets are 95 % bootstrap intervals over questions."
        ),
        tables=[
            _build_quality(present, labels, topic=KEPT, title="質：前を受ける質問 / quality: follow-up questions"),
            *(
                [_build_quality(present, labels, topic=CHANGED, title="質：話題を変える質問 / quality: another topic")]
                if changes
                else []
            ),
            _build_gains(present, labels),
            _build_seconds(present, labels),
        ],
        pictures=[
            Picture(
                "conversation",
                "言い方ごとの再現率と F1",
                partial(_draw, rows, [(name, labels[name]) for name in present]),
                "線は 95 % 区間。",
            )
        ],
        figures=figures,
        findings=_find(rows, present, labels),
    )


def _build_quality(present: Sequence[str], labels: Mapping[str, str], *, topic: str, title: str) -> Table:
    return Table(
        title,
        ["言い方 / strategy", *QUALITY.values(), "完全一致", "回答なし"],
        [
            [
                labels[name],
                *(
                    Measure(column, {"strategy": name, "topic": topic})
                    for column in (*QUALITY, "exact_match", "refused")
                ),
            ]
            for name in present
        ],
        intervals=True,
    )


def _build_gains(present: Sequence[str], labels: Mapping[str, str]) -> Table:
    return Table(
        "そのまま尋ねた場合との差 / gain over asking as is",
        ["言い方 / strategy", *QUALITY.values()],
        [
            [labels[name], *(Measure(gain, {"strategy": name, "topic": KEPT}) for gain in GAINS.values())]
            for name in present
            if name != ASKED
        ],
        note="同じ設問どうしの差の平均。区間が 0 を含まなければ、偶然では説明しにくい。",
        intervals=True,
    )


def _build_seconds(present: Sequence[str], labels: Mapping[str, str]) -> Table:
    return Table(
        "時間 / latency",
        [
            "言い方 / strategy",
            "言い直し（ミリ秒、中央値）",
            "同（95 パーセンタイル）",
            "全体（秒、中央値）",
            "同（95 パーセンタイル）",
        ],
        [
            [
                labels[name],
                *(
                    Measure(column, {"strategy": name, "topic": KEPT}, kind=kind)
                    for column in ("milliseconds_rewriting", "seconds")
                    for kind in ("median", "p95")
                ),
            ]
            for name in present
        ],
    )


def _draw(rows: Sequence[Row], strategies: Sequence[tuple[str, str]]) -> Figure:
    bars = [
        Bars(QUALITY[column], [_measure(rows, name, column, topic=KEPT) for name, _ in strategies])
        for column in ("recall@1", "recall@5", "f1")
    ]
    if any(row["topic"] == CHANGED for row in rows):
        changed = [_measure(rows, name, "recall@5", topic=CHANGED) for name, _ in strategies]
        bars.append(Bars("再現率@5、話題を変える質問", changed))
    return draw_bars(bars, groups=[label for _, label in strategies], title="言い方ごとの再現率と F1", y_label="割合")


def _measure(rows: Sequence[Row], name: str, column: str, *, topic: str) -> Interval | None:
    return Measure(column, {"strategy": name, "topic": topic}).interval(rows)


def _find(rows: Sequence[Row], present: Sequence[str], labels: Mapping[str, str]) -> dict[str, object]:
    """Say which strategy finds most over both kinds of question, and what it gains for those that go on."""
    compared = [name for name in present if name not in (ASKED, CEILING)]
    topics = (KEPT, CHANGED)

    def rate(name: str) -> tuple[float, ...]:
        def measure(column: str) -> float:
            return sum(Measure(column, {"strategy": name, "topic": topic}).compute(rows) or 0 for topic in topics)

        return measure("recall@5"), measure("f1"), measure("recall@1")

    best = max(compared, key=rate)
    gain = Measure(GAINS["recall@5"], {"strategy": best, "topic": KEPT}).interval(rows)
    found: dict[str, object] = {"best": best}
    if gain is not None:
        found["gain"] = (
            f"{labels[best]}: 再現率@5 が {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] 変わる"
            f" / {best} changes recall@5 by {gain.mean:+.3f}"
        )
    return found
