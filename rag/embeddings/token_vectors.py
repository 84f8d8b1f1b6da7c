"""The vectors of single tokens that a sentence-transformers model makes its vectors of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Vectors
from rag.embeddings.token_offsets import TokenStarts
from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

REMEDY = "leave pooling at window, or take a model that means over its tokens"


class TokenVectors:
    """Reads a text into the vectors of its tokens, and makes vectors of texts of their means.

    Of a static table the tokens stand for themselves; else they are those of the layers before the model's own mean.
    """

    def __init__(self, model: SentenceTransformer, *, name: str, prompt: str, find_starts: TokenStarts) -> None:
        """Look at the modules of a model.

        Args:
            model: The model.
            name: What it is called in messages.
            prompt: What stands before documents; its tokens are left out.
            find_starts: Where the tokens of a text begin, special ones left out.

        Raises:
            ModelError: Its vectors are no means of tokens.
        """
        from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding

        modules: list[Any] = list(model.children())
        self._model = model
        self._name = name
        self._prompt = prompt
        self._find_starts = find_starts
        self.dimension = int(modules[0].get_embedding_dimension())
        self._is_static = isinstance(modules[0], StaticEmbedding)
        places = [place for place, module in enumerate(modules) if isinstance(module, Pooling)]
        if self._is_static:
            self._before, self._behind = [], modules[1:]
            self._table = modules[0].embedding
        elif len(places) == 1 and modules[places[0]].pooling_mode in ("mean", ("mean",), ["mean"]):
            self._before, self._behind = modules[: places[0]], modules[places[0] + 1 :]
            self._prefix, self._special = _count_special(model.tokenizer, name)
        else:
            modes = [modules[place].pooling_mode for place in places]
            raise ModelError(
                f"the embedding model {name} makes its vectors by {modes or type(modules[0]).__name__}; expected the "
                f"mean of tokens, without which windows cannot know the text around them: {REMEDY}"
            )

    def read(self, text: str) -> tuple[NDArray[np.int64], Vectors]:
        """Return where the tokens of a text begin, and their vectors. Shapes: (tokens,), (tokens, dimension).

        Raises:
            ModelError: The tokens of the model are not those of its tokenizer, as of a text that is too long.
        """
        import torch

        whole = self._prompt + text
        starts = self._find_starts(whole) - len(self._prompt)
        with torch.inference_mode():
            features = self._model.preprocess([whole])
            features = {key: _move(value, self._model.device) for key, value in features.items()}
            if self._is_static:
                rows = self._table.weight[features["input_ids"]]
            else:
                for module in self._before:
                    features = module(features)
                rows = features["token_embeddings"][0]
                rows = rows[self._prefix : len(rows) - (self._special - self._prefix)]
        if len(rows) != len(starts):
            raise ModelError(
                f"the embedding model {self._name} reads {len(rows)} tokens where its tokenizer finds {len(starts)}; "
                f"windows cannot be found among them: {REMEDY}"
            )
        own = starts >= 0
        return starts[own], rows.float().cpu().numpy()[own]

    def finish(self, means: Vectors) -> Vectors:
        """Let the modules behind the mean do their part. Shape: (texts, dimension of a token) to (texts, dimension)."""
        import torch

        weight = next((parameter for module in self._behind for parameter in module.parameters()), None)
        features: dict[str, Any] = {"sentence_embedding": torch.from_numpy(means).to(self._model.device)}
        if weight is not None:
            features["sentence_embedding"] = features["sentence_embedding"].to(weight.dtype)
        with torch.inference_mode():
            for module in self._behind:
                features = module(features)
        finished: Vectors = features["sentence_embedding"].float().cpu().numpy()
        return finished


def _move(value: Any, device: Any) -> Any:
    return value.to(device) if hasattr(value, "to") else value


def _count_special(tokenizer: Any, name: str) -> tuple[int, int]:
    """Return how many special tokens stand before a text, and how many in all."""
    bare = tokenizer.encode("眼差し", add_special_tokens=False)
    framed = tokenizer.encode("眼差し", add_special_tokens=True)
    special = len(framed) - len(bare)
    for prefix in range(special + 1):
        if framed[prefix : prefix + len(bare)] == bare:
            return prefix, special
    raise ModelError(
        f"the tokenizer of the embedding model {name} changes a text between its special tokens ({bare} in {framed}); "
        f"windows cannot be found in it: {REMEDY}"
    )
