"""How long formulas take. Run: python benchmarks/formulas.py [invoices]

One ledger of 20 invoices a customer, asked from three places: plain Python, the code of xlwings behind a stub of pywin32 (what Excel itself
needs to hand a call over is not in it), and cells of LibreOffice Calc.
  first    one customer, nothing read before
  single   10,000 calls of one id each after the first; the invoices are read from the workbook where the place has one
  array    one call for 10,000 ids, nothing read before; in Python and Excel the 100,000 × 10 cells are its argument
  changed  one invoice has changed: the next call, and the one after it
Each array is held against the metrics alone: the same ledger read and measured, no formula. What is printed ends with the bars; the exit code is 1
when one is missed. Seconds are those of the processor, so that others on the machine count less; the ratios are what counts.
The array in Calc is shown without being held against the bar: there the sheets are first fetched out of LibreOffice, which takes longer than all
that comes after it.
"""

from __future__ import annotations

import sys
from typing import Any

import calc_calls
import excel_calls
from invoices import AS_OF, ASKED, PER_CUSTOMER, again, changed, ids_of, metrics_alone, rows, seconds
from lines import Line, show

from xlseg.addin import functions
from xlseg.addin.desk import Desk, at
from xlseg.addin.sheets import FormulaSource, RangeSheet

MOST_TIMES_METRICS, MOST_MICROSECONDS = 1.5, 100.0


class SomeBook:
    """A workbook that holds the invoices."""

    epoch_1904 = False

    def __init__(self, given: Any) -> None:
        self.given, self.version = given, 0

    def change(self, given: Any) -> None:
        """Put other cells into it."""
        self.given, self.version = given, self.version + 1

    def stamp(self) -> int:
        return self.version

    def source(self) -> FormulaSource:
        return FormulaSource([RangeSheet("invoices", self.given)], None)


def in_python(given: Any, customers: int) -> dict[str, float]:
    """Seconds by measure."""
    ids, other = ids_of(customers), changed(given)
    book = SomeBook(given)
    found: dict[str, float] = {}
    with at(Desk(lambda: book, lambda: AS_OF)):
        found["first"] = seconds(lambda: functions.PAYMENT_VELOCITY("C1"))
        found["single"] = seconds(lambda: [functions.PAYMENT_VELOCITY(one) for (one,) in ids]) / ASKED
        book.change(other)
        found["changed"] = seconds(lambda: functions.PAYMENT_VELOCITY("C1"))
        found["then"] = seconds(lambda: functions.PAYMENT_VELOCITY("C2"))
    found["array"] = min(seconds(lambda: _at_a_new_desk(ids, given)) for _ in range(2))
    with at(Desk(today=lambda: AS_OF)):
        functions.PAYMENT_VELOCITY(ids, given)
        found["array again"] = seconds(lambda: functions.PAYMENT_VELOCITY(ids, given))
        anew = again(given)
        found["array anew"] = seconds(lambda: functions.PAYMENT_VELOCITY(ids, anew))
        found["array changed"] = seconds(lambda: functions.PAYMENT_VELOCITY(ids, other))
        found["robust"] = seconds(lambda: functions.PAYMENT_VELOCITY(ids, given, open_items="km", statistic="median"))
    with at(Desk(lambda: book, lambda: AS_OF)):
        found["segments"] = seconds(lambda: functions.SEGMENT(ids))
        found["segment"] = seconds(lambda: [functions.SEGMENT(one) for (one,) in ids]) / ASKED
    return found


def _at_a_new_desk(ids: Any, given: Any) -> None:
    with at(Desk(today=lambda: AS_OF)):
        functions.PAYMENT_VELOCITY(ids, given)


TEXTS = {
    "first": "first single call (s)",
    "single": f"each of {ASKED:,} single calls after it (µs)",
    "array": f"array of {ASKED:,} ids / metrics alone",
    "array again": "array again, the same range (s)",
    "array anew": "array again, handed over anew (s)",
    "changed": "an invoice changed: next single call (s)",
    "then": "  the call after it (µs)",
    "then all": f"  each of {ASKED:,} after it (µs)",
    "array changed": "an invoice changed: array / metrics alone",
    "robust": 'array with "km" and "median" (s)',
    "segments": f"SEGMENT, array of {ASKED:,} ids, first (s)",
    "segment": "SEGMENT, each single call after it (µs)",
}
RATIOS, MICROSECONDS = {"array", "array changed"}, {"single", "then", "then all", "segment"}
BARS = {"array": MOST_TIMES_METRICS, "single": MOST_MICROSECONDS}


def lines(places: dict[str, dict[str, float]]) -> list[Line]:
    """A line a measure, a column a place; the slowest place is held against the bar."""
    made = []
    for measure_, text in TEXTS.items():
        values = [_in_unit(measure_, found.get(measure_, float("nan")), found["alone"]) for found in places.values()]
        digits = 1 if measure_ in MICROSECONDS else 2
        cells = tuple("–" if value != value else f"{value:,.{digits}f}" for value in values)
        held = [value for value in values if value == value]
        made.append(Line(text, cells, max(held, default=float("nan")), BARS.get(measure_), at_least=False))
    return made


def _in_unit(measure_: str, found: float, alone: float) -> float:
    return found / alone if measure_ in RATIOS else found * 1e6 if measure_ in MICROSECONDS else found


def main(invoices: int) -> int:
    given, customers = rows(invoices), invoices // PER_CUSTOMER
    alone = metrics_alone(given)
    places = {"Python": {"alone": alone, **in_python(given, customers)}}
    for name, place in {"Excel (stub)": excel_calls, "Calc": calc_calls}.items():
        if missing := place.missing():
            print(f"{name} is not measured: {missing}")
        else:
            places[name] = {"alone": alone, **place.measured(invoices)}
    made = lines(places)
    show(f"{invoices:,} invoices, {customers:,} customers; the metrics alone {alone:.2f} s", tuple(places), made)
    return int(any(line.missed for line in made))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
