"""Every error the package raises on purpose, in one tree."""

from __future__ import annotations


class RagError(Exception):
    """Base of all errors of this package; the message names the value, what was expected and the remedy."""


class ArgumentError(RagError, ValueError):
    """An argument is outside what the function accepts."""


class ConfigError(RagError, ValueError):
    """A settings file, environment variable or manifest holds something unusable."""


class DocumentError(RagError):
    """A file could not be read as a document."""


class LibraryError(RagError):
    """A library on disk is missing, locked, damaged or made with other models."""


class ModelError(RagError):
    """A model or tokenizer could not be loaded or does not fit its task."""


class AttentionError(ModelError):
    """A model did not hand over the attention rows asked for."""


class DatasetError(RagError):
    """An evaluation or training file is not in the format it should be in."""


class MissingExtraError(RagError, ImportError):
    """An optional package is needed and not installed."""
