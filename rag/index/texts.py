"""Texts used last, kept in memory: a window is a slice of its document's text."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict

from rag.index.stored_document import load_text

KEPT_CHARACTERS = 8_000_000


class TextCache:
    """Texts of documents, by id; safe to share between threads.

    An id is a hash of the text, so that what is kept is never outdated.
    """

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def load(self, connection: sqlite3.Connection, document_id: str) -> str:
        """Load the text of a document that is there."""
        with self._lock:
            if document_id in self._texts:
                self._texts.move_to_end(document_id)
                return self._texts[document_id]
        text = load_text(connection, document_id)
        with self._lock:
            if document_id not in self._texts:
                self._texts[document_id] = text
                self._characters += len(text)
            while len(self._texts) > 1 and self._characters > KEPT_CHARACTERS:
                self._characters -= len(self._texts.popitem(last=False)[1])
        return text

    def forget(self, document_id: str) -> None:
        """Forget a text that was replaced; a damaged one was not what its id says."""
        with self._lock:
            self._characters -= len(self._texts.pop(document_id, ""))
