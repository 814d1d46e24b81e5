"""Texts in CSV files that a spreadsheet program shows and does not run: with an apostrophe before what it would run; and such texts read back.

A program that takes semicolons or tabs for separators begins a cell behind each of them, quotes or not.
"""

from __future__ import annotations

import re
from typing import TypeVar

_STARTS = "=+-@\t\r\n"
_BEGINS = r"(?:^|(?<=[;\t\r\n]))"
_RUN = re.compile(f"{_BEGINS}(?='*[{re.escape(_STARTS)}])")
_KEPT = re.compile(f"{_BEGINS}'(?='*[{re.escape(_STARTS)}])")

T = TypeVar("T")


def inert(value: T) -> T | str:
    """A text of which a part would be a formula, or has apostrophes before one, with one more before each; anything else as it is."""
    return _RUN.sub("'", value) if isinstance(value, str) else value


def read_back(text: str) -> str:
    """The text that was written so."""
    return _KEPT.sub("", text)


def may_hold_inert(text: str) -> bool:
    """Whether a text of many cells may hold one that was written so."""
    return any(f"'{start}" in text for start in _STARTS)
