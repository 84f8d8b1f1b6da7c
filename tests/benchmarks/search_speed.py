"""How fast is a library of many windows opened and searched, and what does approximate search miss?

    python -m tests.benchmarks.search_speed prose.jsonl.xz --questions train.json.xz --folder /tmp/libraries
    python -m tests.benchmarks.search_speed prose.jsonl.xz --windows 10000 100000 --folder /tmp/libraries

The libraries are built once in `--folder` (a million windows take 5 GB), out of as many real windows as `--base` says;
see `synthetic_library`. Each is measured in a process of its own. The questions are those of a SQuAD file or, without
one, sentences of the windows. Printed is JSON: seconds until the first search is answered, milliseconds of the clock
and of the processor for the search of 50 candidates, the resident and the mapped memory that opening and searching
add, in MB, and the share of the exact first ten windows that the dense search finds. It exits with 1 if hybrid search
without a reranker is slower than 30 ms at up to 100,000 windows, or 100 ms at more, at the 95th percentile, or finds
less than 0.95.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from rag.embeddings.encoder import Encoder
from rag.embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.index.stored_vectors import find_nearest
from rag.models.shipped import EMBEDDER, locate_model
from rag.retrieval.search import search
from tests.benchmarks.prose import iterate_documents
from tests.benchmarks.synthetic_library import build_base, build_library, open_library

DEPTH = 50
MOST_SECONDS = {100_000: 0.030, 1_000_000: 0.100}
LEAST_RECALL = 0.95


def load_questions(squad: Path | None, texts: Sequence[str], *, count: int) -> list[str]:
    """Draw questions from a SQuAD file, or sentences from texts."""
    if squad is None:
        found = [sentence for text in texts for sentence in text.split("。") if 15 <= len(sentence) <= 60]
    else:
        data = lzma.decompress(squad.read_bytes()) if squad.suffix == ".xz" else squad.read_bytes()
        articles = json.loads(data)["data"]
        found = [entry["question"] for each in articles for part in each["paragraphs"] for entry in part["qas"]]
    return random.Random(0).sample(found, count)


def measure_times(run: Callable[[str], object], questions: Sequence[str]) -> dict[str, float]:
    """Return milliseconds of clock and processor."""
    clock, processor = [], []
    for question in questions:
        begin, begin_processor = time.perf_counter(), time.process_time()
        run(question)
        clock.append(1000 * (time.perf_counter() - begin))
        processor.append(1000 * (time.process_time() - begin_processor))
    return {
        f"{name}p{share}": round(float(np.percentile(times, share)), 1)
        for name, times in (("", clock), ("processor_", processor))
        for share in (50, 95)
    }


def measure(folder: Path, encoder: Encoder, questions: Sequence[str]) -> dict[str, Any]:
    """Measure one library."""
    process = psutil.Process()
    search("準備", index=_Nothing(), encoder=encoder)  # the dictionary is loaded before anything counts
    before = process.memory_info()
    begin = time.perf_counter()
    index = open_library(folder, encoder)
    index.search_dense(encoder.encode_queries(questions[:1])[0], k=DEPTH)
    opened = time.perf_counter() - begin
    modes: dict[str, Any] = {}
    for mode in ("dense", "lexical", "hybrid"):
        modes[mode] = measure_times(partial(search, index=index, encoder=encoder, mode=mode), questions)
    after = process.memory_info()
    queries = encoder.encode_queries(questions)
    with index._catalog.reading() as connection:
        exact = [set(row) for row in find_nearest(connection, queries, k=10).tolist()]
    found = [{match.chunk_id for match in index.search_dense(query, k=10)} for query in queries]
    recall = sum(len(one & other) for one, other in zip(exact, found, strict=True)) / sum(map(len, exact))
    return {
        "windows": index.statistics().chunks,
        "open_seconds": round(opened, 3),
        **modes,
        "memory": round((after.rss - before.rss) / 1e6),
        "of_it_mapped_files": round((after.shared - before.shared) / 1e6),
        "recall@10": round(recall, 4),
        "manifest": json.loads((folder / "manifest.json").read_text(encoding="utf-8")),
    }


class _Nothing:
    """An index without windows."""

    def search_dense(self, *_: object, **__: object) -> list[Any]:
        return []

    search_lexical = search_dense

    def load_chunks(self, _: object) -> list[Any]:
        return []


def main() -> int:
    """Build what is missing, measure each library in a process of its own and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="folders, files, .jsonl or .jsonl.xz")
    parser.add_argument("--windows", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--base", type=int, default=100_000, help="real windows")
    parser.add_argument("--folder", type=Path, required=True, help="where the libraries are kept")
    parser.add_argument("--questions", type=Path, help="SQuAD JSON file, .xz accepted")
    parser.add_argument("--count", type=int, default=200, help="questions asked")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    encoder = SentenceTransformerEncoder(locate_model(EMBEDDER), name=EMBEDDER, device="cpu")
    base = build_base(iterate_documents(options.paths), encoder, windows=options.base, cache=options.folder)
    questions = load_questions(options.questions, base.texts, count=options.count)
    if options.child:
        del base
        (windows,) = options.windows
        print(json.dumps(measure(options.folder / f"library-{windows}", encoder, questions), ensure_ascii=False))
        return 0
    figures = []
    for windows in options.windows:
        folder = options.folder / f"library-{windows}"
        if not (folder / "manifest.json").is_file():
            build_library(folder, base, encoder, windows=windows)
        command = [sys.executable, "-m", "tests.benchmarks.search_speed", *map(str, options.paths), "--child"]
        for name in ("base", "folder", "questions", "count", "threads"):
            if getattr(options, name) is not None:
                command += [f"--{name}", str(getattr(options, name))]
        done = subprocess.run([*command, "--windows", str(windows)], check=True, stdout=subprocess.PIPE, text=True)
        figures.append(json.loads(done.stdout))
    print(json.dumps(figures, ensure_ascii=False, indent=2))
    good = True
    for each in figures:
        most = 1000 * min(seconds for windows, seconds in MOST_SECONDS.items() if each["windows"] <= windows)
        good = good and each["hybrid"]["p95"] <= most and each["recall@10"] >= LEAST_RECALL
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
