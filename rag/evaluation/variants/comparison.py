"""`rag compare`: variants of a reader or an embedder, measured side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch

from rag.config.settings import Settings
from rag.errors import ConfigError, DatasetError, ModelError
from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.rows import Report
from rag.evaluation.variants.building import ReaderWorkshop
from rag.evaluation.variants.embedder_bench import EmbedderBench
from rag.evaluation.variants.outcome import QUALITY, Judge
from rag.evaluation.variants.quantization import check_format, choose_device
from rag.evaluation.variants.reader_bench import ReaderBench
from rag.evaluation.variants.variant import Variant
from rag.evaluation.variants.verdict import Thresholds
from rag.library.library import Library
from rag.models.shipped import locate_model
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from rag.embeddings.encoder import Progress


@dataclass(frozen=True, slots=True)
class Trials:
    """Questions and where they are asked.

    `whole`: each document is a paragraph that belongs to its questions, as in SQuAD: readers get it whole, and it is
    one window. Else documents are long: passages are those that a library finds. `importance`: questions that say what
    heads are worth.
    """

    dataset: Dataset
    whole: bool
    importance: Dataset
    limit: int


def compare_variants(
    variants: Sequence[Variant],
    trials: Trials,
    settings: Settings,
    *,
    thresholds: Thresholds,
    metric: str | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure variants on the same questions, turn by turn, and judge each against the first.

    Args:
        variants: Of one kind, the baseline first.
        trials: What is asked, where.
        settings: Of the library that finds passages, and of windows and fusion; its models are not compared.
        thresholds: What a variant must keep and bring.
        metric: Column that decides; F1 of readers and recall@5 of hybrid search when None.
        out: Folder of the run.
        progress: Called with trials done and their number.

    Returns:
        Figures of every variant; findings: a verdict for each by its name, and what is recommended.

    Raises:
        DatasetError: No question has an answer, or the folder holds another run.
        ConfigError: A variant cannot be made of its model, or the metric is unknown.
        ModelError: A model cannot be loaded, or the machine lacks a number format.
    """
    known = QUALITY[variants[0].kind]
    if metric is not None and metric not in known:
        raise ConfigError(f"metric is {metric!r}; expected one of {', '.join(known)} for a {variants[0].kind}")
    questions = choose_questions(trials)
    for variant in variants:
        check_format(variant.precision, torch.device(choose_device(variant.precision)))
    judge = Judge(variants, thresholds, metric or next(iter(known)))
    with _open_bench(variants, trials, questions, settings) as (listed, models):
        described = {
            "variants": [{k: v for k, v in asdict(variant).items() if k != "thresholds"} for variant in variants],
            "models": models,
            "data": trials.dataset.fingerprint,
            "questions": [question.id for question in questions],
            "whole": trials.whole,
            "importance": trials.importance.fingerprint,
            "library": {name: value for name, value in asdict(settings).items() if name != "library"},
        }
        return run_experiment(Experiment("compare", described, listed, judge.present), out=out, progress=progress)


def choose_questions(trials: Trials) -> list[Question]:
    """Choose questions that have an answer, evenly spread over all.

    Raises:
        DatasetError: There is none.
    """
    asked = [question for question in trials.dataset.questions if question.answers]
    if not asked:
        raise DatasetError("none of the questions has an answer; expected some to measure quality by")
    count = min(trials.limit, len(asked))
    return [asked[number * len(asked) // count] for number in range(count)]


def is_possible(variant: Variant) -> bool:
    """Tell whether this machine computes in the format of a variant."""
    try:
        check_format(variant.precision, torch.device(choose_device(variant.precision)))
    except ModelError:
        return False
    return True


@contextmanager
def _open_bench(
    variants: Sequence[Variant], trials: Trials, questions: Sequence[Question], settings: Settings
) -> Iterator[tuple[list[Trial], dict[str, str]]]:
    """Yield the trials of a comparison and the fingerprints of its models, for the length of a `with` block."""
    models = list(dict.fromkeys(variant.model for variant in variants))
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="manazashi-")))
        if variants[0].kind == "embedder":
            bench = EmbedderBench(
                variants, trials.dataset, questions, settings, whole=trials.whole, folder=place / "words"
            )
            stack.callback(bench.close)
            yield bench.list_trials(), {model: bench.load(model).fingerprint for model in models}
            return
        find = (
            _find_paragraph(trials.dataset) if trials.whole else _find_passages(trials.dataset, settings, place, stack)
        )
        abstains = not trials.whole or any(not question.answers for question in trials.dataset.questions)
        readers = ReaderBench(
            variants, questions, find, ReaderWorkshop(trials.importance), place / "models", abstains=abstains
        )
        yield readers.list_trials(), {model: SpanReader.load(locate_model(model)).fingerprint for model in models}


def _find_paragraph(dataset: Dataset) -> Callable[[Question], Sequence[Passage]]:
    def find(question: Question) -> Sequence[Passage]:
        document = dataset.documents[question.document_id]
        return [Passage(document.id, 0, len(document.text), document.text, score=1.0)]

    return find


def _find_passages(
    dataset: Dataset, settings: Settings, place: Path, stack: ExitStack
) -> Callable[[Question], Sequence[Passage]]:
    """Return what asks a library of all documents; it is made when the first question comes."""
    opened: list[Library] = []

    def find(question: Question) -> Sequence[Passage]:
        if not opened:
            folder = str(place / "library")
            opened.append(stack.enter_context(Library.open(folder, settings=replace(settings, library=folder))))
            opened[0].add_documents(list(dataset.documents.values()))
        return opened[0].ask(question.text).passages

    return find
