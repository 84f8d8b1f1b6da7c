"""Filters: which documents a search is held to, said in a few words such as `部署=総務 modified>=2024-04-01`."""

from __future__ import annotations

import calendar
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rag.errors import ArgumentError
from rag.index.tags import BUILT_IN

OPERATORS = ("=", "!=", ">=", "<=", ">", "<")
TIMES = ("added", "modified")
_MARKS = "=!<>＝！＜＞≧≦≠"
_CONDITION = re.compile(rf'\s*([^\s{_MARKS}"]+)\s*([{_MARKS}]+)\s*(?:"([^"]*)"|([^\s"{_MARKS}]\S*))(?=\s|$)')
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_SIGNS = str.maketrans({"≧": ">=", "≦": "<=", "≠": "!="})
_EXAMPLE = "部署=総務 format=pdf path=規程/* modified>=2024-04-01"
_EXPECTED = f"expected KEY, one of {' '.join(OPERATORS)}, and a value, as in: {_EXAMPLE}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a document; `value` may hold the wild cards * and ? where `operator` is = or !=."""

    key: str
    operator: str
    value: str


def parse_filter(expressions: str | Iterable[str]) -> list[Condition]:
    """Read filters; a document must satisfy every condition of all of them.

    Keys are `path`, `title`, `format`, `added`, `modified` and the names of tags. A value with spaces stands in double
    quotes. Width of letters and marks makes no difference, nor does the case of letters.

    Raises:
        ArgumentError: An expression is no filter.
    """
    conditions = []
    for expression in [expressions] if isinstance(expressions, str) else expressions:
        place = 0
        while expression[place:].strip():
            match = _CONDITION.match(expression, place)
            if match is None:
                raise ArgumentError(f"filter {expression[place:].strip()!r} is not understood; {_EXPECTED}")
            place = match.end()
            key, marks, quoted, word = match.groups()
            operator = unicodedata.normalize("NFKC", marks.translate(_SIGNS))
            conditions.append(_check(Condition(_fold(key), operator, word if quoted is None else quoted)))
    return conditions


def select_documents(connection: sqlite3.Connection, conditions: Sequence[Condition]) -> list[str]:
    """Return the ids of the documents that satisfy all conditions, in the order they were added.

    Raises:
        ArgumentError: A condition asks for a tag that no document has.
    """
    connection.create_function("folded", 1, _fold, deterministic=True)
    connection.create_function("as_number", 1, _read_number, deterministic=True)
    _check_tags(connection, conditions)
    clauses, values = ["1"], []
    for condition in conditions:
        clause, given = _build_clause(condition)
        clauses.append(clause)
        values += given
    rows = connection.execute(f"SELECT id FROM documents WHERE {' AND '.join(clauses)} ORDER BY rowid", values)
    return [document_id for (document_id,) in rows]


def _check(condition: Condition) -> Condition:
    said = f"{condition.key}{condition.operator}{condition.value}"
    if condition.operator not in OPERATORS:
        raise ArgumentError(f"filter {said!r}: unknown operator {condition.operator!r}; {_EXPECTED}")
    if not condition.value.strip():
        raise ArgumentError(
            f"filter {said!r} has no value; {_EXPECTED}. Documents without a tag are found by {condition.key}!=*"
        )
    if condition.key in TIMES:
        _read_span(condition)
    elif condition.key in BUILT_IN and condition.operator not in ("=", "!="):
        raise ArgumentError(f"filter {said!r}: {condition.key} has no order; expected = or != there")
    return condition


def _check_tags(connection: sqlite3.Connection, conditions: Sequence[Condition]) -> None:
    known = [name for (name,) in connection.execute("SELECT DISTINCT name FROM tags ORDER BY name")]
    names = {*map(_fold, known), *BUILT_IN}
    for condition in conditions:
        if condition.operator != "!=" and condition.key not in names:
            raise ArgumentError(
                f"no document has the tag {condition.key!r}; expected one of {', '.join([*BUILT_IN, *known])}: give "
                f"documents the tag with rag tag ID {condition.key}=VALUE, or filter by another"
            )


def _build_clause(condition: Condition) -> tuple[str, list[str | float]]:
    if condition.key in TIMES:
        return _build_time_clause(condition)
    negation = "NOT " if condition.operator == "!=" else ""
    pattern = _build_pattern(condition.value)
    if condition.key == "path":
        pattern = _build_pattern(condition.value.replace("\\", "/"))
        clause = "replace(folded(source), '\\', '/')"
        return (
            f"{negation}({clause} LIKE ? ESCAPE '\\' OR {clause} LIKE '%/' || ? ESCAPE '\\')",
            [pattern, pattern],
        )
    if condition.key == "title":
        return f"{negation}folded(title) LIKE ? ESCAPE '\\'", [pattern]
    if condition.key == "format":
        return f"{negation}coalesce(json_extract(metadata, '$.format'), '') LIKE ? ESCAPE '\\'", [pattern]
    tagged = "EXISTS (SELECT 1 FROM tags WHERE document_id = documents.id AND folded(name) = ? AND"
    if condition.operator in ("=", "!="):
        return f"{negation}{tagged} folded(value) LIKE ? ESCAPE '\\')", [condition.key, pattern]
    number = _read_number(condition.value)
    if number is not None:
        return f"{tagged} as_number(value) {condition.operator} ?)", [condition.key, number]
    return f"{tagged} folded(value) {condition.operator} ?)", [condition.key, _fold(condition.value)]


def _build_time_clause(condition: Condition) -> tuple[str, list[str | float]]:
    """Compare with a day, month or year as a whole: after it, before it, or within."""
    begin, end = _read_span(condition)
    moment = "CAST(strftime('%s', added) AS INTEGER)"
    if condition.key == "modified":
        moment = "(SELECT modified / 1e9 FROM files WHERE document_id = documents.id)"
    if condition.operator in ("=", "!="):
        negation = "NOT " if condition.operator == "!=" else ""
        return f"{negation}coalesce({moment} >= ? AND {moment} < ?, 0)", [begin, end]
    operator, bound = {">=": (">=", begin), ">": (">=", end), "<": ("<", begin), "<=": ("<", end)}[condition.operator]
    return f"{moment} {operator} ?", [bound]


def _read_span(condition: Condition) -> tuple[float, float]:
    """Return the seconds since 1970 at which a day, month or year begins and ends, in local time."""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", condition.value))
    try:
        if match is None:
            raise ValueError("no date")
        year, month, day = (None if part is None else int(part) for part in match.groups())
        begin = datetime(year or 0, month or 1, day or 1)
        if day is not None:
            length = 1
        elif month is not None:
            length = calendar.monthrange(begin.year, begin.month)[1]
        else:
            length = 366 if calendar.isleap(begin.year) else 365
        return begin.timestamp(), (begin + timedelta(days=length)).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise ArgumentError(
            f"filter {condition.key}{condition.operator}{condition.value}: expected a day, month or year as in "
            f"{condition.key}{condition.operator}{datetime.now(UTC):%Y-%m-%d}"
        ) from error


def _build_pattern(value: str) -> str:
    """Turn wild cards into those of LIKE."""
    escaped = re.sub(r"[\\%_]", r"\\\g<0>", _fold(value))
    return escaped.replace("*", "%").replace("?", "_")


def _fold(text: str) -> str:
    """Give text one form: macOS writes file names decomposed, people type wide letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def _read_number(text: str) -> float | None:
    try:
        return float(unicodedata.normalize("NFKC", text).replace(",", ""))
    except ValueError:
        return None
