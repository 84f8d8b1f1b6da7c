"""Controls: what an explanation has to beat, because it takes no look at the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from rag.explanation.case import Case
from rag.explanation.explanation import ScoredSpan
from rag.text.terms import build_terms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RetrieverScore:
    """What search sees: the question's terms in a unit, rare ones more, and how well its passage was found."""

    name: str = "retriever"
    fine: bool = False

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Weigh shared terms as search does; between units that share alike, the better passage decides."""
        asked = {term.text for term in build_terms(case.question)}
        held = [{term.text for term in build_terms(unit.text)} & asked for unit in units]
        rarity = {term: log(1 + len(units) / (1 + sum(term in terms for terms in held))) for term in asked}
        owners = {passage.document_id: passage for passage in reversed(case.passages)}
        best = max((passage.score for passage in case.passages), default=0.0) or 1.0
        found = [owners[unit.document_id].score / best for unit in units]
        return np.array([sum(rarity[term] for term in terms) for terms in held]) + 1e-3 * np.array(found)


@dataclass(frozen=True, slots=True)
class RandomScore:
    """Chance: the floor."""

    seed: int = 0
    name: str = "random"
    fine: bool = False

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> Floats:
        """Draw a score for each unit; the same for the same question and seed."""
        from zlib import crc32

        return np.random.default_rng([self.seed, crc32(case.question.encode())]).random(len(units))
