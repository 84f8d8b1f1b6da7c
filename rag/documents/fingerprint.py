"""The fingerprint of the loaders: what a file gave is known only as long as they are the same."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def fingerprint_loaders() -> str:
    """Hash what reads files: 16 hexadecimal digits that change whenever one may be read otherwise.

    That is the code of this package and of `rag.text`, which finds headings, and whether Tesseract is installed.
    """
    from rag.documents.pdf_ocr import can_recognise

    digest = hashlib.sha256(b"ocr" if can_recognise() else b"")
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *(here.parent / "text").glob("*.py")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
