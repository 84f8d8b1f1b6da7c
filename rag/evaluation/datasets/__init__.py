"""Questions with known answers: SQuAD JSON, the samples, long documents, follow-ups, BEIR.

All become the same records: documents, and questions that name the document and the places of their answers. Files
may be packed with xz (`.json.xz`, `.jsonl.xz`, `.csv.xz`).
"""

from rag.evaluation.datasets.articles import join_articles
from rag.evaluation.datasets.beir import JudgedCorpus, load_beir
from rag.evaluation.datasets.dataset import Dataset, GoldAnswer, Question, fingerprint_dataset
from rag.evaluation.datasets.followups import Followup, FollowupDataset, load_followups, load_sample_conversations
from rag.evaluation.datasets.long_documents import load_documents, load_long_documents
from rag.evaluation.datasets.sample_questions import load_samples
from rag.evaluation.datasets.squad import load_squad

__all__ = [
    "Dataset",
    "Followup",
    "FollowupDataset",
    "GoldAnswer",
    "JudgedCorpus",
    "Question",
    "fingerprint_dataset",
    "join_articles",
    "load_beir",
    "load_documents",
    "load_followups",
    "load_long_documents",
    "load_sample_conversations",
    "load_samples",
    "load_squad",
]
