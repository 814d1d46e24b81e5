"""The printed table: a line a measure, the last column what it must reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A measure with its cells; `value` is held against the bar, from above (`at_least`) or from below."""

    measure: str
    cells: tuple[str, ...]
    value: float = float("nan")
    bar: float | None = None
    at_least: bool = True

    @property
    def missed(self) -> bool:
        """Whether there is a bar and the value does not reach it."""
        return self.bar is not None and not (self.value >= self.bar if self.at_least else self.value <= self.bar)

    @property
    def written_bar(self) -> str:
        """The bar as printed, with a word where it is missed."""
        if self.bar is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {self.bar:g}{'  MISSED' if self.missed else ''}"


def show(title: str, heads: Sequence[str], lines: Sequence[Line]) -> None:
    """Print a table."""
    rows = [("", *heads, "bar"), *((line.measure, *line.cells, line.written_bar) for line in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    print(title)
    for row in rows:
        print("  " + "  ".join(text.ljust(width) if not at else text.rjust(width) for at, (text, width) in enumerate(zip(row, widths, strict=True))))
    print(flush=True)
