"""`python -m rag.training.average FOLDER=SHARE … --data DIR --out DIR`: one reader of several that went apart.

Source: Wortsman et al. 2022, Model soups: averaging weights of multiple fine-tuned models improves accuracy.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path

import torch

from rag.errors import ArgumentError, RagError
from rag.training.calibration import calibrate_reader
from rag.training.corpus import load_questions, split_articles
from rag.training.figures import TRAINING
from rag.training.reader import load_reader, load_tokenizer, save_reader


def average_readers(shares: Mapping[Path, float], out: Path) -> None:
    """Average the weights of readers and save the result, which has to be calibrated anew.

    Args:
        shares: Folder of each reader and its share; divided by their sum.
        out: Folder of the new reader, with the tokenizer of the first.

    Raises:
        ArgumentError: There is no reader, a share is not above 0, or the readers are not of one shape.
        ModelError: A folder holds no reader.
    """
    if not shares or any(share <= 0 for share in shares.values()):
        raise ArgumentError(f"shares are {list(shares.values())}; expected one above 0 for each of one or more readers")
    total = sum(shares.values())
    first = next(iter(shares))
    model = load_reader(first)
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    average = {name: torch.zeros(shape) for name, shape in expected.items()}
    for folder, share in shares.items():
        weights = load_reader(folder).state_dict()
        if {name: tensor.shape for name, tensor in weights.items()} != expected:
            raise ArgumentError(f"{folder}: another shape than {first}; expected readers that began as the same one")
        for name, tensor in weights.items():
            average[name] += tensor * (share / total)
    model.load_state_dict(average)
    save_reader(model, load_tokenizer(first), out)


def main() -> None:
    """Average the readers named."""
    parser = argparse.ArgumentParser(prog="python -m rag.training.average", description=__doc__)
    parser.add_argument("readers", nargs="+", type=_read_share, metavar="FOLDER=SHARE")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new reader")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data, to calibrate it")
    given = parser.parse_args()
    try:
        average_readers(dict(given.readers), given.out)
    except RagError as error:
        parser.error(str(error))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    training, held_out = split_articles(load_questions(given.data / TRAINING))
    calibrate_reader(given.out, held_out[::2], training[::10])


def _read_share(text: str) -> tuple[Path, float]:
    folder, _, share = text.rpartition("=")
    try:
        return Path(folder), float(share)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected FOLDER=SHARE, the share a number above 0") from error


if __name__ == "__main__":
    main()
