"""Time for what the laboratory shows of a text, and how far its numbers are from the model's, over all heads.

    python tests/benchmarks/laboratory_speed.py

prints seconds of the processor for the first look at a text and for another head of it, pages written included.
"""

from __future__ import annotations

import time

import torch

from rag.attention.experiment import Changes
from rag.explanation.laboratory import Laboratory
from rag.models.shipped import READER, locate_model
from rag.ui.heads import render_gallery
from rag.ui.steps import render_experiment, render_steps
from rag.ui.words import load_words

TEXT = (
    "青葉塔は、北市緑区の公園にある総合電波塔で、1987年12月23日に完成した。"
    "高さは120メートルで、観光の名所としても知られ、年に二十万人が訪れる。"
)
QUESTION = "高さは何メートルですか"


def main() -> None:
    torch.set_num_threads(1)
    words = load_words("ja")
    laboratory = Laboratory.load(locate_model(READER))
    laboratory.survey(laboratory.prepare(TEXT, question=QUESTION))  # the first pass of a model is slower
    start = time.process_time()
    specimen = laboratory.prepare(TEXT, question=QUESTION)
    survey = laboratory.survey(specimen)
    gallery = render_gallery(survey, layer=5, head=6, words=words)
    middle = time.process_time()
    found = laboratory.dissect(specimen, layer=5, head=6)
    experiment = laboratory.experiment(specimen, found, Changes(without_scaling=True, shared=True))
    steps = render_steps(specimen, found, 1, words) + render_experiment(specimen, experiment, 1, words)
    end = time.process_time()
    layers, heads = survey.maps.shape[:2]
    checks = [
        check
        for layer in range(layers)
        for head in range(heads)
        for check in laboratory.dissect(specimen, layer=layer, head=head).checks
    ]
    print(f"{len(specimen.tokens)} tokens, {layers} layers x {heads} heads, 1 thread")
    print(f"all heads: {middle - start:.3f} s, {len(gallery):,} characters of HTML")
    print(f"one head with an experiment: {end - middle:.3f} s, {len(steps):,} characters of HTML")
    for step in ("q", "k", "v", "scores", "scaled", "weights", "output"):
        print(f"{step}: largest difference {max(check.difference for check in checks if check.step == step):.1e}")


if __name__ == "__main__":
    main()
