"""The library from adding to explaining, with the shipped models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag import Library, Turn
from rag.config.settings import Settings, read_manifest
from rag.documents.document import Document, build_document_id
from rag.errors import ArgumentError, LibraryError
from rag.reading.answer import Span
from tests.text.regulation import RULES as EQUIPMENT
from tests.text.regulation import TRAVEL

RULES = """青空商会 育児支援規程

第1条（目的）
この規程は、社員が仕事と育児を両立できるようにすることを目的とする。

第2条（看護休暇）
小学校に入る前の子を育てる社員は、子の看護のため、年に七日の看護休暇をとることができる。
看護休暇は半日の単位でもとることができる。

第3条（申請）
看護休暇の申請先は総務部厚生係とする。
"""
MENU = """社員食堂だより

今月の日替わり定食は六百八十円です。
食堂の営業時間は午前十一時から午後二時までです。
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "文書"
    folder.mkdir()
    (folder / "育児.txt").write_text(RULES, encoding="cp932")
    (folder / "食堂.txt").write_text(MENU, encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, files: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", settings=Settings()) as opened:
        opened.add([files])
        yield opened


def test_adding_again_changes_nothing(library: Library, files: Path) -> None:
    ids = [entry.id for entry in library.documents()]
    report = library.add([files])
    assert (report.added, report.updated) == ((), ())
    assert sorted(report.unchanged) == sorted(ids)


def test_one_path_may_come_without_a_list(tmp_path: Path, files: Path) -> None:
    with Library.open(tmp_path / "one", settings=Settings()) as opened:
        opened.add(str(files / "食堂.txt"))
        assert [entry.title for entry in opened.documents()] == ["社員食堂だより"]


def test_a_changed_file_replaces_its_old_version(library: Library, files: Path) -> None:
    (files / "食堂.txt").write_text(MENU.replace("六百八十円", "七百円"), encoding="utf-8")
    report = library.add([files])
    assert (len(report.updated), len(report.unchanged), report.documents) == (1, 1, 2)
    texts = [library.document(entry.id).text for entry in library.documents()]
    assert sum("七百円" in text for text in texts) == 1
    assert not any("六百八十円" in text for text in texts)


def test_every_hit_is_a_slice_of_its_document(library: Library) -> None:
    hits = library.search("看護休暇は何日とれますか")
    assert "年に七日の看護休暇" in hits[0].text
    for hit in hits:
        assert hit.text == library.document(hit.document_id).text[hit.start : hit.end]


def test_no_two_hits_show_the_same_text_and_all_that_were_asked_for_come(tmp_path: Path) -> None:
    text = "".join(f"第{number}号の設備は毎月{number}日に点検する。" for number in range(1, 29))
    document = Document(build_document_id("点検", text), "点検", text, "点検")
    settings = Settings(size=60, stride=15, reranked=3)
    with Library.open(tmp_path / "overlapping", settings=settings) as library:
        library.add_documents([document])
        for k in (1, 4, 12):
            hits = library.search("設備の点検はいつですか", k=k)
            shown = [place for hit in hits for place in range(hit.start, hit.end)]
            assert len(hits) == k
            assert len(shown) == len(set(shown))
        everything = library.search("設備の点検はいつですか", k=200)
    assert sum(hit.end - hit.start for hit in everything) == len(text)


def test_search_can_be_held_to_one_document(library: Library) -> None:
    menu = next(entry for entry in library.documents() if entry.title.startswith("社員食堂"))
    assert {hit.document_id for hit in library.search("看護休暇", documents=[menu.id])} <= {menu.id}


def test_answers_come_only_from_documents_that_pass_the_filter(library: Library) -> None:
    question = "看護休暇は年に何日とれますか"
    answer = library.ask(question, where="title!=社員食堂*")
    assert answer.text == "七日"
    kept = library.ask(question, where="title=社員食堂*")
    assert {library.document(hit.document_id).title for hit in kept.hits} <= {"社員食堂だより"}
    assert kept.text != "七日"


def test_answer_cites_the_place_it_stands_in(library: Library) -> None:
    answer = library.ask("看護休暇は年に何日とれますか")
    assert answer.text == "七日"
    assert answer.citation is not None
    text = library.document(answer.citation.document_id).text
    assert text[answer.citation.start : answer.citation.end] == answer.citation.text == "七日"
    assert answer.citation.heading[-1] == "第2条（看護休暇）"
    assert answer.spans[0].start == answer.citation.start == RULES.index("七日")


def test_explanation_shares_add_up_and_stand_in_the_text(library: Library) -> None:
    answer = library.explain(library.ask("看護休暇の申請先はどこですか"))
    assert answer.explanation is not None
    assert answer.seconds.explain > 0
    for spans in (answer.explanation.sentences, answer.explanation.passages, answer.explanation.words):
        assert sum(span.score for span in spans) == pytest.approx(1, abs=1e-3)
        for span in spans:
            assert span.text == library.document(span.document_id).text[span.start : span.end]


def test_history_reaches_the_search(library: Library) -> None:
    history = [Turn("看護休暇は何日とれますか", "七日")]
    assert "看護休暇" in library.ask("それはどこに申請しますか", history=history).search_question


def test_removed_document_is_found_no_more(library: Library) -> None:
    menu = next(entry for entry in library.documents() if entry.title.startswith("社員食堂"))
    library.remove(menu.id)
    assert menu.id not in {hit.document_id for hit in library.search("日替わり定食はいくらですか")}
    assert library.verify() == []


def test_reopened_library_is_the_same_and_clean(library: Library) -> None:
    before = library.search("食堂は何時から開いていますか")
    library.close()
    with Library.open(library.folder, settings=library.settings, create=False) as again:
        assert again.search("食堂は何時から開いていますか") == before
        assert again.verify() == []


def test_another_embedder_is_refused_with_both_names(library: Library, tmp_path: Path) -> None:
    import shutil

    from rag.models.shipped import locate_model

    library.close()
    copy = tmp_path / "other-embedder"
    shutil.copytree(locate_model(Settings().embedder), copy)
    config = copy / "config_sentence_transformers.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"query": ""', '"query": "問: "'), encoding="utf-8")
    settings = replace(library.settings, embedder=str(copy))
    with (
        pytest.raises(LibraryError, match=r"manazashi/embedder") as caught,
        Library.open(library.folder, settings=settings) as opened,
    ):
        opened.search("休暇")
    assert "other-embedder" in str(caught.value)


@pytest.mark.parametrize("question", ["", " \n"], ids=["empty", "blank"])
def test_empty_question_is_refused(library: Library, question: str) -> None:
    with pytest.raises(ArgumentError, match="question is empty"):
        library.ask(question)


def test_unknown_document_names_the_command_that_lists_them(library: Library) -> None:
    for call in (library.remove, library.document):
        with pytest.raises(LibraryError, match=r"'nope': no such document .* rag documents"):
            call("nope")


def test_a_missing_library_is_not_made_for_reading(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library there; make one with: rag ingest"):
        Library.open(tmp_path / "none", settings=Settings(), create=False)
    assert not (tmp_path / "none").exists()


def test_a_folder_without_a_library_is_none(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library there"):
        Library.open(tmp_path, settings=Settings(), create=False)
    assert list(tmp_path.iterdir()) == []


def test_listing_removing_and_checking_take_no_model(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = library.documents()
    library.close()
    settings = replace(library.settings, embedder="there-is-no-such-model")
    with Library.open(library.folder, settings=settings, create=False) as opened:
        assert opened.documents() == entries
        assert opened.statistics().documents == 2
        assert opened.document(entries[0].id).title == entries[0].title
        opened.remove(entries[0].id)
        assert opened.verify() == []
        assert opened.documents() == entries[1:]


def test_only_adding_changes_what_the_library_is_said_to_be_cut_by(library: Library, files: Path) -> None:
    library.close()
    settings = replace(library.settings, size=40, stride=20)
    with Library.open(library.folder, settings=settings) as opened:
        assert opened.search("看護休暇")
        assert read_manifest(library.folder)["size"] == 400
        (files / "諺.txt").write_text("急がば回れ。", encoding="utf-8")
        report = opened.add([files / "諺.txt"])
        assert (len(report.added), len(report.updated)) == (1, 2)
        assert all(hit.end - hit.start <= 40 for hit in opened.search("看護休暇は何日", k=50))
    assert read_manifest(library.folder)["size"] == 40


def test_empty_library_answers_that_there_is_no_answer(tmp_path: Path) -> None:
    with Library.open(tmp_path / "empty", settings=Settings()) as opened:
        answer = opened.ask("休暇は何日ですか")
    assert (answer.text, answer.no_answer, answer.spans) == (None, True, ())


@pytest.fixture
def regulations(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "規程集"
    folder.mkdir()
    (folder / "備品.txt").write_text(EQUIPMENT, encoding="utf-8")
    (folder / "旅費.txt").write_text(TRAVEL, encoding="utf-8")
    with Library.open(tmp_path / "regulations", settings=Settings(size=40, stride=20)) as opened:
        opened.add([folder])
        yield opened


def find_equipment(library: Library) -> str:
    return next(entry.id for entry in library.documents() if "備品" in entry.title)


def test_the_article_around_a_place(regulations: Library) -> None:
    name = find_equipment(regulations)
    article = regulations.article(name, EQUIPMENT.index("机\nロ"))
    assert article is not None
    assert (article.label, article.document_id) == ("第二条（定義）", name)
    assert article.text == EQUIPMENT[article.start : article.end]
    assert article.text.startswith("（定義）\n第二条")
    assert article.text.endswith("支店にも適用する。")
    assert regulations.article(name, 0) is None
    with pytest.raises(LibraryError, match="no such document"):
        regulations.article("無い", 0)


def test_references_reach_into_the_document_whose_title_is_named(regulations: Library) -> None:
    start = EQUIPMENT.index("２　旅費規程")
    found = regulations.references(find_equipment(regulations), start, EQUIPMENT.index("３　第1章"))
    assert [(each.text, [target.label for target in each.targets]) for each in found] == [
        ("第2条", ["青空商会 旅費規程（令和7年版） 第2条"]),
        ("第3条", ["青空商会 旅費規程（令和7年版） 第3条"]),
        ("第七百九条", []),
        ("第七百十条", []),
    ]
    [target] = found[0].targets
    assert target.text == TRAVEL[target.start : target.end] == "第2条　日当は二千円とする。"
    assert found[0].text == EQUIPMENT[found[0].start : found[0].end]


def test_a_citation_holds_the_references_of_its_sentence(regulations: Library) -> None:
    name = find_equipment(regulations)
    start = EQUIPMENT.index("第二条の二の管理者")
    citation = regulations.cite(Span(name, start, start + 5, EQUIPMENT[start : start + 5], 1.0, 1.0))
    assert [(each.text, each.targets[0].label) for each in citation.references] == [
        ("様式第1号", "様式第1号（第3条関係）"),
        ("第二条の二", "第２条の２（管理者）"),
    ]


def test_hits_are_widened_to_whole_articles_up_to_the_longest_passage(regulations: Library) -> None:
    question = "借りている機器は備品ですか"
    windows = regulations.search(question, k=3)
    widened = regulations.search(question, k=3, widen="article")
    assert windows[0].text != widened[0].text
    assert widened[0].text.startswith("（定義）\n第二条　")
    assert len({(hit.document_id, hit.start, hit.end) for hit in widened}) == len(widened)
    answer = regulations.ask(question, k=3, widen="article")
    assert answer.hits == tuple(windows)
    assert answer.passages[0].text.startswith("（定義）\n第二条　")
    assert all(len(passage.text) <= regulations.settings.passage_characters for passage in answer.passages)
    assert regulations.search(question, k=1, widen="section")[0].text.startswith("第二条　")


def test_hits_in_a_document_without_headings_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "手紙.txt").write_text("庭の梅が咲きました。お元気ですか。", encoding="utf-8")
    with Library.open(tmp_path / "letters", settings=Settings(mode="lexical")) as opened:
        opened.add([tmp_path / "手紙.txt"])
        assert opened.search("梅は咲きましたか", widen="section") == opened.search("梅は咲きましたか")
