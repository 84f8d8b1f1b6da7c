"""Finds files and loads them, whatever their format."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rag.documents.document import Document, build_document
from rag.documents.file_bytes import FOLDER, is_folder, open_file, read_bytes
from rag.documents.formats import LOADERS as LOADERS
from rag.documents.formats import check_format, find_container, find_loader, is_supported
from rag.documents.formats import supported_suffixes as supported_suffixes
from rag.documents.loader import Loader
from rag.documents.losses import LossEntry
from rag.documents.unpacking import Unpacking, Unread
from rag.errors import DocumentError

HIDDEN = (".", "~$")
"""Beginnings of names that a folder is not searched for; Word leaves ~$name.docx beside an open document."""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Find the files to load.

    Args:
        paths: Files, which are taken as they are given, and folders, which are searched with all below them for
            files with a supported ending that are not hidden; those of one folder come sorted by path.

    Returns:
        The files in the order of `paths`, each once.

    Raises:
        DocumentError: A path is not there, a folder cannot be read, or it holds no file to load.
    """
    files: dict[Path, None] = {}
    for path in paths:
        try:
            if path.is_dir():
                files.update(dict.fromkeys(_find_supported(path)))
            elif path.exists() or path.is_symlink():
                files[path] = None
            else:
                raise DocumentError(
                    f"{path}: ファイルもフォルダーもありません。読むものが必要です。パスを確かめてください / "
                    "no such file or folder; expected one to read; check the path"
                )
        except OSError as error:
            raise DocumentError(
                f"{path}: 読めません（{error.strerror}）。読めるものが必要です。パスと権限を確かめて"
                "ください / "
                f"cannot be read ({error.strerror}); expected a readable file or folder; check the path and its rights"
            ) from error
    return list(files)


def load_document(path: Path) -> Document:
    """Load one file as a document.

    Args:
        path: A file with one of the supported endings, in upper or lower case.

    Raises:
        DocumentError: The file is missing, unreadable, empty, damaged, encrypted or of another format than its name
            says. The message begins with the path, once, and says the rest in Japanese, then in English.
    """
    try:
        loader = _choose_loader(path)
        data = read_bytes(path)
        check_format(path.name, loader, data)
        return build_document(loader.load(data), source=str(path.resolve()), stem=path.stem)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error.__cause__


def load_documents(path: Path) -> Iterator[Document | Unread | LossEntry]:
    """Load every document in a file, one at a time.

    Most formats hold one. The source of a member of a container (an archive, a mail, lines of JSON) is the path of the
    file, "!/" and the name of the member.

    Args:
        path: A file with one of the supported endings, in upper or lower case.

    Yields:
        The documents; for each that cannot be read, or for the whole file, why not; and for a container with members
        that are no documents, how many there are of which kind.
    """
    container = find_container(path.name)
    if container is None:
        try:
            yield load_document(path)
        except DocumentError as error:
            yield Unread(str(path), str(error))
        return
    source = str(path.resolve())
    try:
        with open_file(path) as file:
            yield from Unpacking().unpack(container, file, name=path.name, source=source)
    except DocumentError as error:
        yield Unread(source, f"{source}: {error}")


def _find_supported(folder: Path) -> list[Path]:
    """Files below a folder that can be loaded, sorted; at least one."""
    others: Counter[str] = Counter()
    files: list[Path] = []
    for path in _search(folder):
        if is_supported(path.name) and path.is_file():
            files.append(path)
        else:
            others[path.suffix.lower() or path.name] += 1
    if files:
        return sorted(files)
    found = ", ".join(f"{suffix} × {count}" for suffix, count in others.most_common(5))
    suffixes = " ".join(supported_suffixes())
    raise DocumentError(
        f"{folder}: 読める文書がありません（見つかったもの: {found or 'なし'}）。{suffixes} のファイルを"
        "入れるか、別のフォルダーを指定してください / "
        f"no document to read in it (found: {found or 'nothing'}); expected files ending in one of {suffixes}; put "
        "some there, or give another folder"
    )


def _search(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is not hidden, but folders.

    Links to folders are followed, but no folder is searched within itself.
    """
    seen: set[tuple[int, int]] = set()

    def fail(error: OSError) -> None:
        raise error

    for name, folders, files in os.walk(folder, onerror=fail, followlinks=True):
        here = Path(name)
        status = here.stat()
        identity = status.st_dev, status.st_ino
        if identity in seen:
            folders.clear()
            continue
        seen.add(identity)
        folders[:] = sorted(child for child in folders if not child.startswith(HIDDEN))
        yield from (here / file for file in files if not file.startswith(HIDDEN))


def _choose_loader(path: Path) -> Loader:
    loader = find_loader(path.name)
    if loader is not None:
        return loader
    if is_folder(path):
        raise DocumentError(FOLDER)
    if find_container(path.name) is not None:
        raise DocumentError(
            "文書をいくつも含むファイルです。一つの文書のファイルを指定するか、load_documents で読んでください / "
            "it may hold several documents; expected a file of one; use load_documents"
        )
    suffix = path.suffix.lower()
    supported = " ".join(supported_suffixes())
    raise DocumentError(
        f"拡張子 {suffix!r} のファイルには対応していません。{supported} のどれかに変換するか、中身がそうなら"
        "拡張子を変えてください / "
        f"files ending in {suffix!r} are not supported; expected one of {supported}; convert the file, or rename it "
        "if its content is one of these"
    )
