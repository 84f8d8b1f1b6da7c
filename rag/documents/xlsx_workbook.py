"""What the sheets of an Excel workbook share: strings, number formats, and which sheets there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rag.documents.office_package import TRUE, OfficePackage, R, read_number
from rag.documents.ruby import mark_ruby
from rag.documents.xlsx_dates import FIRST_DAY, FIRST_DAY_1904
from rag.documents.xlsx_format import BUILT_IN, format_number, format_text

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
HIDDEN = frozenset({"hidden", "veryHidden"})


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as the workbook lists it; `part` is None where it is lost."""

    name: str
    part: str | None
    is_hidden: bool


class Workbook:
    """The sheets of a workbook, and what their cells show.

    Raises:
        DocumentError: The workbook is damaged.
    """

    def __init__(self, package: OfficePackage) -> None:
        root = package.read(package.main)
        self.sheets = [
            SheetEntry(
                item.get("name", ""), package.find_target(package.main, item.get(R + "id")), item.get("state") in HIDDEN
            )
            for item in root.iterfind(f"{S}sheets/{S}sheet")
        ]
        if not self.sheets:
            raise package.damage("no sheets")
        properties = root.find(S + "workbookPr")
        self._from_1904 = properties is not None and properties.get("date1904") in TRUE
        strings = package.list_related(package.main, "sharedStrings")
        self._strings = [read_string(item) for part in strings[:1] for item in package.stream(part, S + "si")]
        self._formats = _list_formats(package.read_related(package.main, "styles"))

    def read_cell(self, cell: Element) -> str | None:
        """Return what a cell shows, or None for a formula whose value was not saved."""
        kind, value = cell.get("t", "n"), cell.findtext(S + "v")
        code = self._find_format(cell.get("s", "0"))
        if kind == "inlineStr":
            inline = cell.find(S + "is")
            return "" if inline is None else read_string(inline)
        if not value:
            return "" if kind == "str" or cell.find(S + "f") is None else None
        match kind:
            case "s":
                index = read_number(value.strip())
                return "" if index is None or index >= len(self._strings) else format_text(self._strings[index], code)
            case "b":
                return "TRUE" if value.strip() in TRUE else "FALSE"
            case "n" | "d":
                number = _read_number(value, from_1904=self._from_1904)
                return value if number is None else format_number(number, code, from_1904=self._from_1904)
        return format_text(_unescape(value), code) if kind == "str" else value

    def _find_format(self, style: str) -> str:
        index = read_number(style) or 0
        return self._formats[index] if index < len(self._formats) else "General"


def read_string(item: Element) -> str:
    """Read a string, with the readings (振り仮名) beside its characters marked."""
    runs = [child.text or "" for child in item.iterfind(S + "t")]
    runs += [child.text or "" for run in item.iterfind(S + "r") for child in run.iterfind(S + "t")]
    text = _unescape("".join(runs))
    pieces: list[str] = []
    last = 0
    for reading in item.iterfind(S + "rPh"):
        start, end = (_find_character(text, reading.get(name, "")) for name in ("sb", "eb"))
        if last <= start < end:
            spoken = "".join(part.text or "" for part in reading.iterfind(S + "t"))
            pieces += text[last:start], mark_ruby(text[start:end], spoken)
            last = end
    return "".join([*pieces, text[last:]])


def _unescape(text: str) -> str:
    """Put in the characters that XML cannot hold, written _x000D_."""

    def replace(match: re.Match[str]) -> str:
        number = int(match[1], 16)
        return match[0] if 0xD800 <= number < 0xE000 else chr(number)

    return ESCAPED.sub(replace, text) if "_x" in text else text


def _find_character(text: str, place: str) -> int:
    """Turn a place in UTF-16 units into one in characters; -1 where it is none."""
    units = read_number(place)
    if units is None:
        return -1
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))


def _read_number(value: str, *, from_1904: bool) -> float | None:
    """Read a number, or the number of days of a date in ISO 8601."""
    try:
        number = float(value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(value).replace(tzinfo=None)
        except ValueError:
            return None
        return (moment - (FIRST_DAY_1904 if from_1904 else FIRST_DAY)).total_seconds() / 86_400
    return number if abs(number) < float("inf") else None


def _list_formats(styles: Element | None) -> list[str]:
    """The number format of every style of cells."""
    if styles is None:
        return []
    own = {item.get("numFmtId", ""): item.get("formatCode", "") for item in styles.iterfind(f"{S}numFmts/{S}numFmt")}
    known = {str(number): code for number, code in BUILT_IN.items()} | own
    return [known.get(item.get("numFmtId", "0"), "General") for item in styles.iterfind(f"{S}cellXfs/{S}xf")]
