"""What a person is told when something went wrong."""

from __future__ import annotations

import logging

from rag.errors import RagError
from rag.ui.words import Words

logger = logging.getLogger(__name__)


def describe_failure(error: Exception, words: Words) -> str:
    """Return the message of an error raised on purpose; log any other and say only that it happened."""
    if isinstance(error, RagError):
        return str(error)
    logger.error("unexpected error on the page", exc_info=error)
    return words["error_unknown"]
