"""What the command line shows: lines that no cell can play tricks with, and the stop under way."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from xlseg.terminal import plain_json, plain_line


def never_fail_to_print() -> None:
    """A character that the terminal or pipe cannot show is escaped, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def complain(words: str) -> None:
    """One line on the error output."""
    print(plain_line(f"xlseg: {words}"), file=sys.stderr)


def say(*lines: str) -> None:
    """Lines on the output."""
    print("\n".join(map(plain_line, lines)))


def say_json(facts: dict[str, Any]) -> None:
    """One JSON object on the output."""
    print(plain_json(json.dumps(facts, indent=2, ensure_ascii=False)))


class Progress:
    """Names the stop under way on the terminal, in one line that is wiped at the end; silent in a pipe."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __call__(self, stop: str) -> None:
        """Name the stop that begins."""
        if self.shown:
            print(f"\r\x1b[K{stop} …", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
