"""Names of other laws before a mention: 労働基準法（昭和22年法律第49号）第39条, 「旅費規程」第3条, 同法第五条."""

from __future__ import annotations

import re
from collections.abc import Mapping

SUFFIX = re.compile(
    r"(?:法律|法|条例|規則|規程|規定|[政省府勅]?令|憲法|条約|約款|定款|要綱|要領|指針|基準|細則|規約|協定|契約書?|会則|内規|"
    r"ガイドライン|マニュアル|手引き?|手引書)の?$"
)
BEFORE = re.compile(r"[\s　、。，．「」『』（）()]|(?:条(?![約例])|[項号])(?:又は|及び|若しくは|並びに)?")
"""What a name begins behind: punctuation, or the mention before it."""
OWN = re.compile(r"(?:この|(?:^|(?<=[ぁ-ん]))[本当])[^ぁ-ん]{1,12}$")
SAME = re.compile(r"同(?:法|令|規則|規程|規定|条例|細則|要綱|約款)の?$")
DEFINITION = re.compile(r"[（(][^（）()「」]{0,30}以下[^（）()「」]{0,30}「(?P<short>[^「」\n]{1,20})」という")
NAME_LENGTH = 60
SHORTEST_NAME = 3
"""Shortest name, in characters, that stands for one document: 規則 may be any."""
REMARK = re.compile(r"[（(][^（）()]*[）)]")
REMARK_LENGTH = 80
"""Longest remark in brackets, in characters, between a name and the article."""


def read_law(text: str, offset: int, *, definitions: Mapping[str, str], last: str) -> str | None:
    """Return the name of the law that a mention at `offset` is of, None where it is of this text.

    Args:
        text: The whole text.
        offset: Where the mention begins.
        definitions: Full names by the short ones of `find_definitions`.
        last: The law named last, which 同法 means.
    """
    end = _pass_remark(text, offset)
    quoted = text[end - 1 : end]
    if quoted and quoted in "」』":
        opening = text.rfind("「" if quoted == "」" else "『", max(0, end - NAME_LENGTH), end)
        return text[opening + 1 : end - 1] if opening >= 0 else None
    name = _read_name(text, end)
    if name is None or OWN.search(name):
        return None
    if SAME.search(name):
        return last or name
    short = next((short for short in definitions if is_name_at_end(name, short)), None)
    if short is None:
        return name
    return None if OWN.search(definitions[short]) else definitions[short]


def find_definitions(text: str) -> dict[str, str]:
    """Find the short names of laws: 雇用保険法（以下「法」という。） gives {"法": "雇用保険法"}."""
    found: dict[str, str] = {}
    for match in DEFINITION.finditer(text):
        name = _read_name(text, match.start())
        if name is not None and SUFFIX.search(match["short"]):
            found.setdefault(match["short"], name)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def list_names(title: str) -> list[str]:
    """List what a document of this title is called elsewhere: 株式会社青空商会　就業規則 is the 就業規則."""
    bare = REMARK.sub("", title).strip()
    last = bare.split()[-1] if bare else ""
    return [name for name in dict.fromkeys((title, bare, last)) if len(name) >= SHORTEST_NAME and SUFFIX.search(name)]


def is_name_at_end(text: str, name: str) -> bool:
    """Say whether a text ends in a name and not in a longer word: 賃金規程 in 別に定める賃金規程."""
    before = text[: -len(name)]
    return bool(name) and text.endswith(name) and (not before or before[-1] in "のるたはがをにともやび又若並各")


def _pass_remark(text: str, offset: int) -> int:
    """Return where a remark in brackets, or spaces, that end at `offset` begin."""
    while text[offset - 1 : offset] in (" ", "　"):
        offset -= 1
    if text[offset - 1 : offset] not in ("）", ")"):
        return offset
    depth = 0
    for place in range(offset - 1, max(-1, offset - 1 - REMARK_LENGTH), -1):
        depth += (text[place] in "）)") - (text[place] in "（(")
        if depth == 0:
            return place
    return offset


def _read_name(text: str, end: int) -> str | None:
    region = text[max(0, end - NAME_LENGTH) : end]
    if not SUFFIX.search(region):
        return None
    breaks = list(BEFORE.finditer(region))
    name = region[breaks[-1].end() :] if breaks else region
    return name.removesuffix("の") or None
