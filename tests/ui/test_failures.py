from __future__ import annotations

import logging

import pytest

from rag.errors import LibraryError
from rag.ui.failures import describe_failure
from rag.ui.words import load_words


def test_errors_raised_on_purpose_say_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    assert describe_failure(LibraryError("甲は無い; 乙せよ"), load_words("ja")) == "甲は無い; 乙せよ"
    assert caplog.records == []


def test_other_errors_are_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        said = describe_failure(KeyError("/秘密"), load_words("ja"))
    assert said == load_words("ja")["error_unknown"]
    assert "/秘密" in caplog.text
