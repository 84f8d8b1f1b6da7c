"""`python -m rag.evaluation.variants.memory`: what one variant takes in a process of its own; JSON in and out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.retrieval.hit import Passage

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
            for an embedder "texts" and "questions".

    Raises:
        ModelError: The process failed.
    """
    command = [sys.executable, "-W", "ignore", "-m", "rag.evaluation.variants.memory"]
    done = subprocess.run(command, input=json.dumps(task).encode(), capture_output=True, check=False)
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip() or "no message").splitlines()[-1]
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
    from rag.evaluation.variants.quantization import FormattedReader, choose_device, measure_weights, set_format

    if task["kind"] == "embedder":
        from rag.embeddings.sentence_transformer import SentenceTransformerEncoder

        encoder = SentenceTransformerEncoder(task["model"])
        encoder.encode_documents(task["texts"])
        encoder.encode_queries(task["questions"])
        return measure_weights(encoder.model)
    reader = FormattedReader.load(task["model"], device=choose_device(task["precision"]))
    set_format(reader, task["precision"])
    for question, passages in task["inputs"]:
        reader.read(question, [Passage(*each) for each in passages], n=1)
    return measure_weights(reader.model)


def describe_inputs(inputs: Sequence[tuple[str, Sequence[Passage]]]) -> list[object]:
    """Make questions and passages JSON."""
    return [[question, [astuple(passage) for passage in passages]] for question, passages in inputs]


if __name__ == "__main__":
    weights = _work(json.load(sys.stdin))
    sys.stdout.write("\n" + json.dumps({"peak": read_peak(), "weights": weights}) + "\n")
