"""The reader alone: every question is read from its own paragraph."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from rag.errors import DatasetError
from rag.evaluation.datasets import Question, load_squad
from rag.evaluation.judgement import Judgement, judge, measure_confidence
from rag.evaluation.metrics import Rule
from rag.evaluation.rows import Figures, Report
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from rag.embeddings.encoder import Progress
    from rag.reading.answer import Reading
    from rag.reading.reader import Reader


def evaluate_reading(
    files: Sequence[Path],
    reader: Reader,
    *,
    limit: int | None = None,
    rule: Rule = "plain",
    progress: Progress | None = None,
) -> Report:
    """Measure a reader on SQuAD files.

    Where every question has an answer, the best span counts even when the reader says that there is none: so SQuAD 1.1,
    JSQuAD and JaQuAD are scored. Where some have none, saying so is the empty answer, as in SQuAD 2.0.

    Args:
        files: SQuAD JSON files (.json, .json.xz).
        reader: The reader to measure.
        limit: Only the first questions.
        rule: When two answers are the same; see `rag.evaluation.metrics`.
        progress: Called after every question.

    Returns:
        "exact_match" and "f1" in percent, "n" questions, "seconds" of reading; where some questions have no answer, the
        figures of `measure_confidence` too. One row a question.

    Raises:
        DatasetError: A file is not in the format, or holds no question.
    """
    dataset = load_squad(files)
    questions = dataset.questions[:limit]
    if not questions:
        raise DatasetError(f"{', '.join(map(str, files))}: expected at least one question, found none")
    may_abstain = any(not question.answers for question in dataset.questions)
    judgements: list[Judgement] = []
    begun = time.perf_counter()
    for question in questions:
        document = dataset.documents[question.document_id]
        passage = Passage(document.id, 0, len(document.text), document.text, score=1.0)
        reading = reader.read(question.text, [passage], n=1)
        judgements.append(_judge(question, reading, rule, may_abstain=may_abstain))
        if progress:
            progress(len(judgements), len(questions))
    figures: Figures = {
        "exact_match": 100 * fmean(judgement.exact_match for judgement in judgements),
        "f1": 100 * fmean(judgement.f1 for judgement in judgements),
        "n": len(judgements),
        "seconds": time.perf_counter() - begun,
    }
    if may_abstain:
        figures = {**figures, **measure_confidence(judgements)}
    return Report(figures, tuple(asdict(judgement) for judgement in judgements))


def _judge(question: Question, reading: Reading, rule: Rule, *, may_abstain: bool) -> Judgement:
    abstains = not reading.spans or (may_abstain and reading.no_answer)
    return judge(
        question,
        "" if abstains else reading.text,
        no_answer=reading.no_answer,
        confidence=reading.confidence,
        answerability=reading.answerability,
        rule=rule,
    )
