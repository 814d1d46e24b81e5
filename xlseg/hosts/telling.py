"""Sentences of a refresh about what is the user's."""

from __future__ import annotations

from collections.abc import Sequence

_TOLD, _LONGEST_TOLD = 3, 40
"""Things that are told, and characters of each."""


def went_with_rows(sheet: str, which: str, gone: Sequence[tuple[str, str]]) -> str:
    """That things went with their rows, some of them by the name of their row and their words, if they have any."""
    told = ", ".join(f"{row} {_brief(words)}" if words else row for row, words in gone[:_TOLD])
    more = f" and {len(gone) - _TOLD} more" if len(gone) > _TOLD else ""
    return f"{sheet}: {which} went with them: {told}{more}."


def _brief(words: str) -> str:
    words = " ".join(words.split())
    return repr(words if len(words) <= _LONGEST_TOLD else f"{words[:_LONGEST_TOLD]}…")
