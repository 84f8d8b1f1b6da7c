"""A reader made as its variant says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigError
from rag.evaluation.datasets import Dataset
from rag.evaluation.variants.lesson import Lesson, build_lessons
from rag.evaluation.variants.narrowing import narrow_queries
from rag.evaluation.variants.pruning import choose_heads, measure_importance, remove_heads, remove_layers
from rag.evaluation.variants.quantization import FormattedReader, choose_device, set_format
from rag.evaluation.variants.variant import Variant
from rag.models.shipped import locate_model

LESSONS = 100
"""Questions that say what heads are worth and which states queries meet."""


@dataclass(slots=True)
class ReaderWorkshop:
    """Builds the readers of a comparison; `questions` say what heads are worth. `notes`: what became of the heads."""

    questions: Dataset
    notes: dict[str, str] = field(default_factory=dict)
    _importance: dict[tuple[str, tuple[int, ...]], list[NDArray[np.float64]]] = field(default_factory=dict)

    def build(self, variant: Variant) -> FormattedReader:
        """Load the model of a variant and change it.

        Raises:
            ModelError: It cannot be loaded, cannot be changed so, or the machine lacks the number format.
            ConfigError: It has no such layers, heads or d_k.
        """
        reader = self.cut(variant)
        set_format(reader, variant.precision)
        return reader

    def cut(self, variant: Variant) -> FormattedReader:
        """Do everything but change the number format."""
        reader = FormattedReader.load(locate_model(variant.model), device=choose_device(variant.precision))
        try:
            self._cut(reader, variant)
        except ValueError as error:
            raise ConfigError(f"variant {variant.name}: {error}") from error
        return reader

    def _cut(self, reader: FormattedReader, variant: Variant) -> None:
        lessons: Sequence[Lesson] = ()
        if variant.query_size or (isinstance(variant.removed_heads, float) and variant.removed_heads):
            lessons = build_lessons(reader, self.questions, limit=LESSONS)
        gone = [layer - 1 for layer in variant.removed_layers]
        if gone:
            remove_layers(reader.model, gone)
        if variant.removed_heads:
            removed = self._choose(reader, variant, lessons, gone)
            really = remove_heads(reader.model, removed)
            kept = [layer for layer in range(reader.model.config.num_hidden_layers + len(gone)) if layer not in gone]
            self.notes[variant.name] = _describe(removed, kept, really=really)
        if variant.query_size:
            narrow_queries(reader.model, variant.query_size, lessons=lessons)

    def _choose(
        self, reader: FormattedReader, variant: Variant, lessons: Sequence[Lesson], gone: Sequence[int]
    ) -> dict[int, list[int]]:
        if isinstance(variant.removed_heads, float):
            key = (variant.model, variant.removed_layers)
            if key not in self._importance:
                self._importance[key] = measure_importance(reader.model, lessons)
            return choose_heads(self._importance[key], share=variant.removed_heads)
        removed: dict[int, list[int]] = {}
        for layer, head in variant.removed_heads:
            if layer - 1 in gone:
                raise ConfigError(f"removed_heads names layer {layer}, which removed_layers takes out; name it in one")
            place = layer - 1 - sum(each < layer - 1 for each in gone)
            removed.setdefault(place, []).append(head - 1)
        return removed


def save_cut(reader: FormattedReader, folder: Path) -> None:
    """Write a reader that was cut, to be loaded by another process."""
    reader.model.save_pretrained(folder)
    reader.tokenizer.save_pretrained(folder)


def plain(variant: Variant, folder: Path) -> Variant:
    """Return the variant that is left to do when the reader was cut and saved."""
    return replace(variant, model=str(folder), removed_heads=0.0, removed_layers=(), query_size=0)


def _describe(removed: dict[int, list[int]], kept: Sequence[int], *, really: bool) -> str:
    """Name layers and heads by the numbers of the model that was cut; `kept`: its layers that are left."""
    named = "; ".join(
        f"{kept[layer] + 1}: {', '.join(str(head + 1) for head in heads)}" for layer, heads in removed.items()
    )
    state = "取り除いた / taken out" if really else "形が許さず、黙らせただけ / only silenced: the model allows no more"
    return f"{state} ({named})"
