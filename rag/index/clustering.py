"""When vectors are put into clusters, how many, and how much of the exact result such a search finds."""

from __future__ import annotations

import logging
import sqlite3
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.index.clustered_index import ClusteredIndex
from rag.index.manifest import replace_file
from rag.index.stored_vectors import find_nearest, iterate_vectors, load_vectors

logger = logging.getLogger(__name__)

EXACT_UP_TO = 200_000
"""Windows up to which all vectors are compared."""
GROWTH = 2.0
"""Clusters are made anew when the library has grown, or shrunk, by this factor."""
OVERSAMPLING = 2
"""Candidates for each hit, of which the vectors in the catalog choose the best."""
DEPTH = 10
"""Hits that count for the recall."""
LEAST_RECALL = 0.97
"""Recall on the sample that the number of searched clusters is chosen for."""

_POINTS = 40
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class Clustering:
    """What clusters were made from: `trained` windows, and how they are searched: `probes` clusters at a time.

    `recall` is the share of the exact first ten hits among those found, on a sample, when the clusters were made.
    """

    trained: int
    probes: int
    recall: float


def choose_search(count: int, clustering: Clustering | None) -> Literal["clusters", "exact", "as it is"]:
    """Say what a library of so many windows is due for: new clusters, exact search again, or nothing."""
    if clustering is None:
        return "clusters" if count > EXACT_UP_TO else "as it is"
    if clustering.trained / GROWTH < count < clustering.trained * GROWTH:
        return "as it is"
    return "clusters" if count > EXACT_UP_TO else "exact"


def build_clusters(
    connection: sqlite3.Connection, ids: NDArray[np.int64], *, dimension: int, path: Path
) -> tuple[ClusteredIndex, Clustering]:
    """Put the vectors of all windows into clusters, in a file, and measure how well they are found.

    What is searched for are directions drawn at random. Questions are short and lie apart from windows: they were found
    as well as random directions (0.96 both, where windows, and means of two of them, had 0.99 and more).

    Args:
        connection: Sees one state of the catalog.
        ids: Ids of all windows of that state.
        dimension: Length of a vector.
        path: Place of the file; what is there is replaced.
    """
    began = time.perf_counter()
    generator = np.random.default_rng(0)
    clusters = choose_clusters(len(ids))
    points = min(_POINTS * clusters, len(ids))
    _, sample = load_vectors(connection, np.sort(generator.choice(ids, points, replace=False)), dimension=dimension)
    trained = ClusteredIndex.train(sample, clusters=clusters)
    iterate = partial(iterate_vectors, connection, dimension=dimension)
    replace_file(path, lambda file: trained.write(file, ids, iterate))
    index = ClusteredIndex.open(path, dimension=dimension, probes=clusters)
    queries = generator.standard_normal((_SAMPLE, dimension)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    recall = choose_probes(index, queries, find_nearest(connection, queries, k=DEPTH))
    logger.info(
        "%d vectors put into %d clusters in %.0f s; searching %d of them finds %.1f %% of the first %d",
        len(ids),
        clusters,
        time.perf_counter() - began,
        index.probes,
        100 * recall,
        DEPTH,
    )
    return index, Clustering(trained=len(ids), probes=index.probes, recall=round(recall, 4))


def choose_clusters(count: int) -> int:
    """Return the power of two nearest to the root of the number of windows."""
    return int(2 ** round(np.log2(max(count, 1)) / 2))


def choose_probes(index: ClusteredIndex, queries: Vectors, exact: NDArray[np.int64]) -> float:
    """Have as many clusters searched as reach `LEAST_RECALL`, in steps of a sixteenth, and return what they reach."""
    recall = 0.0
    for probes, found in index.search_stepwise(queries, k=OVERSAMPLING * DEPTH, steps=16):
        index.probes = probes
        recall = float(np.mean([np.isin(wanted, some).mean() for wanted, some in zip(exact, found, strict=True)]))
        if recall >= LEAST_RECALL:
            break
    return recall
