"""How much time and memory the reading of a file may take."""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import DocumentError


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Bounds of a process that reads files.

    `seconds` pass at most until a file gives its document, or a container its next one; a document has them anew for
    each page that is recognised (OCR). `memory` is in bytes, beside what the process takes for itself; it counts where
    the system keeps to it (Linux).
    """

    seconds: float = 120
    memory: int = 2 * 2**30

    def build_timeout(self) -> DocumentError:
        """Build the error that the time was not enough."""
        return DocumentError(
            f"{self.seconds:g} 秒以内に読み終わらず、打ち切りました。信頼できるファイルなら、分けて保存するか、"
            "rag.toml の reading_seconds を増やしてください / "
            f"reading it was ended after {self.seconds:g} s; if you trust the file, save it in parts or raise "
            "reading_seconds in rag.toml"
        )

    def build_exhaustion(self) -> DocumentError:
        """Build the error that the memory was not enough."""
        size = f"{self.memory / 2**20:,.0f} MiB"
        return DocumentError(
            f"読むのに {size} を超えるメモリーが要るため、打ち切りました。信頼できるファイルなら、分けて保存するか、"
            "rag.toml の reading_memory を増やしてください / "
            f"reading it takes more than {size} of memory; if you trust the file, save it in parts or raise "
            "reading_memory in rag.toml"
        )

    def build_death(self, code: int) -> DocumentError:
        """Build the error that the process died of the file, with this exit code."""
        size = f"{self.memory / 2**20:,.0f} MiB"
        return DocumentError(
            f"読み取り中のプロセスが落ちました（終了コード {code}、メモリーの上限 {size}）。壊れたファイルか、"
            "メモリー不足です。作ったアプリで保存し直すか、分けるか、reading_memory を増やしてください / "
            f"the process reading it died (exit code {code}, memory limit {size}); the file is damaged or memory ran "
            "out: save it anew where it was made, in parts, or raise reading_memory in rag.toml"
        )


READING_LIMITS = ReadingLimits()
