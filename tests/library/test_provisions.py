"""References to other documents of a library."""

from __future__ import annotations

from rag.documents.document import Document, build_document_id
from rag.index.stored_document import DocumentEntry
from rag.library.provisions import ProvisionFinder

LEAVE = "第1条　休暇は十日とする。\n第2条　賃金規程第1条及び旅費規程第2条による。\n第3条　服務規程第1条による。\n"
PAY = "第1条　賃金は月末に払う。\n"
TRAVEL = "第1条　旅費を払う。\n第2条　日当は千円とする。\n"


def make(title: str, text: str) -> Document:
    return Document(build_document_id(title, text), title, text, title)


def test_the_documents_are_listed_once_for_all_references() -> None:
    documents = {each.id: each for each in (make("就業規則", LEAVE), make("賃金規程", PAY), make("旅費規程", TRAVEL))}
    listed: list[int] = []

    def list_documents() -> list[DocumentEntry]:
        listed.append(len(documents))
        return [DocumentEntry(each.id, each.title, each.source, 0, 0, "") for each in documents.values()]

    finder = ProvisionFinder(load_document=documents.__getitem__, list_documents=list_documents)
    rules = next(iter(documents.values()))
    found = finder.find_references(rules, 0, len(rules.text))
    assert [(each.text, [target.label for target in each.targets]) for each in found] == [
        ("第1条", ["賃金規程 第1条"]),
        ("第2条", ["旅費規程 第2条"]),
        ("第1条", []),
    ]
    assert listed == [3]
    listed.clear()
    assert finder.find_references(rules, 0, 10) == []
    assert listed == []
