"""Single cells gathered into rectangles, so that they change hands a few blocks at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from xlseg.hosts.a1 import Area

V = TypeVar("V")


def blocks(values: Mapping[tuple[int, int], V]) -> list[tuple[tuple[int, int], list[list[V]]]]:
    """The rows of each rectangle of cells, with its first cell."""
    areas = rectangles(values)
    return [
        ((area.top, area.left), [[values[row, column] for column in range(area.left, area.right + 1)] for row in range(area.top, area.bottom + 1)])
        for area in areas
    ]


def rectangles(places: Iterable[tuple[int, int]]) -> list[Area]:
    """Runs of cells down a column, joined where neighbours begin and end in the same rows."""
    runs: list[Area] = []
    for column, row in sorted((column, row) for row, column in places):
        last = runs[-1] if runs else None
        if last and last.left == column and last.bottom == row - 1:
            runs[-1] = Area(last.top, column, row, column)
        else:
            runs.append(Area(row, column, row, column))
    wide: dict[tuple[int, int, int], Area] = {}
    for run in runs:
        beside = wide.pop((run.top, run.bottom, run.left - 1), None)
        wide[run.top, run.bottom, run.right] = Area(run.top, beside.left if beside else run.left, run.bottom, run.right)
    return list(wide.values())
