"""The follow-up questions on the sample documents: spans, conversations, counts."""

from __future__ import annotations

from collections import Counter

import pytest

from rag.documents.loading import load_document
from rag.samples import SampleAnswer, SampleFollowup, load_sample_followups, load_sample_paths

TEXTS = {path.name: load_document(path).text for path in load_sample_paths()}
FOLLOWUPS = load_sample_followups()


def get_id(followup: SampleFollowup) -> str:
    return followup.id


@pytest.mark.parametrize("followup", FOLLOWUPS, ids=get_id)
def test_every_span_is_the_slice_of_its_document(followup: SampleFollowup) -> None:
    assert 1 <= len(followup.answers) <= 3
    for answer in followup.answers:
        assert TEXTS[followup.document][answer.start : answer.end] == answer.text
        assert answer.text == answer.text.strip()


@pytest.mark.parametrize("followup", FOLLOWUPS, ids=get_id)
def test_no_answer_is_given_away(followup: SampleFollowup) -> None:
    said = [followup.question, followup.standalone, *(part for turn in followup.history for part in turn)]
    assert [answer.text for answer in followup.answers if any(answer.text == part for part in said)] == []
    assert followup.history
    assert all(asked and answered for asked, answered in followup.history)


def test_a_followup_reads_back_as_written() -> None:
    followup = next(followup for followup in FOLLOWUPS if followup.id == "rules-f01")
    start = TEXTS["work_rules.txt"].index("六週間とし、延長しない")
    assert followup == SampleFollowup(
        id="rules-f01",
        document="work_rules.txt",
        history=(("正社員の試用期間は何か月ですか。", "三箇月"),),
        question="契約社員は？",
        standalone="契約社員の試用期間はどのくらいですか。",
        answers=(SampleAnswer("六週間", start),),
    )


def test_counts_per_document() -> None:
    assert Counter(followup.document for followup in FOLLOWUPS) == dict.fromkeys(TEXTS, 14)


def test_some_conversations_are_longer_and_some_change_the_subject() -> None:
    assert sorted(followup.id for followup in FOLLOWUPS if len(followup.history) > 1) == ["ops-f14", "rules-f07"]
    changed = [followup.id for followup in FOLLOWUPS if followup.question.endswith(followup.standalone)]
    assert changed == ["rules-f11", "ops-f12", "manual-f13"]


def test_ids_and_standalone_questions_are_unique() -> None:
    assert [item for item, count in Counter(map(get_id, FOLLOWUPS)).items() if count > 1] == []
    assert [item for item, count in Counter(each.standalone for each in FOLLOWUPS).items() if count > 1] == []
