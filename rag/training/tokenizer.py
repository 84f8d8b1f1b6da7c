"""The shipped tokenizer: Unigram pieces that never cross a script boundary, digits apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from rag.training.corpus import load_prose, load_questions

SCRIPTS = (
    r"\p{Nd}|[\p{Han}々〆]+|[\p{Hiragana}]+|[\p{Katakana}ー]+|\p{Latin}+|"
    r"[^\s\p{Nd}\p{Han}\p{Hiragana}\p{Katakana}ー\p{Latin}]"
)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECE = 2_000


@dataclass(frozen=True, slots=True)
class TokenizerSettings:
    """`vocabulary`: number of pieces, special tokens included. `seed`: of the prose sample."""

    vocabulary: int = 16384
    seed: int = 0


def _read_passages(data: Path, seed: int) -> Iterator[str]:
    for article in load_prose(data, seed=seed):
        yield article.title
        for start in range(0, len(article.text), PIECE):
            yield article.text[start : start + PIECE]
    for question in load_questions(data / "jaquad" / "train.json.xz"):
        yield question.question
        yield question.context


def train_tokenizer(data: Path, out: Path, settings: TokenizerSettings) -> PreTrainedTokenizerFast:
    """Train the Unigram tokenizer and save it to `out` in Hugging Face format.

    Args:
        data: Folder of the training data.
        out: Folder to write.
        settings: Size of the vocabulary and sample of the prose.
    """
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(SCRIPTS), "removed", invert=True)
    trainer = trainers.UnigramTrainer(
        vocab_size=settings.vocabulary,
        special_tokens=SPECIAL,
        unk_token="[UNK]",
        max_piece_length=8,
        shrinking_factor=0.75,
    )
    tokenizer.train_from_iterator(_read_passages(data, settings.seed), trainer)
    start, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", start), ("[SEP]", end)],
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=512,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    fast.save_pretrained(str(out))
    return fast
