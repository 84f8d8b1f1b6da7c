"""The formats that can be loaded, and which of them a file is."""

from __future__ import annotations

from pathlib import PurePosixPath

from rag.documents.container import INSIDE, Container
from rag.documents.delimited import DelimitedLoader
from rag.documents.docx import DocxLoader
from rag.documents.encoding import decode
from rag.documents.epub import EpubLoader
from rag.documents.html import HtmlLoader
from rag.documents.json_lines import JsonLinesContainer
from rag.documents.json_text import JsonLinesLoader, JsonLoader
from rag.documents.loader import Loader
from rag.documents.mail import MailContainer, MailLoader
from rag.documents.markdown import MarkdownLoader
from rag.documents.pdf import PdfLoader
from rag.documents.phrase import Phrase
from rag.documents.plain_text import PlainTextLoader
from rag.documents.pptx import PptxLoader
from rag.documents.signature import HTML, PDF, TEXT, Signature, has_pdf_header, identify, looks_like_html
from rag.documents.xlsx import XlsxLoader
from rag.documents.zip_archive import ZipContainer
from rag.errors import DocumentError

LOADERS: tuple[Loader, ...] = (
    PlainTextLoader(),
    MarkdownLoader(),
    HtmlLoader(),
    PdfLoader(),
    DocxLoader(),
    XlsxLoader(),
    PptxLoader(),
    EpubLoader(),
    DelimitedLoader(),
    JsonLoader(),
    JsonLinesLoader(),
    MailLoader(),
)
CONTAINERS: tuple[Container, ...] = (ZipContainer(), JsonLinesContainer(), MailContainer())


def supported_suffixes() -> tuple[str, ...]:
    """Return the endings of the files that can be loaded, in lower case and with the dot."""
    read = [suffix for loader in LOADERS for suffix in loader.suffixes]
    unpacked = [suffix for container in CONTAINERS for suffix in container.suffixes]
    return tuple(dict.fromkeys([*read, *unpacked]))


def is_supported(name: str) -> bool:
    """Say whether files of this name can be loaded."""
    return find_loader(name) is not None or find_container(name) is not None


def find_loader(name: str) -> Loader | None:
    """Return what reads a file of this name as one document."""
    return next((loader for loader in LOADERS if _ends_in(name, loader.suffixes)), None)


def find_container(name: str) -> Container | None:
    """Return what reads a file of this name as several documents."""
    return next((container for container in CONTAINERS if _ends_in(name, container.suffixes)), None)


def locate_file(source: str) -> str:
    """Return the path of the file that a document came from: its source, up to the member of a container."""
    places = (place for place in range(len(source)) if source.startswith(INSIDE, place))
    return next((source[:place] for place in places if find_container(source[:place]) is not None), source)


def _ends_in(name: str, suffixes: tuple[str, ...]) -> bool:
    # A file called ".txt" has a name, but no ending.
    return name.lower().lstrip(".").endswith(suffixes)


def check_format(name: str, loader: Loader, data: bytes) -> None:
    """Make sure that bytes are of the format that the name of their file says.

    Raises:
        DocumentError: They are of another.
    """
    found = identify(data)
    suffix = PurePosixPath(name).suffix
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
            f"中身は「{found.kind.ja}」です。名前（{suffix}）のとおりなら「{loader.kind.ja}」のはずです。"
            f"{remedy.ja} / "
            f"its content is {found.kind.en}; expected {loader.kind.en}, as the name says ({suffix}); {remedy.en}"
        )


def _identify_text(data: bytes) -> Signature | None:
    try:
        decode(data)
    except DocumentError:
        return None
    return HTML if looks_like_html(data) else TEXT
