"""Optional packages, imported only where they are needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from rag.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module or say which extra brings it.

    Raises:
        MissingExtraError: `module` is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{module} is not installed but needed here; install it with: pip install 'manazashi[{extra}]'"
        ) from error
