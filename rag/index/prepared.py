"""A document made ready to be stored: windows, vectors and terms belong to it and to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.chunks.chunk import Chunk
from rag.documents.document import Document
from rag.embeddings.encoder import Vectors
from rag.errors import ArgumentError
from rag.index.verification import UNIT_TOLERANCE


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """All that a library stores of one document.

    `vectors` holds a unit vector for each window (shape (len(chunks), dimension)), `terms` the words each is found by,
    as `rag.index.window_terms.build_chunk_terms` gives them; `windowing` says how the windows were cut.
    """

    document: Document
    chunks: Sequence[Chunk]
    vectors: Vectors
    terms: Sequence[str]
    windowing: str = ""

    def check(self, *, dimension: int) -> None:
        """Make sure that windows, vectors and terms are those of the document.

        Raises:
            ArgumentError: They are not.
        """
        document = self.document
        expected = (len(self.chunks), dimension)
        if self.vectors.shape != expected:
            raise ArgumentError(
                f"vectors of shape {self.vectors.shape} for document {document.id}: expected {expected}; give one for "
                "each window"
            )
        if len(self.terms) != len(self.chunks):
            raise ArgumentError(
                f"terms of {len(self.terms)} windows for document {document.id}: expected {len(self.chunks)}; build "
                "them for each window"
            )
        lengths = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=np.float64))
        if not np.all(np.abs(lengths - 1.0) <= UNIT_TOLERANCE):
            raise ArgumentError(f"the vectors of document {document.id} are not all of length 1; normalise them")
        for chunk in self.chunks:
            if chunk.document_id != document.id:
                raise ArgumentError(f"a window of document {chunk.document_id} was given for document {document.id}")
            inside = 0 <= chunk.start < chunk.end <= len(document.text)
            if not inside or chunk.text != document.text[chunk.start : chunk.end]:
                raise ArgumentError(f"window {chunk.start}:{chunk.end} does not hold the text of {document.id} there")
