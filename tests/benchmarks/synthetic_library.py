"""Libraries of any number of windows, out of a base of real ones: for measuring search, not its quality.

The first windows are real. Each further one is the first 70 % of one of them and the end of another one: in its text,
in its terms, and in its vector, which is the weighted mean of theirs with a little noise. So terms are as frequent as
in prose and vectors lie where those of texts lie, and no text is analysed or embedded more than once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from rag.chunks.chunk import Chunk
from rag.chunks.windows import build_windows
from rag.documents.document import Document, build_document_id
from rag.embeddings.encoder import Encoder, Vectors
from rag.index.library_index import LibraryIndex
from rag.index.prepared import PreparedDocument
from rag.index.window_terms import build_chunk_terms

SIZE = 400
HEAD = 0.7
NOISE = 0.1
WINDOWS_A_DOCUMENT = 100
DOCUMENTS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Base:
    """Real windows; one text, one line of terms and one vector each. Shape of `vectors`: (windows, dimension)."""

    texts: Sequence[str]
    terms: Sequence[str]
    vectors: Vectors


def build_base(documents: Iterator[Document], encoder: Encoder, *, windows: int, cache: Path) -> Base:
    """Cut, analyse and embed the first `windows` windows, or load them where they were kept."""
    path = cache / f"base-{windows}-{encoder.fingerprint[:8]}.npz"
    if not path.is_file():
        chunks: list[Chunk] = []
        terms: list[str] = []
        for document in documents:
            cut = build_windows(document, size=SIZE, stride=SIZE)
            chunks += cut
            terms += build_chunk_terms(document.text, [(chunk.start, chunk.end) for chunk in cut])
            if len(chunks) >= windows:
                break
        else:
            raise SystemExit(f"the texts hold {len(chunks)} windows, {windows} are needed; name more files")
        texts = [chunk.text for chunk in chunks[:windows]]
        vectors = encoder.encode_documents(texts).astype(np.float16)
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(path, vectors=vectors, texts=_pack(texts), terms=_pack(terms[:windows]))
    with np.load(path) as stored:
        return Base(_unpack(stored["texts"]), _unpack(stored["terms"]), stored["vectors"].astype(np.float32))


def build_library(folder: Path, base: Base, encoder: Encoder, *, windows: int) -> None:
    """Fill a new library with `windows` windows."""
    with open_library(folder, encoder) as index:
        prepared = _prepare(base, windows)
        while batch := list(islice(prepared, DOCUMENTS_AT_ONCE)):
            index.replace_documents(batch)


def open_library(folder: Path, encoder: Encoder) -> LibraryIndex:
    """Open the library in `folder`."""
    return LibraryIndex.open(
        folder, dimension=encoder.dimension, encoder_fingerprint=encoder.fingerprint, encoder_name=encoder.name
    )


def _prepare(base: Base, windows: int) -> Iterator[PreparedDocument]:
    generator = np.random.default_rng(0)
    for first in range(0, windows, WINDOWS_A_DOCUMENT):
        numbers = range(first, min(first + WINDOWS_A_DOCUMENT, windows))
        made = [_make_window(base, number, generator) for number in numbers]
        text = "\n".join(each[0] for each in made)
        document = Document(build_document_id(str(first), text), f"文書{first}", text, str(first))
        chunks, start = [], 0
        for each, _, _ in made:
            chunks.append(Chunk(document.id, start, start + len(each), each))
            start += len(each) + 1
        yield PreparedDocument(document, chunks, np.stack([each[2] for each in made]), [each[1] for each in made])


def _make_window(base: Base, number: int, generator: np.random.Generator) -> tuple[str, str, Vectors]:
    count = len(base.texts)
    if number < count:
        return base.texts[number], base.terms[number], base.vectors[number]
    head, tail = number % count, int(generator.integers(count))
    text = base.texts[head][: int(HEAD * SIZE)] + base.texts[tail][int(HEAD * SIZE) :]
    first, last = base.terms[head].split(" "), base.terms[tail].split(" ")
    terms = " ".join([*first[: int(HEAD * len(first))], *last[int(HEAD * len(last)) :]])
    noise = generator.standard_normal(base.vectors.shape[1]) * NOISE / np.sqrt(base.vectors.shape[1])
    vector = HEAD * base.vectors[head] + (1 - HEAD) * base.vectors[tail] + noise
    return text, terms, (vector / np.linalg.norm(vector)).astype(np.float32)


def _pack(texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer("\0".join(texts).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _unpack(packed: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> list[str]:
    return packed.tobytes().decode("utf-8", "surrogatepass").split("\0")
