"""Three long Japanese documents written for this project, questions on them, and conversations.

All three belong to a company that does not exist: rules of employment (plain text), a handbook of IT operations
(Markdown) and a maintenance manual of a coffee roaster (HTML). They write numbers and dates in many ways on purpose.
"""

from __future__ import annotations

from pathlib import Path

from rag.samples.followups import SampleFollowup, load_sample_followups
from rag.samples.questions import SampleAnswer, SampleQuestion, load_sample_questions

__all__ = [
    "SampleAnswer",
    "SampleFollowup",
    "SampleQuestion",
    "load_sample_followups",
    "load_sample_paths",
    "load_sample_questions",
]

_NAMES = ("work_rules.txt", "it_operations.md", "maintenance_manual.html")


def load_sample_paths() -> list[Path]:
    """Return the files of the sample documents, in the order a reader should meet them."""
    folder = Path(__file__).resolve().parent
    return [folder / name for name in _NAMES]
