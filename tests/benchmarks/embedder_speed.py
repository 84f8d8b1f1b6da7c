"""Characters a second that embedding models take in, in windows of 400 characters.

    python tests/benchmarks/embedder_speed.py
    python tests/benchmarks/embedder_speed.py manazashi/embedder sentence-transformers/all-MiniLM-L6-v2

The text is that of the sample documents, or of `--files`, from its beginning again until there are `--windows`. The
models take turns, so that a busy machine slows all of them. Printed is JSON, with the median over rounds and the
slowest and fastest one; processor time counts all threads together. It exits with 1 if the median of the first model
is below 100,000.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from rag.documents.loading import load_document
from rag.embeddings.encoder import Encoder
from rag.embeddings.sentence_transformer import SentenceTransformerEncoder
from rag.models.shipped import EMBEDDER, locate_model
from rag.samples import load_sample_paths

SIZE = 400
LEAST = 100_000


def cut_windows(files: Sequence[Path], *, count: int) -> list[str]:
    """Cut the text of files into windows side by side."""
    text = "".join(load_document(file).text for file in files)
    text *= count * SIZE // len(text) + 1
    return [text[start : start + SIZE] for start in range(0, count * SIZE, SIZE)]


def measure(encoders: Sequence[Encoder], windows: Sequence[str], *, rounds: int) -> list[dict[str, Any]]:
    """Embed all windows with each model in turn, every round."""
    seconds: list[list[float]] = [[] for _ in encoders]
    processor: list[list[float]] = [[] for _ in encoders]
    for encoder in encoders:
        encoder.encode_documents(windows[:64])
    for _ in range(rounds):
        for number, encoder in enumerate(encoders):
            begin, begin_processor = time.perf_counter(), time.process_time()
            encoder.encode_documents(windows)
            seconds[number].append(time.perf_counter() - begin)
            processor[number].append(time.process_time() - begin_processor)
    characters = sum(map(len, windows))
    return [
        {
            "model": encoder.name,
            "dimension": encoder.dimension,
            "characters_per_second": round(characters / statistics.median(taken)),
            "slowest": round(characters / max(taken)),
            "fastest": round(characters / min(taken)),
            "characters_per_processor_second": round(characters / statistics.median(used)),
        }
        for encoder, taken, used in zip(encoders, seconds, processor, strict=True)
    ]


def main() -> int:
    """Print the figures and judge the first model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=[EMBEDDER], help="hub names or folders")
    parser.add_argument("--files", type=Path, nargs="+", default=load_sample_paths(), help="documents to read instead")
    parser.add_argument("--windows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    encoders = [
        SentenceTransformerEncoder(locate_model(name), name=name, device=options.device) for name in options.models
    ]
    windows = cut_windows(options.files, count=options.windows)
    figures = measure(encoders, windows, rounds=options.rounds)
    setting = {"windows": len(windows), "rounds": options.rounds, "threads": torch.get_num_threads()}
    print(json.dumps({**setting, "least": LEAST, "models": figures}, ensure_ascii=False, indent=2))
    return 0 if figures[0]["characters_per_second"] >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
