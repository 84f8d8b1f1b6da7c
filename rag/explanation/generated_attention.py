"""Attention of a generated answer's tokens over the passages, by one more pass over prompt and answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.attention.capture import capture_rows, enable_capture
from rag.errors import ArgumentError
from rag.explanation.explanation import TokenAttention
from rag.retrieval.hit import Passage

if TYPE_CHECKING:
    from rag.reading.alignment import TokenizedText
    from rag.reading.generative_reader import GenerativeReader
    from rag.reading.prompt import Prompt

CAPTURED = 2**27
"""Most weights captured in one pass, 4 bytes each; a long answer of a large model takes several passes."""


def collect_generated_attention(
    question: str, answer: str, passages: Sequence[Passage], *, reader: GenerativeReader
) -> TokenAttention:
    """Run the reader over prompt and answer as one text and keep the rows of answer and question.

    The row of an answer's token is the one it was written from, that of the token before it: there the model looked
    when it chose it. Tokens that are parts of one character are taken together.

    Args:
        question: As it was read.
        answer: As it was written, citations included.
        passages: As they were read.
        reader: The reader that gave the answer.

    Raises:
        ArgumentError: The answer holds no token, or the question is empty.
        AttentionError: The model does not hand over its attention.
    """
    prompt = reader.write_prompt(question, [passage.text for passage in passages])
    tokens, first = reader.tokenize_answer(prompt, answer)
    if first == len(tokens.ids):
        raise ArgumentError(f"answer {answer!r} holds no token; expected the text of an answer")
    places, columns = _list_places(tokens, prompt, passages)
    inside = np.flatnonzero(columns >= 0)
    begin, end = prompt.question
    asked = np.flatnonzero((tokens.starts < end) & (tokens.ends > begin))
    written = np.stack([tokens.starts, tokens.ends], axis=1)[first:] - len(prompt.text)
    written, letters = np.unique(np.maximum(written, 0), axis=0, return_inverse=True)
    rows = np.concatenate([np.arange(first - 1, len(tokens.ids) - 1), asked])
    steps = np.zeros((len(written), len(places)), dtype=np.float32)
    totals: list[NDArray[np.float32]] = []
    for chosen, weights in _capture(reader, tokens.ids, rows, inside):
        folded = np.zeros((len(places), *weights.shape[:3]), dtype=np.float32)
        np.add.at(folded, columns[inside], np.moveaxis(weights, -1, 0))
        folded = np.moveaxis(folded, 0, -1)
        of_answer = chosen < len(letters)
        np.add.at(steps, letters.reshape(-1)[chosen[of_answer]], folded[:, :, of_answer].mean((0, 1)))
        totals.append(np.stack([folded[:, :, of_answer].sum(2), folded[:, :, ~of_answer].sum(2)]))
    whole = np.sum(totals, axis=0)
    counts = np.bincount(letters.reshape(-1)).astype(np.float32)
    return TokenAttention(
        spans=places[:, 1:],
        passages=places[:, 0],
        answer=whole[0] / len(letters),
        question=whole[1] / len(asked),
        written=written,
        steps=steps / counts[:, None],
    )


def _list_places(
    tokens: TokenizedText, prompt: Prompt, passages: Sequence[Passage]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List where in the documents the tokens of the passages stand, and for each token which place is its own.

    Returns:
        Passage, start and end of each place. Shape: (places, 3). Index of a token's place, -1 outside the passages.
        Shape: (tokens,).
    """
    found = np.full((len(tokens.ids), 3), -1, dtype=np.int64)
    for number, ((begin, end), passage) in enumerate(zip(prompt.passages, passages, strict=True)):
        starts, ends = np.maximum(tokens.starts, begin), np.minimum(tokens.ends, end)  # a token may reach over a border
        mine = starts < ends
        shift = passage.start - begin
        found[mine] = np.stack([np.full(mine.sum(), number), starts[mine] + shift, ends[mine] + shift], axis=1)
    inside = found[:, 0] >= 0
    places, indices = np.unique(found[inside], axis=0, return_inverse=True)
    columns = np.full(len(tokens.ids), -1, dtype=np.int64)
    columns[inside] = indices.reshape(-1)
    return places, columns


def _capture(
    reader: GenerativeReader, ids: NDArray[np.int64], rows: NDArray[np.int64], inside: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Capture rows in as many passes as memory asks for.

    Returns:
        For each pass, the indices into `rows` and their weights to the tokens `inside`.
        Shape: (layers, heads, rows, tokens).
    """
    import torch

    enable_capture(reader.model)
    device = reader.model.device
    config = reader.model.config.get_text_config()
    per_row = config.num_hidden_layers * config.num_attention_heads * len(ids)
    kept = torch.from_numpy(inside).to(device)
    inputs = {"input_ids": torch.from_numpy(ids)[None].to(device)}
    parts: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    for chosen in np.array_split(np.arange(len(rows)), -(-len(rows) * per_row // CAPTURED)):
        with reader.precision():
            captured = capture_rows(reader.model, inputs, torch.from_numpy(rows[chosen])[None].to(device))
        parts.append((chosen, captured.rows[:, 0].index_select(-1, kept).cpu().numpy()))
    return parts
