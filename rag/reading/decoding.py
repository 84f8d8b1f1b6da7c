"""Greedy writing after a prompt, and the log-probability of what could be written."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

Precision = Callable[[], AbstractContextManager[Any]]
"""Makes the context a model runs in."""


class Decoding:
    """One prompt that a causal language model has read; its keys and values are kept for what follows."""

    def __init__(self, model: PreTrainedModel, ids: Sequence[int], *, precision: Precision) -> None:
        """Read the prompt.

        Args:
            model: Any causal language model, in evaluation mode.
            ids: Tokens of the prompt, at least one.
            precision: Context to run the model in.
        """
        self._model = model
        self._precision = precision
        # The name changed with transformers 5.24, and not for every model.
        parameters = inspect.signature(model.forward).parameters
        self._cache_name = "cache" if "cache" in parameters else "past_key_values"
        self._few_logits = "logits_to_keep" in parameters
        self._last, self._cache = self._forward(ids, None, keep=1)

    def score(self, ids: Sequence[int]) -> list[float]:
        """Return the log-probability of each token, in nats, if these were written next."""
        import torch

        if not ids:
            return []
        # A copy: not every cache can be cut back (sliding windows cannot).
        with torch.inference_mode():
            cache = copy.deepcopy(self._cache)
        rows, _ = self._forward(ids, cache, keep=len(ids))
        with torch.inference_mode():
            before = torch.cat([self._last, rows[:-1]])
            chosen = before.log_softmax(-1).gather(1, torch.tensor(ids, device=before.device)[:, None])
            return [float(value) for value in chosen[:, 0].tolist()]

    def write(self, *, limit: int, stops: Collection[int]) -> Iterator[tuple[int, float]]:
        """Write the likeliest token after the other, once: up to `limit`, or to one of `stops`, which is left out.

        Yields:
            Each token and its log-probability in nats.
        """
        for _ in range(limit):
            token, log_probability = self._choose()
            if token in stops:
                return
            yield token, log_probability
            self._last, self._cache = self._forward([token], self._cache, keep=1)

    def _choose(self) -> tuple[int, float]:
        import torch

        with torch.inference_mode():
            best = self._last[-1].log_softmax(-1).max(-1)
            return int(best.indices), float(best.values)

    def _forward(self, ids: Sequence[int], cache: Any, *, keep: int) -> tuple[Tensor, Any]:
        """Run the model over tokens; return the last `keep` rows of logits and its cache. Shape: (keep, vocabulary)."""
        import torch

        inputs = {"input_ids": torch.tensor([list(ids)], device=self._model.device)}
        # Logits of a whole prompt take more memory than the model where the vocabulary is large.
        fewer = {"logits_to_keep": keep} if self._few_logits else {}
        with torch.inference_mode(), self._precision():
            output = self._model(**inputs, **{self._cache_name: cache}, use_cache=True, **fewer)
            logits = output.logits[0, -keep:].float()
            if bool(logits.isnan().any()):
                raise ModelError(
                    f"{type(self._model).__name__} gives scores that are not numbers; expected finite weights: load "
                    "the model anew, or another one"
                )
            return logits, output[self._cache_name]
