"""Loading of the models that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.config.settings import Settings
from rag.models.shipped import locate_model

if TYPE_CHECKING:
    from rag.embeddings.encoder import Encoder
    from rag.reading.span_reader import SpanReader


def load_encoder(settings: Settings) -> Encoder:
    """Load the embedding model; a shipped one keeps its short name wherever the package is installed.

    Raises:
        ModelError: It cannot be loaded.
    """
    from rag.embeddings.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(locate_model(settings.embedder), name=settings.embedder)


def load_reader(settings: Settings) -> SpanReader:
    """Load the reading model.

    Raises:
        ModelError: It cannot be loaded or answers no questions.
    """
    from rag.reading.span_reader import SpanReader

    return SpanReader.load(locate_model(settings.reader))
