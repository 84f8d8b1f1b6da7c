"""Training data of a few kilobytes, written for these tests, and an English body of a few thousand weights."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertForQuestionAnswering, BertTokenizer

from rag.training.corpus import PROSE_SHARES
from rag.training.start import SHARED

NAMES = ["青空", "白雲", "朝日", "夕凪", "若葉", "紅葉", "大波", "小川", "北風", "南山"]
KINDS = ["商会", "書店", "工場"]
TOWNS = ["札幌", "函館", "小樽", "仙台", "金沢", "長野", "奈良", "松江", "高松", "熊本"]
WARES = ["茶碗", "時計", "帽子", "絵本", "楽器", "靴下", "机", "傘"]
PAIRS = [
    ("猫が庭で鳴く", "the cat cries in the garden"),
    ("犬が庭で鳴く", "the dog cries in the garden"),
    ("猫は魚を食べる", "the cat eats the fish"),
    ("犬は肉を食べる", "the dog eats the meat"),
    ("商会は茶碗を売る", "the company sells bowls"),
    ("工場は時計を作る", "the factory makes clocks"),
    ("書店は絵本を売る", "the bookshop sells picture books"),
    ("社員は札幌に住む", "the employees live in sapporo"),
]


def describe(number: int) -> dict[str, str]:
    """One company; every number gives another one."""
    name = NAMES[number % 10] + KINDS[number // 10 % 3]
    town, ware = TOWNS[(number * 3 + 1) % 10], WARES[number % 8]
    text = (
        f"{name}は{1950 + number}年に{town}市で生まれた会社である。{name}の主な品は{ware}で、社員は{20 + number}名。"
        f"毎朝八時に店を開け、夕方六時に閉める。{town}市の祭りの日には、{ware}を安く売ることで知られている。"
        "建物は古い蔵を直したもので、二階には小さな食堂があり、だれでも入ることができる。"
    )
    return {"name": name, "town": f"{town}市", "ware": ware, "text": text}


def write_data(folder: Path) -> Path:
    """Write every file that training and measuring read."""
    for source in PROSE_SHARES:
        articles = [
            {"title": describe(number)["name"], "text": "\n".join(describe(number + step)["text"] for step in range(8))}
            for number in range(30)
        ]
        _write(folder / "pretrain" / f"{source}.jsonl.xz", _lines(articles))
    _write(folder / "pairs" / "ja_en.jsonl.xz", _lines([ja, en, "test"] for ja, en in PAIRS * 4))
    _write(folder / "jaquad" / "train.json.xz", _squad(range(28)))
    _write(folder / "jaquad" / "dev.json.xz", _squad(range(28, 30)))
    _write(folder / "jsquad" / "valid.json.xz", _squad(range(26, 28)))
    document = describe(29)
    _write(folder / "longdoc" / "docs.jsonl.xz", _lines([{"id": "d", "title": "社史", "text": document["text"]}]))
    questions = [
        {"id": "a", "doc_id": "d", "question": "主な品は何ですか", "answers": [_answer(document, "ware")]},
        {"id": "b", "doc_id": "d", "question": "社長はだれですか", "answers": []},
    ]
    (folder / "longdoc" / "questions.jsonl").write_text(_lines(questions), encoding="utf-8")
    return folder


def write_body(folder: Path) -> Path:
    """Write a BERT that knows the English words of the pairs."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = dict.fromkeys([*special, *SHARED, *(word for _, english in PAIRS for word in english.split())])
    BertTokenizer(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    return folder


def _squad(numbers: Iterable[int]) -> str:
    articles = []
    for number in numbers:
        each = describe(number)
        asked = {"town": f"{each['name']}はどこで生まれましたか", "ware": f"{each['name']}の主な品は何ですか"}
        qas = [
            {"id": f"{number}-{key}", "question": text, "answers": [_answer(each, key)]} for key, text in asked.items()
        ]
        articles.append({"title": each["name"], "paragraphs": [{"context": each["text"], "qas": qas}]})
    return json.dumps({"data": articles}, ensure_ascii=False)


def _answer(each: dict[str, str], key: str) -> dict[str, Any]:
    return {"text": each[key], "answer_start": each["text"].index(each[key])}


def _lines(records: Iterable[Any]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8", preset=0) as stream:
        stream.write(text)
