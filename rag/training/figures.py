"""Figures of the models a run has made, by the library's own evaluations."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.config.settings import Settings
from rag.embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.evaluation.answers import evaluate_answers
from rag.evaluation.datasets import load_squad
from rag.evaluation.reading import evaluate_reading
from rag.evaluation.retrieval import evaluate_retrieval
from rag.evaluation.tokenization import measure_tokenizer
from rag.evaluation.tokenizers import SubwordTokenizer
from rag.models.shipped import EMBEDDER, READER, locate_model
from rag.reading.loading import load_tokenizer
from rag.reading.span_reader import SpanReader

logger = logging.getLogger(__name__)

TRAINING = Path("jaquad/train.json.xz")
MEASURED = {"jaquad": Path("jaquad/dev.json.xz"), "jsquad": Path("jsquad/valid.json.xz")}
POOL = (TRAINING, *MEASURED.values())
"""Files whose paragraphs are searched, whichever questions are asked."""
DOCUMENTS, QUESTIONS = Path("longdoc/docs.jsonl.xz"), Path("longdoc/questions.jsonl")


@dataclass(frozen=True, slots=True)
class MeasuredModels:
    """Names or folders of the models to measure: those of a run, the shipped ones in place of what it has not made."""

    tokenizer: str
    embedder: str
    reader: str

    @classmethod
    def find(cls, out: Path) -> MeasuredModels:
        """Find the models in the folder of a run."""
        reader = str(out / "reader") if (out / "reader" / "config.json").is_file() else READER
        embedder = str(out / "embedder") if (out / "embedder" / "modules.json").is_file() else EMBEDDER
        tokenizer = str(out / "tokenizer") if (out / "tokenizer" / "tokenizer.json").is_file() else reader
        return cls(tokenizer, embedder, reader)


def measure_tokenizers(name: str, data: Path) -> dict[str, Any]:
    """Measure a tokenizer on the validation files in `data`."""
    tokenizer = SubwordTokenizer(load_tokenizer(locate_model(name)), name=name)
    datasets = {key: load_squad([data / file]) for key, file in _present(data).items()}
    return {"model": name, **{key: asdict(measure_tokenizer(tokenizer, each)) for key, each in datasets.items()}}


def measure_models(models: MeasuredModels, data: Path, *, device: str, limit: int | None = None) -> dict[str, Any]:
    """Measure tokenizer, reading, retrieval and answers on the validation files in `data`.

    Args:
        models: What is measured; their names stand in the result.
        data: Folder of the data; files that are not there are left out.
        device: Where embedder and reader run, except for answers: the library takes the best device.
        limit: Only the first questions of each file.

    Returns:
        Figures by kind of evaluation and data set.
    """
    figures: dict[str, Any] = {"limit": limit, "tokenizer": measure_tokenizers(models.tokenizer, data)}
    reader = SpanReader.load(locate_model(models.reader), device=device)
    figures["reading"] = {"model": models.reader}
    for key, file in _present(data).items():
        logger.info("evaluate: reading %s", key)
        figures["reading"][key] = dict(evaluate_reading([data / file], reader, limit=limit).figures)
    encoder = SentenceTransformerEncoder(locate_model(models.embedder), name=models.embedder, device=device)
    settings = Settings(embedder=models.embedder, reader=models.reader)
    figures["retrieval"] = {"model": models.embedder, "reranker": models.reader, "reranked": settings.reranked}
    for key, file in _present(data).items():
        logger.info("evaluate: retrieval %s", key)
        pools = [data / pool for pool in POOL if (data / pool).is_file()]
        report = evaluate_retrieval(
            [data / file], pools, encoder, reranker=reader, reranked=settings.reranked, limit=limit
        )
        figures["retrieval"][key] = dict(report.figures)
    if (data / DOCUMENTS).is_file() and (data / QUESTIONS).is_file():
        logger.info("evaluate: answers longdoc")
        report = evaluate_answers(data / DOCUMENTS, data / QUESTIONS, settings, limit=limit)
        figures["answers"] = {"embedder": models.embedder, "reader": models.reader, "longdoc": dict(report.figures)}
    return figures


def _present(data: Path) -> Mapping[str, Path]:
    return {key: file for key, file in MEASURED.items() if (data / file).is_file()}
