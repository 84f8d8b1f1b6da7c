"""Peak memory and time of one forward pass: plain SDPA, SDPA with captured rows, eager maps.

Each figure comes from a process of its own: the highest resident size it reached (`ru_maxrss`) less that after loading
the model and a warm-up on a short text. Run it from the root of the repository:

    python tests/benchmarks/attention_memory.py

It exits with 1 if capturing rows needs more than 1.3 times the memory of plain SDPA at the greatest length.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from itertools import product
from typing import Any

WAYS = ("sdpa", "rows", "eager")
LAYERS, HEADS, ROWS = 2, 4, 32
LIMIT = 1.3
MIB = 1024 * 1024


def read_peak() -> float:
    """Return the highest resident size of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MIB


def measure(way: str, length: int, padded: bool, repeats: int) -> dict[str, float]:
    """Load a model of random weights and run it in one way; the peak is in MiB, the time the median in seconds."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    from rag.attention.capture import capture_rows, enable_capture

    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=1000, hidden_size=64 * HEADS, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=256 * HEADS, max_position_embeddings=8192, attn_implementation="eager",
    )  # fmt: skip
    model = BertForQuestionAnswering(config).eval()
    if way == "sdpa":
        model.set_attn_implementation("sdpa")
    if way == "rows":
        enable_capture(model)

    def run(tokens: int) -> Any:
        ids = torch.randint(1, 1000, (1, tokens))
        mask = torch.ones_like(ids)
        mask[0, tokens - 8 :] = 0 if padded else 1
        inputs = {"input_ids": ids, "attention_mask": mask}
        if way == "rows":
            return capture_rows(model, inputs, torch.arange(ROWS)[None])
        with torch.inference_mode():
            return model(**inputs, output_attentions=way == "eager")

    run(64)
    before, seconds = read_peak(), []
    for _ in range(repeats):
        start = time.perf_counter()
        run(length)
        seconds.append(time.perf_counter() - start)
    return {"mib": read_peak() - before, "seconds": statistics.median(seconds)}


def fits(length: int) -> bool:
    """Say whether the maps of all layers and three more of one layer take less than half of the free memory."""
    needed = (LAYERS + 3) * HEADS * length**2 * 4
    return needed < os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2


def spawn(way: str, length: int, padded: bool, repeats: int) -> dict[str, float]:
    """Call `measure` in a fresh process with one thread."""
    call = f"import attention_memory as a, json; print(json.dumps(a.measure({way!r}, {length}, {padded}, {repeats})))"
    path = os.pathsep.join([os.path.dirname(os.path.abspath(__file__)), os.getcwd()])  # noqa: PTH100, PTH109, PTH120
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    finished = subprocess.run([sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(finished.stdout)
    return figures


def main() -> int:
    """Print the table and judge the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=[512, 2048, 8192], help="tokens of the text")
    parser.add_argument("--repeats", type=int, default=3, help="runs the median time is taken of")
    options = parser.parse_args()
    print(f"BERT, {LAYERS} layers x {HEADS} heads of 64, {ROWS} rows, float32, 1 thread; memory above the loaded model")
    print(f"{'tokens':>6}  {'mask':8}" + "".join(f"{way:>9} MiB{way:>9} s" for way in WAYS) + f"{'rows/sdpa':>12}")
    ratios = {}
    for length, padded in product(options.lengths, (False, True)):
        cells, found = "", {}
        for way in WAYS:
            if way == "eager" and not fits(length):
                cells += f"{'-':>13}{'-':>11}"
                continue
            found[way] = spawn(way, length, padded, options.repeats)
            cells += f"{found[way]['mib']:13.1f}{found[way]['seconds']:11.3f}"
        ratios[length, padded] = found["rows"]["mib"] / found["sdpa"]["mib"]
        print(f"{length:6}  {'padded' if padded else 'none':8}{cells}{ratios[length, padded]:12.2f}", flush=True)
    worst = max(ratios[max(options.lengths), padded] for padded in (False, True))
    print(f"rows/sdpa at {max(options.lengths)} tokens: {worst:.2f} (at most {LIMIT})")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
