"""A library measured on questions made from its own sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.own.making import OwnQuestion, make_questions
from rag.evaluation.own.outcome import measure_answer
from rag.evaluation.own.questions_file import QUESTIONS_FILE, read_questions, write_questions
from rag.evaluation.own.self_pages import PARTS, present_self_test
from rag.evaluation.own.sizes import KEEP, LIMIT

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.documents.document import Document
    from rag.embeddings.encoder import Progress
    from rag.evaluation.rows import Report, Row
    from rag.library.library import Library

KIND = "self"
NO_MATTER = ("library", "reading_seconds", "reading_memory")
"""Settings that no answer depends on."""


def evaluate_own_questions(
    library: Library,
    *,
    questions: Path | None = None,
    limit: int = LIMIT,
    keep: float = KEEP,
    unanswerable: int = 0,
    seed: int = 0,
    out: Path | None = None,
    making: Progress | None = None,
    progress: Progress | None = None,
) -> Report:
    """Make questions of a library's sentences and ask them.

    Args:
        library: What is measured, as it is.
        questions: Questions made before and perhaps corrected, asked in place of new ones.
        limit: Most questions that have an answer.
        keep: Share of its sentence's content words that a question keeps.
        unanswerable: Most questions without an answer, besides.
        seed: Of all choices.
        out: Folder of the run; one in `runs` when None.
        making: Called with questions made and their number.
        progress: Called with questions asked and their number.

    Returns:
        "recall@1", "recall@5", "recall@10" and "recall@2000c" between 0 and 1, "exact_match" and "f1" in percent,
        "refused_wrongly" of questions with an answer and "refused_rightly" of those without; one row a question.

    Raises:
        DatasetError: No question could be made or read, or the folder holds another run.
    """
    if questions is None:
        asked = make_questions(library, limit=limit, keep=keep, unanswerable=unanswerable, seed=seed, progress=making)
    else:
        asked = read_questions(questions, library)
    return run_experiment(build_self_test(library, asked, seed=seed, keep=keep), out=out, progress=progress)


def build_self_test(library: Library, asked: Sequence[OwnQuestion], *, seed: int, keep: float) -> Experiment:
    """Lay out the experiment: one trial a question."""
    documents = {entry.id: library.document(entry.id) for entry in library.documents()}
    lines = write_questions(asked, documents.values())
    settings = {
        **describe_library(library),
        "questions": hash_text(lines),
        "count": len(asked),
        "seed": seed,
        "keep": keep,
    }
    trials = [Trial(each.question.id, _build_trial(each, documents, library)) for each in asked]
    return Experiment(KIND, settings, trials, present_self_test, {QUESTIONS_FILE: lines})


def describe_library(library: Library) -> dict[str, object]:
    """Name all that the answers of a library depend on."""
    documents = "\n".join(sorted(entry.id for entry in library.documents()))
    return {
        "documents": hash_text(documents),
        "encoder": library.encoder.fingerprint,
        "reader": library.reader.fingerprint,
        "settings": describe_settings(library.settings),
    }


def describe_settings(settings: Settings) -> dict[str, object]:
    """Return the settings that answers depend on."""
    return {name: value for name, value in asdict(settings).items() if name not in NO_MATTER}


def hash_text(text: str) -> str:
    """Return the fingerprint of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _build_trial(each: OwnQuestion, documents: Mapping[str, Document], library: Library) -> Callable[[], Row]:
    return partial(_ask, each, documents[each.question.document_id], library)


def _ask(each: OwnQuestion, document: Document, library: Library) -> Row:
    question = each.question
    place = each.sentence[0] / max(len(document.text), 1)
    return {
        "question": question.text,
        "document": document.title,
        "document_id": document.id,
        "place": PARTS[min(int(place * len(PARTS)), len(PARTS) - 1)],
        "asked_for": question.kind or None,
        "kept": None if each.kept is None else round(each.kept, 3),
        "answerable": bool(question.answers),
        "expected": question.answers[0].text if question.answers else None,
        "start": question.answers[0].start if question.answers else None,
        **measure_answer(question, library),
    }
