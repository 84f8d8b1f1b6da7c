"""Tiny readers with random weights, made on the spot: each kind of tokenizer, each kind of model."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertJapaneseTokenizer,
    BertTokenizer,
    ModernBertConfig,
    ModernBertForQuestionAnswering,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForQuestionAnswering,
)

from rag.reading.span_reader import SpanReader

CHARACTERS = "年次有給休暇取得第条従業員会社就則定め2をはするで、。1０日かがキロ何abc"
WORDS = ["従業員", "休暇", "年次", "会社", "##会社", "取得", "する"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}
# Wide weights make sharp attention and scores that differ.
SHARP = {"initializer_range": 0.5}


class ExactReader(SpanReader):
    """Computes in single precision on every machine, so that results can be compared closely."""

    def precision(self) -> AbstractContextManager[Any]:
        return nullcontext()


def build_vocabulary() -> dict[str, int]:
    letters = list(dict.fromkeys(CHARACTERS))
    tokens = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *WORDS]
    return {token: number for number, token in enumerate(tokens)}


def build_bert_tokenizer() -> BertTokenizer:
    return BertTokenizer(vocab=build_vocabulary(), do_lower_case=False)


def build_slow_tokenizer() -> BertJapaneseTokenizer:
    """A tokenizer that gives no offsets: MeCab, NFKC, word pieces."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("\n".join(build_vocabulary()), encoding="utf-8")
        return BertJapaneseTokenizer(
            vocab_file=str(path), word_tokenizer_type="mecab", mecab_kwargs={"mecab_dic": "unidic_lite"}
        )


def build_byte_tokenizer() -> PreTrainedTokenizerFast:
    """RoBERTa's: bytes, `<s> question </s></s> text </s>`, no token types."""
    names = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet())]
    tokenizer = Tokenizer(BPE({name: number for number, name in enumerate(names)}, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="<s>",
        pad_token="<pad>",
        sep_token="</s>",
        unk_token="<unk>",
        model_input_names=["input_ids", "attention_mask"],
    )


def build_bert_model(*, layers: int = 2, types: int = 2, positions: int = 512, **settings: Any) -> Any:
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(build_vocabulary()),
        num_hidden_layers=layers,
        type_vocab_size=types,
        max_position_embeddings=positions,
        **SIZES,
        **SHARP,
        **settings,
    )
    return BertForQuestionAnswering(config).eval()


def build_bert(**options: Any) -> SpanReader:
    return ExactReader(build_bert_model(), build_bert_tokenizer(), name="tiny BERT", **options)


def build_slow(**options: Any) -> SpanReader:
    return ExactReader(build_bert_model(), build_slow_tokenizer(), name="tiny slow BERT", **options)


def build_marking(**options: Any) -> SpanReader:
    """A BERT with a third token type, for tokens of the question."""
    model = build_bert_model(types=3, marks_question_tokens=True)
    return ExactReader(model, build_bert_tokenizer(), name="tiny marking BERT", **options)


def build_blind(**options: Any) -> SpanReader:
    """A model in which a token's scores depend on nothing but the token: no layers, no positions."""
    model = build_bert_model(layers=0)
    model.bert.embeddings.position_embeddings.weight.data.zero_()
    return ExactReader(model, build_bert_tokenizer(), name="blind BERT", **options)


def build_roberta(**options: Any) -> SpanReader:
    torch.manual_seed(3)
    tokenizer = build_byte_tokenizer()
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        num_hidden_layers=2,
        type_vocab_size=1,
        max_position_embeddings=514,
        pad_token_id=1,
        **SIZES,
        **SHARP,
    )
    return ExactReader(RobertaForQuestionAnswering(config), tokenizer, name="tiny RoBERTa", **options)


def build_modernbert(**options: Any) -> SpanReader:
    torch.manual_seed(3)
    config = ModernBertConfig(
        vocab_size=len(build_vocabulary()),
        num_hidden_layers=3,
        max_position_embeddings=1024,
        local_attention=8,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
        cls_token_id=None,
        sep_token_id=None,
        **SIZES,
        **SHARP,
    )
    model = ModernBertForQuestionAnswering(config)
    return ExactReader(model, build_bert_tokenizer(), name="tiny ModernBERT", **options)


READERS = {
    "bert": build_bert,
    "slow": build_slow,
    "marking": build_marking,
    "roberta": build_roberta,
    "modernbert": build_modernbert,
}
