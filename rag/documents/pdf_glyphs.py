"""The glyphs of a page of a PDF, as PDFium finds them: characters and boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pypdfium2 import PdfTextPage

END_HYPHEN = "\x02\ufffe\uffff"
"""What PDFium puts where a line ends in a hyphen."""
LINE_ENDS = "\r\n\x0b\x0c\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters of a page in the order of the file, one box each; a line end of PDFium's is the character LF.

    `boxes` are left, bottom, right and top in points, from the lower left corner of the page. Shape: (glyphs, 4).
    """

    characters: list[str]
    boxes: NDArray[np.float32]


def read_glyphs(text_page: PdfTextPage) -> Glyphs:
    """Read the glyphs of a page; those that the font gives no character for are left out."""
    import numpy as np
    from pypdfium2.raw import FS_RECTF, FPDFText_GetLooseCharBox, FPDFText_GetUnicode

    raw, count = text_page.raw, text_page.count_chars()
    rectangles = (FS_RECTF * count)()
    for index, rectangle in enumerate(rectangles):
        FPDFText_GetLooseCharBox(raw, index, rectangle)
    codes = [FPDFText_GetUnicode(raw, index) for index in range(count)]
    # The structure has left, top, right, bottom.
    boxes = np.frombuffer(rectangles, dtype=np.float32).reshape(count, 4)[:, [0, 3, 2, 1]]
    characters = ["-" if mark in END_HYPHEN else "\n" if mark in LINE_ENDS else mark for mark in map(chr, codes)]
    return _join_surrogates(characters, boxes)


def _join_surrogates(characters: list[str], boxes: NDArray[np.float32]) -> Glyphs:
    """Make one glyph of each surrogate pair, and none of NUL."""
    kept: list[int] = []
    for index, character in enumerate(characters):
        if character == "\0":
            continue
        if kept and "\udc00" <= character <= "\udfff" and "\ud800" <= characters[kept[-1]] <= "\udbff":
            pair = characters[kept[-1]] + character
            characters[kept[-1]] = pair.encode("utf-16", "surrogatepass").decode("utf-16")
            continue
        kept.append(index)
    if len(kept) == len(characters):
        return Glyphs(characters, boxes)
    return Glyphs([characters[index] for index in kept], boxes[kept])
