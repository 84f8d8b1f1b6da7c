"""The `rag attention` command: one head of a model, step by step."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

import numpy as np

from rag.cli.steps import print_experiment, print_heads, print_steps
from rag.config.settings import Settings
from rag.models.shipped import locate_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.attention.dissection import Dissection
    from rag.attention.experiment import Experiment
    from rag.attention.heads import HeadProfile
    from rag.attention.projection import Projection
    from rag.attention.softmax import AttentionTrace
    from rag.explanation.specimen import Specimen


def show_attention(given: Namespace, settings: Settings) -> None:
    """Take a head apart for the text given and print every step, and what the changes asked for do to it."""
    from rag.attention.experiment import Changes
    from rag.explanation.laboratory import Laboratory

    laboratory = Laboratory.load(locate_model(given.model or settings.reader))
    specimen = laboratory.prepare(given.text, question=given.question)
    dissection = laboratory.dissect(specimen, layer=given.layer - 1, head=given.head - 1)
    changes = Changes(given.without_scaling, given.shared, given.swap_values)
    experiment = laboratory.experiment(specimen, dissection, changes) if changes else None
    profiles = laboratory.survey(specimen).profiles
    if given.json:
        described = _describe(specimen, dissection, experiment, profiles)
        print(json.dumps({"model": given.model or settings.reader, **described}, ensure_ascii=False))
        return
    print_heads(profiles)
    print_steps(specimen, dissection)
    if experiment is not None:
        print_experiment(specimen, experiment)


def _describe(
    specimen: Specimen, dissection: Dissection, experiment: Experiment | None, profiles: tuple[HeadProfile, ...]
) -> dict[str, object]:
    """Shape all numbers; layers and heads count from 1 as on the command line, a score that is masked is null."""
    return {
        "tokens": list(specimen.tokens),
        "ids": list(specimen.ids),
        "question": specimen.question,
        "answer": specimen.answer,
        "layer": dissection.layer + 1,
        "head": dissection.head + 1,
        "key_head": dissection.key_head + 1,
        "scaling": dissection.scaling,
        "turned": sorted(dissection.turned),
        "visible": dissection.visible.tolist(),
        "projections": {
            "q": _describe_projection(dissection.query),
            "k": _describe_projection(dissection.key),
            "v": _describe_projection(dissection.value),
        },
        "steps": _describe_trace(dissection.trace),
        "checks": {check.step: {"difference": check.difference, "passed": check.passed} for check in dissection.checks},
        "experiment": None if experiment is None else _describe_experiment(experiment),
        "heads": [
            {
                "layer": profile.layer + 1,
                "head": profile.head + 1,
                "entropy": profile.entropy,
                "distance": profile.distance,
                "profile": profile.profile,
                "shares": profile.shares,
                "habits": profile.habits,
            }
            for profile in profiles
        ],
    }


def _describe_projection(projection: Projection | None) -> dict[str, object] | None:
    if projection is None:
        return None
    matrices = {"x": projection.x, "weight": projection.weight, "bias": projection.bias, "product": projection.product}
    return {name: matrix.tolist() for name, matrix in matrices.items()}


def _describe_trace(trace: AttentionTrace) -> dict[str, object]:
    names = ("q", "k", "v", "scores", "scaled", "weights", "output")
    return {name: _list(getattr(trace, name)) for name in names}


def _describe_experiment(experiment: Experiment) -> dict[str, object]:
    changes = experiment.changes
    return {
        "without_scaling": changes.without_scaling,
        "shared": changes.shared,
        "swap_values": changes.swap_values,
        "moved": experiment.moved,
        "weight_change": experiment.weight_change,
        "output_change": experiment.output_change,
        "entropy_before": experiment.entropy_before,
        "entropy_after": experiment.entropy_after,
        "steps": _describe_trace(experiment.after),
    }


def _list(matrix: NDArray[np.float64]) -> list[object]:
    if np.isfinite(matrix).all():
        whole: list[object] = matrix.tolist()
        return whole
    return [[value if np.isfinite(value) else None for value in row] for row in matrix.tolist()]
