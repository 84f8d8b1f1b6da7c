"""How fast do documents come into a library, and does memory grow with their number?

    python -m tests.benchmarks.ingest_speed prose.jsonl.xz --characters 10000000
    python -m tests.benchmarks.ingest_speed prose.jsonl.xz --characters 10000000 --as files
    python -m tests.benchmarks.ingest_speed prose.jsonl.xz --characters 10000000 --as file

The texts are taken one after the other from all paths, up to `--characters`: as a stream of documents, as a folder of
text files, or as one text file. Printed is JSON: characters per second end to end, by the clock and by processor time
of all processes; those of each stage alone, in one process, on the first 500,000 characters; and the peak memory of all
processes together, resident and, without what is mapped from files, their own, in MB.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import torch

from rag.chunks.windowing import Windowing
from rag.chunks.windows import build_windows
from rag.documents.document import Document
from rag.documents.loading import load_document
from rag.embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.index.prepared import PreparedDocument
from rag.index.window_terms import build_chunk_terms
from rag.ingest.ingest import ingest, ingest_documents
from rag.models.shipped import EMBEDDER, locate_model
from tests.benchmarks.prose import iterate_documents, take_characters
from tests.benchmarks.synthetic_library import open_library

SIZE, STRIDE = 400, 200
STAGED = 500_000


class MemoryWatch(threading.Thread):
    """Follows the memory of this process and its children; `peaks` in bytes: resident, and not shared."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks = {"resident": 0, "own": 0}
        self._stopped = threading.Event()

    def run(self) -> None:
        own = psutil.Process()
        while not self._stopped.wait(0.2):
            infos = []
            for process in (own, *own.children(recursive=True)):
                try:
                    infos.append(process.memory_info())
                except psutil.Error:
                    continue
            self.peaks["resident"] = max(self.peaks["resident"], sum(info.rss for info in infos))
            self.peaks["own"] = max(self.peaks["own"], sum(info.rss - info.shared for info in infos))

    def stop(self) -> dict[str, int]:
        self._stopped.set()
        self.join()
        return {name: round(peak / 1e6) for name, peak in self.peaks.items()}


def measure_stages(documents: Sequence[Document], encoder: SentenceTransformerEncoder) -> dict[str, int]:
    """Return characters per second of processor time for each stage by itself."""
    characters = sum(len(document.text) for document in documents)

    def measure(work: Callable[[], Any]) -> tuple[Any, int]:
        begin = time.process_time()
        result = work()
        return result, round(characters / (time.process_time() - begin))

    with tempfile.TemporaryDirectory() as folder:
        paths = list(write_files(iter(documents), Path(folder)))
        _, read = measure(lambda: [load_document(path) for path in paths])
    cut, windows = measure(lambda: [build_windows(each, size=SIZE, stride=STRIDE) for each in documents])
    terms, terms_speed = measure(
        lambda: [
            build_chunk_terms(document.text, [(chunk.start, chunk.end) for chunk in chunks])
            for document, chunks in zip(documents, cut, strict=True)
        ]
    )
    vectors, embed = measure(lambda: [encoder.encode_documents([chunk.text for chunk in chunks]) for chunks in cut])
    prepared = [PreparedDocument(*each) for each in zip(documents, cut, vectors, terms, strict=True)]
    with tempfile.TemporaryDirectory() as folder, open_library(Path(folder), encoder) as index:
        _, store = measure(lambda: index.replace_documents(prepared))
    return {"read": read, "cut": windows, "terms": terms_speed, "embed": embed, "store": store}


def write_files(documents: Iterator[Document], folder: Path) -> Iterator[Path]:
    """Write each document into a file of its own."""
    for number, document in enumerate(documents):
        path = folder / f"{number // 1000:04}" / f"{number:07}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(document.text, encoding="utf-8", errors="surrogatepass")
        yield path


def write_file(documents: Iterator[Document], path: Path) -> None:
    """Write all documents into one file."""
    with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
        for document in documents:
            file.write(document.text + "\n\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="folders, files, .jsonl or .jsonl.xz")
    parser.add_argument("--characters", type=int, default=10_000_000)
    parser.add_argument("--as", dest="form", choices=("stream", "files", "file"), default="stream")
    parser.add_argument("--threads", type=int, default=1, help="of the embedding model")
    parser.add_argument(
        "--folder", type=Path, help="where files and library are written; a temporary folder if left out"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    encoder = SentenceTransformerEncoder(locate_model(EMBEDDER), name=EMBEDDER, device="cpu")
    build_chunk_terms("準備", [(0, 2)])
    stages = measure_stages(list(take_characters(iterate_documents(options.paths), STAGED)), encoder)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        documents = take_characters(iterate_documents(options.paths), options.characters)
        if options.form != "stream":
            (folder / "text").mkdir()
            if options.form == "files":
                for _ in write_files(documents, folder / "text"):
                    pass
            else:
                write_file(documents, folder / "text" / "all.txt")
        watch = MemoryWatch()
        watch.start()
        begin, begin_processor = time.perf_counter(), sum(os.times()[:4])
        with open_library(folder / "library", encoder) as index:
            given = {"index": index, "encoder": encoder, "windowing": Windowing(SIZE, STRIDE)}
            if options.form == "stream":
                report = ingest_documents(documents, **given)
            else:
                report = ingest([folder / "text"], **given)
        seconds, processor = time.perf_counter() - begin, sum(os.times()[:4]) - begin_processor
        figures = {
            "form": options.form,
            "documents": report.documents,
            "windows": report.chunks,
            "characters": report.characters,
            "failed": len(report.failed),
            "seconds": round(seconds, 1),
            "processor_seconds": round(processor, 1),
            "characters_per_second": round(report.characters / seconds),
            "characters_per_processor_second": round(report.characters / processor),
            "stages_per_processor_second": stages,
            "peak_memory": watch.stop(),
            "load_average": round(os.getloadavg()[0], 1),
        }
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
