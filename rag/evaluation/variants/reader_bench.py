"""Readers on one bench: every question is read by each of them, one right after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rag.evaluation.datasets import Question
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.judgement import judge
from rag.evaluation.rows import Row
from rag.evaluation.variants.building import ReaderWorkshop, plain, save_cut
from rag.evaluation.variants.memory import describe_inputs, measure_footprint
from rag.evaluation.variants.quantization import FormattedReader, set_format
from rag.evaluation.variants.rotation import rotate
from rag.evaluation.variants.variant import Variant
from rag.retrieval.hit import Passage

FindPassages = Callable[[Question], Sequence[Passage]]
WARM_UP = 5
"""Questions read before the clock runs: the first ones of each length cost the making of kernels."""
MEMORY_QUESTIONS = 10
MEBIBYTE = 2**20


@dataclass(slots=True)
class ReaderBench:
    """Builds readers when they are first asked for and keeps them; passages of a question are found once for all.

    `abstains`: whether a reader may say that there is no answer. `folder` takes models that were cut.
    """

    variants: Sequence[Variant]
    questions: Sequence[Question]
    find: FindPassages
    workshop: ReaderWorkshop
    folder: Path
    abstains: bool
    _readers: dict[str, FormattedReader] = field(default_factory=dict)
    _passages: dict[str, Sequence[Passage]] = field(default_factory=dict)

    def list_trials(self) -> list[Trial]:
        """List memory first, where a variant that cannot be made fails at once, then all questions."""
        memory = [Trial(f"memory/{variant.name}", partial(self._weigh, variant)) for variant in self.variants]
        return memory + [
            Trial(f"{question.id}/{variant.name}", partial(self._read, variant, question))
            for number, question in enumerate(self.questions)
            for variant in rotate(self.variants, number)
        ]

    def _weigh(self, variant: Variant) -> Row:
        self._build(variant)
        left = plain(variant, self.folder / variant.name)
        inputs = [(question.text, self._find(question)) for question in self.questions[:MEMORY_QUESTIONS]]
        found = measure_footprint(
            {"kind": "reader", "model": left.model, "precision": left.precision, "inputs": describe_inputs(inputs)}
        )
        return {
            "variant": variant.name,
            "question": None,
            "peak_mib": None if found.peak is None else found.peak / MEBIBYTE,
            "size_mib": found.weights / MEBIBYTE,
            "heads": self.workshop.notes.get(variant.name),
        }

    def _read(self, variant: Variant, question: Question) -> Row:
        reader, passages = self._build(variant), self._find(question)
        begun, computed = time.perf_counter(), time.process_time()
        reading = reader.read(question.text, passages, n=1)
        seconds, processor = time.perf_counter() - begun, time.process_time() - computed
        silent = not reading.spans or (self.abstains and reading.no_answer)
        judgement = judge(
            question,
            "" if silent else reading.text,
            no_answer=reading.no_answer,
            confidence=reading.confidence,
            answerability=reading.answerability,
            rule="plain",
        )
        return {
            "variant": variant.name,
            "question": question.id,
            "text": question.text,
            "gold": list(question.accepted),
            "prediction": judgement.prediction,
            "f1": judgement.f1,
            "exact_match": judgement.exact_match,
            "confidence": judgement.confidence,
            "seconds": seconds,
            "processor_seconds": processor,
        }

    def _build(self, variant: Variant) -> FormattedReader:
        reader = self._readers.get(variant.name)
        if reader is None:
            reader = self.workshop.cut(variant)
            save_cut(reader, self.folder / variant.name)
            set_format(reader, variant.precision)
            for question in self.questions[:WARM_UP]:
                reader.read(question.text, self._find(question), n=1)
            self._readers[variant.name] = reader
        return reader

    def _find(self, question: Question) -> Sequence[Passage]:
        if question.id not in self._passages:
            self._passages[question.id] = self.find(question)
        return self._passages[question.id]
