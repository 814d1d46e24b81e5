"""The parts that need no data: books made by xlseg.demo.simulate, in which what changes, and when, is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from followed import Followed, follow
from lines import Line, show
from measures import Array, flips, jumps

from xlseg.demo.simulate import Population, shifted, unchanging
from xlseg.metrics import measure
from xlseg.settings import Settings

SEEDS = (101, 102, 103, 104)
SHIFTS = ((dt.date(2026, 2, 1), dt.date(2026, 5, 31)), (dt.date(2026, 4, 2), dt.date(2026, 7, 31)), (dt.date(2026, 7, 3), dt.date(2026, 10, 31)))
"""Days of change, in three seasons, and the fourth month-end after each: the third one is 88 or 89 days after, the fourth 119 or 120."""

WORSENING = ("At-Risk", "Deteriorating Payer")


def simulated_part() -> list[Line]:
    """False alarms in books where nothing changes, power where something does, the bias of payment_velocity."""
    lines = [*_calm_lines(), *_power_lines()]
    show(f"simulated: {len(SEEDS)} seeds × 200 customers", ("rules alone (Today)", "Segment"), lines)
    bias = _bias()
    lines.append(Line("payment_velocity at 365 days: bias in days", (f"{bias:+.2f}",), abs(bias), 0.5, at_least=False))
    show("simulated: bias", ("",), lines[-1:])
    return lines


def _calm_lines() -> list[Line]:
    books = {
        "nothing changes, 4 invoices a month": Population(invoices_a_month=4),
        "nothing changes, 2 a month": Population(invoices_a_month=2),
        "nothing changes, 1 a month": Population(invoices_a_month=1),
        "all customers alike, lateness pure noise": Population(invoices_a_month=4, between=0, within=12.3, season=False),
    }
    lines = []
    for name, population in books.items():
        found = [follow(unchanging(population, seed), population.until) for seed in SEEDS]
        barred = name == next(iter(books))
        lines += [
            _calm_line(f"{name}: At-Risk or Deteriorating", found, _worsening, 0.02 if barred else None),
            _calm_line(f"{name}: flips a month", found, _flips, 0.05 if barred else None),
            _calm_line(f"{name}: risk changes ≥ 2", found, _jumps, None),
        ]
        if population.between == 0:
            drift = _drift(found)
            lines.append(Line(f"{name}: drift of the risk in six months, in standard errors", ("", f"{drift:+.1f}"), abs(drift), 2, at_least=False))
    return lines


def _drift(books: Sequence[Followed]) -> float:
    """Mean risk of the customers at the last date less six months before, in standard errors."""
    steps = np.concatenate([book.grid("risk")[0][:, -1] - book.grid("risk")[0][:, -7] for book in books])
    steps = steps[~np.isnan(steps)]
    return float(steps.mean() / (steps.std(ddof=1) / len(steps) ** 0.5))


def _calm_line(name: str, books: Sequence[Followed], of: Callable[[Followed, str], float], bar: float | None) -> Line:
    rules, segments = (float(np.mean([of(book, column) for book in books])) for column in ("label", "segment"))
    return Line(name, (f"{rules:.1%}", f"{segments:.1%}"), segments, bar, at_least=False)


def _worsening(book: Followed, column: str) -> float:
    return float(book.rows[column].isin(WORSENING).mean())


def _flips(book: Followed, column: str) -> float:
    return flips(*book.grid(column))


def _jumps(book: Followed, column: str) -> float:
    return jumps(*book.grid("risk" if column == "segment" else "label_risk"))


def _power_lines() -> list[Line]:
    lines = []
    for rate, orders, what in ((4, 0.5, "+15 days, half the orders"), (2, 0.5, "+15 days, half the orders"), (4, 1.0, "+15 days alone")):
        books = []
        for shift, until in SHIFTS:
            population = Population(invoices_a_month=rate, until=until)
            books += [follow(shifted(population, seed, shift, orders=orders), until) for seed in SEEDS]
        lines += _power_lines_of(f"{what}, {rate} a month", books, _POWER_BARS[rate, orders])
    return lines


_POWER_BARS: dict[tuple[int, float], dict[str, float]] = {
    (4, 0.5): {"At-Risk by day 90": 0.65, "At-Risk by day 120": 0.75, "a worse risk by day 120": 0.80},
    (2, 0.5): {"At-Risk by day 120": 0.45},
    (4, 1.0): {"At-Risk or Deteriorating by day 90": 0.80},
}


def _power_lines_of(name: str, books: Sequence[Followed], bars: dict[str, float]) -> list[Line]:
    found: dict[str, list[tuple[float, float]]] = {}
    for book in books:
        both = [_seen(book, column) for column in ("label", "segment")]
        for what in both[0]:
            found.setdefault(what, []).append((both[0][what], both[1][what]))
    lines = []
    for what, values in found.items():
        rules, segments = np.mean(values, axis=0)
        lines.append(Line(f"{name}: {what}", (f"{rules:.0%}", f"{segments:.0%}"), float(segments), bars.get(what)))
    return lines


def _seen(book: Followed, column: str) -> dict[str, float]:
    """Share of customers seen at a month-end up to the third, or the fourth, after the change."""
    labels, _ = book.grid(column)
    risk, _ = book.grid("risk" if column == "segment" else "label_risk")
    before = book.grid("risk")[0][:, -5:-4]
    after = labels[:, -4:]
    worse = risk[:, -4:] > before
    at_risk, worsening = after == "At-Risk", np.isin(after.astype(str), WORSENING)
    return {
        "At-Risk by day 90": _ever(at_risk[:, :3]),
        "At-Risk by day 120": _ever(at_risk),
        "At-Risk or Deteriorating by day 90": _ever(worsening[:, :3]),
        "a worse risk by day 120": _ever(worse),
    }


def _ever(hit: Array) -> float:
    return float(hit.any(axis=1).mean())


def _bias() -> float:
    """Mean over customers of payment_velocity less the mean lateness, in the end, of the invoices that fell due in the window."""
    differences = []
    for seed in SEEDS:
        population = Population()
        ledger = unchanging(population, seed)
        at = population.until - dt.timedelta(days=200)  # by the end of the book all that was due by then is paid
        measured = measure(ledger, [at], Settings()).set_index("customer")["payment_velocity"]
        invoices = ledger.invoices
        due = invoices[(invoices["due"] <= pd.Timestamp(at)) & (invoices["due"] > pd.Timestamp(at) - pd.Timedelta(days=365))]
        truth = (due["paid"] - due["due"]).dt.days.groupby(due["customer"]).mean()
        differences.append(float((measured - truth).mean()))
    return float(np.mean(differences))
