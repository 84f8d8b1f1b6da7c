"""The steps of one head in plain words, each with its matrices and its check against the model."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from rag.attention.dissection import Dissection, Step
from rag.attention.experiment import Experiment
from rag.attention.projection import Projection
from rag.attention.softmax import AttentionTrace, Matrix
from rag.explanation.specimen import Specimen
from rag.ui.matrices import render_matrix
from rag.ui.words import Words, format_percent

MOST_TARGETS = 6
"""Tokens listed that the token in focus looks at."""


def render_tokens(specimen: Specimen, focus: int, words: Words) -> str:
    """Write the tokens as buttons that put one in focus; those of question and answer are told apart."""
    chips = "".join(
        f'<button type="button" class="{_classify(specimen, index)}" data-token="{index}"'
        f' aria-pressed="{str(index == focus).lower()}">{escape(token)}</button>'
        for index, token in enumerate(specimen.tokens)
    )
    count = escape(words["lab_tokens"].format(count=len(specimen.tokens)))
    return f'<h2>{count}</h2><p class="note">{escape(words["lab_tokens_hint"])}</p><div class="chips">{chips}</div>'


def render_steps(specimen: Specimen, dissection: Dissection, focus: int, words: Words) -> str:
    """Write all steps of a head, from the tokens' states to its output."""
    tokens, trace = specimen.tokens, dissection.trace
    size = trace.q.shape[1]

    def draw(matrix: Matrix, name: str, step: Step | None = None, *, square: bool = True) -> str:
        """Draw a matrix, tokens by tokens or tokens by features, with the check of its step below."""
        table = render_matrix(
            matrix,
            name=name,
            shape=words["lab_by_token" if square else "lab_by_feature"],
            rows=tokens,
            columns=tokens if square else None,
            focus=focus,
        )
        return f"<div>{table}{_render_check(dissection, step, words)}</div>"

    projections = (dissection.query, dissection.key, dissection.value)
    parts: tuple[tuple[Step, Matrix], ...] = (("q", trace.q), ("k", trace.k), ("v", trace.v))
    projected = "".join(
        draw(matrix, _write_formula(step, projection), step, square=False)
        for (step, matrix), projection in zip(parts, projections, strict=True)
    )
    state = "" if dissection.query is None else draw(dissection.query.x, "X", square=False)
    turned = words["lab_turned"] if dissection.turned else ""
    hidden = int((~dissection.visible).sum())
    factor = f"{1 / dissection.scaling:.4g}"
    divided = words["lab_scores_divided"].format(size=size, factor=factor)
    masked = words["lab_mask_text"].format(count=f"{hidden:,}") if hidden else words["lab_mask_none"]
    scores = draw(trace.scores, "Q Kᵀ", "scores")
    scaled = draw(trace.scaled, f"Q Kᵀ ÷ {factor}", "scaled")
    mask = draw(dissection.visible.astype(np.float64), "M") if hidden else ""
    gaze = _render_gaze(tokens, trace, focus, words)
    steps = (
        ("lab_x", words["lab_x_text" if state else "lab_x_missing"], state),
        ("lab_qkv", words["lab_qkv_text"].format(size=size) + turned, projected),
        ("lab_scores", words["lab_scores_text"] + divided, scores + scaled),
        ("lab_mask", masked, mask),
        ("lab_softmax", words["lab_softmax_text"], draw(trace.weights, "A = softmax", "weights") + gaze),
        ("lab_output", words["lab_output_text"], draw(trace.output, "A V", "output", square=False)),
    )
    title = words["lab_steps"].format(layer=dissection.layer + 1, head=dissection.head + 1)
    return f"<h2>{escape(title)}</h2>" + "".join(
        f'<section class="labstep"><h3><span class="number">{number}</span>{escape(words[key])}</h3>'
        f'<p>{escape(text)}</p><div class="beside">{content}</div></section>'
        for number, (key, text, content) in enumerate(steps, 1)
    )


def render_experiment(specimen: Specimen, experiment: Experiment | None, focus: int, words: Words) -> str:
    """Write what the changes did: the maps before and after, and how much became different."""
    if experiment is None:
        return f'<p class="note">{escape(words["lab_experiment_none"])}</p>'
    tokens = specimen.tokens
    sides = "".join(
        "<div>"
        + render_matrix(
            trace.weights,
            name=escape(words[key]),
            shape=words["lab_by_token"],
            rows=tokens,
            columns=tokens,
            focus=focus,
        )
        + f"{_render_gaze(tokens, trace, focus, words)}</div>"
        for key, trace in (("lab_before", experiment.before), ("lab_after", experiment.after))
    )
    said = [
        words["lab_moved"].format(share=format_percent(experiment.moved)),
        words["lab_entropy"].format(before=f"{experiment.entropy_before:.2f}", after=f"{experiment.entropy_after:.2f}"),
        words["lab_output_change"].format(share=format_percent(experiment.output_change)),
    ]
    changes = experiment.changes
    wanted = {
        "scaling": changes.without_scaling,
        "shared": changes.shared,
        "values": changes.swap_values,
    }
    meant = "".join(f"<p>{escape(words[f'lab_meaning_{name}'])}</p>" for name, chosen in wanted.items() if chosen)
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    return f'<div class="outcome"><ul>{items}</ul>{meant}</div><div class="beside">{sides}</div>'


def _classify(specimen: Specimen, index: int) -> str:
    if specimen.answer is not None and specimen.answer[0] <= index < specimen.answer[1]:
        return "chip answer"
    if specimen.question is not None and specimen.question[0] <= index < specimen.question[1]:
        return "chip question"
    return "chip special" if specimen.special[index] else "chip"


def _write_formula(step: Step, projection: Projection | None) -> str:
    letter = step.upper()
    if projection is None:
        return letter
    return f'{letter} = X W<sub>{step}</sub> + b <span class="shape">{_write_shape(projection)}</span>'


def _write_shape(projection: Projection) -> str:
    (tokens, features), (_, size) = projection.x.shape, projection.weight.shape
    return f"({tokens} × {features}) · ({features} × {size}) ="


def _render_check(dissection: Dissection, step: Step | None, words: Words) -> str:
    for check in dissection.checks:
        if check.step == step:
            kind, mark = ("passed", "✓") if check.passed else ("failed", "✗")
            text = escape(words["lab_check"].format(difference=f"{check.difference:.1e}"))
            return f'<p class="check {kind}" data-step="{step}"><b>{mark}</b> {text}</p>'
    return ""


def _render_gaze(tokens: Sequence[str], trace: AttentionTrace, focus: int, words: Words) -> str:
    """List where the token in focus looks most, with the numbers on the way there."""
    best = np.argsort(-trace.weights[focus], kind="stable")[:MOST_TARGETS].tolist()
    rows = "".join(
        f"<tr><th scope=row>{escape(tokens[index])}</th><td>{trace.scores[focus, index]:.2f}</td>"
        f"<td>{trace.scaled[focus, index]:.2f}</td><td>{format_percent(float(trace.weights[focus, index]))}</td>"
        f'<td><span class="bar"><span style="width:{trace.weights[focus, index]:.0%}"></span></span></td></tr>'
        for index in best
        if trace.weights[focus, index] > 0
    )
    heads = "".join(f"<th scope=col>{head}</th>" for head in ("Q Kᵀ", "Q Kᵀ ÷", "softmax"))
    title = escape(words["lab_looks"].format(token=tokens[focus]))
    return (
        f'<div class="looks gaze"><p>{title}</p><table><thead><tr><td></td>{heads}<td></td></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
