"""`python -m rag.evaluation.variants.memory`: what one variant takes in a process of its own; JSON in and out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError

STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes a process takes at most, None where the system does not tell, and bytes of the weights in it."""

    peak: int | None
    weights: int


def measure_footprint(task: Mapping[str, object]) -> Footprint:
    """Load a model and work with it in a new process.

    Args:
        task: "kind", "model" and "precision" of a variant; for a reader "inputs", lists of a question and its passages;
            for an embedder "texts".

    Raises:
        ModelError: The process failed.
    """
    command = [sys.executable, "-W", "ignore", "-m", "rag.evaluation.variants.memory"]
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise ModelError(
            f"{task['model']}: the process that measures its memory failed with {done.returncode} ({last}); expected "
            "it to load the model once more: make memory free"
        )
    found = json.loads(done.stdout.splitlines()[-1])
    return Footprint(found["peak"], found["weights"])


def read_peak() -> int | None:
    """Return the most bytes this process has taken.

    Linux keeps the figure of the parent in `ru_maxrss`, so the file is asked first.
    """
    try:
        lines = STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _work(task: Mapping[str, Any]) -> int:
    """Do the task and return the bytes of the weights."""
    from rag.evaluation.variants.quantization import FormattedReader, measure_weights, set_format
    from rag.retrieval.hit import Passage

    if task["kind"] == "embedder":
        from rag.embeddings.sentence_transformer import SentenceTransformerEncoder

        encoder = SentenceTransformerEncoder(task["model"])
        encoder.encode_documents(task["texts"])
        return measure_weights(encoder.model)
    reader = FormattedReader.load(task["model"], device="cpu" if task["precision"] == "int8" else None)
    set_format(reader, task["precision"])
    for question, passages in task["inputs"]:
        reader.read(question, [Passage(*each) for each in passages], n=1)
    return measure_weights(reader.model)


def describe_inputs(inputs: Sequence[tuple[str, Sequence[Any]]]) -> list[object]:
    """Make questions and passages JSON."""
    return [
        [question, [[p.document_id, p.start, p.end, p.text, p.score] for p in passages]] for question, passages in inputs
    ]


if __name__ == "__main__":
    weights = _work(json.load(sys.stdin))
    sys.stdout.write("\n" + json.dumps({"peak": read_peak(), "weights": weights}) + "\n")
