"""Questions with known answers: SQuAD JSON, the samples, and long documents with their questions as JSON lines.

All become the same records: documents, and questions that name the document and the places of their answers. Files
may be packed with xz (`.json.xz`, `.jsonl.xz`).
"""

from rag.evaluation.datasets.dataset import Dataset, GoldAnswer, Question, fingerprint_dataset
from rag.evaluation.datasets.long_documents import load_long_documents
from rag.evaluation.datasets.sample_questions import load_samples
from rag.evaluation.datasets.squad import load_squad

__all__ = [
    "Dataset",
    "GoldAnswer",
    "Question",
    "fingerprint_dataset",
    "load_long_documents",
    "load_samples",
    "load_squad",
]
