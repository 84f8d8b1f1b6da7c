"""JSON, and lines of JSON, as lines of the form 社員.氏名: 山田."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.documents.canonical import complete_headings
from rag.documents.decoded_text import DecodedText
from rag.documents.encoding import decode
from rag.documents.loader import Content
from rag.documents.phrase import Phrase
from rag.documents.table_rows import Cell
from rag.documents.writer import TextWriter
from rag.errors import DocumentError

JSON = Phrase("JSON", "JSON")
JSON_LINES = Phrase("JSON Lines", "lines of JSON")
TITLE_KEYS = ("title", "題名", "タイトル", "件名", "name", "名称")


@dataclass(frozen=True, slots=True)
class JsonLoader:
    """Reads every value as a line that says where it stands; lists of records are tables."""

    suffixes: tuple[str, ...] = (".json",)
    kind: Phrase = JSON
    is_text: bool = True

    def load(self, data: bytes) -> Content:
        """Read the bytes of a JSON file in any encoding used for Japanese.

        Raises:
            DocumentError: The bytes are binary, in no encoding that can be told, or no JSON.
        """
        decoded = decode(data)
        return build_content(parse_json(decoded.text), decoded, format_name="json")


@dataclass(frozen=True, slots=True)
class JsonLinesLoader:
    """Reads lines of JSON that are no documents of their own as one list."""

    suffixes: tuple[str, ...] = (".jsonl",)
    kind: Phrase = JSON_LINES
    is_text: bool = True

    def load(self, data: bytes) -> Content:
        """Read the bytes of lines of JSON in any encoding used for Japanese.

        Raises:
            DocumentError: The bytes are binary, in no encoding that can be told, or a line is no JSON.
        """
        decoded = decode(data)
        lines = decoded.text.removeprefix("\ufeff").split("\n")
        values = [parse_json(line, first_line=number) for number, line in enumerate(lines, 1) if line.strip()]
        return build_content(values, decoded, format_name="jsonl")


def parse_json(text: str, *, first_line: int = 1) -> object:
    """Parse JSON; numbers stay as they are written, as strings.

    Raises:
        DocumentError: It is none, or nested too deep.
    """
    try:
        value: object = json.loads(text.removeprefix("\ufeff"), parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise DocumentError(
            f"JSON として読めません（{line} 行目 {error.colno} 文字目: {error.msg}）。正しい JSON が必要です。"
            "その行を直すか、.txt として保存してください / "
            f"it is no JSON ({error.msg} in line {line}, column {error.colno}); expected valid JSON; mend that line, "
            "or save it as .txt"
        ) from error
    except RecursionError as error:
        raise DocumentError(_describe_depth()) from error
    return value


def build_content(value: object, decoded: DecodedText, *, format_name: str) -> Content:
    """Write a parsed value as lines."""
    writer = TextWriter()
    try:
        _write(value, "", writer)
    except RecursionError as error:
        raise DocumentError(_describe_depth()) from error
    title = next((str(value[key]) for key in TITLE_KEYS if value.get(key)), "") if isinstance(value, dict) else ""
    anchors = complete_headings(writer.text, writer.anchors)
    metadata = {"format": format_name, "encoding": decoded.encoding}
    return Content(writer.text, title if "\n" not in title else "", anchors, metadata, decoded.losses)


def _describe_depth() -> str:
    return (
        "JSON の入れ子が深すぎます。数百段までが読めます。浅く書き直してください / "
        "its JSON is nested too deep; expected some hundred levels at most; write it flatter"
    )


def _write(value: object, path: str, writer: TextWriter) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _write(inner, f"{path}.{key}" if path else str(key), writer)
    elif not isinstance(value, list):
        text = _name(value)
        gap = "\n" if "\n" in text else " "
        writer.write(f"{path}:{gap}{text}" if path else text)
    elif all(not isinstance(item, (dict, list)) for item in value):
        for text in [_name(item) for item in value] if not path else ["、".join(map(_name, value))]:
            writer.write(f"{path}: {text}" if path else text)
    elif len(value) > 1 and (records := _find_records(value)) is not None:
        _write_records(records, path, writer)
    else:
        for number, item in enumerate(value, 1):
            writer.separate()
            _write(item, f"{path}[{number}]" if path else "", writer)


def _find_records(items: Sequence[object]) -> list[dict[str, object]] | None:
    """The items, where all are records of plain values on one line."""
    records = [item for item in items if isinstance(item, dict)]
    values = [value for record in records for value in record.values()]
    is_plain = all(not isinstance(value, (dict, list)) and "\n" not in _name(value) for value in values)
    return records if len(records) == len(items) and is_plain else None


def _write_records(records: Sequence[Mapping[str, object]], path: str, writer: TextWriter) -> None:
    keys = list(dict.fromkeys(key for record in records for key in record))
    header = [Cell(key) for key in keys]
    rows = [[Cell(_name(record[key]) if key in record else "") for key in keys] for record in records]
    if path:
        writer.separate()
        writer.write(path)
    writer.write_table([header, *rows], headers=1, label=path)


def _name(value: object) -> str:
    """A plain value as JSON has it, a string without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
