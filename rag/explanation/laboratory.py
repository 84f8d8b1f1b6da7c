"""The laboratory: a model, a short text, and one head after another to look into."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.attention.capture import capture_rows, enable_capture
from rag.attention.dissection import Dissection, dissect
from rag.attention.experiment import Changes, Experiment, run_experiment
from rag.attention.heads import HeadProfile, profile_heads
from rag.errors import ArgumentError, ModelError
from rag.explanation.specimen import Specimen, prepare_reading, prepare_text
from rag.reading.generative_reader import GenerativeReader
from rag.reading.loading import find_max_length
from rag.reading.span_reader import SpanReader

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Survey:
    """All heads of a model for one specimen. `maps`: Shape: (layers, heads, tokens, tokens)."""

    maps: NDArray[np.float32]
    profiles: tuple[HeadProfile, ...]


class Laboratory:
    """Looks into the attention of one model. Safe to use from several threads."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        reader: SpanReader | None = None,
    ) -> None:
        """Take a loaded model; `Laboratory.load` loads one.

        Args:
            model: Any model whose attention can be seen.
            tokenizer: Its tokenizer.
            name: What to call it.
            reader: The reader the model belongs to: question and text are then laid out as it reads them, and it finds
                the answer.

        Raises:
            AttentionError: The model's attention cannot be seen.
        """
        self.name = name
        self.model = model.eval()
        self.tokenizer = tokenizer
        self._reader = reader
        self._lock = Lock()
        enable_capture(model)

    @classmethod
    def load(cls, name_or_folder: str) -> Laboratory:
        """Load a model by hub name or folder: a reader, an encoder or a generative model.

        Raises:
            ModelError: It cannot be loaded, or its attention cannot be seen.
        """
        import torch
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        try:
            config = AutoConfig.from_pretrained(name_or_folder)
            if any(name.endswith("ForQuestionAnswering") for name in config.architectures or ()):
                return cls.from_reader(SpanReader.load(name_or_folder))
            model = AutoModel.from_pretrained(name_or_folder, dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(name_or_folder)
        except ModelError:
            raise
        except Exception as error:  # damaged files raise whatever their parser raises
            raise ModelError(
                f"{name_or_folder}: cannot be loaded ({str(error).strip().splitlines()[0]}); expected the name or "
                "folder of a transformer with its tokenizer: check the name"
            ) from error
        return cls(model, tokenizer, name=name_or_folder)

    @classmethod
    def from_reader(cls, reader: SpanReader | GenerativeReader) -> Laboratory:
        """Look into a reader that is loaded already; it goes on reading meanwhile."""
        marking = reader if isinstance(reader, SpanReader) else None
        return cls(reader.model, reader.tokenizer, name=reader.name, reader=marking)

    def prepare(self, text: str, *, question: str = "", max_tokens: int | None = None) -> Specimen:
        """Make an input of a text, with a question before it if there is one.

        Args:
            text: The text.
            question: A question about it; none when empty.
            max_tokens: Most tokens taken; as many as the model takes when None.

        Raises:
            ArgumentError: The text is empty or too long.
        """
        if not text.strip():
            raise ArgumentError("text is empty; expected a short text: try 「猫が庭で鳴く。」")
        question = question.strip()
        with self._lock:  # tokenizers keep state between calls
            if question and self._reader is not None:
                specimen = prepare_reading(text, question=question, reader=self._reader)
            else:
                specimen = prepare_text(text, question=question, model=self.model, tokenizer=self.tokenizer)
        limit = min(max_tokens or len(specimen.ids), find_max_length(self.model, self.tokenizer))
        if len(specimen.ids) > limit:
            raise ArgumentError(
                f"text and question have {len(specimen.ids)} tokens; expected at most {limit}: shorten them"
            )
        return specimen

    def survey(self, specimen: Specimen) -> Survey:
        """Look at every head.

        Raises:
            AttentionError: The model does not hand over its attention.
        """
        import torch

        rows = torch.arange(len(specimen.ids), device=self.model.device)[None]
        maps = capture_rows(self.model, specimen.inputs, rows).rows[:, 0].cpu().numpy()
        profiles = profile_heads(
            maps,
            ids=specimen.ids,
            special=specimen.special,
            question=specimen.question,
            answer=specimen.answer,
        )
        return Survey(maps, profiles)

    def dissect(self, specimen: Specimen, *, layer: int, head: int) -> Dissection:
        """Take a head apart; layer and head count from 0.

        Raises:
            ArgumentError: There is no such layer or head.
            AttentionError: The model does not hand over its attention.
        """
        return dissect(self.model, specimen.inputs, layer=layer, head=head)

    def experiment(self, specimen: Specimen, dissection: Dissection, changes: Changes) -> Experiment:
        """Compute a head anew with changes.

        Raises:
            AttentionError: The model lacks what a change needs.
        """
        return run_experiment(self.model, specimen.inputs, dissection, changes)
