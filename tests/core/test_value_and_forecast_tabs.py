"""The tabs Cash Forecast and Value of books that have little to say, and what may be added to them."""

from __future__ import annotations

from ledgers import T, ago, book, invoice, order, settled

from xlseg.analysis import Analysis, analyse
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.tabs.forecast import forecast_tab
from xlseg.tabs.value import value_tab
from xlseg.workbook import Cell, Tab


def analysed(ledger: Ledger) -> Analysis:
    return analyse(ledger, Settings(), default_rules(ledger.has_invoices), T)


def said(tab: Tab) -> str:
    return " ".join(str(cell.value) for cell in tab.cells.values() if isinstance(cell.value, str))


def test_a_book_without_invoices_says_so_in_one_line() -> None:
    analysis = analysed(book(orders=[order(100, ago(number)) for number in range(5)]))
    for tab in (forecast_tab(analysis), value_tab(analysis)):
        assert "the book has no invoices" in said(tab)
        assert tab.charts == ()
        assert {row for row, _ in tab.cells} == {1, 2, 3, 4}


def test_a_book_without_history_says_how_much_it_needs() -> None:
    analysis = analysed(book([invoice(100, issued=ago(10)), settled(3, on=ago(5))]))
    assert "Cannot say: 1 invoices were paid in the window, 10 are needed." in said(forecast_tab(analysis))


def test_the_first_weeks_of_a_book_have_nothing_to_look_back_at() -> None:
    analysis = analysed(book([settled(0, on=ago(number)) for number in range(20)] + [invoice(100, issued=ago(3))]))
    assert "Cannot say: 0 invoices had been paid" in said(forecast_tab(analysis))


def test_a_block_of_others_stands_below_the_segments() -> None:
    analysis = analysed(book([settled(0, on=ago(number)) for number in range(20)]))
    plain, with_block = value_tab(analysis), value_tab(analysis, contacted={(1, 1): Cell("Contacted against not contacted", "section")})
    (added,) = with_block.cells.keys() - plain.cells.keys()
    assert added == (max(row for row, _ in plain.cells) + 2, 1)
