"""Lines of millions of characters made to keep a parser busy: the time each takes must grow as its length.

python -m tests.stress.long_lines --characters 5000000
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import escape

import docx
import openpyxl
import pptx

from rag.documents.unpacking import Unread
from rag.ingest.file_readers import FileReaders
from rag.ingest.limits import ReadingLimits
from tests.documents.written_files import build_epub, build_zip
from tests.stress.mutations import unpack

PIECES = (
    "あ", "a", " ", "\u3000", "́", "\u202e", "\n", "\r", " \n", "\t", "\u000b", "。", "1", "１", "第",
    "第1", "第1条", "(", "（", "「", "｜", "《", "｜《", "｜あ《", "［", "［＃", "※［＃", "※", "-", "- ", "1. ", "#",
    "# ", "=", "*", "**", "**a", "_", "_a ", "~", "[", "![", "[a](", "[a]: ", "`", "`a``", "```\n",
    "|", "a|", "|\n", "> ", ">", "<", "</", "<a", "<a ", "<a b=", "<a b='", "<b>", "<div>", "<p>",
    "<li>", "<ul><li>", "<table>", "<tr><td>", "<td rowspan=0>", "<td colspan=1000>", "<h1>",
    "<h1>a", "<ruby>", "<rt>", "<ruby>a<rt>b", "<pre>", "<!--", "<!", "<![", "<![CDATA[", "<?",
    "<?xml ", "<script>", "<meta charset=", "&", "&#", "&a", "&amp;", '"', '""', '",', "'", ",",
    ";", "{", "[1,", '{"a":', '"a",', "\\", "\\u3042", "=?utf-8?B?", "=\n", "--a\n", "a: ",
    "From a\n", "a@", "---\n", "---\na: b\n", "$", "\u001b$B", "\ue000", "�", "\u0000", "\u007f",
    "𠮟", "😀", "é",
)  # fmt: skip
WORDS = "就業規則の全文を次に示す。社員は会社の定めるところに従う。\n" * 40


def build_docx(text: str) -> bytes:
    target = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("本文")
    document.save(target)
    return replace(target.getvalue(), "word/document.xml", "本文", text)


def build_xlsx(text: str) -> bytes:
    target = io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].append(["本文", "日数"])
    workbook.save(target)
    return replace(target.getvalue(), "xl/sharedStrings.xml", "本文", text)


def build_pptx(text: str) -> bytes:
    target = io.BytesIO()
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "本文"
    presentation.save(target)
    return replace(target.getvalue(), "ppt/slides/slide1.xml", "本文", text)


def replace(package: bytes, part: str, old: str, new: str) -> bytes:
    members = unpack(package)
    shown = "".join(character for character in new if character >= " " or character in "\t\n\r")
    members[part] = members[part].replace(old.encode(), escape(shown).encode())
    return build_zip(members)


BUILDERS: dict[str, Callable[[str], bytes]] = {
    ".txt": lambda text: (WORDS + text).encode(),
    ".md": lambda text: (WORDS + text).encode(),
    ".html": lambda text: f"<html><body>{WORDS}{text}".encode(),
    ".csv": lambda text: (WORDS + text).encode(),
    ".json": lambda text: (text if text[0] in '{[,"' else f'["{WORDS.strip()}{text}"]').encode(),
    ".jsonl": lambda text: (text if text[0] in '{[,"' else f'["{text}"]\n["{text}"]').encode(),
    ".eml": lambda text: (f"Subject: {text}\nFrom: {text}\nContent-Type: text/html\n\n{WORDS}{text}").encode(),
    ".epub": lambda text: build_epub([f"<p>{WORDS}</p>{text}"]),
    ".docx": build_docx,
    ".xlsx": build_xlsx,
    ".pptx": build_pptx,
}


def measure(
    folder: Path, *, characters: int, suffixes: Sequence[str], seconds: float
) -> Iterator[tuple[float, str, str]]:
    """Yield the seconds each line took, with what it is and what came of it."""
    with closing(FileReaders(ReadingLimits(seconds=seconds))) as readers:
        for suffix in suffixes:
            for piece in PIECES:
                path = folder / f"line{suffix}"
                path.write_bytes(BUILDERS[suffix](piece * (characters // len(piece))))
                began = time.perf_counter()
                found = list(readers.read(path))
                taken = time.perf_counter() - began
                error = next((each.error.split(" / ")[-1] for each in found if isinstance(each, Unread)), "")
                yield taken, f"{suffix} {piece!r}", error


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--formats", nargs="+", choices=BUILDERS, default=list(BUILDERS))
    parser.add_argument("--slow", type=float, default=20, help="seconds from which on a line is shown")
    given = parser.parse_args(arguments)
    lines = ended = 0
    with tempfile.TemporaryDirectory() as folder:
        for taken, name, error in measure(
            Path(folder), characters=given.characters, suffixes=given.formats, seconds=given.seconds
        ):
            lines += 1
            is_beyond = any(words in error for words in ("was ended", "takes more", "died"))
            ended += is_beyond
            if is_beyond or taken > given.slow:
                print(f"{taken:7.1f} s  {name}  {error[:80]}", flush=True)
    print(f"{lines} lines of {given.characters:,} characters, {ended} ended by their limits")
    return 1 if ended else 0


if __name__ == "__main__":
    sys.exit(main())
