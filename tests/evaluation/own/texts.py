"""Two short documents written for the tests, and a reader that says what it was told wherever it stands."""

from __future__ import annotations

from collections.abc import Sequence

from rag.documents.document import Document, build_document_id
from rag.reading.answer import Reading
from rag.retrieval.hit import Passage
from tests.evaluation.fake_reader import FakeReader

HARBOUR = """港の手引き

第一条　港の北倉庫は、青空商会が1982年に木材を納めるために建てた。
第二条　荷役班の班長は、毎月最初の月曜日に起重機の綱を点検する。
・北倉庫の鍵は守衛室にある。
これは港湾局にも知らせる。
第三条　嵐の警報が出た場合には、港湾管理者は防波堤の水門を三十分以内に閉める。
"""
MUSEUM = """博物館の案内

白樺博物館の化石展示室は、学芸員の夏川が週に二回、標本の湿度を測る。
入館料の割引券は、函館駅の観光案内所が年に1200枚まで配る。
白樺博物館の化石展示室では、午後の見学の前に照明の点検を行う。
"""


def build_text(name: str, text: str) -> Document:
    return Document(build_document_id(name, text), name, text, name)


HARBOUR_DOCUMENT, MUSEUM_DOCUMENT = build_text("港", HARBOUR), build_text("博物館", MUSEUM)


class OneMindedReader(FakeReader):
    """Says the first of its words that stands in the best passage, whatever is asked."""

    def __init__(self, *words: str) -> None:
        super().__init__({})
        self.words = words

    def read(self, question: str, passages: Sequence[Passage], *, n: int = 5) -> Reading:
        self.answers = {question: next((word for word in self.words if word in passages[0].text), "")}
        return super().read(question, passages, n=n)
