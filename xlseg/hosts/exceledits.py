"""Changes of an open Excel workbook, made one after the other, and taken back when one of them is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from xlseg.hosts.a1 import Area
from xlseg.hosts.blocks import blocks, rectangles
from xlseg.hosts.noted import NAME
from xlseg.hosts.twin import Changed, Place

_TABLE_STYLE = "TableStyleLight1"


class Edits:
    """What has been changed so far.

    Parameters
    ----------
    book
        The user's open workbook.
    drawn
        The open twin, from which new sheets and looks are taken.
    """

    def __init__(self, book: Any, drawn: Any) -> None:
        self._book, self._drawn = book, drawn
        self._back: list[Callable[[], object]] = []

    def make(self, changes: Sequence[Changed]) -> None:
        """All changes: new sheets first, formulas when everything they may refer to is there."""
        for change in changes:
            if change.made:
                self._add_sheet(change)
        there = [change for change in changes if not change.made]
        for change in there:
            self._change_rows(change)
        for change in changes:
            self._put_formulas(change)
        for change in there:
            self._dress(change)
            self._note(change)

    def undo(self) -> None:
        """Take everything back, as far as Excel lets it."""
        for step in reversed(self._back):
            with suppress(Exception):
                step()
        self._back.clear()

    def _add_sheet(self, change: Changed) -> None:
        sheet = self._drawn.sheets[change.name].copy(after=self._book.sheets[-1])
        self._back.append(sheet.delete)
        if sheet.name != change.name:
            sheet.name = change.name
        wanted = {(area.top, area.left): name for name, area in change.tables.items()}
        for table in sheet.tables:
            name = wanted.get((table.range.row, table.range.column))
            if name is not None and table.name != name:  # Excel numbers a name that another open book has
                table.name = name

    def _change_rows(self, change: Changed) -> None:
        sheet = self._book.sheets[change.name]
        tables = {str(table.name).casefold(): table for table in sheet.tables}
        known = [(tables[name.casefold()], area) for name, area in change.tables.items() if name.casefold() in tables]
        totals = [table for table, _ in known if table.show_totals]
        for table in totals:
            self._back.append(lambda table=table: setattr(table, "show_totals", True))  # type: ignore[misc]
            table.show_totals = False
        for table, area in known:
            self._resize(sheet, table, area)
        for area in change.grown:
            row = sheet.range((area.top, area.left), (area.top, area.right))
            row.copy(sheet.range((area.top + 1, area.left), (area.bottom, area.right)))
        for at, rows in blocks(change.values):
            self._put(sheet, at, [[_typed(value) for value in row] for row in rows])
        for name, area in change.tables.items():
            if name.casefold() not in tables:
                table = sheet.tables.add(_cells(sheet, area), name=name, table_style_name=_TABLE_STYLE)
                self._back.append(lambda table=table: table.api.Unlist())  # type: ignore[misc]
        for table in totals:
            table.show_totals = True

    def _resize(self, sheet: Any, table: Any, area: Area) -> None:
        before = table.range.address
        below = _cells(sheet, area)
        old = _as_typed(below)
        self._back.append(lambda: setattr(below, "value", old))
        table.resize(below)
        self._back.append(lambda: table.resize(sheet.range(before)))

    def _put(self, sheet: Any, at: Place, rows: Sequence[Sequence[Any]]) -> None:
        area = sheet.range(at, (at[0] + len(rows) - 1, at[1] + len(rows[0]) - 1))
        before = _as_typed(area)
        self._back.append(lambda: setattr(area, "value", before))
        area.value = rows

    def _put_formulas(self, change: Changed) -> None:
        sheet = self._book.sheets[change.name]
        for at, rows in blocks(change.formulas):
            self._put(sheet, at, [[f"={words}" for words in row] for row in rows])

    def _dress(self, change: Changed) -> None:
        sheet, models = self._book.sheets[change.name], self._drawn.sheets[change.name]
        for model, places in change.looks.items():
            for area in rectangles(places):
                _look_like(_cells(sheet, area), models.range(model))

    def _note(self, change: Changed) -> None:
        """Which cells are ours; where Excel does not let all of it be noted nothing is, and the next refresh knows that it does not know."""
        if change.noted is None:
            return
        sheet = self._book.sheets[change.name]
        before = notes(sheet)
        self._back.append(lambda: _put_notes(sheet, before))
        _put_notes(sheet, change.noted)


def notes(sheet: Any) -> dict[str, str]:
    """The names of a sheet that note our cells, and what they refer to."""
    return {plain(name): str(name.refers_to).removeprefix("=") for name in sheet.names if _is_note(name)}


def _drop_notes(sheet: Any) -> None:
    for name in [name for name in sheet.names if _is_note(name)]:
        name.delete()


def _put_notes(sheet: Any, noted: Mapping[str, str]) -> None:
    _drop_notes(sheet)
    try:
        for name, refers_to in noted.items():
            hidden = sheet.names.add(name, f"={refers_to}")
            with suppress(Exception):  # seen in the Name Manager then
                hidden.api.Visible = False
    except Exception:
        _drop_notes(sheet)


def _is_note(name: Any) -> bool:
    return plain(name).startswith(NAME)


def plain(name: Any) -> str:
    """A name of a sheet without the sheet before it."""
    return str(name.name).rpartition("!")[2]


def _cells(sheet: Any, area: Area) -> Any:
    return sheet.range((area.top, area.left), (area.bottom, area.right))


def _typed(value: str | float) -> str | float | None:
    """A value as it is handed to Excel, which reads texts as if they were typed: behind an apostrophe it leaves them alone."""
    if isinstance(value, str):
        return f"'{value}" if value else None
    return value


def _as_typed(area: Any) -> list[list[Any]]:
    """Cells so that handing them over again leaves them as they are."""
    values = area.options(ndim=2, err_to_str=True).value
    words = area.formula
    lines = words if isinstance(words, (list, tuple)) else [[words]]
    return [[_again(value, word) for value, word in zip(row, line, strict=True)] for row, line in zip(values, lines, strict=True)]


def _again(value: Any, word: Any) -> Any:
    if isinstance(word, str) and word.startswith("=") and word != value:
        return word
    return f"'{value}" if isinstance(value, str) and value else value


def _look_like(cells: Any, model: Any) -> None:
    cells.number_format = model.number_format
    cells.color = model.color
    for trait in ("bold", "italic", "color", "size"):
        wanted = getattr(model.font, trait)
        if wanted is not None:
            setattr(cells.font, trait, wanted)
