"""JSON shapes the command prints; later programs rely on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.documents.pdf_places import Box
    from rag.evaluation.rows import Report
    from rag.explanation.explanation import Explanation
    from rag.ingest.report import IngestReport, RunReport
    from rag.ingest.sync import SyncReport
    from rag.library.records import Answer, Citation, DocumentEntry
    from rag.reading.answer import Generated
    from rag.retrieval.hit import Hit

Titles = Callable[[str], str]
"""Looks up a document's title by its id."""

HEADING_SEPARATOR = " > "


def describe_ingest(report: IngestReport) -> dict[str, object]:
    """Shape the outcome of `rag ingest`."""
    return {
        "added": list(report.added),
        "updated": list(report.updated),
        "unchanged": list(report.unchanged),
        "removed": list(report.removed),
        **_describe_run(report),
    }


def describe_sync(report: SyncReport, *, dry_run: bool) -> dict[str, object]:
    """Shape the outcome of `rag sync`; files by path."""
    return {
        "dry_run": dry_run,
        "added": list(report.added),
        "updated": list(report.updated),
        "moved": [{"from": move.origin, "to": move.target} for move in report.moved],
        "removed": list(report.removed),
        "unchanged": list(report.unchanged),
        **_describe_run(report),
    }


def _describe_run(report: RunReport) -> dict[str, object]:
    return {
        "failed": [{"path": failure.path, "error": failure.error} for failure in report.failed],
        "documents": report.documents,
        "chunks": report.chunks,
        "characters": report.characters,
        "losses": [
            {"source": entry.source, "title": entry.title, "losses": asdict(entry.losses)} for entry in report.losses
        ],
        "seconds": round(report.seconds, 3),
    }


def describe_document(entry: DocumentEntry) -> dict[str, object]:
    """Shape one line of `rag documents`."""
    return {
        "id": entry.id,
        "title": entry.title,
        "source": entry.source,
        "characters": entry.characters,
        "chunks": entry.chunks,
        "added": entry.added,
        "losses": asdict(entry.losses),
        "tags": dict(entry.tags),
    }


def describe_hit(hit: Hit, titles: Titles) -> dict[str, object]:
    """Shape one hit of `rag search`."""
    return {
        "document": hit.document_id,
        "title": titles(hit.document_id),
        "start": hit.start,
        "end": hit.end,
        "text": hit.text,
        "score": hit.score,
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
        "rating": hit.rating,
        "matched": list(hit.matched),
    }


def describe_citation(
    citation: Citation | None, boxes: Sequence[Box] = (), boxes_error: str | None = None
) -> dict[str, object] | None:
    """Shape the place of an answer."""
    if citation is None:
        return None
    return {
        "document": citation.document_id,
        "title": citation.title,
        "start": citation.start,
        "end": citation.end,
        "page": citation.page,
        "heading": HEADING_SEPARATOR.join(citation.heading) or None,
        "text": citation.text,
        "references": [
            {
                "text": reference.text,
                "label": target.label,
                "document": target.document_id,
                "start": target.start,
                "end": target.end,
            }
            for reference in citation.references
            for target in reference.targets
        ],
        "boxes": [asdict(box) for box in boxes],
        "boxes_error": boxes_error,
    }


def describe_answer(answer: Answer, boxes: Sequence[Box] = (), boxes_error: str | None = None) -> dict[str, object]:
    """Shape the outcome of `rag ask`; `boxes` are where its citation stands on the pages of a PDF, or why nowhere."""
    explanation = answer.explanation
    attention: list[float | None] = [None] * len(answer.passages)
    if explanation is not None:
        # A passage that did not fit into a prompt ends earlier in the explanation.
        shares = {(span.document_id, span.start): span.score for span in explanation.passages}
        attention = [shares.get((p.document_id, p.start)) for p in answer.passages]
    alternatives = answer.spans if answer.no_answer else answer.spans[1:]
    return {
        "question": answer.question,
        "search_question": answer.search_question,
        "answer": answer.text,
        "confidence": answer.confidence,
        "no_answer": answer.no_answer,
        "citation": describe_citation(answer.citation, boxes, boxes_error),
        "generated": None if answer.generated is None else _describe_generated(answer.generated),
        "alternatives": [
            {"document": s.document_id, "start": s.start, "end": s.end, "text": s.text, "probability": s.probability}
            for s in alternatives
        ],
        "passages": [
            {"document": p.document_id, "start": p.start, "end": p.end, "score": p.score, "attention": share}
            for p, share in zip(answer.passages, attention, strict=True)
        ],
        "explanation": None if explanation is None else _describe_explanation(explanation),
        "seconds": {key: round(value, 4) for key, value in asdict(answer.seconds).items()},
    }


def _describe_generated(generated: Generated) -> dict[str, object]:
    return {
        "text": generated.text,
        "citations": [
            {
                "number": marker.passage + 1,
                "text_start": marker.start,
                "text_end": marker.end,
                "document": marker.span.document_id,
                "start": marker.span.start,
                "end": marker.span.end,
                "text": marker.span.text,
            }
            for marker in generated.markers
        ],
    }


def _describe_explanation(explanation: Explanation) -> dict[str, object]:
    removal = explanation.removal
    return {
        "method": explanation.method,
        "sentences": [
            {"document": s.document_id, "start": s.start, "end": s.end, "text": s.text, "score": s.score}
            for s in explanation.sentences
        ],
        "removal": None
        if removal is None
        else {
            "attended": removal.attended,
            "random": removal.random,
            "agreement": removal.agreement,
            "verdict": removal.verdict,
        },
    }


def describe_report(report: Report) -> dict[str, object]:
    """Describe an evaluation: its figures, and where there are any, its findings and the folder of its run."""
    content: dict[str, object] = dict(report.figures)
    if report.findings:
        content["findings"] = report.findings
    if report.folder is not None:
        content["folder"] = str(report.folder)
    return content
