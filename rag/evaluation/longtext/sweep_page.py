"""What a sweep shows: cost beside quality, what each setting gains, and which one to take."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rag.evaluation.budget import BUDGET
from rag.evaluation.experiment.difference import Difference
from rag.evaluation.experiment.measure import Kind, Measure
from rag.evaluation.experiment.pictures import Dot, draw_heat_map, draw_trade
from rag.evaluation.experiment.presentation import Cell, Picture, Presentation, Table
from rag.evaluation.longtext.sweep_choice import QUALITY, adjust, choose_best, compare
from rag.evaluation.longtext.sweep_grid import FACTORS, SweepSetting
from rag.evaluation.rows import Row

NOTE = (
    f"答えが初めの 5 件にある割合（R@5）、初めの {BUDGET:,} 文字にある割合（R@{BUDGET:,}字。重なりも二度数える）。"
    "区間は設問ごとの再標本（95 %）。/ Share of questions whose answer lies whole in the first five hits, and in the "
    f"first {BUDGET:,} characters of the hits."
)
MILLISECONDS = 1000


def present_sweep(rows: Sequence[Row], *, plan: Sequence[SweepSetting], characters: int, seed: int) -> Presentation:
    """Show a whole sweep.

    Args:
        rows: Of the sweep.
        plan: Its settings, the default first.
        characters: Of all documents.
        seed: Of the signs that are flipped for probabilities.
    """
    default = plan[0]
    choice = choose_best(plan, rows, seed=seed)
    return Presentation(
        title="窓の比較 / Window sweep",
        note=f"文書 {characters:,} 文字、既定 {default.label}。{NOTE}",
        tables=[_tabulate_quality(plan, rows), _tabulate_cost(plan), _tabulate_gains(plan, rows, seed=seed)],
        pictures=_draw(plan, rows),
        figures={
            **_name_figures("default", default),
            **({} if choice.setting == default else _name_figures("best", choice.setting)),
        },
        findings={
            "default": default.label,
            "recommended": choice.setting.label,
            "recommended_settings": choice.setting.where,
            "verdict": choice.describe(default),
        },
    )


def present_confirmation(
    rows: Sequence[Row], *, plan: Sequence[SweepSetting], characters: int, seed: int
) -> Presentation:
    """Show the best setting and the default on other questions; arguments as those of `present_sweep`."""
    default, best = plan
    return Presentation(
        title="選ぶのに使っていない設問での確認 / Confirmation on other questions",
        note=f"文書 {characters:,} 文字、既定 {default.label}、選ばれた設定 {best.label}。{NOTE}",
        tables=[_tabulate_quality(plan, rows), _tabulate_cost(plan), _tabulate_gains(plan, rows, seed=seed)],
        figures={
            **_name_figures("default", default),
            **_name_figures("best", best),
            "gain": compare(best, default),
        },
        findings={"verdict": _judge_confirmation(rows, best, default)},
    )


def _judge_confirmation(rows: Sequence[Row], best: SweepSetting, default: SweepSetting) -> str:
    gain = compare(best, default).interval(rows)
    if gain is None or gain.low == gain.high == 0.0:
        return f"{best.label}：どの設問でも差がない / no question differs, nothing is confirmed"
    words = "確かめられた / confirmed" if gain.low > 0 else "確かめられない / not confirmed"
    return f"{best.label}：{QUALITY} {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] {words}"


def _name_figures(name: str, setting: SweepSetting) -> dict[str, Measure]:
    return {
        f"{name} recall_5": Measure("recall_5", setting.where),
        f"{name} {QUALITY}": Measure(QUALITY, setting.where),
        f"{name} vectors": _cost("vectors", setting),
        f"{name} seconds": _seconds(setting),
    }


def _cost(column: str, setting: SweepSetting) -> Measure:
    return Measure(column, {"windows": str(setting.windowing)})


def _seconds(setting: SweepSetting, *, kind: Kind = "median", scale: float = 1.0) -> Measure:
    return Measure("seconds", setting.where, kind=kind, scale=scale)


def _density(setting: SweepSetting) -> Measure:
    return _cost("vectors_per_1000", setting)


def _milliseconds(setting: SweepSetting) -> Measure:
    return _seconds(setting, scale=MILLISECONDS)


def _was_read(rows: Sequence[Row]) -> bool:
    return any(row.get("f1") is not None for row in rows)


def _tabulate_quality(plan: Sequence[SweepSetting], rows: Sequence[Row]) -> Table:
    columns = {"R@1": "recall_1", "R@5": "recall_5", f"R@{BUDGET:,}字": QUALITY}
    if _was_read(rows):
        columns |= {"F1": "f1", "完全一致": "exact", "読んだ箇所にある": "held"}
    lines: list[Sequence[Cell]] = [
        [setting.label, *(Measure(column, setting.where) for column in columns.values())] for setting in plan
    ]
    return Table("質 / quality", ["設定", *columns], lines, note="いちばん上が既定です。", intervals=True)


def _tabulate_cost(plan: Sequence[SweepSetting]) -> Table:
    head = ["設定", "ベクトル", "1,000 字あたり", "MB", "取り込み（秒）", "1 問の中央値（ミリ秒）", "95 %"]
    lines: list[Sequence[Cell]] = [
        [
            setting.label,
            *(_cost(name, setting) for name in ("vectors", "vectors_per_1000", "megabytes", "ingest_seconds")),
            _milliseconds(setting),
            _seconds(setting, kind="p95", scale=MILLISECONDS),
        ]
        for setting in plan
    ]
    note = "取り込みはモデルの読み込みを除く時計の時間、MB は文書庫のファイル全部。ほかの仕事で混んだ機械では延びます。"
    return Table("費用 / cost", head, lines, note=note, digits=2)


def _tabulate_gains(plan: Sequence[SweepSetting], rows: Sequence[Row], *, seed: int) -> Table:
    default = plan[0]
    columns = ["recall_5", QUALITY, *(["f1"] if _was_read(rows) else [])]
    names = {"recall_5": "R@5 の差", QUALITY: f"R@{BUDGET:,}字の差", "f1": "F1 の差"}
    probabilities = adjust(plan, rows, seed=seed)
    lines: list[Sequence[Cell]] = []
    for setting in plan[1:]:
        gains: list[Difference] = [compare(setting, default, column) for column in columns]
        lines.append([setting.label, *gains, f"{probabilities[setting]:.3f}"])
    note = (
        f"設問ごとに対にした、既定（{default.label}）との差。p は R@{BUDGET:,}字の差が偶然でも出る確率で、"
        f"符号を無作為に返す検定を {len(lines)} 通りの比較ぶん Holm で補正したもの。"
    )
    head = ["設定", *(names[column] for column in columns), "p（Holm）"]
    return Table("既定との差 / gain over the default", head, lines, note=note, intervals=True)


def _draw(plan: Sequence[SweepSetting], rows: Sequence[Row]) -> list[Picture]:
    pictures = []
    for name, title, x_label, cost in (
        ("vectors", "ベクトルの数と質", "1,000 字あたりのベクトル", _density),
        ("seconds", "1 問の時間と質", "1 問の中央値（ミリ秒）", _milliseconds),
    ):
        dots = [
            Dot(setting.label, x, y, group=setting.factor)
            for setting in plan
            if (x := cost(setting).compute(rows)) is not None
            and (y := Measure(QUALITY, setting.where).compute(rows)) is not None
        ]
        draw = partial(draw_trade, dots, title=title, x_label=x_label, y_label=f"R@{BUDGET:,}字", groups=FACTORS)
        note = "線は、費用でも質でもほかに負けない設定をつないだもの（名前付き）。"
        pictures.append(Picture(name, title, draw, note=note))
    return [*pictures, *_draw_plane(plan, rows)]


def _draw_plane(plan: Sequence[SweepSetting], rows: Sequence[Row]) -> list[Picture]:
    """Draw size against stride where there is a plane of them."""
    plane = {
        (setting.windowing.size, setting.windowing.stride / setting.windowing.size): setting
        for setting in plan
        if setting.factor == 0
    }
    sizes = sorted({size for size, _ in plane})
    shares = sorted({share for _, share in plane})
    if len(sizes) < 2 or len(shares) < 2:
        return []
    values = [
        [
            Measure(QUALITY, plane[size, share].where).compute(rows) if (size, share) in plane else None
            for share in shares
        ]
        for size in sizes
    ]
    found = [value for line in values for value in line if value is not None]
    draw = partial(
        draw_heat_map,
        values,
        rows=[str(size) for size in sizes],
        columns=[f"{share:g}" for share in shares],
        title=f"大きさとずらし幅：R@{BUDGET:,}字",
        row_label="大きさ",
        column_label="ずらし幅 ÷ 大きさ",
        lowest=min(found, default=0.0) - 0.02,
        highest=max(found, default=1.0) + 0.02,
        form="{:.3f}",
    )
    return [Picture("plane", "大きさとずらし幅", draw)]
