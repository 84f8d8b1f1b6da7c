"""Which ways to make windows are tried: the plane of size and stride, and one factor at a time around a default."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from rag.chunks.context import Context
from rag.chunks.windowing import Pooling, Windowing
from rag.chunks.windows import Boundary
from rag.errors import ArgumentError
from rag.retrieval.widening import Widen

_BOUNDARIES = {"sentences": "", "characters": " 字数", "articles": " 条・節"}
_CONTEXTS = {"none": "", "heading": " 見出し", "title_heading": " 題と見出し"}
_POOLINGS = {"window": "", "document": " 遅延分割"}
_WIDENINGS = {"none": "", "article": " 条に広げる", "section": " 節に広げる"}
FACTORS = ("大きさとずらし幅", "切れ目", "窓が知ること", "遅延分割", "読むときの広げ方")


@dataclass(frozen=True, slots=True)
class SweepSetting:
    """One way to make windows and to read them; `factor` numbers what of it is tried, see `FACTORS`."""

    windowing: Windowing
    widen: Widen = "none"
    factor: int = 0

    @property
    def label(self) -> str:
        """Say in a few words what differs from plain windows of sentences."""
        how = self.windowing
        unit = "" if how.unit == "characters" else " トークン"
        return (
            f"{how.size}/{how.stride}{unit}{_BOUNDARIES[how.boundary]}{_CONTEXTS[how.context]}{_POOLINGS[how.pooling]}"
            f"{_WIDENINGS[self.widen]}"
        )

    @property
    def where(self) -> dict[str, str]:
        """What tells its rows from those of others."""
        return {"windows": str(self.windowing), "widen": self.widen}


@dataclass(frozen=True, slots=True)
class SweepGrid:
    """What is tried. `strides` are shares of the size; all others are tried at the default size and stride."""

    sizes: tuple[int, ...] = (200, 400, 800, 1200)
    strides: tuple[float, ...] = (0.5, 1.0)
    boundaries: tuple[Boundary, ...] = get_args(Boundary)
    contexts: tuple[Context, ...] = get_args(Context)
    poolings: tuple[Pooling, ...] = get_args(Pooling)
    widenings: tuple[Widen, ...] = get_args(Widen)

    def check(self) -> None:
        """Make sure that it can be tried.

        Raises:
            ArgumentError: A size is below one, or a stride is no share of a size.
        """
        if any(size < 1 for size in self.sizes):
            raise ArgumentError(f"sizes are {list(self.sizes)}; expected lengths of at least 1")
        if any(not 0 < share <= 1 for share in self.strides):
            raise ArgumentError(
                f"strides are {list(self.strides)}; expected shares of the size above 0 and at most 1, such as 0.5"
            )

    def plan(self, windowing: Windowing, *, widen: Widen = "none") -> list[SweepSetting]:
        """List the settings, each once; the first is the default, and those of equal windows stand together.

        Args:
            windowing: How windows are made by default.
            widen: What they are widened to by default.
        """
        default = SweepSetting(windowing, widen)
        tried = [default]
        tried += [SweepSetting(windowing, each, factor=4) for each in self.widenings]
        tried += [
            SweepSetting(replace(windowing, size=size, stride=max(1, round(size * share))), widen)
            for size in self.sizes
            for share in self.strides
        ]
        tried += [SweepSetting(replace(windowing, boundary=each), widen, factor=1) for each in self.boundaries]
        tried += [SweepSetting(replace(windowing, context=each), widen, factor=2) for each in self.contexts]
        tried += [SweepSetting(replace(windowing, pooling=each), widen, factor=3) for each in self.poolings]
        once = {(setting.windowing, setting.widen): setting for setting in reversed(tried)}
        return [default, *(setting for setting in reversed(once.values()) if setting != default)]
