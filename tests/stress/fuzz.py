"""Damaged files of every format: each gives a sound document or says why not, and none does harm.

python -m tests.stress.fuzz --files 2000
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from rag.documents.canonical import to_canonical
from rag.documents.document import Document
from rag.documents.losses import LossEntry
from rag.ingest.file_readers import FileReaders
from rag.ingest.limits import ReadingLimits
from tests.documents.written_files import WRITERS, build_zip
from tests.stress.mutations import mutate

LIMITS = ReadingLimits(seconds=60, memory=2**30)
SURROGATE = re.compile("[\ud800-\udfff]")
BEYOND = ("ended after", "takes more than", "the process reading it died")


@dataclass(slots=True)
class Tally:
    """What became of the files; `faults` names those that did what none should."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    beyond: list[str] = field(default_factory=list)


def write_originals(folder: Path) -> dict[str, bytes]:
    """Whole files of every format, by suffix."""
    originals: dict[str, bytes] = {}
    for suffix, write in WRITERS.items():
        path = folder / f"whole{suffix}"
        write(path)
        originals[suffix] = path.read_bytes()
    originals[".zip"] = build_zip({f"文書{suffix}": originals[suffix] for suffix in (".docx", ".txt", ".eml", ".pdf")})
    originals[".jsonl.gz"] = gzip.compress(originals[".jsonl"])
    originals[".jsonl.xz"] = lzma.compress(originals[".jsonl"])
    return originals


def write_mutants(folder: Path, originals: dict[str, bytes], *, files: int, seed: int) -> Iterator[Path]:
    """Write one mutant after the other; which one depends on its number and the seed alone."""
    suffixes = sorted(originals)
    for number in range(files):
        chance = random.Random(f"{seed}/{number}")
        origin = suffixes[number % len(suffixes)]
        suffix = chance.choice(suffixes) if chance.random() < 0.05 else origin
        path = folder / f"{seed}-{number}{suffix}"
        path.write_bytes(mutate(originals[origin], list(originals.values()), chance))
        yield path


def find_faults(document: Document) -> list[str]:
    """Say what is not as it should be in a document."""
    faults = [] if document.text.strip() else ["no text"]
    if to_canonical(document.text) != document.text:
        faults.append("text is not canonical")
    shown = [document.text, document.title, *(anchor.label for anchor in document.anchors), *document.metadata.values()]
    if any(SURROGATE.search(text) for text in shown):
        faults.append("a lone surrogate, which no file can hold")
    starts = [anchor.start for anchor in document.anchors]
    if starts != sorted(starts):
        faults.append("anchors are not in order")
    if any(not 0 <= anchor.start <= anchor.end <= len(document.text) for anchor in document.anchors):
        faults.append("an anchor is outside the text")
    return faults


def read(path: Path, readers: FileReaders, tally: Tally) -> None:
    began = time.perf_counter()
    kinds: set[str] = set()
    try:
        for found in readers.read(path):
            if isinstance(found, Document):
                kinds.add("document")
                tally.faults += [f"{path.name}: {fault}" for fault in find_faults(found)]
            elif not isinstance(found, LossEntry):
                beyond = next((words for words in BEYOND if words in found.error), None)
                kinds.add(beyond or "refused")
                if beyond is not None:
                    tally.beyond.append(f"{path.name}: {beyond}")
                elif " / " not in found.error:
                    tally.faults.append(f"{path.name}: {found.error}")
    except Exception as error:  # noqa: BLE001
        kinds.add("exception")
        tally.faults.append(f"{path.name}: {error!r}\n{''.join(getattr(error, '__notes__', ()))}")
    tally.outcomes[" + ".join(sorted(kinds)) or "nothing"] += 1
    tally.slowest = max(tally.slowest, (time.perf_counter() - began, path.name))


def fuzz(folder: Path, *, files: int, seed: int, limits: ReadingLimits = LIMITS, keep: Path | None = None) -> Tally:
    """Read mutants; those with faults are copied to `keep`."""
    tally = Tally()
    originals = write_originals(folder)
    with closing(FileReaders(limits)) as readers:
        for path in write_mutants(folder, originals, files=files, seed=seed):
            before = len(tally.faults) + len(tally.beyond)
            read(path, readers, tally)
            if keep is not None and len(tally.faults) + len(tally.beyond) > before:
                shutil.copy(path, keep)
            path.unlink()
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files that did harm")
    given = parser.parse_args(arguments)
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tally = fuzz(Path(folder), files=given.files, seed=given.seed, keep=given.keep)
    for fault in tally.faults:
        print("FAULT", fault)
    for name in tally.beyond:
        print("BEYOND", name)
    for outcome, count in tally.outcomes.most_common():
        print(f"{count:6,}  {outcome}")
    print(f"slowest {tally.slowest[0]:.1f} s ({tally.slowest[1]}), all {time.perf_counter() - began:.0f} s")
    print(f"{given.files:,} files, {len(tally.faults)} faults, {len(tally.beyond)} ended by their limits")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
