"""A workbook that is open in LibreOffice Calc: read as it stands there, and changed there cell by cell."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from xlseg.errors import FormatError
from xlseg.hosts.a1 import Area
from xlseg.hosts.blocks import blocks, rectangles
from xlseg.hosts.calcsheet import Ask, CalcSheet, Cells
from xlseg.hosts.noted import areas
from xlseg.hosts.twin import Changed, LiveSheet, Place, Twin
from xlseg.hosts.wire import Grid
from xlseg.workbook import Sheet, Tab, Written

Step = list[Any]
"""The name of something the extension does, and its arguments."""

_EPOCHS = {(1899, 12, 30): False, (1904, 1, 1): True}


class CalcWorkbook:
    """An open document, a `Workbook` of the port.

    Parameters
    ----------
    ask
        Asks the extension, which runs inside LibreOffice.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._sheets: dict[str, CalcSheet] = {}

    @property
    def name(self) -> str:
        """Title of the document's window."""
        return str(self._book["name"])

    @property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904."""
        return _EPOCHS.get(tuple(self._book["null"]), False)

    def sheets(self) -> Sequence[str]:
        """Names of the sheets that hold cells, in their order."""
        return [name for name, filled in self._book["sheets"] if filled]

    def sheet(self, name: str) -> Sheet:
        """One of them."""
        if name not in self._sheets:
            self._sheets[name] = CalcSheet(self._ask, name, dt.datetime(*self._book["null"]))
        return self._sheets[name]

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name."""
        if table.endswith("!"):
            return self._marked.get(table[:-1].casefold())
        return next((at[0] for name, at in self._book["tables"].items() if name.casefold() == table.casefold()), None)

    def write(self, tabs: Sequence[Tab], *, save: bool = True) -> Written:
        """Make or update the tabs, all or nothing; with `save=False` only say what would be done.

        Raises
        ------
        LayoutError
            When a tab of ours has lost its key column or has no room.
        FormatError
            When the document counts its days in a way that no workbook does.
        """
        self._forget()
        if tuple(self._book["null"]) not in _EPOCHS:
            fact = f"the document counts days from {dt.date(*self._book['null'])}"
            raise FormatError(self.name, fact, "choose 1899-12-30 under Tools, Options, LibreOffice Calc, Calculate")
        with tempfile.TemporaryDirectory(prefix="xlseg-", ignore_cleanup_errors=True) as folder:
            twin = Twin(Path(folder), [self._live(name) for name in self._homes(tabs)], self.name, epoch_1904=self.epoch_1904)
            try:
                written, changes = twin.update(tabs)
                if save and changes:
                    twin.save()
                    layouts, url = [tab.name for tab in tabs if not tab.tables and not tab.input], twin.path.as_uri()
                    self._ask("apply", making(changes, url, layouts), changing(changes, url))
            finally:
                twin.close()
        self._forget()
        return written

    def _forget(self) -> None:
        """What was read before a change need not be so after it."""
        self.__dict__.pop("_book", None)
        self._sheets.clear()

    @cached_property
    def _book(self) -> dict[str, Any]:
        book: dict[str, Any] = self._ask("book")
        return book

    @property
    def _marked(self) -> dict[str, str]:
        return {tab.casefold(): sheets[0] for tab, sheets in self._book["marks"].items()}

    def _homes(self, tabs: Sequence[Tab]) -> list[str]:
        """The sheets that are tabs of ours already, by name, table or mark."""
        tables = {table.name.casefold() for tab in tabs for table in tab.tables}
        ours = {tab.name.casefold() for tab in tabs}
        holders = {at[0] for table, at in self._book["tables"].items() if table.casefold() in tables}
        holders.update(*self._book["marks"].values())
        return [name for name, _ in self._book["sheets"] if name.casefold() in ours or name in holders]

    def _live(self, name: str) -> LiveSheet:
        formulas: Mapping[Place, str] = {(row + 1, column + 1): words for row, column, words in self._ask("formulas", name)}
        tables = {table: Area(*(n + 1 for n in at[1:])) for table, at in self._book["tables"].items() if at[0] == name}
        mark = next((tab for tab, sheets in self._book["marks"].items() if name in sheets), None)
        return LiveSheet(name, Cells.read(self._ask, name).columns(), formulas, tables, mark, self._book["noted"].get(name, {}))


def making(changes: Sequence[Changed], twin: str, layouts: Collection[str]) -> list[Step]:
    """How the new sheets are made, counted from 0: the sheets, which tab each is, their tables, what stays in sight."""
    made = [change for change in changes if change.made]
    done: list[Step] = [["sheets", twin, [change.name for change in made]]] if made else []
    done += [["mark", change.name] for change in made if change.name in layouts]
    done += [["table", table, change.name, *_from_0(area)] for change in made for table, area in change.tables.items()]
    done += _noting(made)
    return done + [["freeze", change.name, *change.frozen] for change in made if any(change.frozen)]


def changing(changes: Sequence[Changed], twin: str) -> list[Step]:
    """What is changed then, in this order, counted from 0: tables, rows, values, formulas, looks."""
    there = [change for change in changes if not change.made]
    done: list[Step] = [["table", table, change.name, *_from_0(area)] for change in there for table, area in change.tables.items()]
    done += [["like", change.name, *_from_0(area)] for change in there for area in change.grown]
    for change in there:  # to Calc TRUE is the number 1
        values = {at: float(value) if isinstance(value, bool) else value for at, value in change.values.items()}
        done += [["cells", change.name, row - 1, column - 1, Grid(rows)] for (row, column), rows in blocks(values)]
    for change in changes:
        if change.formulas:
            done.append(["formulas", change.name, [[row - 1, column - 1, words] for (row, column), words in change.formulas.items()]])
    looks = [
        [change.name, row - 1, column - 1, [_from_0(area) for area in rectangles(cells)]]
        for change in there
        for (row, column), cells in change.looks.items()
    ]
    done += _noting(there)
    return [*done, ["looks", twin, looks]] if looks else done


def _noting(changes: Sequence[Changed]) -> list[Step]:
    return [
        ["note", change.name, [[name, *_from_0(area)] for name, found in areas(change.noted).items() for area in found]]
        for change in changes
        if change.noted
    ]


def _from_0(area: Area) -> list[int]:
    return [area.top - 1, area.left - 1, area.bottom - 1, area.right - 1]
