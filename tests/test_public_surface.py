"""The public names are pinned, and importing the package stays light."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rag


def test_public_names_are_pinned() -> None:
    assert rag.__all__ == ["Answer", "Citation", "Library", "RagError", "Turn"]


@pytest.mark.parametrize("name", rag.__all__)
def test_public_name_can_be_imported(name: str) -> None:
    assert getattr(rag, name).__name__ == name


def test_unknown_name_says_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'Libary'; it has .*Library"):
        _ = rag.Libary


def test_import_loads_no_heavy_package() -> None:
    heavy = ["torch", "transformers", "sentence_transformers", "gradio", "faiss", "fugashi", "numpy"]
    code = f"import sys, rag; print([name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


def test_the_public_library_module_loads_no_torch() -> None:
    code = "import sys, rag.library.library, rag.cli.command; print('torch' in sys.modules, 'gradio' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "False False"
