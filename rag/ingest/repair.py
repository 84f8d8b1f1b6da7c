"""Repair of a library: every document that lost something is stored anew, from its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.chunks.chunk import Chunk
from rag.chunks.context import build_contexts, join_context
from rag.chunks.windowing import Windowing
from rag.chunks.windows import build_windows
from rag.documents.document import Document, build_document_id
from rag.embeddings.encoder import Encoder
from rag.index.library_index import LibraryIndex
from rag.ingest.embedding import embed_late, embed_windows


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What was mended, and what is still wrong; both in plain words."""

    done: tuple[str, ...]
    left: tuple[str, ...]


def repair(index: LibraryIndex, *, encoder: Encoder, windowing: Windowing) -> RepairReport:
    """Mend everything that `LibraryIndex.verify` finds, as far as the catalog's file can be read.

    The text of a document is the truth: windows that do not cover it are cut anew (as the document was cut, or else by
    `windowing`), vectors that cannot be are embedded again, words are listed again. Each document is
    one transaction.

    Raises:
        LibraryError: The catalog's file is damaged so that it cannot be read, or cannot be written.
        ModelError: The encoder fails.
    """
    if not index.find_problems():
        return RepairReport((), ())
    done = index.mend()
    broken = [problem.document_id for problem in index.find_problems() if problem.document_id is not None]
    for document_id in dict.fromkeys(broken):
        done.append(_store_anew(document_id, index, encoder, windowing))
    index.save()
    return RepairReport(tuple(done), tuple(index.verify()))


def _store_anew(document_id: str, index: LibraryIndex, encoder: Encoder, default: Windowing) -> str:
    document = index.load_document(document_id)
    written, spans = index.load_windows(document_id)
    entry = next(entry for entry in index.list_documents() if entry.id == document_id)
    sound = _covers(document, spans) and entry.characters == len(document.text)
    # Where text or windows changed, nobody knows what the vectors were made of.
    known = index.load_window_vectors(document_id) if sound else {}
    changes = ["its words were listed anew"]
    if document_id in {file.document_id for file in index.load_known_files().values()}:
        document = replace(document, id=build_document_id(document.source, document.text))
        if document.id != document_id:
            changes.append(f"its text is not the one it came with: it is {document.id} now; ingest its file again")
    windowing = Windowing.read(written)
    if _covers(document, spans):
        chunks = [Chunk(document.id, start, end, document.text[start:end]) for start, end in spans]
    else:
        windowing = windowing or default
        written = str(windowing)
        chunks = build_windows(
            document,
            size=windowing.size,
            stride=windowing.stride,
            unit=windowing.unit,
            boundary=windowing.boundary,
            encoder=encoder,
        )
        changes.append("it was cut anew")
    if windowing is not None and windowing.pooling == "document":
        vectors, fresh = embed_late(document, chunks, encoder=encoder), len(chunks)
    else:
        contexts = build_contexts(
            [chunk.start for chunk in chunks],
            title=document.title,
            anchors=document.anchors,
            context="none" if windowing is None else windowing.context,
        )
        vectors = embed_windows(chunks, contexts, encoder=encoder, known=known)
        joined = (join_context(context, chunk.text) for context, chunk in zip(contexts, chunks, strict=True))
        fresh = sum(text not in known for text in joined)
    if fresh:
        changes.append(f"{fresh} of {len(chunks)} windows were embedded anew")
    index.replace_document(document, chunks, vectors, windowing=written)
    return f"document {document_id} ({document.title}) was stored anew: {', '.join(changes)}"


def _covers(document: Document, spans: Sequence[tuple[int, int]]) -> bool:
    covered = 0
    for start, end in spans:
        if end > len(document.text) or document.text[covered:start].strip():
            return False
        covered = max(covered, end)
    return not document.text[covered:].strip()
