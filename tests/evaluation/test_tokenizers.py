"""Tokenizers of every kind behind one face."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from rag.errors import ArgumentError, ModelError
from rag.evaluation.tokenizers import MORPHEMES, SubwordTokenizer, Tokens, find_algorithm, open_tokenizer
from rag.models.shipped import READER
from tests.reading.tiny import build_bert_tokenizer, build_byte_tokenizer, build_slow_tokenizer

TEXTS = ["従業員は休暇を取得する。", "従業員の休暇は年次休暇である。"] * 3


def read(text: str, tokens: Tokens) -> list[str]:
    return [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]


@pytest.mark.parametrize(
    ("build", "algorithm"),
    [(build_bert_tokenizer, "wordpiece"), (build_slow_tokenizer, "wordpiece"), (build_byte_tokenizer, "byte_bpe")],
)
def test_a_saved_tokenizer_is_opened_and_its_algorithm_named(build: object, algorithm: str, tmp_path: Path) -> None:
    built = build()  # type: ignore[operator]
    built.save_pretrained(tmp_path)
    opened = open_tokenizer(str(tmp_path), texts=(), fetch=False)
    assert (opened.name, opened.algorithm, opened.vocabulary) == (str(tmp_path), algorithm, len(built))
    text = "従業員は 年次休暇"
    assert "".join(dict.fromkeys(read(text, opened.tokenize(text)))) == "従業員は年次休暇"


@pytest.mark.parametrize(
    ("model", "algorithm"),
    [
        (models.BPE(), "bpe"),
        (models.Unigram([("<unk>", 0.0)], unk_id=0), "unigram"),
        (models.WordLevel({"甲": 0}, unk_token="甲"), "words"),
    ],
)
def test_algorithm_is_that_of_the_backend(model: object, algorithm: str) -> None:
    assert find_algorithm(PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model))) == algorithm


def test_the_shipped_tokenizer_and_morphemes_are_opened_by_name() -> None:
    shipped = open_tokenizer(READER, texts=())
    assert (shipped.name, shipped.algorithm, shipped.vocabulary) == (READER, "unigram", 16384)
    morphemes = open_tokenizer(MORPHEMES, texts=())
    assert (morphemes.name, morphemes.algorithm) == (MORPHEMES, "morphemes")
    assert morphemes.vocabulary > 100_000
    text = "図書館で ﾎｹﾞﾗﾎﾞを借りる"
    tokens = morphemes.tokenize(text)
    assert read(text, tokens) == ["図書", "館", "で", "ﾎｹﾞﾗﾎﾞ", "を", "借りる"]
    assert tokens.unknown.tolist() == [False, False, False, True, False, False]


def test_unknown_tokens_are_those_outside_the_vocabulary() -> None:
    tokens = SubwordTokenizer(build_bert_tokenizer(), name="小").tokenize("休暇 鰯 会社")
    assert tokens.unknown.tolist() == [False, False, True, False, False]
    assert not SubwordTokenizer(build_byte_tokenizer(), name="小").tokenize("鰯").unknown.any()


def test_trained_tokenizers_differ_in_the_algorithm_alone() -> None:
    text = "従業員の鰯"
    cut = {kind: open_tokenizer(f"{kind}:60", texts=TEXTS) for kind in ("bpe", "wordpiece", "unigram")}
    assert {kind: each.algorithm for kind, each in cut.items()} == {kind: kind for kind in cut}
    assert cut["bpe"].name == "bpe:60"
    tokens = {kind: each.tokenize(text) for kind, each in cut.items()}
    # All respect the borders of scripts; the character nobody has seen makes the whole word unknown to WordPiece.
    assert all({0, 3, 4} <= set(each.starts.tolist()) for each in tokens.values())
    assert read(text, tokens["bpe"]) == ["従業員", "の", "鰯"]
    assert {kind: each.unknown.tolist()[-1] for kind, each in tokens.items()} == dict.fromkeys(cut, True)


@pytest.mark.parametrize(("name", "texts"), [("bpe:0", TEXTS), ("bpe:64001", TEXTS), ("unigram:100", [" \n"])])
def test_what_cannot_be_trained_is_refused(name: str, texts: list[str]) -> None:
    with pytest.raises(ArgumentError, match=name):
        open_tokenizer(name, texts=texts)


@pytest.mark.parametrize("name", ["nobody/none-such", "bpe:many"])
def test_what_cannot_be_loaded_is_named(name: str) -> None:
    with pytest.raises(ModelError, match=f"{name}: トークナイザーを読み込めません"):
        open_tokenizer(name, texts=TEXTS, fetch=False)


def test_a_tokenizer_without_words_is_refused(tmp_path: Path) -> None:
    model = models.WordLevel({"[UNK]": 0}, unk_token="[UNK]")
    PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model), unk_token="[UNK]").save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="knows no words"):
        open_tokenizer(str(tmp_path), texts=(), fetch=False)
