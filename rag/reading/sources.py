"""Where a generated answer comes from: the sentences its citations point to, and those that support it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.reading.answer import Marker, Span
from rag.reading.citations import find_citations, strip_citations
from rag.reading.support import Support
from rag.retrieval.hit import Passage

CITED = 2.0
"""Added to the support of a sentence that is cited: more than any support comes to, so that these come first."""
LEAST_SUPPORT = 1e-3
"""Support of a sentence that has no word of the answer."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All sentences of the passages, with the index of the passage each is in, and the markers of the answer."""

    spans: tuple[Span, ...]
    passages: tuple[int, ...]
    markers: tuple[Marker, ...]

    def choose_spans(self, n: int) -> tuple[Span, ...]:
        """Return the `n` best supporting sentences, best first, none overlapping another."""
        chosen: list[Span] = []
        for span in sorted(self.spans, key=lambda span: -span.score):
            if len(chosen) < n and not any(_overlap(span, other) for other in chosen):
                chosen.append(span)
        return tuple(chosen)

    def score_passages(self, count: int) -> tuple[float, ...]:
        """Return the probability of the best sentence of each of `count` passages, 0 for one without text."""
        best = [0.0] * count
        for span, passage in zip(self.spans, self.passages, strict=True):
            best[passage] = max(best[passage], span.probability)
        return tuple(best)


def cite_sources(question: str, text: str, passages: Sequence[Passage], *, probability: float) -> Sources:
    """Find the sources of an answer.

    A citation points to the sentence of its passage that has most of the words it follows. A number that no passage
    with text has is left alone.

    Args:
        question: As it was read.
        text: The answer with its citations; empty for none.
        passages: As they were read.
        probability: Of an answer; the sentences share it out by their support.
    """
    support = Support(question, [passage.text for passage in passages])
    scores = [max(each, LEAST_SUPPORT) for each in support.weigh(strip_citations(text))]
    cited = [(each, support.find_best(each.claim, passage=each.number - 1)) for each in find_citations(text)]
    for index in {index for _, index in cited if index is not None}:
        scores[index] += CITED
    total = sum(scores)
    spans: list[Span] = []
    for sentence, score in zip(support.sentences, scores, strict=True):
        passage = passages[sentence.passage]
        start, end = passage.start + sentence.start, passage.start + sentence.end
        quoted = passage.text[sentence.start : sentence.end]
        spans.append(Span(passage.document_id, start, end, quoted, score, probability * score / total))
    markers = [
        Marker(each.start, each.end, each.number - 1, spans[index]) for each, index in cited if index is not None
    ]
    return Sources(tuple(spans), tuple(sentence.passage for sentence in support.sentences), tuple(markers))


def _overlap(one: Span, other: Span) -> bool:
    return one.document_id == other.document_id and one.start < other.end and one.end > other.start
