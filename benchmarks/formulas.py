"""How long formulas take. Run: python benchmarks/formulas.py [invoices]

One ledger of 20 invoices a customer, as rows of cells, as a spreadsheet hands them over:
  metrics      the ledger read and measured, no formula
  array        =PAYMENT_VELOCITY over 10,000 ids with the invoices as argument, first and again, handed over anew with the same content
  changed      the same after one invoice has changed
  scalar       10,000 calls of one id each: the invoices read from the workbook, and the invoices as argument (the same range each time)
  robust       the array again with "km" and "median"

The ratios are what counts; absolute seconds are this machine's.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from xlseg.addin import functions
from xlseg.addin.desk import Desk, at
from xlseg.addin.sheets import FormulaSource, RangeSheet
from xlseg.intake import read_ledger
from xlseg.metrics import measure
from xlseg.settings import Settings

AS_OF = dt.date(2026, 10, 31)
PER_CUSTOMER, ASKED = 20, 10_000
HEADINGS = ("Invoice No", "Customer ID", "Date", "Due Date", "Amount", "Paid Date", "Terms", "Currency", "Status", "Memo")


def rows(invoices: int) -> tuple[tuple[Any, ...], ...]:
    """The invoices as cells: texts, numbers, dates and empty cells."""
    chance = np.random.default_rng(3)
    issued = [dt.datetime(2023, 11, 1) + dt.timedelta(days=int(days)) for days in chance.integers(0, 1090, invoices)]
    taken = chance.integers(10, 70, invoices).tolist()
    amount = chance.integers(1_000, 900_000, invoices) / 100
    found: list[tuple[Any, ...]] = [HEADINGS]
    for n, (day, days, money) in enumerate(zip(issued, taken, amount.tolist(), strict=True)):
        paid = day + dt.timedelta(days=days)
        settled = paid if paid.date() <= AS_OF else None
        found.append(
            (f"INV{n}", f"C{n % (invoices // PER_CUSTOMER)}", day, day + dt.timedelta(days=30), money, settled, "Net 30", "USD", None, "goods")
        )
    return tuple(found)


class SomeBook:
    """A workbook that holds the invoices."""

    epoch_1904 = False

    def __init__(self, invoices: RangeSheet) -> None:
        self._invoices = invoices

    def stamp(self) -> int:
        return 0

    def source(self) -> FormulaSource:
        return FormulaSource([self._invoices], None)


def seconds(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def again(given: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
    """The same content handed over anew."""
    return tuple(tuple(row) for row in [list(row) for row in given])


def main(invoices: int) -> None:
    given = rows(invoices)
    customers = invoices // PER_CUSTOMER
    ids = [[f"C{n % customers}"] for n in range(ASKED)]

    def metrics() -> None:
        measure(read_ledger(FormulaSource([RangeSheet("invoices", given)], None), Settings()).ledger, [AS_OF], Settings())

    metrics()  # everything imported
    alone = seconds(metrics)
    print(f"{invoices:,} invoices, {customers:,} customers")
    print(f"  metrics   {alone:8.2f} s")
    with at(Desk(today=lambda: AS_OF)):
        first = seconds(lambda: functions.PAYMENT_VELOCITY(ids, given))
        print(f"  array     {first:8.2f} s first, {first / alone:.2f} x metrics")
        print(f"            {seconds(lambda: functions.PAYMENT_VELOCITY(ids, given)):8.3f} s again")
        anew = again(given)
        print(f"            {seconds(lambda: functions.PAYMENT_VELOCITY(ids, anew)):8.3f} s again, handed over anew")
        changed = (*given[:-1], (*given[-1][:4], 1.0, *given[-1][5:]))
        print(f"  changed   {seconds(lambda: functions.PAYMENT_VELOCITY(ids, changed)):8.2f} s")
        print(f"  robust    {seconds(lambda: functions.PAYMENT_VELOCITY(ids, given, open_items='km', statistic='median')):8.2f} s")
        each = seconds(lambda: [functions.PAYMENT_VELOCITY(one, given) for (one,) in ids]) / ASKED
        print(f"  scalar    {each * 1e6:8.1f} µs each, invoices as argument")
    book = SomeBook(RangeSheet("invoices", given))
    with at(Desk(lambda: book, lambda: AS_OF)):
        functions.PAYMENT_VELOCITY("C1")
        each = seconds(lambda: [functions.PAYMENT_VELOCITY(one) for (one,) in ids]) / ASKED
        print(f"            {each * 1e6:8.1f} µs each, invoices from the workbook")
        began = seconds(lambda: functions.SEGMENT(ids))
        each = seconds(lambda: [functions.SEGMENT(one) for (one,) in ids]) / ASKED
        print(f"  segments  {began:8.2f} s array, first (13 month-ends and the rules); {each * 1e6:.1f} µs each")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
