"""Training rows: the answer stands where the row says, whatever is put around it."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from rag.errors import DatasetError
from rag.models.shipped import READER, locate_model
from rag.training.corpus import TrainingQuestion
from rag.training.schedule import Schedule
from rag.training.span_examples import Example, ExampleSource, Place, ReaderSettings, collate

CONTEXT = "青空商会の本店は札幌市にある。" * 3 + "支店は函館市に置き、社員は三十二名である。" + "食堂は正午に開く。" * 4
OTHER = "白雲商会は小樽市に倉庫を持ち、社員は九十名である。" * 5
QUESTIONS = [
    TrainingQuestion("支店はどこにありますか", CONTEXT, "青空", 0, CONTEXT.index("函館市"), "函館市"),
    TrainingQuestion("支店の社員は何名ですか", CONTEXT, "青空", 0, CONTEXT.index("三十二名"), "三十二名"),
    TrainingQuestion("倉庫はどこですか", OTHER, "白雲", 1, OTHER.index("小樽市"), "小樽市"),
]
SETTINGS = ReaderSettings(Schedule(steps=1), length=48, long_length=80, masked=0.0, negatives=1.0, joint_share=0.5)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    loaded: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(locate_model(READER))
    return loaded


def build_source(tokenizer: PreTrainedTokenizerFast, settings: ReaderSettings = SETTINGS) -> ExampleSource:
    return ExampleSource(QUESTIONS, [[1], [1], [0]], tokenizer, settings)


def take_epoch(source: ExampleSource, place: Place = Place()) -> list[tuple[Place, list[Example]]]:  # noqa: B008
    return list(takewhile(lambda found: found[0].epoch == 0, source.walk(place)))


@pytest.mark.parametrize("index", range(len(QUESTIONS)))
def test_the_answer_stands_where_the_row_says(tokenizer: PreTrainedTokenizerFast, index: int) -> None:
    source = build_source(tokenizer)
    for _ in range(30):
        negative, positive = source.build(index)
        assert (negative.start, negative.end, negative.question) == (0, 0, index)
        answer = tokenizer.decode(positive.ids[positive.start : positive.end + 1]).replace(" ", "")
        assert QUESTIONS[index].answer in answer
        assert len(positive.ids) <= SETTINGS.long_length
        assert len(positive.ids) == len(positive.types) == len(positive.positions)
        assert max(positive.positions) < SETTINGS.positions


def test_what_only_seems_to_be_an_answer_is_none(tokenizer: PreTrainedTokenizerFast) -> None:
    seeming = replace(QUESTIONS[0], answerable=False)
    row = ExampleSource([seeming], [()], tokenizer, SETTINGS).build(0)[-1]
    assert (row.start, row.end) == (0, 0)
    assert "函館市" in tokenizer.decode(row.ids).replace(" ", "")


def test_tokens_of_the_question_are_marked(tokenizer: PreTrainedTokenizerFast) -> None:
    row = build_source(tokenizer).build(0)[-1]
    asked = set(row.ids[1 : row.head - 1])
    inside = zip(row.ids[row.head : -1], row.types[row.head : -1], strict=True)
    assert all((kind == 2) == (token in asked) for token, kind in inside)


def test_hidden_tokens_are_as_many_as_asked(tokenizer: PreTrainedTokenizerFast) -> None:
    rows = build_source(tokenizer, replace(SETTINGS, masked=1.0)).build(0)
    for row in rows:
        assert set(row.ids[row.head : -1]) == {tokenizer.mask_token_id}


def test_rows_of_one_question_stay_in_one_batch(tokenizer: PreTrainedTokenizerFast) -> None:
    batches = [batch for _, batch in take_epoch(build_source(tokenizer, replace(SETTINGS, batch_tokens=200)))]
    homes = [{number for number, batch in enumerate(batches) for row in batch if row.question == q} for q in range(3)]
    assert [len(home) for home in homes] == [1, 1, 1]
    for batch in batches:
        rows = collate(batch)
        assert {tensor.shape for tensor in rows.values()} == {(len(batch), rows["input_ids"].shape[1])}
        assert rows["attention_mask"].sum(1).tolist() == [len(row.ids) for row in batch]


def test_a_walk_goes_on_from_any_place(tokenizer: PreTrainedTokenizerFast) -> None:
    settings = replace(SETTINGS, batch_tokens=200)
    whole = take_epoch(build_source(tokenizer, settings))
    assert len(whole) == 3
    for number, (place, _) in enumerate(whole):
        assert take_epoch(build_source(tokenizer, settings), place) == whole[number + 1 :]


def test_questions_without_answers_are_no_endless_walk(tokenizer: PreTrainedTokenizerFast) -> None:
    nothing = replace(QUESTIONS[0], start=len(CONTEXT), answer="")
    with pytest.raises(DatasetError, match="none of 1 questions"):
        next(ExampleSource([nothing], [[]], tokenizer, SETTINGS).walk(Place()))
