"""Finds files and loads them, whatever their format."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rag.documents.canonical import choose_title
from rag.documents.document import Document, build_document_id
from rag.documents.docx import DocxLoader
from rag.documents.encoding import decode
from rag.documents.html import HtmlLoader
from rag.documents.loader import Loader
from rag.documents.losses import count_losses
from rag.documents.markdown import MarkdownLoader
from rag.documents.pdf import PdfLoader
from rag.documents.phrase import Phrase
from rag.documents.plain_text import PlainTextLoader
from rag.documents.pptx import PptxLoader
from rag.documents.signature import HTML, PDF, TEXT, Signature, has_pdf_header, identify, looks_like_html
from rag.documents.xlsx import XlsxLoader
from rag.errors import DocumentError

LOADERS: tuple[Loader, ...] = (
    PlainTextLoader(),
    MarkdownLoader(),
    HtmlLoader(),
    PdfLoader(),
    DocxLoader(),
    XlsxLoader(),
    PptxLoader(),
)
FOLDER = (
    "フォルダーです。ファイルが必要です。中のファイルを指定してください / "
    "it is a folder; expected a file; give the files in it, or use find_files"
)
HIDDEN = (".", "~$")
"""Beginnings of names that a folder is not searched for; Word leaves ~$name.docx beside an open document."""


def supported_suffixes() -> tuple[str, ...]:
    """Return the endings of the files that can be loaded, in lower case and with the dot."""
    return tuple(suffix for loader in LOADERS for suffix in loader.suffixes)


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
        data = _read_bytes(path)
        _check_format(path, loader, data)
        content = loader.load(data)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error.__cause__
    if not content.text.strip():
        raise DocumentError(
            f"{path}: 文章がありません（空白や書式だけ）。文章のあるファイルを指定してください / "
            "it holds no text, only white space or markup; expected text; add another file"
        )
    source = str(path.resolve())
    return Document(
        id=build_document_id(source, content.text),
        title=choose_title(content.title, content.text, content.anchors, path.stem),
        text=content.text,
        source=source,
        anchors=content.anchors,
        metadata=content.metadata,
        losses=count_losses(content.text, content.anchors, content.losses),
    )


def _find_supported(folder: Path) -> list[Path]:
    """Files below a folder that can be loaded, sorted; at least one."""
    supported = supported_suffixes()
    others: Counter[str] = Counter()
    files: list[Path] = []
    for path in _search(folder):
        suffix = path.suffix.lower()
        if suffix in supported and path.is_file():
            files.append(path)
        else:
            others[suffix or path.name] += 1
    if files:
        return sorted(files)
    found = ", ".join(f"{suffix} × {count}" for suffix, count in others.most_common(5))
    suffixes = " ".join(supported)
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
    suffix = path.suffix.lower()
    loader = next((loader for loader in LOADERS if suffix in loader.suffixes), None)
    if loader is not None:
        return loader
    if _is_folder(path):
        raise DocumentError(FOLDER)
    supported = " ".join(supported_suffixes())
    raise DocumentError(
        f"拡張子 {suffix!r} のファイルには対応していません。{supported} のどれかに変換するか、中身がそうなら"
        "拡張子を変えてください / "
        f"files ending in {suffix!r} are not supported; expected one of {supported}; convert the file, or rename it "
        "if its content is one of these"
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise DocumentError(FOLDER)
        if path.exists() and not path.is_file():
            raise DocumentError(
                "デバイスかパイプです。普通のファイルが必要です。内容をファイルに写してください / "
                "it is a device or pipe; expected a regular file; copy its content into a file"
            )
        data = path.read_bytes()
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
    if not data:
        raise DocumentError(
            "空のファイルです（0 バイト）。中身のあるファイルを指定してください / "
            "it is empty (0 bytes); expected text, so give a file with content"
        )
    return data


def _check_format(path: Path, loader: Loader, data: bytes) -> None:
    """Raise where the bytes are of another format than the name of the file says."""
    found = identify(data)
    if found is None and not loader.is_text:
        if PDF.suffix in loader.suffixes and has_pdf_header(data):
            return
        found = _identify_text(data)
        if found is None:
            raise DocumentError(
                f"中身が「{loader.kind.ja}」でも、ほかの知られた形式でもありません。{loader.kind.ja}が必要です。"
                "壊れているか名前違いなので、入手し直してください / "
                f"its content is not {loader.kind.en}, nor any format known here; expected {loader.kind.en}; the file "
                "is damaged or wrongly named: get it again"
            )
    if found is not None and found.suffix not in loader.suffixes:
        rename = Phrase(f"拡張子を {found.suffix} に変えてください", f"rename it to {found.suffix}")
        remedy = rename if found.suffix else found.remedy
        raise DocumentError(
            f"中身は「{found.kind.ja}」です。名前（{path.suffix}）のとおりなら「{loader.kind.ja}」のはずです。"
            f"{remedy.ja} / "
            f"its content is {found.kind.en}; expected {loader.kind.en}, as the name says ({path.suffix}); {remedy.en}"
        )


def _identify_text(data: bytes) -> Signature | None:
    try:
        decode(data)
    except DocumentError:
        return None
    return HTML if looks_like_html(data) else TEXT
