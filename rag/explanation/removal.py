"""Removal check: what happens to an answer when the text it was explained by is taken away."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import ArgumentError
from rag.explanation.explanation import Removal, ScoredSpan
from rag.explanation.token_attention import find_passage, find_tokens
from rag.reading.answer import Span
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from rag.reading.span_reader import SpanReader


@dataclass(frozen=True, slots=True)
class Reduction:
    """The passages' texts with something removed; the answer is now `texts[passage][start:end]`."""

    texts: tuple[str, ...]
    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RemovalFigures:
    """Means over `n` answers, in nats; `low` and `high` bound the 95 % interval of `difference`."""

    attended: float
    random: float
    difference: float
    low: float
    high: float
    n: int


def measure_removal(
    question: str,
    span: Span,
    passages: Sequence[Passage],
    sentences: Sequence[ScoredSpan],
    *,
    reader: SpanReader,
    remove: int = 3,
    draws: int = 3,
    seed: int = 0,
    include_answer_sentence: bool = True,
) -> Removal | None:
    """Measure how far an answer's log-probability falls without the most attended sentences.

    The same reader reads what is left, and the answer's log-probability is that of its span among all spans and "no
    answer". Of the sentence that holds the answer only the rest is removed. The random draws come from the same
    sentences, the attended ones included. With too few sentences to leave a choice, fewer are removed.

    Args:
        question: As it was read.
        span: The answer, in one of the passages.
        passages: As they were read.
        sentences: All sentences of the passages with their attention.
        reader: The reader that gave the answer.
        remove: Number of sentences removed.
        draws: Number of random removals averaged.
        seed: Of the random removals.
        include_answer_sentence: Whether the sentence that holds the answer is among the candidates.

    Returns:
        The fall of the log-probability, or None with fewer than two candidates, or with `remove` or `draws` 0.
    """
    candidates = [each for each in sentences if include_answer_sentence or not _overlap(each, span)]
    count = min(remove, len(candidates) - 1)
    if count < 1 or draws < 1:
        return None
    attended = sorted(candidates, key=lambda sentence: -sentence.score)[:count]
    chooser = random.Random(seed)
    removed = [[], attended, *(chooser.sample(candidates, count) for _ in range(draws))]
    reductions = [reduce_passages(passages, each, span) for each in removed]
    whole, without, *others = measure_log_probabilities(question, reductions, reader=reader)
    return Removal(attended=whole - without, random=fmean(whole - other for other in others), removed=tuple(attended))


def reduce_passages(passages: Sequence[Passage], removed: Iterable[ScoredSpan], span: Span) -> Reduction:
    """Delete stretches of text from passages, all but the answer's span, wherever it stands in them."""
    place = find_passage(span, passages)
    cut = list(removed)
    texts: list[str] = []
    start = 0
    for number, passage in enumerate(passages):
        keep = np.ones(len(passage.text), dtype=bool)
        for each in cut:
            if each.document_id == passage.document_id:
                keep[_cut(each, passage)] = False
        if span.document_id == passage.document_id:
            keep[_cut(span, passage)] = True
        if number == place:
            start = int(keep[: span.start - passage.start].sum())
        texts.append("".join(character for character, kept in zip(passage.text, keep, strict=True) if kept))
    return Reduction(tuple(texts), place, start, start + span.end - span.start)


def measure_log_probabilities(question: str, reductions: Sequence[Reduction], *, reader: SpanReader) -> list[float]:
    """Read several versions of the passages, in common batches; return the answer's log-probability in each."""
    groups = [reader.encode(question, reduction.texts) for reduction in reductions]
    logits = iter(reader.forward([window for group in groups for window in group]))
    results: list[float] = []
    for reduction, windows in zip(reductions, groups, strict=True):
        scores = [next(logits) for _ in windows]
        found = [find_tokens(window, reduction.passage, reduction.start, reduction.end) for window in windows]
        whole = max(len(tokens) for tokens in found)
        best = max(
            float(score.start[tokens[0]] + score.end[tokens[-1]])
            for score, tokens in zip(scores, found, strict=True)
            if len(tokens) == whole
        )
        results.append(best / reader.calibration.temperature - reader.score(windows, scores).log_total)
    return results


def summarize_removals(removals: Sequence[Removal], *, seed: int = 0, resamples: int = 10_000) -> RemovalFigures:
    """Average removals and bound their mean difference by a paired bootstrap over answers.

    Args:
        removals: At least one.
        seed: Of the resampling.
        resamples: Number of bootstrap samples.

    Raises:
        ArgumentError: There is none.
    """
    if not removals:
        raise ArgumentError("there are no removals to summarize; expected at least one: explain more answers")
    pairs = np.array([(removal.attended, removal.random) for removal in removals])
    differences = pairs[:, 0] - pairs[:, 1]
    generator = np.random.default_rng(seed)
    means = differences[generator.integers(len(pairs), size=(resamples, len(pairs)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    attended, drawn = pairs.mean(axis=0)
    return RemovalFigures(
        float(attended), float(drawn), float(differences.mean()), float(low), float(high), len(removals)
    )


def _cut(stretch: ScoredSpan | Span, passage: Passage) -> slice:
    """Return where a stretch of the document lies in the text of a passage."""
    return slice(max(stretch.start - passage.start, 0), max(stretch.end - passage.start, 0))


def _overlap(sentence: ScoredSpan, span: Span) -> bool:
    return sentence.document_id == span.document_id and sentence.start < span.end and sentence.end > span.start
