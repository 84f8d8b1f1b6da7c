"""What every loader takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rag.documents.anchor import Anchor
from rag.documents.losses import NOTHING_KNOWN, Losses
from rag.documents.phrase import Phrase


@dataclass(frozen=True, slots=True)
class Content:
    """What a loader found in a file: canonical text, anchors in it, and how both were gained.

    `title` is the title the file itself gives, "" where it gives none worth showing. `losses` is what only the loader
    can know; what text and anchors show is counted by `rag.documents.losses.count_losses`.
    """

    text: str
    title: str = ""
    anchors: tuple[Anchor, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    losses: Losses = NOTHING_KNOWN


class Loader(Protocol):
    """Reads one format.

    `suffixes` are the endings of its files, in lower case, the usual one first. `kind` says in words what such a file
    is. `is_text` is true where the bytes of the file are text in some encoding.
    """

    @property
    def suffixes(self) -> tuple[str, ...]: ...  # noqa: D102 - described above

    @property
    def kind(self) -> Phrase: ...  # noqa: D102

    @property
    def is_text(self) -> bool: ...  # noqa: D102

    def load(self, data: bytes) -> Content:
        """Read the bytes of a file.

        Raises:
            DocumentError: The bytes are not what the format asks for. The message says so in Japanese, then in
                English, and does not name the file: the caller knows its path.
        """
        ...
