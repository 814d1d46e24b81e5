"""The ledger of the benchmarks of formulas: rows of cells, as a spreadsheet hands them over."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from xlseg.addin.sheets import FormulaSource, RangeSheet
from xlseg.intake import read_ledger
from xlseg.metrics import measure
from xlseg.settings import Settings

AS_OF = dt.date(2026, 10, 31)
PER_CUSTOMER, ASKED = 20, 10_000
HEADINGS = ("Invoice No", "Customer ID", "Date", "Due Date", "Amount", "Paid Date", "Terms", "Currency", "Status", "Memo")

Rows = tuple[tuple[Any, ...], ...]


def rows(invoices: int) -> Rows:
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


def ids_of(customers: int) -> list[list[str]]:
    """The ids that are asked about, one below the other."""
    return [[f"C{n % customers}"] for n in range(ASKED)]


def again(given: Rows) -> Rows:
    """The same content handed over anew."""
    return tuple(tuple(row) for row in [list(row) for row in given])


def changed(given: Rows) -> Rows:
    """The last invoice has another amount."""
    return (*given[:-1], (*given[-1][:4], 1.0, *given[-1][5:]))


def seconds(do: Callable[[], Any]) -> float:
    """Seconds of the processor that this process takes for something."""
    began = time.process_time()
    do()
    return time.process_time() - began


def metrics_alone(given: Any) -> float:
    """Seconds to read and measure the ledger, everything imported."""

    def metrics() -> None:
        measure(read_ledger(FormulaSource([RangeSheet("invoices", given)], None), Settings()).ledger, [AS_OF], Settings())

    metrics()
    return min(seconds(metrics) for _ in range(3))
