"""docs/forecast.md worked out the slow way: plain Python, one invoice, one day and one level at a time. Only the ledger is the product's.

Only what is random is left out: this is the expected share of each open invoice in each week.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from slow import Document, documents

from xlseg.tables import Ledger

Shares = Callable[[int], tuple[float, float]]
"""Days late → share paid by then, share open after."""

WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)


@dataclass
class Seen:
    customer: str
    entry: int
    exit: int
    how: str
    weight: float


def days(span: dt.timedelta) -> int:
    return span.days


def watched(ledger: Ledger, as_of: dt.date, window: int) -> tuple[list[Seen], int]:
    """Every invoice that could be paid in the window, and the days that a dispute adds."""
    start = as_of - dt.timedelta(days=window)
    kept: list[tuple[Document, str, dt.date]] = []
    for document in documents(ledger):
        settled = document.settled(as_of)
        if not document.timed or document.issued > as_of or (settled is not None and settled <= start):
            continue
        how = "open" if settled is None else "credited" if document.by_credit(as_of) else "paid"
        kept.append((document, how, settled or as_of))
    delay = dispute_delay([(d.customer, d.disputed, days(out - d.due)) for d, how, out in kept if how == "paid"])
    seen = []
    for document, how, out in kept:
        less = delay if document.disputed else 0
        entry = max(document.issued - DAY, start)
        weight = 0.5 ** (max(days(as_of - document.due), 0) / 90)
        seen.append(Seen(document.customer, days(entry - document.due) - less, days(out - document.due) - less, how, weight))
    return seen, delay


def dispute_delay(paid: list[tuple[str, bool, int]]) -> int:
    own = defaultdict(list)
    for customer, disputed, late in paid:
        own[customer].append((1.0 if disputed else 0.0, late))
    both = squares = 0.0
    for rows in own.values():
        share, mean = sum(x for x, _ in rows) / len(rows), sum(late for _, late in rows) / len(rows)
        both += sum((x - share) * (late - mean) for x, late in rows)
        squares += sum((x - share) ** 2 for x, _ in rows)
    return max(round(round(both / (squares + 3), 9)), 0)


def curve(rows: list[Seen]) -> Shares:
    """Kaplan and Meier, by hand: what is settled on each day late over what is watched on it."""
    steps = []
    paid, left = 0.0, 1.0
    for late in sorted({row.exit for row in rows if row.how != "open"}):
        under = sum(row.weight for row in rows if row.entry < late <= row.exit)
        out = [row for row in rows if row.exit == late and row.how != "open"]
        paid += left * sum(row.weight for row in out if row.how == "paid") / under
        left *= 1 - sum(row.weight for row in out) / under
        steps.append((late, paid, left))

    def at(late: int) -> tuple[float, float]:
        before = [(p, s) for when, p, s in steps if when <= late]
        return before[-1] if before else (0.0, 1.0)

    return at


def mixed(rows: list[Seen], trust: float, above: Shares) -> Shares:
    """What is believed of some invoices; what is above them has the rest, and everything beyond the last day they were watched."""
    known = sum(row.weight for row in rows if row.how == "paid")
    if not rows:
        return above
    own, last, part = curve(rows), max(row.exit for row in rows), known / (known + trust)

    def at(late: int) -> tuple[float, float]:
        paid, left = own(min(late, last))
        paid_above, left_above = above(late)
        if late > last:
            paid_then, left_then = above(last)
            paid, left = paid + left * (paid_above - paid_then) / left_then, left * left_above / left_then
        return part * paid + (1 - part) * paid_above, part * left + (1 - part) * left_above

    return at


def slow_rate(seen: list[Seen]) -> float:
    under = sum(max(row.exit, 90) - max(row.entry, 90) for row in seen)
    return (sum(row.how == "paid" and row.exit > 90 for row in seen) + 1) / (under + 180)


def pay_days(ledger: Ledger, as_of: dt.date, window: int) -> dict[str, Counter[int]]:
    """Distinct days on which each customer settled an invoice by payment, by day of the month."""
    start = as_of - dt.timedelta(days=window)
    known = [(d, d.settled(as_of)) for d in documents(ledger) if d.timed and not d.by_credit(as_of)]
    dates = {(d.customer, settled) for d, settled in known if settled is not None and start < settled}
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for customer, date in dates:
        found[customer][date.day] += 1
    return found


def rates(counted: Counter[int], usual: dict[int, float], otherwise: list[float]) -> list[float]:
    n = sum(counted.values())
    variance = 0.0
    if n > 1:
        close = 31 * sum(c * (c - 1) for c in counted.values()) / (n * (n - 1)) - 1
        variance = max(close - 2 * 62**0.5 / n, 0)
    trust = variance * n / (variance * n + 31)
    found = []
    for day in range(1, 32):
        around = [(day % 31 + 1, 0.25), (day, 0.5), ((day - 2) % 31 + 1, 0.25)]
        own = sum(share * counted[d] / (n * usual[d]) for d, share in around if n and usual[d])
        found.append(trust * own + (1 - trust) * otherwise[day - 1])
    return found


def credited_part(ledger: Ledger, as_of: dt.date, window: int) -> float:
    start, credit, every = as_of - dt.timedelta(days=window), 0, 0
    for d in documents(ledger):
        settled = d.settled(as_of)
        if settled is not None and d.by_credit(as_of) and d.timed:
            continue
        own = [(settled, d.amount, d.status == "credited")] if not d.applied and settled is not None and d.timed else []
        for date, amount, by_credit in [*d.applied, *own]:
            if start < date <= as_of and not d.is_credit:
                every += amount * days(date - d.issued)
                credit += amount * days(date - d.issued) * by_credit
    return min(max(credit / every, 0), 1) if every > 0 else 0.0


def expected(ledger: Ledger, segment: dict[str, int], as_of: dt.date, window: int = 365) -> dict[str, list[float]]:
    """Document → share expected in each of the 13 weeks, of every open invoice."""
    seen, delay = watched(ledger, as_of, window)
    slow = slow_rate(seen)
    book = mixed(seen, 1, lambda late: (1 - math.exp(-slow * max(late, 0)), math.exp(-slow * max(late, 0))))
    calendar = [as_of - dt.timedelta(days=back) for back in range(window)]
    usual = {day: sum(date.day == day for date in calendar) / window for day in range(1, 32)}
    runs = pay_days(ledger, as_of, window)
    of_book = rates(sum(runs.values(), Counter()), usual, [1.0] * 31)
    cash = 1 - credited_part(ledger, as_of, window)
    of_segments = {at: mixed([row for row in seen if segment[row.customer] == at], 20, book) for at in set(segment.values())}
    found = {}
    for name, document in zip(ledger.invoices["document"], documents(ledger), strict=True):
        if document.is_credit or document.balance(as_of) <= 1:
            continue
        own = mixed([row for row in seen if row.customer == document.customer], 8, of_segments[segment[document.customer]])
        days_of = rates(runs[document.customer], usual, of_book)
        late = days(as_of - document.due) - (delay if document.disputed else 0)
        still, weeks = 1.0, []
        for week in range(13):
            (paid, left), (paid_after, left_after) = own(late + 7 * week), own(late + 7 * week + 7)
            dates = [as_of + DAY * (7 * week + day) for day in range(1, 8)]
            times = sum(days_of[date.day - 1] for date in dates) / 7
            after = still * (left_after / left) ** times
            weeks.append(cash * (still - after) * ((paid_after - paid) / (left - left_after) if left > left_after else 0))
            still = after
        found[name] = weeks
    return found
