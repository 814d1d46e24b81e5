"""docs/metrics.md worked out the slow way: plain Python, one customer and one as-of date at a time, no frames in the arithmetic.

It shares nothing with the product but the tidy tables, so that an error would have to be made twice to stay unseen. Each rule
stands here as near to the words of the page as it can. Money is in hundredths inside and in units in what is handed out.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import pandas as pd
from slow_bgnbd import expected_orders
from slow_orders import Value, book_gap, days, order_metrics, order_rows, seasonal_indices

from xlseg.settings import Settings
from xlseg.tables import Ledger

ANCHORS = ((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30), (120, 20), (300, 1))
BUCKETS = ("ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_91_plus")


# ── invoices: amount, balance, settled ─────────────────────────────────────────


@dataclass
class Document:
    """An invoice or credit memo with everything that was applied to it: (date, amount, by credit)."""

    customer: str
    issued: dt.date
    due: dt.date
    amount: int
    remaining: float | None
    paid: dt.date | None
    status: str
    is_credit: bool
    disputed: bool
    payments_known: bool
    tolerance: Fraction = Fraction(0)
    applied: list[tuple[dt.date, int, bool]] = field(default_factory=list)

    @property
    def called_closed(self) -> bool:
        return self.status in ("closed", "credited") or self.remaining == 0

    def settled(self, as_of: dt.date) -> dt.date | None:
        """Since when it is settled, as known on a date."""
        if self.applied:
            left_at_most = max(1, math.floor(self.tolerance * self.amount))
            since = None
            for date in sorted({self.issued, *(date for date, _, _ in self.applied)}):
                if date > as_of:
                    break
                since = None if self.amount - self.applied_by(date) > left_at_most else since or date
            return since
        says_nothing = self.status == "" and self.remaining is None
        believed = self.called_closed or says_nothing if self.payments_known else True
        if self.paid is None or self.status == "open" or not believed:
            return None
        settled = max(self.paid, self.issued)
        return settled if settled <= as_of else None

    @property
    def closed_at_unknown_date(self) -> bool:
        return not self.applied and self.called_closed and self.settled(dt.date.max) is None

    @property
    def timed(self) -> bool:
        return not self.is_credit and self.amount > 1 and not self.closed_at_unknown_date

    def by_credit(self, as_of: dt.date) -> bool:
        """Settled with more than half of its amount by credits and write-offs."""
        settled = self.settled(as_of)
        if settled is None:
            return False
        if self.applied:
            return 2 * sum(amount for date, amount, credit in self.applied if credit and date <= settled) > self.amount
        return self.status == "credited"

    def applied_by(self, as_of: dt.date) -> int:
        return sum(amount for date, amount, _ in self.applied if date <= as_of)

    def balance(self, as_of: dt.date) -> int:
        if self.issued > as_of or self.closed_at_unknown_date:
            return 0
        if self.applied:
            return self.amount - self.applied_by(as_of)
        if self.settled(dt.date.max) is not None:
            return self.amount if self.settled(as_of) is None else 0
        if self.remaining is not None and abs(self.remaining) < abs(self.amount) and (self.is_credit or not self.payments_known):
            return int(self.remaining)
        return self.amount

    def bucket(self, as_of: dt.date) -> str:
        late = (as_of - self.due).days
        if self.is_credit or late <= 0:
            return BUCKETS[0]
        return BUCKETS[1] if late <= 30 else BUCKETS[2] if late <= 60 else BUCKETS[3] if late <= 90 else BUCKETS[4]


def documents(ledger: Ledger, tolerance: float = 0.0) -> list[Document]:
    """All documents of the ledger, each with its applications, none dated before the document."""
    found: dict[str, Document] = {}
    for row in ledger.invoices.to_dict("records"):
        found[row["document"]] = Document(
            customer=row["customer"],
            issued=row["issued"].date(),
            due=row["due"].date(),
            amount=int(row["amount"]),
            remaining=None if math.isnan(row["remaining"]) else float(row["remaining"]),
            paid=None if pd.isna(row["paid"]) else row["paid"].date(),
            status=row["status"],
            is_credit=bool(row["is_credit"]),
            disputed=bool(row["disputed"]),
            payments_known=ledger.has_payments,
            tolerance=Fraction(str(tolerance)),
        )
    for row in ledger.payments.to_dict("records") if ledger.has_payments else []:
        date, amount, by_credit = row["date"].date(), int(row["amount"]), bool(row["is_credit"])
        if target := found.get(row["document"]):
            target.applied.append((max(date, target.issued), amount, by_credit))
        memo = found.get(row["payment"])
        if by_credit and memo is not None and memo.is_credit:
            memo.applied.append((max(date, memo.issued), -amount, True))
    return list(found.values())


# ── payment behaviour ──────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Event:
    date: dt.date
    days_late: int
    amount: int
    days_to_pay: int | None
    disputed: bool


def payment_events(own: Iterable[Document], as_of: dt.date, window: int) -> list[Event]:
    events = []
    for document in own:
        settled = document.settled(as_of)
        if not document.timed or document.issued > as_of:
            continue
        if settled is None:
            if document.due < as_of:
                events.append(Event(as_of, min((as_of - document.due).days, window), document.amount, None, document.disputed))
        elif settled > as_of - days(window) and not document.by_credit(as_of):
            late, to_pay = (settled - document.due).days, (settled - document.issued).days
            events.append(Event(settled, late, document.amount, to_pay, document.disputed))
    return events


def score(days_late: float) -> float:
    if days_late <= ANCHORS[0][0]:
        return ANCHORS[0][1]
    for (left, high), (right, low) in itertools.pairwise(ANCHORS):
        if days_late <= right:
            return high + (low - high) * (days_late - left) / (right - left)
    return ANCHORS[-1][1]


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def letter(consistency: float | None) -> str | None:
    if consistency is None:
        return None
    return next((name for name, limit in (("A", 3), ("B", 7), ("C", 14), ("D", 30)) if consistency <= limit), "E")


def velocity_changes(recent: list[int], earlier: list[int]) -> tuple[float | None, float | None]:
    n1, n2 = len(recent), len(earlier)
    if n1 < 2 or n2 < 2:
        return None, None
    change = statistics.fmean(recent) - statistics.fmean(earlier)
    if n2 >= 6:
        s = statistics.stdev(earlier)
    else:
        s = math.sqrt((statistics.variance(recent) * (n1 - 1) + statistics.variance(earlier) * (n2 - 1)) / (n1 + n2 - 2))
    return change, change / (max(s, 1) * math.sqrt(1 / n1 + 1 / n2))


def payment_metrics(events: list[Event], as_of: dt.date, settings: Settings, book_velocity: float | None) -> dict[str, Value]:
    late = [event.days_late for event in events]
    n, weight = len(events), sum(event.amount for event in events)
    to_pay = [event.days_to_pay for event in events if event.days_to_pay is not None]
    start = as_of - days(settings.recent)
    recent = [event.days_late for event in events if event.date > start]
    earlier = [event.days_late for event in events if event.date <= start]
    consistency = statistics.stdev(late) if n >= 3 else None
    change, z = velocity_changes(recent, earlier)
    return {
        "n_paid": n,
        "payment_velocity": mean(late),
        "payment_velocity_weighted": sum(e.amount * e.days_late for e in events) / weight if n else None,
        "n_settled": len(to_pay),
        "days_to_pay": mean(to_pay),
        "payment_consistency": consistency,
        "consistency_rating": letter(consistency),
        "late_rms": math.sqrt(sum(max(d, 0) ** 2 for d in late) / n) if n else None,
        "late_share": sum(d > settings.grace for d in late) / n if n else None,
        "payment_index": math.fsum(e.amount * score(e.days_late) for e in events) / weight if n else None,
        "n_recent": len(recent),
        "velocity_recent": mean(recent),
        "velocity_change": change,
        "velocity_change_z": z,
        "expected_days_late": None if not n or book_velocity is None else (sum(late) + 3 * book_velocity) / (n + 3),
    }


# ── receivables ────────────────────────────────────────────────────────────────


def receivables(own: list[Document], as_of: dt.date) -> dict[str, Value]:
    ageing = dict.fromkeys(BUCKETS, 0)
    for document in own:
        ageing[document.bucket(as_of)] += document.balance(as_of)
    open_balance = sum(ageing.values())
    past_due = open_balance - ageing["ageing_current"]
    overdue = [d.due for d in own if not d.is_credit and d.balance(as_of) > 1 and d.due < as_of]
    return {
        "open_balance": open_balance / 100,
        "past_due": past_due / 100,
        "past_due_share": past_due / open_balance if open_balance > 0 else None,
        "oldest_past_due": (as_of - min(overdue)).days if overdue else None,
        **{name: amount / 100 for name, amount in ageing.items()},
    }


def shares(own: list[Document], as_of: dt.date, settings: Settings) -> dict[str, Value]:
    start = as_of - days(settings.window)
    settled = [d for d in own if d.timed and d.issued <= as_of and (date := d.settled(as_of)) is not None and start < date]
    events = payment_events(own, as_of, settings.window)
    return {
        "credit_share": sum(d.by_credit(as_of) for d in settled) / len(settled) if settled else None,
        "dispute_share": sum(e.disputed for e in events) / len(events) if events else None,
    }


# ── everything ─────────────────────────────────────────────────────────────────


ABSENT = (
    "orders_per_month", "seasonal_index", "orders_per_month_sa", "frequency_change", "frequency_change_z", "deterioration_z",
    "days_since_last_order", "typical_gap", "recency_ratio", "expected_orders",
)  # fmt: skip
"""Metrics of which the page says for whom they exist, not what they are otherwise."""


def known_customers(ledger: Ledger, as_of: dt.date) -> set[str]:
    known = set()
    for frame, column in ((ledger.invoices, "issued"), (ledger.orders, "date"), (ledger.payments, "date")):
        known |= {row["customer"] for row in frame.to_dict("records") if row[column].date() <= as_of}
    return known


def measure(ledger: Ledger, as_of: dt.date, settings: Settings, with_expected: bool = True) -> dict[str, dict[str, Value]]:
    """Customer → metric → value of every customer known at the as-of date."""
    everything = documents(ledger, settings.tolerance)
    own = {customer: [d for d in everything if d.customer == customer] for customer in known_customers(ledger, as_of)}
    timing = {c: [d for d in docs if not (settings.leave_out_disputed and d.disputed)] for c, docs in own.items()}
    events = {c: payment_events(docs, as_of, settings.window) for c, docs in timing.items()}
    book_velocity = mean([event.days_late for some in events.values() for event in some])
    rows = order_rows(ledger, as_of)
    order_days = {c: sorted({date for date, amount in rows.get(c, []) if amount > 0}) for c in own}
    index, gap = seasonal_indices(ledger, as_of), book_gap(order_days.values())
    expected_of = expected_orders(order_days, as_of) if with_expected else {}
    result: dict[str, dict[str, Value]] = {}
    for customer in own:
        values: dict[str, Value] = dict.fromkeys(ABSENT)
        values |= payment_metrics(events[customer], as_of, settings, book_velocity)
        values |= receivables(own[customer], as_of) if ledger.has_invoices else dict.fromkeys(receivables([], as_of))
        values |= shares(own[customer], as_of, settings)
        values |= order_metrics(rows.get(customer, []), as_of, settings.window, index, gap)
        values["seasonal_index"] = index[as_of.month - 1]
        paying, ordering = values["velocity_change_z"], values["frequency_change_z"]
        if isinstance(paying, float) and isinstance(ordering, float):
            values["deterioration_z"] = (paying - ordering) / math.sqrt(2)
        values["expected_orders"] = expected_of.get(customer)
        result[customer] = values
    return result


# ── book figures ───────────────────────────────────────────────────────────────


def open_and_past_due(everything: list[Document], as_of: dt.date) -> tuple[int, int]:
    past_due = sum(d.balance(as_of) for d in everything if not d.is_credit and d.due < as_of)
    return sum(d.balance(as_of) for d in everything), past_due


def sales(everything: list[Document], after: dt.date, until: dt.date) -> int:
    return sum(d.amount for d in everything if not d.is_credit and after < d.issued <= until)


def countback(everything: list[Document], balance: int, as_of: dt.date) -> float | None:
    issued = [d.issued for d in everything if not d.is_credit and d.issued <= as_of]
    left, counted, last = balance, 0.0, as_of
    while left > 0:
        if not issued or last < min(issued):
            return None
        of_month = sales(everything, last.replace(day=1) - days(1), last)
        counted += last.day if of_month <= left else left / of_month * last.day
        left -= of_month
        last = last.replace(day=1) - days(1)
    return counted


def book(ledger: Ledger, as_of: dt.date, settings: Settings, previous: dt.date | None) -> dict[str, float | None]:
    """The book figures at the as-of date; `previous` is the as-of date before."""
    everything = documents(ledger)
    balance, past_due = open_and_past_due(everything, as_of)
    issued = [d.issued for d in everything if not d.is_credit and d.issued <= as_of]
    sold = sales(everything, as_of - days(settings.window), as_of)
    result: dict[str, float | None] = dict.fromkeys(("dso", "dso_best", "average_days_delinquent", "dso_countback", "collection_effectiveness"))
    if sold:
        length = min(settings.window, (as_of - min(issued)).days + 1)
        dso, best = balance / sold * length, (balance - past_due) / sold * length
        result |= {"dso": dso, "dso_best": best, "average_days_delinquent": dso - best}
    if issued:
        result["dso_countback"] = countback(everything, balance, as_of)
    if previous is not None:
        collectable = open_and_past_due(everything, previous)[0] + sales(everything, previous, as_of)
        if collectable - (balance - past_due):
            result["collection_effectiveness"] = (collectable - balance) / (collectable - (balance - past_due))
    return result


def roll_rates(ledger: Ledger, before: dt.date, after: dt.date) -> dict[str, tuple[float | None, float | None]]:
    """Ageing bucket → (share of its balance that is open in a worse bucket after, share that is no longer open)."""
    held, rolled, cured = (dict.fromkeys(BUCKETS, 0) for _ in range(3))
    for document in documents(ledger):
        was = document.balance(before)
        if document.is_credit or was <= 0:
            continue
        bucket, still = document.bucket(before), min(max(document.balance(after), 0), was)
        held[bucket] += was
        cured[bucket] += was - still
        if BUCKETS.index(document.bucket(after)) > BUCKETS.index(bucket):
            rolled[bucket] += still
    return {b: (rolled[b] / held[b], cured[b] / held[b]) if held[b] else (None, None) for b in BUCKETS}
