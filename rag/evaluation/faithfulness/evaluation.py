"""Faithfulness of explanations over many questions, one trial a question."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.errors import ArgumentError, DatasetError
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.faithfulness.study import study_answer
from rag.evaluation.faithfulness.summary import present, summarize
from rag.evaluation.rows import Report, Row
from rag.explanation.case import Case, Unit
from rag.explanation.explanation import MANNERS, METHODS, Manner
from rag.library.library import Library
from rag.library.models import load_encoder, load_reader
from rag.reading.span_reader import SpanReader

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress

EVERY = 4
"""One question in so many is explained with a second seed."""


def evaluate_faithfulness(
    dataset: Dataset,
    settings: Settings,
    *,
    unit: Unit = "sentence",
    methods: Sequence[str] = METHODS,
    manners: Sequence[Manner] = MANNERS,
    limit: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Explain the reader's best span for each question, over the passages that search finds, by every method.

    Args:
        dataset: Documents and questions; right or wrong, the span the reader would give is explained.
        settings: As a library takes them; `library` is not used.
        unit: What is scored and removed.
        methods: Names of `METHODS`.
        manners: How text is taken away. Masking takes as long as deletion again, which is always measured.
        limit: Only so many questions, evenly spread over all.
        seed: Of what is random.
        out: Folder of the run, where every answer is written as it comes; chosen by the settings when None.
        progress: Called with questions done and their number.

    Returns:
        "methods": of each the mean fall of the answer's log-probability in nats without the units of the best one,
        three and five scores ("drop@k"); "comprehensiveness" and "sufficiency", the fall of its probability without
        the best tenth, fifth and half of the units and with nothing but these, averaged (DeYoung et al. 2020);
        "lds", Spearman's correlation of the log-probability under random removals with what the scores foretell (Park
        et al. 2023); "kendall", τ between scores and the effects of single removals; "polarity", the share of the
        three best units whose removal makes the answer likelier; "seconds" a question; for methods that draw,
        "stability", Spearman's correlation of two seeds. The answer's own text is never removed. "conditions" holds
        the same for deletion and masking, with and without the unit of the answer among the candidates; "methods" is
        that of deletion with it. "against" holds the difference of the first method's drop@3 from each other's, with a
        95 % interval of a paired bootstrap. "check" says how well the check of single
        answers warns: mean "kendall" of flagged and other answers; and what explanation and check take beside the
        answer itself, in seconds. One row a question.

    Raises:
        ArgumentError: The reader marks no spans.
        DatasetError: There is no question to explain.
    """
    reader = load_reader(settings)
    if not isinstance(reader, SpanReader):
        raise ArgumentError(
            f"{reader.name} writes its answers; expected a reader that marks them in the text: give one as --reader"
        )
    step = max(1, len(dataset.questions) // (limit or len(dataset.questions)))
    asked = dataset.questions[::step][:limit]
    with ExitStack() as stack:
        answerer = _Answerer(dataset, settings, stack)
        trials = [
            Trial(
                question.id,
                partial(answerer.study, question, unit, methods, seed=seed, twice=number % EVERY == 0, manners=manners),
            )
            for number, question in enumerate(asked, 1)
        ]
        experiment = Experiment(
            "faithfulness",
            {
                "dataset": dataset.fingerprint,
                "reader": reader.fingerprint,
                "encoder": load_encoder(settings).fingerprint,
                "settings": {name: value for name, value in asdict(settings).items() if name != "library"},
                "unit": unit,
                "methods": list(methods),
                "manners": list(manners),
                "limit": limit,
                "seed": seed,
            },
            trials,
            lambda rows: present(_keep_explained(rows), methods, unit=unit),
        )
        report = run_experiment(experiment, out=out, progress=progress)
    rows = _keep_explained(report.rows)
    if not rows:
        raise DatasetError("no question could be explained; expected one whose passages have two units or more")
    return replace(report, figures=summarize(rows, methods, seed=seed), rows=tuple(rows))


def _keep_explained(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["explained"]]


class _Answerer:
    """The library of all documents, made when the first question is asked."""

    def __init__(self, dataset: Dataset, settings: Settings, stack: ExitStack) -> None:
        self._dataset = dataset
        self._settings = settings
        self._stack = stack
        self._library: Library | None = None

    def study(
        self,
        question: Question,
        unit: Unit,
        methods: Sequence[str],
        *,
        seed: int,
        twice: bool,
        manners: Sequence[Manner],
    ) -> Row:
        """Ask one question and study the best span of its answer."""
        library = self._open()
        reader = library.reader
        answer = library.ask(question.text)
        row: Row | None = None
        if answer.spans and isinstance(reader, SpanReader):
            case = Case(answer.search_question, answer.spans[0], answer.passages, reader)
            row = study_answer(case, unit, methods, seed=seed, twice=twice, manners=manners)
        spent = answer.seconds.retrieve + answer.seconds.read
        return {"question": question.text, "explained": row is not None, "answer_seconds": spent, **(row or {})}

    def _open(self) -> Library:
        if self._library is None:
            folder = self._stack.enter_context(TemporaryDirectory(prefix="manazashi-"))
            settings = replace(self._settings, library=folder)
            self._library = self._stack.enter_context(Library.open(folder, settings=settings))
            self._library.add_documents(list(self._dataset.documents.values()))
        return self._library
