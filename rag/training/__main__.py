"""`python -m rag.training STAGE… --data DIR --out DIR`: make the shipped models again."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers.utils.logging import disable_progress_bar

from rag.errors import RagError
from rag.training.device import choose_device
from rag.training.stages import NAMES, STAGES, Workshop, run_stage
from rag.training.stopping import Stopping

DONE, INPUT_ERROR, STOPPED, INTERRUPTED = 0, 2, 3, 130

logger = logging.getLogger("rag.training")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages named, in order.

    Returns:
        0 when all are done, 2 for a wrong argument, setting or file, 3 when the minutes of the call are over,
        130 after Ctrl-C; after the last two, `--resume` goes on.
    """
    given = _build_parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s")
    logger.setLevel(logging.INFO)
    disable_progress_bar()
    if given.threads:
        torch.set_num_threads(given.threads)
    stopping = Stopping(minutes=given.minutes)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        workshop = Workshop(
            data=given.data,
            out=given.out,
            device=choose_device(given.device),
            recipes=dict(given.recipe),
            resume=given.resume,
            source=given.source,
            limit=given.limit,
            stopping=stopping,
        )
        if all(run_stage(stage, workshop) for stage in given.stages):
            return DONE
    except RagError as error:
        logger.error("%s", error)
        return INPUT_ERROR
    except OSError as error:
        expected = "expected the training data in the folder given as --data, and one to write to as --out"
        logger.error("%s: %s; %s", error.filename, error.strerror, expected)
        return INPUT_ERROR
    except KeyboardInterrupt:
        stopping.interrupted = True
    logger.info("not finished: the same command with --resume goes on")
    return INTERRUPTED if stopping.interrupted else STOPPED


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rag.training", description=__doc__)
    parser.add_argument("stages", nargs="+", choices=NAMES, metavar="STAGE", help=", ".join(NAMES))
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="folder for models and checkpoints, one a stage")
    parser.add_argument("--resume", action="store_true", help="go on from checkpoints; finished stages are passed over")
    parser.add_argument(
        "--minutes", type=float, metavar="N", help="stop with a checkpoint after N minutes of this call"
    )
    recipe = "settings of a stage, in place of those in rag/training/recipes; may be given for several"
    parser.add_argument("--recipe", type=_read_recipe, action="append", default=[], metavar="STAGE=FILE", help=recipe)
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER",
        help="trained reader to begin reader with, or that distill learns from",
    )
    parser.add_argument("--device", help="cpu or cuda; the GPU where there is one")
    parser.add_argument("--threads", type=int, help="processor threads to use")
    parser.add_argument("--limit", type=int, metavar="N", help="evaluate: only the first N questions of each file")
    return parser


def _read_recipe(text: str) -> tuple[str, Path]:
    stage, mark, file = text.partition("=")
    if not mark or stage not in STAGES:
        raise argparse.ArgumentTypeError(f"{text!r}: expected STAGE=FILE, the stage one of {', '.join(STAGES)}")
    return stage, Path(file)


if __name__ == "__main__":
    sys.exit(main())
