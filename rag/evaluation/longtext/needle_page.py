"""What a needle test shows: maps of depth and length, tables, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rag.evaluation.budget import BUDGET
from rag.evaluation.experiment.measure import Kind, Measure, Value
from rag.evaluation.experiment.pictures import draw_heat_map
from rag.evaluation.experiment.presentation import Picture, Presentation, Table
from rag.evaluation.longtext.comparison import compare
from rag.evaluation.longtext.needle_grid import NeedleGrid
from rag.evaluation.rows import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISSING = "針なし"
NOTE = (
    "正解の段落（針）を、ほかの文書で作った干し草の文と文のあいだに隠し、その質問をしました。干し草には正解の語句がありません。"
    "「誤答」は、答えがあるのに違う答えを言ったか、針がないのに答えたものです。"
    "区間は設問を単位にした 95 % ブートストラップです。 / "
    "Gold passages (needles) hidden between sentences of other documents (hay), none of which holds the accepted "
    "answer. A false answer is a wrong one, or any where the needle is missing. Intervals: 95 % bootstrap over "
    "questions."
)
CONTRADICTIONS = (
    "似た偽の段落：正解を別の設問の同じ種類の語句に替え、質問と共通の語があればそれも替えたもの（別の話題）。共通の語がなければ、"
    "同じことについて違う値を言うので（矛盾）、文章だけからはどちらが正しいか決まりません。"
    "「釣られた」は偽の値を答えた割合です。 / "
    "Near-duplicates state another answer of the same kind, about another subject where one could be replaced; else "
    "they contradict the needle, and the text alone cannot decide. “Misled” is the share that gave the false value."
)


@dataclass(frozen=True, slots=True)
class _Map:
    """One heat map: a column of the rows over depth and length; `note` is its title in English."""

    name: str
    column: str
    title: str
    note: str
    kind: Kind = "mean"
    good_is_high: bool = True
    with_absent: bool = False
    bounded: bool = True


MAPS = (
    _Map(
        "recall",
        "recall_5",
        "検索：正解の箇所が上位 5 窓にある割合（recall@5）",
        "search: share with the gold span in the first five windows",
    ),
    _Map("f1", "f1", "全体：答えの F1", "the whole: F1 of the answer"),
    _Map(
        "candidate_f1",
        "candidate_f1",
        "全体：保留しなければ答えていた最良候補の F1",
        "the whole: F1 of the best candidate, withheld or not",
    ),
    _Map(
        "false_answers",
        "false_answer",
        "全体：誤答の割合",
        "the whole: share of false answers",
        good_is_high=False,
        with_absent=True,
    ),
    _Map(
        "seconds",
        "seconds",
        "全体：一問にかかる秒数（中央値）",
        "the whole: median seconds a question",
        "median",
        good_is_high=False,
        bounded=False,
    ),
    _Map(
        "reader_f1",
        "reader_f1",
        "読解だけ：干し草をすべて読んだときの F1",
        "the reader alone on the whole haystack: F1",
    ),
    _Map(
        "reader_false_answers",
        "reader_false_answer",
        "読解だけ：誤答の割合",
        "the reader alone: share of false answers",
        good_is_high=False,
        with_absent=True,
    ),
)


def present_needle(rows: Sequence[Row], *, grid: NeedleGrid) -> Presentation:
    """Make tables, maps and findings of the rows of a needle test."""
    read = [length for length in grid.lengths if _measure("reader_f1", length=length).compute(rows) is not None]
    tables = [_tabulate_whole(grid.lengths), *(_tabulate_depth(each, grid) for each in MAPS[:4])]
    if read:
        tables.insert(1, _tabulate_reader(read))
    if any(row["condition"] == "distractors" for row in rows):
        tables.append(_tabulate_distractors(rows, grid.lengths))
    pictures = [
        Picture(each.name, each.title, partial(_draw, each, rows, grid), note=f"/ {each.note}")
        for each in MAPS
        if read or not each.column.startswith("reader_")
    ]
    return Presentation(
        title="干し草のなかの針：長さと深さ / needle in a haystack: length and depth",
        note=NOTE,
        tables=tables,
        pictures=pictures,
        figures=_list_figures(rows, grid.lengths, read),
        findings=find_findings(rows, grid),
    )


def _measure(
    column: str,
    *,
    condition: str = "plain",
    length: int | None = None,
    depth: int | None = None,
    kind: Kind = "mean",
    relation: str | None = None,
) -> Measure:
    where: dict[str, Value] = {"condition": condition}
    given: Mapping[str, Value] = {"length": length, "depth": depth, "relation": relation}
    where.update({name: value for name, value in given.items() if value is not None})
    return Measure(column, where, kind, unit="question")


def _write(length: int) -> str:
    return f"{length:,} 字"


def _tabulate_whole(lengths: Sequence[int]) -> Table:
    return Table(
        "長さごと：検索と全体 / by length: search and the whole",
        [
            "長さ",
            "recall@5",
            f"recall@{BUDGET}c",
            "F1",
            "候補の F1",
            "完全一致",
            "誤った保留",
            "誤答",
            f"{MISSING}：誤答",
            "秒（中央値）",
        ],
        [
            [
                _write(length),
                *(
                    _measure(column, length=length)
                    for column in (
                        "recall_5",
                        f"recall_{BUDGET}c",
                        "f1",
                        "candidate_f1",
                        "exact",
                        "refused",
                        "false_answer",
                    )
                ),
                _measure("false_answer", condition="absent", length=length),
                _measure("seconds", length=length, kind="median"),
            ]
            for length in lengths
        ],
        note="深さはすべて合わせたもの / all depths together",
        digits=2,
        intervals=True,
    )


def _tabulate_reader(lengths: Sequence[int]) -> Table:
    return Table(
        "長さごと：読解だけ / by length: the reader alone on the whole haystack",
        ["長さ", "F1", "完全一致", "誤った保留", "誤答", f"{MISSING}：誤答", "秒（中央値）"],
        [
            [
                _write(length),
                *(_measure(f"reader_{name}", length=length) for name in ("f1", "exact", "refused", "false_answer")),
                _measure("reader_false_answer", condition="absent", length=length),
                _measure("reader_seconds", length=length, kind="median"),
            ]
            for length in lengths
        ],
        digits=2,
        intervals=True,
    )


def _tabulate_depth(each: _Map, grid: NeedleGrid) -> Table:
    return Table(
        f"深さと長さ：{each.title} / {each.note}",
        ["長さ", *_head(each, grid)],
        [[_write(length), *_list_cells(each, length, grid)] for length in grid.lengths],
        digits=2,
        intervals=True,
    )


def _tabulate_distractors(rows: Sequence[Row], lengths: Sequence[int]) -> Table:
    columns = ("recall_5", "f1", "refused", "false_answer", "misled")
    lines: list[list[Measure | str]] = []
    for length in lengths:
        if _measure("f1", condition="distractors", length=length).compute(rows) is None:
            continue
        lines.append([f"{_write(length)}：なし", *(_measure(column, length=length) for column in columns)])
        for relation, label in (("other_subject", "別の話題"), ("contradiction", "矛盾")):
            cells = [_measure(column, condition="distractors", length=length, relation=relation) for column in columns]
            lines.append([f"{_write(length)}：{label}", *cells])
    return Table(
        "似た偽の段落があるとき / beside hard distractors",
        ["長さと偽の段落", "recall@5", "F1", "誤った保留", "誤答", "釣られた"],
        lines,
        note=CONTRADICTIONS,
        digits=2,
        intervals=True,
    )


def _head(each: _Map, grid: NeedleGrid) -> list[str]:
    return [*(f"{depth} %" for depth in grid.depths), *([MISSING] if each.with_absent else [])]


def _list_cells(each: _Map, length: int, grid: NeedleGrid) -> list[Measure]:
    cells = [_measure(each.column, length=length, depth=depth, kind=each.kind) for depth in grid.depths]
    absent = [_measure(each.column, condition="absent", length=length, kind=each.kind)] if each.with_absent else []
    return cells + absent


def _draw(each: _Map, rows: Sequence[Row], grid: NeedleGrid) -> Figure:
    cells = {length: [cell.compute(rows) for cell in _list_cells(each, length, grid)] for length in grid.lengths}
    known = {length: values for length, values in cells.items() if any(value is not None for value in values)}
    highest = max((value for values in known.values() for value in values if value is not None), default=1.0)
    return draw_heat_map(
        list(known.values()),
        rows=[_write(length) for length in known],
        columns=_head(each, grid),
        title=each.title,
        row_label="干し草の長さ",
        column_label="針の深さ",
        highest=1.0 if each.bounded else highest or 1.0,
        good_is_high=each.good_is_high,
    )


def _list_figures(rows: Sequence[Row], lengths: Sequence[int], read: Sequence[int]) -> dict[str, Measure]:
    figures: dict[str, Measure] = {}
    for length in lengths:
        figures |= {
            f"recall@5 {length}": _measure("recall_5", length=length),
            f"recall@{BUDGET}c {length}": _measure(f"recall_{BUDGET}c", length=length),
            f"f1 {length}": _measure("f1", length=length),
            f"candidate_f1 {length}": _measure("candidate_f1", length=length),
            f"exact {length}": _measure("exact", length=length),
            f"wrongly_refused {length}": _measure("refused", length=length),
            f"false_answers_absent {length}": _measure("false_answer", condition="absent", length=length),
            f"seconds_p50 {length}": _measure("seconds", length=length, kind="median"),
        }
        if length in read:
            figures[f"reader_f1 {length}"] = _measure("reader_f1", length=length)
            figures[f"reader_false_answers_absent {length}"] = _measure(
                "reader_false_answer", condition="absent", length=length
            )
        if _measure("f1", condition="distractors", length=length).compute(rows) is not None:
            figures[f"f1_distractors {length}"] = _measure("f1", condition="distractors", length=length)
            figures[f"misled {length}"] = _measure("misled", condition="distractors", length=length)
    return figures


def find_findings(rows: Sequence[Row], grid: NeedleGrid) -> dict[str, object]:
    """Say in words what the rows show, with the figures: the effect of length, of depth, and of a missing needle."""
    findings: dict[str, object] = {}
    shortest, longest = min(grid.lengths), max(grid.lengths)
    for column, name in (("recall_5", "recall@5"), ("f1", "F1")):
        lengths = [(_write(length), [_measure(column, length=length)]) for length in (shortest, longest)]
        if shortest != longest and (compared := compare(rows, lengths[0], lengths[1])):
            findings[f"長さ {name} / length"] = compared
        ends = {min(grid.depths), max(grid.depths)}
        outer = [_measure(column, depth=depth) for depth in grid.depths if depth in ends]
        inner = [_measure(column, depth=depth) for depth in grid.depths if depth not in ends]
        if compared := compare(rows, ("両端", outer), ("あいだ", inner)):
            findings[f"深さ {name} / depth"] = compared
    answered = _measure("false_answer", condition="absent").interval(rows)
    if answered is not None:
        findings["針がないときの誤答 / answered without a needle"] = (
            f"{answered.mean:.0%} [{answered.low:.0%}, {answered.high:.0%}]"
        )
    return findings
