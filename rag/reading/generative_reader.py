"""Reader that writes the answer in its own words and cites the passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from math import exp, expm1, log
from statistics import fmean
from threading import Lock
from typing import TYPE_CHECKING, Any

from rag.errors import ArgumentError
from rag.reading.alignment import TokenizedText
from rag.reading.answer import UNANSWERABLE, Generated, Reading
from rag.reading.decoding import Decoding
from rag.reading.fingerprint import hash_reader
from rag.reading.loading import find_max_length, load_generator
from rag.reading.precision import choose_precision
from rag.reading.prompt import (
    INSTRUCTION,
    REFUSAL,
    Prompt,
    build_prompt,
    is_refusal,
    tokenize_answer,
    tokenize_request,
)
from rag.reading.sources import cite_sources
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LEAST_DOUBT = 1e-6
"""Nats by which a refusal is at least short of being certain, so that its odds are finite."""
HALF_WRITTEN = "\ufffd"
"""What a character of which not all bytes are there yet looks like."""


class GenerativeReader:
    """Answers with a causal language model that follows instructions.

    All passages stand in one prompt, numbered, as far as the model's context goes. The likeliest token is written
    each time, so the same is answered alike. Where the passages do not hold the answer the model is told to say so in
    fixed words. The probability of these words, as the model's first words, is the probability of "no answer": their
    length needs no correction, since they are the same for every question. `confidence` is that probability for a
    refusal; for an answer it is the probability of no refusal times the mean (geometric) probability of the answer's
    tokens. Neither is calibrated. Safe to use from several threads.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        max_length: int | None = None,
        max_answer_tokens: int = 256,
    ) -> None:
        """Take a loaded model; `GenerativeReader.load` loads one.

        Args:
            model: Any causal language model.
            tokenizer: Its tokenizer, with or without a chat template.
            name: What to call it.
            max_length: Tokens of prompt and answer together; as many as the model takes when None.
            max_answer_tokens: Longest answer.

        Raises:
            ArgumentError: `max_length` is more than the model takes, or leaves no room for prompt and answer.
        """
        self.name = name
        self.model = model
        self.model.train(False)
        self.tokenizer = tokenizer
        self.max_answer_tokens = max_answer_tokens
        self.max_length = find_max_length(model, tokenizer) if max_length is None else max_length
        longest = find_max_length(model, tokenizer)
        if not 0 < max_answer_tokens < self.max_length <= longest:
            raise ArgumentError(
                f"max_length is {self.max_length} and max_answer_tokens {max_answer_tokens}; expected at most "
                f"{longest} tokens, what {name} takes, and an answer shorter than that: choose other numbers or "
                "a model with a longer context"
            )
        self._stops = _find_stops(model, tokenizer)
        self._lock = Lock()

    @classmethod
    def load(cls, name_or_folder: str, *, device: str | None = None) -> GenerativeReader:
        """Load a reader by hub name or folder.

        Args:
            name_or_folder: Of a causal language model tuned to follow instructions.
            device: Where it runs; the GPU where there is one when None.

        Raises:
            ModelError: The model cannot be loaded or writes no text.
        """
        import torch

        model, tokenizer = load_generator(name_or_folder)
        # The model's own `to` is decorated and loses its type.
        torch.nn.Module.to(model, device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return cls(model, tokenizer, name=name_or_folder)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer, prompt and settings: equal fingerprints answer alike."""
        settings = (INSTRUCTION, self.tokenizer.chat_template, self.max_length, self.max_answer_tokens)
        return hash_reader(self.model, self.tokenizer, settings=settings)

    def read(self, question: str, passages: Sequence[Passage], *, n: int = 5) -> Reading:
        """Return the answer written, and the `n` sentences that support it best.

        Raises:
            ArgumentError: The question is empty or too long for the model, or `n` is below one.
        """
        return next(step for step in self.stream(question, passages, n=n) if isinstance(step, Reading))

    def stream(self, question: str, passages: Sequence[Passage], *, n: int = 5) -> Iterator[str | Reading]:
        """Yield the answer piece by piece as it is written; last of all what `read` returns.

        Raises:
            ArgumentError: The question is empty or too long for the model, or `n` is below one.
        """
        if n < 1:
            raise ArgumentError(f"n is {n}; expected at least 1")
        texts = [passage.text for passage in passages]
        prompt = self.write_prompt(question, texts)
        if not any(text.strip() for text in texts):
            yield Reading(question, (), True, 1.0, UNANSWERABLE, (0.0,) * len(passages))
            return
        ids = prompt.tokens.ids.tolist()
        decoding = Decoding(self.model, ids, precision=self.precision)
        refusal, first = self.tokenize_answer(prompt, REFUSAL)
        log_refusal = min(sum(decoding.score(refusal.ids[first:].tolist())), -LEAST_DOUBT)
        written: list[int] = []
        log_probabilities: list[float] = []
        text = ""
        for token, log_probability in decoding.write(limit=self.max_answer_tokens, stops=self._stops):
            written.append(token)
            log_probabilities.append(log_probability)
            longer = self._decode(written)
            if len(longer) > len(text) and not longer.endswith(HALF_WRITTEN):
                yield longer[len(text) :]
                text = longer
        log_answer = log(-expm1(log_refusal))
        text = self._decode(written).strip()
        no_answer = is_refusal(text)
        sure = log_refusal if no_answer else log_answer + fmean(log_probabilities)
        read, said = trim_passages(prompt, passages), "" if no_answer else text
        sources = cite_sources(question, said, read, probability=exp(log_answer))
        yield Reading(
            question=question,
            spans=sources.choose_spans(n),
            no_answer=no_answer,
            confidence=exp(sure),
            answerability=log_answer - log_refusal,
            passage_scores=sources.score_passages(len(passages)),
            generated=Generated(text, sources.markers),
        )

    def score_answer(self, question: str, texts: Sequence[str], answer: str) -> float:
        """Return the log-probability, in nats, of an answer to a question from the texts of passages.

        The answer is cut into tokens anew, so it can be any text; that it ends there is not counted.

        Raises:
            ArgumentError: The question is empty, or too long for the model.
        """
        prompt = self.write_prompt(question, texts)
        tokens, first = self.tokenize_answer(prompt, answer)
        ids = tokens.ids.tolist()
        return sum(Decoding(self.model, ids[:first], precision=self.precision).score(ids[first:]))

    def follow(self, request: str) -> str:
        """Write what a request without passages asks for, the likeliest token each time.

        Raises:
            ArgumentError: The request is too long for the model.
        """
        with self._lock:
            ids = tokenize_request(self.tokenizer, request).ids.tolist()
        if len(ids) > self.max_length - self.max_answer_tokens:
            raise ArgumentError(
                f"the request has {len(ids)} tokens; expected at most {self.max_length - self.max_answer_tokens}, "
                f"what {self.name} takes beside an answer: use a model with a longer context"
            )
        decoding = Decoding(self.model, ids, precision=self.precision)
        return self._decode(
            [token for token, _ in decoding.write(limit=self.max_answer_tokens, stops=self._stops)]
        ).strip()

    def write_prompt(self, question: str, texts: Sequence[str]) -> Prompt:
        """Write the prompt for a question and the texts of passages, as far as there is room beside an answer.

        Raises:
            ArgumentError: The question is empty, or too long for the model.
        """
        if not question.strip():
            raise ArgumentError(
                "question is empty; expected a question in words: ask for example 「いつ建てられましたか」"
            )
        with self._lock:  # tokenizers keep state between calls
            return build_prompt(self.tokenizer, question, texts, limit=self.max_length - self.max_answer_tokens)

    def tokenize_answer(self, prompt: Prompt, answer: str) -> tuple[TokenizedText, int]:
        """Cut prompt and answer into tokens; return them and the index of the answer's first."""
        with self._lock:
            return tokenize_answer(self.tokenizer, prompt, answer)

    def precision(self) -> AbstractContextManager[Any]:
        """Return the context to run the model in: bfloat16 where the hardware computes in it."""
        return choose_precision(self.model.device)

    def _decode(self, ids: Sequence[int]) -> str:
        with self._lock:
            text = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text).lstrip()


def trim_passages(prompt: Prompt, passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages as far as they stand in a prompt."""
    return [
        replace(passage, end=passage.start + end - start, text=passage.text[: end - start])
        for passage, (start, end) in zip(passages, prompt.passages, strict=True)
    ]


def _find_stops(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Return the tokens that end an answer: those of the model's own settings, and the tokenizer's."""
    settings = model.generation_config
    named: int | list[int] | None = None if settings is None else settings.eos_token_id
    stops = [named] if isinstance(named, int) else list(named or ())
    own = tokenizer.eos_token_id
    return frozenset(stops if own is None else [*stops, own])
