"""The part of xlwings that the live host uses, over openpyxl: an Excel of paper.

It reads what it is handed as Excel does: a text as if it were typed. Every name here is one that xlwings has (`test_excel_host.py` looks).
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table as FileTable
from openpyxl.worksheet.table import TableColumn, TableStyleInfo

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[0-9]+)?%?")
ERRORS = ("#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!")


class Refused(Exception):
    """What COM raises when Excel is busy."""


class App:
    def __init__(self) -> None:
        self.screen_updating, self.calculation, self.enable_events, self.display_alerts = True, "automatic", True, True
        self.status_bar: str | bool = False
        self.books = Books(self)
        self.alerts: list[str] = []
        self.left = 10**9
        """Changes that Excel still accepts."""

    def alert(self, prompt: str, title: str | None = None, buttons: str = "ok", mode: str | None = None, callback: str | None = None) -> str:
        self.alerts.append(prompt)
        return "ok"

    def change(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Refused("Call was rejected by callee.")


class Books:
    def __init__(self, app: App) -> None:
        self._app, self.opened = app, []

    def open(self, fullname: str) -> Book:
        self.opened.append(Book(Path(fullname), self._app))
        return self.opened[-1]


class Book:
    def __init__(self, path: Path, app: App | None = None) -> None:
        self.path, self.app = path, app or App()
        self.file = openpyxl.load_workbook(path)
        self.values = openpyxl.load_workbook(path, data_only=True)
        self.name, self.fullname = path.name, str(path)
        self.sheets = Sheets(self)
        self.closed = False
        self.api = SimpleNamespace(Date1904=self.file.epoch.year == 1904, ProtectStructure=False)

    def activate(self) -> None:
        """Nobody looks."""

    def close(self) -> None:
        self.closed = True


class Sheets:
    def __init__(self, book: Book) -> None:
        self._book = book

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self._book, name) for name in self._book.file.sheetnames)

    def __len__(self) -> int:
        return len(self._book.file.sheetnames)

    def __getitem__(self, item: int | str) -> Sheet:
        names = self._book.file.sheetnames
        return Sheet(self._book, names[item] if isinstance(item, int) else next(n for n in names if n.casefold() == item.casefold()))

    @property
    def active(self) -> Sheet:
        return self[0]


class Sheet:
    def __init__(self, book: Book, name: str) -> None:
        self.book, self.file = book, book.file[name]
        self.api = SimpleNamespace(ProtectContents=self.file.protection.sheet)

    @property
    def name(self) -> str:
        return str(self.file.title)

    @name.setter
    def name(self, value: str) -> None:
        self.book.values[self.name].title = value
        self.file.title = value

    @property
    def used_range(self) -> Range:
        return Range(self, (1, 1, max(self.file.max_row, 1), max(self.file.max_column, 1)))

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def names(self) -> Names:
        return Names(self)

    def range(self, first: Any, last: Any = None) -> Range:
        if isinstance(first, str):
            left, top, right, bottom = range_boundaries(first.replace("$", ""))
            return Range(self, (top, left, bottom, right))
        return Range(self, (*first, *(last or first)))

    def copy(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        assert after is not None
        after.book.app.change()
        for source, target in ((self.file, after.book.file), (self.book.values[self.name], after.book.values)):
            made = target.create_sheet(self.name)
            for row in source.iter_rows():
                for cell in row:
                    new = made.cell(cell.row, cell.column, cell.value)
                    for trait in ("font", "fill", "number_format", "alignment", "border"):
                        setattr(new, trait, copy.copy(getattr(cell, trait)))
            for letter, dimension in source.column_dimensions.items():
                made.column_dimensions[letter].width = dimension.width
            made.freeze_panes = source.freeze_panes
            made.conditional_formatting = copy.copy(source.conditional_formatting)
            for local, defined in source.defined_names.items():
                made.defined_names[local] = copy.copy(defined)
        for table in self.file.tables.values():
            after.book.file[self.name].add_table(copy.deepcopy(table))
        return Sheet(after.book, self.name)

    def delete(self) -> None:
        del self.book.values[self.name]
        del self.book.file[self.name]

    def activate(self) -> None:
        """Nobody looks."""


class Names:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def __iter__(self) -> Iterator[Name]:
        return (Name(self._sheet, name) for name in list(self._sheet.file.defined_names))

    def add(self, name: str, refers_to: str) -> Name:
        self._sheet.book.app.change()
        assert re.fullmatch(r"='[^']+'!\$[A-Z]+\$[0-9]+(:\$[A-Z]+\$[0-9]+)?", refers_to)
        self._sheet.file.defined_names[name] = DefinedName(name, attr_text=refers_to.removeprefix("="))
        return Name(self._sheet, name)


class Name:
    def __init__(self, sheet: Sheet, name: str) -> None:
        self._sheet, self._name = sheet, name
        self.api = self

    @property
    def name(self) -> str:
        return f"{self._sheet.name}!{self._name}"

    @property
    def refers_to(self) -> str:
        return f"={self._sheet.file.defined_names[self._name].value}"

    def delete(self) -> None:
        self._sheet.book.app.change()
        del self._sheet.file.defined_names[self._name]

    def __setattr__(self, trait: str, value: Any) -> None:
        if trait == "Visible":
            self._sheet.file.defined_names[self._name].hidden = not value
        else:
            super().__setattr__(trait, value)


class Tables:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def __iter__(self) -> Iterator[Table]:
        return (Table(self._sheet, each) for each in self._sheet.file.tables.values())

    def add(self, source: Any, name: str, table_style_name: str = "TableStyleMedium2") -> Table:
        self._sheet.book.app.change()
        table = FileTable(displayName=name, ref=source.address.replace("$", ""), tableStyleInfo=TableStyleInfo(name=table_style_name))
        table._initialise_columns()
        for column, cell in zip(table.tableColumns, self._sheet.file[table.ref][0], strict=True):
            column.name = str(cell.value)
        self._sheet.file.add_table(table)
        return Table(self._sheet, table)


class Table:
    def __init__(self, sheet: Sheet, file: FileTable) -> None:
        self._sheet, self._file = sheet, file

    @property
    def name(self) -> str:
        return str(self._file.displayName)

    @property
    def range(self) -> Range:
        return self._sheet.range(self._file.ref)

    @property
    def show_totals(self) -> bool:
        return bool(self._file.totalsRowCount)

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        if value == self.show_totals:
            return
        top, left, bottom, right = self.range.edges
        if value:  # Excel remembers what stood there
            bottom += 1
            for offset, (formula, shown) in enumerate(self._sheet.book.app.__dict__.setdefault("totals", {}).get(self.name, ())):
                self._sheet.file.cell(bottom, left + offset, formula)
                self._sheet.book.values[self._sheet.name].cell(bottom, left + offset, shown)
        else:
            old = [(self._sheet.file.cell(bottom, c), self._sheet.book.values[self._sheet.name].cell(bottom, c)) for c in range(left, right + 1)]
            self._sheet.book.app.__dict__.setdefault("totals", {})[self.name] = [(a.value, b.value) for a, b in old]
            for a, b in old:
                a.value = b.value = None
            bottom -= 1
        self._file.totalsRowCount = 1 if value else None
        self._file.ref = Range(self._sheet, (top, left, bottom, right)).address.replace("$", "")

    def resize(self, range: Range) -> None:
        self._sheet.book.app.change()
        assert not self.show_totals, "what Excel then does with the totals row is another story"
        self._file.ref = range.address.replace("$", "")
        if self._file.autoFilter is not None:
            self._file.autoFilter.ref = self._file.ref
        headings = self._sheet.file[self._file.ref][0]
        while len(self._file.tableColumns) < len(headings):
            self._file.tableColumns.append(TableColumn(id=90 + len(self._file.tableColumns), name="new"))


class Font:
    def __init__(self, area: Range) -> None:
        object.__setattr__(self, "_area", area)

    def __getattr__(self, trait: str) -> Any:
        font = self._area.cell.font
        if trait == "color":
            rgb = font.color.rgb if font.color is not None and isinstance(font.color.rgb, str) else None
            return tuple(bytes.fromhex(rgb[-6:])) if rgb else None
        return getattr(font, trait)

    def __setattr__(self, trait: str, value: Any) -> None:
        for cell in self._area.cells():
            font = copy.copy(cell.font)
            setattr(font, trait, bytes(value).hex().upper().rjust(8, "F") if trait == "color" else value)
            cell.font = font


class Range:
    def __init__(self, sheet: Sheet, edges: tuple[int, int, int, int]) -> None:
        self.sheet, self.edges = sheet, edges
        self.row, self.column, bottom, right = edges
        self.shape = (bottom - self.row + 1, right - self.column + 1)
        self._ndim, self._errors = None, False

    @property
    def address(self) -> str:
        top, left, bottom, right = self.edges
        return f"${get_column_letter(left)}${top}:${get_column_letter(right)}${bottom}"

    @property
    def last_cell(self) -> Range:
        return Range(self.sheet, (*self.edges[2:], *self.edges[2:]))

    @property
    def cell(self) -> Any:
        return self.sheet.file.cell(self.row, self.column)

    def cells(self) -> Iterator[Any]:
        top, left, bottom, right = self.edges
        return (cell for row in self.sheet.file.iter_rows(top, bottom, left, right) for cell in row)

    def options(self, convert: Any = None, *, ndim: int | None = None, err_to_str: bool = False, dates: Any = None) -> Range:
        found = Range(self.sheet, self.edges)
        found._ndim, found._errors = ndim, err_to_str
        return found

    def _read(self, value: Any) -> Any:
        if isinstance(value, str) and value in ERRORS:
            return value if self._errors else None
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return dt.datetime(value.year, value.month, value.day)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def value(self) -> Any:
        top, left, bottom, right = self.edges
        rows = self.sheet.book.values[self.sheet.name].iter_rows(top, bottom, left, right, values_only=True)
        found = [[self._read(value) for value in row] for row in rows]
        return found if self._ndim == 2 or self.shape != (1, 1) else found[0][0]

    @value.setter
    def value(self, data: Any) -> None:
        self.sheet.book.app.change()
        values = self.sheet.book.values[self.sheet.name]
        rows = data if isinstance(data, list) else [[data] * self.shape[1]] * self.shape[0]
        assert (len(rows), len(rows[0])) == self.shape
        for r, row in enumerate(rows, start=self.row):
            for c, given in enumerate(row, start=self.column):
                new = typed(given)
                self.sheet.file.cell(r, c).value = new
                values.cell(r, c).value = None if isinstance(given, str) and given.startswith("=") else new
                if isinstance(given, str) and given.startswith("'"):
                    self.sheet.file.cell(r, c).data_type = values.cell(r, c).data_type = "s"

    @property
    def formula(self) -> Any:
        top, left, bottom, right = self.edges
        rows = self.sheet.file.iter_rows(top, bottom, left, right, values_only=True)
        found = tuple(tuple("" if value is None else str(value) for value in row) for row in rows)
        return found if self.shape != (1, 1) else found[0][0]

    def copy(self, destination: Range) -> None:
        self.sheet.book.app.change()
        top, left, bottom, right = destination.edges
        for r in range(top, bottom + 1):
            for c in range(left, right + 1):
                for book in (self.sheet.file, self.sheet.book.values[self.sheet.name]):
                    source, target = book.cell(self.row, self.column + c - left), book.cell(r, c)
                    target.value, target._style = source.value, copy.copy(source._style)

    @property
    def number_format(self) -> str:
        return str(self.cell.number_format)

    @number_format.setter
    def number_format(self, value: str) -> None:
        for cell in self.cells():
            cell.number_format = value

    @property
    def color(self) -> tuple[int, int, int] | None:
        fill = self.cell.fill
        return tuple(bytes.fromhex(fill.fgColor.rgb[-6:])) if fill.fill_type == "solid" and isinstance(fill.fgColor.rgb, str) else None

    @color.setter
    def color(self, value: tuple[int, int, int] | None) -> None:
        for cell in self.cells():
            rgb = bytes(value).hex().upper().rjust(8, "F") if value else None
            cell.fill = openpyxl.styles.PatternFill("solid", fgColor=rgb) if rgb else openpyxl.styles.PatternFill()

    @property
    def font(self) -> Font:
        return Font(self)


def typed(given: Any) -> Any:
    """What Excel makes of a value it is handed: texts are read as if they were typed."""
    if not isinstance(given, str):
        return given
    if given.startswith("'"):
        return given[1:]
    if NUMBER.fullmatch(given):
        return float(given.rstrip("%"))
    return given or None


def saved(book: Book) -> Path:
    """The book as Excel would save it: formulas with no values, which is enough to look at."""
    book.file.save(book.path)
    return book.path
