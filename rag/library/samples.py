"""The sample library: the documents that come with the package, ready to be asked."""

from __future__ import annotations

from pathlib import Path

from rag.config.settings import Settings
from rag.ingest.ingest import IngestProgress
from rag.library.library import Library
from rag.samples import load_sample_paths

DEMO_QUESTIONS = (
    "子どもが一人います。熱を出したときは、年に何日まで休めますか",
    "パスワードの長さはどれくらいにしますか",
    "焙煎機の製造番号は、どこに打ってありますか",
)


def open_sample_library(settings: Settings, *, progress: IngestProgress | None = None) -> Library:
    """Open a library with the sample documents: the settings' own one, if it was chosen, else `indexes/samples`."""
    standard = settings.library == Settings().library
    folder = Path(settings.library).parent / "samples" if standard else Path(settings.library)
    return _add_samples(Library.open(folder, settings=settings), progress)


def open_or_sample(settings: Settings, *, progress: IngestProgress | None = None) -> Library:
    """Open the settings' library; a new one starts with the samples in it, so that one can ask at once."""
    new = not Path(settings.library).exists()
    library = Library.open(settings.library, settings=settings)
    return _add_samples(library, progress) if new else library


def _add_samples(library: Library, progress: IngestProgress | None) -> Library:
    try:
        library.add(load_sample_paths(), progress=progress)
    except BaseException:
        library.close()
        raise
    return library
