"""Seconds that ingesting an unchanged folder takes, beside the first time, with the shipped models.

python -m tests.benchmarks.ingest_again [--files 40]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from rag.config.settings import Settings
from rag.library.library import Library
from rag.samples import load_sample_paths


def write_files(folder: Path, count: int) -> None:
    """Write files as long as a chapter, each another one, last changed long ago."""
    text = next(path for path in load_sample_paths() if path.suffix == ".txt").read_text(encoding="utf-8")
    for number in range(count):
        path = folder / f"{number:04}.txt"
        path.write_text(f"第{number}冊\n\n" + text.replace("第1条", f"第{number}条")[:6000], encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=40)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "files"
        folder.mkdir()
        write_files(folder, count)
        seconds = []
        for _ in range(2):
            with Library.open(Path(place) / "library", settings=Settings()) as library:
                library.statistics()  # models and files are opened before the clock starts
                began = time.perf_counter()
                report = library.add(folder)
                seconds.append(time.perf_counter() - began)
        assert len(report.unchanged) == count
    first, again = seconds
    print(f"{count} files: first {first:.2f} s, again {again:.4f} s, {first / again:.0f} times faster")


if __name__ == "__main__":
    main()
