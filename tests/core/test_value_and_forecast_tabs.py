"""The tabs Cash Forecast and Value of books that have little to say, and what may be added to them."""

from __future__ import annotations

from ledgers import T, ago, book, invoice, order, settled

from xlseg.analysis import Analysis, analyse
from xlseg.calendar import day_number
from xlseg.contacted import contacted
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.tabs.forecast import forecast_tab, receipts_of
from xlseg.tabs.value import value_tab
from xlseg.touches import Owing, touches
from xlseg.workbook import Tab


def analysed(ledger: Ledger) -> Analysis:
    return analyse(ledger, Settings(), default_rules(ledger.has_invoices), T)


def valued(analysis: Analysis) -> Tab:
    found = touches(analysis.ledger, analysis.facts, [], day_number(T))
    return value_tab(analysis, found, contacted(found, Owing(analysis.facts, analysis.ledger), day_number(T), 365))


def said(tab: Tab) -> str:
    return " ".join(str(cell.value) for cell in tab.cells.values() if isinstance(cell.value, str))


def test_a_book_without_invoices_says_so_in_one_line() -> None:
    analysis = analysed(book(orders=[order(100, ago(number)) for number in range(5)]))
    for tab in (forecast_tab(analysis, receipts_of(analysis)()), valued(analysis)):
        assert "the book has no invoices" in said(tab)
        assert tab.charts == ()
        assert {row for row, _ in tab.cells} == {1, 2, 3, 4}


def test_a_book_without_history_says_how_much_it_needs() -> None:
    analysis = analysed(book([invoice(100, issued=ago(10)), settled(3, on=ago(5))]))
    assert "Cannot say: 1 invoices were paid in the window, 10 are needed." in said(forecast_tab(analysis, receipts_of(analysis)()))


def test_the_first_weeks_of_a_book_have_nothing_to_look_back_at() -> None:
    analysis = analysed(book([settled(0, on=ago(number)) for number in range(20)] + [invoice(100, issued=ago(3))]))
    assert "Cannot say: 0 invoices had been paid" in said(forecast_tab(analysis, receipts_of(analysis)()))


def test_how_those_contacted_compare_stands_below_the_segments() -> None:
    cells = valued(analysed(book([settled(0, on=ago(number)) for number in range(20)]))).cells
    words = {at: cell.value for at, cell in cells.items() if isinstance(cell.value, str)}
    segments = max(row for (row, column), cell in cells.items() if column == 2 and cell.formula and "SUM" in cell.formula)
    (at,) = (at for at, word in words.items() if word.startswith("Past due, and contacted or not"))
    assert at[0] > segments
    last = max(row for row, _ in words)
    assert words[last, 1].startswith("Cannot say: ")
