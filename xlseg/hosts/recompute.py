"""Formulas of ours in a book without a spreadsheet program: their arguments read, their answers written beside them.

A viewer without the add-in, and every program that reads the file, shows the value that is stored with a formula. Nothing is
evaluated but our own functions; an argument that only a spreadsheet program can compute leaves the formula as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from xlseg.errors import FormatError
from xlseg.hosts.a1 import Area, place
from xlseg.hosts.book import Book
from xlseg.hosts.calls import Argument, Call, Literal
from xlseg.hosts.circles import groups
from xlseg.hosts.formulacells import FormulaCell, FormulaSheet, formula_sheets
from xlseg.hosts.operands import Operands
from xlseg.hosts.reading import open_sheets
from xlseg.hosts.references import Place, Resolver
from xlseg.workbook import CellError, Recomputed, Source, Value

Answering = Callable[[str, Sequence[Any]], Any]
"""From a function's name and its arguments (a value, or a tuple of rows; None is left out) to a value, or a list of rows of values."""

_LARGEST = 2_000_000
"""Cells that all answers together may fill."""
_MOST_STEPS = 1_000_000
"""From formulas to those that they refer to; where there are more, a spreadsheet program computes them all."""
_NOTHING = CellError("#N/A")


class Formulas(Protocol):
    """Some functions that cells may call."""

    @property
    def names(self) -> Collection[str]:
        """Their names, in capitals."""

    def of(self, book: Source) -> Answering:
        """What answers their calls in the cells of a book."""


@dataclass(frozen=True)
class Done:
    """What was computed: in numbers, and where.

    Attributes
    ----------
    places
        Names of the cells whose formulas have been computed, by sheet.
    texts
        The formulas that have been computed.
    changed
        Names of the sheets on which an answer is another one now.
    others
        Whether any other formula stands on these.
    """

    recomputed: Recomputed = field(default_factory=Recomputed)
    places: Mapping[str, Collection[str]] = field(default_factory=dict)
    texts: Collection[str] = ()
    changed: tuple[str, ...] = ()
    others: bool = False


def recompute(book: Book, formulas: Formulas, known: Mapping[str, bytes]) -> Done:
    """Bring the values of all formulas of ours up to date, as the book is now; `known` is the XML in which all formulas of a sheet stand."""
    sheets = formula_sheets(book, formulas.names, known)
    if not sheets:
        return Done()
    with _as_saved(book) as source:
        work = _Work(book, sheets, Operands(source), formulas.of(source))
        work.compute()
    return work.put()


@contextmanager
def _as_saved(book: Book) -> Iterator[Source]:
    """The book as it will be read when it is saved."""
    with TemporaryDirectory(prefix="xlseg-") as folder:
        copy = Path(folder, book.package.name)
        with copy.open("wb") as file:
            book.package.save(file)
        yield open_sheets(copy)


class _Work:
    def __init__(self, book: Book, sheets: Mapping[str, FormulaSheet], operands: Operands, answering: Answering) -> None:
        self._book, self._sheets, self._operands, self._answering = book, sheets, operands, answering
        self._resolver = Resolver(book)
        self._cells = [cell for sheet in sheets.values() for cell in sheet.cells]
        self._reach: dict[FormulaCell, Area] = {}
        self._left: set[FormulaCell] = set()
        self._filled = 0

    def compute(self) -> None:
        """Answer every formula whose arguments can be read, those that others refer to first."""
        waiting, graph = {cell: self._arguments(cell) for cell in self._cells}, _Graph(self._cells)
        if sum(graph.steps(p) for places in waiting.values() for p in places or () if p) > _MOST_STEPS:
            self._left |= set(self._cells)
            return
        for cell in self._in_order(waiting, graph):
            places = waiting[cell]
            if places is None or cell.call is None or cell in self._left or cell.area.size + self._filled > _LARGEST:
                self._left.add(cell)
            else:
                self._answer(cell, cell.call, places)

    def put(self) -> Done:
        """Write the answers into the sheets."""
        done = [cell for cell in self._cells if cell not in self._left]
        changed: dict[str, int] = {}
        for name, sheet in self._sheets.items():
            moved = {(c.row, c.column): self._reach[c] for c in done if c.sheet == name and self._reach[c] != c.area}
            here = sheet.put(self._operands.computed(name), moved)
            touched = [c for c in done if c.sheet == name and _touches(self._reach[c], c.area, here)] if here else []
            changed |= {name: len(touched)} if touched else {}
        places = {name: {place(c.row, c.column) for c in done if c.sheet == name} for name in self._sheets}
        others = any(self._sheets[name].others(places[name]) for name in changed)
        left = tuple(cell.place for cell in self._cells if cell in self._left)
        return Done(Recomputed(len(done), sum(changed.values()), left), places, {c.words for c in done}, tuple(changed), others)

    # ── arguments ────────────────────────────────────────────────────────────

    def _arguments(self, cell: FormulaCell) -> list[Place | None] | None:
        """Where each argument of a formula is, None for one that is no place; None for all when one of them is nowhere."""
        if cell.call is None:
            return None
        places = [self._resolver.place(argument, cell.sheet, cell.row, cell.column) for argument in cell.call.arguments]
        nowhere = any(p is None and not isinstance(a, Literal | None) for a, p in zip(cell.call.arguments, places, strict=True))
        return None if nowhere else places

    def _in_order(self, waiting: Mapping[FormulaCell, list[Place | None] | None], graph: _Graph) -> Iterator[FormulaCell]:
        """The formulas, each behind those it refers to; those that refer to themselves in the end are left."""

        def needed(cell: FormulaCell) -> list[FormulaCell]:
            found = [other for p in waiting[cell] or () if p for other in graph.within(p)]
            if cell in found:
                self._left.add(cell)
            return found

        for group in groups(self._cells, needed):
            if len(group) > 1:
                self._left |= set(group)
            yield from group

    def _answer(self, cell: FormulaCell, call: Call, places: Sequence[Place | None]) -> None:
        height = cell.area.bottom - cell.area.top + 1
        try:
            given = [self._given(a, p, height) for a, p in zip(call.arguments, places, strict=True)]
        except FormatError:  # of a sheet that the refresh itself has no need to read
            self._left.add(cell)
            return
        answer = self._answering(call.name, given)
        rows = answer if isinstance(answer, list) else [[answer]]
        reach = _reach(cell, rows)
        if not self._has_room(cell, reach):
            self._left.add(cell)
            return
        self._reach[cell] = reach
        self._filled += reach.size
        self._operands.show(cell.sheet, _spread(rows, reach) | _cleared(cell.area, reach))

    def _given(self, argument: Argument, at: Place | None, height: int) -> Any:
        if at is not None:
            return self._operands.at(at, height)
        return argument.value if isinstance(argument, Literal) else None

    def _has_room(self, cell: FormulaCell, reach: Area) -> bool:
        if reach.size + self._filled > _LARGEST:
            return False
        if reach == cell.area:
            return True
        shown = self._operands.computed(cell.sheet)
        places = reach.cells() if reach.size <= len(shown) else filter(lambda at: reach.holds(*at), shown)
        is_taken = any(shown.get(at) is not None and not cell.area.holds(*at) for at in places)
        return not is_taken and self._sheets[cell.sheet].is_free(reach, cell.area)


class _Graph:
    """Which formulas stand in a place."""

    def __init__(self, cells: Sequence[FormulaCell]) -> None:
        self._single: dict[str, dict[tuple[int, int], FormulaCell]] = {}
        self._large: dict[str, list[FormulaCell]] = {}
        self._around: dict[str, Area] = {}
        for cell in cells:
            area, around = cell.area, self._around.get(cell.sheet, cell.area)
            self._around[cell.sheet] = around.with_cell(area.top, area.left).with_cell(area.bottom, area.right)
            if area.size == 1:
                self._single.setdefault(cell.sheet, {})[cell.row, cell.column] = cell
            else:
                self._large.setdefault(cell.sheet, []).append(cell)

    def within(self, at: Place) -> list[FormulaCell]:
        """The formulas whose answers show in the place."""
        around = self._around.get(at.sheet)
        if around is None or not around.meets(at.area):
            return []
        return [*self._singles(at), *(cell for cell in self._large.get(at.sheet, ()) if cell.area.meets(at.area))]

    def steps(self, at: Place) -> int:
        """How many cells are looked at to find them."""
        around = self._around.get(at.sheet)
        if around is None or not around.meets(at.area):
            return 0
        return min(at.area.size, len(self._single.get(at.sheet, ()))) + len(self._large.get(at.sheet, ()))

    def _singles(self, at: Place) -> Iterator[FormulaCell]:
        known, area = self._single.get(at.sheet, {}), at.area
        if area.size > len(known):
            return (cell for where, cell in known.items() if area.holds(*where))
        return (known[where] for where in area.cells() if where in known)


def _reach(cell: FormulaCell, rows: Sequence[Sequence[Value]]) -> Area:
    """The cells that will show the answer."""
    if cell.kind != "spill":
        return cell.area
    return Area(cell.row, cell.column, cell.row + max(len(rows), 1) - 1, cell.column + max(1, *map(len, rows), 1) - 1)


def _spread(rows: Sequence[Sequence[Value]], area: Area) -> dict[tuple[int, int], Value]:
    """An answer in an area, as Excel shows it: one row or column is repeated, and #N/A stands where the answer has nothing."""

    def at(i: int, j: int) -> Value:
        row = rows[0] if len(rows) == 1 else rows[i] if i < len(rows) else ()
        value = row[0] if len(row) == 1 else row[j] if j < len(row) else _NOTHING
        return "" if value is None else value

    return {(row, column): at(row - area.top, column - area.left) for row, column in area.cells()}


def _cleared(old: Area, new: Area) -> dict[tuple[int, int], Value]:
    """The cells that an answer no longer reaches."""
    return {} if new == old else {at: None for at in old.cells() if not new.holds(*at)}


def _touches(new: Area, old: Area, changed: Collection[tuple[int, int]]) -> bool:
    return any(at in changed for area in {new, old} for at in area.cells())
