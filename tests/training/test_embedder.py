"""The contrast the embedder learns by, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import pytest
import torch

from rag.training.embedder import EmbedderJob, measure_contrast
from rag.training.pairs import Asked, EmbedderSettings, Paragraph
from rag.training.schedule import Schedule
from rag.training.translations import Translations

QUERIES = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]])
DOCUMENTS = torch.tensor([[3.0, 0.0, 0.0, 4.0], [0.0, 1.0, 0.0, 0.0]])
OTHER = torch.tensor([[1.0, 0.0, 0.0, 0.0]])


def test_cosines_are_contrasted_both_ways() -> None:
    first, second = log(1 + exp(-0.6)), log(1 + exp(-1.0))
    assert measure(DOCUMENTS, ["a", "b"]) == pytest.approx((first + second) / 2)


def test_more_documents_are_no_queries() -> None:
    wide = [log(1 + exp(-0.6) + exp(0.4)), log(1 + 2 * exp(-1.0))]
    narrow = [log(1 + exp(-0.6)), log(1 + exp(-1.0))]
    found = measure(torch.cat([DOCUMENTS, OTHER]), ["a", "b", "c"])
    assert found == pytest.approx((sum(wide) + sum(narrow)) / 4)


def test_a_copy_of_the_right_document_is_not_wrong() -> None:
    wide = [log(1 + exp(-0.6)), log(1 + 2 * exp(-1.0))]
    narrow = [log(1 + exp(-0.6)), log(1 + exp(-1.0))]
    found = measure(torch.cat([DOCUMENTS, OTHER]), ["a", "b", "a"])
    assert found == pytest.approx((sum(wide) + sum(narrow)) / 4)


def test_halves_count_half() -> None:
    whole, half = measure(DOCUMENTS, ["a", "b"]), measure(DOCUMENTS[:, :2], ["a", "b"], QUERIES[:, :2])
    assert half == pytest.approx(log(1 + exp(-1.0)))
    assert measure(DOCUMENTS, ["a", "b"], halvings=1) == pytest.approx((whole + half / 2) / 1.5)


def measure(documents: torch.Tensor, names: list[str], queries: torch.Tensor = QUERIES, *, halvings: int = 0) -> float:
    return float(measure_contrast(queries, documents, names, scale=1.0, halvings=halvings))


PARAGRAPHS = [Paragraph(0, [], [[number, 9]], [Asked([number, 8], [])]) for number in range(4)]
TRANSLATIONS = Translations([[1, 2], [3]], [[0], [1, 2]], torch.eye(3, 4))
SETTINGS = EmbedderSettings(Schedule(steps=1), batch=4, questions=0.5, made=0.5, translated=2, scale=1.0)


def test_translations_add_their_share() -> None:
    losses = [float(build_job(weight).measure()[0].detach()) for weight in (0.0, 1.0, 2.0)]
    table = build_job(0.0).table.detach()
    japanese = torch.stack([(table[1] + table[2]) / 2, table[3]])
    english = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]])
    expected = float(measure_contrast(japanese, english, [0, 1], scale=1.0, halvings=0))
    assert losses[1] - losses[0] == pytest.approx(expected, abs=1e-5)
    assert losses[2] - losses[0] == pytest.approx(2 * expected, abs=1e-5)


def test_a_batch_holds_every_source_and_others_come_last() -> None:
    batch = build_job(0.5).draw()
    assert [name for name, _ in batch.names] == ["questions", "questions", "made", "made"]
    assert [document[0] for document in batch.documents] == [place for _, place in batch.names]
    assert batch.count_tokens() == 16


def build_job(weight: float) -> EmbedderJob:
    torch.manual_seed(0)
    settings = replace(SETTINGS, translation_weight=weight)
    table = torch.randn(10, 4)
    return EmbedderJob(PARAGRAPHS, PARAGRAPHS, [], TRANSLATIONS, table, settings, device=torch.device("cpu"))
