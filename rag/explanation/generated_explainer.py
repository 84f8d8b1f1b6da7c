"""Explanation of a generated answer: where the model looked as it wrote, and what the answer is worth without that."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from rag.explanation.explanation import Explanation, Removal, ScoredSpan
from rag.explanation.folding import build_units, choose_weights, fold_tokens
from rag.explanation.generated_attention import collect_generated_attention
from rag.explanation.removal import QUICK
from rag.reading.generative_reader import trim_passages
from rag.reading.prompt import is_refusal
from rag.retrieval.hit import Passage
from rag.text.morphology import split_words
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from rag.reading.generative_reader import GenerativeReader


def explain_generated(
    question: str,
    answer: str,
    passages: Sequence[Passage],
    *,
    reader: GenerativeReader,
    remove: int = 3,
    draws: int = QUICK.draws,
    seed: int = 0,
) -> Explanation:
    """Show where the model looked when it wrote an answer, and how probable the answer is without that text.

    The scores are the attention of the answer's tokens, mean over layers and heads, shared out over the text of the
    passages. A refusal has no source, so its attention is shown and nothing is removed.

    Args:
        question: As it was read.
        answer: As it was written, citations included.
        passages: As they were given; what did not fit into the prompt was not looked at.
        reader: The reader that gave the answer.
        remove: Number of sentences the check removes; 0 leaves the check out.
        draws: Number of random removals it is compared with.
        seed: Of the random removals.

    Raises:
        ArgumentError: The answer holds no token, or the question is empty.
        AttentionError: The model does not hand over its attention.
    """
    read = trim_passages(reader.write_prompt(question, [passage.text for passage in passages]), passages)
    attention = collect_generated_attention(question, answer, read, reader=reader)
    weights = choose_weights(attention, layer=None, head=None, rows="answer")
    whole = build_units(read, lambda text: [(0, len(text))])
    words, sentences, texts = (
        fold_tokens(attention, weights, units, whole)
        for units in (build_units(read, split_words), build_units(read, split_sentences), whole)
    )
    removal = None
    if not is_refusal(answer):
        removal = measure_generated_removal(
            question, answer, read, sentences, reader=reader, remove=remove, draws=draws, seed=seed
        )
    return Explanation("mean", attention, words, sentences, texts, removal)


def measure_generated_removal(
    question: str,
    answer: str,
    passages: Sequence[Passage],
    sentences: Sequence[ScoredSpan],
    *,
    reader: GenerativeReader,
    remove: int,
    draws: int,
    seed: int,
) -> Removal | None:
    """Measure how far an answer's log-probability falls without the most attended sentences.

    The model is given the passages without them, and the answer's own tokens are scored. With too few sentences to
    leave a choice, fewer are removed.

    Returns:
        The fall of the log-probability, or None with fewer than two sentences, or with `remove` or `draws` 0.
    """
    count = min(remove, len(sentences) - 1)
    if count < 1 or draws < 1:
        return None
    attended = sorted(sentences, key=lambda sentence: -sentence.score)[:count]
    chooser = random.Random(seed)
    removed = [[], attended, *(chooser.sample(sentences, count) for _ in range(draws))]
    whole, without, *others = [
        reader.score_answer(question, [_delete(passage, each) for passage in passages], answer) for each in removed
    ]
    return Removal(attended=whole - without, random=fmean(whole - other for other in others), removed=tuple(attended))


def _delete(passage: Passage, removed: Collection[ScoredSpan]) -> str:
    """Return a passage's text without stretches of its document."""
    mine = [each for each in removed if each.document_id == passage.document_id]
    return "".join(
        character
        for place, character in enumerate(passage.text, passage.start)
        if not any(each.start <= place < each.end for each in mine)
    )
