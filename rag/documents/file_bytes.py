"""The bytes of a file, or why there are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rag.errors import DocumentError

FOLDER = (
    "フォルダーです。ファイルが必要です。中のファイルを指定してください / "
    "it is a folder; expected a file; give the files in it, or use find_files"
)


EMPTY = (
    "空のファイルです（0 バイト）。中身のあるファイルを指定してください / "
    "it is empty (0 bytes); expected text, so give a file with content"
)


def is_folder(path: Path) -> bool:
    """Say whether a path is that of a folder; one that cannot be is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        DocumentError: It is missing, unreadable, empty or no regular file.
    """
    with _explaining(path):
        data = path.read_bytes()
    if not data:
        raise DocumentError(EMPTY)
    return data


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; it is to be closed.

    Raises:
        DocumentError: It is missing, unreadable or no regular file.
    """
    with _explaining(path):
        return path.open("rb")


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        if path.is_dir():
            raise DocumentError(FOLDER)
        if path.exists() and not path.is_file():
            raise DocumentError(
                "デバイスかパイプです。普通のファイルが必要です。内容をファイルに写してください / "
                "it is a device or pipe; expected a regular file; copy its content into a file"
            )
        yield
    except FileNotFoundError as error:
        raise DocumentError(
            "ファイルがありません。読めるファイルが必要です。パスを確かめてください / "
            "no such file; expected a file to read; check the path"
        ) from error
    except PermissionError as error:
        raise DocumentError(
            "読む権限がありません。読めるファイルが必要です。権限を変える（chmod u+r）か、所有者として"
            "実行してください / "
            "no permission to read it; expected a readable file; change its rights (chmod u+r) or run as its owner"
        ) from error
    except (OSError, ValueError) as error:
        raise DocumentError(
            f"読めません（{error}）。読めるファイルが必要です。パスとディスクを確かめてください / "
            f"cannot be read ({error}); expected a readable file; check path and disk"
        ) from error
