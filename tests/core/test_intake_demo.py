"""The demo book knows what was done to its sheets: intake must find that, and end up with what they were before."""

from __future__ import annotations

import pandas as pd
import pytest

from xlseg.demo import DemoBook, make_book, write_book
from xlseg.intake import read_ledger
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import Intake


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoBook, Intake]:
    book, path = make_book(60, seed=7), tmp_path_factory.mktemp("demo") / "book.xlsx"
    write_book(book, path)
    return book, read_ledger(open_source(path), Settings())


def test_exactly_the_rows_that_were_spoilt_are_left_out(read: tuple[DemoBook, Intake]) -> None:
    book, intake = read
    spoilt = {(defect.sheet, defect.row) for defect in book.defects if defect.excluded}
    left_out = {(f.sheet, f.row) for f in intake.findings if f.severity == "error" or f.kind == "total row"}
    assert left_out == spoilt
    assert len(spoilt) >= 8


def test_what_is_left_is_the_clean_book_to_the_cent(read: tuple[DemoBook, Intake]) -> None:
    book, intake = read
    ledger, clean = intake.ledger, book.clean
    orders = clean["SalesOrders"][clean["SalesOrders"]["Status"] != "Cancelled"]
    for frame, before in ((ledger.invoices, clean["Invoices"]), (ledger.payments, clean["Payments"]), (ledger.orders, orders)):
        assert len(frame) == len(before)
        assert frame["amount"].sum() == (before["Amount"] * 100).round().astype("int64").sum()
    by_document = ledger.invoices.set_index("document")
    before = clean["Invoices"].set_index("Document Number").loc[by_document.index]
    assert (by_document["customer"] == before["Customer ID"]).all()
    assert (by_document["issued"] == before["Date"].to_numpy()).all()
    bills = ~by_document["is_credit"]
    assert (by_document["due"][bills] == before["Due Date/Receive By"][bills].to_numpy()).all()
    assert (by_document["remaining"] == (before["Amount Remaining"] * 100).round()).all()
    pd.testing.assert_series_equal(by_document["paid"], before["Paid Date"], check_names=False, check_dtype=False)
    assert all(tally.agrees for tally in intake.tallies)
