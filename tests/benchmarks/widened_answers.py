"""Answers to the sample questions with windows read as they are, and widened to whole articles or sections.

Run: python tests/benchmarks/widened_answers.py [--step 2]
Prints exact match, F1, the share of answers that lie whole in a passage read, and seconds a question.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import fmean
from typing import get_args

from rag.config.settings import Settings
from rag.evaluation.datasets import load_samples
from rag.evaluation.metrics import score_exact_match, score_f1
from rag.evaluation.tracing import find_rank
from rag.library.library import Library
from rag.retrieval.widening import Widen


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1, help="ask only every N-th question")
    given = parser.parse_args()
    samples = load_samples()
    questions = [question for question in samples.questions if question.answers][:: given.step]
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder) / "library", settings=Settings()) as library,
    ):
        library.add_documents(list(samples.documents.values()))
        for widen in get_args(Widen):
            begun = time.perf_counter()
            answers = [library.ask(question.text, widen=widen) for question in questions]
            asked = list(zip(answers, questions, strict=True))
            exact = [score_exact_match(answer.text or "", question.accepted) for answer, question in asked]
            shared = [score_f1(answer.text or "", question.accepted) for answer, question in asked]
            held = [find_rank(answer.passages, question) is not None for answer, question in asked]
            seconds = (time.perf_counter() - begun) / len(questions)
            print(
                f"{widen:8s} n {len(questions)}  EM {100 * fmean(exact):.1f}  F1 {100 * fmean(shared):.1f}  "
                f"held {fmean(held):.3f}  {seconds:.2f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
