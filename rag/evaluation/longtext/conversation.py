"""Conversation: is a follow-up question found better with the turns before it, or said in full?

And do the turns before it do harm where a question is about something else?
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.conversation.history import build_search_question
from rag.conversation.model_rewriting import rewrite_with_model
from rag.conversation.rewriting import rewrite_question
from rag.errors import ArgumentError, DatasetError
from rag.evaluation.budget import fill_budget, is_within_budget
from rag.evaluation.datasets import Followup, FollowupDataset, Question
from rag.evaluation.experiment.experiment import Experiment, run_experiment
from rag.evaluation.experiment.trial import Trial
from rag.evaluation.judgement import judge
from rag.evaluation.longtext.conversation_page import (
    ASKED,
    BUDGET_COLUMN,
    CEILING,
    CHANGED,
    GAINS,
    KEPT,
    present_conversation,
)
from rag.evaluation.longtext.fingerprints import list_settings
from rag.evaluation.metrics import recall_at
from rag.evaluation.rows import Report, Row
from rag.evaluation.tracing import find_rank
from rag.library.library import Library
from rag.reading.generative_reader import GenerativeReader

if TYPE_CHECKING:
    from rag.config.settings import Settings
    from rag.embeddings.encoder import Progress

Rewrite = Callable[[Followup], str]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to take up the turns before; `name` stands in the rows, `label` on the page."""

    name: str
    label: str
    rewrite: Rewrite


def evaluate_conversation(
    dataset: FollowupDataset,
    settings: Settings,
    *,
    turns: Sequence[int],
    limit: int | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Ask every follow-up question, put in every way, of a library that holds all documents together.

    Besides, each question that is written out in full is asked behind the turns of a conversation about another
    document: what such turns do to a question that changes the topic.

    Args:
        dataset: Follow-up questions, each with an answer in its document.
        settings: Models, windows, mode and everything else, as a library takes them; `library` and `conversation` are
            not used.
        turns: Numbers of last turns that are put in front of a question as they are.
        limit: Only the first questions.
        out: Folder of the run; chosen by the settings when None.
        progress: Called with questions asked and their number.

    Returns:
        Figures by strategy, findings in words, one row for each question, topic (`KEPT` or `CHANGED`) and strategy.

    Raises:
        ArgumentError: A number of turns is below one, or stands there twice.
        DatasetError: No question has an answer, or the folder holds another run.
    """
    if any(number < 1 for number in turns) or len(set(turns)) < len(turns):
        raise ArgumentError(f"turns are {list(turns)}; expected different whole numbers of at least 1")
    asked = [followup for followup in dataset.followups if followup.question.answers][:limit]
    if not asked:
        raise DatasetError("the follow-up questions have no answers; expected one at least that has: give another file")
    with (
        TemporaryDirectory(prefix="manazashi-") as folder,
        Library.open(folder, settings=replace(settings, library=folder)) as library,
    ):
        reader = library.reader
        strategies = list_strategies(turns, reader if isinstance(reader, GenerativeReader) else None)
        used = {name: value for name, value in list_settings(library).items() if name != "conversation"}
        talk = _Talk(library, dataset)
        experiment = Experiment(
            kind="conversation",
            settings={
                **used,
                "dataset": dataset.fingerprint,
                "strategies": [strategy.name for strategy in strategies],
                "asked": {s.name: [s.rewrite(followup) for followup in asked] for s in strategies if s.name != "model"},
            },
            trials=[
                Trial(f"{followup.question.id}/{topic}/{strategy.name}", partial(talk.ask, followup, strategy, topic))
                for topic, followups in ((KEPT, asked), (CHANGED, change_topics(asked)))
                for followup in followups
                for strategy in strategies
                if strategy.name != CEILING or followup.standalone
            ],
            present=partial(present_conversation, labels={each.name: each.label for each in strategies}),
        )
        return run_experiment(experiment, out=out, progress=progress)


def change_topics(followups: Sequence[Followup]) -> list[Followup]:
    """Put each question that is written out in full behind the turns of the next one about another document."""
    changed: list[Followup] = []
    for number, followup in enumerate(followups):
        others = [*followups[number + 1 :], *followups[:number]]
        other = next((o for o in others if o.question.document_id != followup.question.document_id), None)
        if followup.standalone and other is not None:
            question = replace(followup.question, text=followup.standalone)
            changed.append(replace(followup, question=question, history=other.history))
    return changed


def list_strategies(turns: Sequence[int], writer: GenerativeReader | None) -> list[Strategy]:
    """List the ways to be compared, the question as asked first; rewriting by a model only where one writes."""
    windows = [
        Strategy(f"window-{number}", f"直前 {number} 回を前に", partial(_put_in_front, turns=number))
        for number in turns
    ]
    written = [] if writer is None else [Strategy("model", "モデルで言い直す", partial(_follow, writer=writer))]
    return [
        Strategy(ASKED, "そのまま", lambda followup: followup.question.text),
        Strategy("concatenation", "履歴をすべて前に", partial(_put_in_front, turns=None)),
        *windows,
        Strategy("history", "要るときだけ前に", lambda each: build_search_question(each.question.text, each.history)),
        Strategy("rewrite", "規則で言い直す", lambda each: rewrite_question(each.question.text, each.history)),
        *written,
        Strategy(CEILING, "人が書いた全文", lambda followup: followup.standalone),
    ]


def _put_in_front(followup: Followup, *, turns: int | None) -> str:
    said = [part for turn in followup.history[-turns if turns else None :] for part in turn if part.strip()]
    return " ".join((*said, followup.question.text))


def _follow(followup: Followup, *, writer: GenerativeReader) -> str:
    return rewrite_with_model(followup.question.text, followup.history, writer)


class _Talk:
    """A library of all documents, filled when the first question is asked."""

    def __init__(self, library: Library, dataset: FollowupDataset) -> None:
        """Take an empty library."""
        self._library = library
        self._dataset = dataset
        self._filled = False
        self._asked: tuple[str, dict[str, Row]] = "", {}

    def ask(self, followup: Followup, strategy: Strategy, topic: str) -> Row:
        """Ask a question put in one way; the row says what that gains over the question as asked."""
        begun = time.perf_counter()
        searched = strategy.rewrite(followup)
        rewriting = time.perf_counter() - begun
        row, first = self._search(followup, searched), self._search(followup, followup.question.text)
        return {
            "question": followup.question.id,
            "strategy": strategy.name,
            "topic": topic,
            **row,
            **{gain: row[name] - first[name] for name, gain in GAINS.items()},  # type: ignore[operator]
            "milliseconds_rewriting": 1000 * rewriting,
            "seconds": rewriting + row["seconds"],  # type: ignore[operator]
        }

    def _search(self, followup: Followup, searched: str) -> Row:
        """Ask a question in these words, once however many strategies come to them."""
        asked = f"{followup.question.id} {followup.question.text}"
        if self._asked[0] != asked:
            self._asked = asked, {}
        known = self._asked[1]
        if searched not in known:
            known[searched] = self._measure(followup.question, searched)
        return known[searched]

    def _measure(self, question: Question, searched: str) -> Row:
        if not self._filled:
            self._library.add_documents(list(self._dataset.documents.values()))
            self._filled = True
        begun = time.perf_counter()
        answer = self._library.ask(searched)
        seconds = time.perf_counter() - begun
        judged = judge(
            question,
            answer.text or "",
            no_answer=answer.no_answer,
            confidence=answer.confidence,
            answerability=answer.answerability,
            rule="plain",
        )
        hits = fill_budget(answer, self._library)
        rank = find_rank(hits, question)
        return {
            "asked": question.text,
            "searched": searched,
            "gold": list(question.accepted),
            "prediction": judged.prediction,
            "rank": rank,
            "recall@1": recall_at(rank, k=1),
            "recall@5": recall_at(rank, k=5),
            BUDGET_COLUMN: float(is_within_budget(hits, question)),
            "f1": judged.f1,
            "exact_match": judged.exact_match,
            "refused": float(judged.no_answer),
            "seconds": seconds,
        }
