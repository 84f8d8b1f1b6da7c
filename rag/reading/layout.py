"""Where a tokenizer puts its special tokens around a question and a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Special = tuple[int, int]
"""Id and token type of one special token."""


@dataclass(frozen=True, slots=True)
class PairLayout:
    """Special tokens before the question, between question and text, and after the text.

    `[CLS] question [SEP] text [SEP]` for BERT, `<s> question </s></s> text </s>` for RoBERTa.
    """

    before: tuple[Special, ...]
    between: tuple[Special, ...]
    after: tuple[Special, ...]
    question_type: int
    passage_type: int

    @property
    def size(self) -> int:
        """Number of special tokens."""
        return len(self.before) + len(self.between) + len(self.after)


def build_layout(tokenizer: PreTrainedTokenizerBase) -> PairLayout:
    """Read the layout off the tokenizer itself, by having it join two short texts.

    Raises:
        ModelError: The tokenizer does not put the first text before the second.
    """
    if tokenizer.is_fast:
        encoded = tokenizer("1", "2", return_token_type_ids=True)
        ids, types, sides = encoded["input_ids"], encoded["token_type_ids"], encoded.sequence_ids(0)
    else:
        question, text = -1, -2
        ids = tokenizer.build_inputs_with_special_tokens([question], [text])
        types = tokenizer.create_token_type_ids_from_sequences([question], [text])
        sides = [{question: 0, text: 1}.get(token) for token in ids]
    if 0 not in sides or 1 not in sides or sides.index(0) > sides.index(1):
        raise ModelError(
            f"{tokenizer.name_or_path}: its tokenizer joins two texts as {sides}; expected the question before the "
            "text: use a model whose tokenizer encodes pairs, such as BERT, RoBERTa, ELECTRA or ModernBERT"
        )
    first, second = sides.index(0), sides.index(1)
    stop = len(sides) - sides[::-1].index(1)
    middle = first + sides.count(0)
    pairs = list(zip(ids, types, strict=True))
    return PairLayout(
        before=tuple(pairs[:first]),
        between=tuple(pairs[middle:second]),
        after=tuple(pairs[stop:]),
        question_type=types[first],
        passage_type=types[second],
    )
