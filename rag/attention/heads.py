"""What the heads of a model are like: how wide and how far they look, and which have a plain habit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rag.attention.softmax import Matrix
from rag.errors import ArgumentError

Habit = Literal["previous", "next", "same", "delimiter", "answer"]
HABITS: tuple[Habit, ...] = get_args(Habit)

NOTABLE = 0.5
"""Share of the gaze from which on a head is named after a habit."""

REACH = 8
"""Tokens to either side that a distance profile covers."""


@dataclass(frozen=True, slots=True)
class HeadProfile:
    """One head's way of looking, averaged over the tokens of a text.

    `layer`, `head`: from 0. `entropy`: bits; 0 when each token looks at one other only, log2(tokens) when at all
    alike. `distance`: mean number of tokens between the one that looks and the one looked at. `profile`: share of the
    gaze at the offsets −8 to +8. `shares`: share of the gaze that follows each habit: at the token before, the token
    after, itself or its like, a special token such as [SEP], and, from the question's tokens, at the answer.
    """

    layer: int
    head: int
    entropy: float
    distance: float
    profile: tuple[float, ...]
    shares: dict[Habit, float]

    @property
    def habits(self) -> tuple[Habit, ...]:
        """Habits the head is named after, strongest first."""
        named = [habit for habit, share in self.shares.items() if share >= NOTABLE]
        return tuple(sorted(named, key=lambda habit: -self.shares[habit]))


def measure_entropy(weights: ArrayLike) -> Matrix:
    """Return −Σ w log2 w of each row, in bits. Shape: (..., length) to (...)."""
    shares = np.asarray(weights, dtype=np.float64)
    entropy: Matrix = -(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=-1)
    return np.abs(entropy)  # not −0.0


def profile_heads(
    maps: NDArray[np.float32],
    *,
    ids: Sequence[int],
    special: Sequence[bool],
    question: tuple[int, int] | None = None,
    answer: tuple[int, int] | None = None,
) -> tuple[HeadProfile, ...]:
    """Describe every head of every layer.

    Tokens with text do the looking; where special tokens look is nobody's business. Habits are the ones that were
    found in English BERT.

    Args:
        maps: Attention of one text. Shape: (layers, heads, length, length).
        ids: Token ids, by which tokens are told to be alike.
        special: Which tokens are special ones, such as [CLS] and [SEP].
        question: Range of the question's tokens.
        answer: Range of the answer's tokens.

    Returns:
        The profiles, layer by layer.

    Raises:
        ArgumentError: The maps are not square, or do not fit the tokens.

    Source:
        Clark et al. 2019, "What Does BERT Look At? An Analysis of BERT's Attention", sections 3 and 4.
    """
    if maps.ndim != 4 or maps.shape[2:] != (len(ids), len(ids)) or len(special) != len(ids):
        raise ArgumentError(
            f"maps have shape {maps.shape} for {len(ids)} ids and {len(special)} marks of special tokens; expected "
            "(layers, heads, length, length) and one of each for every token"
        )
    delimiters = np.asarray(special, dtype=np.bool_)
    looking = ~delimiters if not delimiters.all() else np.ones_like(delimiters)
    positions = np.arange(len(ids))
    offsets = positions[None, :] - positions[:, None]
    alike = np.equal.outer(np.asarray(ids), np.asarray(ids))
    rows = maps[:, :, looking].astype(np.float64)
    entropy = measure_entropy(rows).mean(axis=-1)
    distance = (rows * np.abs(offsets[looking])).sum(axis=-1).mean(axis=-1)
    profile = [(rows * (offsets[looking] == offset)).sum(axis=-1).mean(axis=-1) for offset in range(-REACH, REACH + 1)]
    shares: dict[Habit, Matrix] = {
        "previous": _share(maps, offsets == -1, looking & (positions > 0)),
        "next": _share(maps, offsets == 1, looking & (positions < len(ids) - 1)),
        "same": _share(maps, alike, looking),
        "delimiter": _share(maps, np.broadcast_to(delimiters, alike.shape), looking),
    }
    if question is not None and answer is not None:
        asking, told = (_mark(positions, place) for place in (question, answer))
        shares["answer"] = _share(maps, np.broadcast_to(told, alike.shape), asking)
    return tuple(
        HeadProfile(
            layer=layer,
            head=head,
            entropy=float(entropy[layer, head]),
            distance=float(distance[layer, head]),
            profile=tuple(float(share[layer, head]) for share in profile),
            shares={habit: float(share[layer, head]) for habit, share in shares.items()},
        )
        for layer, head in np.ndindex(*maps.shape[:2])
    )


def find_strongest(profiles: Sequence[HeadProfile]) -> dict[Habit, HeadProfile]:
    """Return the head that follows each habit most."""
    habits = profiles[0].shares if profiles else {}
    return {habit: max(profiles, key=lambda profile: profile.shares[habit]) for habit in habits}


def _share(maps: NDArray[np.float32], looked_at: NDArray[np.bool_], looking: NDArray[np.bool_]) -> Matrix:
    """Return how much of their gaze the looking tokens give to the places marked. Shape: (layers, heads)."""
    if not looking.any():
        return np.zeros(maps.shape[:2])
    share: Matrix = (maps * looked_at).sum(axis=-1)[:, :, looking].mean(axis=-1, dtype=np.float64)
    return share


def _mark(positions: NDArray[np.int64], place: tuple[int, int]) -> NDArray[np.bool_]:
    return (positions >= place[0]) & (positions < place[1])
