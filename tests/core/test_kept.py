"""Our own tabs during one refresh: each is read once, and one after the other."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection, Sequence
from typing import ClassVar

import numpy as np
import pytest

from xlseg import own
from xlseg.beside import beside
from xlseg.workbook import Grid, ReadsSomeColumns, Sheet, Value


class Book:
    """A book whose sheets take a moment to read, and who reads them."""

    name, epoch_1904 = "book", False

    def __init__(self) -> None:
        self.read: list[int] = []
        self.reading, self.most = 0, 0

    def sheets(self) -> Sequence[str]:
        return ["One", "Other"]

    def sheet(self, name: str) -> Sheet:
        return Page(name, self)


class Page:
    def __init__(self, name: str, book: Book) -> None:
        self.name, self._book = name, book

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        return [["x"]][:rows]

    def body(self, below: int) -> Grid:
        book = self._book
        book.read.append(threading.get_ident())
        book.reading += 1
        book.most = max(book.most, book.reading)
        threading.Event().wait(0.05)
        book.reading -= 1
        return Grid(below + 1, (np.array([1.0]),))


class File(Book):
    reads_by_any_thread = True


def test_threads_read_one_sheet_after_the_other_and_each_once() -> None:
    book = File()
    kept = own.Kept(book)
    asked = [beside(lambda name=name: kept.sheet(name).body(1)) for name in ("One", "Other", "One")]  # type: ignore[misc]
    one, other, again = (each.result() for each in asked)
    assert (len(book.read), book.most) == (2, 1)
    assert one is again
    assert one is not other


@pytest.mark.parametrize(("book", "elsewhere"), [(File(), True), (Book(), False)], ids=["a file", "an open program"])
def test_only_a_file_is_asked_from_another_thread(book: Book, elsewhere: bool) -> None:
    kept = own.Kept(book)
    assert kept.ask(lambda: kept.sheet("One").body(1)).result().rows == 1
    assert (book.read != [threading.get_ident()]) is elsewhere


class Wide(Page):
    def some(self, below: int, columns: Collection[int] | None) -> Grid:
        self.asked.append(columns)
        return self.body(below)

    asked: ClassVar[list[Collection[int] | None]] = []


class WideFile(File):
    def sheet(self, name: str) -> Sheet:
        return Wide(name, self)


def test_some_columns_are_read_once_and_not_at_all_when_all_have_been() -> None:
    sheet = own.Kept(WideFile()).sheet("One")
    assert isinstance(sheet, ReadsSomeColumns)
    assert sheet.some(1, [2, 0]) is sheet.some(1, [0, 2])
    whole = sheet.body(1)
    assert sheet.some(1, [3]) is whole
    assert Wide.asked == [{0, 2}, None]


def test_who_was_there_and_who_looks_after_them_is_read_from_the_segments_tab_at_once() -> None:
    class Tab(Wide):
        def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
            return [["Customer ID", "Name", "Segment", "Risk", "Since", "Previous Segment", "Owner"]]

    class Refreshed(File):
        def sheets(self) -> Sequence[str]:
            return ["Segments"]

        def sheet(self, name: str) -> Sheet:
            return Tab(name, self)

    Tab.asked = []
    kept = own.Kept(Refreshed())
    own.shown_of(kept, set(), dt.date(2026, 10, 31))
    own.owners_of(kept)
    assert Tab.asked == [{0, 1, 2, 4, 5, 6}]


def test_where_all_columns_are_read_anyway_they_are_read_once() -> None:
    sheet = own.Kept(File()).sheet("One")
    assert isinstance(sheet, ReadsSomeColumns)
    assert sheet.some(1, [2, 0]) is sheet.some(1, [3]) is sheet.body(1)


def test_what_goes_wrong_is_told_to_who_asked() -> None:
    for book in (File(), Book()):
        question = own.Kept(book).ask(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            question.result()
