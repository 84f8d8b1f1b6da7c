"""Whether questions made from documents rank settings as questions written by people do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import DatasetError
from rag.evaluation.datasets import Dataset, fingerprint_dataset, load_long_documents
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.own.agreement_pages import LABELLED, OWN, present_agreement
from rag.evaluation.own.conditions import CONDITIONS, Condition
from rag.evaluation.own.making import make_questions
from rag.evaluation.own.outcome import measure_answer, measure_search
from rag.evaluation.own.questions_file import QUESTIONS_FILE, write_questions
from rag.evaluation.own.self_test import describe_settings, hash_text
from rag.evaluation.own.shelf import Shelf
from rag.evaluation.own.sizes import KEEP, LIMIT, READ

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress
    from rag.evaluation.datasets import Question
    from rag.evaluation.rows import Report, Row

KIND = "self-agreement"


def evaluate_agreement(
    docs: Path,
    against: Path,
    settings: Settings,
    *,
    limit: int = LIMIT,
    keep: float = KEEP,
    read: int = READ,
    conditions: Sequence[Condition] = CONDITIONS,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure settings on made and on labelled questions about the same documents, and correlate both.

    Args:
        docs: `docs.jsonl` (or .xz).
        against: `questions.jsonl` (or .xz) written by people; those without an answer are left out.
        settings: What the conditions change; the questions are made in a library of these settings.
        limit: Most made questions.
        keep: Share of its sentence's content words that a made question keeps.
        read: Questions of either origin that are read, in the conditions that read.
        conditions: What is ranked.
        seed: Of all choices.
        out: Folder of the run; one in `runs` when None.
        progress: Called with questions made and their number, then with trials done and theirs.

    Returns:
        Means of either origin over all conditions; "findings" holds Spearman's ρ with its interval and Kendall's τ for
        each measure.

    Raises:
        DatasetError: A file is not in the format, or holds no question that has an answer.
    """
    return _evaluate(
        load_long_documents(docs, against),
        settings,
        limit=limit,
        keep=keep,
        read=read,
        conditions=conditions,
        seed=seed,
        out=out,
        progress=progress,
    )


def _evaluate(
    dataset: Dataset,
    settings: Settings,
    *,
    limit: int,
    keep: float,
    read: int,
    conditions: Sequence[Condition],
    seed: int,
    out: Path | None,
    progress: Progress | None,
) -> Report:
    labelled = [question for question in dataset.questions if question.answers]
    if not labelled:
        raise DatasetError("expected labelled questions that have an answer, found none; give others as --against")
    documents = list(dataset.documents.values())
    with Shelf(documents) as shelf:
        library = shelf.open(settings)
        made = make_questions(library, limit=limit, keep=keep, seed=seed, progress=progress)
        lines = write_questions(made, documents)
        models = {"encoder": library.encoder.fingerprint, "reader": library.reader.fingerprint}
        asked = {OWN: [each.question for each in made], LABELLED: labelled}
        description = {
            **models,
            "dataset": fingerprint_dataset(dataset),
            "questions": hash_text(lines),
            "settings": describe_settings(settings),
            "conditions": [{"name": each.name, "reads": each.reads, **each.changes} for each in conditions],
            "read": read,
            "seed": seed,
            "keep": keep,
        }
        trials = list(_lay_out(conditions, asked, shelf, settings, read=read))
        present = partial(present_agreement, names=[each.name for each in conditions], seed=seed)
        experiment = Experiment(KIND, description, trials, present, {QUESTIONS_FILE: lines})
        return run_experiment(experiment, out=out, progress=progress)


def _lay_out(
    conditions: Sequence[Condition],
    asked: dict[str, list[Question]],
    shelf: Shelf,
    settings: Settings,
    *,
    read: int,
) -> list[Trial]:
    trials: list[Trial] = []
    for condition in conditions:
        for origin, questions in asked.items():
            step = max(len(questions) / max(read, 1), 1.0)
            chosen = {int(number * step) for number in range(min(read, len(questions)))} if condition.reads else set()
            trials += [
                Trial(
                    f"{condition.name}/{origin}/{question.id}",
                    _build_trial(condition, origin, question, shelf, settings, reads=number in chosen),
                )
                for number, question in enumerate(questions)
            ]
    return trials


def _build_trial(
    condition: Condition, origin: str, question: Question, shelf: Shelf, settings: Settings, *, reads: bool
) -> Callable[[], Row]:
    def run() -> Row:
        library = shelf.open(condition.apply(settings))
        row = (measure_answer if reads else measure_search)(question, library)
        return {
            "condition": condition.name,
            "origin": origin,
            "question": question.text,
            "expected": question.answers[0].text,
            "f1": None,
            **row,
        }

    return run
