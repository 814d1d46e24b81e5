"""Which steps are due for which invoices and customers, and which of them are covered. docs/actions.md, "When an action is due"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xlseg.actions.typed import DONE, SUPPRESSED, Logged
from xlseg.analysis import Analysis
from xlseg.calendar import FOREVER, day_number
from xlseg.facts import days
from xlseg.playbook import COLLECT, Playbook, Step
from xlseg.touches import NO_DOCUMENT, Contact, Touches, touches
from xlseg.workbook import Array

NEVER = -FOREVER
REPEAT = 30
"""Days after which the last step of a segment is due again, as long as the invoice is open."""


@dataclass(frozen=True)
class People:
    """The customers of the standing, by their position in the facts.

    Attributes
    ----------
    ids, place
        Id → position, and position → row of the standing (-1 = not in it).
    segment, since, before
        Segment of each ("" = none), the day it holds since, and the day of the last checkpoint at which he was not in it yet.
    """

    ids: Mapping[str, int]
    place: Array
    segment: Array
    since: Array
    before: Array


def people(analysis: Analysis) -> People:
    """Who is there, and in which segment since when."""
    names = analysis.facts.customers
    ids = {name: at for at, name in enumerate(names)}
    rows = analysis.standing
    at = np.array([ids[customer] for customer in rows["customer"].tolist()], "int64")
    place = np.full(len(names), -1)
    place[at] = np.arange(len(rows))
    segment, since = np.full(len(names), "", object), np.full(len(names), FOREVER)
    segment[at], since[at] = rows["segment"].to_numpy(object), days(rows["since"])
    checkpoints = np.array([NEVER, *map(day_number, analysis.dates)])
    return People(ids, place, segment, since, checkpoints[np.searchsorted(checkpoints, since, "left") - 1])


@dataclass(frozen=True)
class Due:
    """The invoices with a step that is due: a place each, by customer.

    step is a position in `steps`; trigger is the day from which on it is due; covered says whether that is done already.
    """

    customer: Array
    invoice: Array
    amount: Array
    due: Array
    step: Array
    trigger: Array
    covered: Array
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Covering:
    """What covers steps: touches, and what the log says was done or suppressed."""

    analysis: Analysis
    people: People
    logged: Sequence[Logged]

    @property
    def as_of(self) -> int:
        """Day of the list."""
        return day_number(self.analysis.as_of)

    @cached_property
    def touches(self) -> Touches:
        """Every touch up to the as-of day, and all that are in the log: what is done is done, also on a list for an earlier day."""
        done = [Contact(row.customer, row.day, row.channel) for row in self.logged if row.kind == COLLECT and row.outcome == DONE]
        return touches(self.analysis.ledger, self.analysis.facts, done, self.as_of)

    @cached_property
    def last_touch(self) -> Array:
        """Day of the last touch of each customer, whatever it was about."""
        return _latest(len(self.people.ids), self.touches.customer, self.touches.day)

    @cached_property
    def until(self) -> Array:
        """By customer: the day up to which everything is covered, by touches without a document and by what was suppressed."""
        general = self.touches.invoice == NO_DOCUMENT
        reach = _latest(len(self.people.ids), self.touches.customer[general], self.touches.day[general])
        for row in self.logged:
            if row.kind == COLLECT and row.outcome == SUPPRESSED and row.customer in self.people.ids:
                at = self.people.ids[row.customer]
                reach[at] = max(reach[at], self.suppressed(row))
        return reach

    def suppressed(self, row: Logged) -> int:
        """How far a suppressed row reaches: up to its day; with a later follow-up over everything until then, and not at all from then on."""
        if row.until is None or row.until <= row.day:
            return day_number(row.day)
        return FOREVER if self.analysis.as_of < row.until else NEVER

    def handled(self, kind: str) -> dict[str, int]:
        """Customer → the day up to which a kind of segment step is covered by the log."""
        found: dict[str, int] = {}
        for row in self.logged:
            if row.kind == kind and row.outcome in (DONE, SUPPRESSED):
                reach = day_number(row.day) if row.outcome == DONE else self.suppressed(row)
                found[row.customer] = max(found.get(row.customer, NEVER), reach)
        return found

    def due(self, playbook: Playbook) -> Due:
        """The latest step that is due of every open invoice."""
        customer, invoice, amount, due = self._open()
        steps: list[Step] = []
        chosen = np.full(len(customer), -1)
        segment, names = pd.factorize(self.people.segment[customer])
        for code, name in enumerate(names):
            own = playbook.of(str(name), COLLECT)
            if own:
                rows = np.flatnonzero(segment == code)
                latest = np.searchsorted(np.array([step.day for step in own]), self.as_of - due[rows], "right") - 1
                chosen[rows] = np.where(latest >= 0, latest + len(steps), -1)
                steps += own
        rows = np.flatnonzero(chosen >= 0)
        customer, invoice, due, chosen = customer[rows], invoice[rows], due[rows], chosen[rows]
        trigger = due + np.array([step.day for step in steps], "int64")[chosen] if len(rows) else due
        trigger = self._again(trigger, np.array([_ends(steps, at) for at in range(len(steps))], "bool")[chosen]) if len(rows) else trigger
        named = _latest(len(self.analysis.ledger.invoices), *self._named())[invoice]
        covered = np.maximum(self.until[customer], named) >= trigger
        return Due(customer, invoice, amount[rows], due, chosen, trigger, covered, tuple(steps))

    def _again(self, trigger: Array, last: Array) -> Array:
        """The day since which a step is due: the last one of a segment is due again and again, so that no open invoice is forgotten."""
        return np.where(last, trigger + (self.as_of - trigger) // REPEAT * REPEAT, trigger)

    def _open(self) -> tuple[Array, Array, Array, Array]:
        """Customer, invoice, hundredths and due day of what is open at the as-of day, of the customers of the standing."""
        rows = self.analysis.facts.balances_at(self.as_of)
        kept = (rows["amount"] > 0) & (rows["is_credit"] == 0) & (self.people.place[rows["customer"]] >= 0)
        return tuple(rows[name][kept] for name in ("customer", "invoice", "amount", "due"))

    def _named(self) -> tuple[Array, Array]:
        named = self.touches.invoice >= 0
        return self.touches.invoice[named], self.touches.day[named]

    def segment_step(self, steps: Sequence[Step], customer: int) -> Step | None:
        """The latest of the steps of one kind that is due for a customer of their segment."""
        passed = self.as_of - int(self.people.since[customer])
        return next((step for step in reversed(steps) if step.day <= passed), None)

    def is_handled(self, step: Step, customer: int, handled: Mapping[str, int], name: str) -> bool:
        """Whether the log covers a segment step: since the checkpoint before he came into the segment, and not before the step's day."""
        return handled.get(name, NEVER) > int(self.people.before[customer]) + step.day


def _ends(steps: Sequence[Step], at: int) -> bool:
    """Whether a step is the last of its segment, and after the due date."""
    return steps[at].day > 0 and (at + 1 == len(steps) or steps[at + 1].segment != steps[at].segment)


def as_date(day: int) -> dt.date:
    """A day number as a date."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(day))


def _latest(size: int, group: Array, day: Array) -> Array:
    found = np.full(size, NEVER)
    np.maximum.at(found, group, day)
    return found
