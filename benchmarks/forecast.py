"""How good is the cash forecast? Run: python benchmarks/forecast.py

At 13 month-ends of each book the product forecasts 13 weeks of receipts from what was known then; what came in is counted afterwards, from the
invoices that were open. "Inside" is the share of weeks whose receipts lie between P10 and P90, of which 80 % should; a week whose receipts (mostly
nothing at all) equal many of the draws counts by the part of these that lies inside (measures.part_inside). Beside it, without this: all weeks, P10
and P90 being inside, and only the weeks with a P10 above 0. The bar, 75 to 85 %, is on the first.

  receivables   ../shared/data/receivables, also without the dispute flags, which no date tells when they were set
  steady        books of xlseg.demo.simulate in which nobody changes: 4, 1 and 0.3 invoices a month
  demo          books of xlseg demo, 40 and 200 customers: changing habits, disputes, instalments, credits, bad debts
  shocks        all invoices due in a month are some days late together (standard deviation 5), as when a bank, a holiday or the times do it
  runs, shift   no bar: two thirds of the customers pay once a month on a fixed day; all customers pay 15 days later from one day on

Beside it what an analyst would do: every invoice is paid on its due date, or as many days later as its customer was on average in the last year; what
should have come already comes in the first week. Error: sum of the weeks' absolute errors over the sum of what came.

The seeds are none by which half-life, weights and the rest were chosen (docs/forecast.md); the receivables sample was looked at.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from lines import Line, show
from measures import Array, part_inside

from xlseg.analysis import analyse
from xlseg.calendar import day_number, month_ends
from xlseg.demo import make_book, simulate, write_book
from xlseg.demo.simulate import Population, shifted, unchanging
from xlseg.forecast import WEEKS, Forecast, came_in, forecast
from xlseg.intake import read_ledger
from xlseg.metrics.samples import payments_of
from xlseg.receipts import applied
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import Ledger
from xlseg.tabs.forecast import segments_at

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "receivables"
SEEDS = (201, 202, 203)
LOW, HIGH = 0.75, 0.85
UNTIL = dt.date(2026, 7, 31)
"""Last month-end of the simulated books with 13 weeks after it."""


@dataclass(frozen=True)
class Tried:
    """One forecast against what came: weeks × (inside, came, expected, due, due_late, p10, p90), hundredths."""

    weeks: pd.DataFrame


def tried(ledger: Ledger, until: dt.date) -> Tried:
    """The forecasts of the month-end `until` and the twelve before."""
    settings = Settings()
    analysis = analyse(ledger, settings, default_rules(), until)
    came, book, found = applied(ledger, analysis.facts), analysis.facts, []
    for date in month_ends(until):
        day = day_number(date)
        made = forecast(ledger, book, came, segments_at(analysis, day), day, settings)
        events = payments_of(book, day, settings, "exclude")
        count, late = (np.bincount(events.customer, x, len(book.customers)) for x in (None, events.late))
        usual = np.rint(late / np.maximum(count, 1)).astype("int64")[made.items.customer]
        actual = came_in(came, made)
        low, high = made.quantiles(0.1, 0.9)
        inside = [part_inside(made.draws[:, week], actual[week]) for week in range(WEEKS)]
        columns = {"inside": inside, "came": actual, "expected": made.expected[:WEEKS], "p10": low[:WEEKS], "p90": high[:WEEKS]}
        found.append(pd.DataFrame({**columns, "due": by_hand(made, 0), "due_late": by_hand(made, usual)}))
    return Tried(pd.concat(found))


def by_hand(made: Forecast, late: Array | int) -> Array:
    """Receipts of each week when every open invoice is paid so many days after its due date, or in the first week if that has passed."""
    week = np.maximum((made.items.due + late - made.day - 1) // 7, 0)
    return np.bincount(np.minimum(week, WEEKS), made.items.amount, WEEKS + 1)[:WEEKS]


def lines_of(name: str, books: list[Tried], barred: bool = True) -> list[Line]:
    """Coverage, bias and error of some books."""
    weeks = pd.concat([book.weeks for book in books])
    within = (weeks["came"] >= weeks["p10"]) & (weeks["came"] <= weeks["p90"])
    share, sure = float(weeks["inside"].mean()), weeks["p10"] > 0
    total = weeks["came"].sum()
    errors = [(weeks[way] - weeks["came"]).abs().sum() / total for way in ("expected", "due", "due_late")]
    cells = (
        f"{share:.1%}",
        f"{within.mean():.1%}",
        f"{within[sure].mean():.1%}",
        f"{(weeks['came'] < weeks['p10']).mean():.0%}/{(weeks['came'] > weeks['p90']).mean():.0%}",
        f"{len(weeks):,}",
        f"{weeks['expected'].sum() / total - 1:+.1%}",
        *(f"{error:.0%}" for error in errors),
    )
    line = Line(name, cells, share, LOW if barred else None)
    return [line, Line("", ("",) * len(cells), share, HIGH, at_least=False)] if barred else [line]


HEADS = ("inside", "all weeks", "P10 > 0", "below/above", "weeks", "bias", "error", "due date", "due + late")


def receivables() -> Iterator[Line]:
    """The sample, as it is and without the dispute flags."""
    ledger = read_ledger(open_source(DATA), Settings()).ledger
    last = month_ends((ledger.invoices["issued"].max() - pd.Timedelta(days=7 * WEEKS)).date(), 1)[0]
    yield from lines_of("receivables", [tried(ledger, last)])
    unflagged = replace(ledger, invoices=ledger.invoices.assign(disputed=False))
    yield from lines_of("receivables, no dispute flags", [tried(unflagged, last)], barred=False)


def steady() -> Iterator[Line]:
    """Books in which nobody changes."""
    for rate in (4, 1, 0.3):
        books = [tried(unchanging(Population(invoices_a_month=rate), seed), UNTIL) for seed in SEEDS]
        yield from lines_of(f"steady, {rate} a month", books)


def demo() -> Iterator[Line]:
    """Books of `xlseg demo`."""
    for customers in (40, 200):
        yield from lines_of(f"demo, {customers} customers", [tried(_demo(customers, seed), UNTIL) for seed in SEEDS])


def _demo(customers: int, seed: int) -> Ledger:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        write_book(make_book(customers, seed), path)
        return read_ledger(open_source(path), Settings()).ledger


def hard() -> Iterator[Line]:
    """Books with something that is not each invoice's own."""
    yield from lines_of("shocks", [tried(_changed(seed, _shocks), UNTIL) for seed in SEEDS])
    yield from lines_of("runs", [tried(_changed(seed, _runs), UNTIL) for seed in SEEDS], barred=False)
    books = [tried(shifted(Population(), seed, dt.date(2026, 2, 1)), UNTIL) for seed in SEEDS]
    yield from lines_of("shift", books, barred=False)


def _changed(seed: int, change: Callable[[Array, pd.DataFrame, int], Array]) -> Ledger:
    """A steady book whose pay days are changed."""
    pay_days = simulate.pay_days
    try:
        simulate.pay_days = lambda *given: change(pay_days(*given), given[2], seed)
        return unchanging(Population(), seed)
    finally:
        simulate.pay_days = pay_days


def _shocks(paid: Array, invoices: pd.DataFrame, seed: int) -> Array:
    month = invoices["due"].to_numpy() // 30
    delay = np.rint(np.random.default_rng(seed).normal(0, 5, month.max() + 1)).astype("int64")[month]
    return np.maximum(paid + delay, invoices["issued"].to_numpy() + 1)


def _runs(paid: Array, invoices: pd.DataFrame, seed: int) -> Array:
    """A third pays on the 10th, a third on the 25th, a third on Thursdays: on the first such day from when it would have paid."""
    month = paid.astype("datetime64[D]").astype("datetime64[M]")
    kind = (invoices["customer"].to_numpy() + seed) % 3
    fixed = np.where(kind == 0, 9, 24)
    here, there = ((month + more).astype("datetime64[D]").astype("int64") + fixed for more in (0, 1))
    return np.where(kind == 2, paid + -paid % 7, np.where(here >= paid, here, there))


def main() -> int:
    """All parts; exit code 1 when a share lies outside the bar."""
    parts: dict[str, Callable[[], Iterator[Line]]] = {"steady": steady, "demo": demo, "hard": hard}
    if DATA.is_dir():
        parts = {"receivables": receivables, **parts}
    else:
        print(f"receivables: no folder {DATA}, left out\n")
    lines = [line for part in parts.values() for line in part()]
    show(f"13 weeks of receipts, forecast at 13 month-ends; simulated books with the seeds {', '.join(map(str, SEEDS))}", HEADS, lines)
    missed = [line for line in lines if line.missed]
    print(f"{sum(line.bar is not None for line in lines)} bars, {len(missed)} missed")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
