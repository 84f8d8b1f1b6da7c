"""Tiny models made on the spot: a BERT of one layer and a table of static vectors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import BertConfig, BertModel, BertTokenizer

from rag.embeddings.sentence_transformer import SentenceTransformerEncoder

CHARACTERS = "年次有給休暇取得第条従業員会社就則定め2をはするで、。1abc"
PROMPTS = {"query": "取得", "document": "会社："}


def build_vocabulary() -> dict[str, int]:
    letters = list(dict.fromkeys(CHARACTERS))
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    return {token: number for number, token in enumerate(tokens)}


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved BERT encoder with prompts that sees 32 tokens."""
    base = tmp_path_factory.mktemp("bert-base")
    vocabulary = build_vocabulary()
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(base)
    BertTokenizer(vocab=vocabulary).save_pretrained(base)
    folder = tmp_path_factory.mktemp("models") / "小さなBERT"
    modules = [Transformer(str(base), max_seq_length=32), Pooling(16)]
    SentenceTransformer(modules=modules, prompts=PROMPTS, device="cpu").save(str(folder))
    return folder


def build_letter_tokenizer() -> Tokenizer:
    letters = ["[UNK]", *dict.fromkeys(CHARACTERS)]
    tokenizer = Tokenizer(WordLevel({letter: number for number, letter in enumerate(letters)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split("", "isolated")
    return tokenizer


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model of static vectors, one for each letter."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models") / "static"
    module = StaticEmbedding(build_letter_tokenizer(), embedding_dim=12)
    SentenceTransformer(modules=[module], device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="session")
def bert(bert_folder: Path) -> SentenceTransformerEncoder:
    # Single precision: left to itself, the encoder takes bfloat16 on processors that have it.
    return SentenceTransformerEncoder(str(bert_folder), device="cpu", batch_size=2, precision="float32")


@pytest.fixture(scope="session")
def static(static_folder: Path) -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(str(static_folder), device="cpu", precision="float32")
