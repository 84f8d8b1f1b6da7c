"""Runs of glyphs on a page of a PDF, and whether its lines run across or down.

Everything after this works on lines that run along one axis and follow each other across it: in horizontal text along
is rightwards and across downwards, in vertical text along is downwards and across leftwards. So columns, ruby and line
ends are found in the same way in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.pdf_glyphs import Glyphs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDE_GAP = 1.5
"""Gap, in heights of the text, beyond which what follows is another column or cell."""
FEWEST_VOTES = 2
"""Pairs of characters below each other that show that text runs down."""


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs `first:last` that follow each other on a line; `size` is how far they reach across, all in points."""

    first: int
    last: int
    text: str
    start: float
    end: float
    top: float
    bottom: float

    @property
    def size(self) -> float:
        """Height of horizontal text, width of vertical text."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Middle across the line."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of a page along its lines, and those that lie flat on a page whose lines run down.

    `starts` and `ends` say where each glyph begins and ends along the line.
    """

    is_vertical: bool
    runs: list[Run]
    flat: list[Run]
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]


def build_runs(glyphs: Glyphs) -> Runs:
    """Cut the glyphs of a page into runs where PDFium ends a line, text turns back, or a wide gap lies between."""
    import numpy as np

    inked = np.array([not character.isspace() for character in glyphs.characters], dtype=bool)
    indices = np.flatnonzero(inked)
    left, bottom, right, top = glyphs.boxes.T if len(glyphs.characters) else np.zeros((4, 0), np.float32)
    across_page, down_page = _count_votes(glyphs, indices)
    is_vertical = down_page >= FEWEST_VOTES and down_page > across_page
    if not is_vertical:
        runs = _cut(glyphs, indices, (left, right, -top, -bottom))
        return Runs(False, runs, [], left, right)
    flat, rest, boxes = _set_flat_apart(glyphs, indices)
    left, bottom, right, top = boxes.T
    runs = _cut(glyphs, rest, (-top, -bottom, -right, -left))
    return Runs(True, runs, flat, -top, -bottom)


def _count_votes(glyphs: Glyphs, indices: NDArray[np.intp]) -> tuple[int, int]:
    """Count the pairs of following glyphs that stand side by side, and those of wide ones below each other."""
    across, down = _relate(glyphs, indices)
    wide = glyphs.boxes[indices, 2] - glyphs.boxes[indices, 0] > 0.7 * (
        glyphs.boxes[indices, 3] - glyphs.boxes[indices, 1]
    )
    return int(across.sum()), int((down & wide[:-1] & wide[1:]).sum())


def _relate(glyphs: Glyphs, indices: NDArray[np.intp]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each glyph is followed by one to its right, and by one below it. Shapes: (glyphs - 1,)."""
    import numpy as np

    left, bottom, right, top = glyphs.boxes[indices].T
    size = np.maximum(right - left, top - bottom)[:-1]
    aside, below = np.diff((left + right) / 2), -np.diff((bottom + top) / 2)
    across = (np.abs(below) < 0.3 * size) & (aside > 0) & (aside < 2 * size)
    down = (np.abs(aside) < 0.3 * size) & (below > 0) & (below < 1.5 * size)
    return across, down


def _set_flat_apart(
    glyphs: Glyphs, indices: NDArray[np.intp]
) -> tuple[list[Run], NDArray[np.intp], NDArray[np.float32]]:
    """Take the horizontal runs out of a vertical page; a few digits set upright in a line share one place in it."""
    import numpy as np

    boxes = glyphs.boxes.copy()
    middles = (boxes[indices, 0] + boxes[indices, 2]) / 2
    across, down = _relate(glyphs, indices)
    across &= boxes[indices[1:], 0] - boxes[indices[:-1], 2] < 0.4 * (boxes[indices[:-1], 3] - boxes[indices[:-1], 1])
    wide = float(np.median(boxes[indices, 2] - boxes[indices, 0]))
    flat: list[Run] = []
    rest: list[int] = []
    group: list[int] = []
    for place, index in enumerate(indices.tolist()):
        group.append(index)
        if place < len(across) and across[place] and not down[place]:
            continue
        outer = boxes[group]
        left, bottom = outer[:, :2].min(0)
        right, top = outer[:, 2:].max(0)
        alone = np.count_nonzero(np.abs(middles - (left + right) / 2) < 0.5 * wide) <= len(group)
        if len(group) > 1 and (alone or right - left > 1.5 * wide):
            text = "".join(glyphs.characters[group[0] : group[-1] + 1])
            flat.append(Run(group[0], group[-1] + 1, text, float(left), float(right), float(-top), float(-bottom)))
        else:
            boxes[group] = left, bottom, right, top
            rest += group
        group = []
    return flat, np.array(rest, dtype=np.intp), boxes


def _cut(glyphs: Glyphs, indices: NDArray[np.intp], edges: tuple[NDArray[np.float32], ...]) -> list[Run]:
    import numpy as np

    if not len(indices):
        return []
    start, end, top, bottom = (edge[indices] for edge in edges)
    size = bottom - top
    smaller = np.minimum(size[:-1], size[1:])
    middle = (top + bottom) / 2
    gap = start[1:] - end[:-1]
    cut = (gap > WIDE_GAP * smaller) | (start[1:] < start[:-1] - 0.5 * smaller)
    cut |= np.abs(np.diff(middle)) > 0.5 * smaller
    cut |= np.maximum(size[:-1], size[1:]) > 1.5 * smaller
    line_ends = np.cumsum([character == "\n" for character in glyphs.characters])[indices]
    cut |= np.diff(line_ends) > 0
    bounds = [0, *(np.flatnonzero(cut) + 1).tolist(), len(indices)]
    pieces = np.array(bounds[:-1])
    starts, ends = np.minimum.reduceat(start, pieces).tolist(), np.maximum.reduceat(end, pieces).tolist()
    tops, bottoms = np.minimum.reduceat(top, pieces).tolist(), np.maximum.reduceat(bottom, pieces).tolist()
    runs: list[Run] = []
    for number, place in enumerate(bounds[:-1]):
        first, last = int(indices[place]), int(indices[bounds[number + 1] - 1]) + 1
        text = "".join(glyphs.characters[first:last])
        runs.append(Run(first, last, text, starts[number], ends[number], tops[number], bottoms[number]))
    return runs
