"""Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.canonical import clean_title, complete_headings, find_first_heading, to_canonical
from rag.documents.encoding import decode
from rag.documents.html import write_fragment
from rag.documents.loader import Content
from rag.documents.phrase import Phrase
from rag.documents.ruby import mark_ruby
from rag.documents.table_rows import Cell
from rag.documents.writer import TextWriter

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

KIND = Phrase("Markdown", "Markdown")
FRONT_MATTER = re.compile(r"\A---[ \t]*\n((?:[^\n]*\n){0,200}?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
FRONT_MATTER_KEY = re.compile(r"[A-Za-z][\w\-]*[ \t]*:(?:\s|$)", re.ASCII)
FRONT_MATTER_LINE = re.compile(rf"\s|#|-|{FRONT_MATTER_KEY.pattern}", re.ASCII)
FRONT_TITLE = re.compile(r"""^title\s*:[ \t]*["']?(.*?)["']?[ \t]*$""", re.MULTILINE)
LINK_DEFINITION = re.compile(
    r"""\[(?!\^)([^\[\]\\]{1,200})\]:[ \t]*<?"""
    r"""((?:[a-z][a-z0-9+.\-]*://|mailto:|www\.|\.{0,2}/|\#)[!-;=?-~]*|[!-;=?-~]+\.[a-z]{2,5}(?:\#[!-;=?-~]*)?)>?"""
    r"""(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*""",
    re.IGNORECASE,
)
"""[名]: https://example.com. Without a destination of this kind, as in [注]: 別表を参照。, it is text."""
UNREAD_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)((?:(?!\1)[^\n])+)(?<=\S)\1")
NESTING = 60
"""Deeper quotes and lists are left out by the parser; its default is 20."""
HTML_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
HIDDEN_TAG = re.compile(r"<(/?)(?:rp|script|style)\b", re.IGNORECASE)
RUBY_TAG = re.compile(r"<(/?)(ruby|rt)\b", re.IGNORECASE)
INLINE_NAMES = (
    "a abbr b bdi bdo big br cite code data del details dfn div em font hr i img input ins kbd label mark meter nobr p "
    "q rb rp rt ruby s samp script small span strike strong style sub summary sup time tt u var wbr"
)
INLINE_ELEMENTS = frozenset(INLINE_NAMES.split())


@dataclass(frozen=True, slots=True)
class MarkdownLoader:
    """Reads the text of CommonMark with tables: without markup, with bullets, numbers and one line per table row."""

    suffixes: tuple[str, ...] = (".md", ".markdown")
    kind: Phrase = KIND
    is_text: bool = True

    def load(self, data: bytes) -> Content:
        """Read the bytes of a Markdown file in any encoding used for Japanese.

        Raises:
            DocumentError: The bytes are binary, or in no encoding that can be told.
        """
        decoded = decode(data)
        source = to_canonical(decoded.text)
        writer = TextWriter()
        front, body = _split_front_matter(source)
        _MarkdownLayout(writer).lay_out(_parse(body))
        text, anchors = writer.text, complete_headings(writer.text, writer.anchors)
        named = FRONT_TITLE.search(front)
        title = clean_title(named[1] if named else None, text)
        title = title or find_first_heading(writer.anchors)
        return Content(text, title, anchors, {"format": "md", "encoding": decoded.encoding}, decoded.losses)


def _split_front_matter(source: str) -> tuple[str, str]:
    """Part the lines that say something about the document from the document."""
    match = FRONT_MATTER.match(source)
    lines = [line for line in match[1].splitlines() if line] if match else []
    # Text between two rules is no front matter: that begins with a key and holds nothing but keys and values.
    if match is None or not lines or not FRONT_MATTER_KEY.match(lines[0]):
        return "", source
    if not all(FRONT_MATTER_LINE.match(line) for line in lines):
        return "", source
    return match[1], source[match.end() :]


def _parse(source: str) -> Sequence[Token]:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": NESTING}).enable(["table", "strikethrough"])
    parser.block.ruler.at("reference", _read_link_definition)
    # Escaped characters stay apart from the others, so that \*\* is not taken for emphasis afterwards.
    return parser.disable("text_join").parse(source)


def _read_link_definition(state: StateBlock, start_line: int, _end_line: int, silent: bool) -> bool:
    """Take the definition of a link, in place of the parser's rule, which takes footnotes for such and loses them."""
    from markdown_it.common.utils import normalizeReference

    line = state.src[state.bMarks[start_line] + state.tShift[start_line] : state.eMarks[start_line]]
    match = LINK_DEFINITION.fullmatch(line)
    if match is None or state.is_code_block(start_line):
        return False
    if not silent:
        references = state.env.setdefault("references", {})
        references.setdefault(normalizeReference(match[1]), {"href": match[2], "title": ""})
        state.line = start_line + 1
    return True


class _MarkdownLayout:
    """Turns the tokens of the parser into lines of a writer."""

    def __init__(self, writer: TextWriter) -> None:
        self._writer = writer
        self._lists: list[int | None] = []
        self._prefix = ""
        self._level: int | None = None
        self._table: list[list[Cell]] = []
        self._row: list[Cell] | None = None

    def lay_out(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type == "inline":
                self._write(_read_inline(token.children or ()))
            elif token.type in {"fence", "code_block"}:
                self._write_apart(lambda code: self._writer.write(code), token.content)
            elif token.type == "html_block":
                self._write_apart(lambda markup: write_fragment(markup, self._writer), token.content)
            elif token.nesting > 0:
                self._open(token)
            elif token.nesting < 0:
                self._close(token)

    def _write_apart(self, write: Callable[[str], None], content: str) -> None:
        self._separate()
        write(content)
        self._separate()

    def _separate(self) -> None:
        if not self._lists:
            self._writer.separate()

    def _open(self, token: Token) -> None:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            self._separate()
            self._lists.append(int(token.attrs.get("start", 1)) - 1 if token.type == "ordered_list_open" else None)
        elif token.type == "list_item_open":
            self._prefix = self._build_prefix()
        elif token.type == "heading_open":
            self._level = int(token.tag[1])
        elif token.type == "tr_open":
            self._row = []
        elif token.type in {"paragraph_open", "table_open", "blockquote_open"}:
            self._separate()

    def _close(self, token: Token) -> None:
        if token.type in {"bullet_list_close", "ordered_list_close"}:
            self._lists.pop()
        elif token.type == "list_item_close":
            self._prefix = ""
        elif token.type == "heading_close":
            self._level = None
        elif token.type == "tr_close":
            self._table.append(self._row or [])
            self._row = None
        elif token.type == "table_close":
            self._writer.write_table(self._table, headers=1)
            self._table = []
        if token.type not in {"tr_close", "th_close", "td_close", "thead_close", "tbody_close"}:
            self._separate()

    def _build_prefix(self) -> str:
        """Bullet or number of a list item. Numbers count up from the first, whatever the others are in the source."""
        indentation = "  " * (len(self._lists) - 1)
        number = self._lists[-1]
        if number is None:
            return indentation + "・"
        self._lists[-1] = number + 1
        return f"{indentation}{number + 1}. "

    def _write(self, text: str) -> None:
        if self._row is not None:
            self._row.append(Cell(text))
        elif self._level is not None:
            self._writer.write_heading(text, level=self._level)
        elif text.strip():
            self._writer.write(self._prefix + text)
            self._prefix = ""


def _read_inline(tokens: Sequence[Token]) -> str:
    """Text of a paragraph, without the markup in it."""
    pieces: list[str] = []
    hidden = base = reading = 0
    for token in tokens:
        if token.type == "html_inline":
            if tag := HIDDEN_TAG.match(token.content):
                hidden = max(0, hidden + (-1 if tag[1] else 1))
            elif tag := RUBY_TAG.match(token.content):
                if tag[2].lower() == "rt" and not tag[1]:
                    reading = len(pieces)
                elif tag[1] and reading > base:
                    marked = mark_ruby("".join(pieces[base:reading]), "".join(pieces[reading:]))
                    pieces[base:] = [marked]
                    reading = 0
                base = base if reading else len(pieces)
            elif not hidden:
                pieces.append(_read_html(token.content))
        elif not hidden:
            pieces.append(_read_token(token))
    return "".join(pieces)


def _read_token(token: Token) -> str:
    match token.type:
        case "text":
            return UNREAD_EMPHASIS.sub(_strip_emphasis, token.content)
        case "softbreak" | "hardbreak":
            return "\n"
        case "image":
            return _read_inline(token.children or ())
        case _:
            return token.content


def _strip_emphasis(match: re.Match[str]) -> str:
    """Take the marks off **「重要」**です, which CommonMark does not read as emphasis for want of a space."""
    inner = match[2]
    return inner if not (inner[0].isalnum() and inner[-1].isalnum()) else match[0]


def _read_html(tag: str) -> str:
    """A tag shows as nothing or a line break; <名前> and <name> are no tags but text somebody wrote."""
    match = HTML_TAG.match(tag)
    if match is None:
        return "" if tag.startswith("<!--") else tag
    name = match[1].lower()
    if name == "br":
        return "\n"
    return "" if name in INLINE_ELEMENTS else tag
