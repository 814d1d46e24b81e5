"""docs/actions.md worked out the slow way: plain Python, one customer and one invoice at a time, sharing only the tidy tables and the segments."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from slow import Document, documents

from xlseg.playbook import Playbook, Step
from xlseg.tables import Ledger

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Touch:
    customer: str
    document: str
    day: dt.date
    channel: str


@dataclass(frozen=True)
class Done:
    """A row of the Action Log."""

    day: dt.date
    customer: str
    kind: str
    outcome: str
    channel: str
    until: dt.date | None


@dataclass(frozen=True)
class Standing:
    customer: str
    segment: str
    since: dt.date
    before: dt.date
    open_balance: float
    past_due: float


def touches(ledger: Ledger, log: Sequence[Done], as_of: dt.date) -> list[Touch]:
    found = [
        Touch(row["customer"], row["document"], row["date"].date(), row["channel"].lower().replace("-", ""))
        for row in ledger.reminders.to_dict("records")
        if row["date"].date() <= as_of
    ]
    return found + [Touch(d.customer, "", d.day, d.channel.lower().replace("-", "")) for d in log if d.kind == "Collect" and d.outcome == "Done"]


def judged(ledger: Ledger, log: Sequence[Done], as_of: dt.date, window: int) -> list[tuple[Touch, bool]]:
    """The touches that count, each with whether it was answered."""
    names = ledger.invoices["document"].tolist()
    known = dict(zip(names, documents(ledger), strict=True))
    payments = [row for row in ledger.payments.to_dict("records") if not row["is_credit"] and row["amount"] > 0]
    paid_to = {row["document"] for row in payments}
    found = []
    for touch in touches(ledger, log, as_of):
        if not as_of - dt.timedelta(days=window) < touch.day <= as_of - WEEK or (touch.document and touch.document not in known):
            continue
        own = [known[touch.document]] if touch.document else [d for d in known.values() if d.customer == touch.customer]
        if not any(document.balance(touch.day) > 0 and not document.is_credit for document in own):
            continue
        dates = [r["date"].date() for r in payments if (r["document"] == touch.document if touch.document else r["customer"] == touch.customer)]
        for name, document in known.items():  # those that their own row calls paid
            concerned = name == touch.document if touch.document else document.customer == touch.customer
            settled = document.settled(dt.date.max)
            if concerned and name not in paid_to and document.timed and settled and not document.by_credit(dt.date.max):
                dates.append(settled)
        found.append((touch, any(touch.day < date <= touch.day + WEEK for date in dates)))
    return found


def suppressed_until(done: Done, as_of: dt.date) -> dt.date:
    if done.until is None or done.until <= done.day:
        return done.day
    return dt.date.max if as_of < done.until else dt.date.min


@dataclass(frozen=True)
class Expected:
    """What an action of the list must say."""

    action: str
    balance: float
    invoices: int
    oldest: int | None
    when: dt.date
    held: str


class List:
    """The actions of a day, customer by customer."""

    def __init__(self, ledger: Ledger, playbook: Playbook, log: Sequence[Done], as_of: dt.date, pause: int) -> None:
        self.ledger, self.playbook, self.log, self.as_of, self.pause = ledger, playbook, log, as_of, pause
        self.touches = touches(ledger, log, as_of)
        self.documents = dict(zip(ledger.invoices["document"].tolist(), documents(ledger), strict=True))
        self.reminders = [row for row in ledger.reminders.to_dict("records") if row["date"].date() <= as_of]

    def of(self, who: Standing) -> dict[str, Expected]:
        found = {"Collect": self.collect(who), **{kind: self.once(who, kind) for kind in ("Review", "Sales", "Clear")}}
        return {kind: action for kind, action in found.items() if action is not None}

    def is_covered(self, customer: str, name: str, trigger: dt.date) -> bool:
        if any(t.customer == customer and t.document in ("", name) and t.day >= trigger for t in self.touches):
            return True
        own = [d for d in self.log if d.customer == customer and d.kind == "Collect" and d.outcome == "Suppressed"]
        return any(suppressed_until(d, self.as_of) >= trigger for d in own)

    def collect(self, who: Standing) -> Expected | None:
        steps = [s for s in self.playbook.steps if s.segment == who.segment and s.kind == "Collect"]
        open_now: list[tuple[str, Document, Step, dt.date]] = []
        for name, document in self.documents.items():
            if document.customer != who.customer or document.is_credit or document.balance(self.as_of) <= 0:
                continue
            due = [s for s in steps if document.due + dt.timedelta(days=s.day) <= self.as_of]
            if due:
                step = max(due, key=lambda s: s.day)
                trigger = document.due + dt.timedelta(days=step.day)
                if step.day > 0 and step.day == max(s.day for s in steps):  # the last one comes again every thirty days
                    while trigger + dt.timedelta(days=30) <= self.as_of:
                        trigger += dt.timedelta(days=30)
                if not self.is_covered(who.customer, name, trigger):
                    open_now.append((name, document, step, trigger))
        if not open_now:
            return None
        free = [row for row in open_now if not row[1].disputed and not self.promise(who.customer, row[0])]
        asked = free or open_now
        step = max((row[2] for row in asked), key=lambda s: s.day)
        balance = sum(row[1].balance(self.as_of) for row in asked) / 100
        when = min(row[3] for row in asked if row[2] == step) + dt.timedelta(days=step.within)
        oldest = max((self.as_of - row[1].due).days for row in asked)
        held = "" if free else "Disputed" if all(row[1].disputed for row in asked) else "Promise"
        return Expected(step.action, balance, len(asked), oldest, when, held or self.held(who, step, balance))

    def promise(self, customer: str, name: str) -> bool:
        """Whether something is promised for a day that has not passed."""
        days = [
            r["promised"].date()
            for r in self.reminders
            if pd.notna(r["promised"]) and (r["document"] == name or (r["customer"] == customer and r["document"] == ""))
        ]
        return any(day >= self.as_of for day in days)

    def held(self, who: Standing, step: Step, balance: float) -> str:
        customers = self.ledger.customers
        contact = step.kind in ("Collect", "Sales")
        if contact and customers.loc[customers["customer"] == who.customer, "do_not_contact"].any():
            return "Do not contact"
        if contact and any(t.customer == who.customer and (self.as_of - t.day).days < self.pause for t in self.touches):
            return "Touched"
        cash = self.cash(who.customer)
        if step.kind == "Collect" and cash > 0 and cash >= balance:
            return "Unapplied"
        # The generated playbooks of the tests stop at small past due balances only.
        stops = [float(stop.criterion.written.removeprefix("<=")) for stop in step.stops]
        return "Playbook" if any(not math.isnan(who.past_due) and who.past_due <= limit for limit in stops) else ""

    def cash(self, customer: str) -> float:
        rows = self.ledger.payments.to_dict("records")
        return sum(r["amount"] for r in rows if r["customer"] == customer and r["document"] == "" and r["date"].date() <= self.as_of) / 100

    def once(self, who: Standing, kind: str) -> Expected | None:
        steps = [s for s in self.playbook.steps if s.segment == who.segment and s.kind == kind]
        due = [s for s in steps if who.since + dt.timedelta(days=s.day) <= self.as_of]
        if not due:
            return None
        step = max(due, key=lambda s: s.day)
        for done in self.log:
            if done.customer == who.customer and done.kind == kind and done.outcome in ("Done", "Suppressed"):
                reach = done.day if done.outcome == "Done" else suppressed_until(done, self.as_of)
                if reach == dt.date.max or (reach - who.before).days > step.day:
                    return None
        balance = who.open_balance if kind == "Review" else math.nan
        if kind == "Clear":
            memos = [d for d in self.documents.values() if d.customer == who.customer and d.is_credit]
            balance = sum(-min(d.balance(self.as_of), 0) for d in memos) / 100 + max(self.cash(who.customer), 0)
            if balance <= 0:
                return None
        return Expected(step.action, balance, 0, None, who.since + dt.timedelta(days=step.day + step.within), self.held(who, step, balance))


def counts(found: Sequence[tuple[Touch, bool]]) -> Mapping[tuple[str, str], tuple[int, int]]:
    """(customer, channel) → touches and answers."""
    result: dict[tuple[str, str], tuple[int, int]] = {}
    for touch, answered in found:
        n, k = result.get((touch.customer, touch.channel), (0, 0))
        result[touch.customer, touch.channel] = n + 1, k + answered
    return result
