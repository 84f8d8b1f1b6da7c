from rag.evaluation.experiment.pictures import (
    Bars,
    Dot,
    Line,
    draw_bars,
    draw_heat_map,
    draw_lines,
    draw_scatter,
    draw_trade,
    find_border,
    japanese_text,
)
from rag.evaluation.metrics import Interval


def test_the_border_holds_what_nothing_beats() -> None:
    dots = [Dot("安", 1, 0.5), Dot("無駄", 2, 0.4), Dot("良", 3, 0.9), Dot("同じ値", 3, 0.8), Dot("高", 9, 0.9)]
    assert [dot.label for dot in find_border(dots)] == ["安", "良"]


def test_a_heat_map_writes_its_values_and_leaves_gaps() -> None:
    with japanese_text():
        figure = draw_heat_map(
            [[0.25, None]], rows=["千字"], columns=["0", "50"], title="針", row_label="長さ", column_label="深さ"
        )
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.25"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "50"]
    assert axes.get_ylabel() == "長さ"


def test_lines_keep_gaps_and_name_themselves() -> None:
    with japanese_text():
        figure = draw_lines(
            [Line("まとめて", [1, 2], [0.5, None]), Line("別々に", [1, 2], [0.4, 0.3], [0.3, 0.2], [0.5, 0.4])],
            title="数",
            x_label="箇所",
            y_label="F1",
        )
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["まとめて", "別々に"]
    assert axes.lines[1].get_ydata().tolist() == [0.4, 0.3]


def test_a_trade_names_the_border() -> None:
    with japanese_text():
        figure = draw_trade([Dot("安", 1, 0.5), Dot("無駄", 2, 0.4)], title="費用", x_label="秒", y_label="再現率")
    assert [text.get_text() for text in figure.axes[0].texts] == ["安"]


def test_bars_stand_beside_each_other_with_their_intervals() -> None:
    bars = [
        Bars("再現率", [Interval(0.5, 0.4, 0.7), Interval(0.9, 0.8, 1.0)]),
        Bars("F1", [None, Interval(0.6, 0.5, 0.7)]),
    ]
    with japanese_text():
        figure = draw_bars(bars, groups=["そのまま", "言い直す"], title="言い方", y_label="割合")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.90", "0.60"]
    assert [round(patch.get_height(), 2) for patch in axes.patches] == [0.5, 0.9, 0.6]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["そのまま", "言い直す"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["再現率", "F1"]


def test_a_scatter_names_every_dot() -> None:
    with japanese_text():
        figure = draw_scatter([Dot("語", 0.2, 0.5), Dot("意味", 0.1, 0.4)], title="順", x_label="人", y_label="作")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["語", "意味"]
    assert axes.collections[0].get_offsets().tolist() == [[0.2, 0.5], [0.1, 0.4]]
