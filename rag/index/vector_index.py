"""What the vector cache needs from an index over vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors

LoadVectors = Callable[[NDArray[np.int64]], tuple[NDArray[np.int64], Vectors]]
"""Given ids, returns those there are, ascending, and their vectors."""
IterateVectors = Callable[[int], Iterator[tuple[NDArray[np.int64], Vectors]]]
"""Given an id, yields the ids from it on, ascending, and their vectors, some thousands at a time."""


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

    def write(self, file: BinaryIO, ids: NDArray[np.int64], iterate: IterateVectors) -> None:
        """Write an index of this kind to an open file, block by block, so that it is never in memory as a whole.

        Args:
            file: Empty and open for writing.
            ids: Those of all vectors to be in it, ascending, whatever this index holds. Shape: (windows,).
            iterate: Gives their vectors.
        """

    def search(
        self, vector: Vectors, *, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Return ids and inner products of the `k` best among `allowed` (None: all), best first, ties by id."""

    def find_differences(self, load: LoadVectors) -> NDArray[np.int64]:
        """Return the ids whose vector is not the one that `load` gives for them."""
