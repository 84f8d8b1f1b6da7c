"""The encoder that runs any model of sentence-transformers, from a folder or the hub."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from rag.embeddings.encoder import Progress, Vectors
from rag.embeddings.fingerprint import build_fingerprint
from rag.embeddings.late import LENGTH, OVERLAP, Context, pool_contexts, split_contexts
from rag.embeddings.token_offsets import build_token_starts
from rag.embeddings.token_vectors import TokenVectors
from rag.errors import ArgumentError, ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Precision = Literal["float32", "bfloat16", "float16"]

_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # the order in which sentence-transformers looks for one


class SentenceTransformerEncoder:
    """Embeds with a sentence-transformers model; safe to share between threads."""

    def __init__(
        self,
        name_or_folder: str,
        *,
        name: str | None = None,
        device: str | None = None,
        batch_size: int = 64,
        precision: Precision | None = None,
        prompts: Mapping[str, str] | None = None,
    ) -> None:
        """Load the model.

        Args:
            name_or_folder: Hub name, or a folder written by `SentenceTransformer.save`.
            name: What to call it in messages and libraries; None takes `name_or_folder`.
            device: "cpu", "cuda:0" and so on; None takes the best there is.
            batch_size: Texts in one forward pass.
            precision: Number format of weights and arithmetic; None takes the fastest the device is good at.
            prompts: What to put before texts, under "query" and "document", in place of the model's own prompts.

        Raises:
            ArgumentError: `batch_size` is not positive.
            ModelError: The model cannot be loaded.
        """
        if batch_size < 1:
            raise ArgumentError(f"batch_size must be at least 1, not {batch_size}")
        self._name = name or name_or_folder
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._model = _load_model(name_or_folder, device=device, precision=precision, prompts=prompts)
        self._find_token_starts = build_token_starts(self._model.tokenizer)
        own = self._model.prompts
        self._document_prompt = next((own[key] for key in _DOCUMENT_PROMPTS if key in own), None) or ""
        self._max_tokens = self._count_free_tokens()
        self._tokens: TokenVectors | None = None
        self._dimension = int(self._model.encode_query(["眼差し"], show_progress_bar=False).shape[1])
        settings = {
            "prompts": dict(self._model.prompts),
            "default_prompt": self._model.default_prompt_name,
            "dimension": self._dimension,
            "precision": precision,
        }
        self._fingerprint = build_fingerprint(_find_files(name_or_folder), settings)

    @property
    def name(self) -> str:
        """Hub name or folder the model was loaded from."""
        return self._name

    @property
    def model(self) -> SentenceTransformer:
        """The model itself."""
        return self._model

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._dimension

    @property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer, prompts and the number format asked for: equal fingerprints give equal vectors.

        Where none was asked for, the format follows the machine and is left out, so that a library opens anywhere:
        between bfloat16 and single precision, the cosine of one text's two vectors is above 0.999.
        """
        return self._fingerprint

    @property
    def max_tokens(self) -> int | None:
        """Most tokens of a window the model sees (special tokens and prompt taken off), None when unlimited."""
        return self._max_tokens

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Return the code-point offset at which each token of `text` starts, ascending. Shape: (tokens,)."""
        return self._find_token_starts(text)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed questions. Shape: (len(texts), dimension), rows of length 1."""
        return self._encode(texts, self._model.encode_query, progress=None)

    def encode_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed windows. Shape: (len(texts), dimension), rows of length 1."""
        return self._encode(texts, self._model.encode_document, progress=progress)

    def encode_windows(
        self, text: str, spans: Sequence[tuple[int, int]], *, progress: Progress | None = None
    ) -> Vectors:
        """Embed windows `start:end` of one text, each as what stands around it shapes it; see `rag.embeddings.late`.

        Shape: (len(spans), dimension), rows of length 1.

        Raises:
            ModelError: The vectors of the model are no means of tokens.
        """
        tokens = self._find_tokens()
        length = self._max_tokens or LENGTH
        contexts = split_contexts(
            self.token_starts(text),
            end=len(text),
            length=length,
            overlap=int(length * OVERLAP),
            fits=lambda start, end: len(self.token_starts(text[start:end])) <= length,
        )

        def read(context: Context) -> tuple[NDArray[np.int64], Vectors]:
            with self._lock:
                starts, vectors = tokens.read(text[context.start : context.end])
            return starts + context.start, vectors

        means = pool_contexts(contexts, spans, dimension=tokens.dimension, read=read, progress=progress)
        return self._normalize(tokens.finish(means)[:, : self._dimension])

    def _find_tokens(self) -> TokenVectors:
        if self._tokens is None:
            self._tokens = TokenVectors(
                self._model, name=self._name, prompt=self._document_prompt, find_starts=self._find_token_starts
            )
        return self._tokens

    def _encode(self, texts: Sequence[str], encode: Any, *, progress: Progress | None) -> Vectors:
        """Embed in batches of like length, longest first: too large a batch fails at once, not after an hour."""
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for first in range(0, len(order), self._batch_size):
            batch = order[first : first + self._batch_size]
            with self._lock:  # fast tokenizers keep truncation and padding as state
                rows = encode([texts[number] for number in batch], batch_size=len(batch), show_progress_bar=False)
            vectors[batch] = self._normalize(np.asarray(rows, dtype=np.float32))
            if progress is not None:
                progress(first + len(batch), len(texts))
        return vectors

    def _count_free_tokens(self) -> int | None:
        tokenizer = self._model.tokenizer
        truncation = getattr(tokenizer, "truncation", None)  # of a bare tokenizers.Tokenizer
        limit = truncation["max_length"] if isinstance(truncation, dict) else self._model.max_seq_length
        if limit is None or not math.isfinite(limit):
            return None
        special = 0 if isinstance(truncation, dict) else int(tokenizer.num_special_tokens_to_add(pair=False))
        return max(int(limit) - special - len(self.token_starts(self._document_prompt)), 1)

    def _normalize(self, vectors: Vectors) -> Vectors:
        """Bring every row to length 1; a text without any known token gets the direction of equal components."""
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise ModelError(
                f"the embedding model {self._name} gives vectors that are not finite; try precision float32"
            )
        empty = lengths < 1e-12
        return np.where(empty, 1.0 / math.sqrt(self._dimension), vectors / np.where(empty, 1.0, lengths))


def _load_model(
    name_or_folder: str, *, device: str | None, precision: Precision | None, prompts: Mapping[str, str] | None
) -> SentenceTransformer:
    if name_or_folder.startswith(("/", ".", "~")) and not Path(name_or_folder).is_dir():
        raise ModelError(f"there is no folder {name_or_folder}; name a folder with a model, or a model of the hub")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.util import get_device_name

    device = device or get_device_name()
    try:
        model = SentenceTransformer(
            name_or_folder,
            device=device,
            prompts=None if prompts is None else dict(prompts),
            model_kwargs={"dtype": precision or _choose_precision(device)},
        )
    except Exception as error:
        raise ModelError(
            f"the embedding model {name_or_folder} cannot be loaded ({type(error).__name__}: {error}); give a folder "
            "written by SentenceTransformer.save, or a hub name and, for its first use, a network connection"
        ) from error
    model.eval()
    return model


def _choose_precision(device: str) -> Precision:
    """Return bfloat16 where the hardware multiplies it, float32 elsewhere: emulated, bfloat16 is many times slower."""
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    if device == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        capabilities = torch.cpu.get_capabilities()
        if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"):
            return "bfloat16"
    return "float32"


def _find_files(name_or_folder: str) -> Path:
    """Return the folder with the model's files: itself, or the snapshot in the hub's cache."""
    if Path(name_or_folder).is_dir():
        return Path(name_or_folder)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    names = [name_or_folder] if "/" in name_or_folder else [f"sentence-transformers/{name_or_folder}", name_or_folder]
    for name in names:
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except (LocalEntryNotFoundError, HfHubHTTPError, ValueError):
            continue
    raise ModelError(
        f"the files of the embedding model {name_or_folder} are not in the hub's cache; load it from a folder"
    )
