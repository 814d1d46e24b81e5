"""Which row of a table gets which new values, by the growth of the table."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple

from xlseg.workbook import Growth


class Row(NamedTuple):
    """A row of the table as it shall be.

    Attributes
    ----------
    values
        Index of the new values; None: what stands there stays.
    origin
        Index of the old row whose user cells it gets; None: it has none, it is new.
    fresh
        Whether the kept columns are filled too.
    """

    values: int | None
    origin: int | None
    fresh: bool


EMPTY = -1
"""`values` of the one blank row that a table without rows has."""


def plan(growth: Growth, old: Sequence[str], new: Sequence[str], keyed: bool) -> list[Row]:
    """Rows from the first to the last.

    `old` and `new` are the keys; without `keyed` only their number counts. A key that is there several times is paired in order.
    """
    rows = _replaced(old, new, keyed) if growth == "replace" else _grown(growth, old, new, keyed)
    is_blank = list(old) == [""]  # already: what the user has typed there stays
    return rows or [Row(EMPTY, 0 if is_blank else None, not is_blank)]


def _grown(growth: Growth, old: Sequence[str], new: Sequence[str], keyed: bool) -> list[Row]:
    if not keyed and growth == "keep":
        raise ValueError("a table that keeps its rows needs a key")
    if len(old) == 1 and not old[0] and new:  # the blank row of an empty table
        return [Row(i, 0 if i == 0 else None, True) for i in range(len(new))]
    if growth == "keep" and list(old) == list(new[: len(old)]):
        return [Row(i, i, False) for i in range(len(old))] + [Row(i, None, True) for i in range(len(old), len(new))]
    waiting = _positions(new)
    rows = []
    for index, key in enumerate(old):
        queue = waiting[key] if keyed else deque()
        matched = queue.popleft() if queue else None
        rows.append(Row(matched if growth == "keep" else None, index, False))
    known = set(old) if keyed else set()
    if growth == "append":
        return rows + [Row(i, None, True) for i, key in enumerate(new) if key not in known]
    return rows + [Row(i, None, True) for i in sorted(i for queue in waiting.values() for i in queue)]


def _replaced(old: Sequence[str], new: Sequence[str], keyed: bool) -> list[Row]:
    if not keyed:
        return [Row(i, i if i < len(old) else None, i >= len(old)) for i in range(len(new))]
    if len(old) == 1 and not old[0] and new:  # the blank row of an empty table
        return [Row(i, 0 if i == 0 else None, True) for i in range(len(new))]
    places = _positions(old)
    rows = []
    for index, key in enumerate(new):
        origin = places[key].popleft() if places[key] else None
        rows.append(Row(index, origin, origin is None))
    return rows


def _positions(keys: Sequence[str]) -> defaultdict[str, deque[int]]:
    positions: defaultdict[str, deque[int]] = defaultdict(deque)
    for index, key in enumerate(keys):
        positions[key].append(index)
    return positions
