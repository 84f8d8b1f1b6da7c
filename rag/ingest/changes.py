"""Which files changed since their documents came into the library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag.documents.formats import locate_file
from rag.index.files import FileState, KnownFile
from rag.index.library_index import LibraryIndex


@dataclass(frozen=True, slots=True)
class Look:
    """A file as it is now; `state` is None where its document is surely as it was and nothing was read.

    `known` are the documents the library has of it, and `same` says whether it still gives the same ones, cut in the
    same way.
    """

    path: Path
    known: tuple[KnownFile, ...]
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
    """The documents of a library that came from files as they were at the start of a run, by the path of the file."""

    def __init__(self, index: LibraryIndex, *, windowing: str) -> None:
        self.files: dict[str, list[KnownFile]] = {}
        for source, known in index.load_known_files().items():
            self.files.setdefault(locate_file(source), []).append(known)
        self._windowing = windowing

    def look(self, path: Path) -> Look:
        """Compare a file with what is known; reads it only if it seems touched.

        Raises:
            OSError: It cannot be read.
        """
        known = tuple(self.files.get(str(path.resolve()), ()))
        usual = bool(known) and all(each.windowing == self._windowing for each in known)
        if usual and all(each.state.is_untouched(path) for each in known):
            return Look(path, known, None, same=True)
        state = FileState.measure(path)
        same = usual and all(each.state.is_same_content(state) for each in known)
        return Look(path, known, state, same=same)
