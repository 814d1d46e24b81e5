"""The port: what a workbook is to the rest of xlseg, values only.

A *sheet* is read, a *tab* is written; a *grid* is cells, a *table* is a list with headings. Hosts (a file, Excel, Calc) serve
the two protocols at the end of this page and know nothing of segments; the core makes and takes the values in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np


@dataclass(frozen=True)
class CellError:
    """An error value in a cell, such as `#N/A`."""

    code: str

    def __str__(self) -> str:
        return self.code


Value = str | int | float | bool | dt.date | dt.datetime | CellError | None
"""What a cell holds; None is an empty cell."""

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Grid:
    """A rectangle of cells below the header row, column by column.

    Attributes
    ----------
    first_row
        Number (from 1) of the sheet row of element 0.
    columns
        One array a sheet column from column A on, all of one length: float64 (NaN = empty), datetime64[s] (NaT = empty), or object
        with elements of `Value`. A column whose cells differ in type is always object: nothing is turned into text or back.
    coded
        Of columns (by position) that a host has read as codes anyway: for each cell its position among the different ones, and those.
    """

    first_row: int
    columns: tuple[Array, ...]
    coded: Mapping[int, tuple[Array, Array]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0]) if self.columns else 0


class Sheet(Protocol):
    """One sheet, read only."""

    @property
    def name(self) -> str:
        """Name on the sheet's tab."""

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows` from column A on, each as long as the sheet is wide or shorter; empty rows are kept."""

    def body(self, below: int) -> Grid:
        """All rows below row number `below` (the header's)."""


class Source(Protocol):
    """Something that sheets can be read from: a workbook, a folder of CSV files."""

    @property
    def name(self) -> str:
        """What the user calls it: the file's or folder's name."""

    @property
    def epoch_1904(self) -> bool:
        """Whether a bare number that is a date counts from 1904."""

    def sheets(self) -> Sequence[str]:
        """Names of all sheets that hold cells, in their order."""

    def sheet(self, name: str) -> Sheet:
        """One of them."""


@runtime_checkable
class ReadsSomeColumns(Protocol):
    """A sheet of which some columns are read faster than all."""

    def some(self, below: int, columns: Collection[int] | None) -> Grid:
        """All rows below a row, as from `body`. Of other than some columns (counted from 0; None: all) cells may be missing, and at the end rows."""


@runtime_checkable
class HasTables(Protocol):
    """A source that knows its Excel tables: by them a tab is found that the user has renamed."""

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name, or for `Migration!` that was made as that tab; None when there is none."""


@runtime_checkable
class KnowsTotals(Protocol):
    """A source that tells the data of an Excel table from its totals row and from what stands below, which may look like it."""

    def totals_row(self, table: str) -> int | None:
        """Number of the totals row of the table of this name; None when it has none, or there is no such table."""

    def last_row(self, table: str) -> int | None:
        """Number of the last row of the table's data; None when there is no such table."""


@runtime_checkable
class KnowsUncomputed(Protocol):
    """A source that tells a formula that nobody has computed yet from an empty cell, which it looks like."""

    def uncomputed(self, sheet: str) -> Sequence[tuple[int, int]]:
        """Rows and columns (from 1) of the cells of a sheet that hold a formula and no value."""


@runtime_checkable
class ReadByAnyThread(Protocol):
    """A source such as a file, from which one thread may read after another; a spreadsheet program lends its sheets to one thread alone."""

    @property
    def reads_by_any_thread(self) -> Literal[True]:
        """Always so."""


# ── what is written ──────────────────────────────────────────────────────────

Style = Literal[
    "title", "subtitle", "section", "label", "header", "text", "wrap", "date", "money", "days", "share", "count", "ratio", "score",
    "grey_share", "grey_count", "good", "bad", "warn", "note",
    "input_text", "input_wrap", "input_number", "input_date",
    "head_text", "head_date", "head_count", "section_note", "card_label", "card_note", "card_good", "card_bad",
    "card_money", "card_days", "card_share", "card_count", "was_money", "was_days", "was_share", "was_count",
]  # fmt: skip
"""The looks a cell can have; each host says once how they look. `input_…` are cells the user types into.
`card_…` are the figures of the Dashboard, `was_…` what they were a month before."""

Growth = Literal["keep", "replace", "append"]
"""What a refresh does with the rows of a table that is already there.

keep: a row stays with its key, new keys are appended, rows whose key is gone keep their values;
replace: the rows become exactly the new ones, in their order; values (not formulas) in columns of the user's follow their key;
append: the rows that are there stay as they are, the new ones come after them.
"""


@dataclass(frozen=True)
class Cell:
    """A single cell: a value, or a formula (without `=`) with the value it has now."""

    value: Value
    style: Style = "text"
    formula: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table.

    `kept` marks a column that belongs to the user (Acknowledged, Owner …): `values` fill new rows only, and what stands in the cell stays.
    `values` is a list of Value or an array (float64 with NaN = empty, datetime64[s] with NaT = empty).
    `choices` is a list of words with commas between, or a range: a drop-down on every cell of the column.
    """

    heading: str
    values: Sequence[Value] | Array
    style: Style = "text"
    width: float = 12.0
    kept: bool = False
    choices: str = ""


@dataclass(frozen=True)
class Highlight:
    """A conditional format over a column of a table: a look for the cells that meet a condition.

    `condition` is one of `= text`, `begins text`, `>= number`, `<= number`, written like that.
    """

    heading: str
    condition: str
    look: Literal["good", "bad", "warn", "note"]


@dataclass(frozen=True)
class Table:
    """A list with headings, an Excel table.

    `at` is the (row, column), from 1, of its first heading when the tab is made; afterwards it stays where the user has put it.
    `logged` says that what was typed beside rows that go has been written down on another tab: nothing is lost with them.
    """

    name: str
    at: tuple[int, int]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    growth: Growth = "replace"
    highlights: tuple[Highlight, ...] = ()
    logged: bool = False

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values)


Block = tuple[int, int, int, int]
"""A rectangle of cells of a tab: first row, first column, last row, last column, from 1."""


@dataclass(frozen=True)
class Series:
    """One series of a chart: its numbers stand in cells of the same tab.

    `name` is the cell that names it. `colour` is a place in the palette of the charts, which colour-blind people and printers can tell apart:
    0 to 4 for what differs in kind, 5 to 9 for what has an order, from light to grave.
    """

    name: tuple[int, int]
    categories: Block
    values: Block
    colour: int = 0


@dataclass(frozen=True)
class Chart:
    """A native chart, drawn when its tab is made and the user's from then on; a refresh changes the cells it shows.

    `at` is the (row, column) of its upper left corner, `size` its width and height in pixels, `number` the look of the numbers on its axis.
    On a split bar each line has its number in one of the series. With `labels` each bar says its number, and there is no axis for them.
    """

    kind: Literal["column", "stacked column", "bar", "stacked bar", "split bar", "line"]
    title: str
    at: tuple[int, int]
    size: tuple[int, int]
    series: tuple[Series, ...]
    number: Style = "count"
    labels: bool = False


@dataclass(frozen=True)
class Tab:
    """One sheet of ours.

    Attributes
    ----------
    cells
        (row, column) from 1 → Cell, outside the tables. They move with the first table, if the user moved that.
    tables
        At most one with `growth` keep or replace that can grow below others: tables stand side by side or in an order that leaves room.
    widths
        column number → width in characters, for columns outside tables.
    choices
        (row, column) → range or list: a drop-down on an input cell.
    owns_columns
        For a page, a tab that is a layout more than a list: how many columns it may use. The refresh clears what the last one wrote there and it does
        not write again. 0: only the cells named are touched.
    input
        The user's own page (Rules, Config): made when absent, never written again.
    charts
        Charts over cells of this tab; made with the tab, then left alone.
    one_page
        Whether it is printed on a single page, not only a page wide.
    print_area
        What is printed; everything when None.
    heights
        Row number → height in points; rows without one are as high as their text.
    gridlines
        Whether the lines between the cells are seen.
    record
        Whether it keeps what happened (History, Run Log) more than it shows how things stand; its sheet tab has another colour.
    """

    name: str
    cells: Mapping[tuple[int, int], Cell] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    widths: Mapping[int, float] = field(default_factory=dict)
    choices: Mapping[tuple[int, int], str] = field(default_factory=dict)
    owns_columns: int = 0
    input: bool = False
    freeze: tuple[int, int] | None = None
    footer: str = ""
    charts: tuple[Chart, ...] = ()
    one_page: bool = False
    print_area: Block | None = None
    heights: Mapping[int, float] = field(default_factory=dict)
    gridlines: bool = True
    record: bool = False


@dataclass(frozen=True)
class Recomputed:
    """What became of the cells in which the user has typed formulas of ours.

    Attributes
    ----------
    formulas
        How many formulas were computed again.
    changed
        How many of them have another answer than before.
    left
        Places of those left as they were: their arguments must be computed first by a spreadsheet program, or there is no room for the answer.
    """

    formulas: int = 0
    changed: int = 0
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """What a write did: names of the tabs made, updated, and those left alone because nothing differs; formulas of ours; remarks for the user."""

    made: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    recomputed: Recomputed = field(default_factory=Recomputed)


class Workbook(Source, Protocol):
    """A workbook that can be read and whose tabs can be written."""

    def write(self, tabs: Sequence[Tab], *, save: bool = True) -> Written:
        """Make or update the tabs, all or nothing, and lose nothing of the user's; with `save=False` only say what would be done.

        Raises
        ------
        LayoutError
            When a tab of ours no longer has the key column, or the table cannot grow where it stands.
        FileError
            When the place the workbook lives in cannot be written.
        """
