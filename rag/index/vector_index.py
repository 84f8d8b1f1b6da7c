"""What the vector cache needs from an index over vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors

LoadVectors = Callable[[NDArray[np.int64]], tuple[NDArray[np.int64], Vectors]]
"""Given ids, returns those there are, ascending, and their vectors."""


class VectorIndex(Protocol):
    """Vectors under the ids of their windows."""

    @property
    def exact(self) -> bool:
        """Whether `search` finds exactly the nearest; if not, what it finds are candidates with rough scores."""

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids, in the index's own order. Shape: (windows,)."""

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors under their ids."""

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove the vectors with these ids."""

    def write(self, file: BinaryIO) -> None:
        """Write the index to an open file."""

    def search(
        self, vector: Vectors, *, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Return ids and inner products of the `k` best among `allowed` (None: all), best first, ties by id."""

    def find_differences(self, load: LoadVectors) -> NDArray[np.int64]:
        """Return the ids whose vector is not the one that `load` gives for them."""
