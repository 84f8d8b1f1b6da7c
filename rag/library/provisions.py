"""Articles and references of the documents of a library."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import pairwise

from rag.documents.document import Document
from rag.index.stored_document import DocumentEntry
from rag.library.records import CitedProvision, ResolvedReference
from rag.retrieval.widening import Span, Widen
from rag.text.laws import is_name_at_end, list_names
from rag.text.mentions import find_mentions
from rag.text.outline import Outline
from rag.text.provisions import Provision
from rag.text.references import Reference, find_references, resolve
from rag.text.sentences import split_sentences

KEPT = 16
"""Documents whose provisions stay in memory."""
AROUND = 1000
"""Characters before and behind a place among which its sentence is looked for."""


class ProvisionFinder:
    """Finds provisions and what references mean, in one document and by title in the others; safe between threads.

    The id of a document is a hash of its text, so that what is kept is never outdated.
    """

    def __init__(
        self, *, load_document: Callable[[str], Document], list_documents: Callable[[], Iterable[DocumentEntry]]
    ) -> None:
        self._load = load_document
        self._list = list_documents
        self._outline = lru_cache(maxsize=KEPT)(lambda document_id: Outline(load_document(document_id).text))
        self._units = lru_cache(maxsize=KEPT)(self._find_units)

    def find_article(self, document: Document, offset: int) -> CitedProvision | None:
        """Return the article, table, form or supplement that holds a place."""
        article = self._outline(document.id).article_at(offset)
        return None if article is None else _cite(document, article)

    def find_references(self, document: Document, start: int, end: int) -> list[ResolvedReference]:
        """Return the references between two places, in order, with what they mean."""
        if next(find_mentions(document.text, start, end), None) is None:
            return []
        found = find_references(self._outline(document.id), start=start, end=end)
        list_entries = cache(lambda: tuple(self._list()))  # once for all references, and only if one names a law
        return [self._resolve(document, reference, list_entries) for reference in found]

    def find_sentence_references(self, document: Document, start: int, end: int) -> list[ResolvedReference]:
        """Return the references of the sentences that `start:end` lies in."""
        begin = document.text.rfind("\n", 0, max(0, start - AROUND)) + 1
        stop = document.text.find("\n", end + AROUND)
        stretch = document.text[begin : len(document.text) if stop < 0 else stop]
        inside = [
            (begin + first, begin + last)
            for first, last in split_sentences(stretch)
            if begin + first < end and begin + last > start
        ]
        return self.find_references(document, inside[0][0], inside[-1][1]) if inside else []

    def find_units(self, document_id: str, widen: Widen) -> list[Span]:
        """Return what hits of a document are widened to: its articles, or what stands between its headings."""
        return self._units(document_id, widen)

    def _find_units(self, document_id: str, widen: Widen) -> list[Span]:
        if widen == "article":
            return self._outline(document_id).units()
        document = self._load(document_id)
        starts = sorted({anchor.start for anchor in document.anchors if anchor.kind == "heading"})
        return list(pairwise([*starts, len(document.text)]))

    def _resolve(
        self, document: Document, reference: Reference, list_entries: Callable[[], Iterable[DocumentEntry]]
    ) -> ResolvedReference:
        targets = tuple(_cite(document, target) for target in reference.targets)
        if reference.law:
            other = self._find_titled(reference.law, list_entries())
            found = () if other is None else resolve(reference.written, self._outline(other.id))
            targets = () if other is None else tuple(_cite(other, target, title=other.title) for target in found)
        return ResolvedReference(
            document.text[reference.start : reference.end], reference.start, reference.end, targets
        )

    def _find_titled(self, law: str, entries: Iterable[DocumentEntry]) -> Document | None:
        """Return the one document that is called so, by the longest of its names."""
        named = [
            (len(name), entry.id) for entry in entries for name in list_names(entry.title) if is_name_at_end(law, name)
        ]
        most = max(named, default=(0, ""))[0]
        longest = {document_id for length, document_id in named if length == most}
        return self._load(longest.pop()) if len(longest) == 1 else None


def _cite(document: Document, provision: Provision, *, title: str = "") -> CitedProvision:
    text = document.text[provision.start : provision.end]
    return CitedProvision(document.id, f"{title} {provision.name}".strip(), provision.start, provision.end, text)
