"""Is the attention shown worth anything? Fall of the answer's log-probability without the most attended sentences.

    python tests/benchmarks/removal_check.py --squad dev.json.xz --limit 100

Every question is read from its own paragraph and four others of the same article. The reader's own best answer is
explained; its span always stays in the text. Printed are means over questions, in nats, and a 95 % interval of the
paired difference, with the answer's own sentence among the candidates and without it.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path

from rag.documents.document import Document
from rag.evaluation.datasets import Dataset, load_squad
from rag.explanation.attention_explainer import explain
from rag.explanation.explanation import Removal
from rag.explanation.removal import measure_removal, summarize_removals
from rag.models.shipped import READER, locate_model
from rag.reading.span_reader import SpanReader
from rag.retrieval.hit import Passage

OTHERS = 4


def build_passages(own: Document, siblings: list[Document], chooser: random.Random) -> list[Passage]:
    """Put a paragraph among others of its article, in random order."""
    others = [document for document in siblings if document.id != own.id]
    documents = [own, *chooser.sample(others, min(OTHERS, len(others)))]
    chooser.shuffle(documents)
    return [Passage(each.id, 0, len(each.text), each.text, score=1.0) for each in documents]


def measure(dataset: Dataset, reader: SpanReader, *, limit: int, remove: int, draws: int, seed: int) -> None:
    """Measure and print both figures."""
    siblings: defaultdict[str, list[Document]] = defaultdict(list)
    for document in dataset.documents.values():
        siblings[document.title].append(document)
    chooser = random.Random(seed)
    questions = chooser.sample(dataset.questions, min(limit, len(dataset.questions)))
    found: dict[bool, list[Removal]] = {True: [], False: []}
    for number, question in enumerate(questions):
        own = dataset.documents[question.document_id]
        passages = build_passages(own, siblings[own.title], chooser)
        reading = reader.read(question.text, passages, n=1)
        explanation = explain(question.text, reading.spans[0], passages, reader=reader, remove=0)
        for included, removals in found.items():
            removal = measure_removal(
                question.text,
                reading.spans[0],
                passages,
                explanation.sentences,
                reader=reader,
                remove=remove,
                draws=draws,
                seed=seed + number,
                include_answer_sentence=included,
            )
            if removal is not None:
                removals.append(removal)
    for included, removals in found.items():
        figures = summarize_removals(removals, seed=seed)
        print(
            f"answer's sentence {'among' if included else 'not among'} the candidates: "
            f"attended {figures.attended:.3f}, random {figures.random:.3f}, difference {figures.difference:.3f} "
            f"[{figures.low:.3f}, {figures.high:.3f}], n = {figures.n}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, nargs="+", required=True, help="SQuAD JSON files, .xz accepted")
    parser.add_argument("--reader", default=READER, help="hub name or folder")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--remove", type=int, default=3)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    measure(
        load_squad(chosen.squad),
        SpanReader.load(locate_model(chosen.reader)),
        limit=chosen.limit,
        remove=chosen.remove,
        draws=chosen.draws,
        seed=chosen.seed,
    )
