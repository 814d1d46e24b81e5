"""A workbook that is a file on disk, edited in place: whatever is not ours stays byte for byte what it was."""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import xlsxwriter

from xlseg.errors import FileError, FormatError
from xlseg.hosts import locate, saving
from xlseg.hosts.book import Book
from xlseg.hosts.reading import BookReader, open_sheets
from xlseg.hosts.recompute import Done, Formulas, recompute
from xlseg.hosts.update import Outcome, write_tab
from xlseg.workbook import Sheet, Tab, Written

_MACRO_BOOK = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


class WorkbookFile:
    """An .xlsx or .xlsm file, a `Workbook` of the port.

    Parameters
    ----------
    path
        The file.
    output
        Where to write; the file itself when None.
    backups
        How many former states to keep, as book.1.xlsx (the newest), book.2.xlsx …
    formulas
        What answers the formulas of ours in the user's cells, whose values are then brought up to date with the tabs.

    Raises
    ------
    FileError
        When there is no such file, or it is plain already that it cannot be edited or the result not be written.
    """

    def __init__(self, path: Path, *, output: Path | None = None, backups: int = 0, formulas: Formulas | None = None) -> None:
        _must_be_a_file(path)
        self.path, self.output, self.backups, self._formulas = path, output, backups, formulas
        self._fingerprint = saving.Fingerprint.of(path)
        self._must_be_named_alike()
        self._must_be_free(output or path)  # a long computation comes before the writing
        with _judged(path):
            Book(path).package.close()

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904."""
        return self._reader.epoch_1904

    def sheets(self) -> Sequence[str]:
        """Names of the worksheets, in their order."""
        with self._unless_changed():
            return self._reader.sheets()

    def sheet(self, name: str) -> Sheet:
        """One of them."""
        with self._unless_changed():
            return self._reader.sheet(name)

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name."""
        return self._reader.sheet_of_table(table)

    def totals_row(self, table: str) -> int | None:
        """Number of the totals row of the table of this name; None when it has none."""
        return self._reader.totals_row(table)

    def last_row(self, table: str) -> int | None:
        """Number of the last row of the table's data; None when there is no such table."""
        return self._reader.last_row(table)

    def uncomputed(self, sheet: str) -> Sequence[tuple[int, int]]:
        """Rows and columns of the cells of a sheet that hold a formula and no value, as a script leaves them."""
        with self._unless_changed():
            return self._reader.uncomputed(sheet)

    @property
    def reads_by_any_thread(self) -> Literal[True]:
        """As a file does."""
        return True

    def write(self, tabs: Sequence[Tab], *, save: bool = True) -> Written:
        """Make or update the tabs, all or nothing; with `save=False` only say what would be done.

        Raises
        ------
        FormatError
            When the file is no workbook that can be edited.
        BusyError
            When it is open elsewhere, or was changed since it was opened here.
        LayoutError
            When a tab of ours has lost its key column or has no room.
        """
        goal = self.output or self.path
        if save:
            self._must_be_free(goal)
        with self._unless_changed(), _judged(self.path):
            book = Book(self.path, *self._known())
            try:
                written = update(book, tabs, self._formulas)
                if save and (book.package.changed or self.output is not None):
                    written = replace(written, remarks=(*written.remarks, *saving.other_names(goal)))
                    saving.replace(goal, book.package.save, before=lambda: self._let_go(book), backups=self.backups)
                    self._saved(goal)
            finally:
                book.package.close()
        return written

    def _must_be_named_alike(self) -> None:
        """Excel opens no workbook without macros that is called .xlsm, and the other way round."""
        if self.output and not self.output.is_dir() and self.output.suffix.lower() != self.path.suffix.lower():
            fact = f"a {self.path.suffix} workbook stays one, and {self.output.suffix or 'nothing'} is how the output ends"
            raise FileError(self.output.name, fact, f"call it {self.output.stem}{self.path.suffix}")

    def _let_go(self, book: Book) -> None:
        """The last look before the file is replaced; Windows replaces no file that is open."""
        book.package.close()
        saving.must_be_unchanged(self.path, self._fingerprint)
        self._must_be_free(self.output or self.path)

    @contextmanager
    def _unless_changed(self) -> Iterator[None]:
        """What cannot be read because another program has written the file meanwhile is not broken."""
        try:
            yield
        except FormatError:
            saving.must_be_unchanged(self.path, self._fingerprint)
            raise

    def _must_be_free(self, goal: Path) -> None:
        saving.must_be_free(goal)
        if (place := goal.resolve()) != goal:  # a program may have opened it by its link
            saving.must_be_free(place)

    def _saved(self, goal: Path) -> None:
        if goal.resolve() == self.path.resolve():
            self._fingerprint = saving.Fingerprint.of(self.path)
            self.__dict__.pop("_reader", None)

    def _known(self) -> tuple[Collection[str], Collection[str]]:
        """Sheets that need not be searched for formulas, and those that are written as usual: nobody knows any while nothing has been read."""
        return (self._reader.without_formulas(), self._reader.usual()) if "_reader" in self.__dict__ else ((), ())

    @cached_property
    def _reader(self) -> BookReader:
        return open_sheets(self.path)


def _must_be_a_file(path: Path) -> None:
    if path.is_file():
        return
    if path.exists() and not path.is_dir():
        raise FileError(str(path), "no file that can be read", "name a workbook")
    raise FileError(str(path), "there is no such file", "check the path, or make a workbook with `xlseg new`")


@contextmanager
def _judged(path: Path) -> Iterator[None]:
    """What stumbles over a broken number, reference or index in the file's XML says so in one line."""
    try:
        yield
    except (ValueError, LookupError, OverflowError, RecursionError, zipfile.BadZipFile, struct.error, zlib.error) as error:
        fact = f"the file holds what no spreadsheet program writes ({type(error).__name__}: {error})"
        raise FormatError(path.name, fact, "repair it by opening and saving it in Excel") from error


def update(book: Book, tabs: Sequence[Tab], formulas: Formulas | None = None) -> Written:
    """Make or update the tabs in an open book, and the values of the formulas of ours that the user has typed."""
    sheets = book.worksheets()
    there = [(tab, name) for tab in tabs if not tab.input and (name := locate.sheet_of(book, tab))]
    if there:
        found = {tab.name for tab, _ in there}
        missing = [tab for tab in tabs if tab.name not in found and locate.sheet_of(book, tab) is None]
        locate.must_have_no_copies(book, missing, {table.name.casefold() for tab in tabs for table in tab.tables})
    book.package.expect(sheets[name] for _, name in there)
    # tables that the user has made ranges of, or another program has dropped: no formula can ask them
    lost = frozenset(table.name for tab, _ in there for table in tab.tables if book.sheet_of_table(table.name) is None)
    outcomes = [write_tab(book, tab, lost) for tab in tabs]
    book.styles_used()
    known = {o.sheet: o.formulas for o in outcomes if o.formulas is not None}  # seen when they were written: a large sheet is not searched again
    done = recompute(book, formulas, known) if formulas else Done()
    users = any(o.user_formulas - set(done.places.get(o.sheet, ())) for o in outcomes)
    if users or done.others or _others_refer(book, tabs, outcomes, done):
        book.recalculate_on_load()
    remarks = [remark for o in outcomes for remark in o.remarks]
    if lost:
        are = "is no table" if len(lost) == 1 else "are no tables"
        remarks.append(
            f"{book.package.name}: {', '.join(sorted(lost))} {are} any more; what formulas of ours would ask of them stands there as values."
        )
    if book.signed and book.package.changed:
        remarks.append(f"{book.package.name}: the digital signature of the file is no longer valid; sign it again if you need it.")
    names = {how: tuple(t.name for t, o in zip(tabs, outcomes, strict=True) if o.how == how) for how in ("made", "updated", "unchanged")}
    return Written(**names, remarks=tuple(remarks), recomputed=done.recomputed)


def new_book(path: Path, tabs: Sequence[Tab], finish: Callable[[Book], None] = lambda book: None) -> None:
    """Make a workbook of the given tabs, and let `finish` add what is not in the tabs.

    Raises
    ------
    FileError
        When there is a file already, or it cannot be written.
    """
    must_be_absent(path)
    bare = path.with_name(f".~xlseg-new-{path.name}")
    try:
        bare.unlink(missing_ok=True)  # of a run that was killed; if it is a link, what it leads to stays
        with bare.open("xb") as file:
            file.write(bare_book(macros=path.suffix.lower() == ".xlsm"))
    except OSError as error:
        raise FileError(path.name, f"the file cannot be written ({error.strerror or error})", "make its folder, or make that writable") from error
    try:
        book = Book(bare)

        def before() -> None:
            book.package.close()
            bare.unlink()  # before the new file has its name: nobody would look for it afterwards
            must_be_absent(path)

        try:
            update(book, tabs)
            finish(book)
            saving.replace(path, book.package.save, before=before)
        finally:
            book.package.close()
    finally:
        bare.unlink(missing_ok=True)


def must_be_absent(path: Path) -> None:
    """Refuse to make a file in the place of another, or of a link, wherever that leads."""
    saving.must_leave_room(path)
    if os.path.lexists(path):
        raise FileError(path.name, "a file of this name is there already", "take another name, or delete it")


def _others_refer(book: Book, tabs: Sequence[Tab], outcomes: Sequence[Outcome], done: Done) -> bool:
    """Whether a formula that has not been computed here refers to a tab that has changed, or to a sheet with another answer."""
    changed = [(tab, outcome) for tab, outcome in zip(tabs, outcomes, strict=True) if outcome.how != "unchanged"]
    sheets = [*(o.sheet for _, o in changed), *done.changed]
    tables = [table.name for tab, _ in changed for table in tab.tables]
    own = [*(o.part for _, o in changed), *(book.worksheets()[name] for name in done.changed)]
    known = {o.part: o.formulas for o in outcomes if o.formulas is not None}
    return bool(sheets) and book.is_referred_to(sheets, tables, own, done.texts, known)


def bare_book(*, macros: bool = False) -> bytes:
    """A book with theme and styles, but without any sheet yet."""
    drawn, bare = io.BytesIO(), io.BytesIO()
    book = xlsxwriter.Workbook(drawn, {"in_memory": True})
    book.add_worksheet("bare")
    book.close()
    with zipfile.ZipFile(drawn) as source, zipfile.ZipFile(bare, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if not name.startswith(("docProps/", "xl/worksheets/")):
                target.writestr(zipfile.ZipInfo(name), _without_sheet(source.read(name), macros=macros))
    return bare.getvalue()


def _without_sheet(data: bytes, *, macros: bool) -> bytes:
    patterns = [
        rb"<sheet [^>]*/>",
        rb'<Relationship [^>]*Target="(?:worksheets|docProps)/[^>]*/>',
        rb'<Override PartName="/(?:xl/worksheets|docProps)/[^>]*/>',
    ]
    for pattern in patterns:
        data = re.sub(pattern, b"", data)
    data = data.replace(b' fullCalcOnLoad="1"', b"")
    return data.replace(_BOOK.encode(), _MACRO_BOOK.encode()) if macros else data
