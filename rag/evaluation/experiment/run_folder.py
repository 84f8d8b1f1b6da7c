"""The folder of one run: what was measured, row by row, so that it can be taken up where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rag.errors import DatasetError
from rag.evaluation.experiment.claim import claim_folder
from rag.evaluation.rows import Row
from rag.index.manifest import replace_file

RUN_FILE, ROWS_FILE, PAGE_FILE = "run.json", "rows.jsonl", "index.html"


def hash_settings(settings: Mapping[str, object]) -> str:
    """Return the fingerprint of settings: equal ones give equal rows.

    Raises:
        DatasetError: They are no JSON.
    """
    try:
        text = json.dumps(settings, ensure_ascii=False, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"settings of a run: expected what JSON can hold, found {error}") from error
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class RunFolder:
    """Rows on disk, each written as soon as it is known."""

    def __init__(self, path: Path, rows: list[Row], fingerprint: str) -> None:
        """Use `RunFolder.open` instead."""
        self.path = path
        self.rows = rows
        self.fingerprint = fingerprint
        self.keys = {str(row["key"]) for row in rows}

    @classmethod
    @contextmanager
    def open(cls, path: Path, *, settings: Mapping[str, object]) -> Iterator[RunFolder]:
        """Open the folder of a run, making it when it does not exist; rows that stand there are kept.

        Until it is closed nobody else can open it: two at once would measure and write every row twice.

        Args:
            path: The folder.
            settings: All that the rows depend on: texts, models, windows, seeds.

        Raises:
            DatasetError: The folder cannot be written, is damaged, holds a run of other settings, or is open already.
        """
        fingerprint = hash_settings(settings)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refuse(path, error) from error
        with claim_folder(path):
            found = read_run(path) if (path / RUN_FILE).exists() else None
            if found is not None and found.get("fingerprint") != fingerprint:
                raise DatasetError(
                    f"{path}: holds a run of other settings ({_name_differences(found.get('settings'), settings)}); "
                    "give another folder as --out, or remove this one"
                )
            try:
                rows = _read_whole_rows(path / ROWS_FILE)
            except OSError as error:
                raise _refuse(path, error) from error
            folder = cls(path, rows, fingerprint)
            if found is None:
                folder.describe({"settings": settings})
            yield folder

    def append(self, key: str, row: Row) -> Row:
        """Write the row of one trial and return it with its key.

        Raises:
            DatasetError: It cannot be written.
        """
        entry: Row = {"key": key, **row}
        try:
            with (self.path / ROWS_FILE).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
        except OSError as error:
            raise DatasetError(
                f"{self.path / ROWS_FILE}: cannot be written ({error.strerror}); what stands there is kept: make room "
                "and run the same command again"
            ) from error
        self.rows.append(entry)
        self.keys.add(key)
        return entry

    def describe(self, content: Mapping[str, object]) -> None:
        """Write what is known of the run as a whole."""
        self.write(RUN_FILE, json.dumps({"fingerprint": self.fingerprint, **content}, ensure_ascii=False, indent=2))

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file of the run and return its path; it appears whole or not at all.

        Raises:
            DatasetError: It cannot be written.
        """
        data = content.encode() if isinstance(content, str) else content
        try:
            replace_file(self.path / name, lambda file: file.write(data))
        except OSError as error:
            raise DatasetError(f"{self.path / name}: cannot be written ({error.strerror}); make room there") from error
        return self.path / name


def read_run(path: Path) -> dict[str, object]:
    """Read what `describe` wrote.

    Raises:
        DatasetError: There is no run, or it is damaged.
    """
    try:
        content = json.loads((path / RUN_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(
            f"{path}: holds no run ({error.strerror}: {RUN_FILE}); give the folder that rag evaluate wrote"
        ) from error
    except ValueError as error:
        raise DatasetError(f"{path / RUN_FILE}: expected JSON, found {error}; remove the folder") from error
    if not isinstance(content, dict):
        raise DatasetError(f"{path / RUN_FILE}: expected a JSON object; remove the folder")
    return content


def read_rows(path: Path) -> list[Row]:
    """Read the rows of a run.

    Raises:
        DatasetError: There are none.
    """
    try:
        return _read_whole_rows(path / ROWS_FILE, mend=False)
    except OSError as error:
        raise DatasetError(f"{path / ROWS_FILE}: cannot be read ({error.strerror})") from error


def _refuse(path: Path, error: OSError) -> DatasetError:
    return DatasetError(f"{path}: cannot be used ({error.strerror}); give another folder as --out")


def _read_whole_rows(path: Path, *, mend: bool = True) -> list[Row]:
    """Read all rows that are whole; the last one is not where the run was killed as it wrote, and is cut off."""
    if not path.exists() and mend:
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if mend and len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    try:
        return [json.loads(line) for line in whole.decode().split("\n") if line.strip()]
    except ValueError as error:
        raise DatasetError(f"{path}: expected one JSON object a line, found {error}; remove the folder") from error


def _name_differences(before: object, now: Mapping[str, object]) -> str:
    """Name the settings that differ, each with both values."""
    old = before if isinstance(before, Mapping) else {}
    wanted = json.loads(json.dumps(now))
    names = [name for name in {**old, **wanted} if old.get(name) != wanted.get(name)]
    return "; ".join(f"{name}: there {old.get(name)!r:.80}, now {wanted.get(name)!r:.80}" for name in names[:3])
