"""Window sweep: what the ways to make windows cost, and how often the answer is found with them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.evaluation.budget import BUDGET, is_within_budget
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.longtext.gold import choose_questions
from rag.evaluation.longtext.sweep_choice import choose_best
from rag.evaluation.longtext.sweep_grid import SweepGrid, SweepSetting
from rag.evaluation.longtext.sweep_page import present_confirmation, present_sweep
from rag.evaluation.longtext.workbench import MEGABYTE, Workbench
from rag.evaluation.metrics import recall_at, score_exact_match, score_f1
from rag.evaluation.rows import Report, Row
from rag.evaluation.tracing import find_rank
from rag.library.library import Library

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.retrieval.hit import Hit

CONFIRMATION = "confirm"
"""Folder of the confirmation inside that of the sweep."""
FIRST = 5
MOST = 160
"""Hits looked through, at most, for the first `BUDGET` characters."""


@dataclass(frozen=True, slots=True)
class SweepQuestions:
    """Questions that are asked, each with an answer, and the documents they are asked of."""

    dataset: Dataset
    asked: tuple[Question, ...]

    @classmethod
    def choose(cls, dataset: Dataset, *, limit: int | None) -> SweepQuestions:
        """Take the questions with an answer, or `limit` of them, evenly spread over all.

        Raises:
            DatasetError: There is none.
        """
        return cls(dataset, tuple(choose_questions(dataset, limit)))


def evaluate_sweep(
    questions: SweepQuestions,
    settings: Settings,
    *,
    grid: SweepGrid,
    confirm: SweepQuestions | None = None,
    rerank: bool = False,
    read: bool = False,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Build the library anew for every setting of the grid, and ask all questions of it.

    Args:
        questions: Asked of one library that holds all their documents.
        settings: The default that all else is compared with; its reranking is used with `rerank` alone.
        grid: What is tried.
        confirm: Other questions, on which the best setting is compared with the default once more.
        rerank: Whether the reader puts the first hits in order.
        read: Whether the questions are answered as well, which takes most of the time.
        seed: Of the signs that are flipped to see what may be chance.
        out: Folder of the run; chosen by the settings when None.
        progress: Called with trials done and their number, for the confirmation from the beginning.

    Returns:
        Figures of the default and of the best setting, and as findings which one that is, what it gains, whether that
        may be chance, and what the confirmation says. One row for each library ("vectors", "ingest_seconds",
        "megabytes") and for each question and setting ("rank", "recall_1", "recall_5", "recall_2000c", "seconds";
        read also "f1", "exact", and "held" where a passage that was read holds the answer).

    Raises:
        ArgumentError: The grid makes no sense.
        DatasetError: The folder holds another run.
    """
    grid.check()
    used = replace(settings, reranked=settings.reranked if rerank else 0)
    plan = grid.plan(settings.windowing, widen=settings.widen)
    report = _run("sweep", questions, used, plan, read=read, seed=seed, out=out, progress=progress)
    if confirm is None or report.folder is None:
        return report
    best = choose_best(plan, report.rows, seed=seed).setting
    if best == plan[0]:
        return replace(report, findings={**report.findings, CONFIRMATION: "既定が最良 / the default is the best"})
    pair = [plan[0], best]
    folder = report.folder / CONFIRMATION
    confirmed = _run(CONFIRMATION, confirm, used, pair, read=read, seed=seed, out=folder, progress=progress)
    return replace(
        report,
        figures={**report.figures, CONFIRMATION: confirmed.figures},
        findings={**report.findings, CONFIRMATION: confirmed.findings},
    )


def _run(
    kind: str,
    questions: SweepQuestions,
    settings: Settings,
    plan: Sequence[SweepSetting],
    *,
    read: bool,
    seed: int,
    out: Path | None,
    progress: Progress | None,
) -> Report:
    documents = list(questions.dataset.documents.values())
    models = Library.open(settings=settings)  # only to be asked for its models: nothing is written
    present = present_sweep if kind == "sweep" else present_confirmation
    with Workbench(documents, settings) as bench:
        experiment = Experiment(
            kind=kind,
            settings={
                "settings": {name: value for name, value in asdict(settings).items() if name != "library"},
                "embedder": models.encoder.fingerprint,
                "reader": models.reader.fingerprint if read or settings.reranked else None,
                "dataset": questions.dataset.fingerprint,
                "questions": [question.id for question in questions.asked],
                "tried": [setting.where for setting in plan],
                "read": read,
                "seed": seed,
            },
            trials=list(_build_trials(bench, questions.asked, plan, read=read)),
            present=partial(
                present, plan=plan, characters=sum(len(document.text) for document in documents), seed=seed
            ),
        )
        return run_experiment(experiment, out=out, progress=progress)


def _build_trials(
    bench: Workbench, questions: Sequence[Question], plan: Sequence[SweepSetting], *, read: bool
) -> Iterator[Trial]:
    """Yield for each library what it costs, then all that is asked of it."""
    for windowing in dict.fromkeys(setting.windowing for setting in plan):
        own = [setting for setting in plan if setting.windowing == windowing]
        yield Trial(f"library/{windowing}", partial(_measure_cost, bench, own[0]))
        for setting in own:
            for question in questions:
                key = f"{windowing}/{setting.widen}/{question.id}"
                yield Trial(key, partial(_ask, bench, setting, question, read=read))


def _describe(setting: SweepSetting) -> dict[str, object]:
    how = asdict(setting.windowing)
    return {"windows": str(setting.windowing), **how}


def _measure_cost(bench: Workbench, setting: SweepSetting) -> Row:
    _, cost = bench.take(setting.windowing)
    return {
        "question": None,
        **_describe(setting),
        "vectors": cost.vectors,
        "vectors_per_1000": 1000 * cost.vectors / max(cost.characters, 1),
        "ingest_seconds": cost.seconds,
        "megabytes": cost.bytes / MEGABYTE,
    }


def _ask(bench: Workbench, setting: SweepSetting, question: Question, *, read: bool) -> Row:
    library, _ = bench.take(setting.windowing)
    begun = time.perf_counter()
    first = library.search(question.text, widen=setting.widen)
    seconds = time.perf_counter() - begun
    hits = _fill_budget(first, library, question, setting)
    rank = find_rank(hits, question)
    return {
        "question": question.id,
        "text": question.text,
        **_describe(setting),
        "widen": setting.widen,
        "rank": rank,
        "recall_1": recall_at(rank, k=1),
        f"recall_{FIRST}": recall_at(rank, k=FIRST),
        f"recall_{BUDGET}c": float(is_within_budget(hits, question)),
        "seconds": seconds,
        **(_read(library, setting, question) if read else {}),
    }


def _fill_budget(hits: Sequence[Hit], library: Library, question: Question, setting: SweepSetting) -> Sequence[Hit]:
    """Search for more where the hits are too short or too few."""
    count = library.settings.hits
    while count < MOST and (len(hits) < FIRST or sum(hit.end - hit.start for hit in hits) < BUDGET):
        count *= 2
        hits = library.search(question.text, k=count, widen=setting.widen)
    return hits


def _read(library: Library, setting: SweepSetting, question: Question) -> Row:
    answer = library.ask(question.text, widen=setting.widen)
    said = answer.text or ""
    return {
        "prediction": said,
        "f1": score_f1(said, question.accepted),
        "exact": score_exact_match(said, question.accepted),
        "held": float(find_rank(answer.passages, question) is not None),
        "reading_seconds": answer.seconds.read,
    }
