"""Reader that marks the answer in the passages themselves."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.attention.head_weights import HeadWeights, load_head_weights
from rag.errors import ArgumentError, ModelError
from rag.reading.alignment import tokenize_text
from rag.reading.answer import UNANSWERABLE, Reading, Span
from rag.reading.answer_types import find_answer_type, measure_fit
from rag.reading.calibration import MOST_MARGIN, Calibration, Evidence, load_calibration
from rag.reading.candidates import Candidates, Integers, Weigh, WindowLogits, build_candidates, select_candidates
from rag.reading.characters import cover_characters
from rag.reading.fingerprint import hash_reader
from rag.reading.layout import build_layout
from rag.reading.loading import find_max_length, load_model
from rag.reading.precision import choose_precision
from rag.reading.window import MARKED_TYPE, ReadingWindow, WindowBuilder
from rag.retrieval.hit import Passage
from rag.retrieval.reranking import log_shares

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LENGTH_STEP = 32
"""Inputs are padded to multiples of this: every new length costs a new kernel."""
PASSAGE_WEIGHT = 8.0
"""Share of retrieval in the choice among passages. End to end, F1 of the best span was on the sample questions and on
170 held-out questions of JaQuAD's training part 51.8 and 77.0 (0), 52.2 and 77.6 (2), 52.2 and 77.6 (4), 53.4 and 78.1
(8), 54.2 and 79.1 (12): not 12, because search is not as sure of every text."""
TYPE_WEIGHT = 8.0
"""Taken from the score of a span that is not of the kind asked for: by these rules 45 of 4,000 answers of JaQuAD's
training part are not. With 0, 4, 8 and 12, F1 of the best span was on the sample questions 53.4, 58.0, 58.0 and 58.0,
and the area under the curve of "answer or none" .49, .53, .57 and .57; on 300 held-out questions F1 was 83.6, 83.6 and
83.4 (0, 4, 8)."""
UNREADABLE = -100.0
"""Rating of a text in which there is nothing to read."""


class SpanReader:
    """Reads passages with an extractive question answering model.

    Passages are read together while they fit into one input, so that they compete for the model's attention; beyond
    that in several inputs, whose scores are normalised together. Safe to use from several threads.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        calibration: Calibration | None = None,
        head_weights: HeadWeights | None = None,
        max_length: int | None = None,
        overlap: int = 64,
        max_answer_tokens: int = 32,
        batch_tokens: int = 8192,
    ) -> None:
        """Take a loaded model; `SpanReader.load` loads one.

        Args:
            model: Any model with start and end logits.
            tokenizer: Its tokenizer, with or without offsets.
            name: What to call it.
            calibration: How scores become probabilities.
            head_weights: What the gaze of each head is worth as an explanation; None where that was not learned.
            max_length: Tokens of one input, special tokens included; as many as the model takes when None.
            overlap: Tokens that neighbouring windows of one passage have in common; at most half of a window is used.
            max_answer_tokens: Longest answer.
            batch_tokens: Tokens run through the model at once.

        Raises:
            ArgumentError: `max_length` is more than the model takes, or a length makes no sense.
            ModelError: The tokenizer cannot join a question and a text.
        """
        self.name = name
        self.model = model
        self.model.train(False)
        self.tokenizer = tokenizer
        self.calibration = calibration or Calibration()
        self.head_weights = head_weights
        self.max_answer_tokens = max_answer_tokens
        self.batch_tokens = batch_tokens
        self._lock = Lock()
        separator = tokenizer.sep_token_id
        self._builder = WindowBuilder(
            layout=build_layout(tokenizer),
            separator=() if separator is None else (separator,),
            cls_id=tokenizer.cls_token_id,
            marks_question=bool(getattr(model.config, "marks_question_tokens", False)),
            max_length=find_max_length(model, tokenizer) if max_length is None else max_length,
            overlap=overlap,
        )
        self._check_lengths()
        self._takes_types = self._check_types()

    @classmethod
    def load(cls, name_or_folder: str, *, device: str | None = None, max_length: int | None = None) -> Self:
        """Load a reader by hub name or folder.

        Args:
            name_or_folder: Of a model fine-tuned for extractive question answering.
            device: Where it runs; the GPU where there is one when None.
            max_length: Tokens of one input; as many as the model takes when None.

        Raises:
            ModelError: The model cannot be loaded or is none for this task.
        """
        import torch

        model, tokenizer = load_model(name_or_folder)
        # The model's own `to` is decorated and loses its type.
        torch.nn.Module.to(model, device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return cls(
            model,
            tokenizer,
            name=name_or_folder,
            calibration=load_calibration(Path(name_or_folder)),
            head_weights=load_head_weights(Path(name_or_folder)),
            max_length=max_length,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer and settings: equal fingerprints read alike."""
        settings = (self._builder, self.max_answer_tokens, self.calibration)
        return hash_reader(self.model, self.tokenizer, settings=settings)

    def read(self, question: str, passages: Sequence[Passage], *, n: int = 5, together: bool = True) -> Reading:
        """Return the `n` best spans over all passages, with calibrated confidence.

        Args:
            question: In everyday words.
            passages: What is read.
            n: Most spans.
            together: Whether one input may hold several passages; else each is read by itself, which leaves their
                order without meaning.

        Raises:
            ArgumentError: The question is empty or `n` is below one.
        """
        if n < 1:
            raise ArgumentError(f"n is {n}; expected at least 1")
        windows = self.encode(question, [passage.text for passage in passages], together=together)
        if not windows:
            return Reading(question, (), True, 1.0, UNANSWERABLE, (0.0,) * len(passages))
        priors = PASSAGE_WEIGHT * np.array(log_shares([passage.score for passage in passages]))
        weigh = _build_weigh(question, [passage.text for passage in passages], priors)
        candidates = self.score(windows, self.forward(windows), weigh=weigh)
        chosen = select_candidates(candidates, passages, n=max(n, 2))
        spans = tuple(_build_span(candidates, index, passages) for index in chosen[:n])
        judgement = self.calibration.judge(_gather_evidence(candidates, chosen))
        scores = np.zeros(len(passages))
        np.maximum.at(scores, candidates.passages, np.exp(candidates.log_probabilities))
        return Reading(
            question=question,
            spans=spans,
            no_answer=judgement.no_answer,
            confidence=judgement.confidence,
            answerability=judgement.answerability,
            passage_scores=tuple(scores.tolist()),
        )

    def rate(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the score of the best span in each text, read by itself: how well it answers the question.

        Raises:
            ArgumentError: The question is empty.
        """
        encoded = [self.encode(question, [text]) for text in texts]
        logits = iter(self.forward([window for windows in encoded for window in windows]))
        return [
            self._rate(windows, [next(logits) for _ in windows], _build_weigh(question, [text], np.zeros(1)))
            for windows, text in zip(encoded, texts, strict=True)
        ]

    def encode(self, question: str, texts: Sequence[str], *, together: bool = True) -> list[ReadingWindow]:
        """Pack a question and the texts of passages, `together` or each apart, into windows; none without a token.

        Raises:
            ArgumentError: The question is empty.
        """
        if not question.strip():
            raise ArgumentError(
                "question is empty; expected a question in words: ask for example 「いつ建てられましたか」"
            )
        with self._lock:  # tokenizers keep state between calls
            asked = tokenize_text(self.tokenizer, question)
            pieces = [tokenize_text(self.tokenizer, text) for text in texts]
        if not len(asked.ids):
            raise ArgumentError(f"question {question!r} holds no token; expected a question in words")
        return self._builder.build(asked, pieces, together=together)

    def batch(self, windows: Sequence[ReadingWindow]) -> list[list[int]]:
        """Group windows of similar length into batches of about `batch_tokens`; indices into `windows`."""
        order = sorted(range(len(windows)), key=lambda index: len(windows[index].ids))
        batches: list[list[int]] = []
        for index in order:
            if not batches or (len(batches[-1]) + 1) * _pad(len(windows[index].ids)) > self.batch_tokens:
                batches.append([])
            batches[-1].append(index)
        return batches

    def collate(self, windows: Sequence[ReadingWindow]) -> dict[str, Tensor]:
        """Pad windows to one batch on the model's device. Shape of each tensor: (batch, length)."""
        import torch

        width = min(_pad(max(len(window.ids) for window in windows)), self._builder.max_length)
        padding = self.tokenizer.pad_token_id or 0
        columns = {
            "input_ids": [_extend(window.ids, width, padding) for window in windows],
            "attention_mask": [_extend(np.ones_like(window.ids), width, 0) for window in windows],
        }
        if self._takes_types:
            columns["token_type_ids"] = [_extend(window.types, width, 0) for window in windows]
        device = self.model.device
        return {name: torch.from_numpy(np.stack(rows)).to(device) for name, rows in columns.items()}

    def forward(self, windows: Sequence[ReadingWindow]) -> list[WindowLogits]:
        """Run the model over windows, in batches; one result a window, in their order."""
        import torch

        results: dict[int, WindowLogits] = {}
        for batch in self.batch(windows):
            chosen = [windows[index] for index in batch]
            with torch.inference_mode(), self.precision():
                output = self.model(**self.collate(chosen))
            results.update(zip(batch, unpack_logits(chosen, output), strict=True))
        return [results[index] for index in range(len(windows))]

    def score(
        self,
        windows: Sequence[ReadingWindow],
        logits: Sequence[WindowLogits],
        *,
        weigh: Weigh | None = None,
    ) -> Candidates:
        """Normalise the spans of all windows together, with what `weigh` adds to their scores."""
        return build_candidates(
            windows,
            logits,
            max_answer_tokens=self.max_answer_tokens,
            temperature=self.calibration.temperature,
            weigh=weigh,
        )

    def _rate(self, windows: Sequence[ReadingWindow], logits: Sequence[WindowLogits], weigh: Weigh) -> float:
        return float(self.score(windows, logits, weigh=weigh).scores.max()) if windows else UNREADABLE

    def precision(self) -> AbstractContextManager[Any]:
        """Return the context to run the model in: bfloat16 where the hardware computes in it."""
        return choose_precision(self.model.device)

    def _check_lengths(self) -> None:
        longest, least = find_max_length(self.model, self.tokenizer), self._builder.layout.size + 2
        length = self._builder.max_length
        if not least <= length <= longest:
            raise ArgumentError(f"max_length is {length}; expected {least} to {longest} tokens, what {self.name} takes")
        if self._builder.overlap < 0 or self.max_answer_tokens < 1:
            raise ArgumentError(
                f"overlap is {self._builder.overlap} and max_answer_tokens {self.max_answer_tokens}; expected at least "
                "0 and 1"
            )

    def _check_types(self) -> bool:
        """Say whether the model takes token types and its table holds all that are used."""
        layout, marks = self._builder.layout, self._builder.marks_question
        specials = (*layout.before, *layout.between, *layout.after)
        largest = max(layout.question_type, layout.passage_type, *(kind for _, kind in specials), MARKED_TYPE * marks)
        known = getattr(self.model.config, "type_vocab_size", None)
        takes = "token_type_ids" in inspect.signature(self.model.forward).parameters
        fits = takes and (known is None or known > largest)
        if marks and not fits:
            raise ModelError(
                f"{self.name}: its configuration says marks_question_tokens but it knows {known} token types; expected "
                f"at least {MARKED_TYPE + 1}: remove the entry or train the model with them"
            )
        return fits


def unpack_logits(windows: Sequence[ReadingWindow], output: Any) -> list[WindowLogits]:
    """Take each window's own logits out of a padded batch.

    Raises:
        ModelError: They are not numbers.
    """
    starts = output.start_logits.float().cpu().numpy().astype(np.float64)
    ends = output.end_logits.float().cpu().numpy().astype(np.float64)
    sizes = [len(window.ids) for window in windows]
    if np.isnan(starts).any() or np.isnan(ends).any():
        raise ModelError(
            "the reading model gives scores that are not numbers; expected finite weights: load the model anew, or "
            "another one"
        )
    return [WindowLogits(start[:size], end[:size]) for start, end, size in zip(starts, ends, sizes, strict=True)]


def _build_weigh(question: str, texts: Sequence[str], priors: NDArray[np.float64]) -> Weigh:
    """Return what speaks for spans beside the model: their passage, and that they are what the question asks for."""
    wanted = find_answer_type(question)

    def weigh(passages: Integers, starts: Integers, ends: Integers) -> NDArray[np.float64]:
        scores = priors[passages]
        if wanted is not None:
            for number in np.unique(passages):
                inside = passages == number
                fits = measure_fit(wanted, texts[number], starts[inside], ends[inside])
                scores[inside] -= TYPE_WEIGHT * ~fits
        return scores

    return weigh


def _gather_evidence(candidates: Candidates, chosen: Sequence[int]) -> Evidence:
    """Say what speaks for the first of the chosen candidates, which lie apart, best first."""
    scores = candidates.scores[chosen]
    return Evidence(
        log_best=float(candidates.log_probabilities[chosen[0]]),
        log_null=candidates.log_null,
        score=float(scores[0]),
        margin=float(scores[0] - scores[1]) if len(scores) > 1 else MOST_MARGIN,
    )


def _build_span(candidates: Candidates, index: int, passages: Sequence[Passage]) -> Span:
    passage = passages[candidates.passages[index]]
    start, end = cover_characters(passage.text, int(candidates.starts[index]), int(candidates.ends[index]))
    return Span(
        document_id=passage.document_id,
        start=passage.start + start,
        end=passage.start + end,
        text=passage.text[start:end],
        score=float(candidates.scores[index]),
        probability=float(np.exp(candidates.log_probabilities[index])),
    )


def _pad(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def _extend(values: NDArray[np.int64], width: int, filler: int) -> NDArray[np.int64]:
    return np.pad(values, (0, width - len(values)), constant_values=filler)
