"""What a test of place and number shows: lines over both, tables, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rag.evaluation.experiment.measure import Kind, Measure, Value
from rag.evaluation.experiment.pictures import Line, draw_lines
from rag.evaluation.experiment.presentation import Picture, Presentation, Table
from rag.evaluation.longtext.comparison import compare
from rag.evaluation.longtext.position_grid import MANNERS, Manner, PositionGrid, choose_places
from rag.evaluation.rows import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTE = (
    "正解の段落を、実際の検索で上位の「正解を含まない箇所」のあいだに置いて読ませました。"
    "「まとめて」は入る限り一つの入力に詰め、検索の点数はどれも同じにしたもの（場所だけが違う）。"
    "「別々に」は一箇所ずつ読み、点数だけを合わせて正規化したもの（場所の区別がない）。"
    "「検索の順と点数で」は順番も点数も検索のまま。帯と区間は設問を単位にした 95 % ブートストラップです。 / "
    "The gold passage read among the best real hits that hold no accepted answer: jointly with equal scores of search, "
    "each passage by itself, and in the order and with the scores of search. Intervals: 95 % bootstrap over questions."
)
ALONE = (
    "。ほとんど一箇所ずつしか入らないので、「まとめて」は「別々に」と変わらない。"
    "--size を小さくすると何箇所かが一緒に入る / "
    "hardly two fit into one input, so that joint is separate: a smaller --size puts several together"
)
COMPANY = 1.2
"""Passages in the input of the gold one from which on reading is joint indeed."""
COLUMNS = {
    "f1": "F1",
    "exact": "完全一致",
    "refused": "誤った保留",
    "false_answer": "誤答",
    "candidate_f1": "最良候補の F1",
    "from_gold": "正解の段落から",
}
"""Columns of the rows that are shown; the last two are of the best candidate, whether it was given or not."""


def present_position(rows: Sequence[Row], *, grid: PositionGrid) -> Presentation:
    """Make tables, lines and findings of the rows of a test of place and number."""
    manners = [manner for manner in MANNERS if _measure("f1", manner).compute(rows) is not None]
    drawn: dict[str, tuple[str, Callable[[], Figure]]] = {}
    for column in ("f1", "candidate_f1", "refused"):
        drawn[f"place_{column}"] = (
            f"正解の段落の場所と{COLUMNS[column]} / {column} by place",
            partial(_draw_places, rows, column, grid),
        )
        drawn[f"number_{column}"] = (
            f"読む箇所の数と{COLUMNS[column]} / {column} by number of passages",
            partial(_draw_numbers, rows, column, grid, manners),
        )
    return Presentation(
        title="正解の場所と箇所の数 / place of the answer and number of passages",
        note=NOTE,
        tables=[_tabulate_numbers(manners, grid), *(_tabulate_places(column, grid) for column in COLUMNS)],
        pictures=[Picture(name, title, draw) for name, (title, draw) in drawn.items()],
        figures={
            f"{column} {manner} {k}": _measure(column, manner, k=k)
            for manner in manners
            for k in grid.numbers
            for column in ("f1", "exact", "refused", "candidate_f1")
        },
        findings=find_findings(rows, grid),
    )


def _measure(
    column: str, manner: Manner, *, k: int | None = None, place: int | None = None, kind: Kind = "mean"
) -> Measure:
    where: dict[str, Value] = {"manner": manner}
    if k is not None:
        where["k"] = k
    if place is not None:
        where["place"] = place
    return Measure(column, where, kind, unit="question")


def _tabulate_numbers(manners: Sequence[Manner], grid: PositionGrid) -> Table:
    return Table(
        "箇所の数と読み方 / by number and reading",
        ["箇所と読み方", *COLUMNS.values(), "入力の数", "正解の段落と同じ入力の箇所", "秒（中央値）"],
        [
            [
                f"{k} 箇所：{MANNERS[manner]}",
                *(_measure(column, manner, k=k) for column in COLUMNS),
                _measure("inputs", manner, k=k),
                _measure("beside", manner, k=k),
                _measure("seconds", manner, k=k, kind="median"),
            ]
            for k in grid.numbers
            for manner in manners
        ],
        note="「まとめて」は場所をすべて合わせたもの。「入力の数」は読解モデルに渡した入力の数の平均で、入りきらない箇所は次の入力に"
        "回ります / joint: all places together; inputs: mean number the passages took, for what does not fit goes into "
        "the next",
        digits=2,
        intervals=True,
    )


def _tabulate_places(column: str, grid: PositionGrid) -> Table:
    """Places stand in columns from the first to the last; what place that is depends on the number."""
    most = max(len(choose_places(k, most=grid.places)) for k in grid.numbers)
    rows: list[list[Measure | str | None]] = []
    for k in grid.numbers:
        places = choose_places(k, most=grid.places)
        cells: list[Measure | str | None] = [_measure(column, "joint", k=k, place=place) for place in places]
        rows.append([f"{k} 箇所（{'・'.join(map(str, places))}）", *cells, *[None] * (most - len(cells))])
    return Table(
        f"まとめて読むときの場所と{COLUMNS[column]} / joint reading by place",
        ["箇所の数（試した場所）", *(f"{number} つ目" for number in range(1, most + 1))],
        rows,
        digits=2,
        intervals=True,
    )


def _draw_places(rows: Sequence[Row], column: str, grid: PositionGrid) -> Figure:
    lines = []
    for k in grid.numbers:
        places = choose_places(k, most=grid.places)
        if len(places) > 1:
            lines.append(
                _build_line(f"{k} 箇所", places, [_measure(column, "joint", k=k, place=p) for p in places], rows)
            )
    return draw_lines(
        lines,
        title=f"まとめて読むとき：正解の段落の場所と{COLUMNS[column]}",
        x_label="場所（何番目か）",
        y_label=COLUMNS[column],
    )


def _draw_numbers(rows: Sequence[Row], column: str, grid: PositionGrid, manners: Sequence[Manner]) -> Figure:
    lines = [
        _build_line(MANNERS[manner], grid.numbers, [_measure(column, manner, k=k) for k in grid.numbers], rows)
        for manner in manners
    ]
    return draw_lines(lines, title=f"読む箇所の数と{COLUMNS[column]}", x_label="箇所の数", y_label=COLUMNS[column])


def _build_line(label: str, places: Sequence[int], cells: Sequence[Measure], rows: Sequence[Row]) -> Line:
    found = [cell.interval(rows) for cell in cells]
    return Line(
        label,
        list(places),
        [None if each is None else each.mean for each in found],
        [None if each is None else each.low for each in found],
        [None if each is None else each.high for each in found],
    )


def find_findings(rows: Sequence[Row], grid: PositionGrid) -> dict[str, object]:
    """Say in words what place and number do, with paired intervals."""
    findings: dict[str, object] = {}
    largest, smallest = max(grid.numbers), min(grid.numbers)
    places = choose_places(largest, most=grid.places)
    middle = places[len(places) // 2]

    def cell(column: str, manner: Manner = "joint", *, k: int, place: int | None = None) -> list[Measure]:
        return [_measure(column, manner, k=k, place=place)]

    for column in ("f1", "candidate_f1"):
        name = COLUMNS[column]
        first = (f"{largest} 箇所の 1 番目", cell(column, k=largest, place=1))
        together = (f"{largest} 箇所をまとめて", cell(column, k=largest))
        if len(places) > 1:
            last = (f"{largest} 番目", cell(column, k=largest, place=largest))
            findings[f"場所 {name} / place"] = compare(rows, first, last)
        if len(places) > 2:
            between = (f"{middle} 番目", cell(column, k=largest, place=middle))
            findings[f"中ほど {name} / middle"] = compare(rows, first, between)
        if largest != smallest:
            findings[f"数 {name} / number"] = compare(rows, (f"{smallest} 箇所", cell(column, k=smallest)), together)
        apart = ("別々に", cell(column, "separate", k=largest))
        findings[f"読み方 {name} / reading"] = compare(rows, together, apart)
    inputs, beside = (_measure(column, "joint", k=largest).compute(rows) for column in ("inputs", "beside"))
    if inputs is not None and beside is not None:
        findings["詰め方 / packing"] = (
            f"{largest} 箇所は平均 {inputs:.1f} 入力に分かれ、正解の段落の入力には自身を含め平均 {beside:.1f} 箇所 / "
            "mean inputs, and passages in that of the gold one" + (ALONE if beside < COMPANY else "")
        )
    return {name: text for name, text in findings.items() if text}
