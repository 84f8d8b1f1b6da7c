"""Peak memory and time of one pass: plain SDPA, SDPA with captured rows, eager maps; rollout and gradients beside.

Each figure comes from a process of its own: the highest resident size it reached (`ru_maxrss`) less that after loading
the model and a warm-up on a short text, and its processor time. The allocator is told to give blocks of 4 MiB and more
back at once, else holes between them, which differ from run to run by more than what is measured, would count. The
ways take turns, so that a busy machine slows all of them; a ratio is the median of the ratios within a turn. Run it
from the root of the repository:

    python tests/benchmarks/attention_memory.py                                          # encoders
    python tests/benchmarks/attention_memory.py --models llama --lengths 32768 --repeats 1

`rows` keeps 32 rows of all layers and heads, whose own size is printed beside it; `pooled` keeps their mean. Exits with
1 if capturing adds more than 10 % to the memory of plain SDPA, beyond what is kept, or more than 25 % to its time, at
the greatest length.
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
from typing import Any

WAYS = ("sdpa", "rows", "pooled", "eager", "rollout", "gradients")
JUDGED = ("rows", "pooled")
ROWS = 32
MEMORY, TIME = 1.10, 1.25
MIB = 1024 * 1024

# Layers, heads and states of small sentence and reading models (MiniLM); a decoder whose heads share keys.
SIZES = {"bert": (6, 12, 384), "modernbert": (6, 12, 384), "llama": (2, 4, 256)}


def build_model(kind: str, length: int) -> Any:
    """Make a model of random weights that takes `length` tokens."""
    import transformers

    layers, heads, hidden = SIZES[kind]
    sizes: dict[str, Any] = {
        "vocab_size": 1000, "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
        "max_position_embeddings": length, "attn_implementation": "eager", "pad_token_id": 0, "bos_token_id": None,
        "eos_token_id": None,
    }  # fmt: skip
    if kind == "bert":
        config: Any = transformers.BertConfig(**sizes, intermediate_size=4 * hidden)
        return transformers.BertForQuestionAnswering(config)
    if kind == "modernbert":  # every third layer looks at everything, the others at 64 tokens to either side
        sizes |= {"cls_token_id": None, "sep_token_id": None}
        config = transformers.ModernBertConfig(**sizes, intermediate_size=4 * hidden)
        return transformers.ModernBertForQuestionAnswering(config)
    config = transformers.LlamaConfig(**sizes, intermediate_size=4 * hidden, num_key_value_heads=heads // 2)
    return transformers.LlamaForCausalLM(config)


def read_peak() -> float:
    """Return the highest resident size of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MIB


def sum_logits(output: Any) -> Any:
    """Return a number to take the gradients of: logits of the last token."""
    return (
        output.start_logits[0, -1] + output.end_logits[0, -1] if "start_logits" in output else output.logits[0, -1, 1]
    )


def measure(kind: str, way: str, length: int, padded: bool) -> dict[str, float]:
    """Run a model once in one way; the peak is in MiB, the time that of the processor in seconds."""
    import torch

    from rag.attention.capture import Keep, capture_rows, enable_capture
    from rag.attention.gradients import capture_gradients
    from rag.attention.rollout import capture_rollout

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = build_model(kind, length).eval().requires_grad_(False)
    if way == "sdpa":
        model.set_attn_implementation("sdpa")
    elif way != "eager":
        enable_capture(model)

    def run(tokens: int) -> Any:
        ids = torch.randint(1, 1000, (1, tokens))
        mask = torch.ones_like(ids)
        mask[0, tokens - 8 :] = 0 if padded else 1
        inputs = {"input_ids": ids, "attention_mask": mask}
        if kind == "llama":  # logits of all tokens are of no use and would hide what is measured
            inputs["logits_to_keep"] = torch.tensor([tokens - 9])
        rows = torch.arange(tokens - 16 - ROWS, tokens - 16)[None]
        if way in JUDGED:
            keep = Keep(pool=torch.full((1, 1, ROWS), 1 / ROWS)) if way == "pooled" else Keep()
            return capture_rows(model, inputs, rows, keep=keep)
        if way == "rollout":
            return capture_rollout(model, inputs, rows)
        if way == "gradients":
            return capture_gradients(model, inputs, rows, sum_logits)
        with torch.inference_mode():
            return model(
                **inputs, output_attentions=way == "eager", **({"use_cache": False} if kind == "llama" else {})
            )

    run(64)
    before, start = read_peak(), time.process_time()
    run(length)
    return {"mib": read_peak() - before, "seconds": time.process_time() - start}


def fits(kind: str, length: int) -> bool:
    """Say whether the maps of all layers and three more of one layer take less than half of the free memory."""
    layers, heads, _ = SIZES[kind]
    return (layers + 3) * heads * length**2 * 4 < os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2


def spawn(kind: str, way: str, length: int, padded: bool) -> dict[str, float]:
    """Call `measure` in a fresh process with one thread."""
    call = f"import attention_memory as a, json; print(json.dumps(a.measure({kind!r}, {way!r}, {length}, {padded})))"
    path = os.pathsep.join([os.path.dirname(os.path.abspath(__file__)), os.getcwd()])  # noqa: PTH100, PTH109, PTH120
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": str(4 * MIB)}
    finished = subprocess.run([sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(finished.stdout)
    return figures


def compare(kind: str, length: int, padded: bool, repeats: int, ways: list[str]) -> bool:
    """Print a line for each way and say whether capturing stays within the limits."""
    layers, heads, _ = SIZES[kind]
    turns = [
        {way: spawn(kind, way, length, padded) for way in ways if way != "eager" or fits(kind, length)}
        for _ in range(repeats)
    ]
    kept = {"rows": layers * heads * ROWS * length * 4 / MIB, "pooled": layers * heads * length * 4 / MIB}
    within = True
    for way in turns[0]:
        mib, seconds = (statistics.median(turn[way][unit] for turn in turns) for unit in ("mib", "seconds"))
        beyond = statistics.median((turn[way]["mib"] - kept.get(way, 0.0)) / turn["sdpa"]["mib"] for turn in turns)
        whole = statistics.median(turn[way]["mib"] / turn["sdpa"]["mib"] for turn in turns)
        slower = statistics.median(turn[way]["seconds"] / turn["sdpa"]["seconds"] for turn in turns)
        within = within and (way not in JUDGED or (beyond <= MEMORY and slower <= TIME))
        print(
            f"{kind:11}{length:7}  {'padded' if padded else 'none':7} {way:10}{mib:9.1f}{seconds:10.2f}"
            f"{kept.get(way, 0.0):10.1f}{whole:10.2f}{beyond:13.2f}{slower:8.2f}",
            flush=True,
        )
    return within


def main() -> int:
    """Print the table and judge the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=SIZES, default=["bert", "modernbert"])
    parser.add_argument("--lengths", type=int, nargs="+", default=[512, 2048, 8192], help="tokens of the text")
    parser.add_argument("--masks", nargs="+", choices=["none", "padded"], default=["none", "padded"])
    parser.add_argument("--ways", nargs="+", choices=WAYS[1:], default=list(WAYS[1:]), help="beside plain SDPA")
    parser.add_argument("--repeats", type=int, default=3, help="turns")
    options = parser.parse_args()
    print(f"{ROWS} rows, float32, 1 thread; MiB above the loaded model, seconds of the processor, ratios to sdpa")
    print(
        f"{'model':11}{'tokens':>7}  {'mask':7} {'way':10}{'MiB':>9}{'s':>10}{'kept MiB':>10}{'MiB/sdpa':>10}", end=""
    )
    print(f"{'without kept':>13}{'s/sdpa':>8}")
    within = True
    for kind in options.models:
        for length in options.lengths:
            for mask in options.masks:
                fine = compare(kind, length, mask == "padded", options.repeats, ["sdpa", *options.ways])
                within = within and (fine or length < max(options.lengths))
    print(f"at {max(options.lengths)} tokens {'within' if within else 'BEYOND'} {MEMORY} of memory and {TIME} of time")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
