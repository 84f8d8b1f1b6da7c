"""Settings that are ranked by two sets of questions, to see whether both agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Condition:
    """Changes to the settings under a name; `reads` says that answers are measured too, which takes time."""

    name: str
    changes: Mapping[str, object]
    reads: bool = False

    def apply(self, settings: Settings) -> Settings:
        """Return settings with the changes made."""
        return replace(settings, **self.changes)  # type: ignore[arg-type]


def _name(size: int, search: str, more: str = "") -> str:
    return f"{search}・{size} 字{more}"


def _windows(size: int) -> dict[str, object]:
    return {"size": size, "stride": size // 2, "unit": "characters", "context": "none", "reranked": 0}


_WORDS: dict[str, object] = {"mode": "lexical"}
_MEANING: dict[str, object] = {"mode": "dense"}


def _fused(share: float) -> dict[str, object]:
    return {"mode": "hybrid", "dense_share": share}


CONDITIONS = (
    Condition(_name(400, "語"), _windows(400) | _WORDS, reads=True),
    Condition(_name(400, "意味"), _windows(400) | _MEANING, reads=True),
    Condition(_name(400, "両方"), _windows(400) | _fused(0.2), reads=True),
    Condition(_name(400, "両方", "、意味 0.5"), _windows(400) | _fused(0.5), reads=True),
    Condition(_name(400, "両方", "、意味 0.8"), _windows(400) | _fused(0.8)),
    Condition(_name(400, "両方", "、読んで並べ替え"), _windows(400) | _fused(0.2) | {"reranked": 10}, reads=True),
    Condition(_name(200, "語"), _windows(200) | _WORDS),
    Condition(_name(200, "意味"), _windows(200) | _MEANING),
    Condition(_name(200, "両方"), _windows(200) | _fused(0.2), reads=True),
    Condition(_name(800, "語"), _windows(800) | _WORDS, reads=True),
    Condition(_name(800, "意味"), _windows(800) | _MEANING),
    Condition(_name(800, "両方"), _windows(800) | _fused(0.2), reads=True),
    Condition(_name(400, "語", "、見出し"), _windows(400) | _WORDS | {"context": "heading"}),
    Condition(_name(400, "意味", "、見出し"), _windows(400) | _MEANING | {"context": "heading"}),
    Condition(_name(400, "両方", "、見出し"), _windows(400) | _fused(0.2) | {"context": "heading"}),
)
"""Windows of equal kind stand together, so that a library is built once for each."""
