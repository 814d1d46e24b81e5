"""Reads the sheets of an .xlsx or .xlsm file: values only, typed as they stand in the cells.

A small book is read once, cell by cell. Of a large one, the heads are seen in a shortened copy, and what a sheet holds below is
read when it is asked for, whole columns at once where that is sure to lose nothing.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from xlseg.errors import FormatError, MissingSheetError
from xlseg.hosts.arrow import whole_columns
from xlseg.hosts.book import TablesOf, tables_in
from xlseg.hosts.cells import Cells, Package, Rows, choose_cells, named_by_content
from xlseg.hosts.cellxml import is_uncomputed
from xlseg.hosts.columns import columns_of, plain
from xlseg.hosts.extent import Extent
from xlseg.hosts.heads import HEAD_ROWS, shortened
from xlseg.hosts.narrow import narrowed
from xlseg.hosts.opening import indexed, opened, unpacked
from xlseg.hosts.pieces import cutter
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.survey import Survey, inspect, to_the_end
from xlseg.workbook import Grid, Value

LARGE = 500_000
"""Cells of the largest sheet from which on a head is read without the rest."""

_BLOCK = 50_000

_RULES = 16 << 20
"""Bytes that no sheet of rules or settings has."""

Columns = Callable[[int, Sequence[Sequence[Value]], Collection[int] | None], Grid | None]
"""The cells below a row of a sheet whose head is this, by whole columns, or some of them; None when it must be read cell by cell."""


def open_sheets(path: Path) -> BookReader:
    """The sheets of a workbook file.

    Raises
    ------
    FormatError
        When the content (not the name) of the file is not an .xlsx or .xlsm, or claims more than Excel can hold.
    """
    _must_be_nameable(path)
    try:
        with opened(path) as package:
            return BookReader(path, *inspect(path.name, package, indexed(package, path.name), may_wait=True))
    except (zipfile.BadZipFile, EOFError, zlib.error, struct.error) as error:
        raise FormatError(path.name, f"not a workbook, or broken ({error})", "restore it from a backup") from None
    except OSError as error:
        raise FormatError(path.name, f"cannot be opened ({error.strerror or error})", "check the name and the rights") from None


def _must_be_nameable(path: Path) -> None:
    """The libraries that read cells take names in UTF-8 alone."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise FormatError(path.name, "the name of the file, or of its folder, is not UTF-8", "rename it") from None


class BookReader:
    """A workbook file as a `Source`."""

    def __init__(self, path: Path, epoch_1904: bool, survey: Survey) -> None:
        self._path, self._epoch_1904, self._survey = path, epoch_1904, survey
        self._chosen: tuple[frozenset[str], Cells] | None = None  # with the sheets that have not been looked at when it was chosen

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def epoch_1904(self) -> bool:
        """Whether the book counts days from 1904."""
        return self._epoch_1904

    def sheets(self) -> Sequence[str]:
        """Names of the worksheets (chart and macro sheets hold no cells)."""
        return (self._heads if self._is_large else self._cells_of("")).names()

    def sheet(self, name: str) -> SheetReader:
        """One of them.

        Raises
        ------
        MissingSheetError
            When there is no worksheet of that name.
        """
        if name not in self.sheets():
            raise MissingSheetError(self.name, name, self.sheets())
        if self._is_large:
            return LargeSheetReader(name, self._when_asked(name, False), self._when_asked(name, True), self._columns(name))
        with self._told(name):
            return SheetReader(name, self._cells_of(name).load(name))

    def _when_asked(self, name: str, head: bool) -> Rows:
        """The rows of a worksheet, or of its head, which are not read before somebody wants them."""
        loaded: list[Rows] = []

        def rows(below: int) -> Iterator[Sequence[Any]]:
            if not loaded:
                with self._told(name):
                    loaded.append((self._heads if head else self._cells_of(name)).load(name))
            return loaded[0](below)

        return rows

    def _columns(self, name: str) -> Columns:
        """The whole columns of a worksheet, read anew whenever they are asked for."""

        def columns(below: int, head: Sequence[Sequence[Value]], wanted: Collection[int] | None) -> Grid | None:
            with self._told(name):
                return (self._surveyed_on_the_way if name in self._survey.waiting else self._surveyed)(name, below, head, wanted)

        return columns

    def _surveyed(self, name: str, below: int, head: Sequence[Sequence[Value]], wanted: Collection[int] | None) -> Grid | None:
        extent = self._survey.sheets.get(name)
        if extent is None or not extent.is_plain:
            return None
        if not extent.is_in_order:
            return whole_columns(self._package, name, below, head, wanted)
        with zipfile.ZipFile(self._path) as package:
            cut, chunks = cutter(package, extent.part), unpacked(package, package.getinfo(extent.part))
            return whole_columns(self._package, name, below, head, wanted, cut.pieces(chunks, below) if cut else None)

    def _surveyed_on_the_way(self, name: str, below: int, head: Sequence[Sequence[Value]], wanted: Collection[int] | None) -> Grid | None:
        """The columns of a sheet that nobody has looked at: rows are read as soon as that has been done, if they are as they should be."""
        found = None
        with zipfile.ZipFile(self._path) as package:
            cut = cutter(package, self._survey.waiting[name].filename, narrow=wanted is not None)  # before the sheet goes by: both read the file
            extent, chunks = self._survey.going_by(package, name)
            usual = _while_usual(extent, chunks)
            rows = usual if wanted is None else narrowed(usual, wanted)
            with suppress(_UnusualError):
                found = whole_columns(self._package, name, below, head, wanted, cut.pieces(rows, below)) if cut else None
            to_the_end(chunks)  # all of it is looked at, whatever came of it
        return found if found is not None else self._surveyed(name, below, head, wanted)

    @cached_property
    def _is_large(self) -> bool:
        return bool(self._survey.waiting) or self._survey.dense > LARGE

    @cached_property
    def _package(self) -> Package:
        return named_by_content(self._path)

    @cached_property
    def _heads(self) -> Cells:
        with self._told(self.name):
            copy = shortened(self._path)
            return choose_cells(copy, self._survey_of(copy) if self._survey.waiting else self._survey)

    def _survey_of(self, copy: BytesIO) -> Survey:
        """What stands in the heads: nobody has looked at those of sheets that wait."""
        with zipfile.ZipFile(BytesIO(copy.getbuffer())) as package:
            return inspect(self.name, package, indexed(package, self.name), may_wait=False)[1]

    def without_formulas(self) -> frozenset[str]:
        """Names of the worksheets in which no cell holds a formula."""
        return self._survey.without_formulas()

    def usual(self) -> frozenset[str]:
        """Names of the worksheets whose rows and cells are known to be named first of all, with nothing but elements among them."""
        return self._survey.usual()

    def uncomputed(self, name: str) -> Sequence[tuple[int, int]]:
        """Rows and columns (from 1) of the cells of a worksheet that hold a formula and no value; none of a sheet far larger than rules are."""
        extent = self._survey.sheets.get(name)
        if extent is None or not extent.has_formulas:
            return ()
        with self._told(name), zipfile.ZipFile(self._path) as package:
            member = package.getinfo(extent.part)
            if member.file_size > _RULES:
                return ()
            sheet = SheetXml(b"".join(unpacked(package, member)), f"{self.name}: {name}")
            cells = [(row, column, cell) for row in sheet.formula_rows() for column, cell in sheet.cells(row).items()]
        return [(row, column) for row, column, cell in cells if is_uncomputed(cell)]

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name."""
        return self._tables.sheets.get(table.casefold())

    def last_row(self, table: str) -> int | None:
        """Number of the last row of the table's data."""
        return self._tables.last.get(table.casefold())

    def totals_row(self, table: str) -> int | None:
        """Number of the table's totals row."""
        return self._tables.totals.get(table.casefold())

    @cached_property
    def _tables(self) -> TablesOf:
        return tables_in(self._path)

    def _cells_of(self, name: str) -> Cells:
        """What reads a worksheet cell by cell, chosen by all that have been looked at; the one asked about is looked at now if it still waits."""
        if self._chosen is None or name in self._chosen[0]:
            with self._told(self.name):
                if name in self._survey.waiting:
                    with zipfile.ZipFile(self._path) as package:
                        self._survey.look_at(package, name)
                self._chosen = frozenset(self._survey.waiting), choose_cells(self._package, self._survey)
        return self._chosen[1]

    @contextmanager
    def _told(self, place: str) -> Iterator[None]:
        """Whatever a parser raises on a broken part: the user can do the same about it."""
        try:
            yield
        except (FormatError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # a panic of Rust is no Exception
            reason = str(error).partition("\n")[0]
            raise FormatError(place, f"cannot be read ({reason})", "open the workbook in Excel and save it again") from error


class _UnusualError(Exception):
    """A sheet cannot be cut as it goes by."""


def _while_usual(extent: Extent, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, as long as what has been seen of the sheet may be read in pieces."""
    for chunk in chunks:
        if not (extent.is_plain and extent.is_in_order):
            raise _UnusualError
        yield chunk


class SheetReader:
    """A worksheet as a `Sheet`."""

    def __init__(self, name: str, rows: Rows) -> None:
        self._name, self._rows = name, rows

    @property
    def name(self) -> str:
        """Name on the sheet's tab."""
        return self._name

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`; empty ones are kept."""
        return [[plain(cell) for cell in row] for row in islice(self._rows(0), rows)]

    def body(self, below: int) -> Grid:
        """All rows below row number `below`."""
        blocks, rows = [], self._rows(below)
        while block := list(islice(rows, _BLOCK)):
            blocks.append(block)
        return Grid(below + 1, columns_of(blocks, self._name))


class LargeSheetReader(SheetReader):
    """A worksheet of a large book, of which a head is read without the rest, and whole columns, or some of them, at once where that is sure."""

    def __init__(self, name: str, rows: Rows, head: Rows, columns: Columns) -> None:
        super().__init__(name, rows)
        self._head, self._columns = SheetReader(name, head), columns

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`; empty ones are kept."""
        return self._head.head(rows) if rows <= HEAD_ROWS else super().head(rows)

    def body(self, below: int) -> Grid:
        """All rows below row number `below`."""
        return self.some(below, None)

    def some(self, below: int, columns: Collection[int] | None) -> Grid:
        """All rows below row number `below`; of other than some columns cells may be missing, and rows at the end in which there is no other."""
        found = self._columns(below, self.head(), columns)
        return super().body(below) if found is None else found
