"""Texts in CSV files that a spreadsheet program shows and does not run: with an apostrophe before them, as is usual; and such texts read back."""

from __future__ import annotations

import re
from typing import TypeVar

_STARTS = "=+-@\t\r\n"
_RUN = re.compile(f"'*[{re.escape(_STARTS)}]")
_KEPT = re.compile(f"'+[{re.escape(_STARTS)}]")

T = TypeVar("T")


def inert(value: T) -> T | str:
    """A text that would be a formula, or one with apostrophes before it, with one more; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and _RUN.match(value) else value


def read_back(text: str) -> str:
    """The text that was written so."""
    return text[1:] if _KEPT.match(text) else text


def may_hold_inert(text: str) -> bool:
    """Whether a text of many cells may hold one that was written so."""
    return any(f"'{start}" in text for start in _STARTS)
