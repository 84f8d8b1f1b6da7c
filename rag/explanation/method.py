"""What an explanation method is: it says how much each unit of the text did for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.explanation.case import Case
from rag.explanation.explanation import ScoredSpan


class Method(Protocol):
    """Scores units of the text an answer was read from; larger means that more speaks for the answer."""

    @property
    def name(self) -> str:
        """Short name, as in reports."""

    @property
    def fine(self) -> bool:
        """Whether it tells words of one sentence apart at no further cost."""

    def score(self, case: Case, units: Sequence[ScoredSpan]) -> NDArray[np.float64]:
        """Return one score a unit, on a scale of the method's own. Shape: (units,)."""
