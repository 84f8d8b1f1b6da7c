"""The sample documents are whole, long, and consistent in themselves."""

from __future__ import annotations

import itertools
import re
import tomllib
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rag.samples import load_sample_paths

RULES, HANDBOOK, MANUAL = (path.read_text("utf-8") for path in load_sample_paths())
VOID_TAGS = {"meta", "br", "hr", "img", "link"}


def split_articles(rules: str) -> dict[int, str]:
    """Map each article's number to its text, heading included."""
    body = rules[: rules.index("\n附則\n")]
    parts = re.split(r"^第(\d+)条（", body, flags=re.M)
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


ARTICLES = split_articles(RULES)


def find_paragraphs(article: str) -> list[int]:
    """Return the numbers of an article's paragraphs; the first is not written."""
    return [1, *(int(number) for number in re.findall(r"^(\d+)\u3000", article, flags=re.M))]


def test_paths_are_in_reading_order() -> None:
    names = [path.name for path in load_sample_paths()]
    assert names == ["work_rules.txt", "it_operations.md", "maintenance_manual.html"]


def test_samples_are_installed_with_the_package() -> None:
    settings = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text("utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["rag"]
    assert {f"**/*{path.suffix}" for path in load_sample_paths()} | {"**/*.jsonl"} <= set(patterns)


@pytest.mark.parametrize("path", load_sample_paths(), ids=lambda path: path.name)
def test_file_is_plain_utf8_with_one_kind_of_line_end(path: Path) -> None:
    data = path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert b"\0" not in data
    assert data.endswith(b"\n")


@pytest.mark.parametrize("path", load_sample_paths(), ids=lambda path: path.name)
def test_no_long_line_stands_twice(path: Path) -> None:
    lines = [line.strip() for line in path.read_text("utf-8").splitlines() if len(line.strip()) >= 30]
    assert sorted({line for line in lines if lines.count(line) > 1}) == []


def test_articles_are_numbered_without_a_gap() -> None:
    assert list(ARTICLES) == list(range(1, 103))


def test_chapters_are_numbered_without_a_gap() -> None:
    assert [int(number) for number in re.findall(r"^第(\d+)章", RULES, flags=re.M)] == list(range(1, 15))


def test_paragraphs_are_numbered_without_a_gap() -> None:
    for number, article in ARTICLES.items():
        paragraphs = find_paragraphs(article)
        assert paragraphs == list(range(1, len(paragraphs) + 1)), f"article {number}"


@pytest.mark.parametrize("text", [RULES, HANDBOOK], ids=["rules", "handbook"])
def test_article_references_point_to_an_article(text: str) -> None:
    assert {int(number) for number in re.findall(r"第(\d+)条", text)} <= set(ARTICLES)


def test_paragraph_references_point_to_a_paragraph() -> None:
    references = [(int(article), int(paragraph)) for article, paragraph in re.findall(r"第(\d+)条第(\d+)項", RULES)]
    assert (35, 4) in references
    for article, paragraph in references:
        assert paragraph in find_paragraphs(ARTICLES[article]), f"article {article}, paragraph {paragraph}"


def test_chapter_references_point_to_a_chapter() -> None:
    assert {int(number) for number in re.findall(r"第(\d+)章(?!\u3000)", RULES)} == {6, 9, 13}


def test_no_first_paragraph_speaks_of_the_one_before() -> None:
    firsts = {number: re.split(r"^\d+\u3000", article, flags=re.M)[0] for number, article in ARTICLES.items()}
    assert [number for number, first in firsts.items() if "前項" in first or "第一項" in first] == []


def test_each_schedule_names_an_article_that_names_it() -> None:
    schedules = dict(re.findall(r"^別表第(\d+)（第(\d+)条関係）", RULES, flags=re.M))
    assert list(schedules) == ["1", "2", "3", "4", "5", "6"]
    for schedule, article in schedules.items():
        assert f"別表第{schedule}" in ARTICLES[int(article)]
    assert set(re.findall(r"別表第(\d+)", RULES)) == set(schedules)


def test_handbook_references_point_to_a_section() -> None:
    sections = set(re.findall(r"^#+ (\d+\.\d+) ", HANDBOOK, flags=re.M))
    chapters = set(re.findall(r"^## (\d+) ", HANDBOOK, flags=re.M))
    references = set(re.findall(r"(\d+\.\d+)節", HANDBOOK))
    assert {"2.2", "17.2"} <= references <= sections
    assert set(re.findall(r"(\d+)章", HANDBOOK)) == {"9", "11"} <= chapters


def test_handbook_headings_step_down_one_level_at_a_time() -> None:
    levels = [len(marks) for marks in re.findall(r"^(#+) ", HANDBOOK, flags=re.M)]
    assert set(levels) == {1, 2, 3, 4}
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_handbook_forms_are_all_in_its_appendix() -> None:
    listed = re.findall(r"^\| ([A-Z]-\d) \|", HANDBOOK, flags=re.M)
    assert listed == ["A-1", "B-2", "B-5", "B-7", "C-1", "D-1", "D-3", "E-1", "F-1", "Z-1"]
    assert set(re.findall(r"様式([A-Z]-\d)", HANDBOOK)) == set(listed)


def test_manual_references_point_to_a_heading_or_table() -> None:
    chapters = set(re.findall(r"<h2>(\d+)\. ", MANUAL))
    sections = set(re.findall(r"<h3>(\d+\.\d+) ", MANUAL))
    tables = set(re.findall(r"<caption>表(\d+-\d+)", MANUAL))
    assert {"16", "17"} == set(re.findall(r"(\d+)章", MANUAL)) <= chapters
    assert {"14.2", "16.1"} <= set(re.findall(r"(\d+\.\d+)節", MANUAL)) <= sections
    assert set(re.findall(r"表(\d+-\d+)", MANUAL)) == tables


class _TagBalance(HTMLParser):
    """Raises as soon as a tag closes that is not the one open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in VOID_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


def test_manual_closes_every_tag() -> None:
    balance = _TagBalance()
    balance.feed(MANUAL)
    balance.close()
    assert balance.open == []
    assert {"ruby", "rt", "table", "caption", "ol", "ul", "dl", "h1", "h2", "h3"} <= balance.seen


@pytest.mark.parametrize("text", [RULES, HANDBOOK, MANUAL], ids=["rules", "handbook", "manual"])
def test_numbers_are_written_in_more_than_one_way(text: str) -> None:
    assert re.search(r"[0-9]+(?:日|年|円|,[0-9]{3})", text)
    assert re.search(r"[０-９]", text)
    assert re.search(r"[一二三四五六七八九十百]+(?:日|年|回|か月|箇月|万円)", text)


def test_text_holds_no_character_that_cannot_be_shown() -> None:
    categories = {unicodedata.category(character) for character in set(RULES + HANDBOOK + MANUAL) - {"\n"}}
    assert categories.isdisjoint({"Cc", "Cs", "Co", "Cn"})
