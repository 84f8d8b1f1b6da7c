"""Files of questions as they are read: packed or not, line by line, each field checked."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.errors import DatasetError


def take_field(record: object, key: str, kind: type | tuple[type, ...], place: str) -> Any:
    """Return a field of a record.

    Raises:
        DatasetError: The record has no such field of the kind; the message begins with `place`.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get(key), kind):
        names = kind.__name__ if isinstance(kind, type) else " or ".join(each.__name__ for each in kind)
        found = f"{key!r}: {record[key]!r:.60}" if isinstance(record, Mapping) and key in record else f"{record!r:.60}"
        raise DatasetError(f"{place}: expected an object with {key!r} as {names}, found {found}")
    return record[key]


def read_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield place ("file:line") and content of every line of JSON that is not blank.

    Raises:
        DatasetError: The file cannot be read or a line is no JSON.
    """
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            yield place, json.loads(line)
        except ValueError as error:
            raise DatasetError(
                f"{place}: expected one JSON object a line, found {error}; give SQuAD JSON as --squad"
            ) from error


def read_text(path: Path) -> str:
    """Read a file in UTF-8, packed with xz if its name ends so.

    Raises:
        DatasetError: It cannot be read, unpacked or decoded.
    """
    try:
        data = path.read_bytes()
        return (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); give the path of a file") from error
    except lzma.LZMAError as error:
        raise DatasetError(f"{path}: expected a file packed with xz, found something else ({error})") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path}: expected UTF-8, found byte {error.object[error.start]:#x} at {error.start}"
        ) from error
