"""The whole way from question to answer over long documents, through the library a person uses."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.errors import DatasetError
from rag.evaluation.budget import BUDGET, fill_budget, is_within_budget
from rag.evaluation.datasets import Question, load_long_documents
from rag.evaluation.judgement import Judgement, judge, measure_confidence
from rag.evaluation.metrics import Rule, area_under_curve, recall_at
from rag.evaluation.rows import Figures, Report, Row, write_rows
from rag.evaluation.trace_report import Trace, write_trace
from rag.evaluation.tracing import RIGHT_FATES, count_fates, find_rank, place_answer
from rag.explanation.shading import Shades
from rag.library.library import Library

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.ingest.ingest import IngestStep
    from rag.library.records import Answer

DEPTH = 100
"""Windows looked through for an answer that was not retrieved, to say how far down it ranks."""
PAGE, ROWS = "index.html", "questions.jsonl"
"""What a trace leaves in its folder."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one question; `rank` is that of the first hit that holds an accepted span."""

    judgement: Judgement
    kind: str
    paraphrase: str
    candidates: tuple[str, ...]
    rank: int | None
    within_budget: bool
    seconds: float


def evaluate_answers(
    docs: Path,
    questions: Path,
    settings: Settings,
    *,
    limit: int | None = None,
    rule: Rule = "plain",
    trace: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Ask every question of a library that holds all documents together.

    Args:
        docs: `docs.jsonl` (or .xz).
        questions: `questions.jsonl` (or .xz); those without answers are unanswerable.
        settings: Models, windows, mode and everything else, as a library takes them; `library` is not used.
        limit: Only the first questions.
        rule: When two answers are the same; see `rag.evaluation.metrics`.
        trace: Folder for an error trace: `index.html`, and one row a question in `questions.jsonl`. Wrong answers
            are explained for it, which takes time.
        progress: Called with documents and questions done, and the number of both.

    Returns:
        Over the answerable questions "exact_match" and "f1" in percent, where saying "no answer" is the empty answer;
        "answer_recall@5", the share with an accepted span inside one of the first five hits; "answer_recall@2000c",
        the share with one inside the first 2,000 characters retrieved: hits in order, which share no text, the last
        one cut. "unanswerable_auc" says how well the answerability parts both kinds of question, None when there is
        only one kind. "n" counts all questions, which took "seconds_per_question"; over all of them go the figures of
        `measure_confidence`. Where the file says how far questions are worded from their document, "paraphrase" holds
        "n", "exact_match", "f1" and both recalls over the answerable ones of each degree. One row a question. With a
        trace, "trace" holds `count_fates`, and every row "fate", "trace_rank" (the first of `DEPTH` windows with an
        accepted span), "passage" and "candidate_right".

    Raises:
        DatasetError: A file is not in the format, holds no answerable question, or the trace cannot be written.
    """
    dataset = load_long_documents(docs, questions)
    asked = dataset.questions[:limit]
    if not any(question.answers for question in asked):
        raise DatasetError(f"{questions}: expected at least one question with an answer, found none")
    if trace is not None:
        _prepare_folder(trace)
    outcomes: list[_Outcome] = []
    traces: list[Trace] = []
    documents = list(dataset.documents.values())
    total = len(documents) + len(asked)

    def count(step: IngestStep) -> None:
        if progress and step.stage == "done":
            progress(step.done, total)

    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        Library.open(folder, settings=replace(settings, library=folder)) as library,
    ):
        library.add_documents(documents, progress=count)
        for question in asked:
            answer, outcome = _ask(question, library, rule)
            outcomes.append(outcome)
            if trace is not None:
                traces.append(_trace(question, answer, library, rule))
            if progress:
                progress(len(documents) + len(outcomes), total)
    report = Report(_summarize(outcomes), tuple(_build_row(outcome) for outcome in outcomes))
    if trace is None:
        return report
    report = _add_traces(report, traces)
    write_trace(trace / PAGE, traces, documents=dataset.documents, figures=report.figures)
    write_rows(trace / ROWS, report.rows)
    return report


def _prepare_folder(folder: Path) -> None:
    """Make the folder of a trace and write to it: what cannot be written is told now, not after an hour."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be made ({error.strerror}); give another folder for the trace") from error
    write_rows(folder / ROWS, ())


def _trace(question: Question, answer: Answer, library: Library, rule: Rule) -> Trace:
    placement = place_answer(question, answer, rule=rule)
    rank, shades = placement.rank, Shades()
    if placement.fate not in RIGHT_FATES:
        explanation = library.explain(answer).explanation
        if explanation is not None:
            shades = Shades(explanation.passages, explanation.sentences, explanation.words)
        if question.answers and rank is None:
            rank = find_rank(library.search(answer.search_question, k=DEPTH), question)
    return Trace(question, answer, placement, rank, shades)


def _add_traces(report: Report, traces: Sequence[Trace]) -> Report:
    rows = tuple(
        {
            **row,
            "fate": trace.placement.fate,
            "trace_rank": trace.rank,
            "passage": trace.placement.passage,
            "candidate_right": trace.placement.candidate_right,
        }
        for row, trace in zip(report.rows, traces, strict=True)
    )
    return Report({**report.figures, "trace": count_fates(trace.placement for trace in traces)}, rows)


def _ask(question: Question, library: Library, rule: Rule) -> tuple[Answer, _Outcome]:
    begun = time.perf_counter()
    answer = library.ask(question.text)
    seconds = time.perf_counter() - begun
    hits = fill_budget(answer, library)
    outcome = _Outcome(
        judgement=judge(
            question,
            answer.text or "",
            no_answer=answer.no_answer,
            confidence=answer.confidence,
            answerability=answer.answerability,
            rule=rule,
        ),
        kind=question.kind,
        paraphrase=question.paraphrase,
        candidates=tuple(span.text for span in answer.spans),
        rank=find_rank(hits, question),
        within_budget=is_within_budget(hits, question),
        seconds=seconds,
    )
    return answer, outcome


def _build_row(outcome: _Outcome) -> Row:
    row = asdict(outcome)
    judgement: dict[str, object] = row.pop("judgement")
    return judgement | row


def _summarize(outcomes: Sequence[_Outcome]) -> Figures:
    answerable = [outcome for outcome in outcomes if outcome.judgement.gold]
    present = [outcome.judgement.answerability for outcome in answerable]
    absent = [outcome.judgement.answerability for outcome in outcomes if not outcome.judgement.gold]
    figures: Figures = {
        **_average(answerable),
        "unanswerable_auc": area_under_curve(present, absent),
        "n": len(outcomes),
        "seconds_per_question": fmean(outcome.seconds for outcome in outcomes),
        **measure_confidence([outcome.judgement for outcome in outcomes]),
    }
    degrees = dict.fromkeys(outcome.paraphrase for outcome in answerable if outcome.paraphrase)
    if not degrees:
        return figures
    groups = {degree: [outcome for outcome in answerable if outcome.paraphrase == degree] for degree in degrees}
    return {**figures, "paraphrase": {degree: {"n": len(group), **_average(group)} for degree, group in groups.items()}}


def _average(answerable: Sequence[_Outcome]) -> dict[str, float]:
    return {
        "exact_match": 100 * fmean(outcome.judgement.exact_match for outcome in answerable),
        "f1": 100 * fmean(outcome.judgement.f1 for outcome in answerable),
        "answer_recall@5": fmean(recall_at(outcome.rank, k=5) for outcome in answerable),
        f"answer_recall@{BUDGET}c": fmean(outcome.within_budget for outcome in answerable),
    }
