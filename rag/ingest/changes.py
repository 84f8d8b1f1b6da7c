"""Which files changed since their documents came into the library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag.index.files import FileState, KnownFile
from rag.index.library_index import LibraryIndex


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it is now; `state` is None where its document is surely as it was and nothing was read.

    `known` is the file as the library knows it, None if its document is not there, and `same` whether it still gives
    the same document, cut in the same way.
    """

    path: Path
    known: KnownFile | None
    state: FileState | None
    same: bool

    @property
    def settled(self) -> FileState | None:
        """The state, unless the file was changed since: then it has to be read again next time."""
        if self.state is None:
            return None
        try:
            status = self.path.stat()
        except OSError:
            return None
        if (status.st_size, status.st_mtime_ns) != (self.state.size, self.state.modified):
            return None
        return self.state


class KnownFiles:
    """The files of a library as they were at the start of a run, by their source."""

    def __init__(self, index: LibraryIndex, *, windowing: str) -> None:
        self.files = index.load_known_files()
        self._windowing = windowing

    def look(self, path: Path) -> Look:
        """Compare a file with what is known; reads it only if it seems touched.

        Raises:
            OSError: It cannot be read.
        """
        known = self.files.get(str(path.resolve()))
        if known is not None and known.windowing == self._windowing and known.state.is_untouched(path):
            return Look(path, known, None, same=True)
        state = FileState.measure(path)
        same = known is not None and known.windowing == self._windowing and known.state.is_same_content(state)
        return Look(path, known, state, same=same)
