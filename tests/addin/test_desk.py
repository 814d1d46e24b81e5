"""Where formulas get their data: read once, and again when a cell has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from typing import Any

import pytest
from formula_books import INVOICES, TODAY, day

from xlseg.addin import functions, view
from xlseg.addin.desk import Desk, at
from xlseg.addin.excel_book import PAUSE, Calculations, ExcelBook
from xlseg.addin.sheets import RangeSheet, RowsSheet
from xlseg.workbook import CellError, Source

PAYMENTS = [["Payment No", "Customer ID", "Date", "Amount", "Applied To"], ["P1", "A", day("2026-10-05"), 500.0, "4"]]


class Sheets:
    """A calling workbook of plain rows."""

    name = "erp.xlsm"

    def __init__(self, epoch_1904: bool = False, **sheets: Any) -> None:
        self.rows, self.epoch_1904, self.version, self.read = sheets, epoch_1904, 0, 0

    def stamp(self) -> Hashable:
        return self.version

    def source(self) -> Source:
        self.read += 1
        return self

    def sheets(self) -> Sequence[str]:
        return list(self.rows)

    def sheet(self, name: str) -> RowsSheet:
        return RowsSheet(name, self.rows[name])


def desk_of(book: Sheets | None) -> Desk:
    return Desk(lambda: book, lambda: TODAY)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[dt.date]:
    """As-of date of every measuring, in order."""
    found: list[dt.date] = []
    measure = view.measure_facts

    def noted(book: Any, as_of: Any, *others: Any, **more: Any) -> Any:
        found.extend(as_of)
        return measure(book, as_of, *others, **more)

    monkeypatch.setattr(view, "measure_facts", noted)
    return found


def test_the_workbook_is_read_once_for_all_cells_and_again_after_a_change(measured: list[dt.date]) -> None:
    book = Sheets(Invoices=INVOICES)
    with at(desk_of(book)):
        assert [functions.PAYMENT_VELOCITY(id_) for id_ in ("A", "C", "A")] == [11.25, 0.5, 11.25]
        assert (book.read, measured) == (1, [TODAY])
        assert functions.LATE_SHARE("A") == 0.75  # a second metric: with it all of its kind
        assert functions.PAYMENT_CONSISTENCY("A") is not None
        assert (book.read, measured) == (1, [TODAY, TODAY])
        book.version = 1  # something was calculated, nothing has changed: read, not measured
        assert functions.PAYMENT_VELOCITY("A") == 11.25
        assert (book.read, measured) == (2, [TODAY, TODAY])
        book.rows["Invoices"] = [*INVOICES[:-1], [*INVOICES[-1][:5], day("2026-05-06")]]
        book.version = 2
        assert functions.PAYMENT_VELOCITY("C") == 2.5
        assert (book.read, measured) == (3, [TODAY, TODAY, TODAY])


def test_a_range_with_the_same_content_is_measured_once(measured: list[dt.date]) -> None:
    with at(desk_of(None)):
        for _ in range(3):
            assert functions.PAYMENT_VELOCITY("A", tuple(map(tuple, INVOICES))) == 11.25
        assert measured == [TODAY]


def test_a_list_that_has_changed_in_place_is_noticed() -> None:
    rows = [list(row) for row in INVOICES]
    with at(desk_of(None)):
        assert functions.OPEN_BALANCE("A", rows) == 500
        rows[4][4] = 600.0
        assert functions.OPEN_BALANCE("A", rows) == 600


@pytest.mark.parametrize(
    ("was", "is_"), [(-1.0, -2.0), (1.0, True), (None, 0.0), ("1", 1.0), ("a\x1fb", "a"), (dt.datetime(2026, 1, 1), "2026-01-01")]
)
def test_contents_that_differ_in_one_cell_never_look_alike(was: Any, is_: Any) -> None:
    one, other = (RangeSheet("invoices", [["Amount", "Memo"], [value, "b"], [5.0, "c"]]).digest() for value in (was, is_))
    assert one != other


def test_what_is_not_handed_over_comes_from_the_workbook() -> None:
    unpaid = [row[:5] for row in INVOICES]
    book = Sheets(Payments=PAYMENTS, Invoices=[["Invoice No", "Customer ID", "Date", "Due Date", "Amount"]])
    with at(desk_of(book)):
        # the fourth invoice was paid four days late, the first three are open: 122, 92 and 61 days late so far
        assert functions.PAYMENT_VELOCITY("A", unpaid) == (122 + 92 + 61 + 4) / 4


def test_a_range_that_lacks_a_column_is_not_replaced_by_another_sheet() -> None:
    book = Sheets(**{"Open Items": INVOICES, "Invoices": INVOICES})
    with at(desk_of(book)) as desk:
        assert functions.PAYMENT_VELOCITY("A", [row[1:] for row in INVOICES]) == CellError("#VALUE!")
        assert desk.last_error.startswith("Invoices: no column 'Invoice No'")


def test_an_error_is_found_once_for_all_cells() -> None:
    book = Sheets(Invoices=[row[:3] for row in INVOICES])
    with at(desk_of(book)):
        assert [functions.PAYMENT_VELOCITY("A") for _ in range(5)] == [CellError("#VALUE!")] * 5
    assert book.read == 1


def test_a_bare_number_is_a_date_of_the_workbook_s_calendar() -> None:
    # 2026-09-30 is 46295 in the calendar of 1900, 44833 in that of 1904
    with at(desk_of(Sheets(Invoices=INVOICES))):
        assert functions.PAYMENT_VELOCITY("A", None, 46295.0) == 5
    with at(desk_of(Sheets(epoch_1904=True, Invoices=INVOICES))):
        assert functions.PAYMENT_VELOCITY("A", None, 44833.0) == 5


def test_without_a_date_or_a_clock_the_reason_is_told() -> None:
    with at(Desk()) as desk:
        assert functions.PAYMENT_VELOCITY("A", INVOICES) == CellError("#VALUE!")
        assert "no date is given" in desk.last_error


def test_calls_that_follow_each_other_are_one_calculation() -> None:
    now = [100.0]
    calculations = Calculations(lambda: now[0])
    first = calculations.number()
    now[0] += 60  # the first call takes a minute
    calculations.ended()
    now[0] += PAUSE / 2
    assert calculations.number() == first
    calculations.ended()
    now[0] += PAUSE * 2
    assert calculations.number() == first + 1


class OpenBook:
    """An open workbook as xlwings shows it; counts the transfers."""

    def __init__(self, **sheets: Any) -> None:
        self.name, self.fullname, self.transfers = "erp.xlsm", r"C:\erp.xlsm", 0
        self.api = type("Api", (), {"Date1904": False})
        self.rows = sheets

    @property
    def sheets(self) -> Any:
        book = self

        class OneSheet:
            def __init__(self, name: str) -> None:
                self.name, self.tables = name, [type("Table", (), {"name": f"tbl{name}"})]
                self.used_range = type("Used", (), {"last_cell": (9, 9)})

            def range(self, first: Any, last: Any) -> Any:
                assert first == (1, 1)
                return self

            def options(self, convert: str) -> Any:
                assert convert == "raw"
                return self

            @property
            def value(self) -> Any:
                book.transfers += 1
                return tuple(map(tuple, book.rows[self.name]))

        class All(list[OneSheet]):
            def __getitem__(self, name: Any) -> Any:
                return next(each for each in self if each.name == name)

        return All([OneSheet(name) for name in self.rows])


def test_excel_s_sheets_are_transferred_once_a_calculation() -> None:
    now = [0.0]
    calculations = Calculations(lambda: now[0])
    book = OpenBook(Invoices=INVOICES, Notes=[["nothing"]])
    with at(Desk(lambda: ExcelBook(book, calculations), lambda: TODAY)):
        assert [functions.OPEN_BALANCE(id_) for id_ in "ABC"] == [500, 50, 0]
        assert book.transfers == 2
        now[0] += 10
        assert functions.OPEN_BALANCE("A") == 500
        assert book.transfers == 4
    assert ExcelBook(book, calculations).source().sheet_of_table("tblNotes") == "Notes"
