"""From a question to an answer, and from an answer to what carries it, over one library."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.conversation.search_question import Conversation, write_search_question
from rag.errors import ArgumentError
from rag.library.records import Answer, Seconds, Turn
from rag.reading.answer import Reading
from rag.reading.reader import StreamingReader
from rag.retrieval.hit import Hit, Passage
from rag.retrieval.passages import merge_hits
from rag.retrieval.search import Mode, check_question
from rag.retrieval.widening import Widen

if TYPE_CHECKING:
    from rag.library.library import Library


def stream_answer(
    library: Library,
    question: str,
    *,
    history: Sequence[Turn],
    k: int | None,
    mode: Mode | None,
    documents: Sequence[str] | None,
    where: str | Iterable[str],
    widen: Widen,
    conversation: Conversation,
) -> Iterator[str | Answer]:
    """Do what `Library.stream` says."""
    check_question(question)
    begun = time.perf_counter()
    search_question = _write_search_question(library, question, history, way=conversation)
    hits = library.search(search_question, k=k, mode=mode, documents=documents, where=where)
    passages = merge_hits(
        hits,
        load_text=library.load_slice,
        limit=library.settings.passage_characters,
        widen=library.find_widening(widen),
    )
    passages = passages[: library.settings.passages]
    retrieved = time.perf_counter()
    reader = library.reader
    steps: Iterable[str | Reading] = (
        reader.stream(search_question, passages)
        if isinstance(reader, StreamingReader)
        else [reader.read(search_question, passages)]
    )
    for step in steps:
        if isinstance(step, str):
            yield step
            continue
        seconds = Seconds(retrieve=retrieved - begun, read=time.perf_counter() - retrieved)
        yield _build_answer(library, question, step, hits, passages, seconds)


def _write_search_question(library: Library, question: str, history: Sequence[Turn], *, way: Conversation) -> str:
    from rag.reading.generative_reader import GenerativeReader

    reader = library.reader if way == "model" and history else None
    writer = reader if isinstance(reader, GenerativeReader) else None
    turns = [(turn.question, turn.answer) for turn in history]
    return write_search_question(question, turns, way=way if history else "none", writer=writer)


def explain_answer(library: Library, answer: Answer, *, method: str | None, thorough: bool) -> Answer:
    """Do what `Library.explain` says."""
    from rag.explanation.explainer import explain
    from rag.explanation.generated_explainer import explain_generated
    from rag.explanation.removal import QUICK, THOROUGH
    from rag.reading.generative_reader import GenerativeReader

    if not answer.spans:
        return answer
    begun = time.perf_counter()
    reader = library.reader
    depth = THOROUGH if thorough else QUICK
    if not isinstance(reader, GenerativeReader):
        explanation = explain(
            answer.search_question, answer.spans[0], answer.passages, reader=reader, method=method, depth=depth
        )
    elif method not in {None, "mean"}:
        raise ArgumentError(
            f"method is {method!r}; expected mean, the only one for answers {reader.name} writes itself: leave the "
            "method out"
        )
    elif answer.generated is not None and answer.generated.text:
        explanation = explain_generated(
            answer.search_question, answer.generated.text, answer.passages, reader=reader, draws=depth.draws
        )
    else:
        return answer
    seconds = replace(answer.seconds, explain=time.perf_counter() - begun)
    return replace(answer, explanation=explanation, seconds=seconds)


def _build_answer(
    library: Library,
    question: str,
    reading: Reading,
    hits: Sequence[Hit],
    passages: Sequence[Passage],
    seconds: Seconds,
) -> Answer:
    found = bool(reading.spans) and not reading.no_answer
    return Answer(
        question=question,
        search_question=reading.question,
        text=reading.text if found else None,
        confidence=reading.confidence,
        no_answer=reading.no_answer,
        answerability=reading.answerability,
        citation=library.cite(reading.spans[0]) if found else None,
        spans=reading.spans,
        hits=tuple(hits),
        passages=tuple(passages),
        passage_scores=reading.passage_scores,
        seconds=seconds,
        generated=reading.generated,
    )
