"""Time of reading five passages of 400 characters, for each number format a processor can compute in.

    python tests/benchmarks/reading_speed.py
    python tests/benchmarks/reading_speed.py --squad dev.json.xz --limit 500

The questions on the sample documents are read, each from five places of its document; the formats take turns at every
question, so that a busy machine slows all of them. With `--squad`, every format also answers the same questions, and
the difference of its F1 to that of float32 comes with a 95 % interval. Printed is JSON; times are in seconds, processor
time counts all threads together. It exits with 1 if the format that the reader itself takes on this machine has a
median above 0.4 seconds, or an F1 more than half a point below that of float32.

Formats: `float32`; `bfloat16`, by autocast; `bfloat16_weights`, the whole model in it; `int8`, weights of the linear
layers with one scale a matrix, activations rounded as they come; `int8_rows`, with one scale a row of the matrix.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch

from rag.documents.loading import load_document
from rag.evaluation.metrics import paired_interval
from rag.evaluation.reading import evaluate_reading
from rag.models.shipped import READER, locate_model
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage
from rag.samples import load_sample_paths, load_sample_questions

FORMATS = ("float32", "bfloat16", "bfloat16_weights", "int8", "int8_rows")
PASSAGES, SIZE = 5, 400
MOST_SECONDS, MOST_LOSS = 0.4, 0.5

Inputs = list[tuple[str, list[Passage]]]


def load_reader(name: str, number_format: str) -> SpanReader:
    """Load a reader that computes in one format, whatever the machine is good at."""
    reader = SpanReader.load(locate_model(name), device="cpu")
    autocast = partial(torch.autocast, "cpu", dtype=torch.bfloat16)
    reader.precision = autocast if number_format == "bfloat16" else nullcontext
    if number_format == "bfloat16_weights":
        reader.model.to(torch.bfloat16)
    if number_format.startswith("int8"):
        reader.model = quantize(reader.model, by_row=number_format == "int8_rows")
    return reader


def quantize(model: Any, *, by_row: bool) -> Any:
    """Bring the linear layers to whole numbers of 8 bits."""
    from torch.ao.quantization import default_dynamic_qconfig, per_channel_dynamic_qconfig, quantize_dynamic

    kind = per_channel_dynamic_qconfig if by_row else default_dynamic_qconfig
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch tells that torchao will take this over
        return quantize_dynamic(model, {torch.nn.Linear: kind})


def find_own_format(name: str) -> str:
    """Return the format the reader takes by itself on this machine's processor."""
    own = SpanReader.load(locate_model(name), device="cpu").precision()
    return "float32" if isinstance(own, nullcontext) else "bfloat16"


def build_inputs(*, count: int, seed: int) -> Inputs:
    """Put beside each sample question five places of the document it was written for."""
    texts = {path.name: load_document(path).text for path in load_sample_paths()}
    chooser = random.Random(seed)
    questions = itertools.cycle(load_sample_questions())
    inputs: Inputs = []
    for question in itertools.islice(questions, count):
        text = texts[question.document]
        starts = chooser.sample(range(0, len(text) - SIZE, SIZE), PASSAGES)
        passages = [Passage(question.document, at, at + SIZE, text[at : at + SIZE], score=1.0) for at in starts]
        inputs.append((question.question, passages))
    return inputs


def measure_time(readers: dict[str, SpanReader], inputs: Inputs) -> dict[str, dict[str, float]]:
    """Read every question with each reader in turn; who comes first changes from question to question."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in readers}
    names = list(readers)
    for number, (question, passages) in enumerate([*inputs[:3], *inputs]):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            begin, begin_processor = time.perf_counter(), time.process_time()
            readers[name].read(question, passages)
            taken[name].append((time.perf_counter() - begin, time.process_time() - begin_processor))
    return {name: summarize(times[3:]) for name, times in taken.items()}  # the first three warm up


def summarize(times: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Return median and 95th percentile of both clocks, in seconds."""
    wall, processor = zip(*times, strict=True)
    return {
        "median": statistics.median(wall),
        "p95": statistics.quantiles(wall, n=20)[-1],
        "processor_median": statistics.median(processor),
        "processor_p95": statistics.quantiles(processor, n=20)[-1],
    }


def measure_quality(readers: dict[str, SpanReader], squad: Path, *, limit: int) -> dict[str, dict[str, Any]]:
    """Let every reader answer the same questions."""
    reports = {name: evaluate_reading([squad], reader, limit=limit) for name, reader in readers.items()}
    scores = {name: [100 * row["f1"] for row in report.rows] for name, report in reports.items()}  # type: ignore[operator]
    figures: dict[str, dict[str, Any]] = {}
    for name, report in reports.items():
        change = paired_interval(scores[name], scores["float32"])
        figures[name] = {
            "exact_match": report.figures["exact_match"],
            "f1": report.figures["f1"],
            "f1_change": {"mean": change.mean, "low": change.low, "high": change.high},
        }
    return figures


def main() -> int:
    """Print the figures and judge the format the reader takes by itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", default=READER, help="hub name or folder")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), help="float32 is always among")
    parser.add_argument("--questions", type=int, default=75, help="questions read for the time")
    parser.add_argument("--squad", type=Path, help="SQuAD JSON file, .xz accepted: measure quality too")
    parser.add_argument("--limit", type=int, default=500, help="questions of it")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    own = find_own_format(options.reader)
    chosen = dict.fromkeys(["float32", own, *options.formats])
    readers = {number_format: load_reader(options.reader, number_format) for number_format in chosen}
    inputs = build_inputs(count=options.questions, seed=options.seed)
    figures: dict[str, dict[str, Any]] = dict(measure_time(readers, inputs))
    if options.squad is not None:
        quality = measure_quality(readers, options.squad, limit=options.limit)
        figures = {name: {**times, **quality[name]} for name, times in figures.items()}
    lost = -figures[own]["f1_change"]["mean"] if options.squad is not None else 0.0
    setting = {
        "reader": options.reader,
        "threads": torch.get_num_threads(),
        "questions": len(inputs),
        "own_format": own,
    }
    print(json.dumps({**setting, "most_seconds": MOST_SECONDS, "formats": figures}, ensure_ascii=False, indent=2))
    return 0 if figures[own]["median"] <= MOST_SECONDS and lost <= MOST_LOSS else 1


if __name__ == "__main__":
    sys.exit(main())
