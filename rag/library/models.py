"""Loading of the models that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.config.settings import Settings
from rag.models.shipped import READER, locate_model

if TYPE_CHECKING:
    from rag.embeddings.encoder import Encoder
    from rag.reading.generative_reader import GenerativeReader
    from rag.reading.span_reader import SpanReader


def load_encoder(settings: Settings) -> Encoder:
    """Load the embedding model; a shipped one keeps its short name wherever the package is installed.

    Raises:
        ModelError: It cannot be loaded.
    """
    from rag.embeddings.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(locate_model(settings.embedder), name=settings.embedder)


def load_reader(settings: Settings) -> SpanReader | GenerativeReader:
    """Load the reading model: one that writes answers where its configuration says that it writes text.

    Raises:
        ModelError: It cannot be loaded or answers no questions.
    """
    from rag.reading.generative_reader import GenerativeReader
    from rag.reading.loading import is_generative
    from rag.reading.span_reader import SpanReader

    location = locate_model(settings.reader)
    return GenerativeReader.load(location) if is_generative(location) else SpanReader.load(location)


def is_writing(settings: Settings) -> bool:
    """Tell whether the reading model writes its answers, without loading it."""
    from rag.reading.loading import is_generative

    return is_generative(locate_model(settings.reader))


def load_reranker(settings: Settings) -> SpanReader:
    """Load the model that puts hits in order: the reader, or the shipped one where the reader writes answers.

    To rate a window, a model that writes would have to read it by itself, ten times for each question.

    Raises:
        ModelError: It cannot be loaded.
    """
    from rag.reading.loading import is_generative
    from rag.reading.span_reader import SpanReader

    location = locate_model(settings.reader)
    return SpanReader.load(locate_model(READER) if is_generative(location) else location)
