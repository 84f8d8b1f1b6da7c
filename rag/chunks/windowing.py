"""How a library makes its windows, in one record that can be written down and read again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from rag.chunks.context import Context
from rag.chunks.windows import Boundary, Unit

Pooling = Literal["window", "document"]
"""What a window's vector is made of: the window read by itself, or its tokens as the text around them shapes them (late
chunking, see `rag.embeddings.late`)."""
_LATE = "late"
_WRITTEN = re.compile(
    rf"(?P<size>\d+)/(?P<stride>\d+) (?P<unit>{'|'.join(get_args(Unit))})"
    rf"(?: by (?P<boundary>{'|'.join(get_args(Boundary))}))?(?: (?P<context>{'|'.join(get_args(Context))}))?"
    rf"(?P<late> {_LATE})?"
)


@dataclass(frozen=True, slots=True)
class Windowing:
    """How texts are cut into windows and what the windows know.

    `size` and `stride` are length and step in `unit`; `boundary` is where a window may end; `context` is put before it
    where it is embedded and indexed by words; `pooling` says what its vector is made of.
    """

    size: int
    stride: int
    unit: Unit = "characters"
    boundary: Boundary = "sentences"
    context: Context = "none"
    pooling: Pooling = "window"

    def __str__(self) -> str:
        """Write it down as a library does; what older libraries did not know is written only where it differs."""
        words = [f"{self.size}/{self.stride} {self.unit}"]
        words += [] if self.boundary == "sentences" else [f"by {self.boundary}"]
        words += [] if self.context == "none" else [self.context]
        words += [] if self.pooling == "window" else [_LATE]
        return " ".join(words)

    @classmethod
    def read(cls, written: str) -> Windowing | None:
        """Read what `str` wrote; None where that is something else."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            return None
        read = cls(int(match["size"]), int(match["stride"]), cast(Unit, match["unit"]))
        if match["boundary"]:
            read = replace(read, boundary=cast(Boundary, match["boundary"]))
        if match["context"]:
            read = replace(read, context=cast(Context, match["context"]))
        return replace(read, pooling="document") if match["late"] else read


def read_context(written: str) -> Context:
    """Return the context of windows that were made in a way written down; none where nothing is known of it."""
    windowing = Windowing.read(written)
    return "none" if windowing is None else windowing.context
